package upload_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.uber.org/goleak"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
	"github.com/grapnel/grapnel/resolvers/upload"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const sdl = `
	scalar Upload
	scalar Time
	input Nested { file: Upload, files: [Upload!], note: String, at: Time, deeper: Nested }
	type Query { run: Boolean }
	type Mutation { run(file: Upload, files: [Upload!], input: Nested, id: ID, note: String, at: Time, n: Int): Boolean }
	type Subscription { run(file: Upload): Boolean }
`

// resolver is the one field of the schema. It gets the coerced variables.
type resolver func(ctx context.Context, vars map[string]any) error

// newHandler is a server of the engine with the transport as its only one and
// a stub in place of generated code.
func newHandler(t upload.Transport, resolve resolver) *handler.Server {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: sdl})
	h := handler.New(&graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ComplexityFunc: func(context.Context, string, string, int, map[string]any) (int, bool) {
			return 5, true
		},
		ExecFunc: func(ctx context.Context) graphql.ResponseHandler {
			return func(ctx context.Context) *graphql.Response {
				if err := resolve(ctx, graphql.GetOperationContext(ctx).Variables); err != nil {
					graphql.AddError(ctx, err)
					return &graphql.Response{Data: json.RawMessage(`{"run":null}`)}
				}
				return &graphql.Response{Data: json.RawMessage(`{"run":true}`)}
			}
		},
	})
	h.SetErrorPresenter(func(ctx context.Context, err error) *gqlerror.Error {
		out := graphql.DefaultErrorPresenter(ctx, err)
		var e *core.Error
		if errors.As(err, &e) {
			out.Message, out.Extensions = e.Message, map[string]any{"code": e.Code}
		}
		return out
	})
	h.SetRecoverFunc(func(context.Context, any) error { return core.Errorf(core.Internal, "panic") })
	h.AddTransport(t)
	return h
}

func serve(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	return lingering(t, h, 20*time.Second)
}

// lingering serves h and waits so long for bodies that nobody reads.
func lingering(t testing.TB, h http.Handler, wait time.Duration) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(graphqlhttp.Linger(h, graphqlhttp.Lingering{Bytes: 8 << 20, Time: wait, Last: wait}))
	t.Cleanup(s.Close)
	return s
}

// part is one part of a form; head adds to its header.
type part struct {
	name, file string
	head       map[string]string
	body       []byte
}

func field(name, body string) part    { return part{name: name, body: []byte(body)} }
func file(name string, b []byte) part { return part{name: name, file: name + ".bin", body: b} }

// form is a correct request for the given files, mapped in this order to the
// list $files and sent in this order.
func form(files ...part) []part {
	operations := `{"query":"mutation($files:[Upload!]){run(files:$files)}","variables":{"files":[` +
		strings.TrimSuffix(strings.Repeat("null,", len(files)), ",") + `]}}`
	var m []string
	for i, f := range files {
		m = append(m, fmt.Sprintf(`%q:["variables.files.%d"]`, f.name, i))
	}
	return append([]part{field("operations", operations), field("map", "{"+strings.Join(m, ",")+"}")}, files...)
}

const boundary = "XXboundaryXX"

func encode(parts []part) []byte {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.SetBoundary(boundary)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		d := fmt.Sprintf(`form-data; name=%q`, p.name)
		if p.file != "" {
			d += fmt.Sprintf(`; filename=%q`, p.file)
			h.Set("Content-Type", "image/png")
		}
		h.Set("Content-Disposition", d)
		for k, v := range p.head {
			h.Set(k, v)
		}
		pw, _ := w.CreatePart(h)
		_, _ = pw.Write(p.body)
	}
	_ = w.Close()
	return b.Bytes()
}

func request(url string, body io.Reader) *http.Request {
	r, err := http.NewRequest(http.MethodPost, url, body)
	if err != nil {
		panic(err)
	}
	r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	r.Header.Set("GraphQL-Require-Preflight", "1")
	return r
}

