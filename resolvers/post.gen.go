// Code generated from schema/post.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Post(ctx context.Context, id string) (*core.Post, error) {
	return r.app.Posts.Get(ctx, id)
}

func (r *queryResolver) Posts(ctx context.Context, where *model.PostWhere, orderBy *model.PostOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[core.Post], error) {
	return translate.Page(ctx, r.app.Posts.Page, where, postWhere, core.PageArgs{
		OrderBy: postOrder(orderBy), Search: search, Brief: !translate.Asks(ctx, "body", "bodyHtml"), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *subscriptionResolver) PostChanged(ctx context.Context, where *model.PostWhere) (<-chan *core.Change[core.Post], error) {
	return translate.Changes(ctx, r.app.Posts.Changed, where, postWhere)
}

func postWhere(w *translate.Reader, at string, in *model.PostWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, postWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.String(w, at, "title", "title", in.Title),
		translate.StringList(w, at, "tags", "tags", in.Tags),
		translate.ID(w, at, "authorId", "authorId", in.AuthorID),
		translate.Field(w, at, "status", "status", in.Status, func(c *translate.Conditions, f *model.PostStatusFilter) { translate.Equality(c, f.Eq, f.Ne, f.In) }),
		translate.Time(w, at, "publishedAt", "publishedAt", in.PublishedAt),
		translate.Time(w, at, "date", "date", in.Date),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
		translate.Time(w, at, "updatedAt", "updatedAt", in.UpdatedAt),
	)
}

func postOrder(by *model.PostOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "date", Desc: true}}
	}
	switch by.Field {
	case model.PostOrderFieldRelevance:
		return translate.Relevance(by.Direction, core.Order{Field: "date", Desc: true})
	case model.PostOrderFieldTitle:
		return translate.Order(by.Direction, "title")
	case model.PostOrderFieldDate:
		return translate.Order(by.Direction, "date")
	case model.PostOrderFieldCreatedAt:
		return translate.Order(by.Direction, "createdAt")
	}
	return translate.Order(by.Direction, "updatedAt")
}

func (r *postResolver) Body(ctx context.Context, obj *core.Post) (string, error) {
	whole, err := r.app.Posts.Whole(ctx, obj)
	if err != nil {
		return "", err
	}
	return whole.Body, nil
}

func (r *postResolver) BodyHTML(ctx context.Context, obj *core.Post) (string, error) {
	whole, err := r.app.Posts.Whole(ctx, obj)
	if err != nil {
		return "", err
	}
	return r.app.HTML(ctx, obj.ID+"-body", whole.Body)
}

func (r *postResolver) Author(ctx context.Context, obj *core.Post) (*core.User, error) {
	return translate.Maybe(core.Follow(ctx, obj, "author", func(d *core.Post) string { return d.AuthorID }, r.app.Users.Collection))
}

func (r *postResolver) Cover(ctx context.Context, obj *core.Post) (*core.Asset, error) {
	return translate.Maybe(core.Follow(ctx, obj, "cover", func(d *core.Post) string { return translate.Deref(d.CoverID) }, r.app.Assets.Collection))
}
