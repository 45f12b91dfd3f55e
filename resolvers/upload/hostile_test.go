package upload_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"

	"github.com/grapnel/grapnel/internal/graphqlhttp"
	"github.com/grapnel/grapnel/resolvers/upload"
)

const mutation = `mutation($file:Upload,$files:[Upload!],$input:Nested,$id:ID,$note:String,$at:Time,$n:Int){run(file:$file,files:$files,input:$input,id:$id,note:$note,at:$at,n:$n)}`

// operations is a correct field for these variables.
func operations(variables string) string {
	return fmt.Sprintf(`{"query":%q,"variables":%s}`, mutation, variables)
}

// Each of these is refused before the operation runs, for both media types.
func TestHostileFields(t *testing.T) {
	t.Parallel()
	nested := strings.Repeat("[", 50_000)
	one := `{"a":["variables.file"]}`
	null := operations(`{"file":null}`)
	for _, c := range []struct {
		name, operations, files string
		status                  int
	}{
		{"operations null", `null`, one, 400},
		{"operations empty", ``, one, 400},
		{"operations a list", `[` + null + `]`, `{"a":["0.variables.file"]}`, 400},
		{"operations a string", `"x"`, one, 400},
		{"operations not JSON", `{`, one, 400},
		{"operations nested", nested, one, 400},
		{"operations with more", null + `{}`, one, 400},
		{"query not a string", `{"query":[],"variables":{"file":null}}`, one, 400},
		{"variables a list", operations(`[null]`), `{"a":["variables.0"]}`, 400},
		{"variables null", operations(`null`), one, 400},
		{"variables absent", `{"query":"mutation($file:Upload){run(file:$file)}"}`, one, 400},
		{"variables nested", operations(`{"file":` + nested + `}`), one, 400},
		{"map null", null, `null`, 400},
		{"map empty", null, ``, 400},
		{"map a list", null, `[["variables.file"]]`, 400},
		{"map not JSON", null, `{"a":["variables.file"]`, 400},
		{"map with more", null, one + `[]`, 400},
		{"map nested", null, nested, 400},
		{"map value nested", null, `{"a":` + nested, 400},
		{"paths null", null, `{"a":null}`, 400},
		{"paths a string", null, `{"a":"variables.file"}`, 400},
		{"paths numbers", null, `{"a":[1]}`, 400},
		{"no path", null, `{"a":[]}`, 400},
		{"path null", null, `{"a":[null]}`, 400},
		{"path an object", null, `{"a":[{}]}`, 400},
		{"two paths", operations(`{"file":null,"files":[null]}`), `{"a":["variables.file","variables.files.0"]}`, 400},
		{"thousands of paths", null, `{"a":[` + strings.TrimSuffix(strings.Repeat(`"variables.file",`, 3_000), ",") + `]}`, 400},
		{"path twice", null, `{"a":["variables.file"],"b":["variables.file"]}`, 400},
		{"path through a file", null, `{"a":["variables.file"],"b":["variables.file.x"]}`, 400},
		{"key twice", operations(`{"files":[null,null]}`), `{"a":["variables.files.0"],"a":["variables.files.1"]}`, 400},
		{"key empty", null, `{"":["variables.file"]}`, 400},
		{"key of a field", null, `{"map":["variables.file"]}`, 400},
		{"too many files", operations(`{"files":[` + strings.TrimSuffix(strings.Repeat("null,", 11), ",") + `]}`),
			`{"0":["variables.files.0"],"1":["variables.files.1"],"2":["variables.files.2"],"3":["variables.files.3"],"4":["variables.files.4"],"5":["variables.files.5"],"6":["variables.files.6"],"7":["variables.files.7"],"8":["variables.files.8"],"9":["variables.files.9"],"10":["variables.files.10"]}`, 400},
		{"path empty", null, `{"a":[""]}`, 400},
		{"path of one name", null, `{"a":["variables"]}`, 400},
		{"path ends in a dot", null, `{"a":["variables."]}`, 400},
		{"path without variables", null, `{"a":["file"]}`, 400},
		{"path to another entry", null, `{"a":["extensions.file"]}`, 400},
		{"path to nothing", null, `{"a":["variables.other"]}`, 400},
		{"path below null", null, `{"a":["variables.file.x"]}`, 400},
		{"path to an absent key", operations(`{"input":{}}`), `{"a":["variables.input.file"]}`, 400},
		{"path to a text", operations(`{"note":"x"}`), `{"a":["variables.note"]}`, 400},
		{"path into a text", operations(`{"note":"x"}`), `{"a":["variables.note.0"]}`, 400},
		{"path to an object", operations(`{"input":{"file":null}}`), `{"a":["variables.input"]}`, 400},
		{"index negative", operations(`{"files":[null]}`), `{"a":["variables.files.-1"]}`, 400},
		{"index too large", operations(`{"files":[null]}`), `{"a":["variables.files.1"]}`, 400},
		{"index huge", operations(`{"files":[null]}`), `{"a":["variables.files.99999999999999999999"]}`, 400},
		{"index with sign", operations(`{"files":[null]}`), `{"a":["variables.files.+0"]}`, 400},
		{"index padded", operations(`{"files":[null]}`), `{"a":["variables.files.00"]}`, 400},
		{"index a name", operations(`{"files":[null]}`), `{"a":["variables.files.x"]}`, 400},
		{"index of an empty list", operations(`{"files":[]}`), `{"a":["variables.files.0"]}`, 400},
		{"index of an object", operations(`{"input":{"file":null}}`), `{"a":["variables.input.0"]}`, 400},
		{"long path", null, `{"a":["variables` + strings.Repeat(".x", 30_000) + `"]}`, 400},
		{"operations too large", `{"query":"` + strings.Repeat("x", 1<<20) + `"}`, one, 413},
		{"map too large", null, `{"a":["` + strings.Repeat("x", 1<<20) + `"]}`, 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHandler(upload.Transport{}, func(context.Context, map[string]any) error {
				t.Error("the operation ran")
				return nil
			})
			body := encode([]part{field("operations", c.operations), field("map", c.files), file("a", nil), file("b", nil)})
			for _, accept := range []string{graphqlhttp.JSON, graphqlhttp.ResponseJSON} {
				r := request("/", bytes.NewReader(body))
				r.Header.Set("Accept", accept)
				status, answer := record(t, h, r)
				if status != c.status || !strings.HasPrefix(answer, `{"errors":`) || strings.Contains(answer, `"data"`) || len(answer) > 500 {
					t.Errorf("%d %.600s", status, answer)
				}
			}
		})
	}
}

