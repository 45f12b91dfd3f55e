package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/web"
)

// shelf is a FileSource in memory that remembers what was opened.
type shelf struct {
	mu     sync.Mutex
	files  map[string]core.File
	bytes  map[string][]byte
	down   bool
	opened []int64 // offsets
	open   int     // bodies not closed
}

func (s *shelf) File(_ context.Context, id string, query url.Values) (core.File, error) {
	f, ok := s.files[id]
	if !ok || f.Private && query.Get("signature") != "good" {
		return core.File{}, core.Errorf(core.NotFound, "There is no such file.")
	}
	f.Key = id
	return f, nil
}

func (s *shelf) OpenFile(_ context.Context, key string, offset int64) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, core.Wrap(core.Unavailable, errors.New("dial 10.0.0.1"), "The object store does not answer.")
	}
	s.opened = append(s.opened, offset)
	s.open++
	return &book{bytes.NewReader(s.bytes[key][offset:]), s}, nil
}

type book struct {
	io.Reader
	shelf *shelf
}

func (b *book) Close() error {
	b.shelf.mu.Lock()
	defer b.shelf.mu.Unlock()
	b.shelf.open--
	return nil
}

func startFiles(t *testing.T) (*server, *shelf) {
	content := []byte(strings.Repeat("0123456789", 20_000))
	modified := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	shelf := &shelf{files: map[string]core.File{}, bytes: map[string][]byte{}}
	for id, f := range map[string]core.File{
		"image":   {Name: "Straße \"1\".png", ContentType: "image/png"},
		"escaped": {Name: "a%2F'(1)*,;=:@&.png", ContentType: "image/png"},
		"video":   {Name: "v.mp4", ContentType: "video/mp4"},
		"svg":     {Name: "x.svg", ContentType: "image/svg+xml"},
		"html":    {Name: "../../x.html", ContentType: "text/html; charset=utf-8"},
		"pdf":     {Name: "x.pdf", ContentType: "application/pdf"},
		"private": {Name: "p.png", ContentType: "image/png", Private: true},
		"short":   {Name: "s.png", ContentType: "image/png"},
		"empty":   {Name: "e.txt", ContentType: "text/plain"},
	} {
		f.Size, f.ETag, f.Modified = int64(len(content)), `"`+id+`"`, modified
		shelf.bytes[id] = content
		switch id {
		case "short": // the store has lost a part
			shelf.bytes[id] = content[:100_000]
		case "empty":
			shelf.bytes[id], f.Size = nil, 0
		}
		shelf.files[id] = f
	}
	s := start(t, func(c *web.Config) { c.Files = web.Files(shelf, c.Log) })
	t.Cleanup(func() {
		until(t, "a file was not closed", func() bool {
			shelf.mu.Lock()
			defer shelf.mu.Unlock()
			return shelf.open == 0
		})
	})
	return s, shelf
}

