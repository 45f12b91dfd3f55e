// Code generated from schema/invitation.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Invitation(ctx context.Context, id string) (*core.Invitation, error) {
	return r.app.Invitations.Get(ctx, id)
}

func (r *queryResolver) Invitations(ctx context.Context, where *model.InvitationWhere, orderBy *model.InvitationOrder, first *int32, after *string, last *int32, before *string) (*core.Page[core.Invitation], error) {
	return translate.Page(ctx, r.app.Invitations.Page, where, invitationWhere, core.PageArgs{
		OrderBy: invitationOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func invitationWhere(w *translate.Reader, at string, in *model.InvitationWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, invitationWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.String(w, at, "email", "email", in.Email),
		translate.Time(w, at, "expiresAt", "expiresAt", in.ExpiresAt),
		translate.Time(w, at, "acceptedAt", "acceptedAt", in.AcceptedAt),
		translate.Time(w, at, "cancelledAt", "cancelledAt", in.CancelledAt),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func invitationOrder(by *model.InvitationOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	}
	return translate.Order(by.Direction, "createdAt")
}

func (r *invitationResolver) InvitedBy(ctx context.Context, obj *core.Invitation) (*core.User, error) {
	return translate.Maybe(core.Follow(ctx, obj, "invitedBy", func(d *core.Invitation) string { return translate.Deref(d.InvitedByID) }, r.app.Users.Collection))
}
