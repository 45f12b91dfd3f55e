package resolvers_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// subscription is one graphql-transport-ws connection with one subscription.
type subscription struct {
	t  testing.TB
	ws *websocket.Conn
}

type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// subscribe follows postChanged as a user.
func (a *api) subscribe(as, arguments string) *subscription {
	a.t.Helper()
	return a.follow(as, "subscription { postChanged"+arguments+" { kind changedId post { title } } }")
}

// follow begins a subscription of a user.
func (a *api) follow(as, document string) *subscription {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), 30*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(a.url, "http")+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { ws.CloseNow() })
	s := &subscription{t: a.t, ws: ws}
	init := map[string]any{"type": "connection_init"}
	if as != "" {
		init["payload"] = map[string]string{"Authorization": "Bearer " + a.tokens[as]}
	}
	s.write(init)
	if m := s.read(); m.Type != "connection_ack" {
		a.t.Fatalf("init was answered by %s %s", m.Type, m.Payload)
	}
	s.write(map[string]any{"id": "1", "type": "subscribe", "payload": map[string]any{"query": document}})
	return s
}

func (s *subscription) write(v any) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := wsjson.Write(ctx, s.ws, v); err != nil {
		s.t.Fatal(err)
	}
}

// read is the next message that is no ping.
func (s *subscription) read() message {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		var m message
		if err := wsjson.Read(ctx, s.ws, &m); err != nil {
			s.t.Fatal(err)
		}
		if m.Type != "ping" && m.Type != "pong" {
			return m
		}
	}
}

// event is the next change, as `KIND id title`.
func (s *subscription) event() string {
	s.t.Helper()
	m := s.read()
	if m.Type != "next" {
		s.t.Fatalf("got %s %s", m.Type, m.Payload)
	}
	at := func(path string) string {
		v, _ := dig(s.t, string(m.Payload), "data.postChanged."+path).(string)
		return v
	}
	return strings.TrimSpace(at("kind") + " " + at("changedId") + " " + at("post.title"))
}

// until writes markers until the subscriber gets one, and returns what it got
// before: only so is it known that the server listened, and that nothing else
// was sent.
func (a *api) until(s *subscription, marker string) {
	a.t.Helper()
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				a.publish("editor", a.draft("editor", vars{"title": marker}), time.Time{})
			}
		}
	}()
	got := s.event()
	close(stop)
	<-done
	if !strings.HasSuffix(got, marker) {
		a.t.Fatalf("before the marker came %q", got)
	}
}

// next is the next event that is no marker.
func (s *subscription) next(marker string) string {
	s.t.Helper()
	for {
		if e := s.event(); !strings.HasSuffix(e, marker) {
			return e
		}
	}
}

func TestPostChanged(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	visitor, author := a.subscribe("", ""), a.subscribe("author", "")
	a.until(visitor, "marker")
	a.until(author, "marker")

	id := a.draft("author", vars{"title": "News"})
	if got := author.next("marker"); got != "ADDED "+id+" News" {
		t.Errorf("the author hears %q of the draft", got)
	}
	a.publish("author", id, time.Time{})
	if got := visitor.next("marker"); got != "ADDED "+id+" News" {
		t.Errorf("the visitor hears %q of the publication", got)
	}
	if got := author.next("marker"); got != "UPDATED "+id+" News" {
		t.Errorf("the author hears %q of the publication", got)
	}
	a.get("author", `mutation($id: ID!) { updatePost(input: {id: $id, title: "Old news"}) { post { id } } }`, vars{"id": id}, "updatePost.post.id")
	if got := visitor.next("marker"); got != "UPDATED "+id+" Old news" {
		t.Errorf("the visitor hears %q of the change", got)
	}
	a.get("author", `mutation($id: ID!) { unpublishPost(input: {id: $id}) { post { id } } }`, vars{"id": id}, "unpublishPost.post.id")
	if got := visitor.next("marker"); got != "REMOVED "+id {
		t.Errorf("the visitor hears %q of the withdrawal", got)
	}
	// What happens to the draft from now on is not for the visitor.
	a.get("author", `mutation($id: ID!) { updatePost(input: {id: $id, title: "Secret"}) { post { id } } }`, vars{"id": id}, "updatePost.post.id")
	a.get("author", `mutation($id: ID!) { deletePost(input: {id: $id}) { deletedId } }`, vars{"id": id}, "deletePost.deletedId")
	a.publish("editor", a.draft("editor", vars{"title": "last"}), time.Time{})
	if got := visitor.next("marker"); !strings.HasSuffix(got, "last") {
		t.Errorf("the visitor hears %q of a draft", got)
	}
	for _, want := range []string{"UPDATED " + id + " Old news", "UPDATED " + id + " Old news", "UPDATED " + id + " Secret", "REMOVED " + id} {
		if got := author.next("marker"); got != want {
			t.Errorf("the author hears %q, want %q", got, want)
		}
	}
}

// A scheduled post comes into sight by the clock, once.
func TestPostChangedByTheClock(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	visitor := a.subscribe("", `(where: {tags: {has: "launch"}})`)
	id := a.draft("author", vars{"title": "Soon", "tags": []string{"launch"}})
	a.publish("author", id, a.now().Add(1500*time.Millisecond))
	if got := visitor.event(); got != "ADDED "+id+" Soon" {
		t.Errorf("heard %q", got)
	}
	a.get("author", `mutation($id: ID!) { updatePost(input: {id: $id, title: "Now"}) { post { id } } }`, vars{"id": id}, "updatePost.post.id")
	if got := visitor.event(); got != "UPDATED "+id+" Now" {
		t.Errorf("then heard %q", got)
	}
}

// A subscription that names a guarded field or a wrong filter is refused.
func TestPostChangedRefusesBadFilters(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for arguments, code := range map[string]string{
		`(where: {authorId: null})`:     "BAD_USER_INPUT",
		` { id } second: postChanged`:   "GRAPHQL_VALIDATION_FAILED", // one stream for each subscription
		`(where: {unknown: {eq: "x"}})`: "GRAPHQL_VALIDATION_FAILED",
	} {
		if m := a.subscribe("", arguments).read(); !strings.Contains(string(m.Payload), `"`+code+`"`) {
			t.Errorf("%s: got %s %s", arguments, m.Type, m.Payload)
		}
	}
}