// What the engine or its extensions refuse: 400, or 200 for clients that ask
// for application/json; the operation does not run.
func TestRefusedOperations(t *testing.T) {
	t.Parallel()
	one := `{"a":["variables.file"]}`
	for _, c := range []struct{ name, operations, files, code string }{
		{"syntax", `{"query":"mutation {","variables":{"file":null}}`, one, "GRAPHQL_PARSE_FAILED"},
		{"empty document", `{"query":" ","variables":{"file":null}}`, one, "GRAPHQL_VALIDATION_FAILED"},
		{"unknown field", `{"query":"mutation($file:Upload){walk(file:$file)}","variables":{"file":null}}`, one, "GRAPHQL_VALIDATION_FAILED"},
		{"unknown operation", `{"query":"mutation A($file:Upload){run(file:$file)}","operationName":"B","variables":{"file":null}}`, one, "GRAPHQL_VALIDATION_FAILED"},
		{"undeclared variable", `{"query":"mutation{run}","variables":{"file":null}}`, one, "BAD_USER_INPUT"},
		{"variable declared by another operation", `{"query":"mutation A($file:Upload){run(file:$file)} mutation B{run}","operationName":"B","variables":{"file":null}}`, one, "BAD_USER_INPUT"},
		{"file for a String", operations(`{"note":null}`), `{"a":["variables.note"]}`, "GRAPHQL_VALIDATION_FAILED"},
		{"file for an ID", operations(`{"id":null}`), `{"a":["variables.id"]}`, "GRAPHQL_VALIDATION_FAILED"},
		{"file for an Int", operations(`{"n":null}`), `{"a":["variables.n"]}`, "GRAPHQL_VALIDATION_FAILED"},
		{"file for another scalar", operations(`{"at":null}`), `{"a":["variables.at"]}`, "BAD_USER_INPUT"},
		{"file for an input object", operations(`{"input":null}`), `{"a":["variables.input"]}`, "GRAPHQL_VALIDATION_FAILED"},
		{"file for a nested String", operations(`{"input":{"note":null}}`), `{"a":["variables.input.note"]}`, "GRAPHQL_VALIDATION_FAILED"},
		{"file for an unknown input", operations(`{"input":{"x":null}}`), `{"a":["variables.input.x"]}`, "GRAPHQL_VALIDATION_FAILED"},
		{"null for a non-null element", operations(`{"files":[null,null]}`), `{"a":["variables.files.0"]}`, "GRAPHQL_VALIDATION_FAILED"},
		{"subscription", `{"query":"subscription($file:Upload){run(file:$file)}","variables":{"file":null}}`, one, "BAD_USER_INPUT"},
		{"complexity", operations(`{"file":null}`), one, "COMPLEXITY_LIMIT_EXCEEDED"},
		{"persisted query", `{"variables":{"file":null},"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`, one, "PERSISTED_QUERY_NOT_FOUND"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHandler(upload.Transport{}, func(context.Context, map[string]any) error {
				t.Error("the operation ran")
				return nil
			})
			if c.name == "complexity" {
				h.Use(extension.FixedComplexityLimit(4))
			}
			h.Use(extension.AutomaticPersistedQuery{Cache: lru.New[string](10)})
			s := serve(t, h)
			body := encode([]part{field("operations", c.operations), field("map", c.files), file("a", content(0, 300_000))})
			for accept, status := range map[string]int{"": 200, graphqlhttp.JSON: 200, graphqlhttp.ResponseJSON: 400} {
				r := request(s.URL, bytes.NewReader(body))
				r.Header.Set("Accept", accept)
				got := send(t, s.Client(), r)
				if got.status != status || len(got.codes) == 0 || got.codes[0] != c.code || strings.Contains(got.body, `"data"`) || got.close {
					t.Errorf("%s: %v %v", accept, got, got.close)
				}
			}
		})
	}
}

