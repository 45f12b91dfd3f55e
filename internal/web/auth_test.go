package web_test

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/internal/web"
)

func TestBearer(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for _, c := range []struct {
		header string
		status int
		body   string
	}{
		{"Bearer good", 200, `{"data":{"viewer":"user_1"}}`},
		{"bearer  good", 200, `{"data":{"viewer":"user_1"}}`},
		{"", 200, `{"data":{"viewer":null}}`},
		{"good", 401, "Write Authorization as the word Bearer"},
		{"Basic Z29vZA==", 401, "Write Authorization as the word Bearer"},
		{"Token good", 401, "Write Authorization as the word Bearer"},
		{"Bearer:good", 401, "Write Authorization as the word Bearer"},
		{"Bearer bad", 401, "UNAUTHENTICATED"},
		{"Bearer", 401, "UNAUTHENTICATED"},
		{"Bearer ", 401, "UNAUTHENTICATED"},
	} {
		for _, accept := range []string{"application/json", "application/graphql-response+json"} {
			a := s.query(t, "{viewer}", "Authorization", c.header, "Accept", accept)
			if a.status != c.status || !strings.Contains(a.body, c.body) || (a.status == 401) != (a.header.Get("WWW-Authenticate") != "") {
				t.Errorf("%q: %d %s", c.header, a.status, a.body)
			}
		}
	}
	// An old token must not keep a client from signing in, nor the Basic of a proxy.
	for _, header := range []string{"Bearer bad", "Basic Z29vZA==", "good"} {
		if a := s.query(t, "mutation{__typename signIn(email:\"a\")}", "Authorization", header); a.status != 200 {
			t.Errorf("%s: %d %s", header, a.status, a.body)
		}
	}
	ran := s.schema.ran.Load()
	if a := s.query(t, "mutation{signIn(email:\"a\") touch}", "Authorization", "Bearer bad"); a.status != 401 || s.schema.ran.Load() != ran {
		t.Errorf("an operation ran with a bad token: %d %s", a.status, a.body)
	}
	s.users.fail()
	if a := s.query(t, "{viewer}", "Authorization", "Bearer good"); a.status != 503 || a.code() != "UNAVAILABLE" || strings.Contains(a.body, "10.0.0.1") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if log := s.log.String(); !strings.Contains(log, "refused at 10.0.0.1") {
		t.Error("the cause is not in the log")
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.Origins = []string{"https://app.example.com/"} })
	const preflight = "GraphQL-Require-Preflight"
	own := "http://" + strings.TrimPrefix(s.URL, "http://")
	const good, stale = "grapnel_access=good; grapnel_refresh=r1", "grapnel_refresh=r1"
	for _, c := range []struct {
		name, method, document string
		header                 []string
		status                 int
		want                   string
	}{
		{"query by GET", "GET", "{viewer}", []string{"Cookie", good}, 200, `"viewer":"user_1"`},
		{"query by POST without the header", "POST", "{viewer}", []string{"Cookie", good}, 403, "FORBIDDEN"},
		{"query by POST", "POST", "{viewer}", []string{"Cookie", good, preflight, "1"}, 200, `"viewer":"user_1"`},
		{"with Apollo's header", "POST", "{viewer}", []string{"Cookie", good, "Apollo-Require-Preflight", "true"}, 200, `"viewer":"user_1"`},
		{"with jQuery's header", "POST", "{viewer}", []string{"Cookie", good, "X-Requested-With", "XMLHttpRequest"}, 200, `"viewer":"user_1"`},
		{"own origin", "POST", "{viewer}", []string{"Cookie", good, preflight, "1", "Origin", own}, 200, `"viewer":"user_1"`},
		{"allowed origin", "POST", "{viewer}", []string{"Cookie", good, preflight, "1", "Origin", "https://app.example.com"}, 200, `"viewer":"user_1"`},
		{"localhost", "POST", "{viewer}", []string{"Cookie", good, preflight, "1", "Origin", "http://localhost:5173"}, 200, `"viewer":"user_1"`},
		{"foreign origin", "POST", "{viewer}", []string{"Cookie", good, preflight, "1", "Origin", "https://evil.example"}, 403, "FORBIDDEN"},
		{"null origin", "POST", "{viewer}", []string{"Cookie", good, preflight, "1", "Origin", "null"}, 403, "FORBIDDEN"},
		{"mutation by POST without the header", "POST", "mutation{touch}", []string{"Cookie", good}, 403, "FORBIDDEN"},
		{"mutation by GET", "GET", "mutation{touch}", []string{"Cookie", good}, 405, "BAD_USER_INPUT"},
		{"the header counts, not the cookie", "POST", "{viewer}", []string{"Cookie", "grapnel_access=bad", "Authorization", "Bearer good"}, 200, `"viewer":"user_1"`},
		{"other cookies", "POST", "{viewer}", []string{"Cookie", "theme=dark"}, 200, `"viewer":null`},

		{"expired: data", "POST", "{viewer}", []string{"Cookie", stale, preflight, "1"}, 401, "UNAUTHENTICATED"},
		{"expired: data by GET", "GET", "{viewer}", []string{"Cookie", stale}, 401, "UNAUTHENTICATED"},
		{"revoked: data", "POST", "{viewer}", []string{"Cookie", "grapnel_access=bad", preflight, "1"}, 401, "UNAUTHENTICATED"},
		{"expired: refresh", "POST", "mutation{refreshSession}", []string{"Cookie", stale, preflight, "1"}, 200, `"refreshSession":"r1"`},
		{"expired: refresh without the header", "POST", "mutation{refreshSession}", []string{"Cookie", stale}, 403, "FORBIDDEN"},
		{"revoked: refresh", "POST", "mutation{__typename refreshSession}", []string{"Cookie", "grapnel_access=bad", preflight, "1"}, 200, `"refreshSession":""`},
		{"expired: sign in", "POST", `mutation{signIn(email:"a")}`, []string{"Cookie", stale, preflight, "1"}, 200, `"signIn":"r1"`},
		{"expired: sign in and more", "POST", `mutation{signIn(email:"a") touch}`, []string{"Cookie", stale, preflight, "1"}, 401, "UNAUTHENTICATED"},
	} {
		var a answer
		if c.method == "GET" {
			a = s.do(t, "GET", "/graphql?query="+url.QueryEscape(c.document), "", c.header...)
		} else {
			a = s.query(t, c.document, c.header...)
		}
		if a.status != c.status || !strings.Contains(a.body, c.want) {
			t.Errorf("%s: %d %s", c.name, a.status, a.body)
		}
	}
}

