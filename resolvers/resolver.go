// Package resolvers translates between GraphQL and core, and nothing else: an
// input becomes a draft or a patch, one call of core does the work, its result
// is the answer. Rules, filters and drivers are elsewhere.
package resolvers

import (
	"io/fs"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph"
	"github.com/grapnel/grapnel/resolvers/dashboard"
	"github.com/grapnel/grapnel/schema"
)

//go:generate go run ../generate

// Resolver is what the resolvers work with.
type Resolver struct {
	app       *core.App
	models    *Models // of the types that are not in core
	dashboard *dashboard.Dashboard
}

// New resolves with app.
func New(app *core.App) graph.ResolverRoot {
	return newRoot(&Resolver{app: app, models: NewModels(app), dashboard: dashboard.New(schema.Whole, app.Spec)})
}

// NewFor resolves what core itself answers in a project that has this schema:
// *.graphqls files with all their directives. The types that are not in core, Grapnel's
// own among them, are the project's to make.
func NewFor(app *core.App, schema fs.FS) graph.ResolverRoot {
	return newRoot(&Resolver{app: app, dashboard: dashboard.New(schema, app.Spec)})
}