// answer is what a client sees.
type answer struct {
	status int
	close  bool
	body   string
	codes  []string
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

func send(t *testing.T, client *http.Client, r *http.Request) answer {
	t.Helper()
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return read(t, resp)
}

func read(t *testing.T, resp *http.Response) answer {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, close: resp.Close, body: string(b)}
	var out struct {
		Errors []struct {
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	for _, e := range out.Errors {
		a.codes = append(a.codes, e.Extensions.Code)
	}
	return a
}

// record runs one request without a network.
func record(t testing.TB, h http.Handler, r *http.Request) (status int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// list is the coerced $files.
func list(vars map[string]any) []upload.Upload {
	var out []upload.Upload
	for _, v := range graphql.CoerceList(vars["files"]) {
		u, err := upload.UnmarshalUpload(v)
		if err != nil {
			panic(err)
		}
		out = append(out, u)
	}
	return out
}

func content(i, n int) []byte {
	b := bytes.Repeat([]byte{byte('a' + i), '\r', '\n', '-', '-'}, n/5+1)
	return b[:n]
}

func expect(got []byte, err error, want []byte) error {
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%d bytes are not the %d sent", len(got), len(want))
	}
	return nil
}

func TestOrdersOfReading(t *testing.T) {
	t.Parallel()
	const size = 200_000
	var files []part
	for i := range 5 {
		files = append(files, file(fmt.Sprint("f", i), content(i, size+i*4096)))
	}
	files = append(files, file("empty", nil))
	whole := func(files []upload.Upload, i int, want []part) error {
		b, err := io.ReadAll(files[i])
		return expect(b, err, want[i].body)
	}
	orders := map[string]func([]upload.Upload) error{
		"in order": func(u []upload.Upload) error {
			for i := range u {
				if err := whole(u, i, files); err != nil {
					return err
				}
			}
			return nil
		},
		"reversed": func(u []upload.Upload) error {
			for i := range slices.Backward(u) {
				if err := whole(u, i, files); err != nil {
					return err
				}
			}
			return nil
		},
		"interleaved": func(u []upload.Upload) error {
			got := make([][]byte, len(u))
			open := len(u)
			done := make([]bool, len(u))
			for open > 0 {
				for i := range u {
					if done[i] {
						continue
					}
					p := make([]byte, 10_007)
					n, err := u[i].Read(p)
					got[i] = append(got[i], p[:n]...)
					if err == io.EOF {
						done[i] = true
						open--
					} else if err != nil {
						return err
					}
				}
			}
			for i := range u {
				if err := expect(got[i], nil, files[i].body); err != nil {
					return err
				}
			}
			return nil
		},
		"parallel": func(u []upload.Upload) error {
			errs := make(chan error, len(u))
			for i := range u {
				go func() { errs <- whole(u, i, files) }()
			}
			var all []error
			for range u {
				all = append(all, <-errs)
			}
			return errors.Join(all...)
		},
		"one by several readers": func(u []upload.Upload) error {
			counts := make(chan int64, 4)
			for range 4 {
				go func() {
					n, _ := io.Copy(io.Discard, struct{ io.Reader }{u[1]})
					counts <- n
				}()
			}
			var sum int64
			for range 4 {
				sum += <-counts
			}
			if sum != int64(len(files[1].body)) {
				return fmt.Errorf("%d bytes", sum)
			}
			return nil
		},
		"opened backwards, read in order": func(u []upload.Upload) error {
			for i := range slices.Backward(u) {
				name, size, err := u[i].Open()
				if err != nil || name != files[i].file || size != -1 {
					return fmt.Errorf("%q %d %w", name, size, err)
				}
			}
			for i := range u {
				if err := whole(u, i, files); err != nil {
					return err
				}
			}
			return nil
		},
	}
	for name, run := range orders {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", chunked ", chunked), func(t *testing.T) {
				t.Parallel()
				tr := upload.Transport{TempDir: t.TempDir()}
				if name == "in order" {
					tr.TempDir += "/missing" // nothing may be held back
				}
				s := serve(t, newHandler(tr, func(_ context.Context, vars map[string]any) error { return run(list(vars)) }))
				var body io.Reader = bytes.NewReader(encode(form(files...)))
				if chunked {
					body = struct{ io.Reader }{body}
				}
				if a := send(t, s.Client(), request(s.URL, body)); a.String() != `200 {"data":{"run":true}}` || a.close {
					t.Error(a, a.close)
				}
			})
		}
	}
}