// Whatever the transport and however the session is held: 401 when it has
// expired, 503 when nobody can tell.
func TestRefusedSessions(t *testing.T) {
	t.Parallel()
	in := &intake{}
	s := start(t, func(c *web.Config) { c.Transports = []graphql.Transport{in} })
	check := func(want int, code string, sessions map[string][]string) {
		t.Helper()
		for name, session := range sessions {
			for _, accept := range []string{"application/json", "application/graphql-response+json", "text/event-stream"} {
				for _, document := range []string{"{viewer}", "{__typename}", "{__schema{queryType{name}}}", "{...{...F}}fragment F on Query{__typename}", "subscription{who}"} {
					header := append([]string{"Accept", accept, "GraphQL-Require-Preflight", "1"}, session...)
					for transport, a := range map[string]answer{
						"POST":   s.query(t, document, header...),
						"GET":    s.do(t, "GET", "/graphql?query="+url.QueryEscape(document), "", header...),
						"upload": s.do(t, "POST", "/graphql", "a form", append(header, "Content-Type", "Multipart/form-data; boundary=x")...),
					} {
						if a.status != want || a.code() != code || strings.Contains(a.body, "data") {
							t.Errorf("%s, %s by %s of %s: %d %s", accept, name, transport, document, a.status, a.body)
						}
					}
				}
			}
		}
	}
	check(401, "UNAUTHENTICATED", map[string][]string{
		"expired cookies": {"Cookie", "grapnel_refresh=r1"},
		"revoked cookies": {"Cookie", "grapnel_access=bad"},
		"token":           {"Authorization", "Bearer bad"},
	})
	s.users.fail()
	check(503, "UNAVAILABLE", map[string][]string{
		"cookies": {"Cookie", "grapnel_access=good"},
		"token":   {"Authorization", "Bearer good"},
	})
	if in.forms.Load() != 0 {
		t.Error("a form was read in vain")
	}
	if a := s.query(t, "mutation{refreshSession}", "Cookie", "grapnel_access=good; grapnel_refresh=r1", "GraphQL-Require-Preflight", "1"); a.status != 503 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// intake counts the forms that reach the transport of uploads.
type intake struct{ forms atomic.Int64 }

func (i *intake) Supports(r *http.Request) bool {
	return strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "multipart/")
}

func (i *intake) Do(http.ResponseWriter, *http.Request, graphql.GraphExecutor) { i.forms.Add(1) }

