package resolvers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/internal/web"
	"github.com/grapnel/grapnel/resolvers"
	"github.com/grapnel/grapnel/resolvers/upload"
	"github.com/grapnel/grapnel/storage/filesystem"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// api is a whole server on the embedded stores, with a clock that tests move.
type api struct {
	t      testing.TB
	app    *core.App
	docs   *counter
	schema graphql.ExecutableSchema
	url    string
	http   http.Handler
	offset atomic.Int64
	tokens map[string]string // by username
	ids    map[string]string
}

// counter counts the calls of the document store.
type counter struct {
	core.DocStore
	calls atomic.Int64
	asked atomic.Pointer[core.Filter] // by Find for a page of a hundred
}

// upkeep marks the contexts in which the App works by itself.
type upkeep struct{}

// note counts a call of the store for a request.
func (c *counter) note(ctx context.Context) {
	if ctx.Value(upkeep{}) == nil {
		c.calls.Add(1)
	}
}

func (c *counter) Find(ctx context.Context, coll string, q core.Query) iter.Seq2[core.Doc, error] {
	c.note(ctx)
	if q.Limit == core.MaxPage+1 {
		c.asked.Store(&q.Filter)
	}
	return c.DocStore.Find(ctx, coll, q)
}

func (c *counter) FindEach(ctx context.Context, coll string, qs []core.Query) ([][]core.Doc, error) {
	c.note(ctx)
	return c.DocStore.FindEach(ctx, coll, qs)
}

func (c *counter) Count(ctx context.Context, coll string, q core.Query) (int64, error) {
	c.note(ctx)
	return c.DocStore.Count(ctx, coll, q)
}

func (c *counter) Write(ctx context.Context, ops ...core.Op) error {
	c.note(ctx)
	return c.DocStore.Write(ctx, ops...)
}

// newAPI starts a server with one user of each role, and mallory, a second
// author: each is signed in under the username given here.
func newAPI(t testing.TB, with ...func(*core.Config)) *api {
	t.Helper()
	a := newEmptyAPI(t, with...)
	for name, role := range map[string]core.Role{"member": core.Member, "author": core.Author, "mallory": core.Author, "editor": core.Editor, "admin": core.Admin} {
		user, err := a.app.Users.Register(core.AsSystem(t.Context()), core.UserDraft{Username: name, Email: name + "@example.org", Password: "correct horse"}, role)
		if err != nil {
			t.Fatal(err)
		}
		a.ids[name] = user.ID
		a.tokens[name] = a.get("", `mutation($e: String!) { signIn(input: {email: $e, password: "correct horse"}) { tokens { accessToken } } }`,
			vars{"e": name + "@example.org"}, "signIn.tokens.accessToken").(string)
	}
	return a
}