// A body that ends too early, wherever that is, never gives a whole file.
func TestEveryCut(t *testing.T) {
	t.Parallel()
	files := []part{file("a", []byte("first\r\n--XX")), file("b", []byte("second"))}
	body := encode(form(files...))
	// Only the line break after the closing boundary may be missing.
	for n := range len(body) + 1 {
		complete := n == len(body) || n == len(body)-2
		for _, declared := range []bool{true, false} {
			var got [2]error
			h := newHandler(upload.Transport{}, func(_ context.Context, vars map[string]any) error {
				for i, u := range list(vars) {
					b, err := io.ReadAll(u)
					if err == nil && !bytes.Equal(b, files[i].body) {
						t.Errorf("cut at %d: file %d is %q", n, i, b)
					}
					if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
						t.Errorf("cut at %d: the error looks like the end of a file", n)
					}
					got[i] = err
				}
				return errors.Join(got[0], got[1])
			})
			r := request("/", bytes.NewReader(body[:n]))
			if !declared {
				r.ContentLength = -1
			}
			status, answer := record(t, h, r)
			if status >= 500 {
				t.Fatalf("cut at %d: %d %s", n, status, answer)
			}
			if (answer == `{"data":{"run":true}}`) != complete {
				t.Errorf("cut at %d of %d: %d %s", n, len(body), status, answer)
			}
			if status == 200 && !complete && !core.Is(got[1], core.Aborted) {
				t.Errorf("cut at %d: %v", n, got[1])
			}
		}
	}
}

func TestFormsThatDiffer(t *testing.T) {
	t.Parallel()
	a, b := file("a", content(0, 50_000)), file("b", content(1, 50_000))
	everything := func(u []upload.Upload) error {
		var all []error
		for _, f := range u {
			_, err := io.Copy(io.Discard, f)
			all = append(all, err)
		}
		return errors.Join(all...)
	}
	for _, c := range []struct {
		name string
		form []part
		run  func([]upload.Upload) error
		want string
	}{
		{"never read", form(a, b), func([]upload.Upload) error { return nil }, `200 {"data":{"run":true}}`},
		{"no files", form(), everything, `200 {"data":{"run":true}}`},
		{"resolver error midway", form(a, b), func(u []upload.Upload) error {
			_, _ = io.CopyN(io.Discard, u[0], 1000)
			return core.Errorf(core.Forbidden, "no")
		}, "FORBIDDEN"},
		{"missing part", form(a, b)[:3], everything, `200 {"errors":[{"message":"The form has no part \"b\".","extensions":{"code":"BAD_USER_INPUT"}}],"data":{"run":null}}`},
		{"no parts", form(a, b)[:2], everything, "BAD_USER_INPUT"},
		{"repeated part", slices.Insert(form(a, b), 3, a), everything, "BAD_USER_INPUT"},
		{"repeated part at the end", append(form(a, b), a), everything, "BAD_USER_INPUT"},
		{"unknown part", slices.Insert(form(a, b), 2, file("x", nil)), everything, "BAD_USER_INPUT"},
		{"unknown part at the end", append(form(a, b), file("x", nil)), everything, "BAD_USER_INPUT"},
		{"operations again", append(form(a), form()[0]), everything, "BAD_USER_INPUT"},
		{"part without a name", slices.Insert(form(a, b), 2, part{head: map[string]string{"Content-Disposition": "attachment"}}), everything, "BAD_USER_INPUT"},
		{"transfer encoding", form(part{name: "a", file: "a", head: map[string]string{"Content-Transfer-Encoding": "base64"}}, b), everything, "BAD_USER_INPUT"},
		{"long head", form(part{name: "a", file: "a", head: map[string]string{"X": strings.Repeat("x", 20_000)}}, b), everything, "BAD_USER_INPUT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, newHandler(upload.Transport{}, func(_ context.Context, vars map[string]any) error { return c.run(list(vars)) }))
			// Twice, to see that the connection is left in order.
			for range 2 {
				got := send(t, s.Client(), request(s.URL, bytes.NewReader(encode(c.form))))
				if got.status != 200 || got.close || got.String() != c.want && !slices.Contains(got.codes, c.want) {
					t.Error(got, got.close)
				}
			}
		})
	}
}