func TestSessionCookies(t *testing.T) {
	t.Parallel()
	public, err := url.Parse("https://api.example.com")
	if err != nil {
		t.Fatal(err)
	}
	for prefix, s := range map[string]*server{
		"":        start(t, nil),
		"__Host-": start(t, func(c *web.Config) { c.PublicURL = public }),
	} {
		secure := prefix != ""
		read := func(a answer) map[string]*http.Cookie {
			set := map[string]*http.Cookie{}
			for _, c := range (&http.Response{Header: a.header}).Cookies() {
				set[c.Name] = c
				if !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
					t.Errorf("%s", c)
				}
			}
			return set
		}
		set := read(s.query(t, `mutation{signIn(email:"a")}`))
		access, refresh := set[prefix+"grapnel_access"], set[prefix+"grapnel_refresh"]
		if access == nil || access.Value != "good" || access.Expires.IsZero() || refresh == nil || refresh.Value != "fresh" || refresh.Expires.Before(access.Expires) {
			t.Errorf("%v", set)
		}
		a := s.query(t, "{viewer}", "Cookie", prefix+"grapnel_access=good", "X-Requested-With", "x")
		if a.body != `{"data":{"viewer":"user_1"}}` {
			t.Errorf("%s", a.body)
		}
		// A device is known to the four accounts that signed in there last, and goes on
		// being known when the session ends.
		const held = "b.1.x~d.1.y~e.1.z~f.1.z~g.1.z"
		set = read(s.query(t, `mutation{signIn(email:"a")}`, "Cookie", prefix+"grapnel_device="+held))
		if c := set[prefix+"grapnel_device"]; c == nil || c.Value != "d.2.new~b.1.x~e.1.z~f.1.z" || c.MaxAge != 400*24*60*60 {
			t.Errorf("%v", set)
		}
		if a := s.query(t, `{devices}`, "Cookie", prefix+"grapnel_device="+held); a.body != `{"data":{"devices":"b.1.x d.1.y e.1.z f.1.z"}}` {
			t.Error(a.body)
		}
		for name, c := range read(s.query(t, "mutation{signOut}", "Cookie", prefix+"grapnel_device="+held)) {
			if name == prefix+"grapnel_device" {
				t.Errorf("a device is forgotten: %s", c)
			}
			if c.MaxAge >= 0 || c.Value != "" {
				t.Errorf("not cleared: %s", c)
			}
		}
		if got := a.header.Get("Strict-Transport-Security"); (got != "") != secure {
			t.Errorf("HSTS %q", got)
		}
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	public, err := url.Parse("https://api.example.com")
	if err != nil {
		t.Fatal(err)
	}
	development := start(t, nil)
	production := start(t, func(c *web.Config) {
		c.Production, c.PublicURL = true, public
		c.Origins = []string{"https://app.example.com", "https://other.example.com:443", "capacitor://localhost"}
	})
	for _, c := range []struct {
		origin                  string
		development, production bool
	}{
		{"http://localhost:3000", true, false},
		{"https://localhost", true, false},
		{"http://127.0.0.1:8081", true, false},
		{"http://[::1]:8081", true, false},
		{"http://app.localhost:3000", true, false},
		{"http://localhost.evil.example", false, false},
		{"http://evil.example", false, false},
		{"null", false, false},
		{"ftp://localhost", false, false},
		{"https://app.example.com", false, true},
		{"https://APP.example.com:443", false, true},
		{"http://app.example.com", false, false},
		{"https://app.example.com:8443", false, false},
		{"https://app.example.com.evil.example", false, false},
		{"https://other.example.com", false, true},
		{"https://api.example.com", false, true},
		{"capacitor://localhost", false, true},
	} {
		for s, want := range map[*server]bool{development: c.development, production: c.production} {
			for _, a := range []answer{
				s.do(t, http.MethodOptions, "/graphql", "", "Origin", c.origin, "Access-Control-Request-Method", "POST",
					"Access-Control-Request-Headers", "authorization,content-type,graphql-require-preflight"),
				s.query(t, "{hello}", "Origin", c.origin),
			} {
				got := a.header.Get("Access-Control-Allow-Origin")
				if want && (got != c.origin || a.header.Get("Access-Control-Allow-Credentials") != "true") || !want && got != "" {
					t.Errorf("%s: Access-Control-Allow-Origin %q, allowed: %v", c.origin, got, want)
				}
				if !strings.Contains(strings.Join(a.header.Values("Vary"), ","), "Origin") {
					t.Errorf("%s: Vary %q", c.origin, a.header.Values("Vary"))
				}
			}
		}
	}
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48"), netip.MustParsePrefix("127.0.0.1/32"),
	}
	for _, c := range []struct {
		peer   string
		header []string // the first tells the address
		want   string
	}{
		{"192.0.2.1:5000", nil, "192.0.2.1"},
		{"192.0.2.1:5000", []string{"X-Forwarded-For", "1.2.3.4"}, "192.0.2.1"}, // not a trusted peer
		{"[::ffff:192.0.2.1]:5000", nil, "192.0.2.1"},
		{"[fe80::1%eth0]:5000", nil, "fe80::1"},
		{"10.0.0.1:5000", nil, "10.0.0.1"},
		{"10.0.0.1:5000", []string{"X-Forwarded-For", "198.51.100.7"}, "198.51.100.7"},
		{"10.0.0.1:5000", []string{"X-Forwarded-For", "1.2.3.4, 198.51.100.7, 10.9.9.9"}, "198.51.100.7"},
		{"10.0.0.1:5000", []string{"X-Forwarded-For", "1.2.3.4", "X-Forwarded-For", "198.51.100.7"}, "198.51.100.7"},
		{"10.0.0.1:5000", []string{"X-Forwarded-For", "1.2.3.4, nonsense"}, "10.0.0.1"},
		{"10.0.0.1:5000", []string{"X-Forwarded-For", "nonsense, 10.2.2.2"}, "10.2.2.2"},
		{"10.0.0.1:5000", []string{"X-Forwarded-For", "10.2.2.2, 10.3.3.3"}, "10.2.2.2"},
		{"10.0.0.1:5000", []string{"X-Forwarded-For", ""}, "10.0.0.1"},
		{"10.0.0.1:5000", []string{"X-Forwarded-For", "[2001:db8:2::1]:443"}, "2001:db8:2::1"},
		{"10.0.0.1:5000", []string{"X-Forwarded-For", "198.51.100.7:8080"}, "198.51.100.7"},
		{"[2001:db8:1::5]:5000", []string{"Forwarded", `for=1.2.3.4, for="[2001:db8:2::1]:443";proto=https;by=10.0.0.1`}, "2001:db8:2::1"},
		{"10.0.0.1:5000", []string{"Forwarded", `proto=https;For=198.51.100.7`}, "198.51.100.7"},
		{"10.0.0.1:5000", []string{"Forwarded", `for=_hidden`}, "10.0.0.1"},
		{"10.0.0.1:5000", []string{"Forwarded", "for=198.51.100.7;proto=https, for=10.1.1.1"}, "198.51.100.7"},
		{"10.0.0.1:5000", []string{"X-Forwarded-For", "198.51.100.7", "Forwarded", "for=1.2.3.4"}, "198.51.100.7"},
		{"10.0.0.1:5000", []string{"X-Forwarded-For", "", "Forwarded", "for=1.2.3.4"}, "10.0.0.1"},
		{"10.0.0.1:5000", []string{"Forwarded", "for=198.51.100.7", "X-Forwarded-For", "1.2.3.4"}, "198.51.100.7"},
		{"10.0.0.1:5000", []string{"CF-Connecting-IP", "198.51.100.7", "X-Forwarded-For", "1.2.3.4"}, "198.51.100.7"},
		{"10.0.0.1:5000", []string{"x-real-ip", "2001:db8:2::1", "X-Forwarded-For", "1.2.3.4"}, "2001:db8:2::1"},
		{"pipe", nil, "pipe"},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{}, URL: &url.URL{}}
		for i := 0; i < len(c.header); i += 2 {
			r.Header.Add(c.header[i], c.header[i+1])
		}
		config := web.Config{TrustedProxies: trusted, Log: slog.New(slog.DiscardHandler)}
		if len(c.header) > 0 {
			config.AddressHeader = c.header[0]
		}
		if got, _ := web.ClientOf(config)(r); got != c.want {
			t.Errorf("%s %q: %s, want %s", c.peer, c.header, got, c.want)
		}
	}
	s := start(t, func(c *web.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	if a := s.query(t, "{address}", "X-Forwarded-For", "198.51.100.7"); a.body != `{"data":{"address":"198.51.100.7"}}` {
		t.Error(a.body)
	}
}

func FuzzClientAddress(f *testing.F) {
	f.Add("1.2.3.4, 10.0.0.1", `for="[::1]:80";by=_x`)
	f.Fuzz(func(t *testing.T, xff, forwarded string) {
		for name, value := range map[string]string{"X-Forwarded-For": xff, "Forwarded": forwarded} {
			client := web.ClientOf(web.Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, AddressHeader: name, Log: slog.New(slog.DiscardHandler)})
			got, _ := client(&http.Request{RemoteAddr: "10.0.0.1:1", Header: http.Header{name: {value}}, URL: &url.URL{}})
			if _, err := netip.ParseAddr(got); err != nil {
				t.Fatalf("%q", got)
			}
		}
	})
}

