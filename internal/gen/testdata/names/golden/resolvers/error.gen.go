// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/names/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Error(ctx context.Context, id string) (*model.Error, error) {
	return r.models.Errors.Get(ctx, id)
}

func (r *queryResolver) ErrorByTypeID(ctx context.Context, value string) (*model.Error, error) {
	return r.models.Errors.By(ctx, "typeId", value)
}

func (r *queryResolver) Errors(ctx context.Context, where *model.ErrorWhere, orderBy *model.ErrorOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.Error], error) {
	return translate.Page(ctx, r.models.Errors.Page, where, errorWhere, core.PageArgs{
		OrderBy: errorOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateError(ctx context.Context, input model.CreateErrorInput) (*model.CreateErrorPayload, error) {
	doc, err := r.models.Errors.Create(ctx, createError(ctx, &input))
	return &model.CreateErrorPayload{Error: doc}, err
}

func (r *mutationResolver) UpdateError(ctx context.Context, input model.UpdateErrorInput) (*model.UpdateErrorPayload, error) {
	doc, err := r.models.Errors.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateError(&input))
	return &model.UpdateErrorPayload{Error: doc}, err
}

func (r *mutationResolver) DeleteError(ctx context.Context, input model.DeleteErrorInput) (*model.DeleteErrorPayload, error) {
	err := r.models.Errors.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteErrorPayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) ErrorChanged(ctx context.Context, where *model.ErrorWhere) (<-chan *core.Change[model.Error], error) {
	return translate.Changes(ctx, r.models.Errors.Changed, where, errorWhere)
}

func errorWhere(w *translate.Reader, at string, in *model.ErrorWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, errorWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.ID(w, at, "typeId", "typeId", in.TypeID),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func errorOrder(by *model.ErrorOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	}
	return translate.Order(by.Direction, "createdAt")
}

func createError(ctx context.Context, in *model.CreateErrorInput) core.Edits[model.Error] {
	e := core.Edits[model.Error]{Apply: func(d *model.Error, c *core.Checker) {
		d.TypeID = in.TypeID.Value()
		d.LineName = in.LineName.Value()
		d.ContextText = in.ContextText.Value()
	}}
	return e
}

func updateError(in *model.UpdateErrorInput) core.Edits[model.Error] {
	e := core.Edits[model.Error]{Apply: func(d *model.Error, c *core.Checker) {
		translate.Set(&d.TypeID, in.TypeID)
		translate.Set(&d.LineName, in.LineName)
		translate.Set(&d.ContextText, in.ContextText)
	}}
	return e
}

func (r *errorResolver) Type(ctx context.Context, obj *model.Error) (*model.Type, error) {
	return translate.Maybe(core.Follow(ctx, obj, "type", func(d *model.Error) string { return translate.Deref(d.TypeID) }, r.models.Types.Collection))
}
