package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// endpoint is /graphql: it finds out who calls and how, and runs the operation.
type endpoint struct {
	transports []graphql.Transport // of further kinds of request; they set their own deadlines
	streams    *streams
	engine     *engine
	auth       *authenticator
	maxAge     time.Duration // for which caches may answer visitors
	playground bool
	downgraded sync.Once // the warning about it
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(graphql.StartOperationTrace(r.Context()))
	if wants, may := upgrades(r); may {
		e.streams.socket(w, r)
		return
	} else if wants {
		e.downgraded.Do(func() {
			e.streams.log.WarnContext(r.Context(), "a WebSocket came without its upgrade: the proxy before this server must pass Upgrade and Connection on", "request", RequestID(r.Context()))
		})
		graphqlhttp.Refuse(w, r, core.Errorf(core.Invalid, "The headers that open a WebSocket are missing: a proxy does not pass Upgrade and Connection on."))
		return
	}
	w.Header().Add("Vary", "Accept")
	if e.playground && isVisit(r) {
		toPlayground(w)
		return
	}
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET, POST")
		graphqlhttp.RefuseWith(w, r, http.StatusMethodNotAllowed, core.Errorf(core.Invalid, "Use POST, or GET for queries."))
		return
	}
	for _, t := range e.transports {
		if t.Supports(r) {
			if ctx, ok := e.auth.operation(w, r); ok {
				unhurried(w)
				t.Do(w, r.WithContext(ctx), e.engine)
			}
			return
		}
	}
	params, err := e.params(w, r)
	if err != nil {
		status := graphqlhttp.Status(err)
		if errors.Is(err, errMediaType) {
			status = http.StatusUnsupportedMediaType
		}
		graphqlhttp.RefuseWith(w, r, status, err)
		return
	}
	// Only now, for the body may take its time, in which rights can end.
	if ctx, ok := e.auth.operation(w, r); ok {
		e.run(w, r.WithContext(ctx), params)
	}
}

// upgrades reports whether r wants to become a WebSocket, and whether it may: a
// proxy takes the headers away that are meant for one hop (RFC 9110, section 7.6.1).
func upgrades(r *http.Request) (wants, may bool) {
	if r.Method != http.MethodGet {
		return false, false
	}
	upgrade := hasToken(r.Header["Upgrade"], "websocket")
	return upgrade || r.Header.Get("Sec-WebSocket-Key") != "", upgrade && hasToken(r.Header["Connection"], "upgrade")
}

// hasToken reports whether a list header has a token, whatever its case.
func hasToken(lines []string, token string) bool {
	for _, line := range lines {
		for item := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(item), token) {
				return true
			}
		}
	}
	return false
}

// isVisit reports whether a person opened the endpoint in a browser.
func isVisit(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.RawQuery == "" && strings.Contains(r.Header.Get("Accept"), "text/html")
}

var errMediaType = core.Errorf(core.Invalid, "Send application/json, or multipart/form-data for uploads.")

// params reads the parameters of a GET or of a POST with a JSON body.
func (e *endpoint) params(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, error) {
	start := graphql.Now()
	if r.Method == http.MethodGet {
		return queryParams(r.URL.RawQuery)
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return nil, errMediaType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, e.engine.limits.Body))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, core.Errorf(core.TooLarge, "The request body is too large.")
	case err != nil:
		return nil, core.Wrap(core.Aborted, err, "The request body did not arrive.")
	}
	bodyRead(w)
	if err := e.engine.ChargeBytes(r.Context(), len(body)); err != nil {
		return nil, err
	}
	params, err := graphqlhttp.DecodeParams(body)
	if err != nil {
		return nil, err
	}
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	return params, nil
}

// queryParams reads the parameters of a GET request.
func queryParams(raw string) (*graphql.RawParams, error) {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return nil, core.Errorf(core.Invalid, "The query string is not valid.")
	}
	// The body of a POST with the same meaning, so that one decoder judges both.
	body := map[string]any{}
	for _, name := range []string{"query", "operationName", "documentId"} {
		if q.Has(name) {
			body[name] = q.Get(name)
		}
	}
	for _, name := range []string{"variables", "extensions"} {
		if v := q.Get(name); v != "" {
			if !json.Valid([]byte(v)) {
				return nil, core.Errorf(core.Invalid, "%s is not valid JSON.", name)
			}
			body[name] = json.RawMessage(v)
		}
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, core.Wrap(core.Invalid, err, "The query string is not valid.")
	}
	return graphqlhttp.DecodeParams(encoded)
}

// run executes one operation and answers it: a query or a mutation with one result,
// a subscription, or whatever the client wants so, with an event stream.
func (e *endpoint) run(w http.ResponseWriter, r *http.Request, params *graphql.RawParams) {
	params.Headers = r.Header
	ctx, cancel := context.WithTimeout(r.Context(), e.engine.limits.Deadline)
	defer cancel()
	op, errs := e.engine.CreateOperationContext(ctx, params)
	accepts, prefers := graphqlhttp.Events(r)
	subscribes := len(errs) == 0 && op.Operation.Operation == ast.Subscription
	switch {
	case len(errs) == 0 && r.Method == http.MethodGet && op.Operation.Operation == ast.Mutation:
		// Links and images must change nothing.
		w.Header().Set("Allow", "POST")
		graphqlhttp.RefuseWith(w, r, http.StatusMethodNotAllowed, core.Errorf(core.Invalid, "Use POST for mutations."))
		return
	case prefers && !graphqlhttp.Retryable(errs), accepts && subscribes:
		e.streams.events(w, r, op, errs)
		return
	case subscribes:
		errs = gqlerror.List{graphqlhttp.NewError(core.Invalid, "Subscriptions need a WebSocket, or the header Accept: text/event-stream.")}
	}
	mediaType := graphqlhttp.Negotiate(r)
	if len(errs) > 0 {
		graphqlhttp.WriteResponse(w, mediaType, e.engine.DispatchError(graphql.WithOperationContext(ctx, op), errs), true)
		return
	}
	responses, ctx := e.engine.DispatchOperation(ctx, op)
	resp := responses(ctx)
	switch {
	case resp == nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		graphqlhttp.Refuse(w, r, core.Errorf(core.Unavailable, "The operation took too long."))
	case e.cacheable(r, resp):
		graphqlhttp.WriteCacheable(w, r, mediaType, resp, e.maxAge)
	default:
		graphqlhttp.WriteResponse(w, mediaType, resp, false)
	}
}

// cacheable reports whether any visitor would get this answer: a query by GET, from
// nobody in particular, that went well, with nothing about who asked.
func (e *endpoint) cacheable(r *http.Request, resp *graphql.Response) bool {
	return r.Method == http.MethodGet && resp != nil && len(resp.Errors) == 0 && len(resp.Extensions) == 0 &&
		r.Header.Get("Authorization") == "" && r.Header.Get("Cookie") == ""
}
