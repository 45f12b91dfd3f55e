package resolvers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
)

// Present is the one place where errors become GraphQL errors. What core
// does not know is INTERNAL: masked for the client, logged with its cause.
func Present(ctx context.Context, err error) *gqlerror.Error {
	var engine *gqlerror.Error
	if errors.As(err, &engine) && engine.Unwrap() == nil {
		return engine // of the parser, the validator or a limit: already coded
	}
	out := &gqlerror.Error{Path: graphql.GetPath(ctx)}
	if engine != nil {
		out.Path, out.Locations = engine.Path, engine.Locations
		err = engine.Unwrap()
	}
	e := known(err)
	if e.Code == core.Internal || e.Code == core.Unavailable {
		slog.Log(ctx, severity[e.Code], "operation failed", "path", out.Path.String(), "error", err)
	}
	out.Message = e.Message
	out.Extensions = map[string]any{"code": e.Code}
	if len(e.Fields) > 0 {
		out.Extensions["fields"] = e.Fields
	}
	if e.CurrentVersion != 0 {
		out.Extensions["currentVersion"] = e.CurrentVersion
	}
	if e.RetryAfter > 0 {
		out.Extensions["retryAfter"] = int(math.Ceil(e.RetryAfter.Seconds()))
	}
	return out
}

var severity = map[core.Code]slog.Level{core.Internal: slog.LevelError, core.Unavailable: slog.LevelWarn}

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

// Recover makes of a panic in a resolver an error that Present masks.
func Recover(ctx context.Context, p any) error {
	return fmt.Errorf("panic: %v\n%s", p, debug.Stack())
}
