package web

import "net/http"

// What the tests look at from outside.
var (
	MergeRule = mergeRule
	RequestOf = requestID
	ByteRange = byteRange
)

// ClientOf tells the address of a request's client, and whether it speaks https.
func ClientOf(c Config) func(*http.Request) (address string, https bool) {
	p := newProxies(c)
	return func(r *http.Request) (string, bool) {
		from := p.peer(r)
		return from.address, from.https
	}
}
