package ui_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/internal/ui"
)

// admin asks the dashboard for a path.
func admin(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	ui.Admin(30*time.Minute, true).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// Every screen is the same page, which finds its files beside its root.
func TestAdminScreens(t *testing.T) {
	t.Parallel()
	for path, root := range map[string]string{
		"/admin/":                      "./",
		"/admin/index.html":            "./",
		"/admin/content":               "./",
		"/admin/content/posts":         "./../",
		"/admin/content/posts/post_1":  "./../../",
		"/admin/content/a%2Fb":         "./../",
		"/admin/content/posts/v1.2":    "./../../",
		"/admin/content/posts/?size=1": "./../../",
	} {
		w := admin(t, path)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || w.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self';") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		for _, want := range []string{`<base href="` + root + `"`, `data-idle="1800" data-site="true"`} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: the page lacks %s:\n%s", path, want, w.Body)
			}
		}
	}
}

func TestAdminFiles(t *testing.T) {
	t.Parallel()
	names := regexp.MustCompile(`(?:src|href)="\./(assets/[^"]+)"`).FindAllStringSubmatch(admin(t, "/admin/").Body.String(), -1)
	if len(names) < 3 {
		t.Fatalf("the page names only %d assets", len(names))
	}
	for _, name := range names {
		w := admin(t, "/admin/"+name[1])
		if w.Code != http.StatusOK || w.Body.Len() == 0 || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %d, %d bytes, %v", name[1], w.Code, w.Body.Len(), w.Header())
		}
	}
	for path, status := range map[string]int{
		"/admin":                 http.StatusPermanentRedirect,
		"/admin/licenses.txt":    http.StatusOK,
		"/admin/favicon.svg":     http.StatusOK,
		"/admin/assets/gone.js":  http.StatusNotFound,
		"/admin/assets/../../ui": http.StatusNotFound,
	} {
		if w := admin(t, path); w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
	}
}
