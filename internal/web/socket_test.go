package web_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/web"
)

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// client is the other end of a socket. Its methods end the test when the
// server does something else, or nothing for long.
type client struct {
	t    *testing.T
	conn *websocket.Conn
}

type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

func (s *server) dial(t *testing.T, header ...string) *client {
	t.Helper()
	c, resp, err := s.tryDial(t, "graphql-transport-ws", header...)
	if err != nil {
		t.Fatalf("%v %v", err, resp)
	}
	return c
}

func (s *server) tryDial(t *testing.T, subprotocol string, header ...string) (*client, *http.Response, error) {
	t.Helper()
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	opts := &websocket.DialOptions{HTTPHeader: h, HTTPClient: s.Client()}
	if subprotocol != "" {
		opts.Subprotocols = []string{subprotocol}
	}
	conn, resp, err := websocket.Dial(ctx, s.URL+"/graphql", opts)
	if err != nil {
		return nil, resp, err
	}
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{t, conn}, resp, nil
}

func (c *client) raw(kind websocket.MessageType, text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 30*time.Second)
	defer cancel()
	if err := c.conn.Write(ctx, kind, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) send(typ, id string, payload any) {
	c.t.Helper()
	m := map[string]any{"type": typ}
	if id != "" {
		m["id"] = id
	}
	if payload != nil {
		m["payload"] = payload
	}
	b, err := json.Marshal(m)
	if err != nil {
		c.t.Fatal(err)
	}
	c.raw(websocket.MessageText, string(b))
}

func (c *client) next() (message, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), 30*time.Second)
	defer cancel()
	_, b, err := c.conn.Read(ctx)
	if err != nil {
		return message{}, err
	}
	var m message
	return m, json.Unmarshal(b, &m)
}

