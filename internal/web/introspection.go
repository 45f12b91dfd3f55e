package web

import (
	"context"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/introspection"
)

// notServed is a directive that the parser knows and our transports do not.
const notServed = "defer"

// introspect lets an introspection name the directives that are served, as clients
// and their tools go by it.
func introspect(op *graphql.OperationContext) {
	if strings.Contains(op.RawQuery, "__schema") {
		op.ResolverMiddleware = servedDirectives
	}
}

func servedDirectives(ctx context.Context, next graphql.Resolver) (any, error) {
	v, err := next(ctx)
	if list, ok := v.([]introspection.Directive); ok {
		return slices.DeleteFunc(list, func(d introspection.Directive) bool { return d.Name == notServed }), err
	}
	return v, err
}
