package graphqlhttp

import (
	"context"
	"errors"
	"math"
	"net/http"
	"os"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
)

// NewError is an error as clients read it. The message is shown as it is.
func NewError[C ~string](code C, message string) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": string(code)}}
}

// Present is what a client may read of err: a *[core.Error] with its details,
// that its request has ended, and of everything else that it is INTERNAL.
func Present(err error) *gqlerror.Error {
	e := known(err)
	out := NewError(e.Code, e.Message)
	if len(e.Fields) > 0 {
		out.Extensions["fields"] = e.Fields
	}
	if e.CurrentVersion != 0 {
		out.Extensions["currentVersion"] = e.CurrentVersion
	}
	if e.ID != "" {
		out.Extensions["id"] = e.ID
	}
	if e.RetryAfter > 0 {
		out.Extensions["retryAfter"] = int(math.Ceil(e.RetryAfter.Seconds())) // as Retry-After has it
	}
	return out
}

// known brings any error to core's type.
func known(err error) *core.Error {
	var e *core.Error
	switch {
	case errors.As(err, &e) && e.Code != core.Internal:
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return core.Errorf(core.Unavailable, "The request took too long; try again.")
	case errors.Is(err, context.Canceled):
		return core.Errorf(core.Unavailable, "The request was cancelled.")
	}
	return core.Errorf(core.Internal, "Something went wrong on the server.")
}

// Refuse answers a request that was not executed, for both media types with
// the status that err has in HTTP. What the client reads is [Present].
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	RefuseWith(w, r, Status(err), err)
}

// RefuseWith is [Refuse] with a status that says more than the code of err.
func RefuseWith(w http.ResponseWriter, r *http.Request, status int, err error) {
	errs := gqlerror.List{Present(err)}
	if n := retryAfter(errs); n > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(n))
	}
	write(w, Negotiate(r), status, &graphql.Response{Errors: errs})
}

// Status is the HTTP status of an error outside an executed operation.
func Status(err error) int {
	switch known(err).Code {
	case core.Invalid, core.InvalidCredentials: // not 401, at which clients refresh their session
		return http.StatusBadRequest
	case core.Aborted:
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return http.StatusRequestTimeout
		}
		return http.StatusBadRequest
	case core.Unauthenticated:
		return http.StatusUnauthorized
	case core.Forbidden:
		return http.StatusForbidden
	case core.NotFound:
		return http.StatusNotFound
	case core.Conflict:
		return http.StatusConflict
	case core.TooLarge:
		return http.StatusRequestEntityTooLarge
	case core.RateLimited:
		return http.StatusTooManyRequests
	case core.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
