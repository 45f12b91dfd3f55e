package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// presenter is the one place where errors of operations become GraphQL errors.
// What the engine found in the document is shown as it is, everything else by
// [graphqlhttp.Present]. Messages are bounded, and an INTERNAL error carries the
// id of the request, by which the log tells the cause.
func presenter(c Config) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		shown := visible(ctx, c.Log, err)
		if len(shown.Message) > c.Limits.Message {
			shown.Message = graphqlhttp.Cut(shown.Message, c.Limits.Message) + "…"
		}
		return &shown
	}
}

// visible is what a client may read of an operation's error; the rest is logged.
func visible(ctx context.Context, log *slog.Logger, err error) gqlerror.Error {
	path, locations := graphql.GetPath(ctx), []gqlerror.Location(nil)
	var e *gqlerror.Error
	if errors.As(err, &e) {
		if e.Err == nil {
			return *e // of the parser, the validator or a limit: already coded
		}
		path, locations, err = e.Path, e.Locations, e.Err
	}
	logCause(ctx, log, err, "operation failed", slog.String("path", path.String()))
	path, input := inputOf(ctx, path)
	shown := *graphqlhttp.Present(err)
	shown.Path, shown.Locations = path, locations
	if input != "" && shown.Extensions["code"] == string(core.Invalid) && shown.Extensions["fields"] == nil {
		shown.Extensions["fields"] = []core.FieldError{{Path: input, Code: "FORM", Message: shown.Message}}
	}
	if shown.Extensions["code"] == string(core.Internal) {
		shown.Extensions["requestId"] = RequestID(ctx)
	}
	return shown
}

// inputOf takes apart the path of an error that a scalar found in an argument: the
// path of the field in the answer, and where in its input the value stands, as
// [core.FieldError] has it. input is "" for other errors.
func inputOf(ctx context.Context, path ast.Path) (field ast.Path, input string) {
	f := graphql.GetFieldContext(ctx)
	if f == nil {
		return path, ""
	}
	field = f.Path()
	if len(path) <= len(field) || !slices.Equal(path[:len(field)], field) {
		return path, ""
	}
	return field, inputPath(path[len(field):])
}

// inputPath writes where among the arguments of a field a value stands.
func inputPath(path ast.Path) string {
	var b strings.Builder
	for _, p := range path {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		fmt.Fprint(&b, p)
	}
	return strings.TrimPrefix(b.String(), "input.")
}

// recoverPanic makes of a panic in a resolver an error that is masked.
func recoverPanic(_ context.Context, v any) error {
	return fmt.Errorf("panic: %v\n%s", v, debug.Stack())
}

// logPanic logs what a handler panicked with.
func logPanic(ctx context.Context, log *slog.Logger, v any) {
	log.ErrorContext(ctx, "panic", "request", RequestID(ctx), "error", fmt.Sprint(v), "stack", string(debug.Stack()))
}

// refuse answers a request outside GraphQL with err and logs its cause.
func refuse(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	logCause(r.Context(), log, err, "request failed")
	graphqlhttp.Refuse(w, r, err)
}

// logCause logs an error that is ours and not the client's, for the client reads
// nothing of its cause.
func logCause(ctx context.Context, log *slog.Logger, err error, message string, attrs ...slog.Attr) {
	var level slog.Level
	switch graphqlhttp.Present(err).Extensions["code"] {
	case string(core.Internal):
		level = slog.LevelError
	case string(core.Unavailable):
		level = slog.LevelWarn
	default:
		return
	}
	attrs = append([]slog.Attr{slog.String("request", RequestID(ctx))}, attrs...)
	log.LogAttrs(ctx, level, message, append(attrs, slog.Any("error", err))...)
}
