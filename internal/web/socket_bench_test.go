package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/grapnel/grapnel/internal/web"
)

// BenchmarkSocket measures events of one subscription and whole operations,
// one after the other, over loopback.
func BenchmarkSocket(b *testing.B) {
	w, err := web.New(web.Config{Schema: newFake(), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		b.Fatal(err)
	}
	s := httptest.NewServer(w)
	defer s.Close()
	defer func() { _ = w.Shutdown(context.Background()) }()
	dial := func(b *testing.B) (send func(string), read func() string) {
		conn, _, err := websocket.Dial(b.Context(), s.URL+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.CloseNow() })
		conn.SetReadLimit(1 << 20)
		send = func(text string) {
			if err := conn.Write(context.Background(), websocket.MessageText, []byte(text)); err != nil {
				b.Fatal(err)
			}
		}
		read = func() string {
			_, m, err := conn.Read(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			return string(m)
		}
		send(`{"type":"connection_init"}`)
		read()
		return send, read
	}
	b.Run("events", func(b *testing.B) {
		send, read := dial(b)
		b.ReportAllocs()
		b.ResetTimer()
		send(fmt.Sprintf(`{"id":"1","type":"subscribe","payload":{"query":"subscription{ticks(n:%d)}"}}`, b.N))
		for range b.N {
			if m := read(); !strings.Contains(m, `"next"`) {
				b.Fatal(m)
			}
		}
		if m := read(); !strings.Contains(m, `"complete"`) {
			b.Fatal(m)
		}
	})
	b.Run("large events", func(b *testing.B) {
		send, read := dial(b)
		b.ReportAllocs()
		b.ResetTimer()
		send(`{"id":"1","type":"subscribe","payload":{"query":"subscription{flood}"}}`)
		for range b.N {
			if m := read(); !strings.Contains(m, `"next"`) {
				b.Fatal(m)
			}
		}
	})
	b.Run("queries", func(b *testing.B) {
		send, read := dial(b)
		b.ReportAllocs()
		b.ResetTimer()
		for range b.N {
			send(`{"id":"1","type":"subscribe","payload":{"query":"{hello}"}}`)
			if m := read(); !strings.Contains(m, `"next"`) {
				b.Fatal(m)
			}
			if m := read(); !strings.Contains(m, `"complete"`) {
				b.Fatal(m)
			}
		}
	})
	b.Run("large queries", func(b *testing.B) {
		send, read := dial(b)
		payload, err := json.Marshal(map[string]any{"query": "query($s:String!){hello(name:$s)}", "variables": map[string]any{"s": strings.Repeat("x", 64<<10)}})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		b.ResetTimer()
		for range b.N {
			send(`{"id":"1","type":"subscribe","payload":` + string(payload) + `}`)
			if m := read(); !strings.Contains(m, `"next"`) {
				b.Fatal(m)
			}
			if m := read(); !strings.Contains(m, `"complete"`) {
				b.Fatal(m)
			}
		}
	})
}
