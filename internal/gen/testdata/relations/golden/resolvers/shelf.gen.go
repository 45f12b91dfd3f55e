// Code generated from schema/shelf.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/relations/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Shelf(ctx context.Context, id string) (*model.Shelf, error) {
	return r.models.Shelves.Get(ctx, id)
}

func (r *queryResolver) ShelfByName(ctx context.Context, value string) (*model.Shelf, error) {
	return r.models.Shelves.By(ctx, "name", value)
}

func (r *queryResolver) Shelves(ctx context.Context, where *model.ShelfWhere, orderBy *model.ShelfOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.Shelf], error) {
	return translate.Page(ctx, r.models.Shelves.Page, where, shelfWhere, core.PageArgs{
		OrderBy: shelfOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateShelf(ctx context.Context, input model.CreateShelfInput) (*model.CreateShelfPayload, error) {
	doc, err := r.models.Shelves.Create(ctx, createShelf(ctx, &input))
	return &model.CreateShelfPayload{Shelf: doc}, err
}

func (r *subscriptionResolver) ShelfChanged(ctx context.Context, where *model.ShelfWhere) (<-chan *core.Change[model.Shelf], error) {
	return translate.Changes(ctx, r.models.Shelves.Changed, where, shelfWhere)
}

func shelfWhere(w *translate.Reader, at string, in *model.ShelfWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, shelfWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.String(w, at, "name", "name", in.Name),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func shelfOrder(by *model.ShelfOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	}
	return translate.Order(by.Direction, "createdAt")
}

func createShelf(ctx context.Context, in *model.CreateShelfInput) core.Edits[model.Shelf] {
	e := core.Edits[model.Shelf]{Apply: func(d *model.Shelf, c *core.Checker) {
		d.Name = in.Name
	}}
	return e
}

func (r *shelfResolver) Books(ctx context.Context, obj *model.Shelf, where *model.BookWhere, orderBy *model.BookOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[model.Book], error) {
	return translate.Page(ctx, func(ctx context.Context, args core.PageArgs) (*core.Page[model.Book], error) {
		return core.Children(ctx, obj, "books", r.models.Books.Collection, "shelfId", args)
	}, where, bookWhere, core.PageArgs{
		OrderBy: bookOrder(orderBy), Search: search, Brief: !translate.Asks(ctx, "blurb"), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}
