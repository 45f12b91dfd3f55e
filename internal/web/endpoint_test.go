package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
	"github.com/grapnel/grapnel/internal/web"
)

// The table of answers: what comes back for each situation, in both media types.
func TestAnswers(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.Limits.Body = 5_000 })
	const j = "application/json"
	get := func(q string) string { return "/graphql?" + q }
	doc := func(q string) string {
		b, _ := json.Marshal(map[string]string{"query": q})
		return string(b)
	}
	for _, c := range []struct {
		name, method, path, body, contentType string
		response, json                        int    // status by media type
		code                                  string // of the first error
		data                                  bool   // a data entry
	}{
		{"executed", "POST", "/graphql", doc("{hello}"), j, 200, 200, "", true},
		{"executed, charset", "POST", "/graphql", doc("{hello}"), "application/json; charset=utf-8", 200, 200, "", true},
		{"field error", "POST", "/graphql", doc("{hello fail}"), j, 200, 200, "CONFLICT", true},
		{"masked field error", "POST", "/graphql", doc("{secret}"), j, 200, 200, "INTERNAL", true},
		{"panic in a resolver", "POST", "/graphql", doc("{panic}"), j, 200, 200, "INTERNAL", true},
		{"GET", "GET", get("query={hello}"), "", "", 200, 200, "", true},
		{"GET with variables", "GET", get("query=query($n:String){hello(name:$n)}&variables={%22n%22:%22x%22}"), "", "", 200, 200, "", true},
		{"GET one of two operations", "GET", get("query=query+A{hello}query+B{viewer}&operationName=B"), "", "", 200, 200, "", true},

		{"parse", "POST", "/graphql", doc("{"), j, 400, 200, "GRAPHQL_PARSE_FAILED", false},
		{"empty document", "POST", "/graphql", doc(""), j, 400, 400, "BAD_USER_INPUT", false},
		{"no query", "POST", "/graphql", "{}", j, 400, 400, "BAD_USER_INPUT", false},
		{"no query by GET", "GET", "/graphql", "", "", 400, 400, "BAD_USER_INPUT", false},
		{"validation", "POST", "/graphql", doc("{nope}"), j, 400, 200, "GRAPHQL_VALIDATION_FAILED", false},
		{"validation by GET", "GET", get("query={nope}"), "", "", 400, 200, "GRAPHQL_VALIDATION_FAILED", false},
		{"which operation", "POST", "/graphql", doc("query A{hello} query B{hello}"), j, 400, 200, "GRAPHQL_VALIDATION_FAILED", false},
		{"coercion", "POST", "/graphql", `{"query":"query($n:Int){number(n:$n)}","variables":{"n":"x"}}`, j, 400, 200, "BAD_USER_INPUT", false},
		{"limit", "POST", "/graphql", doc("{dear hello __typename}"), j, 400, 200, "COMPLEXITY_LIMIT_EXCEEDED", false},
		{"subscription by POST", "POST", "/graphql", doc("subscription{forever}"), j, 400, 200, "BAD_USER_INPUT", false},
		{"subscription by GET", "GET", get("query=subscription{forever}"), "", "", 400, 200, "BAD_USER_INPUT", false},

		{"not JSON", "POST", "/graphql", `{"query":"swordfish`, j, 400, 400, "BAD_USER_INPUT", false},
		{"a list", "POST", "/graphql", `[{"query":"{hello}"}]`, j, 400, 400, "BAD_USER_INPUT", false},
		{"query is no string", "POST", "/graphql", `{"query":7}`, j, 400, 400, "BAD_USER_INPUT", false},
		{"variables are no object", "POST", "/graphql", `{"query":"{hello}","variables":"swordfish"}`, j, 400, 400, "BAD_USER_INPUT", false},
		{"variables are no JSON by GET", "GET", get("query={hello}&variables=swordfish"), "", "", 400, 400, "BAD_USER_INPUT", false},
		{"query string", "GET", get("query=%zz"), "", "", 400, 400, "BAD_USER_INPUT", false},
		{"empty body", "POST", "/graphql", "", j, 400, 400, "BAD_USER_INPUT", false},

		{"mutation by GET", "GET", get("query=mutation{touch}"), "", "", 405, 405, "BAD_USER_INPUT", false},
		{"PUT", "PUT", "/graphql", doc("{hello}"), j, 405, 405, "BAD_USER_INPUT", false},
		{"DELETE", "DELETE", "/graphql", "", "", 405, 405, "BAD_USER_INPUT", false},
		{"urlencoded", "POST", "/graphql", "query={hello}", "application/x-www-form-urlencoded", 415, 415, "BAD_USER_INPUT", false},
		{"text", "POST", "/graphql", doc("{hello}"), "text/plain", 415, 415, "BAD_USER_INPUT", false},
		{"graphql", "POST", "/graphql", "{hello}", "application/graphql", 415, 415, "BAD_USER_INPUT", false},
		{"no content type", "POST", "/graphql", doc("{hello}"), "", 415, 415, "BAD_USER_INPUT", false},
		{"multipart without its transport", "POST", "/graphql", "x", "multipart/form-data; boundary=x", 415, 415, "BAD_USER_INPUT", false},
		{"too large", "POST", "/graphql", doc("{hello}" + strings.Repeat(" ", 5_000)), j, 413, 413, "TOO_LARGE", false},

		{"not found", "GET", "/nothing", "", "", 404, 404, "NOT_FOUND", false},
		{"below the endpoint", "POST", "/graphql/", doc("{hello}"), j, 404, 404, "NOT_FOUND", false},
	} {
		for accept, want := range map[string]int{"application/graphql-response+json": c.response, "application/json": c.json, "*/*": c.json, "": c.json} {
			header := []string{"Content-Type", c.contentType, "Accept", accept}
			if c.contentType == "" {
				header = header[2:]
			}
			a := s.do(t, c.method, c.path, c.body, header...)
			if a.status != want || a.code() != c.code || strings.Contains(a.body, `"data"`) != c.data || strings.Contains(a.body, "swordfish") {
				t.Errorf("%s, %q: %d %s", c.name, accept, a.status, a.body)
			}
			mediaType := "application/json"
			if accept == "application/graphql-response+json" {
				mediaType = accept
			}
			if got := a.header.Get("Content-Type"); got != mediaType+"; charset=utf-8" {
				t.Errorf("%s, %q: Content-Type %q", c.name, accept, got)
			}
			cached := "no-store"
			if c.method == "GET" && c.data {
				cached = "public, max-age=0, must-revalidate"
			}
			if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Cache-Control") != cached || (a.header.Get("X-Request-Id") == "") != (cached != "no-store") {
				t.Errorf("%s: %v", c.name, a.header)
			}
			if (a.status == 405) != (a.header.Get("Allow") != "") {
				t.Errorf("%s: Allow %q", c.name, a.header.Get("Allow"))
			}
		}
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.Limits.Deadline = 20 * time.Millisecond })
	if a := s.query(t, "{slow}"); a.status != 200 || a.code() != "UNAVAILABLE" {
		t.Errorf("%d %s", a.status, a.body)
	}
	c := s.dial(t)
	c.init("")
	c.send("subscribe", "1", map[string]any{"query": "{slow}"})
	if p := c.expect("next", "1"); !strings.Contains(p, "UNAVAILABLE") {
		t.Error(p)
	}
}

