package static_test

import (
	"compress/gzip"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/grapnel/grapnel/internal/static"
)

// build writes the files of a frontend, each with its name as content unless it is a page.
func build(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("content of "+name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	page    = "text/html,application/xhtml+xml,*/*;q=0.8" // what browsers accept of pages
	forever = "public, max-age=31536000, immutable"
)

func TestDir(t *testing.T) {
	t.Parallel()
	dir := build(t, "index.html", "about.html", "docs/index.html", "favicon.ico", "assets/index-NK9OE_uu.js", "assets/photograph.jpg", "assets/hero-background.jpg", "static/report-20260101.txt", "static/js/main.3f2a9c1b.js", "a:b/index.html",
		"report-20260101.txt", ".env", ".well-known/security.txt", "assets/.secret/key.js")
	outside := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.txt")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.txt"), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := static.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, c := range []struct {
		path, accept string
		code         int
		body, cache  string
	}{
		{"/", page, 200, "index.html", "no-cache"},
		{"/index.html", page, 200, "index.html", "no-cache"},
		{"/about", page, 200, "about.html", "no-cache"},
		{"/docs/", page, 200, "docs/index.html", "no-cache"},
		{"/docs", page, 308, "./docs/", ""},
		{"/docs?q=a%20b", page, 308, "./docs/?q=a%20b", ""},
		{"/a:b", page, 308, "./a:b/", ""},
		{"/posts/hello-world", page, 200, "index.html", "no-cache"},
		{"/posts/hello-world", "*/*", 200, "index.html", "no-cache"},
		{"/authors/ada.l", page, 200, "index.html", "no-cache"},
		{"/assets/index-NK9OE_uu.js", "*/*", 200, "assets/index-NK9OE_uu.js", forever},
		{"/assets/hero-background.jpg", "image/*", 200, "assets/hero-background.jpg", "no-cache"},
		{"/static/report-20260101.txt", "*/*", 200, "static/report-20260101.txt", "no-cache"},
		{"/static/js/main.3f2a9c1b.js", "*/*", 200, "static/js/main.3f2a9c1b.js", forever},
		{"/assets/photograph.jpg", "image/*", 200, "assets/photograph.jpg", "no-cache"},
		{"/report-20260101.txt", "*/*", 200, "report-20260101.txt", "no-cache"},
		{"/assets/index-AAAAAAAA.js", "*/*", 404, "", "no-store"},
		{"/assets/index-AAAAAAAA.js", page, 200, "index.html", "no-cache"},
		{"/.well-known/security.txt", "*/*", 200, ".well-known/security.txt", "no-cache"},
		{"/.well-known/openid-configuration", page, 404, "", "no-store"},
		{"/pipe.txt", "*/*", 404, "", "no-store"},
		{"/.env", page, 404, "", "no-store"},
		{"/assets/.secret/key.js", "*/*", 404, "", "no-store"},
		{"/link.txt", "*/*", 404, "", "no-store"},
		{"/../secret.txt", "*/*", 404, "", "no-store"},
		{"/a\x00b.txt", "*/*", 404, "", "no-store"},
		{"/" + strings.Repeat("long", 2000) + ".txt", "*/*", 404, "", "no-store"},
		{"/favicon.ico/x.js", "*/*", 404, "", "no-store"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path, r.URL.RawQuery, _ = strings.Cut(c.path, "?")
		r.Header.Set("Accept", c.accept)
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		what := c.path[:min(len(c.path), 40)]
		if w.Code != c.code || w.Header().Get("Cache-Control") != c.cache {
			t.Errorf("%q for %s: %d, %q; want %d, %q", what, c.accept, w.Code, w.Header().Get("Cache-Control"), c.code, c.cache)
		}
		if body := w.Body.String(); c.code == 200 && body != "content of "+c.body || strings.Contains(body, "secret") {
			t.Errorf("%q for %s: %q", what, c.accept, body)
		}
		if location := w.Header().Get("Location"); c.code == 308 && location != c.body {
			t.Errorf("%q leads to %q", what, location)
		}
	}
}

// Texts go out as gzip, and what a client has already is not sent again.
func TestDirSendsLittle(t *testing.T) {
	t.Parallel()
	dir := build(t, "index.html", "app.js", "photo.jpg")
	d, err := static.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	get := func(path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		return w
	}
	w := get("/app.js", "Accept-Encoding", "br, gzip")
	if h := w.Header(); h.Get("Content-Encoding") != "gzip" || h.Get("Vary") != "Accept-Encoding" || h.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("app.js has %v", h)
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || string(text) != "content of app.js" {
		t.Errorf("unpacked: %q, %v", text, err)
	}
	if again := get("/app.js", "If-None-Match", w.Header().Get("ETag")); again.Code != 304 {
		t.Errorf("asked again: %d", again.Code)
	}
	if w := get("/photo.jpg", "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "" {
		t.Error("a picture was packed again")
	}
	if w := get("/photo.jpg", "Range", "bytes=0-6"); w.Code != 206 || w.Body.String() != "content" {
		t.Errorf("a range: %d %q", w.Code, w.Body)
	}
	// A new build is seen at once.
	if err := os.WriteFile(filepath.Join(dir, "app.js"), []byte("another one"), 0o644); err != nil {
		t.Fatal(err)
	}
	if w := get("/app.js"); w.Body.String() != "another one" {
		t.Errorf("after the build: %q", w.Body)
	}
}

func TestOpenDir(t *testing.T) {
	t.Parallel()
	if _, err := static.OpenDir(build(t, "main.js")); err == nil || !strings.Contains(err.Error(), "has no index.html") {
		t.Errorf("without an index: %v", err)
	}
	if _, err := static.OpenDir(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a folder that is not there was opened")
	}
}