// The engine's extensions see a multipart request like any other.
func TestExtensions(t *testing.T) {
	t.Parallel()
	h := newHandler(upload.Transport{}, func(_ context.Context, vars map[string]any) error {
		_, err := io.Copy(io.Discard, list(vars)[0])
		return err
	})
	h.Use(extension.AutomaticPersistedQuery{Cache: lru.New[string](10)})
	h.Use(extension.FixedComplexityLimit(5))
	h.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		op := graphql.GetOperationContext(ctx)
		graphql.RegisterExtension(ctx, "seen", map[string]any{
			"header":     op.Headers.Get("GraphQL-Require-Preflight"),
			"complexity": extension.GetComplexityStats(ctx).Complexity,
			"times":      !op.Stats.Read.Start.IsZero() && !op.Stats.Read.End.Before(op.Stats.Read.Start),
		})
		return next(ctx)
	})
	if status, got := record(t, h, request("/", bytes.NewReader(encode(form(file("a", []byte("x"))))))); status != 200 ||
		got != `{"data":{"run":true},"extensions":{"seen":{"complexity":5,"header":"1","times":true}}}` {
		t.Error(status, got)
	}

	// An interceptor that answers instead of the operation.
	h = newHandler(upload.Transport{}, nil)
	h.AroundOperations(func(ctx context.Context, _ graphql.OperationHandler) graphql.ResponseHandler {
		return graphql.OneShot(graphql.ErrorResponse(ctx, "not now"))
	})
	r := request("/", bytes.NewReader(encode(form(file("a", []byte("x"))))))
	r.Header.Set("Accept", graphqlhttp.ResponseJSON)
	if status, got := record(t, h, r); status != 400 || got != `{"errors":[{"message":"not now"}]}` {
		t.Error(status, got)
	}
}

// untouched is a body that must not be read.
type untouched struct{ t *testing.T }

func (b untouched) Read([]byte) (int, error) {
	b.t.Error("the body was read")
	return 0, io.EOF
}

