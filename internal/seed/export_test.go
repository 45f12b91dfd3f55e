package seed

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// Ask carries out a query on what was made.
func Ask(ctx context.Context, schema graphql.ExecutableSchema, query string, answer any) error {
	return (&site{plan: Plan{Schema: schema}}).ask(ctx, query, nil, answer)
}
