// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/names/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Type(ctx context.Context, id string) (*model.Type, error) {
	return r.models.Types.Get(ctx, id)
}

func (r *queryResolver) Types(ctx context.Context, where *model.TypeWhere, orderBy *model.TypeOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.Type], error) {
	return translate.Page(ctx, r.models.Types.Page, where, typeArgWhere, core.PageArgs{
		OrderBy: typeArgOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateType(ctx context.Context, input model.CreateTypeInput) (*model.CreateTypePayload, error) {
	doc, err := r.models.Types.Create(ctx, createType(ctx, &input))
	return &model.CreateTypePayload{Type: doc}, err
}

func (r *mutationResolver) UpdateType(ctx context.Context, input model.UpdateTypeInput) (*model.UpdateTypePayload, error) {
	doc, err := r.models.Types.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateType(&input))
	return &model.UpdateTypePayload{Type: doc}, err
}

func (r *mutationResolver) DeleteType(ctx context.Context, input model.DeleteTypeInput) (*model.DeleteTypePayload, error) {
	err := r.models.Types.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteTypePayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) TypeChanged(ctx context.Context, where *model.TypeWhere) (<-chan *core.Change[model.Type], error) {
	return translate.Changes(ctx, r.models.Types.Changed, where, typeArgWhere)
}

func typeArgWhere(w *translate.Reader, at string, in *model.TypeWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, typeArgWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.IDList(w, at, "keyIds", "keyIds", in.KeyIds),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func typeArgOrder(by *model.TypeOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	}
	return translate.Order(by.Direction, "createdAt")
}

func createType(ctx context.Context, in *model.CreateTypeInput) core.Edits[model.Type] {
	e := core.Edits[model.Type]{Apply: func(d *model.Type, c *core.Checker) {
		d.Name = in.Name
		d.KeyID = in.KeyID.Value()
		d.KeyIds = in.KeyIds.Value()
	}}
	return e
}

func updateType(in *model.UpdateTypeInput) core.Edits[model.Type] {
	e := core.Edits[model.Type]{Apply: func(d *model.Type, c *core.Checker) {
		translate.Replace(&d.Name, in.Name)
		translate.Set(&d.KeyID, in.KeyID)
		translate.ReplaceList(&d.KeyIds, in.KeyIds)
	}}
	return e
}

func (r *typeArgResolver) Key(ctx context.Context, obj *model.Type) (*model.HTTPRoute, error) {
	return translate.Maybe(core.Follow(ctx, obj, "key", func(d *model.Type) string { return translate.Deref(d.KeyID) }, r.models.HTTPRoutes.Collection))
}

func (r *typeArgResolver) Keys(ctx context.Context, obj *model.Type) ([]*model.HTTPRoute, error) {
	return core.FollowAll(ctx, obj, "keys", func(d *model.Type) []string { return d.KeyIds }, r.models.HTTPRoutes.Collection)
}

func (r *typeArgResolver) Errors(ctx context.Context, obj *model.Type, where *model.ErrorWhere, orderBy *model.ErrorOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.Error], error) {
	return translate.Page(ctx, func(ctx context.Context, args core.PageArgs) (*core.Page[model.Error], error) {
		return core.Children(ctx, obj, "errors", r.models.Errors.Collection, "typeId", args)
	}, where, errorWhere, core.PageArgs{
		OrderBy: errorOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}
