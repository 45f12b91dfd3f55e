package web_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/web"
)

// eventStream is the client's end of an answer with events.
type eventStream struct {
	t     *testing.T
	resp  *http.Response
	lines *bufio.Scanner
	close func()
}

// listen sends a request for events: a GET, or a POST with body.
func (s *server) listen(t *testing.T, path, body string, header ...string) *eventStream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = resp.Body.Close() })
	return &eventStream{t, resp, bufio.NewScanner(resp.Body), cancel}
}

// next reads one event as its lines, comments left out; "" at the end.
func (e *eventStream) next() string {
	var event []string
	for e.lines.Scan() {
		switch line := e.lines.Text(); {
		case line == "" && event != nil:
			return strings.Join(event, "\n")
		case line != "" && !strings.HasPrefix(line, ":"):
			event = append(event, line)
		}
	}
	return strings.Join(event, "\n")
}

func (e *eventStream) expect(events ...string) {
	e.t.Helper()
	for _, want := range events {
		if got := e.next(); got != want {
			e.t.Fatalf("event %q, want %q", got, want)
		}
	}
}

const complete = "event: complete\ndata:"

func TestEvents(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	next := func(json string) string { return "event: next\ndata: " + json }
	for _, c := range []struct {
		name, document string
		events         []string
	}{
		{"subscription", "subscription{ticks(n:2)}", []string{next(`{"data":{"ticks":1}}`), next(`{"data":{"ticks":2}}`), complete}},
		{"query", "{hello}", []string{next(`{"data":{"hello":"hello world"}}`), complete}},
		{"refused", "{nope}", []string{next(`{"errors":[{"message":"Cannot query field \"nope\" on type \"Query\".","locations":[{"line":1,"column":2}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`), complete}},
	} {
		e := s.listen(t, "/graphql?"+url.Values{"query": {c.document}}.Encode(), "")
		if e.resp.StatusCode != 200 || e.resp.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" ||
			e.resp.Header.Get("X-Accel-Buffering") != "no" || !strings.Contains(e.resp.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: %d %v", c.name, e.resp.StatusCode, e.resp.Header)
		}
		e.expect(append(c.events, "")...)
		e = s.listen(t, "/graphql", `{"query":"`+strings.ReplaceAll(c.document, `"`, `\"`)+`"}`)
		e.expect(append(c.events, "")...)
	}
	e := s.listen(t, "/graphql", `{"query":"mutation{touch}"}`)
	e.expect(next(`{"data":{"touch":"touched"}}`), complete, "")
	if e := s.listen(t, "/graphql?query=mutation{touch}", ""); e.resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("mutation by GET: %d", e.resp.StatusCode)
	}
	// A subscription that breaks off says why, and completes.
	e = s.listen(t, "/graphql", `{"query":"subscription{broken}"}`)
	for {
		event := e.next()
		if event == complete {
			t.Error("complete without a reason")
		}
		if strings.Contains(event, `"UNAVAILABLE"`) {
			e.expect(complete, "")
			break
		}
		if event == "" {
			t.Fatal("the stream ended without a reason")
		}
	}
}

// What a client accepts decides how it is answered.
func TestWhoGetsEvents(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for _, c := range []struct {
		accept, document string
		events           bool
	}{
		{"text/event-stream", "{hello}", true},
		{"text/event-stream, application/json;q=0.5", "{hello}", true},
		{"application/graphql-response+json, application/json, text/event-stream, multipart/mixed", "{hello}", false},
		{"application/graphql-response+json, application/json, text/event-stream, multipart/mixed", "subscription{ticks(n:1)}", true},
		{"text/event-stream, multipart/mixed", "subscription{ticks(n:1)}", true},
		{"*/*", "subscription{ticks(n:1)}", false},
		{"text/event-stream;q=0", "subscription{ticks(n:1)}", false},
	} {
		e := s.listen(t, "/graphql", `{"query":"`+c.document+`"}`, "Accept", c.accept)
		if got := strings.HasPrefix(e.resp.Header.Get("Content-Type"), "text/event-stream"); got != c.events {
			t.Errorf("%s %s: %v", c.accept, c.document, got)
		}
	}
}

