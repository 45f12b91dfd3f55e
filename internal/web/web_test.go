package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
	"github.com/grapnel/grapnel/internal/literal"
	"github.com/grapnel/grapnel/internal/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a running Server over the schema of this test.
type server struct {
	*httptest.Server
	web    *web.Server
	schema *fake
	log    *buffer
	users  *users
}

// users are the accounts behind the tokens of a test.
type users struct {
	mu     sync.Mutex
	tokens map[string]core.Principal
	down   bool
}

func (u *users) authenticate(ctx context.Context, token string) (core.Principal, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.down {
		return core.Principal{}, core.Wrap(core.Unavailable, errors.New("refused at 10.0.0.1"), "The store does not answer.")
	}
	if token == "slow" { // until the client has gone
		u.mu.Unlock()
		<-ctx.Done()
		u.mu.Lock()
	}
	p, ok := u.tokens[token]
	if !ok {
		return core.Principal{}, core.Errorf(core.Unauthenticated, "The token is not valid.")
	}
	return p, nil
}

func (u *users) set(token string, p core.Principal) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.tokens[token] = p
}

func (u *users) revoke(token string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.tokens, token)
}

func (u *users) fail() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.down = true
}

// buffer is a log that tests read.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func start(t *testing.T, change func(*web.Config)) *server {
	t.Helper()
	s := &server{schema: newFake(), log: &buffer{}, users: &users{tokens: map[string]core.Principal{
		"good": {UserID: "user_1", Role: core.Member, SessionID: "session_1"},
	}}}
	c := web.Config{
		Schema:       s.schema,
		Scalars:      web.Scalars{"Day": isDay},
		Authenticate: s.users.authenticate,
		Anonymous:    []string{"signIn", "refreshSession"},
		Once:         []string{"signIn"},
		Limits:       web.Limits{Cost: 10_000}, // which the field dear and two more are over
		Log:          slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&c)
	}
	var err error
	if s.web, err = web.New(c); err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(s.web)
	t.Cleanup(func() {
		if err := s.web.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return s
}

// isDay checks values of the scalar Day.
func isDay(v any) error {
	if v != "Monday" {
		return core.Errorf(core.Invalid, "Day cannot represent %s: it must be Monday.", graphqlhttp.Written(literal.Exact(v)))
	}
	return nil
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// code is the code of the answer's first error.
func (a answer) code() string {
	var b struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal([]byte(a.body), &b); err != nil || len(b.Errors) == 0 {
		return ""
	}
	return b.Errors[0].Extensions.Code
}

func (s *server) do(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, r)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Add(header[i], header[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	client.Transport = s.Client().Transport
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(b)}
}

// query posts a document.
func (s *server) query(t *testing.T, document string, header ...string) answer {
	t.Helper()
	return s.post(t, map[string]any{"query": document}, header...)
}

func (s *server) post(t *testing.T, params map[string]any, header ...string) answer {
	t.Helper()
	b, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	return s.do(t, http.MethodPost, "/graphql", string(b), append([]string{"Content-Type", "application/json"}, header...)...)
}
