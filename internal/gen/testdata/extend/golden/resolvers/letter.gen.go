// Code generated from schema/letter.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/extend/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Letter(ctx context.Context, id string) (*model.Letter, error) {
	return r.models.Letters.Get(ctx, id)
}

func (r *queryResolver) Letters(ctx context.Context, where *model.LetterWhere, orderBy *model.LetterOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.Letter], error) {
	return translate.Page(ctx, r.models.Letters.Page, where, letterWhere, core.PageArgs{
		OrderBy: letterOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateLetter(ctx context.Context, input model.CreateLetterInput) (*model.CreateLetterPayload, error) {
	doc, err := r.models.Letters.Create(ctx, createLetter(ctx, &input))
	return &model.CreateLetterPayload{Letter: doc}, err
}

func (r *mutationResolver) UpdateLetter(ctx context.Context, input model.UpdateLetterInput) (*model.UpdateLetterPayload, error) {
	doc, err := r.models.Letters.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateLetter(&input))
	return &model.UpdateLetterPayload{Letter: doc}, err
}

func (r *mutationResolver) DeleteLetter(ctx context.Context, input model.DeleteLetterInput) (*model.DeleteLetterPayload, error) {
	err := r.models.Letters.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteLetterPayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) LetterChanged(ctx context.Context, where *model.LetterWhere) (<-chan *core.Change[model.Letter], error) {
	return translate.Changes(ctx, r.models.Letters.Changed, where, letterWhere)
}

func letterWhere(w *translate.Reader, at string, in *model.LetterWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, letterWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.ID(w, at, "senderId", "senderId", in.SenderID),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func letterOrder(by *model.LetterOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	}
	return translate.Order(by.Direction, "createdAt")
}

func createLetter(ctx context.Context, in *model.CreateLetterInput) core.Edits[model.Letter] {
	e := core.Edits[model.Letter]{Apply: func(d *model.Letter, c *core.Checker) {
		d.Text = in.Text
		d.SenderID = translate.OrCaller(ctx, in.SenderID)
	}}
	return e
}

func updateLetter(in *model.UpdateLetterInput) core.Edits[model.Letter] {
	e := core.Edits[model.Letter]{Apply: func(d *model.Letter, c *core.Checker) {
		translate.Replace(&d.Text, in.Text)
		translate.Set(&d.SenderID, in.SenderID)
	}}
	return e
}

func (r *letterResolver) Sender(ctx context.Context, obj *model.Letter) (*core.User, error) {
	return translate.Maybe(core.Follow(ctx, obj, "sender", func(d *model.Letter) string { return translate.Deref(d.SenderID) }, r.app.Users.Collection))
}