// newEmptyAPI starts a server without users.
func newEmptyAPI(t testing.TB, with ...func(*core.Config)) *api {
	t.Helper()
	ctx := t.Context()
	dir := t.TempDir()
	docs, err := sqlite.Open(ctx, filepath.Join(dir, "grapnel.db"))
	if err != nil {
		t.Fatal(err)
	}
	objects, err := filesystem.Open(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	a := &api{t: t, docs: &counter{DocStore: docs}, tokens: map[string]string{}, ids: map[string]string{}}
	server := httptest.NewUnstartedServer(nil)
	a.url = "http://" + server.Listener.Addr().String()
	cfg := core.Config{
		Specs: model.Specs(),
		Docs:  a.docs, Objects: objects, Key: bytes.Repeat([]byte("k"), 32), BaseURL: a.url,
		MaxUpload: 1 << 20, SignUpRole: core.Member, Now: func() time.Time { return time.Now().Add(time.Duration(a.offset.Load())) },
	}
	for _, change := range with {
		change(&cfg)
	}
	a.app, err = core.New(context.WithValue(ctx, upkeep{}, true), cfg)
	if err != nil {
		t.Fatal(err)
	}
	a.schema = graph.NewExecutableSchema(graph.Config{Resolvers: resolvers.New(a.app)})
	handler, err := web.New(web.Config{
		Schema:       a.schema,
		Scalars:      resolvers.Scalars(),
		Authenticate: a.app.Sessions.Authenticate,
		Anonymous:    resolvers.AnonymousFields(),
		Limits:       web.Limits{Cost: 1 << 30, ReadTime: time.Hour, UserCost: -1, NetworkCost: -1},
		// No Once: the tests of the rate limits sign in many times in one request.
		Transports: []graphql.Transport{upload.Transport{MaxFile: 1 << 20}},
		Files:      web.Files(a.app.Assets, slog.New(slog.DiscardHandler)), Uploads: web.Uploads(a.app.Assets, slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler, a.http = handler, handler
	server.Start()
	t.Cleanup(func() {
		stop, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		_ = handler.Shutdown(stop)
		server.Close()
		a.app.Close()
		docs.Close()
	})
	return a
}

type vars = map[string]any

// advance moves the clock.
func (a *api) advance(d time.Duration) { a.offset.Add(int64(d)) }

// do sends an operation as a user ("" for a visitor) and returns the body of
// the answer.
func (a *api) do(as, query string, v vars) string {
	a.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": v})
	if err != nil {
		a.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(a.t.Context(), "POST", a.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return a.send(as, req)
}

func (a *api) send(as string, req *http.Request) string {
	a.t.Helper()
	if as != "" {
		req.Header.Set("Authorization", "Bearer "+a.tokens[as])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return string(out)
}

// get is one value of the data of an operation that must succeed.
func (a *api) get(as, query string, v vars, path string) any {
	a.t.Helper()
	out := a.do(as, query, v)
	if strings.Contains(out, `"errors"`) {
		a.t.Fatalf("%s\nanswered %s", query, out)
	}
	return dig(a.t, out, "data."+path)
}

// code is extensions.code of the first error of an operation that must fail.
func (a *api) code(as, query string, v vars) string {
	a.t.Helper()
	return errorCode(a.t, a.do(as, query, v))
}

func errorCode(t testing.TB, out string) string {
	t.Helper()
	code, _ := dig(t, out, "errors.0.extensions.code").(string)
	if code == "" {
		t.Fatalf("no coded error in %s", out)
	}
	return code
}

func dig(t testing.TB, body, path string) any {
	t.Helper()
	var at any
	if err := json.Unmarshal([]byte(body), &at); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	for step := range strings.SplitSeq(path, ".") {
		switch v := at.(type) {
		case map[string]any:
			at = v[step]
		case []any:
			if step != "0" || len(v) == 0 {
				return nil
			}
			at = v[0]
		default:
			return nil
		}
	}
	return at
}

// upload sends a file by the multipart request specification.
func (a *api) upload(as, filename, contentType string, content []byte, input vars) string {
	a.t.Helper()
	return a.send(as, a.multipart(`mutation($input: UploadAssetInput!) { uploadAsset(input: $input) { asset { id url filename contentType size sha256 width height state visibility } } }`, filename, contentType, content, input))
}

// multipart is a request with a file in its input.
func (a *api) multipart(query, filename, contentType string, content []byte, input vars) *http.Request {
	a.t.Helper()
	v := vars{"file": nil}
	for k, x := range input {
		v[k] = x
	}
	operations, _ := json.Marshal(map[string]any{"query": query, "variables": vars{"input": v}})
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("operations", string(operations))
	_ = w.WriteField("map", `{"0":["variables.input.file"]}`)
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", multipart.FileContentDisposition("0", filename))
	h.Set("Content-Type", contentType)
	part, _ := w.CreatePart(h)
	_, _ = part.Write(content)
	_ = w.Close()
	req, err := http.NewRequestWithContext(a.t.Context(), "POST", a.url+"/graphql", &b)
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("GraphQL-Require-Preflight", "1")
	return req
}

// draft creates a post and returns its id.
func (a *api) draft(as string, input vars) string {
	a.t.Helper()
	in := vars{"title": "A title", "body": "Some text."}
	for k, v := range input {
		in[k] = v
	}
	return a.get(as, `mutation($i: CreatePostInput!) { createPost(input: $i) { post { id } } }`, vars{"i": in}, "createPost.post.id").(string)
}

// publish publishes a post, at a time when at is not "", and returns its slug.
func (a *api) publish(as, id string, at time.Time) any {
	a.t.Helper()
	in := vars{"id": id}
	if !at.IsZero() {
		in["at"] = at.Format(time.RFC3339Nano)
	}
	return a.get(as, `mutation($i: PublishPostInput!) { publishPost(input: $i) { post { slug } } }`, vars{"i": in}, "publishPost.post.slug")
}

// now is the time of the server.
func (a *api) now() time.Time { return time.Now().Add(time.Duration(a.offset.Load())) }
