package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/web"
	"github.com/grapnel/grapnel/resolvers/upload"
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

// Who may run others than trusted documents may by every way in, and nobody else: no
// visitor, no lesser role, no token that has expired, which is told as such.
func TestUntrustedDocuments(t *testing.T) {
	t.Parallel()
	const document, stream = "{hello}", "subscription{role}"
	s := start(t, func(c *web.Config) {
		c.Trusted, c.Untrusted = map[string]string{"short": "{viewer}"}, core.Editor
		c.Transports = []graphql.Transport{upload.Transport{MaxFile: 1 << 20}}
	})
	for token, role := range map[string]core.Role{"author": core.Author, "editor": core.Editor, "admin": core.Admin} {
		s.users.set(token, core.Principal{UserID: "user_" + token, Role: role, SessionID: "session_" + token})
	}
	ways := map[string]func(header ...string) string{
		"POST": func(header ...string) string { return s.query(t, document, header...).body },
		"GET": func(header ...string) string {
			return s.do(t, http.MethodGet, "/graphql?query="+document, "", header...).body
		},
		"a hash beside it": func(header ...string) string {
			return s.post(t, map[string]any{"query": document, "documentId": sha(document)}, header...).body
		},
		"form": func(header ...string) string {
			body := "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{\"query\":\"{hello}\"}\r\n" +
				"--b\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{}\r\n--b--\r\n"
			header = append(header, "Content-Type", "multipart/form-data; boundary=b", "GraphQL-Require-Preflight", "1")
			return s.do(t, http.MethodPost, "/graphql", body, header...).body
		},
		"event stream": func(header ...string) string {
			e := s.listen(t, "/graphql?"+url.Values{"query": {stream}}.Encode(), "", header...)
			defer e.close()
			if e.resp.StatusCode == http.StatusUnauthorized {
				return "UNAUTHENTICATED"
			}
			return e.next()
		},
		"socket": func(header ...string) string {
			c := s.dial(t, header...)
			c.init("")
			c.send("subscribe", "1", map[string]any{"query": stream})
			kind := "error"
			if len(header) > 0 && header[1] != "Bearer author" && header[1] != "Bearer good" {
				kind = "next"
			}
			return c.expect(kind, "1")
		},
	}
	for way, run := range ways {
		for token, want := range map[string]string{
			"": "DOCUMENT_NOT_TRUSTED", "good": "DOCUMENT_NOT_TRUSTED", "author": "DOCUMENT_NOT_TRUSTED",
			"editor": `"data"`, "admin": `"data"`, "expired": "UNAUTHENTICATED",
		} {
			if way == "socket" && token == "expired" {
				continue // is not opened at all
			}
			var header []string
			if token != "" {
				header = []string{"Authorization", "Bearer " + token}
			}
			if got := run(header...); !strings.Contains(got, want) || strings.Contains(got, `"data":{`) != (want == `"data"`) {
				t.Errorf("%q by %s: %s, want %s", token, way, got, want)
			}
		}
	}
	// What they ran, others may not run after them.
	if a := s.post(t, map[string]any{"documentId": sha(document)}); a.code() != "PERSISTED_QUERY_NOT_FOUND" {
		t.Error(a.body)
	}
	if a := s.query(t, document); a.code() != "DOCUMENT_NOT_TRUSTED" {
		t.Error(a.body)
	}
}
