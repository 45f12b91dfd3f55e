// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/names/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) ProductLine(ctx context.Context, id string) (*model.ProductLine, error) {
	return r.models.ProductLines.Get(ctx, id)
}

func (r *queryResolver) ProductLines(ctx context.Context, where *model.ProductLineWhere, orderBy *model.ProductLineOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.ProductLine], error) {
	return translate.Page(ctx, r.models.ProductLines.Page, where, productLineWhere, core.PageArgs{
		OrderBy: productLineOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateProductLine(ctx context.Context, input model.CreateProductLineInput) (*model.CreateProductLinePayload, error) {
	doc, err := r.models.ProductLines.Create(ctx, createProductLine(ctx, &input))
	return &model.CreateProductLinePayload{ProductLine: doc}, err
}

func (r *mutationResolver) UpdateProductLine(ctx context.Context, input model.UpdateProductLineInput) (*model.UpdateProductLinePayload, error) {
	doc, err := r.models.ProductLines.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateProductLine(&input))
	return &model.UpdateProductLinePayload{ProductLine: doc}, err
}

func (r *mutationResolver) DeleteProductLine(ctx context.Context, input model.DeleteProductLineInput) (*model.DeleteProductLinePayload, error) {
	err := r.models.ProductLines.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteProductLinePayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) ProductLineChanged(ctx context.Context, where *model.ProductLineWhere) (<-chan *core.Change[model.ProductLine], error) {
	return translate.Changes(ctx, r.models.ProductLines.Changed, where, productLineWhere)
}

func productLineWhere(w *translate.Reader, at string, in *model.ProductLineWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, productLineWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func productLineOrder(by *model.ProductLineOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	}
	return translate.Order(by.Direction, "createdAt")
}

func createProductLine(ctx context.Context, in *model.CreateProductLineInput) core.Edits[model.ProductLine] {
	e := core.Edits[model.ProductLine]{Apply: func(d *model.ProductLine, c *core.Checker) {
		d.X1 = in.X1.Value()
		d.RootID = in.RootID.Value()
		d.Page = in.Page.Value()
	}}
	return e
}

func updateProductLine(in *model.UpdateProductLineInput) core.Edits[model.ProductLine] {
	e := core.Edits[model.ProductLine]{Apply: func(d *model.ProductLine, c *core.Checker) {
		translate.Set(&d.X1, in.X1)
		translate.Set(&d.RootID, in.RootID)
		translate.Set(&d.Page, in.Page)
	}}
	return e
}

func (r *productLineResolver) Root(ctx context.Context, obj *model.ProductLine) (*model.Root, error) {
	return translate.Maybe(core.Follow(ctx, obj, "root", func(d *model.ProductLine) string { return translate.Deref(d.RootID) }, r.models.Roots.Collection))
}
