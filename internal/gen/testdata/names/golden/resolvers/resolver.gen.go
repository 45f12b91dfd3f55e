// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/names/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Resolver(ctx context.Context, id string) (*model.Resolver, error) {
	return r.models.Resolvers.Get(ctx, id)
}

func (r *queryResolver) Resolvers(ctx context.Context, where *model.ResolverWhere, orderBy *model.ResolverOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.Resolver], error) {
	return translate.Page(ctx, r.models.Resolvers.Page, where, resolverWhere, core.PageArgs{
		OrderBy: resolverOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateResolver(ctx context.Context, input model.CreateResolverInput) (*model.CreateResolverPayload, error) {
	doc, err := r.models.Resolvers.Create(ctx, createResolver(ctx, &input))
	return &model.CreateResolverPayload{Resolver: doc}, err
}

func (r *mutationResolver) UpdateResolver(ctx context.Context, input model.UpdateResolverInput) (*model.UpdateResolverPayload, error) {
	doc, err := r.models.Resolvers.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateResolver(&input))
	return &model.UpdateResolverPayload{Resolver: doc}, err
}

func (r *mutationResolver) DeleteResolver(ctx context.Context, input model.DeleteResolverInput) (*model.DeleteResolverPayload, error) {
	err := r.models.Resolvers.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteResolverPayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) ResolverChanged(ctx context.Context, where *model.ResolverWhere) (<-chan *core.Change[model.Resolver], error) {
	return translate.Changes(ctx, r.models.Resolvers.Changed, where, resolverWhere)
}

func resolverWhere(w *translate.Reader, at string, in *model.ResolverWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, resolverWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.String(w, at, "model", "model", in.Model),
		translate.String(w, at, "core", "core", in.Core),
		translate.Time(w, at, "time", "time", in.Time),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func resolverOrder(by *model.ResolverOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	case model.ResolverOrderFieldModel:
		return translate.Order(by.Direction, "model")
	case model.ResolverOrderFieldCore:
		return translate.Order(by.Direction, "core")
	case model.ResolverOrderFieldTime:
		return translate.Order(by.Direction, "time")
	}
	return translate.Order(by.Direction, "createdAt")
}

func createResolver(ctx context.Context, in *model.CreateResolverInput) core.Edits[model.Resolver] {
	e := core.Edits[model.Resolver]{Apply: func(d *model.Resolver, c *core.Checker) {
		d.Model = in.Model
		d.Core = in.Core
		d.Time = in.Time
	}}
	return e
}

func updateResolver(in *model.UpdateResolverInput) core.Edits[model.Resolver] {
	e := core.Edits[model.Resolver]{Apply: func(d *model.Resolver, c *core.Checker) {
		translate.Replace(&d.Model, in.Model)
		translate.Replace(&d.Core, in.Core)
		translate.Replace(&d.Time, in.Time)
	}}
	return e
}