func TestFiles(t *testing.T) {
	t.Parallel()
	s, shelf := startFiles(t)
	const size = 200_000
	for _, c := range []struct {
		name, method, path string
		header             []string
		status, length     int
		opened             []int64
	}{
		{"whole", "GET", "/files/video/v.mp4", nil, 200, size, []int64{0}},
		{"any name", "GET", "/files/video/other", nil, 200, size, []int64{0}},
		{"head", "HEAD", "/files/video/v.mp4", nil, 200, 0, nil},
		{"range", "GET", "/files/video/v.mp4", []string{"Range", "bytes=100000-100009"}, 206, 10, []int64{100_000}},
		{"open range", "GET", "/files/video/v.mp4", []string{"Range", "bytes=199990-"}, 206, 10, []int64{199_990}},
		{"last bytes", "GET", "/files/video/v.mp4", []string{"Range", "bytes=-5"}, 206, 5, []int64{199_995}},
		{"several ranges", "GET", "/files/video/v.mp4", []string{"Range", "bytes=0-1,3-4,6-7"}, 200, size, []int64{0}},
		{"beyond the end", "GET", "/files/video/v.mp4", []string{"Range", "bytes=200000-"}, 416, -1, nil},
		// RFC 9110, section 14.
		{"unknown unit", "GET", "/files/video/v.mp4", []string{"Range", "pages=1-2"}, 200, size, []int64{0}},
		{"unknown unit, other grammar", "GET", "/files/video/v.mp4", []string{"Range", "seconds=a..b"}, 200, size, []int64{0}},
		{"no unit", "GET", "/files/video/v.mp4", []string{"Range", "0-9"}, 200, size, []int64{0}},
		{"unit in capitals", "GET", "/files/video/v.mp4", []string{"Range", "Bytes=0-9"}, 206, 10, []int64{0}},
		{"empty elements", "GET", "/files/video/v.mp4", []string{"Range", "bytes=, 0-9 ,"}, 206, 10, []int64{0}},
		{"end beyond the file", "GET", "/files/video/v.mp4", []string{"Range", "bytes=199990-200000"}, 206, 10, []int64{199_990}},
		{"end beyond int64", "GET", "/files/video/v.mp4", []string{"Range", "bytes=199990-9223372036854775808"}, 206, 10, []int64{199_990}},
		{"end beyond all", "GET", "/files/video/v.mp4", []string{"Range", "bytes=199990-99999999999999999999999999999999"}, 206, 10, []int64{199_990}},
		{"suffix beyond the file", "GET", "/files/video/v.mp4", []string{"Range", "bytes=-99999999999999999999999999999999"}, 206, size, []int64{0}},
		{"start beyond int64", "GET", "/files/video/v.mp4", []string{"Range", "bytes=99999999999999999999-"}, 416, -1, nil},
		{"start and end beyond int64", "GET", "/files/video/v.mp4", []string{"Range", "bytes=99999999999999999998-99999999999999999999"}, 416, -1, nil},
		{"no last bytes", "GET", "/files/video/v.mp4", []string{"Range", "bytes=-0"}, 416, -1, nil},
		{"no last bytes, longer", "GET", "/files/video/v.mp4", []string{"Range", "bytes=-000"}, 416, -1, nil},
		{"first after last", "GET", "/files/video/v.mp4", []string{"Range", "bytes=9-0"}, 416, -1, nil},
		{"no range", "GET", "/files/video/v.mp4", []string{"Range", "bytes=-"}, 416, -1, nil},
		{"signed", "GET", "/files/video/v.mp4", []string{"Range", "bytes=+1-+2"}, 416, -1, nil},
		{"range of a head", "HEAD", "/files/video/v.mp4", []string{"Range", "bytes=0-9"}, 200, 0, nil},
		{"range of the empty", "GET", "/files/empty/e.txt", []string{"Range", "bytes=0-9"}, 200, 0, nil},
		{"not changed", "GET", "/files/video/v.mp4", []string{"If-None-Match", `"video"`}, 304, 0, nil},
		{"not changed since", "GET", "/files/video/v.mp4", []string{"If-Modified-Since", "Mon, 02 Mar 2026 12:00:00 GMT"}, 304, 0, nil},
		{"not changed, compressed", "GET", "/files/video/v.mp4", []string{"If-None-Match", `"video-gzip"`}, 304, 0, nil},
		{"changed", "GET", "/files/video/v.mp4", []string{"If-None-Match", `"other"`}, 200, size, []int64{0}},
		{"range of another version", "GET", "/files/video/v.mp4", []string{"Range", "bytes=0-9", "If-Range", `"other"`}, 200, size, []int64{0}},
		{"empty", "GET", "/files/empty/e.txt", nil, 200, 0, nil},
		{"private", "GET", "/files/private/p.png?signature=good", nil, 200, size, []int64{0}},
		{"private without signature", "GET", "/files/private/p.png", nil, 404, -1, nil},
		{"with an old cookie", "GET", "/files/video/v.mp4", []string{"Cookie", "grapnel_access=old"}, 200, size, []int64{0}},
		{"unknown", "GET", "/files/nothing/x", nil, 404, -1, nil},
		{"post", "POST", "/files/video/v.mp4", nil, 404, -1, nil},
	} {
		shelf.opened = nil
		a := s.do(t, c.method, c.path, "", c.header...)
		if a.status != c.status || c.length >= 0 && len(a.body) != c.length {
			t.Errorf("%s: %d, %d bytes, %v", c.name, a.status, len(a.body), a.header)
		}
		if len(shelf.opened) != len(c.opened) || len(c.opened) > 0 && shelf.opened[0] != c.opened[0] {
			t.Errorf("%s: opened at %v, want %v", c.name, shelf.opened, c.opened)
		}
		if a.status == 404 && a.code() != "NOT_FOUND" {
			t.Errorf("%s: %s", c.name, a.body)
		}
	}
	if got := s.do(t, http.MethodGet, "/files/video/v.mp4", "", "Range", "bytes=5-9").body; got != "56789" {
		t.Errorf("range: %q", got)
	}
}

