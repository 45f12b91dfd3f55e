package ui_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/internal/ui"
)

// get asks the playground for a path and returns the answer with its body as it
// was sent.
func get(t *testing.T, path string, header ...string) (*http.Response, []byte) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	ui.Playground().ServeHTTP(w, r)
	return w.Result(), w.Body.Bytes()
}

func TestPlaygroundServesEveryFileThatThePageNames(t *testing.T) {
	t.Parallel()
	resp, page := get(t, "/playground/")
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("status %d, type %q", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	names := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(string(page), -1)
	if len(names) < 5 {
		t.Fatalf("the page names only %d files:\n%s", len(names), page)
	}
	for _, name := range names {
		if name[1] == "./" {
			continue // the base
		}
		resp, body := get(t, "/playground/"+name[1])
		if resp.StatusCode != http.StatusOK || len(body) == 0 {
			t.Errorf("%s: status %d, %d bytes", name[1], resp.StatusCode, len(body))
		}
		if resp.Header.Get("Content-Type") == "application/octet-stream" {
			t.Errorf("%s has no content type", name[1])
		}
	}
}

func TestPlaygroundIsStrict(t *testing.T) {
	t.Parallel()
	resp, page := get(t, "/playground/")
	csp := resp.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'self'", "script-src 'self';", "connect-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("policy %q lacks %q", csp, want)
		}
	}
	if got := resp.Header.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options %q", got)
	}
	if inline := regexp.MustCompile(`<script[^>]*>[^<]`).Find(page); inline != nil {
		t.Errorf("inline script: %s", inline)
	}
	if outside := regexp.MustCompile(`(src|href)="(https?:)?//`).Find(page); outside != nil {
		t.Errorf("outside address: %s", outside)
	}
}

func TestPlaygroundCompression(t *testing.T) {
	t.Parallel()
	_, plain := get(t, "/playground/init.js")
	tests := []struct {
		accept string
		gzip   bool
	}{
		{"gzip", true},
		{"gzip, deflate, br", true},
		{"br;q=1.0, GZIP;q=0.8", true},
		{"gzip; q=0.001", true},
		{"gzip;q=0", false},
		{"gzip; q=0.000", false},
		{"br", false},
		{"", false},
	}
	for _, test := range tests {
		resp, body := get(t, "/playground/init.js", "Accept-Encoding", test.accept)
		if got := resp.Header.Get("Content-Encoding") == "gzip"; got != test.gzip {
			t.Errorf("Accept-Encoding %q: gzip %v, want %v", test.accept, got, test.gzip)
			continue
		}
		if test.gzip {
			z, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(body, plain) {
			t.Errorf("Accept-Encoding %q: other bytes", test.accept)
		}
		if resp.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Vary %q", resp.Header.Get("Vary"))
		}
	}
}

func TestPlaygroundNotModified(t *testing.T) {
	t.Parallel()
	first, _ := get(t, "/playground/main.js")
	again, body := get(t, "/playground/main.js", "If-None-Match", first.Header.Get("ETag"), "Accept-Encoding", "gzip")
	if again.StatusCode != http.StatusNotModified || len(body) != 0 {
		t.Errorf("status %d, %d bytes, want 304 and none", again.StatusCode, len(body))
	}
}

func TestPlaygroundPaths(t *testing.T) {
	t.Parallel()
	tests := []struct {
		path     string
		status   int
		location string
	}{
		{"/playground", http.StatusPermanentRedirect, "playground/"},
		{"/playground/index.html", http.StatusOK, ""},
		{"/playground/licenses.txt", http.StatusOK, ""},
		{"/playground/nothing.js", http.StatusNotFound, ""},
		{"/playground/media", http.StatusNotFound, ""},
		{"/playground/../../ui.go", http.StatusNotFound, ""},
		{"/elsewhere", http.StatusNotFound, ""},
	}
	for _, test := range tests {
		resp, _ := get(t, test.path)
		if resp.StatusCode != test.status || resp.Header.Get("Location") != test.location {
			t.Errorf("%s: %d %q, want %d %q", test.path, resp.StatusCode, resp.Header.Get("Location"), test.status, test.location)
		}
	}
}
