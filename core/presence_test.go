package core_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// signedIn registers a user and returns a context in which it calls with a session.
func (w *world) signedIn(t *testing.T, name string, role core.Role) context.Context {
	t.Helper()
	w.as(t, name, role)
	_, tokens, err := w.Sessions.SignIn(t.Context(), name+"@example.org", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Sessions.Authenticate(t.Context(), tokens.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	return core.WithPrincipal(t.Context(), p)
}

// tab is a record that somebody has open.
type tab struct {
	t     *testing.T
	told  <-chan *core.RecordViewers
	close func()
}

func open(t *testing.T, app *core.App, as context.Context, id string) *tab {
	t.Helper()
	ctx, cancel := context.WithCancel(as)
	t.Cleanup(cancel)
	told, err := app.Presence.Watch(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return &tab{t, told, cancel}
}

// tells expects who else has the record open by now, as the next that is told.
func (tab *tab) tells(want ...string) {
	tab.t.Helper()
	select {
	case v := <-tab.told:
		got := []string{}
		for _, u := range v.Users {
			got = append(got, u.Username)
		}
		if v.Err != nil || !slices.Equal(got, want) {
			tab.t.Fatalf("told of %v, want %v (%v)", got, want, v.Err)
		}
	case <-time.After(20 * time.Second):
		tab.t.Fatalf("not told of %v", want)
	}
}

// ends expects that the next that is told is an error.
func (tab *tab) ends(code core.Code) {
	tab.t.Helper()
	select {
	case v := <-tab.told:
		if core.CodeOf(v.Err) != code {
			tab.t.Fatalf("told of %v (%v), want %s", v.Users, v.Err, code)
		}
	case <-time.After(20 * time.Second):
		tab.t.Fatalf("no end with %s", code)
	}
}

func newDraft(t *testing.T, w *world, as context.Context, title string) *core.Post {
	t.Helper()
	post, err := w.Posts.Create(as, core.PostDraft{Title: title})
	if err != nil {
		t.Fatal(err)
	}
	return post
}

// Each is told of the others once, however often they have the record open, and of their
// coming and going.
func TestPresence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob, cyd := w.signedIn(t, "ada", core.Editor), w.signedIn(t, "bob", core.Editor), w.signedIn(t, "cyd", core.Admin)
	post := newDraft(t, w, ada, "Open to many")
	first := open(t, w.App, ada, post.ID)
	first.tells()
	bobs := open(t, w.App, bob, post.ID)
	bobs.tells("ada")
	first.tells("bob")
	again := open(t, w.App, bob, post.ID)
	again.tells("ada")
	own := open(t, w.App, ada, post.ID)
	own.tells("bob")
	other := open(t, w.App, cyd, newDraft(t, w, ada, "Another").ID)
	other.tells()
	bobs.close() // bob has it open still
	cyds := open(t, w.App, cyd, post.ID)
	cyds.tells("ada", "bob")
	first.tells("bob", "cyd")
	again.close()
	first.tells("cyd")
	cyds.close()
	first.tells()
	if now, err := w.Posts.Get(ada, post.ID); err != nil || now.Version != post.Version || !now.UpdatedAt.Equal(post.UpdatedAt) {
		t.Errorf("to look at a record has changed it: %+v, %v", now, err)
	}
	for _, tab := range []*tab{first, own, other} {
		tab.close()
	}
	empty(t, w)
}

// empty waits until nothing is stored of who has which record open.
func empty(t *testing.T, w *world) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		n, err := w.docs.Count(t.Context(), "_presence", core.Query{})
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d remain", n)
		}
	}
}

// Whoever may not read a record, or write anything at all, is not told who looks at it.
func TestPresenceIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.signedIn(t, "ada", core.Editor)
	post := newDraft(t, w, ada, "Hidden")
	for name, c := range map[string]struct {
		as   context.Context
		id   string
		want core.Code
	}{
		"a visitor":             {t.Context(), post.ID, core.Unauthenticated},
		"a member":              {w.as(t, "max", core.Member), post.ID, core.Forbidden},
		"an author of others":   {w.as(t, "mallory", core.Author), post.ID, core.NotFound},
		"what is not there":     {ada, "post_0", core.NotFound},
		"what is no id":         {ada, "", core.NotFound},
		"what only we may read": {ada, "sess_0", core.NotFound},
		"what is ours":          {ada, "_presence_0", core.NotFound},
	} {
		if _, err := w.Presence.Watch(c.as, c.id); core.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// Who may not read a record any more is told of nobody who comes later.
func TestPresenceEndsWithTheRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, mallory := w.signedIn(t, "ada", core.Editor), w.signedIn(t, "mallory", core.Author)
	post := newDraft(t, w, ada, "Public for a while")
	if _, err := w.Posts.Publish(ada, post.ID, nil, nil); err != nil {
		t.Fatal(err)
	}
	theirs := open(t, w.App, mallory, post.ID)
	theirs.tells()
	if _, err := w.Posts.Unpublish(ada, post.ID, nil); err != nil {
		t.Fatal(err)
	}
	mine := open(t, w.App, ada, post.ID)
	mine.tells("mallory")
	theirs.ends(core.NotFound)
	mine.tells() // who is refused does not have it open
}