func TestFileHeaders(t *testing.T) {
	t.Parallel()
	s, _ := startFiles(t)
	for path, want := range map[string]struct{ disposition, cache string }{
		"/files/escaped/x":                 {`inline; filename="a_2F'(1)*,;=:@&.png"; filename*=UTF-8''a%252F%27%281%29%2A%2C%3B%3D%3A%40&.png`, "public, max-age=86400"},
		"/files/image/x":                   {`inline; filename="Stra_e _1_.png"; filename*=UTF-8''Stra%C3%9Fe%20_1_.png`, "public, max-age=86400"},
		"/files/video/x":                   {`inline; filename="v.mp4"`, "public, max-age=86400"},
		"/files/svg/x":                     {`attachment; filename="x.svg"`, "public, max-age=86400"},
		"/files/html/x":                    {`attachment; filename="x.html"`, "public, max-age=86400"},
		"/files/pdf/x":                     {`attachment; filename="x.pdf"`, "public, max-age=86400"},
		"/files/private/x?signature=good":  {`inline; filename="p.png"`, "private, no-store"},
		"/files/private/x?signature=wrong": {"", "no-store"},
	} {
		h := s.do(t, http.MethodHead, path, "", "Origin", "http://localhost:3000").header
		if h.Get("Content-Disposition") != want.disposition || h.Get("Cache-Control") != want.cache {
			t.Errorf("%s: %v", path, h)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %v", path, h)
		}
		if want.disposition == "" {
			continue
		}
		if h.Get("Cross-Origin-Resource-Policy") != "cross-origin" || h.Get("Access-Control-Allow-Origin") != "*" ||
			h.Get("Access-Control-Allow-Credentials") != "" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") ||
			h.Get("ETag") == "" || h.Get("Accept-Ranges") != "bytes" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// Viewers of documents and players in pages of any origin ask for ranges and read
// what came back (Fetch standard, CORS protocol).
func TestFilesCrossOrigin(t *testing.T) {
	t.Parallel()
	s, _ := startFiles(t)
	const origin = "https://reader.example.net" // not among the origins of the server
	lists := func(h http.Header, name string, want ...string) {
		t.Helper()
		have := map[string]bool{}
		for v := range strings.SplitSeq(h.Get(name), ",") {
			have[strings.ToLower(strings.TrimSpace(v))] = true
		}
		for _, w := range want {
			if !have[strings.ToLower(w)] {
				t.Errorf("%s: %q lacks %s", name, h.Get(name), w)
			}
		}
	}
	for path, status := range map[string]int{"/files/video/v.mp4": 204, "/files/private/p.png?signature=good": 204} {
		a := s.do(t, http.MethodOptions, path, "", "Origin", origin, "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "range,if-range,authorization")
		if a.status != status || a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("preflight of %s: %d %v", path, a.status, a.header)
		}
		lists(a.header, "Access-Control-Allow-Methods", "GET", "HEAD")
		lists(a.header, "Access-Control-Allow-Headers", "Range", "If-Range", "If-None-Match", "Authorization")
	}
	for path, status := range map[string]int{"/files/video/v.mp4": 206, "/files/nothing/x": 404} {
		a := s.do(t, http.MethodGet, path, "", "Origin", origin, "Range", "bytes=0-9")
		if a.status != status || a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %d %v", path, a.status, a.header)
		}
		lists(a.header, "Access-Control-Expose-Headers", "Content-Range", "Accept-Ranges", "ETag", "Content-Length")
	}
	// No other address is for every origin.
	if a := s.do(t, http.MethodOptions, "/graphql", "", "Origin", origin, "Access-Control-Request-Method", "POST"); a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("/graphql: %v", a.header)
	}
}

func TestFileStoreFails(t *testing.T) {
	t.Parallel()
	s, shelf := startFiles(t)
	// What is missing in the middle cuts the answer: it must not look complete.
	resp, err := s.Client().Get(s.URL + "/files/short/s.png")
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err == nil || len(b) > 100_000 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	shelf.mu.Lock()
	shelf.down = true
	shelf.mu.Unlock()
	for _, header := range [][]string{nil, {"Range", "bytes=5-9"}} {
		a := s.do(t, http.MethodGet, "/files/video/v.mp4", "", header...)
		if a.status != 503 || a.code() != "UNAVAILABLE" || a.header.Get("Cache-Control") != "no-store" || a.header.Get("ETag") != "" || strings.Contains(a.body, "10.0.0.1") {
			t.Errorf("%d %s %v", a.status, a.body, a.header)
		}
	}
}

// inbox is a Receiver in memory.
type inbox struct {
	mu     sync.Mutex
	got    map[string]string
	length int64
}

