// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/names/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) HTTPServerIDs(ctx context.Context, id string) (*model.HTTPServerIDs, error) {
	return r.models.ServerIDs.Get(ctx, id)
}

func (r *queryResolver) ServerIDs(ctx context.Context, where *model.HTTPServerIDsWhere, orderBy *model.HTTPServerIDsOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.HTTPServerIDs], error) {
	return translate.Page(ctx, r.models.ServerIDs.Page, where, httpServerIDsWhere, core.PageArgs{
		OrderBy: httpServerIDsOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateHTTPServerIDs(ctx context.Context, input model.CreateHTTPServerIDsInput) (*model.CreateHTTPServerIDsPayload, error) {
	doc, err := r.models.ServerIDs.Create(ctx, createHTTPServerIDs(ctx, &input))
	return &model.CreateHTTPServerIDsPayload{HTTPServerIDs: doc}, err
}

func (r *mutationResolver) UpdateHTTPServerIDs(ctx context.Context, input model.UpdateHTTPServerIDsInput) (*model.UpdateHTTPServerIDsPayload, error) {
	doc, err := r.models.ServerIDs.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateHTTPServerIDs(&input))
	return &model.UpdateHTTPServerIDsPayload{HTTPServerIDs: doc}, err
}

func (r *mutationResolver) DeleteHTTPServerIDs(ctx context.Context, input model.DeleteHTTPServerIDsInput) (*model.DeleteHTTPServerIDsPayload, error) {
	err := r.models.ServerIDs.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteHTTPServerIDsPayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) HTTPServerIDsChanged(ctx context.Context, where *model.HTTPServerIDsWhere) (<-chan *core.Change[model.HTTPServerIDs], error) {
	return translate.Changes(ctx, r.models.ServerIDs.Changed, where, httpServerIDsWhere)
}

func httpServerIDsWhere(w *translate.Reader, at string, in *model.HTTPServerIDsWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, httpServerIDsWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func httpServerIDsOrder(by *model.HTTPServerIDsOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	}
	return translate.Order(by.Direction, "createdAt")
}

func createHTTPServerIDs(ctx context.Context, in *model.CreateHTTPServerIDsInput) core.Edits[model.HTTPServerIDs] {
	e := core.Edits[model.HTTPServerIDs]{Apply: func(d *model.HTTPServerIDs, c *core.Checker) {
		d.AbC = in.AbC.Value()
	}}
	return e
}

func updateHTTPServerIDs(in *model.UpdateHTTPServerIDsInput) core.Edits[model.HTTPServerIDs] {
	e := core.Edits[model.HTTPServerIDs]{Apply: func(d *model.HTTPServerIDs, c *core.Checker) {
		translate.Set(&d.AbC, in.AbC)
	}}
	return e
}
