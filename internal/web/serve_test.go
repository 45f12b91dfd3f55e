package web_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/internal/web"
)

// serving is Serve on a free port.
type serving struct {
	address  string
	listener net.Listener
	stop     context.CancelFunc
	done     chan error
}

func serve(t *testing.T, h http.Handler, d web.Drain) *serving {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &serving{l.Addr().String(), l, stop, make(chan error, 1)}
	go func() { s.done <- web.Serve(ctx, l, h, d, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		stop()
		http.DefaultClient.CloseIdleConnections()
	})
	return s
}

// noSockets is the shutdown of a handler that opens none.
func noSockets(context.Context) error { return nil }

func (s *serving) wait(t *testing.T) {
	t.Helper()
	select {
	case err := <-s.done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("Serve did not return")
	}
}

func TestServeDrains(t *testing.T) {
	t.Parallel()
	started, finish := make(chan struct{}), make(chan struct{})
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(started)
		<-finish
		if err := r.Context().Err(); err != nil {
			t.Errorf("the request in flight was cancelled: %v", err)
		}
		_, _ = w.Write([]byte("done"))
	}), web.Drain{Shutdown: noSockets, Timeout: time.Minute})
	got := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + s.address)
		if err != nil {
			got <- err.Error()
			return
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		got <- string(b)
	}()
	<-started
	s.stop()
	until(t, "new connections are still taken", func() bool {
		c, err := net.Dial("tcp", s.address)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	select {
	case err := <-s.done:
		t.Fatalf("Serve returned before the request ended: %v", err)
	default:
	}
	close(finish)
	if g := <-got; g != "done" {
		t.Error(g)
	}
	s.wait(t)
}

func TestServeCutsOff(t *testing.T) {
	t.Parallel()
	started, ended := make(chan struct{}), make(chan struct{})
	s := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
		close(ended)
	}), web.Drain{Shutdown: noSockets, Timeout: 10 * time.Millisecond})
	go func() {
		if resp, err := http.Get("http://" + s.address); err == nil {
			resp.Body.Close()
		}
	}()
	<-started
	s.stop()
	s.wait(t)
	<-ended
}

