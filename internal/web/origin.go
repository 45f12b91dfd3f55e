package web

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rs/cors"
)

// origins are the web origins (RFC 6454) whose scripts may use the API: the
// same list for CORS, for sockets and against request forgery.
type origins struct {
	allowed   map[string]bool
	public    string // our own, when a public URL is set
	localhost bool   // any port of this machine, for development
}

func newOrigins(list []string, public *url.URL, localhost bool) (*origins, error) {
	o := &origins{allowed: map[string]bool{}, localhost: localhost}
	for _, s := range list {
		u, err := url.Parse(strings.TrimSuffix(s, "/"))
		if err != nil || u.Scheme == "" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil || strings.Contains(s, "*") {
			return nil, fmt.Errorf("web: %q is not an origin, such as https://app.example.com", s)
		}
		o.allowed[originOf(u)] = true
	}
	if public != nil {
		o.public = originOf(public)
	}
	return o, nil
}

// originOf is the origin of u as browsers write it.
func originOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if port := u.Port(); u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return strings.ToLower(u.Scheme) + "://" + host
}

// allow reports whether scripts of origin may make the request r.
func (o *origins) allow(r *http.Request, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" { // "null" among them
		return false
	}
	return o.listed(u) || o.own(r, u, originOf(u))
}

// listed reports whether the origin of u is in the list, or of this machine where those are.
func (o *origins) listed(u *url.URL) bool {
	if o.allowed[originOf(u)] {
		return true
	}
	if !o.localhost || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// MayReturn tells to which addresses a browser may be sent, as [core.Config] wants it: to those
// of the origins whose pages may use the API, on this machine too unless in production, and of
// apps that own one of these schemes.
func MayReturn(list, schemes []string, localhost bool) (func(*url.URL) bool, error) {
	o, err := newOrigins(list, nil, localhost)
	if err != nil {
		return nil, err
	}
	return func(u *url.URL) bool { return slices.Contains(schemes, u.Scheme) || o.listed(u) }, nil
}

// own reports whether origin is where r was sent to. Behind a proxy only the
// public URL tells it.
func (o *origins) own(r *http.Request, u *url.URL, origin string) bool {
	if o.public != "" {
		return origin == o.public
	}
	return strings.EqualFold(u.Host, r.Host)
}

// cors answers preflight requests and marks answers for allowed origins.
func (o *origins) cors(next http.Handler) http.Handler {
	return cors.New(cors.Options{
		AllowOriginVaryRequestFunc: func(r *http.Request, origin string) (bool, []string) {
			return o.allow(r, origin), nil
		},
		AllowedMethods:   []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut},
		AllowedHeaders:   []string{"*"},
		ExposedHeaders:   []string{"X-Request-Id", "Retry-After", "WWW-Authenticate", "ETag"},
		AllowCredentials: true,
		MaxAge:           600,
	}).Handler(next)
}

// anyOrigin lets scripts of every origin read what next answers, players and
// viewers of documents among them, which ask for ranges: whoever has the address
// of a file may read it. Cookies play no part in it, so no origin is given
// credentials, and the answer is the same for all.
func anyOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		if r.Method != http.MethodOptions {
			h.Set("Access-Control-Expose-Headers", "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Last-Modified, Retry-After, X-Request-Id")
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Allow", "GET, HEAD, OPTIONS")
		h.Set("Access-Control-Allow-Methods", "GET, HEAD")
		// The star does not cover Authorization, and old browsers do not know it.
		h.Set("Access-Control-Allow-Headers", "Range, If-Range, If-None-Match, If-Modified-Since, Authorization, *")
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
	})
}