// A stream starts at once, lives on comments, and its operation ends with it.
func TestEventStreamEnds(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.Limits.KeepAlive = 10 * time.Millisecond })
	e := s.listen(t, "/graphql", `{"query":"subscription{forever}"}`)
	for range 3 {
		if !e.lines.Scan() || e.lines.Text() != ":" || !e.lines.Scan() || e.lines.Text() != "" {
			t.Fatalf("%q is no comment", e.lines.Text())
		}
	}
	until(t, "it did not start", func() bool { return s.schema.open.Load() == 1 })
	e.close()
	until(t, "it did not end", func() bool { return s.schema.open.Load() == 0 })

	e = s.listen(t, "/graphql", `{"query":"subscription{forever}"}`)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.web.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	e.expect("") // not complete: the client connects again, elsewhere
	if e := s.listen(t, "/graphql", `{"query":"subscription{forever}"}`); e.resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after the shutdown: %d", e.resp.StatusCode)
	}
}

// A stream does not outlive the rights of its token. It is cut off, and the next
// request says by its status that a new token is needed.
func TestEventStreamOfRevokedToken(t *testing.T) {
	t.Parallel()
	for name, revoke := range map[string]func(*users){
		"revoked":      func(u *users) { u.revoke("good") },
		"other rights": func(u *users) { u.set("good", core.Principal{UserID: "user_1", Role: core.Admin}) },
	} {
		s := start(t, func(c *web.Config) { c.Limits.Recheck = 10 * time.Millisecond })
		e := s.listen(t, "/graphql", `{"query":"subscription{forever}"}`, "Authorization", "Bearer good")
		until(t, "it did not start", func() bool { return s.schema.open.Load() == 1 })
		revoke(s.users)
		e.expect("")
		e = s.listen(t, "/graphql", `{"query":"subscription{forever}"}`, "Authorization", "Bearer good")
		if want := map[string]int{"revoked": 401, "other rights": 200}[name]; e.resp.StatusCode != want {
			t.Errorf("%s: then %d", name, e.resp.StatusCode)
		}
	}
}

func TestEventStreamsAreBounded(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.Limits.NetworkStreams, c.Limits.OwnerOperations = 3, 2 })
	open := func(header ...string) *eventStream {
		return s.listen(t, "/graphql", `{"query":"subscription{forever}"}`, header...)
	}
	first := open()
	open()
	if e := open(); e.resp.StatusCode != http.StatusTooManyRequests || e.resp.Header.Get("Retry-After") == "" {
		t.Errorf("the visitors' third: %d %v", e.resp.StatusCode, e.resp.Header)
	}
	open("Authorization", "Bearer good")
	if e := open("Authorization", "Bearer good"); e.resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the network's fourth: %d", e.resp.StatusCode)
	}
	first.close()
	until(t, "no place", func() bool { return open().resp.StatusCode == 200 })
	if e := open("Origin", "https://evil.example"); e.resp.StatusCode != http.StatusForbidden {
		t.Errorf("from a foreign page: %d", e.resp.StatusCode)
	}
}

// Rights that end while a request still arrives count no more when it has.
func TestHeldBody(t *testing.T) {
	t.Parallel()
	for name, revoke := range map[string]func(*users){
		"revoked": func(u *users) { u.revoke("good") },
		"demoted": func(u *users) { u.set("good", core.Principal{UserID: "user_1", Role: core.Member}) },
	} {
		s := start(t, nil)
		s.users.set("good", core.Principal{UserID: "user_1", Role: core.Admin})
		body, held := io.Pipe()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/graphql", body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "text/event-stream")
		req.Header.Set("Authorization", "Bearer good")
		go func() {
			_, _ = io.WriteString(held, `{"query":`)
			revoke(s.users)
			_, _ = io.WriteString(held, `"subscription{role}"}`)
			_ = held.Close()
		}()
		resp, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		e := &eventStream{t, resp, bufio.NewScanner(resp.Body), cancel}
		switch event := e.next(); {
		case name == "revoked" && resp.StatusCode != http.StatusUnauthorized:
			t.Errorf("%s: %d", name, resp.StatusCode)
		case name == "demoted" && !strings.Contains(event, "MEMBER"):
			t.Errorf("%s: %s", name, event)
		}
		_ = resp.Body.Close()
	}
}
