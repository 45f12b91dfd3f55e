package graphqlhttp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
)

// A request that was refused is answered with at most this much, however many
// faults its document has.
const (
	maxErrors  = 20
	maxMessage = 500 // bytes of one message
)

// WriteResponse answers with what the engine made of a request. requestError
// says that the operation was refused before its execution; so was one whose
// response has no data at all, which is how extensions refuse. Such an answer
// has no data entry; its status is 401, 429 or 503 when the same operation may run
// later or with another token, whatever the media type, or else 400 as ResponseJSON. A nil
// response means that the request's context ended first.
func WriteResponse(w http.ResponseWriter, mediaType string, resp *graphql.Response, requestError bool) {
	if resp == nil {
		resp = &graphql.Response{
			Errors: gqlerror.List{NewError(core.Aborted, "The request ended before it was answered.")},
			Data:   json.RawMessage("null"),
		}
	}
	status := http.StatusOK
	if requestError || len(resp.Data) == 0 {
		refused := *resp
		refused.Data, refused.Errors = nil, Trim(resp.Errors)
		resp = &refused
		status = refusedStatus(mediaType, resp.Errors)
		if n := retryAfter(resp.Errors); n > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(n))
		}
	}
	write(w, mediaType, status, resp)
}

// refusedStatus is the status of an operation that was refused with errs.
func refusedStatus(mediaType string, errs gqlerror.List) int {
	if status, ok := retryStatus(errs); ok {
		return status
	}
	if mediaType == ResponseJSON {
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// Retryable reports whether the same operation, refused with errs, may run later
// or with another token. A client must see so by the status, without reading the
// body.
func Retryable(errs gqlerror.List) bool {
	_, ok := retryStatus(errs)
	return ok
}

func retryStatus(errs gqlerror.List) (status int, ok bool) {
	for _, err := range errs {
		if err == nil {
			continue
		}
		switch err.Extensions["code"] {
		case string(core.Unauthenticated):
			return http.StatusUnauthorized, true
		case string(core.RateLimited):
			return http.StatusTooManyRequests, true
		case string(core.Unavailable):
			return http.StatusServiceUnavailable, true
		}
	}
	return 0, false
}

// retryAfter is the seconds to wait that errs name; 0 for none.
func retryAfter(errs gqlerror.List) int {
	longest := 0
	for _, err := range errs {
		if err != nil {
			n, _ := err.Extensions["retryAfter"].(int)
			longest = max(longest, n)
		}
	}
	return longest
}

// Trim bounds the errors of a refused request, in number and in length, for
// each of them repeats text of the document. A last error counts those left out.
// Trimming twice changes nothing.
func Trim(errs gqlerror.List) gqlerror.List {
	out := make(gqlerror.List, 0, min(len(errs), maxErrors+1))
	for i, err := range errs {
		if i == maxErrors && len(errs) > maxErrors+1 {
			more := NewError(core.Invalid, fmt.Sprintf("%d more errors are not shown.", len(errs)-i))
			return append(out, more)
		}
		if err != nil && len(err.Message) > maxMessage {
			short := *err
			short.Message = Cut(err.Message, maxMessage) + "…"
			err = &short
		}
		out = append(out, err)
	}
	return out
}

// Cut shortens s to at most n bytes without splitting a character.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.ToValidUTF8(s[:n], "\uFFFD")
}

// write sends resp. The data is sent as the engine made it, in a write of its
// own: encoding/json would parse and copy it again.
func write(w http.ResponseWriter, mediaType string, status int, resp *graphql.Response) {
	head, tail, err := frame(resp)
	if err != nil {
		// Only a value that cannot be JSON in some extensions map gets here.
		head, tail, status = []byte(`{"errors":[{"message":"The answer could not be encoded.","extensions":{"code":"INTERNAL"}}]`), []byte("}"), http.StatusInternalServerError
		resp = &graphql.Response{}
	}
	h := w.Header()
	h.Set("Content-Type", mediaType+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(head)+len(resp.Data)+len(tail)))
	w.WriteHeader(status)
	// A failed write means that the client has left: nobody to tell.
	_, _ = w.Write(head)
	if len(resp.Data) > 0 {
		_, _ = w.Write(resp.Data)
	}
	_, _ = w.Write(tail)
}

// Encode is a response as JSON, for transports that do not answer with it alone.
func Encode(resp *graphql.Response) []byte {
	head, tail, err := frame(resp)
	if err != nil {
		panic(err) // only a value that cannot be JSON in some extensions map gets here
	}
	return append(append(head, resp.Data...), tail...)
}

// frame encodes what stands before and after the data. Errors come first, as
// the GraphQL specification advises.
func frame(resp *graphql.Response) (head, tail []byte, err error) {
	head = append(head, '{')
	sep := func(b []byte) []byte {
		if len(b) > 1 {
			b = append(b, ',')
		}
		return b
	}
	if len(resp.Errors) > 0 {
		errs, err := json.Marshal(resp.Errors)
		if err != nil {
			return nil, nil, err
		}
		head = append(append(head, `"errors":`...), errs...)
	}
	if len(resp.Data) > 0 {
		head = append(sep(head), `"data":`...)
	}
	if len(resp.Extensions) > 0 {
		ext, err := json.Marshal(resp.Extensions)
		if err != nil {
			return nil, nil, err
		}
		if len(head) > 1 {
			tail = append(tail, ',')
		}
		tail = append(append(tail, `"extensions":`...), ext...)
	}
	return head, append(tail, '}'), nil
}