func (i *inbox) Receive(_ context.Context, id string, query url.Values, body io.Reader, length int64) error {
	if query.Get("signature") != "good" {
		return core.Errorf(core.Forbidden, "The signature is not valid.")
	}
	i.mu.Lock()
	i.length = length
	i.mu.Unlock()
	b, err := io.ReadAll(io.LimitReader(body, 1_000_001))
	if err != nil {
		return core.Wrap(core.Unavailable, err, "The object store does not answer.")
	}
	if len(b) > 1_000_000 {
		return core.Errorf(core.TooLarge, "The file is too large.")
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.got[id] = string(b)
	return nil
}

// logged is the first line of the log that holds text.
func logged(s *server, text string) string {
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, text) {
			return line
		}
	}
	return ""
}

func TestUploads(t *testing.T) {
	t.Parallel()
	in := &inbox{got: map[string]string{}}
	s := start(t, func(c *web.Config) { c.Uploads = web.Uploads(in, c.Log) })
	file := strings.Repeat("x", 500_000)
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		code                     string
	}{
		{"good", "PUT", "/uploads/asset_1?signature=good", file, 201, ""},
		{"empty", "PUT", "/uploads/asset_2?signature=good", "", 201, ""},
		{"unsigned", "PUT", "/uploads/asset_3", file, 403, "FORBIDDEN"},
		{"too large", "PUT", "/uploads/asset_4?signature=good", file + file + file, 413, "TOO_LARGE"},
		{"post", "POST", "/uploads/asset_5?signature=good", file, 404, "NOT_FOUND"},
	} {
		a := s.do(t, c.method, c.path, c.body, "Origin", "http://localhost:3000")
		if a.status != c.status || a.code() != c.code || a.header.Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("%s: %d %s %v", c.name, a.status, a.body, a.header)
		}
	}
	if len(in.got) != 2 || in.got["asset_1"] != file {
		t.Errorf("%d files", len(in.got))
	}

	// A chunked body has no length.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URL+"/uploads/asset_6?signature=good", io.MultiReader(strings.NewReader(file)))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 201 || in.length != -1 || in.got["asset_6"] != file {
		t.Errorf("%d, length %d", resp.StatusCode, in.length)
	}

	// A client that leaves is ABORTED, not a store that does not answer.
	body, leave := newStuckBody()
	ctx, cancel := context.WithCancel(t.Context())
	req, err = http.NewRequestWithContext(ctx, http.MethodPut, s.URL+"/uploads/asset_7?signature=good", body)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		until(t, "the upload did not begin", func() bool { return body.begun() })
		cancel()
		leave() // Do waits for the reader of its body
	}()
	if resp, err := s.Client().Do(req); err == nil {
		resp.Body.Close()
	}
	until(t, "it was not ABORTED", func() bool {
		line := logged(s, `"path":"/uploads/asset_7"`)
		return strings.Contains(line, `"status":400`) && strings.Contains(line, `"aborted":true`)
	})
	if line := logged(s, `"path":"/uploads/asset_6"`); strings.Contains(line, "aborted") {
		t.Error(line)
	}
	if in.got["asset_7"] != "" {
		t.Error("a cut file was kept")
	}
}

// reader takes pieces of a file, each after a while of its own.
type reader struct {
	httptest.ResponseRecorder
	takes  []time.Duration
	pieces []int
}

func (r *reader) Write(p []byte) (int, error) {
	if i := len(r.pieces); i < len(r.takes) {
		time.Sleep(r.takes[i])
	}
	r.pieces = append(r.pieces, len(p))
	return r.ResponseRecorder.Write(p)
}

// Who takes a file quickly gets it in large pieces, and whoever is slow in small ones.
func TestPieces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		content := bytes.Repeat([]byte("0123456789abcdef"), 50_000)
		shelf := &shelf{files: map[string]core.File{"film": {ContentType: "video/mp4", Size: int64(len(content))}}, bytes: map[string][]byte{"film": content}}
		r := &reader{takes: []time.Duration{0, time.Second, time.Second, 0}}
		r.Body = new(bytes.Buffer)
		get := httptest.NewRequest("GET", "/files/film/film.mp4", nil)
		get.SetPathValue("id", "film")
		web.Files(shelf, slog.New(slog.DiscardHandler)).ServeHTTP(r, get)
		if want := []int{32 << 10, 256 << 10, 32 << 10, 32 << 10, 256 << 10, 800_000 - 608<<10}; !slices.Equal(r.pieces, want) {
			t.Errorf("pieces of %d, want %d", r.pieces, want)
		}
		if r.Code != 200 || !bytes.Equal(r.Body.Bytes(), content) {
			t.Errorf("%d with %d bytes", r.Code, r.Body.Len())
		}
	})
}