// A body that does not arrive ends the request; an operation that runs longer
// than a body may take is not disturbed by it.
func TestBodyDeadline(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) {
		c.Limits.BodyRead = 200 * time.Millisecond
		c.Limits.Deadline = 500 * time.Millisecond
	})
	if a := s.query(t, "{slow}"); a.status != 200 || !strings.Contains(a.body, "The store did not answer.") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if !strings.Contains(s.log.String(), `"status":200`) {
		t.Error(s.log)
	}
	body, end := newStuckBody()
	defer end()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/graphql", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.Client().Do(req)
	if err == nil {
		resp.Body.Close()
		if resp.StatusCode != http.StatusRequestTimeout {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
	until(t, "the request was not ended", func() bool { return strings.Contains(s.log.String(), `"status":408`) })
}

// stuckBody is a request body that begins and never ends.
type stuckBody struct {
	ctx  context.Context
	sent atomic.Bool
}

func (b *stuckBody) begun() bool { return b.sent.Load() }

func newStuckBody() (*stuckBody, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	return &stuckBody{ctx: ctx}, cancel
}

func (b *stuckBody) Read(p []byte) (int, error) {
	if !b.sent.Swap(true) {
		return copy(p, `{"query":`), nil
	}
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	ok := func(context.Context) error { return nil }
	s := start(t, func(c *web.Config) {
		c.UI = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'self'")
			_, _ = w.Write([]byte("page " + r.URL.Path))
		})
		c.Ready = map[string]func(context.Context) error{"documents": ok, "objects": ok}
		c.Admin = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("dashboard " + r.URL.Path)) })
		c.Files = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("swordfish") })
	})
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/", 200, `{"graphql":"/graphql","name":"Grapnel","playground":"/playground/"}`},
		{"GET", "/healthz", 200, `{"status":"ok"}`},
		{"HEAD", "/healthz", 200, ""},
		{"GET", "/readyz", 200, `{"status":"ok","stores":{"documents":"ok","objects":"ok"}}`},
		{"GET", "/playground", 200, "page /playground"},
		{"GET", "/playground/app.js", 200, "page /playground/app.js"},
		{"GET", "/admin", 200, "dashboard /admin"},
		{"GET", "/admin/content/posts", 200, "dashboard /admin/content/posts"},
		{"GET", "/files/asset_1/a.png", 500, `{"errors":[{"message":"Something went wrong on the server.","extensions":{"code":"INTERNAL"}}]}`},
	} {
		a := s.do(t, c.method, c.path, "")
		if a.status != c.status || strings.TrimSpace(a.body) != c.body {
			t.Errorf("%s: %d %s", c.path, a.status, a.body)
		}
	}
	for _, path := range []string{"/graphql", "/"} {
		if a := s.do(t, http.MethodGet, path, "", "Accept", "text/html,*/*;q=0.8"); a.status != http.StatusSeeOther || a.header.Get("Location") != "playground/" { // whatever prefix a proxy took away
			t.Errorf("a visit of %s: %d %v", path, a.status, a.header)
		}
	}
	if got := s.do(t, http.MethodGet, "/playground/", "").header.Get("Content-Security-Policy"); got != "default-src 'self'" {
		t.Errorf("policy of the page: %s", got)
	}
	below := start(t, func(c *web.Config) {
		c.UI = http.NotFoundHandler()
		c.PublicURL = &url.URL{Scheme: "https", Host: "example.org", Path: "/api"}
	})
	if got := below.do(t, http.MethodGet, "/", "").body; got != `{"graphql":"/api/graphql","name":"Grapnel","playground":"/api/playground/"}`+"\n" {
		t.Error(got)
	}
	if got := below.do(t, http.MethodGet, "/elsewhere", "").body; !strings.Contains(got, "GraphQL is at /api/graphql.") {
		t.Error(got)
	}
	log := s.log.String()
	if !strings.Contains(log, "swordfish") || !strings.Contains(log, `"level":"DEBUG","msg":"request"`) {
		t.Error(log)
	}

	bare := start(t, nil)
	for _, path := range []string{"/playground", "/playground/", "/admin", "/admin/content/posts", "/files/asset_1/a.png"} {
		if a := bare.do(t, http.MethodGet, path, ""); a.status != 404 || a.code() != "NOT_FOUND" {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

// A frontend has what nothing else has, and only to read.
func TestSite(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) {
		c.UI = http.NotFoundHandler()
		c.Site = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/same" { // without a body
				w.WriteHeader(http.StatusNotModified)
				return
			}
			_, _ = w.Write([]byte("site " + r.URL.Path))
		})
	})
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/", 200, "site /"},
		{"GET", "/posts/hello", 200, "site /posts/hello"},
		{"HEAD", "/posts/hello", 200, ""},
		{"GET", "/same", 304, ""},
		{"GET", "/graphql/", 404, `{"errors":[{"message":"There is nothing here. GraphQL is at /graphql.","extensions":{"code":"NOT_FOUND"}}]}`},
		{"GET", "/admin/content/posts", 404, `{"errors":[{"message":"There is nothing here. GraphQL is at /graphql.","extensions":{"code":"NOT_FOUND"}}]}`},
		{"GET", "/files/x.txt", 404, `{"errors":[{"message":"There is nothing here. GraphQL is at /graphql.","extensions":{"code":"NOT_FOUND"}}]}`},
		{"GET", "/healthz", 200, `{"status":"ok"}`},
		{"POST", "/", 404, `{"errors":[{"message":"There is nothing here. GraphQL is at /graphql.","extensions":{"code":"NOT_FOUND"}}]}`},
		{"GET", "/graphql?query={hello}", 200, `{"data":{"hello":"hello world"}}`},
	} {
		a := s.do(t, c.method, c.path, "", "Accept", "application/json")
		if a.status != c.status || strings.TrimSpace(a.body) != c.body {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.status, a.body)
		}
	}
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) {
		c.Ready = map[string]func(context.Context) error{
			"documents": func(context.Context) error { return errors.New("mongodb://admin:swordfish@db refused") },
			"objects":   func(context.Context) error { return nil },
			"stuck": func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			},
		}
	})
	a := s.do(t, http.MethodGet, "/readyz", "")
	if a.status != 503 || strings.TrimSpace(a.body) != `{"status":"unavailable","stores":{"documents":"unavailable","objects":"ok","stuck":"unavailable"}}` {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// Many who ask at once ask a store once.
func TestReadinessIsShared(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	s := start(t, func(c *web.Config) {
		c.Ready = map[string]func(context.Context) error{"documents": func(context.Context) error { asked.Add(1); return nil }}
	})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if a := s.do(t, http.MethodGet, "/readyz", ""); a.status != 200 {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	wg.Wait()
	if n := asked.Load(); n > 5 {
		t.Errorf("asked %d times", n)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	if got := s.query(t, "{hello}", "X-Request-Id", "trace-12345678").header.Get("X-Request-Id"); got != "trace-12345678" {
		t.Errorf("a good id became %q", got)
	}
	for _, bad := range []string{"short", strings.Repeat("x", 65), "with space", `"quoted12"`, "näh12345"} {
		if got := s.query(t, "{hello}", "X-Request-Id", bad).header.Get("X-Request-Id"); got == bad || got == "" {
			t.Errorf("%q became %q", bad, got)
		}
	}
	a := s.query(t, "{secret}", "X-Request-Id", "trace-87654321")
	if !strings.Contains(a.body, `"requestId":"trace-87654321"`) {
		t.Error(a.body)
	}
	if log := s.log.String(); !strings.Contains(log, `"request":"trace-87654321","path":"secret","error":"password of the database is swordfish"`) {
		t.Error(log)
	}
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.post(t, map[string]any{"query": "query Who($n:String){hello(name:$n) viewer}", "variables": map[string]any{"n": "swordfish"}},
		"Authorization", "Bearer good", "Cookie", "grapnel_access=good")
	s.do(t, http.MethodGet, "/graphql?query="+url.QueryEscape(`{hello(name:"swordfish")}`), "")
	s.do(t, http.MethodGet, "/files/x/y?signature=swordfish", "")
	until(t, "three log lines", func() bool { return strings.Count(s.log.String(), `"msg":"request"`) == 3 })
	log := s.log.String()
	for _, want := range []string{`"method":"POST"`, `"path":"/graphql"`, `"operation":"Who"`, `"status":200`, `"duration":`, `"address":"127.0.0.1"`, `"bytes":`} {
		if !strings.Contains(log, want) {
			t.Errorf("%s is missing in %s", want, log)
		}
	}
	for _, secret := range []string{"swordfish", "good", "Bearer"} {
		if strings.Contains(log, secret) {
			t.Errorf("%q stands in %s", secret, log)
		}
	}
}

// A transport of its own comes before ours, with the engine's limits.
func TestFurtherTransports(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.Transports = []graphql.Transport{yamlTransport{}} })
	if a := s.do(t, http.MethodPost, "/graphql", "{hello}", "Content-Type", "application/yaml"); a.status != 200 || !strings.Contains(a.body, "hello world") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := s.do(t, http.MethodPost, "/graphql", "{dear hello __typename}", "Content-Type", "application/yaml"); a.code() != "COMPLEXITY_LIMIT_EXCEEDED" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

type yamlTransport struct{}

func (yamlTransport) Supports(r *http.Request) bool {
	return r.Header.Get("Content-Type") == "application/yaml"
}

func (yamlTransport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	b := make([]byte, r.ContentLength)
	_, _ = r.Body.Read(b)
	op, errs := exec.CreateOperationContext(r.Context(), &graphql.RawParams{Query: string(b)})
	if errs != nil {
		graphqlhttp.WriteResponse(w, graphqlhttp.JSON, exec.DispatchError(graphql.WithOperationContext(r.Context(), op), errs), true)
		return
	}
	next, ctx := exec.DispatchOperation(r.Context(), op)
	graphqlhttp.WriteResponse(w, graphqlhttp.JSON, next(ctx), false)
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	if _, err := web.New(web.Config{}); err == nil {
		t.Error("no schema was accepted")
	}
	for _, origin := range []string{"*", "https://*.example.com", "example.com", "https://example.com/app", "https://u@example.com", ""} {
		if _, err := web.New(web.Config{Schema: newFake(), Origins: []string{origin}}); err == nil {
			t.Errorf("origin %q was accepted", origin)
		}
	}
}

func TestWithoutAccounts(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.Authenticate = nil })
	if a := s.query(t, "{hello}", "Authorization", "Bearer good"); a.status != 401 || a.code() != string(core.Unauthenticated) {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// Every answer, whatever its path and status, is one that a browser cannot misuse.
func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	public, err := url.Parse("https://api.example.org")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, func(c *web.Config) { c.PublicURL = public })
	for _, path := range []string{"/", "/graphql", "/graphql?query={hello}", "/healthz", "/readyz", "/files/x/y", "/uploads/x", "/playground", "/nothing"} {
		h := s.do(t, http.MethodGet, path, "").header
		for name, want := range map[string]string{
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"Referrer-Policy":              "no-referrer",
			"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Strict-Transport-Security":    "max-age=31536000",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s: %q", path, name, got)
			}
		}
	}
}

