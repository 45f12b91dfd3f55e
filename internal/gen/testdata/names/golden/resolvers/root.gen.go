// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/names/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Root(ctx context.Context, id string) (*model.Root, error) {
	return r.models.Roots.Get(ctx, id)
}

func (r *queryResolver) Roots(ctx context.Context, where *model.RootWhere, orderBy *model.RootOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.Root], error) {
	return translate.Page(ctx, r.models.Roots.Page, where, rootWhere, core.PageArgs{
		OrderBy: rootOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateRoot(ctx context.Context, input model.CreateRootInput) (*model.CreateRootPayload, error) {
	doc, err := r.models.Roots.Create(ctx, createRoot(ctx, &input))
	return &model.CreateRootPayload{Root: doc}, err
}

func (r *mutationResolver) UpdateRoot(ctx context.Context, input model.UpdateRootInput) (*model.UpdateRootPayload, error) {
	doc, err := r.models.Roots.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateRoot(&input))
	return &model.UpdateRootPayload{Root: doc}, err
}

func (r *mutationResolver) DeleteRoot(ctx context.Context, input model.DeleteRootInput) (*model.DeleteRootPayload, error) {
	err := r.models.Roots.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteRootPayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) RootChanged(ctx context.Context, where *model.RootWhere) (<-chan *core.Change[model.Root], error) {
	return translate.Changes(ctx, r.models.Roots.Changed, where, rootWhere)
}

func rootWhere(w *translate.Reader, at string, in *model.RootWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, rootWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func rootOrder(by *model.RootOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	}
	return translate.Order(by.Direction, "createdAt")
}

func createRoot(ctx context.Context, in *model.CreateRootInput) core.Edits[model.Root] {
	e := core.Edits[model.Root]{Apply: func(d *model.Root, c *core.Checker) {
		d.ResolverID = in.ResolverID.Value()
	}}
	return e
}

func updateRoot(in *model.UpdateRootInput) core.Edits[model.Root] {
	e := core.Edits[model.Root]{Apply: func(d *model.Root, c *core.Checker) {
		translate.Set(&d.ResolverID, in.ResolverID)
	}}
	return e
}

func (r *rootResolver) Resolver(ctx context.Context, obj *model.Root) (*model.Resolver, error) {
	return translate.Maybe(core.Follow(ctx, obj, "resolver", func(d *model.Root) string { return translate.Deref(d.ResolverID) }, r.models.Resolvers.Collection))
}
