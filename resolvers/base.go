package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
)

func (r *queryResolver) Node(ctx context.Context, id string) (core.Node, error) {
	return r.app.Node(ctx, id)
}

func (r *queryResolver) Nodes(ctx context.Context, ids []string) ([]core.Node, error) {
	return r.app.Nodes(ctx, ids)
}

func (r *queryResolver) DashboardSchema(ctx context.Context) (*model.DashboardSchema, error) {
	return r.dashboard.Schema(core.PrincipalOf(ctx))
}
