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
	address string
	stop    context.CancelFunc
	done    chan error
}

func serve(t *testing.T, h http.Handler, shutdown func(context.Context) error, drain time.Duration) *serving {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &serving{l.Addr().String(), stop, make(chan error, 1)}
	go func() { s.done <- web.Serve(ctx, l, h, shutdown, slog.New(slog.DiscardHandler), drain) }()
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
	case <-time.After(10 * time.Second):
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
	}), noSockets, time.Minute)
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
	}), noSockets, 10*time.Millisecond)
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
	s := serve(t, h, h.Shutdown, time.Minute)
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
	s := serve(t, h, h.Shutdown, 50*time.Millisecond)
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
	err = web.Serve(context.Background(), l, http.NotFoundHandler(), noSockets, slog.New(slog.DiscardHandler), time.Second)
	if !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
