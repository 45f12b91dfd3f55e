// Package resolvers translates between GraphQL and core, and nothing else: an
// input becomes a draft or a patch, one call of core does the work, its result
// is the answer. Rules, filters and drivers are elsewhere.
package resolvers

import (
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph"
)

//go:generate go run ../generate

// Resolver is what the resolvers work with.
type Resolver struct{ app *core.App }

// New resolves with app.
func New(app *core.App) graph.ResolverRoot { return newRoot(&Resolver{app: app}) }
