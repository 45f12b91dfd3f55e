// Command shop is a backend made with Grapnel.
package main

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/serve"

	"github.com/grapnel/grapnel/examples/shop/graph"
	"github.com/grapnel/grapnel/examples/shop/graph/model"
	"github.com/grapnel/grapnel/examples/shop/resolvers"
)

//go:generate go tool generate

func main() {
	serve.Main(serve.Project{
		Specs: model.Specs(),
		Schema: func(app *core.App) graphql.ExecutableSchema {
			return graph.NewExecutableSchema(graph.Config{Resolvers: resolvers.New(app)})
		},
	})
}
