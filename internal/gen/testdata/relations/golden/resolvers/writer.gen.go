// Code generated from schema/shelf.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/relations/graph/model"
	"github.com/99designs/gqlgen/graphql"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Writer(ctx context.Context, id string) (*model.Writer, error) {
	return r.models.Writers.Get(ctx, id)
}

func (r *queryResolver) WriterByAccountID(ctx context.Context, value string) (*model.Writer, error) {
	return r.models.Writers.By(ctx, "accountId", value)
}

func (r *queryResolver) Writers(ctx context.Context, where *model.WriterWhere, orderBy *model.WriterOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[model.Writer], error) {
	return translate.Page(ctx, r.models.Writers.Page, where, writerWhere, core.PageArgs{
		OrderBy: writerOrder(orderBy), Search: search, First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateWriter(ctx context.Context, input model.CreateWriterInput) (*model.CreateWriterPayload, error) {
	doc, err := r.models.Writers.Create(ctx, createWriter(ctx, &input))
	return &model.CreateWriterPayload{Writer: doc}, err
}

func (r *mutationResolver) UpdateWriter(ctx context.Context, input model.UpdateWriterInput) (*model.UpdateWriterPayload, error) {
	doc, err := r.models.Writers.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateWriter(&input))
	return &model.UpdateWriterPayload{Writer: doc}, err
}

func (r *mutationResolver) DeleteWriter(ctx context.Context, input model.DeleteWriterInput) (*model.DeleteWriterPayload, error) {
	err := r.models.Writers.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteWriterPayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) WriterChanged(ctx context.Context, where *model.WriterWhere) (<-chan *core.Change[model.Writer], error) {
	return translate.Changes(ctx, r.models.Writers.Changed, where, writerWhere)
}

func writerWhere(w *translate.Reader, at string, in *model.WriterWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, writerWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.ID(w, at, "accountId", "accountId", in.AccountID),
		translate.ID(w, at, "mentorId", "mentorId", in.MentorID),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func writerOrder(by *model.WriterOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	case model.WriterOrderFieldRelevance:
		return translate.Relevance(by.Direction, core.Order{Field: "createdAt", Desc: true})
	}
	return translate.Order(by.Direction, "createdAt")
}

func createWriter(ctx context.Context, in *model.CreateWriterInput) core.Edits[model.Writer] {
	e := core.Edits[model.Writer]{Apply: func(d *model.Writer, c *core.Checker) {
		d.Name = in.Name
		d.AccountID = translate.OrCaller(ctx, graphql.Omittable[*string]{})
		d.MentorID = in.MentorID.Value()
		d.Chapters = in.Chapters.Value()
	}}
	return e
}

func updateWriter(in *model.UpdateWriterInput) core.Edits[model.Writer] {
	e := core.Edits[model.Writer]{Apply: func(d *model.Writer, c *core.Checker) {
		translate.Replace(&d.Name, in.Name)
		translate.Set(&d.MentorID, in.MentorID)
		translate.ReplaceList(&d.Chapters, in.Chapters)
	}}
	return e
}

func (r *writerResolver) Account(ctx context.Context, obj *model.Writer) (*core.User, error) {
	return translate.Maybe(core.Follow(ctx, obj, "account", func(d *model.Writer) string { return translate.Deref(d.AccountID) }, r.app.Users.Collection))
}

func (r *writerResolver) Books(ctx context.Context, obj *model.Writer, where *model.BookWhere, orderBy *model.BookOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[model.Book], error) {
	return translate.Page(ctx, func(ctx context.Context, args core.PageArgs) (*core.Page[model.Book], error) {
		return core.Children(ctx, obj, "books", r.models.Books.Collection, "writerIds", args)
	}, where, bookWhere, core.PageArgs{
		OrderBy: bookOrder(orderBy), Search: search, Brief: !translate.Asks(ctx, "blurb"), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *writerResolver) Mentored(ctx context.Context, obj *model.Writer, where *model.WriterWhere, orderBy *model.WriterOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[model.Writer], error) {
	return translate.Page(ctx, func(ctx context.Context, args core.PageArgs) (*core.Page[model.Writer], error) {
		return core.Children(ctx, obj, "mentored", r.models.Writers.Collection, "mentorId", args)
	}, where, writerWhere, core.PageArgs{
		OrderBy: writerOrder(orderBy), Search: search, First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *writerResolver) Mentor(ctx context.Context, obj *model.Writer) (*model.Writer, error) {
	return translate.Maybe(core.Follow(ctx, obj, "mentor", func(d *model.Writer) string { return translate.Deref(d.MentorID) }, r.models.Writers.Collection))
}
