// Package resolvers answers the queries of the schema. Files named *.gen.go are
// generated; a method written beside them takes the place of the generated one.
package resolvers

import (
	"github.com/grapnel/grapnel/core"

	"github.com/grapnel/grapnel/examples/shop/graph"
)

// Resolver is what the resolvers work with: add what yours need.
type Resolver struct {
	app    *core.App // users, sessions, posts and assets
	models *Models   // the types that schema/ declares
}

// New resolves with app. Set the hooks of your types here, such as
// r.models.Products.BeforeCreate.
func New(app *core.App) graph.ResolverRoot {
	r := &Resolver{app: app, models: NewModels(app)}
	r.models.Orders.BeforeCreate = r.price
	return newRoot(r)
}
