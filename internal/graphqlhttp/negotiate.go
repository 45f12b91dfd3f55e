// Package graphqlhttp is what every HTTP transport of the endpoint has in
// common: it reads the parameters of a request, chooses the media type of the
// answer, and writes answers with the status codes of the GraphQL over HTTP
// specification (https://graphql.github.io/graphql-over-http/draft/).
//
//	situation                            application/graphql-response+json   application/json
//	executed, with or without errors     200                                 200
//	parse, validation, coercion, limit   400, no data entry                  200, no data entry
//	session expired or not checkable     401 or 503, no data entry           401 or 503, no data entry
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

// Negotiate chooses JSON or ResponseJSON by the Accept header: the one with
// the higher weight, and with equal weights ResponseJSON if it is named. A
// missing header, wildcards and headers that allow neither mean JSON, as the
// specification permits; an endpoint of two types has no use for 406.
func Negotiate(r *http.Request) string {
	// Weight of each type by the most specific range that covers it.
	json, response := weight{}, weight{}
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
				json.set(1, q)
				response.set(1, q)
			case "application/*":
				json.set(2, q)
				response.set(2, q)
			case JSON:
				json.set(3, q)
			case ResponseJSON:
				response.set(3, q)
			}
		}
	}
	named := response.rank == 3 && response.q > 0
	if named && response.q >= json.q {
		return ResponseJSON
	}
	return JSON
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
