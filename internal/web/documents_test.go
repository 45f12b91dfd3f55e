package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/internal/web"
)

func TestTrustedDocuments(t *testing.T) {
	t.Parallel()
	const document = "query Hello($name:String){hello(name:$name)}"
	s := start(t, func(c *web.Config) {
		c.Trusted = map[string]string{sha(document): document, "short": "{viewer}"}
	})
	apq := func(hash string) map[string]any {
		return map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}
	}
	for _, c := range []struct {
		name   string
		params map[string]any
		want   string
	}{
		{"by id", map[string]any{"documentId": "sha256:" + sha(document), "variables": map[string]any{"name": "x"}}, `{"data":{"hello":"hello x"}}`},
		{"by bare id", map[string]any{"documentId": sha(document), "variables": map[string]any{"name": "x"}}, `{"data":{"hello":"hello x"}}`},
		{"by another id", map[string]any{"documentId": "short"}, `{"data":{"viewer":null}}`},
		{"by a hash with its name", map[string]any{"extensions": apq("sha256:" + sha(document)), "variables": map[string]any{"name": "x"}}, `{"data":{"hello":"hello x"}}`},
		{"by its hash as Apollo sends it", map[string]any{"extensions": apq(sha(document)), "variables": map[string]any{"name": "x"}}, `{"data":{"hello":"hello x"}}`},
		{"in full", map[string]any{"query": "{viewer}"}, `{"data":{"viewer":null}}`},
		{"unknown id", map[string]any{"documentId": "sha256:" + sha("{hello}")}, "PERSISTED_QUERY_NOT_FOUND"},
		{"another document", map[string]any{"query": "{hello}"}, "DOCUMENT_NOT_TRUSTED"},
		{"another document beside a trusted id", map[string]any{"query": "{hello}", "documentId": "short"}, `{"data":{"viewer":null}}`},
		{"a document to be registered", map[string]any{"query": "{hello}", "extensions": apq(sha("{hello}"))}, "DOCUMENT_NOT_TRUSTED"},
		{"and then its hash", map[string]any{"extensions": apq(sha("{hello}"))}, "PERSISTED_QUERY_NOT_FOUND"},
		{"introspection", map[string]any{"query": "{__schema{types{name}}}"}, "DOCUMENT_NOT_TRUSTED"},
		{"one letter more", map[string]any{"query": "{viewer }"}, "DOCUMENT_NOT_TRUSTED"},
		{"an id that is no text", map[string]any{"documentId": 7}, "documentId must be a string"},
		{"an id among the extensions", map[string]any{"extensions": map[string]any{"documentId": "short"}}, "The query is missing."},
	} {
		if a := s.post(t, c.params); !strings.Contains(a.body, c.want) || strings.Contains(c.want, "data") != strings.Contains(a.body, `"data"`) {
			t.Errorf("%s: %s", c.name, a.body)
		}
	}
	// The same by the other ways in.
	if a := s.do(t, http.MethodGet, "/graphql?documentId=short", ""); a.body != `{"data":{"viewer":null}}` {
		t.Errorf("by GET: %s", a.body)
	}
	if a := s.do(t, http.MethodGet, "/graphql?query={hello}", ""); a.code() != "DOCUMENT_NOT_TRUSTED" {
		t.Errorf("by GET: %s", a.body)
	}
	c := s.dial(t)
	c.init("")
	c.send("subscribe", "1", map[string]any{"documentId": "short"})
	c.expect("next", "1")
	c.expect("complete", "1")
	c.send("subscribe", "2", map[string]any{"query": "{hello}"})
	if payload := c.expect("error", "2"); !strings.Contains(payload, "DOCUMENT_NOT_TRUSTED") {
		t.Errorf("by socket: %s", payload)
	}
	if e := s.listen(t, "/graphql?"+url.Values{"query": {"subscription{forever}"}}.Encode(), ""); !strings.Contains(e.next(), "DOCUMENT_NOT_TRUSTED") {
		t.Error("by event stream")
	}
	if n := s.schema.ran.Load(); n != 9 {
		t.Errorf("%d operations ran", n)
	}
}

// An empty manifest trusts nothing, which is not the same as having none.
func TestNoDocumentIsTrusted(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.Trusted = map[string]string{} })
	if a := s.query(t, "{hello}"); a.code() != "DOCUMENT_NOT_TRUSTED" {
		t.Error(a.body)
	}
}
