// Command grapnel is a GraphQL backend in one binary. See serve for its
// commands and README.md for its use.
package main

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers"
	"github.com/grapnel/grapnel/serve"
)

func main() {
	serve.Main(serve.Project{
		Specs: model.Specs(),
		Schema: func(app *core.App) graphql.ExecutableSchema {
			return graph.NewExecutableSchema(graph.Config{Resolvers: resolvers.New(app)})
		},
	})
}
