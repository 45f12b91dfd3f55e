package graphqlhttp

import "net/http"

// Preflighted reports whether a request has one of the headers that no form and
// no script of a foreign origin can send without asking first, by CORS. Without
// one, a page elsewhere could act with the user's cookies.
func Preflighted(r *http.Request) bool {
	return r.Header.Get("GraphQL-Require-Preflight") != "" ||
		r.Header.Get("Apollo-Require-Preflight") != "" ||
		r.Header.Get("X-Requested-With") != ""
}
