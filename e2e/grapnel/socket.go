package grapnel

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// Message is a message of graphql-transport-ws.
type Message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// Answer is the payload as an answer: that of next as it is, that of error under
// "errors".
func (m Message) Answer() map[string]any {
	var out map[string]any
	if m.Type == "error" {
		var errs []any
		_ = json.Unmarshal(m.Payload, &errs)
		return map[string]any{"errors": errs}
	}
	_ = json.Unmarshal(m.Payload, &out)
	return out
}

// Socket is an open connection with graphql-transport-ws.
type Socket struct {
	server *Server
	conn   *websocket.Conn
	ctx    context.Context

	// Messages are those of the server after connection_ack. It is closed with
	// the socket.
	Messages <-chan Message
	// Closed is the code with which the server closed the socket; read it when
	// Messages is closed.
	Closed websocket.StatusCode
}

// Dial opens a socket with a header of the upgrade and a payload of
// connection_init. A socket that the server refuses has no Messages.
func (s *Server) Dial(header http.Header, payload any) *Socket {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s.t.Cleanup(cancel)
	//nolint:bodyclose // Dial leaves no body to close
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(s.URL, "http")+"/graphql",
		&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: s.client, HTTPHeader: header})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	conn.SetReadLimit(16 << 20)
	messages := make(chan Message, 10_000)
	c := &Socket{server: s, conn: conn, ctx: ctx, Messages: messages}
	c.write(map[string]any{"type": "connection_init", "payload": payload})
	acknowledged := make(chan bool, 1)
	go func() {
		defer close(messages)
		defer close(acknowledged)
		for {
			var m Message
			if err := wsjson.Read(ctx, conn, &m); err != nil {
				c.Closed = websocket.CloseStatus(err)
				return
			}
			if m.Type == "connection_ack" {
				acknowledged <- true
				continue
			}
			messages <- m
		}
	}()
	select {
	case <-acknowledged: // or refused: to subscribe before is against the protocol
	case <-time.After(15 * time.Second):
		s.t.Fatalf("connection_init is not answered\n%s", s.Log)
	}
	return c
}

// Socket opens a socket with an access token; a visitor has none.
func (s *Server) Socket(token string) *Socket {
	s.t.Helper()
	var payload any
	if token != "" {
		payload = Vars{"Authorization": "Bearer " + token}
	}
	return s.Dial(nil, payload)
}

// write leaves it to the reader to notice that the socket is closed.
func (c *Socket) write(m any) { _ = wsjson.Write(c.ctx, c.conn, m) }

// Subscribe starts an operation of any kind.
func (c *Socket) Subscribe(id, query string, v Vars) {
	c.write(map[string]any{"type": "subscribe", "id": id, "payload": Vars{"query": query, "variables": v}})
}

// Next waits for a message; ok is false when the socket is closed, or when
// nothing comes within 15 seconds, which fails the test.
func (c *Socket) Next() (m Message, ok bool) {
	c.server.t.Helper()
	select {
	case m, ok = <-c.Messages:
		return m, ok
	case <-time.After(15 * time.Second):
		c.server.t.Errorf("no message came\n%s", c.server.Log)
		return Message{}, false
	}
}

// Close ends the socket from this side.
func (c *Socket) Close() { _ = c.conn.Close(websocket.StatusNormalClosure, "") }

// Follow subscribes to a field such as postChanged; events are the kinds and ids.
func (s *Server) Follow(token, field string) <-chan string {
	s.t.Helper()
	c := s.Socket(token)
	c.Subscribe("1", "subscription { "+field+" { kind changedId } }", nil)
	events := make(chan string, 100)
	go func() {
		defer close(events)
		for m := range c.Messages {
			switch e := m.Answer(); m.Type {
			case "next":
				events <- fmt.Sprint(Dig(e, "data."+field+".kind"), " ", Dig(e, "data."+field+".changedId"))
			case "error":
				s.t.Errorf("%s ended: %v", field, e)
			}
		}
	}()
	return events
}
