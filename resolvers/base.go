package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
)

func (r *queryResolver) Node(ctx context.Context, id string) (core.Node, error) {
	return r.app.Node(ctx, id)
}

func (r *queryResolver) Nodes(ctx context.Context, ids []string) ([]core.Node, error) {
	return r.app.Nodes(ctx, ids)
}
