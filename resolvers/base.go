package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph"
)

func (r *queryResolver) Node(ctx context.Context, id string) (core.Node, error) {
	return r.app.Node(ctx, id)
}

func (r *queryResolver) Nodes(ctx context.Context, ids []string) ([]core.Node, error) {
	return r.app.Nodes(ctx, ids)
}

func (r *Resolver) Mutation() graph.MutationResolver { return &mutationResolver{r} }

func (r *Resolver) Query() graph.QueryResolver { return &queryResolver{r} }

func (r *Resolver) Subscription() graph.SubscriptionResolver { return &subscriptionResolver{r} }

type (
	mutationResolver     struct{ *Resolver }
	queryResolver        struct{ *Resolver }
	subscriptionResolver struct{ *Resolver }
)
