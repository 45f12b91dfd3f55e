// Package resolvers translates between GraphQL and core, and nothing else: an
// input becomes a draft or a patch, one call of core does the work, its result
// is the answer. Rules, filters and drivers are elsewhere.
package resolvers

import "github.com/grapnel/grapnel/core"

//go:generate go tool gqlgen generate

// Resolver is the root of all resolvers.
type Resolver struct{ app *core.App }

// New serves app.
func New(app *core.App) *Resolver { return &Resolver{app: app} }
