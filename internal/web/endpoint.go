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
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// endpoint is /graphql: it finds out who calls and how, and hands over to the
// transport.
type endpoint struct {
	streaming  []graphql.Transport // set their own deadlines
	plain      []graphql.Transport
	sockets    *sockets
	engine     *engine
	auth       *authenticator
	playground bool
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(graphql.StartOperationTrace(r.Context()))
	if r.Method == http.MethodGet && r.Header.Get("Upgrade") != "" {
		e.sockets.ServeHTTP(w, r)
		return
	}
	w.Header().Add("Vary", "Accept")
	if e.playground && isVisit(r) {
		http.Redirect(w, r, "/playground/", http.StatusSeeOther)
		return
	}
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET, POST")
		graphqlhttp.RefuseWith(w, r, http.StatusMethodNotAllowed, core.Errorf(core.Invalid, "Use POST, or GET for queries."))
		return
	}
	ctx, ok := e.auth.operation(w, r)
	if !ok {
		return
	}
	r = r.WithContext(ctx)
	for _, t := range e.streaming {
		if t.Supports(r) {
			unhurried(w)
			t.Do(w, r, e.engine)
			return
		}
	}
	for _, t := range e.plain {
		if t.Supports(r) {
			t.Do(w, r, e.engine)
			return
		}
	}
	graphqlhttp.RefuseWith(w, r, http.StatusUnsupportedMediaType,
		core.Errorf(core.Invalid, "Send application/json, or multipart/form-data for uploads."))
}

// isVisit reports whether a person opened the endpoint in a browser.
func isVisit(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.RawQuery == "" && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// post serves POST with a JSON body.
type post struct{ limits Limits }

var _ graphql.Transport = post{}

func (p post) Supports(r *http.Request) bool {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && r.Method == http.MethodPost && mediaType == "application/json"
}

func (p post) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	start := graphql.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, p.limits.Body))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		graphqlhttp.Refuse(w, r, core.Errorf(core.TooLarge, "The request body is too large."))
		return
	case err != nil:
		graphqlhttp.Refuse(w, r, core.Wrap(core.Aborted, err, "The request body did not arrive."))
		return
	}
	bodyRead(w)
	params, err := graphqlhttp.DecodeParams(body)
	if err != nil {
		graphqlhttp.Refuse(w, r, err)
		return
	}
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	run(w, r, exec, params, p.limits.Deadline)
}

// get serves queries by GET, persisted ones among them. A mutation is refused:
// links and images must change nothing.
type get struct{ limits Limits }

var _ graphql.Transport = get{}

func (g get) Supports(r *http.Request) bool { return r.Method == http.MethodGet }

func (g get) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	params, err := queryParams(r.URL.RawQuery)
	if err != nil {
		graphqlhttp.Refuse(w, r, err)
		return
	}
	run(w, r, exec, params, g.limits.Deadline)
}

// queryParams reads the parameters of a GET request.
func queryParams(raw string) (*graphql.RawParams, error) {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return nil, core.Errorf(core.Invalid, "The query string is not valid.")
	}
	// The body of a POST with the same meaning, so that one decoder judges both.
	body := map[string]any{}
	for _, name := range []string{"query", "operationName"} {
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

// run executes one query or mutation and answers it.
func run(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, params *graphql.RawParams, deadline time.Duration) {
	mediaType := graphqlhttp.Negotiate(r)
	if params.Query == "" && params.Extensions["persistedQuery"] == nil {
		graphqlhttp.Refuse(w, r, core.Errorf(core.Invalid, "The query is missing."))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), deadline)
	defer cancel()
	params.Headers = r.Header

	op, errs := exec.CreateOperationContext(ctx, params)
	if len(errs) == 0 && op.Operation.Operation == ast.Subscription {
		errs = gqlerror.List{graphqlhttp.NewError(core.Invalid, "Subscriptions need a WebSocket.")}
	}
	if len(errs) > 0 {
		graphqlhttp.WriteResponse(w, mediaType, exec.DispatchError(graphql.WithOperationContext(ctx, op), errs), true)
		return
	}
	if r.Method == http.MethodGet && op.Operation.Operation != ast.Query {
		w.Header().Set("Allow", "POST")
		graphqlhttp.RefuseWith(w, r, http.StatusMethodNotAllowed, core.Errorf(core.Invalid, "Use POST for mutations."))
		return
	}
	responses, ctx := exec.DispatchOperation(ctx, op)
	resp := responses(ctx)
	if resp == nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		graphqlhttp.Refuse(w, r, core.Errorf(core.Unavailable, "The operation took too long."))
		return
	}
	graphqlhttp.WriteResponse(w, mediaType, resp, false)
}