// viewing is what a server stores that has a record open.
type viewing struct {
	core.Head `bson:",inline"`
	RecordID  string    `bson:"recordId"`
	UserID    string    `bson:"userId"`
	Server    string    `bson:"server"`
	Until     time.Time `bson:"until"`
}

// What a server has said that was killed runs out; what one says that goes on does not.
func TestPresenceOfKilledServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob, cyd := w.signedIn(t, "ada", core.Editor), w.signedIn(t, "bob", core.Editor), w.signedIn(t, "cyd", core.Editor)
	post, other := newDraft(t, w, ada, "Left open"), newDraft(t, w, ada, "Another")
	mine, theirs := open(t, w.App, ada, post.ID), open(t, w.App, bob, post.ID)
	theirs.tells("ada")
	if err := w.docs.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: "_presence", Doc: &viewing{
		Head: core.Head{ID: "_presence_f"}, RecordID: post.ID, UserID: core.PrincipalOf(cyd).UserID, Server: "killed", Until: core.Millis(w.cfg.Now().Add(time.Minute)),
	}}); err != nil {
		t.Fatal(err)
	}
	theirs.tells("ada", "cyd")
	w.offset.Add(int64(61 * time.Second))
	open(t, w.App, bob, other.ID).tells() // who comes has the server look at its clock
	theirs.tells("ada")
	mine.close()
	theirs.tells()
}

// Servers that share a store tell each other, and one that ends tells it.
func TestPresenceOfSeveralServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.signedIn(t, "ada", core.Editor), w.signedIn(t, "bob", core.Editor)
	post := newDraft(t, w, ada, "Open to two servers")
	second, err := core.New(t.Context(), w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(second.Close)
	here := open(t, w.App, ada, post.ID)
	here.tells()
	there := open(t, second, bob, post.ID)
	there.tells("ada")
	here.tells("bob")
	also := open(t, w.App, bob, post.ID)
	also.tells("ada")
	also.close() // open at the other server still
	second.Close()
	there.ends(core.Unavailable)
	here.tells()
	if _, err := second.Presence.Watch(bob, post.ID); core.CodeOf(err) != core.Unavailable {
		t.Errorf("a server that has ended: %v", err)
	}
}

// refusing fails writes of viewings while it is told to.
type refusing struct {
	core.DocStore
	refuse chan bool
}

func (r *refusing) Write(ctx context.Context, ops ...core.Op) error {
	if ops[0].Coll == "_presence" {
		select {
		case <-r.refuse:
			_ = r.DocStore.Write(ctx, ops...) // the answer alone is lost
			return errors.New("the answer is lost")
		default:
		}
	}
	return r.DocStore.Write(ctx, ops...)
}

// When the answer of a store is lost, nobody stays who has left.
func TestPresenceWhenAnAnswerIsLost(t *testing.T) {
	t.Parallel()
	lost := &refusing{refuse: make(chan bool, 1)}
	w := newWorld(t, func(c *core.Config) { lost.DocStore, c.Docs = c.Docs, lost })
	ada, bob := w.signedIn(t, "ada", core.Editor), w.signedIn(t, "bob", core.Editor)
	post := newDraft(t, w, ada, "Twice")
	lost.refuse <- true
	mine := open(t, w.App, ada, post.ID)
	theirs := open(t, w.App, bob, post.ID)
	theirs.tells("ada")
	mine.close()
	theirs.tells()
	theirs.close()
	empty(t, w)
}

// A user cannot have any number of records open.
func TestPresenceIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.signedIn(t, "ada", core.Editor), w.signedIn(t, "bob", core.Editor)
	post := newDraft(t, w, ada, "Popular")
	var tabs []*tab
	for range 100 {
		tabs = append(tabs, open(t, w.App, ada, post.ID))
	}
	if _, err := w.Presence.Watch(ada, post.ID); core.CodeOf(err) != core.RateLimited || !strings.Contains(fmt.Sprint(err), "100 records open") {
		t.Errorf("one more: %v", err)
	}
	open(t, w.App, bob, post.ID).tells("ada")
	for _, tab := range tabs {
		tab.close()
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := w.Presence.Watch(t.Context(), post.ID); core.CodeOf(err) != core.Unauthenticated {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(ada)
		_, err := w.Presence.Watch(ctx, post.ID)
		cancel()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("when all are closed: %v", err)
		}
	}
}