func (c *client) read() message {
	c.t.Helper()
	m, err := c.next()
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

// expect reads a message of a type for an operation, and returns its payload.
func (c *client) expect(typ, id string) string {
	c.t.Helper()
	m := c.read()
	if m.Type != typ || m.ID != id {
		c.t.Fatalf("%s %q %s, want %s %q", m.Type, m.ID, m.Payload, typ, id)
	}
	return string(m.Payload)
}

// init opens the connection of the protocol; with a token unless it is "".
func (c *client) init(token string) {
	c.t.Helper()
	var payload any
	if token != "" {
		payload = map[string]any{"Authorization": "Bearer " + token}
	}
	c.send("connection_init", "", payload)
	c.expect("connection_ack", "")
}

// closed waits for the socket's end.
func (c *client) closed(code int) {
	c.t.Helper()
	for {
		if _, err := c.next(); err != nil {
			var e websocket.CloseError
			if !errors.As(err, &e) || int(e.Code) != code || e.Reason == "" {
				c.t.Fatalf("%v, want %d and a reason", err, code)
			}
			return
		}
	}
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestSocketOperations(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	c := s.dial(t)
	c.send("ping", "", map[string]any{"n": 1})
	if p := c.expect("pong", ""); p != `{"n":1}` {
		t.Errorf("pong %s", p)
	}
	c.init("")
	c.send("pong", "", nil)

	c.send("subscribe", "a", map[string]any{"query": "subscription($n:Int!){ticks(n:$n)}", "variables": map[string]any{"n": 2}})
	for i := 1; i <= 2; i++ {
		if p := c.expect("next", "a"); p != fmt.Sprintf(`{"data":{"ticks":%d}}`, i) {
			t.Errorf("next %s", p)
		}
	}
	c.expect("complete", "a")

	// The id is free again; queries and mutations run as well.
	c.send("subscribe", "a", map[string]any{"query": "{hello}"})
	if p := c.expect("next", "a"); p != `{"data":{"hello":"hello world"}}` {
		t.Errorf("next %s", p)
	}
	c.expect("complete", "a")
	c.send("subscribe", "m", map[string]any{"query": "mutation{touch}"})
	c.expect("next", "m")
	c.expect("complete", "m")

	// After an error nothing more comes for the id.
	for query, code := range map[string]string{
		"{nope}":                              "GRAPHQL_VALIDATION_FAILED",
		"{":                                   "GRAPHQL_PARSE_FAILED",
		"subscription{refused}":               "FORBIDDEN",
		"{dear hello __typename}":             "COMPLEXITY_LIMIT_EXCEEDED",
		"{" + strings.Repeat("a ", 6e3) + "}": "GRAPHQL_PARSE_FAILED",
	} {
		c.send("subscribe", "e", map[string]any{"query": query})
		if p := c.expect("error", "e"); !strings.HasPrefix(p, "[") || !strings.Contains(p, `"code":"`+code+`"`) {
			t.Errorf("%.30s: %s", query, p)
		}
	}
	c.send("subscribe", "b", map[string]any{"query": "subscription{broken}"})
	c.expect("next", "b")
	if p := c.expect("error", "b"); !strings.Contains(p, "UNAVAILABLE") || !strings.Contains(p, "The changes are lost.") {
		t.Errorf("error %s", p)
	}
	// The path of an error in an event begins with the field of the subscription.
	c.send("subscribe", "d", map[string]any{"query": "subscription{mine:flawed}"})
	if p := c.expect("next", "d"); !strings.Contains(p, `"path":["mine"]`) {
		t.Errorf("next %s", p)
	}
	c.expect("complete", "d")
	// A failure of one field is a result, not the end.
	c.send("subscribe", "f", map[string]any{"query": "{secret}"})
	if p := c.expect("next", "f"); !strings.Contains(p, "INTERNAL") || strings.Contains(p, "swordfish") || !strings.Contains(p, `"data":{"secret":null}`) {
		t.Errorf("next %s", p)
	}
	c.expect("complete", "f")

	// complete of the client stops it, without an echo.
	c.send("subscribe", "z", map[string]any{"query": "subscription{forever}"})
	until(t, "the subscription did not start", func() bool { return s.schema.open.Load() == 1 })
	c.send("complete", "z", nil)
	until(t, "the subscription did not end", func() bool { return s.schema.open.Load() == 0 })
	c.send("complete", "unknown", nil)
	c.send("ping", "", nil)
	c.expect("pong", "")
}

func TestSocketCloseCodes(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) {
		c.Limits.Body = 10_000
		c.Limits.Init = time.Minute
	})
	forever := map[string]any{"query": "subscription{forever}"}
	for _, c := range []struct {
		name string
		code int
		do   func(c *client)
	}{
		{"not JSON", 4400, func(c *client) { c.raw(websocket.MessageText, "{") }},
		{"not an object", 4400, func(c *client) { c.raw(websocket.MessageText, "[]") }},
		{"binary", 4400, func(c *client) { c.raw(websocket.MessageBinary, `{"type":"ping"}`) }},
		{"unknown type", 4400, func(c *client) { c.send("start", "1", forever) }},
		{"type in other letters", 4400, func(c *client) { c.raw(websocket.MessageText, `{"TYPE":"ping"}`) }},
		{"ping payload is no object", 4400, func(c *client) { c.send("ping", "", 1) }},
		{"an id that is no text", 4400, func(c *client) { c.raw(websocket.MessageText, `{"type":"complete","id":1}`) }},
		{"an endless id", 4400, func(c *client) { c.init(""); c.send("subscribe", strings.Repeat("x", 2_000), forever) }},
		{"subscribe without a query", 4400, func(c *client) { c.init(""); c.send("subscribe", "1", map[string]any{"variables": nil}) }},
		{"subscribe before the acknowledgement", 4401, func(c *client) {
			c.send("connection_init", "", map[string]any{"token": "slow"})
			c.send("subscribe", "1", forever)
		}},
		{"no type", 4400, func(c *client) { c.raw(websocket.MessageText, "{}") }},
		{"init payload is no object", 4400, func(c *client) { c.send("connection_init", "", 1) }},
		{"subscribe without id", 4400, func(c *client) { c.init(""); c.send("subscribe", "", forever) }},
		{"subscribe without payload", 4400, func(c *client) { c.init(""); c.send("subscribe", "1", nil) }},
		{"subscribe with a wrong payload", 4400, func(c *client) { c.init(""); c.send("subscribe", "1", map[string]any{"query": 1}) }},
		{"complete without id", 4400, func(c *client) { c.init(""); c.send("complete", "", nil) }},
		{"subscribe before init", 4401, func(c *client) { c.send("subscribe", "1", forever) }},
		{"bad token", 4403, func(c *client) { c.send("connection_init", "", map[string]any{"token": "bad"}) }},
		{"id in use", 4409, func(c *client) {
			c.init("")
			c.send("subscribe", strings.Repeat("é", 200), forever)
			c.send("subscribe", strings.Repeat("é", 200), forever)
		}},
		{"second init", 4429, func(c *client) { c.init(""); c.send("connection_init", "", nil) }},
		{"second init after a slow first", 4429, func(c *client) {
			c.send("connection_init", "", nil)
			c.send("connection_init", "", nil)
		}},
		{"too large", 1009, func(c *client) { c.raw(websocket.MessageText, strings.Repeat(" ", 10_001)) }},
		{"far too large", 1009, func(c *client) { c.raw(websocket.MessageText, strings.Repeat(" ", 4<<20)) }},
		{"too large, and more", 1009, func(c *client) {
			for range 5 {
				c.raw(websocket.MessageText, strings.Repeat(" ", 400<<10))
			}
		}},
		{"too large, in parts", 1009, func(c *client) {
			w, err := c.conn.Writer(c.t.Context(), websocket.MessageText)
			for range 300 {
				if err == nil {
					_, err = w.Write(make([]byte, 10_000))
				}
			}
			if err == nil {
				err = w.Close()
			}
			if err != nil {
				c.t.Fatal(err)
			}
		}},
		{"another message, and more", 4400, func(c *client) {
			c.send("nonsense", "", nil)
			c.raw(websocket.MessageText, strings.Repeat(" ", 4<<20))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client := s.dial(t)
			c.do(client)
			client.closed(c.code)
		})
	}
	for _, subprotocol := range []string{"", "graphql-ws"} {
		c, _, err := s.tryDial(t, subprotocol)
		if err != nil {
			t.Fatal(err)
		}
		c.closed(4406)
	}
}