func TestServeClosesSockets(t *testing.T) {
	t.Parallel()
	schema := newFake()
	h, err := web.New(web.Config{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, h, web.Drain{Shutdown: h.Shutdown, Timeout: time.Minute})
	base := &server{Server: &httptest.Server{URL: "http://" + s.address}, web: h, schema: schema}
	c := base.dial(t)
	c.init("")
	c.send("subscribe", "1", map[string]any{"query": "subscription{forever}"})
	until(t, "it started", func() bool { return schema.open.Load() == 1 })
	s.stop()
	c.closed(1001)
	s.wait(t)
	if n := schema.open.Load(); n != 0 {
		t.Errorf("%d subscriptions left", n)
	}
}

// A socket whose client does not answer does not hold up the end.
func TestServeDropsDeafSockets(t *testing.T) {
	t.Parallel()
	schema := newFake()
	h, err := web.New(web.Config{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, h, web.Drain{Shutdown: h.Shutdown, Timeout: 50 * time.Millisecond})
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n")
	status, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.Contains(status, "101") {
		t.Fatalf("%q %v", status, err)
	}
	s.stop()
	s.wait(t)
}

func TestServeReportsItsListener(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	err = web.Serve(context.Background(), l, http.NotFoundHandler(), web.Drain{Shutdown: noSockets, Timeout: time.Second}, slog.New(slog.DiscardHandler))
	if !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

// First not ready, then not listening: in between, requests are answered, and each
// answer ends its connection.
func TestServeDelaysTheDrain(t *testing.T) {
	t.Parallel()
	h, err := web.New(web.Config{Schema: newFake()})
	if err != nil {
		t.Fatal(err)
	}
	left := make(chan struct{})
	s := serve(t, h, web.Drain{Delay: time.Minute, Leave: func() { h.Leave(); close(left) }, Shutdown: h.Shutdown, Timeout: time.Minute})
	get := func(path string) (int, bool) {
		t.Helper()
		resp, err := http.Get("http://" + s.address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode, resp.Close
	}
	for _, path := range []string{"/readyz", "/graphql?query={hello}"} {
		if status, closes := get(path); status != 200 || closes {
			t.Errorf("before: %s is %d, closes %v", path, status, closes)
		}
	}
	s.stop()
	<-left
	for path, want := range map[string]int{"/readyz": 503, "/healthz": 200, "/graphql?query={hello}": 200} {
		if status, closes := get(path); status != want || !closes {
			t.Errorf("in the delay: %s is %d, closes %v", path, status, closes)
		}
	}
	s.listener.Close() // ends the delay
	if err := <-s.done; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

// What frames a request twice ends its connection, and nothing else does.
func TestServeEndsDoubtfulConnections(t *testing.T) {
	t.Parallel()
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}), web.Drain{Shutdown: noSockets, Timeout: time.Minute})
	const chunks = "3\r\nabc\r\n0\r\n\r\n"
	for name, c := range map[string]struct {
		request string
		close   bool
	}{
		"no body":            {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", false},
		"length":             {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", false},
		"chunks":             {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, false},
		"both":               {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, true},
		"both, turned":       {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nX: " + strings.Repeat("y", 9000) + "\r\nContent-Length: 18\r\n\r\n" + chunks, true},
		"both, any case":     {"POST / HTTP/1.1\r\ncONTENT-lENGTH: 18\r\nHost: x\r\ntRANSFER-eNCODING: chunked\r\n\r\n" + chunks, true},
		"both, bare lines":   {"POST / HTTP/1.1\nHost: x\nContent-Length: 18\nTransfer-Encoding: chunked\n\n" + chunks, true},
		"chunks, others":     {"POST / HTTP/1.1\r\nHost: x\r\nX-Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, false},
		"length in the body": {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n13\r\n\r\nContent-Length: 3\r\n0\r\n\r\n", false},
		"old, with chunks":   {"POST / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc", true},
		"old":                {"POST / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc", false},
	} {
		for _, size := range []int{1, 7, 100, 1 << 20} { // of a packet
			t.Run(fmt.Sprint(name, " ", size), func(t *testing.T) {
				t.Parallel()
				conn, err := net.Dial("tcp", s.address)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
				in := bufio.NewReader(conn)
				for range 3 { // what is remembered of a request ends with it
					for rest := c.request; rest != ""; {
						n := min(size, len(rest))
						if len(rest) > 500 && size < 100 {
							n = len(rest) - 400
						}
						if _, err := io.WriteString(conn, rest[:n]); err != nil {
							t.Fatal(err)
						}
						rest = rest[n:]
					}
					resp, err := http.ReadResponse(in, nil)
					if err != nil {
						t.Fatal(err)
					}
					resp.Body.Close()
					if resp.StatusCode != 200 || resp.Close != c.close {
						t.Fatalf("%d, closes %v", resp.StatusCode, resp.Close)
					}
					if c.close {
						if _, err := in.ReadByte(); err != io.EOF {
							t.Error("the connection is open:", err)
						}
						return
					}
				}
			})
		}
	}

	// Heads that come with the request before are not seen; what is in doubt ends.
	for name, c := range map[string]struct {
		second string
		close  bool
	}{
		"length": {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", false},
		"both":   {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, true},
		"chunks": {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, true},
	} {
		for cut := range len(c.second) {
			conn, err := net.Dial("tcp", s.address)
			if err != nil {
				t.Fatal(err)
			}
			_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
			in := bufio.NewReader(conn)
			fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", c.second[:cut])
			first, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			first.Body.Close()
			_, _ = io.WriteString(conn, c.second[cut:])
			second, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			second.Body.Close()
			if second.Close != c.close && (name != "chunks" || cut >= len("POST")) { // or all that matters was seen
				t.Errorf("%s, cut at %d: closes %v", name, cut, second.Close)
			}
			conn.Close()
		}
	}
}
