package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// presenter bounds the messages of present and gives INTERNAL errors the id of
// the request, by which the log tells the cause.
func presenter(c Config) graphql.ErrorPresenterFunc {
	present := c.Present
	if present == nil {
		present = defaultPresent(c.Log)
	}
	return func(ctx context.Context, err error) *gqlerror.Error {
		e := present(ctx, err)
		if e == nil {
			return nil
		}
		shown := *e
		if len(shown.Message) > c.Limits.Message {
			shown.Message = strings.ToValidUTF8(shown.Message[:c.Limits.Message], "") + "…"
		}
		if code := shown.Extensions["code"]; code == core.Internal || code == string(core.Internal) {
			ext := map[string]any{"requestId": RequestID(ctx)}
			for k, v := range shown.Extensions {
				ext[k] = v
			}
			shown.Extensions = ext
		}
		return &shown
	}
}

// defaultPresent shows *core.Error and what the engine found in the document,
// and masks everything else.
func defaultPresent(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		shown := &gqlerror.Error{Path: graphql.GetPath(ctx)}
		var g *gqlerror.Error
		if errors.As(err, &g) {
			shown.Path, shown.Locations = g.Path, g.Locations
			if g.Err == nil {
				return g
			}
		}
		var e *core.Error
		if !errors.As(err, &e) || e.Code == core.Internal {
			log.ErrorContext(ctx, "operation failed", "request", RequestID(ctx), "path", shown.Path.String(), "error", err)
			shown.Message = "Something went wrong on the server."
			shown.Extensions = map[string]any{"code": core.Internal}
			return shown
		}
		shown.Message = e.Message
		shown.Extensions = map[string]any{"code": e.Code}
		if len(e.Fields) > 0 {
			shown.Extensions["fields"] = e.Fields
		}
		if e.CurrentVersion > 0 {
			shown.Extensions["currentVersion"] = e.CurrentVersion
		}
		if e.RetryAfter > 0 {
			shown.Extensions["retryAfter"] = e.RetryAfter.Seconds()
		}
		return shown
	}
}

func recoverer(c Config) graphql.RecoverFunc {
	if c.Recover != nil {
		return c.Recover
	}
	return func(ctx context.Context, v any) error {
		return core.Wrap(core.Internal, fmt.Errorf("panic: %v\n%s", v, debug.Stack()), "Something went wrong on the server.")
	}
}

// status is the HTTP status of an error outside an executed operation.
func status(code core.Code) int {
	switch code {
	case core.Invalid, core.Aborted:
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

// writeError answers a request outside GraphQL with err; the cause of an
// INTERNAL one is only logged.
func writeError(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	var e *core.Error
	if !errors.As(err, &e) || status(e.Code) == http.StatusInternalServerError {
		log.ErrorContext(r.Context(), "request failed", "request", RequestID(r.Context()), "error", err)
		e = core.Errorf(core.Internal, "Something went wrong on the server.")
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	graphqlhttp.WriteError(w, graphqlhttp.JSON, status(e.Code), e.Code, e.Message)
}
