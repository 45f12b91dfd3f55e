// Code generated from schema/book.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/relations/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Book(ctx context.Context, id string) (*model.Book, error) {
	return r.models.Books.Get(ctx, id)
}

func (r *queryResolver) Books(ctx context.Context, where *model.BookWhere, orderBy *model.BookOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[model.Book], error) {
	return translate.Page(ctx, r.models.Books.Page, where, bookWhere, core.PageArgs{
		OrderBy: bookOrder(orderBy), Search: search, Brief: !translate.Asks(ctx, "blurb"), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateBook(ctx context.Context, input model.CreateBookInput) (*model.CreateBookPayload, error) {
	doc, err := r.models.Books.Create(ctx, createBook(ctx, &input))
	return &model.CreateBookPayload{Book: doc}, err
}

func (r *mutationResolver) UpdateBook(ctx context.Context, input model.UpdateBookInput) (*model.UpdateBookPayload, error) {
	doc, err := r.models.Books.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateBook(&input))
	return &model.UpdateBookPayload{Book: doc}, err
}

func (r *mutationResolver) DeleteBook(ctx context.Context, input model.DeleteBookInput) (*model.DeleteBookPayload, error) {
	err := r.models.Books.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteBookPayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) BookChanged(ctx context.Context, where *model.BookWhere) (<-chan *core.Change[model.Book], error) {
	return translate.Changes(ctx, r.models.Books.Changed, where, bookWhere)
}

func bookWhere(w *translate.Reader, at string, in *model.BookWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, bookWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.String(w, at, "title", "title", in.Title),
		translate.ID(w, at, "shelfId", "shelfId", in.ShelfID),
		translate.ID(w, at, "publisherId", "publisherId", in.PublisherID),
		translate.IDList(w, at, "writerIds", "writerIds", in.WriterIds),
		translate.IDList(w, at, "keeperIds", "keeperIds", in.KeeperIds),
		translate.ID(w, at, "lenderId", "lenderId", in.LenderID),
		translate.IDList(w, at, "photoIds", "photoIds", in.PhotoIds),
		translate.ID(w, at, "addedById", "addedById", in.AddedByID),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func bookOrder(by *model.BookOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	case model.BookOrderFieldRelevance:
		return translate.Relevance(by.Direction, core.Order{Field: "createdAt", Desc: true})
	case model.BookOrderFieldTitle:
		return translate.Order(by.Direction, "title")
	}
	return translate.Order(by.Direction, "createdAt")
}

func createBook(ctx context.Context, in *model.CreateBookInput) core.Edits[model.Book] {
	e := core.Edits[model.Book]{Apply: func(d *model.Book, c *core.Checker) {
		d.Title = in.Title
		d.Blurb = in.Blurb.Value()
		d.ShelfID = in.ShelfID
		d.PublisherID = in.PublisherID
		d.WriterIds = in.WriterIds
		d.KeeperIds = translate.OrCallers(ctx, in.KeeperIds)
		d.ReaderID = in.ReaderID
		d.LenderID = in.LenderID.Value()
		d.ResolverID = in.ResolverID.Value()
		d.PhotoIds = in.PhotoIds.Value()
		d.CoverID = in.CoverID.Value()
		d.AddedByID = translate.Or(in.AddedByID, core.PrincipalOf(ctx).UserID)
	}}
	if in.CoverID.Value() != nil {
		e.Guarded = append(e.Guarded, "coverId")
	}
	return e
}

func updateBook(in *model.UpdateBookInput) core.Edits[model.Book] {
	e := core.Edits[model.Book]{Apply: func(d *model.Book, c *core.Checker) {
		translate.Replace(&d.Title, in.Title)
		translate.Set(&d.Blurb, in.Blurb)
		translate.Replace(&d.ShelfID, in.ShelfID)
		translate.Replace(&d.PublisherID, in.PublisherID)
		translate.ReplaceList(&d.WriterIds, in.WriterIds)
		translate.ReplaceList(&d.KeeperIds, in.KeeperIds)
		translate.Replace(&d.ReaderID, in.ReaderID)
		translate.Set(&d.LenderID, in.LenderID)
		translate.Set(&d.ResolverID, in.ResolverID)
		translate.ReplaceList(&d.PhotoIds, in.PhotoIds)
		translate.Set(&d.CoverID, in.CoverID)
		translate.Replace(&d.AddedByID, in.AddedByID)
	}}
	if in.CoverID.IsSet() {
		e.Guarded = append(e.Guarded, "coverId")
	}
	return e
}

func (r *bookResolver) Blurb(ctx context.Context, obj *model.Book) (*string, error) {
	whole, err := r.models.Books.Whole(ctx, obj)
	if err != nil {
		return nil, err
	}
	return whole.Blurb, nil
}

func (r *bookResolver) Shelf(ctx context.Context, obj *model.Book) (*model.Shelf, error) {
	return core.Follow(ctx, obj, "shelf", func(d *model.Book) string { return d.ShelfID }, r.models.Shelves.Collection)
}

func (r *bookResolver) Publisher(ctx context.Context, obj *model.Book) (*model.Writer, error) {
	return translate.Maybe(core.Follow(ctx, obj, "publisher", func(d *model.Book) string { return d.PublisherID }, r.models.Writers.Collection))
}

func (r *bookResolver) Writers(ctx context.Context, obj *model.Book) ([]*model.Writer, error) {
	return core.FollowAll(ctx, obj, "writers", func(d *model.Book) []string { return d.WriterIds }, r.models.Writers.Collection)
}

func (r *bookResolver) Keepers(ctx context.Context, obj *model.Book) ([]*core.User, error) {
	return core.FollowAll(ctx, obj, "keepers", func(d *model.Book) []string { return d.KeeperIds }, r.app.Users.Collection)
}

func (r *bookResolver) Reader(ctx context.Context, obj *model.Book) (*core.User, error) {
	return translate.Maybe(core.Follow(ctx, obj, "reader", func(d *model.Book) string { return d.ReaderID }, r.app.Users.Collection))
}

func (r *bookResolver) Lender(ctx context.Context, obj *model.Book) (*core.User, error) {
	return translate.Maybe(core.Follow(ctx, obj, "lender", func(d *model.Book) string { return translate.Deref(d.LenderID) }, r.app.Users.Collection))
}

func (r *bookResolver) Resolver(ctx context.Context, obj *model.Book) (*core.User, error) {
	return translate.Maybe(core.Follow(ctx, obj, "resolver", func(d *model.Book) string { return translate.Deref(d.ResolverID) }, r.app.Users.Collection))
}

func (r *bookResolver) Photos(ctx context.Context, obj *model.Book) ([]*core.Asset, error) {
	return core.FollowAll(ctx, obj, "photos", func(d *model.Book) []string { return d.PhotoIds }, r.app.Assets.Collection)
}

func (r *bookResolver) Cover(ctx context.Context, obj *model.Book) (*core.Asset, error) {
	if r.models.Books.Withholds(ctx, obj, "coverId") {
		return nil, nil
	}
	return translate.Maybe(core.Follow(ctx, obj, "cover", func(d *model.Book) string { return translate.Deref(d.CoverID) }, r.app.Assets.Collection))
}
