// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/names/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) ErrorLine(ctx context.Context, id string) (*model.ErrorLine, error) {
	return r.models.ErrorLines.Get(ctx, id)
}

func (r *queryResolver) ErrorLines(ctx context.Context, where *model.ErrorLineWhere, orderBy *model.ErrorLineOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.ErrorLine], error) {
	return translate.Page(ctx, r.models.ErrorLines.Page, where, errorLineWhere, core.PageArgs{
		OrderBy: errorLineOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateErrorLine(ctx context.Context, input model.CreateErrorLineInput) (*model.CreateErrorLinePayload, error) {
	doc, err := r.models.ErrorLines.Create(ctx, createErrorLine(ctx, &input))
	return &model.CreateErrorLinePayload{ErrorLine: doc}, err
}

func (r *mutationResolver) UpdateErrorLine(ctx context.Context, input model.UpdateErrorLineInput) (*model.UpdateErrorLinePayload, error) {
	doc, err := r.models.ErrorLines.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateErrorLine(&input))
	return &model.UpdateErrorLinePayload{ErrorLine: doc}, err
}

func (r *mutationResolver) DeleteErrorLine(ctx context.Context, input model.DeleteErrorLineInput) (*model.DeleteErrorLinePayload, error) {
	err := r.models.ErrorLines.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteErrorLinePayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) ErrorLineChanged(ctx context.Context, where *model.ErrorLineWhere) (<-chan *core.Change[model.ErrorLine], error) {
	return translate.Changes(ctx, r.models.ErrorLines.Changed, where, errorLineWhere)
}

func errorLineWhere(w *translate.Reader, at string, in *model.ErrorLineWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, errorLineWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func errorLineOrder(by *model.ErrorLineOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	}
	return translate.Order(by.Direction, "createdAt")
}

func createErrorLine(ctx context.Context, in *model.CreateErrorLineInput) core.Edits[model.ErrorLine] {
	e := core.Edits[model.ErrorLine]{Apply: func(d *model.ErrorLine, c *core.Checker) {
		d.Name = in.Name.Value()
	}}
	return e
}

func updateErrorLine(in *model.UpdateErrorLineInput) core.Edits[model.ErrorLine] {
	e := core.Edits[model.ErrorLine]{Apply: func(d *model.ErrorLine, c *core.Checker) {
		translate.Set(&d.Name, in.Name)
	}}
	return e
}