func TestRefusedUnread(t *testing.T) {
	t.Parallel()
	h := newHandler(upload.Transport{MaxRequest: 1000}, nil)
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		status int
		code   string
	}{
		{"no preflight header", func(r *http.Request) { r.Header.Del("GraphQL-Require-Preflight") }, 400, "BAD_USER_INPUT"},
		{"empty preflight header", func(r *http.Request) {
			r.Header.Set("GraphQL-Require-Preflight", "")
			r.Header.Set("Apollo-Require-Preflight", "")
			r.Header.Set("X-Requested-With", "")
		}, 400, "BAD_USER_INPUT"},
		{"too long", func(r *http.Request) { r.ContentLength = 1001 }, 413, "TOO_LARGE"},
		{"no boundary", func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data") }, 400, "BAD_USER_INPUT"},
		{"empty boundary", func(r *http.Request) { r.Header.Set("Content-Type", `multipart/form-data; boundary=""`) }, 400, "BAD_USER_INPUT"},
		{"long boundary", func(r *http.Request) {
			r.Header.Set("Content-Type", "multipart/form-data; boundary="+strings.Repeat("x", 71))
		}, 400, "BAD_USER_INPUT"},
	} {
		for _, accept := range []string{graphqlhttp.JSON, graphqlhttp.ResponseJSON} {
			r := request("/", untouched{t})
			r.ContentLength = 500
			r.Header.Set("Accept", accept)
			c.change(r)
			status, got := record(t, h, r)
			if status != c.status || !strings.Contains(got, `"code":"`+c.code+`"`) || strings.Contains(got, "data\"") {
				t.Errorf("%s: %d %s", c.name, status, got)
			}
		}
	}
	for _, name := range []string{"Apollo-Require-Preflight", "X-Requested-With"} {
		h := newHandler(upload.Transport{}, func(context.Context, map[string]any) error { return nil })
		r := request("/", bytes.NewReader(encode(form(file("a", nil)))))
		r.Header.Del("GraphQL-Require-Preflight")
		r.Header.Set(name, "XMLHttpRequest")
		if status, got := record(t, h, r); got != `{"data":{"run":true}}` {
			t.Errorf("%s: %d %s", name, status, got)
		}
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	readAll := func(_ context.Context, vars map[string]any) error {
		var all []error
		for _, u := range list(vars) {
			_, err := io.Copy(io.Discard, u)
			all = append(all, err)
		}
		return errors.Join(all...)
	}
	tr := upload.Transport{MaxFile: 100_000, MaxRequest: 250_000}
	for _, c := range []struct {
		name    string
		sizes   []int
		chunked bool
		status  int
		ok      bool
	}{
		{"at the limit", []int{100_000}, false, 200, true},
		{"just above", []int{100_001}, false, 200, false},
		{"declared above", []int{120_000}, false, 413, false},
		{"declared above, two files", []int{120_000, 120_000}, false, 413, false},
		{"declared above, one of two files", []int{120_000, 1}, false, 200, false},
		{"in flight", []int{120_000}, true, 200, false},
		{"request declared above", []int{300_000}, false, 413, false},
		{"request in flight", []int{100_000, 100_000, 100_000}, true, 200, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, newHandler(tr, readAll))
			var files []part
			for i, n := range c.sizes {
				files = append(files, file(fmt.Sprint(i), content(i, n)))
			}
			var body io.Reader = bytes.NewReader(encode(form(files...)))
			if c.chunked {
				body = struct{ io.Reader }{body}
			}
			got := send(t, s.Client(), request(s.URL, body))
			if got.status != c.status || (len(got.codes) == 0) != c.ok || !c.ok && got.codes[0] != "TOO_LARGE" {
				t.Error(got)
			}
		})
	}

	// A chunked body over the limit before the operation runs.
	h := newHandler(upload.Transport{MaxRequest: 1000}, nil)
	r := request("/", bytes.NewReader(encode([]part{field("operations", strings.Repeat(" ", 2000))})))
	r.ContentLength = -1
	if status, got := record(t, h, r); status != 413 || !strings.Contains(got, "TOO_LARGE") {
		t.Error(status, got)
	}
	// A body limit that somebody else has put around the body.
	h = newHandler(upload.Transport{}, nil)
	r = request("/", bytes.NewReader(encode([]part{field("operations", strings.Repeat(" ", 2000))})))
	r.Body = http.MaxBytesReader(nil, r.Body, 1000)
	if status, got := record(t, h, r); status != 413 || !strings.Contains(got, "TOO_LARGE") {
		t.Error(status, got)
	}
}

// Forms that are broken before the operation runs.
func TestBrokenForms(t *testing.T) {
	t.Parallel()
	good := form(file("a", nil))
	for name, body := range map[string][]byte{
		"empty":                  {},
		"no boundary":            []byte("hello"),
		"long preamble":          append(bytes.Repeat([]byte("x\r\n"), 100_000), encode(good)...),
		"long line":              append(bytes.Repeat([]byte("x"), 100_000), encode(good)...),
		"other order":            encode([]part{good[1], good[0], good[2]}),
		"file first":             encode([]part{good[2], good[0], good[1]}),
		"no map":                 encode([]part{good[0], good[2]}),
		"operations only":        encode(good[:1]),
		"nothing":                encode(nil),
		"wrong boundary":         bytes.ReplaceAll(encode(good), []byte(boundary), []byte("YY")),
		"long head":              encode([]part{{name: "operations", head: map[string]string{"X": strings.Repeat("x", 1<<20)}, body: good[0].body}, good[1]}),
		"many heads":             []byte("--" + boundary + "\r\n" + strings.Repeat("X-Y: z\r\n", 100_000)),
		"compressed":             {0x1f, 0x8b, 8, 0, 0, 0, 0, 0},
		"operations by accident": encode([]part{{name: "operations", head: map[string]string{"Content-Disposition": `attachment; name="operations"`}, body: good[0].body}, good[1], good[2]}),
	} {
		h := newHandler(upload.Transport{}, func(context.Context, map[string]any) error {
			t.Errorf("%s: the operation ran", name)
			return nil
		})
		status, got := record(t, h, request("/", bytes.NewReader(body)))
		if status != 400 || !strings.HasPrefix(got, `{"errors":[`) || len(got) > 500 {
			t.Errorf("%s: %d %.600s", name, status, got)
		}
	}
}