// A WebSocket whose upgrade a proxy took away is told so, and the log too.
func TestSocketWithoutUpgrade(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for _, header := range [][]string{
		{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
		{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "Upgrade", "websocket", "Connection", "close"},
		{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "Connection", "Upgrade"},
		{"Upgrade", "WebSocket", "Connection", "close"},
	} {
		if a := s.do(t, "GET", "/graphql", "", header...); a.status != 400 || !strings.Contains(a.body, "does not pass Upgrade and Connection on") {
			t.Errorf("%v: %d %s", header, a.status, a.body)
		}
	}
	if n := strings.Count(s.log.String(), "came without its upgrade"); n != 1 {
		t.Errorf("logged %d times", n)
	}
}

// A client that stops in the middle of a message that is too large is told so, and
// not waited for.
func TestSocketStopsWithinLargeMessage(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n")
	// A text of 1 GiB, masked with zeros, of which 2 MiB come.
	_, _ = conn.Write([]byte{0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0})
	if _, err := conn.Write(make([]byte, 2<<20)); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.Contains(string(answer), "\x03\xf1Message too big") {
		t.Errorf("%q %v", answer, err)
	}
}

func TestSocketInitTimeout(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.Limits.Init = 20 * time.Millisecond })
	s.dial(t).closed(4408)
}

func TestSocketAuthentication(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for _, payload := range []any{
		map[string]any{"Authorization": "Bearer good"},
		map[string]any{"authorization": "bearer good"},
		map[string]any{"authToken": "good"},
		map[string]any{"token": "good"},
	} {
		c := s.dial(t)
		c.send("connection_init", "", payload)
		c.expect("connection_ack", "")
		c.send("subscribe", "1", map[string]any{"query": "subscription{who}"})
		if p := c.expect("next", "1"); p != `{"data":{"who":"user_1"}}` {
			t.Errorf("%v: %s", payload, p)
		}
	}
	who := func(c *client) string {
		c.init("")
		c.send("subscribe", "1", map[string]any{"query": "{viewer}"})
		return c.expect("next", "1")
	}
	if p := who(s.dial(t, "Cookie", "grapnel_access=good", "Origin", "http://localhost:3000")); p != `{"data":{"viewer":"user_1"}}` {
		t.Errorf("by cookie: %s", p)
	}
	if p := who(s.dial(t)); p != `{"data":{"viewer":null}}` {
		t.Errorf("visitor: %s", p)
	}
	c := s.dial(t, "Cookie", "grapnel_access=old")
	c.send("connection_init", "", nil)
	c.closed(4403)

	for _, payload := range []any{
		map[string]any{"Authorization": "good"},
		map[string]any{"Authorization": "Basic Z29vZA=="},
		map[string]any{"authorization": "Bearer "},
		map[string]any{"token": "Token good"},
	} {
		c := s.dial(t, "Cookie", "grapnel_access=good")
		c.send("connection_init", "", payload)
		c.closed(4403)
	}
	c = s.dial(t, "Authorization", "good")
	c.send("connection_init", "", nil)
	c.closed(4403)
	c = s.dial(t)
	c.send("connection_init", "", map[string]any{"Authorization": ""})
	c.expect("connection_ack", "")

	if _, resp, err := s.tryDial(t, "graphql-transport-ws", "Cookie", "grapnel_access=good", "Origin", "https://evil.example"); err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("foreign origin: %v %v", err, resp)
	}
}