// A refused request says what to change.
func TestRequestErrorsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for _, c := range []struct {
		params map[string]any
		want   string
	}{
		{map[string]any{"query": "query A{hello} query B{hello}"}, "The document has several operations: say by operationName which one to run."},
		{map[string]any{"query": "query A{hello}", "operationName": "C"}, `The document has no operation "C".`},
		{map[string]any{"query": "query($n:Int!){number(n:$n)}"}, "Variable $n: Int! must be given."},
		{map[string]any{"query": "query($n:Int){number(n:$n)}", "variables": map[string]any{"n": "5"}}, `Variable $n: Int cannot represent "5": it must be a whole number of 32 bits.`},
		{map[string]any{"query": "query($w:Where){posts(where:$w){totalCount}}", "variables": map[string]any{"w": map[string]any{"and": []any{map[string]any{"titel": "x"}}}}}, "Variable $w.and[0].titel: Where has no such field."},
		{map[string]any{"query": "query($w:Where){posts(where:$w){totalCount}}", "variables": map[string]any{"w": map[string]any{"title": 7}}}, "Variable $w.title: String cannot represent 7: it must be a text."},
		{map[string]any{"query": "query($s:String){hello(name:$s)}", "variables": map[string]any{"s": 7}}, "Variable $s: String cannot represent 7: it must be a text."},
	} {
		a := s.post(t, c.params)
		var got struct {
			Errors []struct {
				Message string
				Path    []any
			}
		}
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || len(got.Errors) != 1 || got.Errors[0].Message != c.want || got.Errors[0].Path != nil {
			t.Errorf("%s: want %s", a.body, c.want)
		}
	}
}
