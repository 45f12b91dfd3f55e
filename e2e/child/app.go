package child

import (
	"bytes"
	"context"
	"path/filepath"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers"
	"github.com/grapnel/grapnel/serve"
	"github.com/grapnel/grapnel/storage/filesystem"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// WithApp runs do on the product's core over the embedded stores in dir.
func WithApp(ctx context.Context, dir string, do func(*core.App) error) error {
	docs, err := sqlite.Open(ctx, filepath.Join(dir, "grapnel.db"))
	if err != nil {
		return err
	}
	defer docs.Close()
	app, err := NewApp(ctx, dir, docs)
	if err != nil {
		return err
	}
	defer app.Close()
	return do(app)
}

// NewApp is the product's core over a document store and the files in dir.
func NewApp(ctx context.Context, dir string, docs core.DocStore) (*core.App, error) {
	objects, err := filesystem.Open(filepath.Join(dir, "files"))
	if err != nil {
		return nil, err
	}
	return core.New(ctx, core.Config{Specs: model.Specs(), Docs: docs, Objects: objects, Key: bytes.Repeat([]byte("k"), 32),
		MaxUpload: 1 << 30})
}

// Product is the product as its binary serves it.
func Product() serve.Project {
	return serve.Project{Specs: model.Specs(), Schema: func(app *core.App) graphql.ExecutableSchema {
		return graph.NewExecutableSchema(graph.Config{Resolvers: resolvers.New(app)})
	}}
}