// A file that fails takes no other with it.
func TestOneFileFails(t *testing.T) {
	t.Parallel()
	small, large := content(0, 1000), content(1, 300_000)
	for _, c := range []struct {
		name  string
		t     upload.Transport
		files []part
		order []int
		codes []core.Code // by file; "" = whole
	}{
		{"first too large", upload.Transport{MaxFile: 200_000, MaxRequest: 1 << 20}, []part{file("a", large), file("b", small)}, []int{0, 1}, []core.Code{core.TooLarge, ""}},
		{"passed on the way and too large", upload.Transport{MaxFile: 200_000, MaxRequest: 1 << 20}, []part{file("a", large), file("b", small)}, []int{1, 0}, []core.Code{core.TooLarge, ""}},
		{"too large to hold back", upload.Transport{MaxHeld: 100_000}, []part{file("a", small), file("b", large), file("c", small)}, []int{2, 1, 0}, []core.Code{"", core.TooLarge, ""}},
		{"hold back counts per request", upload.Transport{MaxHeld: 500_000}, []part{file("a", large), file("b", large), file("c", large)}, []int{2, 1, 0}, []core.Code{"", core.TooLarge, ""}},
		{"no disk", upload.Transport{TempDir: "/nowhere"}, []part{file("a", small), file("b", small)}, []int{1, 0}, []core.Code{core.Unavailable, ""}},
		{"wrong length declared", upload.Transport{}, []part{
			{name: "a", file: "a", body: small, head: map[string]string{"Content-Length": "999"}},
			{name: "b", file: "b", body: small, head: map[string]string{"Content-Length": "1001"}},
			{name: "c", file: "c", body: small, head: map[string]string{"Content-Length": "-1"}},
			{name: "d", file: "d", body: small, head: map[string]string{"Content-Length": "1000"}},
		}, []int{0, 1, 2, 3}, []core.Code{core.Invalid, core.Invalid, core.Invalid, ""}},
		{"too large as declared", upload.Transport{MaxFile: 200_000}, []part{
			{name: "a", file: "a", body: small, head: map[string]string{"Content-Length": "200001"}}, file("b", small)}, []int{0, 1}, []core.Code{core.TooLarge, ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, newHandler(c.t, func(_ context.Context, vars map[string]any) error {
				files := list(vars)
				for _, i := range c.order {
					b, err := io.ReadAll(files[i])
					if c.codes[i] == "" {
						if err := expect(b, err, c.files[i].body); err != nil {
							t.Errorf("file %d: %v", i, err)
						}
					} else if !core.Is(err, c.codes[i]) {
						t.Errorf("file %d: %v", i, err)
					}
					if _, err := files[i].Read(make([]byte, 1)); c.codes[i] == "" && err != io.EOF || c.codes[i] != "" && !core.Is(err, c.codes[i]) {
						t.Errorf("file %d read again: %v", i, err)
					}
				}
				return nil
			}))
			if got := send(t, s.Client(), request(s.URL, bytes.NewReader(encode(form(c.files...))))); got.String() != `200 {"data":{"run":true}}` || got.close {
				t.Error(got, got.close)
			}
		})
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	const n = 123_456
	for _, c := range []struct {
		name    string
		form    []part
		chunked bool
		cut     int
		want    int64
	}{
		{"by the request", form(file("a", content(0, n))), false, 0, n},
		{"by the request, without the last line break", form(file("a", content(0, n))), false, 2, n - 2},
		{"by the part", form(part{name: "a", file: "a", body: content(0, n), head: map[string]string{"Content-Length": fmt.Sprint(n)}}), true, 0, n},
		{"unknown", form(file("a", content(0, n))), true, 0, -1},
		{"two files", form(file("a", content(0, n)), file("b", nil)), false, 0, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			body := encode(c.form)
			body = body[:len(body)-c.cut]
			h := newHandler(upload.Transport{}, func(_ context.Context, vars map[string]any) error {
				u := list(vars)[0]
				_, size, err := u.Open()
				if size != c.want {
					t.Errorf("%d, want %d", size, c.want)
				}
				b, err2 := io.ReadAll(u)
				return errors.Join(err, expect(b, err2, content(0, n)))
			})
			r := request("/", bytes.NewReader(body))
			if c.chunked {
				r.ContentLength = -1
			}
			if status, got := record(t, h, r); got != `{"data":{"run":true}}` {
				t.Error(status, got)
			}
		})
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ disposition, name string }{
		{`form-data; name="a"; filename="cat.png"`, "cat.png"},
		{`form-data; name="a"; filename="../../etc/passwd"`, "passwd"},
		{`form-data; name="a"; filename="C:\Users\me\cat.png"`, "cat.png"},
		{`form-data; name="a"; filename=".."`, "file"},
		{`form-data; name="a"`, "file"},
		{`form-data; name="a"; filename*=UTF-8''na%C3%AFve%00.txt`, "naïve.txt"},
		{`form-data; name="a"; filename*=UTF-8''AC%2FDC.txt`, "AC-DC.txt"},
		{`form-data; name="a"; filename*=UTF-8''..%2f..%2Fa.txt`, "a.txt"},
		{`form-data; name="a"; filename="AC%2fDC.txt"`, "AC-DC.txt"},
	} {
		h := newHandler(upload.Transport{}, func(_ context.Context, vars map[string]any) error {
			name, _, err := list(vars)[0].Open()
			if name != c.name {
				t.Errorf("%s: %q", c.disposition, name)
			}
			return err
		})
		head := map[string]string{"Content-Disposition": c.disposition}
		if status, got := record(t, h, request("/", bytes.NewReader(encode(form(part{name: "a", head: head}))))); got != `{"data":{"run":true}}` {
			t.Error(c.disposition, status, got)
		}
	}
}

