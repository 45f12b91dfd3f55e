// Package graphqlhttp is what every HTTP transport of the endpoint has in
// common: it reads the parameters of a request, chooses the media type of the
// answer, and writes answers with the status codes of the GraphQL over HTTP
// specification (https://graphql.github.io/graphql-over-http/draft/).
//
//	situation                            application/graphql-response+json   application/json
//	executed, with or without errors     200                                 200
//	parse, validation, coercion, limit   400, no data entry                  200, no data entry
//	expired, too many, unavailable       401, 429 or 503, no data entry      401, 429 or 503, no data entry
//	refused before that ([Refuse])       4xx or 5xx, no data entry           4xx or 5xx, no data entry
package graphqlhttp

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// The media types of an answer.
const (
	// JSON is the older type: whatever the engine answers has status 200.
	JSON = "application/json"
	// ResponseJSON is the type of the specification: a request that was not
	// executed has status 400.
	ResponseJSON = "application/graphql-response+json"
)

// EventStream is the type of an answer whose results come one after the other, as
// Server-Sent Events.
const EventStream = "text/event-stream"

// Negotiate chooses JSON or ResponseJSON by the Accept header: the one with
// the higher weight, and with equal weights ResponseJSON if it is named. A
// missing header, wildcards and headers that allow neither mean JSON, as the
// specification permits; an endpoint of two types has no use for 406.
func Negotiate(r *http.Request) string {
	a := accepted(r)
	if a.response.named() && a.response.q >= a.json.q {
		return ResponseJSON
	}
	return JSON
}

// Events reports whether the Accept header names EventStream, and whether it
// prefers it: clients that name everything they can read want JSON, where a single
// result is all there is.
func Events(r *http.Request) (accepts, prefers bool) {
	a := accepted(r)
	accepts = a.events.named()
	prefers = accepts && a.events.q > max(a.json.q, a.response.q)
	return accepts, prefers
}

// accept has the weight of each type, by the most specific range that covers it.
type accept struct{ json, response, events weight }

func accepted(r *http.Request) (a accept) {
	for _, header := range r.Header.Values("Accept") {
		for item := range strings.SplitSeq(header, ",") {
			name, params, err := mime.ParseMediaType(item)
			if err != nil {
				continue
			}
			q := 1.0
			if s, ok := params["q"]; ok {
				if q, err = strconv.ParseFloat(s, 64); err != nil || !(q >= 0 && q <= 1) {
					continue
				}
			}
			switch name {
			case "*/*":
				a.json.set(1, q)
				a.response.set(1, q)
			case "application/*":
				a.json.set(2, q)
				a.response.set(2, q)
			case JSON:
				a.json.set(3, q)
			case ResponseJSON:
				a.response.set(3, q)
			case EventStream:
				a.events.set(3, q)
			}
		}
	}
	return a
}

// weight is the q of the most specific range seen so far.
type weight struct {
	rank int
	q    float64
}

func (w *weight) set(rank int, q float64) {
	if rank > w.rank || rank == w.rank && q > w.q {
		w.rank, w.q = rank, q
	}
}

func (w *weight) named() bool { return w.rank == 3 && w.q > 0 }