func TestSocketEndsWithItsRights(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*users)
		code   int
	}{
		"revoked": {func(u *users) { u.revoke("good") }, 4403},
		"role changed": {func(u *users) {
			u.set("good", core.Principal{UserID: "user_1", Role: core.Editor, SessionID: "session_1"})
		}, 4403},
		"store down": {func(u *users) { u.fail() }, 1013},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, func(c *web.Config) { c.Limits.Recheck = 10 * time.Millisecond })
			socket := s.dial(t)
			socket.init("good")
			socket.send("subscribe", "1", map[string]any{"query": "subscription{forever}"})
			until(t, "no subscription", func() bool { return s.schema.open.Load() == 1 })
			c.change(s.users)
			socket.closed(c.code)
			until(t, "the subscription outlived its socket", func() bool { return s.schema.open.Load() == 0 })
		})
	}
}

func TestSocketLimits(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) {
		c.Limits.SocketOperations = 2
		c.Limits.OwnerOperations = 3
		c.Limits.Streams = 3
	})
	forever := map[string]any{"query": "subscription{forever}"}
	limited := func(c *client, id string) {
		t.Helper()
		c.send("subscribe", id, forever)
		if p := c.expect("error", id); !strings.Contains(p, "RATE_LIMITED") {
			t.Errorf("%s: %s", id, p)
		}
	}
	a, b, visitor := s.dial(t), s.dial(t), s.dial(t)
	a.init("good")
	b.init("good")
	visitor.init("")
	a.send("subscribe", "1", forever)
	a.send("subscribe", "2", forever)
	limited(a, "3")
	b.send("subscribe", "1", forever)
	until(t, "three subscriptions", func() bool { return s.schema.open.Load() == 3 })
	limited(b, "2")
	visitor.send("subscribe", "1", forever)
	until(t, "four subscriptions", func() bool { return s.schema.open.Load() == 4 })

	if _, resp, err := s.tryDial(t, "graphql-transport-ws"); err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a fourth socket: %v %v", err, resp)
	}
	// What ended makes room.
	a.send("complete", "1", nil)
	until(t, "three subscriptions", func() bool { return s.schema.open.Load() == 3 })
	until(t, "room for one more", func() bool {
		b.send("subscribe", "3", map[string]any{"query": "subscription{ticks(n:1)}"})
		return b.read().Type == "next"
	})
}

// A client that takes nothing is dropped, and holds up nobody.
func TestSlowSocketIsDropped(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.Limits.StreamWrite = 50 * time.Millisecond })
	slow := s.dial(t)
	slow.init("")
	slow.send("subscribe", "1", map[string]any{"query": "subscription{flood}"})
	until(t, "it started", func() bool { return s.schema.open.Load() == 1 })
	until(t, "a socket that takes nothing stayed open", func() bool { return s.schema.open.Load() == 0 })
}

// A peer that does not answer pings is dropped.
func TestDeadSocketIsDropped(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.Limits.Ping = 300 * time.Millisecond })
	alive, dead := s.dial(t), s.dial(t)
	for _, c := range []*client{alive, dead} {
		c.init("")
		c.send("subscribe", "1", map[string]any{"query": "subscription{forever}"})
	}
	until(t, "both started", func() bool { return s.schema.open.Load() == 2 })
	// The library answers pings while somebody reads; nobody reads from dead.
	ctx := alive.conn.CloseRead(t.Context())
	until(t, "the dead socket stayed open", func() bool { return s.schema.open.Load() == 1 })
	if ctx.Err() != nil {
		t.Error("the living socket was closed")
	}
}

