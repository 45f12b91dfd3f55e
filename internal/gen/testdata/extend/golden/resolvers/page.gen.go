// Code generated from schema/gen/grapnel/page.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/extend/graph/model"
	"github.com/grapnel/grapnel/core"
	basemodel "github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Page(ctx context.Context, id string) (*model.Page, error) {
	return r.models.Pages.Get(ctx, id)
}

func (r *queryResolver) PageBySlug(ctx context.Context, value string) (*model.Page, error) {
	return r.models.Pages.By(ctx, "slug", value)
}

func (r *queryResolver) Pages(ctx context.Context, where *model.PageWhere, orderBy *model.PageOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[model.Page], error) {
	return translate.Page(ctx, r.models.Pages.Page, where, pageWhere, core.PageArgs{
		OrderBy: pageOrder(orderBy), Search: search, Brief: !translate.Asks(ctx, "body", "bodyHtml"), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreatePage(ctx context.Context, input model.CreatePageInput) (*model.CreatePagePayload, error) {
	doc, err := r.models.Pages.Create(ctx, createPage(ctx, &input))
	return &model.CreatePagePayload{Page: doc}, err
}

func (r *mutationResolver) UpdatePage(ctx context.Context, input model.UpdatePageInput) (*model.UpdatePagePayload, error) {
	doc, err := r.models.Pages.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updatePage(&input))
	return &model.UpdatePagePayload{Page: doc}, err
}

func (r *mutationResolver) DeletePage(ctx context.Context, input model.DeletePageInput) (*model.DeletePagePayload, error) {
	err := r.models.Pages.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeletePagePayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) PageChanged(ctx context.Context, where *model.PageWhere) (<-chan *core.Change[model.Page], error) {
	return translate.Changes(ctx, r.models.Pages.Changed, where, pageWhere)
}

func pageWhere(w *translate.Reader, at string, in *model.PageWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, pageWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.String(w, at, "title", "title", in.Title),
		translate.String(w, at, "slug", "slug", in.Slug),
		translate.Field(w, at, "status", "status", in.Status, func(c *translate.Conditions, f *model.PageStatusFilter) { translate.Equality(c, f.Eq, f.Ne, f.In) }),
		translate.ID(w, at, "authorId", "authorId", in.AuthorID),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func pageOrder(by *model.PageOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "title"}}
	}
	switch by.Field {
	case model.PageOrderFieldRelevance:
		return translate.Relevance(by.Direction, core.Order{Field: "title"})
	case model.PageOrderFieldTitle:
		return translate.Order(by.Direction, "title")
	}
	return translate.Order(by.Direction, "createdAt")
}

func createPage(ctx context.Context, in *model.CreatePageInput) core.Edits[model.Page] {
	e := core.Edits[model.Page]{Apply: func(d *model.Page, c *core.Checker) {
		d.Title = in.Title
		d.Slug = in.Slug
		d.Description = in.Description.Value()
		d.Body = ""
		translate.Replace(&d.Body, in.Body)
		d.Status = basemodel.PageStatus("DRAFT")
		translate.Replace(&d.Status, in.Status)
		d.Subtitle = in.Subtitle.Value()
		d.PhotoID = in.PhotoID.Value()
		d.AuthorID = in.AuthorID
	}}
	return e
}

func updatePage(in *model.UpdatePageInput) core.Edits[model.Page] {
	e := core.Edits[model.Page]{Apply: func(d *model.Page, c *core.Checker) {
		translate.Replace(&d.Title, in.Title)
		translate.Replace(&d.Slug, in.Slug)
		translate.Set(&d.Description, in.Description)
		translate.Replace(&d.Body, in.Body)
		translate.Replace(&d.Status, in.Status)
		translate.Set(&d.Subtitle, in.Subtitle)
		translate.Set(&d.PhotoID, in.PhotoID)
		translate.Replace(&d.AuthorID, in.AuthorID)
	}}
	return e
}

func (r *pageResolver) Body(ctx context.Context, obj *model.Page) (string, error) {
	whole, err := r.models.Pages.Whole(ctx, obj)
	if err != nil {
		return "", err
	}
	return whole.Body, nil
}

func (r *pageResolver) BodyHTML(ctx context.Context, obj *model.Page) (string, error) {
	whole, err := r.models.Pages.Whole(ctx, obj)
	if err != nil {
		return "", err
	}
	return r.app.HTML(ctx, obj.ID+"-body", whole.Body)
}

func (r *pageResolver) Photo(ctx context.Context, obj *model.Page) (*core.Asset, error) {
	return translate.Maybe(core.Follow(ctx, obj, "photo", func(d *model.Page) string { return translate.Deref(d.PhotoID) }, r.app.Assets.Collection))
}

func (r *pageResolver) Author(ctx context.Context, obj *model.Page) (*core.User, error) {
	return translate.Maybe(core.Follow(ctx, obj, "author", func(d *model.Page) string { return d.AuthorID }, r.app.Users.Collection))
}
