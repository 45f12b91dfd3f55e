package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *mutationResolver) CreatePost(ctx context.Context, input model.CreatePostInput) (*model.CreatePostPayload, error) {
	post, err := r.app.Posts.Create(ctx, core.PostDraft{
		Title: input.Title, Body: translate.Or(input.Body, ""), Excerpt: input.Excerpt.Value(), Slug: input.Slug.Value(), Tags: input.Tags.Value(),
		CoverID: input.CoverID.Value(), AuthorID: input.AuthorID.Value(), CreatedAt: input.CreatedAt.Value(),
	})
	return &model.CreatePostPayload{Post: post}, err
}

func (r *mutationResolver) UpdatePost(ctx context.Context, input model.UpdatePostInput) (*model.UpdatePostPayload, error) {
	post, err := r.app.Posts.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), core.PostPatch{
		Title: translate.Given(input.Title), Body: translate.Given(input.Body), Excerpt: translate.Opt(input.Excerpt), Slug: translate.Opt(input.Slug), Tags: translate.GivenList(input.Tags),
		CoverID: translate.Opt(input.CoverID), AuthorID: translate.Given(input.AuthorID), CreatedAt: translate.Given(input.CreatedAt),
	})
	return &model.UpdatePostPayload{Post: post}, err
}

func (r *mutationResolver) PublishPost(ctx context.Context, input model.PublishPostInput) (*model.PublishPostPayload, error) {
	post, err := r.app.Posts.Publish(ctx, input.ID, translate.Version(input.ExpectedVersion), input.At.Value())
	return &model.PublishPostPayload{Post: post}, err
}

func (r *mutationResolver) UnpublishPost(ctx context.Context, input model.UnpublishPostInput) (*model.UnpublishPostPayload, error) {
	post, err := r.app.Posts.Unpublish(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.UnpublishPostPayload{Post: post}, err
}

func (r *mutationResolver) DeletePost(ctx context.Context, input model.DeletePostInput) (*model.DeletePostPayload, error) {
	return &model.DeletePostPayload{DeletedID: input.ID}, r.app.Posts.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
}

func (r *queryResolver) PostBySlug(ctx context.Context, slug string) (*core.Post, error) {
	return r.app.Posts.BySlug(ctx, slug)
}
