// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/names/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Models(ctx context.Context, id string) (*model.Models, error) {
	return r.models.TheModels.Get(ctx, id)
}

func (r *queryResolver) TheModels(ctx context.Context, where *model.ModelsWhere, orderBy *model.ModelsOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.Models], error) {
	return translate.Page(ctx, r.models.TheModels.Page, where, modelsWhere, core.PageArgs{
		OrderBy: modelsOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateModels(ctx context.Context, input model.CreateModelsInput) (*model.CreateModelsPayload, error) {
	doc, err := r.models.TheModels.Create(ctx, createModels(ctx, &input))
	return &model.CreateModelsPayload{Models: doc}, err
}

func (r *mutationResolver) UpdateModels(ctx context.Context, input model.UpdateModelsInput) (*model.UpdateModelsPayload, error) {
	doc, err := r.models.TheModels.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateModels(&input))
	return &model.UpdateModelsPayload{Models: doc}, err
}

func (r *mutationResolver) DeleteModels(ctx context.Context, input model.DeleteModelsInput) (*model.DeleteModelsPayload, error) {
	err := r.models.TheModels.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteModelsPayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) ModelsChanged(ctx context.Context, where *model.ModelsWhere) (<-chan *core.Change[model.Models], error) {
	return translate.Changes(ctx, r.models.TheModels.Changed, where, modelsWhere)
}

func modelsWhere(w *translate.Reader, at string, in *model.ModelsWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, modelsWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func modelsOrder(by *model.ModelsOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	}
	return translate.Order(by.Direction, "createdAt")
}

func createModels(ctx context.Context, in *model.CreateModelsInput) core.Edits[model.Models] {
	e := core.Edits[model.Models]{Apply: func(d *model.Models, c *core.Checker) {
		d.RootID = in.RootID.Value()
	}}
	return e
}

func updateModels(in *model.UpdateModelsInput) core.Edits[model.Models] {
	e := core.Edits[model.Models]{Apply: func(d *model.Models, c *core.Checker) {
		translate.Set(&d.RootID, in.RootID)
	}}
	return e
}

func (r *modelsResolver) Root(ctx context.Context, obj *model.Models) (*model.Root, error) {
	return translate.Maybe(core.Follow(ctx, obj, "root", func(d *model.Models) string { return translate.Deref(d.RootID) }, r.models.Roots.Collection))
}
