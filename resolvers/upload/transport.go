package upload

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// Transport runs multipart requests. A zero field means its default. Put no
// buffering or compressing middleware and no general body limit in front of it,
// and no ReadTimeout on the server: it has limits and deadlines of its own. Files
// that nobody read are the business of [graphqlhttp.Linger].
// Middleware that wraps the ResponseWriter must have Unwrap, or the deadlines
// have no effect.
type Transport struct {
	MaxFile    int64 // bytes of a file; 1 GiB
	MaxRequest int64 // bytes of the whole request; MaxFile and 4 MiB
	MaxHeld    int64 // bytes of a request held back on disk; 64 MiB

	// IdleTimeout is how long the client may take to send its next 16 KiB,
	// not counting the time in which nobody wants to read; 30 s.
	IdleTimeout time.Duration
	// TempDir is where parts are held back; the system's default if empty.
	TempDir string
}

var _ graphql.Transport = Transport{}

const (
	maxOperations = 512 << 10 // bytes of the field operations
	maxMap        = 64 << 10  // bytes of the field map, which names at most maxFiles
	maxFiles      = 10        // files of a request

	withoutFiles = 30 * time.Second // for an operation without files
	answerTime   = 60 * time.Second // for a client to take the answer
)

// Meter charges a request for its bytes, before they are looked at; the engine is
// one where requests cost something.
type Meter interface {
	ChargeBytes(ctx context.Context, n int) error
}

func (t Transport) withDefaults() Transport {
	def(&t.MaxFile, 1<<30)
	def(&t.MaxRequest, t.MaxFile+4<<20)
	def(&t.MaxHeld, 64<<20)
	def(&t.IdleTimeout, 30*time.Second)
	return t
}

func def[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Supports reports whether r is a multipart form.
func (t Transport) Supports(r *http.Request) bool {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && mediaType == "multipart/form-data" &&
		r.Method == http.MethodPost && r.Header.Get("Upgrade") == ""
}

// Do answers one request. What is wrong before the operation runs is a 4xx;
// what goes wrong while files arrive is an error of the field that reads them.
func (t Transport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	t = t.withDefaults()
	if !graphqlhttp.Preflighted(r) {
		graphqlhttp.Refuse(w, r, core.Errorf(core.Invalid,
			"A multipart request needs a header GraphQL-Require-Preflight, Apollo-Require-Preflight or X-Requested-With."))
		return
	}
	if r.ContentLength > t.MaxRequest {
		graphqlhttp.Refuse(w, r, errRequestTooLarge(t.MaxRequest))
		return
	}

	start := graphql.Now()
	form, err := newForm(t, w, r)
	if err != nil {
		graphqlhttp.Refuse(w, r, err)
		return
	}
	defer form.close() // also when the executor panics
	params, err := form.params(func(text []byte) error {
		if m, ok := exec.(Meter); ok {
			return m.ChargeBytes(r.Context(), len(text))
		}
		return nil
	})
	if err != nil {
		form.close()
		graphqlhttp.Refuse(w, r, err)
		return
	}
	params.Headers = r.Header
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	ctx := r.Context()
	if len(form.files) == 0 { // nothing that may take its time
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, withoutFiles)
		defer cancel()
	}
	resp, refused := run(ctx, exec, params, form)
	form.close()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime))
	graphqlhttp.WriteResponse(w, graphqlhttp.Negotiate(r), resp, refused)
}

// run has the engine execute the operation, in the same steps as its own
// transports, so that every extension sees what it expects. refused says that
// the operation was not executed.
func run(ctx context.Context, exec graphql.GraphExecutor, params *graphql.RawParams, form *form) (resp *graphql.Response, refused bool) {
	op, errs := exec.CreateOperationContext(ctx, params)
	if errs == nil {
		errs = check(op, form)
	}
	if errs != nil {
		return exec.DispatchError(graphql.WithOperationContext(ctx, op), errs), true
	}
	next, ctx := exec.DispatchOperation(ctx, op)
	return next(ctx), false
}

// check refuses what the engine would let pass: a subscription, which has more
// than one answer, and files for variables that the operation does not declare
// or that are scalars of another type.
func check(op *graphql.OperationContext, form *form) gqlerror.List {
	refuse := func(format string, args ...any) gqlerror.List {
		return gqlerror.List{graphqlhttp.NewError(core.Invalid, fmt.Sprintf(format, args...))}
	}
	if op.Operation.Operation == ast.Subscription {
		return refuse("A subscription cannot be a multipart request.")
	}
	for _, f := range form.files {
		def := op.Operation.VariableDefinitions.ForName(f.variable)
		if def == nil {
			return refuse("A file is mapped to $%.100s, which the operation does not declare.", f.variable)
		}
		if def.Definition != nil && def.Definition.Kind != ast.InputObject && def.Definition.Name != "Upload" {
			return refuse("A file is mapped to $%.100s, which is not of type Upload.", f.variable)
		}
	}
	return nil
}