func TestNotAFile(t *testing.T) {
	t.Parallel()
	if _, _, err := (upload.Upload{}).Open(); !core.Is(err, core.Invalid) {
		t.Error(err)
	}
	if _, err := (upload.Upload{}).Read(nil); !core.Is(err, core.Invalid) {
		t.Error(err)
	}
	for _, v := range []any{nil, "a", map[string]any{}, []any{}, []upload.Upload{}, &upload.Upload{}} {
		if _, err := upload.UnmarshalUpload(v); !core.Is(err, core.Invalid) {
			t.Errorf("%T: %v", v, err)
		}
	}
	var b bytes.Buffer
	upload.MarshalUpload(upload.Upload{}).MarshalGQL(&b)
	if b.String() != "null" {
		t.Error(b.String())
	}
}

// A file for a variable of list type is a list of one file.
func TestSingleFileForList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ query, variables, path string }{
		{`mutation($files:[Upload!]){run(files:$files)}`, `{"files":null}`, "variables.files"},
		{`mutation($input:Nested!){run(input:$input)}`, `{"input":{"files":null}}`, "variables.input.files"},
		{`mutation($input:Nested!){run(input:$input)}`, `{"input":{"deeper":{"files":[null]}}}`, "variables.input.deeper.files.0"},
	} {
		h := newHandler(upload.Transport{}, func(_ context.Context, vars map[string]any) error {
			for vars["files"] == nil {
				vars, _ = cmpOr(vars["input"], vars["deeper"]).(map[string]any)
			}
			b, err := io.ReadAll(list(vars)[0])
			return expect(b, err, []byte("hello"))
		})
		form := []part{
			field("operations", fmt.Sprintf(`{"query":%q,"variables":%s}`, c.query, c.variables)),
			field("map", fmt.Sprintf(`{"a":[%q]}`, c.path)),
			file("a", []byte("hello")),
		}
		if status, got := record(t, h, request("/", bytes.NewReader(encode(form)))); got != `{"data":{"run":true}}` {
			t.Error(c.path, status, got)
		}
	}
}

func cmpOr(a, b any) any {
	if a != nil {
		return a
	}
	return b
}

func TestAfterTheOperation(t *testing.T) {
	t.Parallel()
	var kept []upload.Upload
	h := newHandler(upload.Transport{}, func(_ context.Context, vars map[string]any) error {
		kept = list(vars)
		return nil
	})
	record(t, h, request("/", bytes.NewReader(encode(form(file("a", []byte("x")))))))
	if _, err := kept[0].Read(make([]byte, 1)); !core.Is(err, core.Aborted) {
		t.Error(err)
	}
	if _, _, err := kept[0].Open(); !core.Is(err, core.Aborted) {
		t.Error(err)
	}
}

func TestSupports(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, contentType, upgrade string
		want                         bool
	}{
		{"POST", "multipart/form-data; boundary=x", "", true},
		{"POST", "Multipart/Form-Data; boundary=x", "", true},
		{"POST", "multipart/form-data", "", true}, // answered with 400
		{"POST", "multipart/mixed; boundary=x", "", false},
		{"POST", "application/json", "", false},
		{"POST", "", "", false},
		{"PUT", "multipart/form-data; boundary=x", "", false},
		{"POST", "multipart/form-data; boundary=x", "websocket", false},
	} {
		r := httptest.NewRequest(c.method, "/", nil)
		r.Header.Set("Content-Type", c.contentType)
		r.Header.Set("Upgrade", c.upgrade)
		if got := (upload.Transport{}).Supports(r); got != c.want {
			t.Errorf("%+v", c)
		}
	}
}

// wait fails the test when something does not come; it is no measure of time.
func wait[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(20 * time.Second):
		t.Fatalf("%s did not come", what)
		panic("unreachable")
	}
}
