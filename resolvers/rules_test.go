package resolvers_test

import (
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/internal/ruletest"
	"github.com/grapnel/grapnel/resolvers"
)

// The rules of users, posts and assets mean what their tables say.
func TestRules(t *testing.T) {
	t.Parallel()
	ruletest.Run(t, ruletest.Project{
		Specs: model.Specs(),
		Schema: func(app *core.App) graphql.ExecutableSchema {
			return graph.NewExecutableSchema(graph.Config{Resolvers: resolvers.New(app)})
		},
	}, ruletest.Base()...)
}
