package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/web"
)

// exampleKey has the form of an API key, and opens nothing.
const exampleKey = "grapnel_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx3VKq0n"

// keyed is a server with an API key that acts as itself.
func keyed(t *testing.T, change func(*web.Config)) *server {
	t.Helper()
	s := start(t, change)
	s.users.set(exampleKey, core.Principal{KeyID: "apikey_1", Role: core.Member})
	return s
}

// An API key comes by the header of a request, or by connection_init, and by nothing else.
func TestAPIKeysComeByTheHeader(t *testing.T) {
	t.Parallel()
	s := keyed(t, nil)
	if a := s.query(t, "{hello}", "Authorization", "Bearer "+exampleKey); a.status != 200 {
		t.Errorf("by the header: %d %s", a.status, a.body)
	}
	c := s.dial(t)
	c.init(exampleKey)
	for _, cookie := range []string{"grapnel_access=" + exampleKey, "grapnel_access=" + exampleKey + "; grapnel_refresh=r1"} {
		a := s.query(t, "{hello}", "Cookie", cookie, "GraphQL-Require-Preflight", "1")
		if a.status != 401 || strings.Contains(a.body, exampleKey) {
			t.Errorf("by a cookie: %d %s", a.status, a.body)
		}
	}
	ran := s.schema.ran.Load()
	escaped := strings.ReplaceAll(exampleKey, "_", "%5F")
	for _, path := range []string{
		"/graphql?query={hello}&access_token=" + exampleKey, "/graphql?query={hello}&" + exampleKey, "/graphql?" + exampleKey + "=1", "/graphql?query={hello}&token=" + escaped,
		"/graphql?query=" + url.QueryEscape(`{hello}#`+exampleKey), "/graphql?query={hello}&variables=" + url.QueryEscape(`{"key":"Bearer `+exampleKey+`"}`),
		"/files/asset_1/a.png?key=" + exampleKey, "/healthz?" + exampleKey, "/?key=" + exampleKey,
	} {
		for _, method := range []string{"GET", "POST"} {
			a := s.do(t, method, path, `{"query":"{hello}"}`, "Content-Type", "application/json", "Authorization", "Bearer "+exampleKey)
			if a.status != http.StatusBadRequest || a.code() != "BAD_USER_INPUT" || !strings.Contains(a.body, "Revoke it") || strings.Contains(a.body, exampleKey) {
				t.Errorf("%s %s: %d %s", method, path, a.status, a.body)
			}
		}
	}
	if s.schema.ran.Load() != ran {
		t.Error("an operation ran")
	}
	// What only resembles one is nobody's business.
	if a := s.do(t, "GET", "/graphql?query={hello}&x="+exampleKey[:43]+"0", ""); a.status != 200 {
		t.Errorf("with a wrong checksum: %d %s", a.status, a.body)
	}
	if log := s.log.String(); strings.Contains(log, exampleKey[8:]) {
		t.Errorf("the log holds it: %s", log)
	}
}

// A key that acts as itself has an account of cost of its own, and one that acts as a user has
// the user's.
func TestAPIKeysAreMetered(t *testing.T) {
	t.Parallel()
	s := metered(t, 10, 1_000)
	s.users.set(exampleKey, core.Principal{KeyID: "apikey_1", Role: core.Member})
	s.users.set("another", core.Principal{KeyID: "apikey_2", Role: core.Member})
	s.users.set("as the user", core.Principal{UserID: "user_1", KeyID: "apikey_3", Role: core.Member})
	as := func(token string) int {
		return s.query(t, `{posts(first:23){nodes{id title}}}`, "Authorization", "Bearer "+token).status
	}
	for _, c := range []struct {
		token string
		want  int
	}{{exampleKey, 200}, {exampleKey, 429}, {"another", 200}, {"good", 200}, {"as the user", 429}} {
		if got := as(c.token); got != c.want {
			t.Errorf("%s: %d, want %d", c.token, got, c.want)
		}
	}
}

// What lives on after a request ends with its key, also when that acts as itself.
func TestStreamsEndWithTheirAPIKey(t *testing.T) {
	t.Parallel()
	s := keyed(t, func(c *web.Config) { c.Limits.Recheck = 5 * time.Millisecond })
	e := s.listen(t, "/graphql", `{"query":"subscription{forever}"}`, "Authorization", "Bearer "+exampleKey)
	c := s.dial(t)
	c.init(exampleKey)
	c.send("subscribe", "1", map[string]any{"query": "subscription{forever}"})
	until(t, "they did not start", func() bool { return s.schema.open.Load() == 2 })
	s.users.revoke(exampleKey)
	e.expect("")
	c.closed(4403)
}
