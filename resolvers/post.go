package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph"
	"github.com/grapnel/grapnel/graph/model"
)

func (r *mutationResolver) CreatePost(ctx context.Context, input model.CreatePostInput) (*model.CreatePostPayload, error) {
	post, err := r.app.Posts.Create(ctx, core.PostDraft{
		Title: input.Title, Body: input.Body, Excerpt: input.Excerpt.Value(), Slug: input.Slug.Value(), Tags: input.Tags,
		CoverID: input.CoverID.Value(), AuthorID: input.AuthorID.Value(), CreatedAt: input.CreatedAt.Value(),
	})
	return &model.CreatePostPayload{Post: post}, err
}

func (r *mutationResolver) UpdatePost(ctx context.Context, input model.UpdatePostInput) (*model.UpdatePostPayload, error) {
	post, err := r.app.Posts.Update(ctx, input.ID, version(input.ExpectedVersion), core.PostPatch{
		Title: opt(input.Title), Body: opt(input.Body), Excerpt: opt(input.Excerpt), Slug: opt(input.Slug), Tags: opt(input.Tags),
		CoverID: opt(input.CoverID), AuthorID: opt(input.AuthorID), CreatedAt: opt(input.CreatedAt),
	})
	return &model.UpdatePostPayload{Post: post}, err
}

func (r *mutationResolver) PublishPost(ctx context.Context, input model.PublishPostInput) (*model.PublishPostPayload, error) {
	post, err := r.app.Posts.Publish(ctx, input.ID, version(input.ExpectedVersion), input.At.Value())
	return &model.PublishPostPayload{Post: post}, err
}

func (r *mutationResolver) UnpublishPost(ctx context.Context, input model.UnpublishPostInput) (*model.UnpublishPostPayload, error) {
	post, err := r.app.Posts.Unpublish(ctx, input.ID, version(input.ExpectedVersion))
	return &model.UnpublishPostPayload{Post: post}, err
}

func (r *mutationResolver) DeletePost(ctx context.Context, input model.DeletePostInput) (*model.DeletePostPayload, error) {
	return &model.DeletePostPayload{DeletedID: input.ID}, r.app.Posts.Delete(ctx, input.ID, version(input.ExpectedVersion))
}

func (r *postResolver) Body(ctx context.Context, obj *core.Post) (string, error) {
	return r.app.Posts.Body(ctx, obj)
}

func (r *postResolver) BodyHTML(ctx context.Context, obj *core.Post) (string, error) {
	return r.app.Posts.HTML(ctx, obj)
}

func (r *postResolver) Author(ctx context.Context, obj *core.Post) (*core.User, error) {
	return r.app.Posts.Author(ctx, obj)
}

func (r *postResolver) Cover(ctx context.Context, obj *core.Post) (*core.Asset, error) {
	return maybe(r.app.Posts.Cover(ctx, obj))
}

func (r *queryResolver) Post(ctx context.Context, id string) (*core.Post, error) {
	return r.app.Posts.Get(ctx, id)
}

func (r *queryResolver) PostBySlug(ctx context.Context, slug string) (*core.Post, error) {
	return r.app.Posts.BySlug(ctx, slug)
}

func (r *queryResolver) Posts(ctx context.Context, where *model.PostWhere, orderBy *model.PostOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[core.Post], error) {
	filter, err := read(where, postWhere)
	if err != nil {
		return nil, err
	}
	return r.app.Posts.Page(ctx, core.PageArgs{
		Where: filter, Search: search, OrderBy: postOrder(orderBy), Brief: !asksForText(ctx),
		First: size(first), After: after, Last: size(last), Before: before,
	})
}

func (r *subscriptionResolver) PostChanged(ctx context.Context, where *model.PostWhere) (<-chan *core.Change[core.Post], error) {
	filter, err := read(where, postWhere)
	if err != nil {
		return nil, err
	}
	changes, err := r.app.Posts.Changed(ctx, filter)
	if err != nil {
		return nil, err
	}
	return stream(ctx, changes), nil
}

func (r *Resolver) Post() graph.PostResolver { return &postResolver{r} }

type postResolver struct{ *Resolver }
