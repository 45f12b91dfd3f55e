// Code generated from schema/note.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/rules/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Complaint(ctx context.Context, id string) (*model.Complaint, error) {
	return r.models.Complaints.Get(ctx, id)
}

func (r *queryResolver) Complaints(ctx context.Context, where *model.ComplaintWhere, orderBy *model.ComplaintOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.Complaint], error) {
	return translate.Page(ctx, r.models.Complaints.Page, where, complaintWhere, core.PageArgs{
		OrderBy: complaintOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateComplaint(ctx context.Context, input model.CreateComplaintInput) (*model.CreateComplaintPayload, error) {
	doc, err := r.models.Complaints.Create(ctx, createComplaint(ctx, &input))
	return &model.CreateComplaintPayload{Complaint: doc}, err
}

func (r *mutationResolver) UpdateComplaint(ctx context.Context, input model.UpdateComplaintInput) (*model.UpdateComplaintPayload, error) {
	doc, err := r.models.Complaints.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateComplaint(&input))
	return &model.UpdateComplaintPayload{Complaint: doc}, err
}

func (r *mutationResolver) DeleteComplaint(ctx context.Context, input model.DeleteComplaintInput) (*model.DeleteComplaintPayload, error) {
	err := r.models.Complaints.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteComplaintPayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) ComplaintChanged(ctx context.Context, where *model.ComplaintWhere) (<-chan *core.Change[model.Complaint], error) {
	return translate.Changes(ctx, r.models.Complaints.Changed, where, complaintWhere)
}

func complaintWhere(w *translate.Reader, at string, in *model.ComplaintWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, complaintWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func complaintOrder(by *model.ComplaintOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	}
	return translate.Order(by.Direction, "createdAt")
}

func createComplaint(ctx context.Context, in *model.CreateComplaintInput) core.Edits[model.Complaint] {
	e := core.Edits[model.Complaint]{Apply: func(d *model.Complaint, c *core.Checker) {
		d.Text = in.Text
	}}
	return e
}

func updateComplaint(in *model.UpdateComplaintInput) core.Edits[model.Complaint] {
	e := core.Edits[model.Complaint]{Apply: func(d *model.Complaint, c *core.Checker) {
		translate.Replace(&d.Text, in.Text)
	}}
	return e
}