// Clients behind a proxy that is not trusted share its limits, which nobody would
// notice in time.
func TestUntrustedProxyIsLogged(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for range 2 {
		s.query(t, "{hello}", "X-Forwarded-For", "192.0.2.1")
	}
	if got := strings.Count(s.log.String(), "GRAPNEL_TRUSTED_PROXIES"); got != 1 {
		t.Errorf("logged %d times", got)
	}
}

// A trusted proxy that does not tell the addresses of its clients is logged once; its
// own health checks have none.
func TestSilentProxyIsLogged(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	const warning = "does not tell the addresses of its clients"
	s.do(t, "GET", "/readyz", "")
	s.do(t, "GET", "/healthz", "")
	s.query(t, "{hello}", "X-Forwarded-For", "192.0.2.1")
	if strings.Contains(s.log.String(), warning) {
		t.Error("logged without a reason")
	}
	for range 2 {
		s.query(t, "{hello}", "Forwarded", "for=192.0.2.1") // not the header of the setting
	}
	if got := strings.Count(s.log.String(), warning); got != 1 {
		t.Errorf("logged %d times", got)
	}
}

// What a trusted proxy says of https counts for cookies and headers, and is logged
// once where the public URL disagrees.
func TestForwardedScheme(t *testing.T) {
	t.Parallel()
	proxy := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for _, c := range []struct {
		name, public string
		trusted      []netip.Prefix
		header       []string // the first tells the address
		secure       bool
		warning      string
	}{
		{"https", "", proxy, []string{"X-Forwarded-For", "192.0.2.1", "X-Forwarded-Proto", "https"}, true, "set GRAPNEL_PUBLIC_URL"},
		{"https, over several", "", proxy, []string{"X-Forwarded-For", "192.0.2.1", "X-Forwarded-Proto", "HTTPS, http"}, true, "set GRAPNEL_PUBLIC_URL"},
		{"https in Forwarded", "", proxy, []string{"Forwarded", "for=192.0.2.1;proto=https, for=127.0.0.1;proto=http"}, true, "set GRAPNEL_PUBLIC_URL"},
		{"https in the other header", "", proxy, []string{"X-Forwarded-For", "192.0.2.1", "Forwarded", "proto=https"}, false, ""},
		{"http", "", proxy, []string{"X-Forwarded-For", "192.0.2.1", "X-Forwarded-Proto", "http"}, false, ""},
		{"nothing", "", proxy, []string{"X-Forwarded-For", "192.0.2.1"}, false, ""},
		{"not trusted", "", nil, []string{"X-Forwarded-For", "192.0.2.1", "X-Forwarded-Proto", "https"}, false, ""},
		{"agrees", "https://api.example.org", proxy, []string{"X-Forwarded-For", "192.0.2.1", "X-Forwarded-Proto", "https"}, true, ""},
		{"public URL alone", "https://api.example.org", proxy, []string{"X-Forwarded-For", "192.0.2.1"}, true, ""},
		{"public URL of http", "http://api.example.org", proxy, []string{"X-Forwarded-For", "192.0.2.1", "X-Forwarded-Proto", "https"}, true, "GRAPNEL_PUBLIC_URL begins with http"},
		{"proxy of http", "https://api.example.org", proxy, []string{"X-Forwarded-For", "192.0.2.1", "X-Forwarded-Proto", "http"}, true, "have the proxy redirect them"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, func(w *web.Config) {
				w.TrustedProxies, w.AddressHeader = c.trusted, c.header[0]
				if c.public != "" {
					w.PublicURL, _ = url.Parse(c.public)
				}
			})
			for range 2 {
				a := s.query(t, `mutation { signIn(email: "a") }`, append(c.header, "GraphQL-Require-Preflight", "1")...)
				cookie := a.header.Get("Set-Cookie")
				if got := strings.HasPrefix(cookie, "__Host-") && strings.Contains(cookie, "Secure"); got != c.secure || cookie == "" {
					t.Errorf("%s %s", cookie, a.body)
				}
				if got := a.header.Get("Strict-Transport-Security") != ""; got != c.secure {
					t.Errorf("Strict-Transport-Security: %v", got)
				}
			}
			if want := min(1, len(c.warning)); strings.Count(s.log.String(), "clients come over http") != want || !strings.Contains(s.log.String(), c.warning) {
				t.Error(s.log.String())
			}
		})
	}
}
