package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/internal/web"
)

// What visitors read by GET may be kept by caches, and nothing else.
func TestCaching(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.MaxAge = time.Minute })
	a := s.do(t, http.MethodGet, "/graphql?query={hello}", "")
	tag := a.header.Get("ETag")
	if tag == "" || a.header.Get("Cache-Control") != "public, max-age=60, must-revalidate" {
		t.Fatalf("%v", a.header)
	}
	if lines := a.header.Values("Vary"); len(lines) != 1 { // nginx before 1.23 minds the last alone
		t.Errorf("%q", lines)
	}
	vary := a.header.Get("Vary")
	for _, name := range []string{"Accept", "Authorization", "Cookie", "Origin"} {
		if !strings.Contains(vary, name) {
			t.Errorf("Vary: %s lacks %s", vary, name)
		}
	}
	for _, sent := range []string{
		tag, "W/" + tag, `"other", ` + tag, `"other",` + tag, "*",
		coded(tag, "gzip"), "W/" + coded(tag, "gzip"), `"other-gzip", ` + coded(tag, "br"), coded(tag, "zstd"),
	} {
		b := s.do(t, http.MethodGet, "/graphql?query={hello}", "", "If-None-Match", sent)
		if b.status != http.StatusNotModified || b.body != "" || b.header.Get("ETag") != tag || b.header.Get("Cache-Control") == "" || b.header.Get("Vary") == "" {
			t.Errorf("%s: %d %v %s", sent, b.status, b.header, b.body)
		}
	}
	if b := s.do(t, http.MethodGet, "/graphql?query={hello}", "", "If-None-Match", coded(tag, "other")); b.status != 200 {
		t.Errorf("another tag: %d", b.status)
	}
	if b := s.do(t, http.MethodGet, "/graphql?query={hello}", "", "If-None-Match", tag, "Accept", "application/graphql-response+json"); b.status != 200 {
		t.Errorf("another media type: %d", b.status)
	}
	if b := s.do(t, http.MethodGet, "/graphql?query={hello(name:%22you%22)}", "", "If-None-Match", tag); b.status != 200 || b.header.Get("ETag") == tag {
		t.Errorf("another answer: %d", b.status)
	}
	for name, b := range map[string]answer{
		"POST":          s.query(t, "{hello}"),
		"signed in":     s.do(t, http.MethodGet, "/graphql?query={hello}", "", "Authorization", "Bearer good"),
		"with cookie":   s.do(t, http.MethodGet, "/graphql?query={hello}", "", "Cookie", "grapnel_access=good"),
		"any cookie":    s.do(t, http.MethodGet, "/graphql?query={hello}", "", "Cookie", "theme=dark"),
		"told its cost": s.do(t, http.MethodGet, "/graphql?query={hello}&extensions={%22cost%22:true}", ""),
		"field error":   s.do(t, http.MethodGet, "/graphql?query={hello+fail}", ""),
		"refused":       s.do(t, http.MethodGet, "/graphql?query={nope}", ""),
	} {
		if b.header.Get("Cache-Control") != "no-store" || b.header.Get("ETag") != "" {
			t.Errorf("%s: %d %v", name, b.status, b.header)
		}
	}
}

// coded is a tag as proxies give it that compress.
func coded(tag, coding string) string { return strings.TrimSuffix(tag, `"`) + "-" + coding + `"` }