func TestSocketShutdown(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	c := s.dial(t)
	c.init("")
	c.send("subscribe", "1", map[string]any{"query": "subscription{forever}"})
	until(t, "it started", func() bool { return s.schema.open.Load() == 1 })
	done := make(chan error, 1)
	go func() { done <- s.web.Shutdown(context.Background()) }()
	c.closed(1001)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := s.schema.open.Load(); n != 0 {
		t.Errorf("%d subscriptions left", n)
	}
	if _, resp, err := s.tryDial(t, "graphql-transport-ws"); err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a socket after shutdown: %v %v", err, resp)
	}
	if a := s.do(t, http.MethodGet, "/readyz", ""); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "draining") {
		t.Errorf("readyz: %d %s", a.status, a.body)
	}
}

// An id is used again while the operation that had it unwinds.
func TestSocketIDUsedAgain(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	c := s.dial(t)
	c.init("")
	for range 300 {
		c.send("subscribe", "z", map[string]any{"query": "subscription{forever}"})
		c.send("complete", "z", nil)
		c.send("subscribe", "z", map[string]any{"query": "subscription{ticks(n:2)}"})
		m := c.read()
		if m.Type == "error" && strings.Contains(string(m.Payload), "RATE_LIMITED") {
			time.Sleep(time.Millisecond)
			continue
		}
		if m.Type != "next" || string(m.Payload) != `{"data":{"ticks":1}}` {
			t.Fatalf("%s %s", m.Type, m.Payload)
		}
		c.expect("next", "z")
		c.expect("complete", "z")
	}
	until(t, "subscriptions are left", func() bool { return s.schema.open.Load() == 0 })
}

// While a token is checked, the socket goes on reading.
func TestSocketAnswersBeforeTheAcknowledgement(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	c := s.dial(t)
	c.send("connection_init", "", map[string]any{"token": "slow"})
	c.send("ping", "", map[string]any{"n": 1})
	if payload := c.expect("pong", ""); payload != `{"n":1}` {
		t.Error(payload)
	}
	c.send("connection_init", "", nil)
	c.closed(4429)
}

// The place of an operation is free before its client knows that it has ended.
func TestSocketOneAfterTheOther(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.Limits.SocketOperations = 1 })
	c := s.dial(t)
	c.init("")
	for range 500 {
		c.send("subscribe", "1", map[string]any{"query": "{hello}"})
		c.expect("next", "1")
		c.expect("complete", "1")
	}
}

// A socket is left when its queries and mutations have been answered: a client that
// connects again sends them a second time.
func TestSocketShutdownWaitsForAnswers(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.Limits.Deadline = 200 * time.Millisecond })
	c := s.dial(t)
	c.init("")
	c.send("subscribe", "endless", map[string]any{"query": "subscription{forever}"})
	c.send("subscribe", "1", map[string]any{"query": "{slow}"})
	until(t, "they did not start", func() bool { return s.schema.ran.Load() == 2 })
	left := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		left <- s.web.Shutdown(ctx)
	}()
	c.expect("next", "1") // UNAVAILABLE at the deadline, but an answer
	c.expect("complete", "1")
	c.closed(1001)
	if err := <-left; err != nil {
		t.Error(err)
	}
}

// Operations end when their socket begins to close, not when the client has agreed.
func TestOperationsEndWithTheToken(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.Limits.Recheck = 10 * time.Millisecond })
	c := s.dial(t)
	c.init("good")
	c.send("subscribe", "1", map[string]any{"query": "subscription{forever}"})
	until(t, "it did not start", func() bool { return s.schema.open.Load() == 1 })
	s.users.revoke("good") // and the client, which does not read, answers nothing
	begin := time.Now()
	until(t, "it did not end", func() bool { return s.schema.open.Load() == 0 })
	if took := time.Since(begin); took > 4*time.Second {
		t.Errorf("only after the closing handshake: %s", took)
	}
	c.closed(4403)
}
