// Code generated from the schema by `go generate`. DO NOT EDIT.

package resolvers

import (
	"github.com/grapnel/grapnel/graph"
)

// root hands gqlgen the resolvers of each type.
type root struct {
	r *Resolver
}

func newRoot(r *Resolver) graph.ResolverRoot {
	return &root{r}
}

func (x *root) Query() graph.QueryResolver { return &queryResolver{x.r} }

type queryResolver struct{ *Resolver }

func (x *root) Mutation() graph.MutationResolver { return &mutationResolver{x.r} }

type mutationResolver struct{ *Resolver }

func (x *root) Subscription() graph.SubscriptionResolver { return &subscriptionResolver{x.r} }

type subscriptionResolver struct{ *Resolver }

func (x *root) Asset() graph.AssetResolver { return &assetResolver{x.r} }

type assetResolver struct{ *Resolver }

func (x *root) Post() graph.PostResolver { return &postResolver{x.r} }

type postResolver struct{ *Resolver }

func (x *root) User() graph.UserResolver { return &userResolver{x.r} }

type userResolver struct{ *Resolver }
