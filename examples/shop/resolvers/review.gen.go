// Code generated from schema/review.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/examples/shop/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Review(ctx context.Context, id string) (*model.Review, error) {
	return r.models.Reviews.Get(ctx, id)
}

func (r *queryResolver) Reviews(ctx context.Context, where *model.ReviewWhere, orderBy *model.ReviewOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[model.Review], error) {
	return translate.Page(ctx, r.models.Reviews.Page, where, reviewWhere, core.PageArgs{
		OrderBy: reviewOrder(orderBy), Search: search, First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateReview(ctx context.Context, input model.CreateReviewInput) (*model.CreateReviewPayload, error) {
	doc, err := r.models.Reviews.Create(ctx, createReview(ctx, &input))
	return &model.CreateReviewPayload{Review: doc}, err
}

func (r *mutationResolver) UpdateReview(ctx context.Context, input model.UpdateReviewInput) (*model.UpdateReviewPayload, error) {
	doc, err := r.models.Reviews.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateReview(&input))
	return &model.UpdateReviewPayload{Review: doc}, err
}

func (r *mutationResolver) DeleteReview(ctx context.Context, input model.DeleteReviewInput) (*model.DeleteReviewPayload, error) {
	err := r.models.Reviews.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteReviewPayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) ReviewChanged(ctx context.Context, where *model.ReviewWhere) (<-chan *core.Change[model.Review], error) {
	return translate.Changes(ctx, r.models.Reviews.Changed, where, reviewWhere)
}

func reviewWhere(w *translate.Reader, at string, in *model.ReviewWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, reviewWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.ID(w, at, "productId", "productId", in.ProductID),
		translate.ID(w, at, "authorId", "authorId", in.AuthorID),
		translate.Int(w, at, "stars", "stars", in.Stars),
		translate.Boolean(w, at, "hidden", "hidden", in.Hidden),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func reviewOrder(by *model.ReviewOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	case model.ReviewOrderFieldRelevance:
		return translate.Relevance(by.Direction, core.Order{Field: "createdAt", Desc: true})
	case model.ReviewOrderFieldStars:
		return translate.Order(by.Direction, "stars")
	}
	return translate.Order(by.Direction, "createdAt")
}

func createReview(ctx context.Context, in *model.CreateReviewInput) core.Edits[model.Review] {
	e := core.Edits[model.Review]{Apply: func(d *model.Review, c *core.Checker) {
		d.ProductID = in.ProductID
		d.AuthorID = translate.OrCaller(ctx, in.AuthorID)
		d.Stars = in.Stars
		d.Text = in.Text
		d.Hidden = false
		translate.Replace(&d.Hidden, in.Hidden)
	}}
	if in.Hidden.Value() != nil {
		e.Guarded = append(e.Guarded, "hidden")
	}
	return e
}

func updateReview(in *model.UpdateReviewInput) core.Edits[model.Review] {
	e := core.Edits[model.Review]{Apply: func(d *model.Review, c *core.Checker) {
		translate.Replace(&d.Stars, in.Stars)
		translate.Replace(&d.Text, in.Text)
		translate.Replace(&d.Hidden, in.Hidden)
	}}
	if in.Hidden.Value() != nil {
		e.Guarded = append(e.Guarded, "hidden")
	}
	return e
}

func (r *reviewResolver) Product(ctx context.Context, obj *model.Review) (*model.Product, error) {
	return translate.Maybe(core.Follow(ctx, obj, "product", func(d *model.Review) string { return d.ProductID }, r.models.Products.Collection))
}

func (r *reviewResolver) Author(ctx context.Context, obj *model.Review) (*core.User, error) {
	return translate.Maybe(core.Follow(ctx, obj, "author", func(d *model.Review) string { return translate.Deref(d.AuthorID) }, r.app.Users.Collection))
}
