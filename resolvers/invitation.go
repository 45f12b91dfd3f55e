package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *mutationResolver) InviteUser(ctx context.Context, input model.InviteUserInput) (*model.InviteUserPayload, error) {
	invited, err := r.app.Invitations.Invite(ctx, core.InvitationDraft{
		Email: input.Email, Role: translate.Or(input.Role, core.Member), Username: input.Username.Value(), DisplayName: input.DisplayName.Value(),
	})
	return &model.InviteUserPayload{Invitation: invited}, err
}

func (r *mutationResolver) CancelInvitation(ctx context.Context, input model.CancelInvitationInput) (*model.CancelInvitationPayload, error) {
	invited, err := r.app.Invitations.Cancel(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.CancelInvitationPayload{Invitation: invited}, err
}

func (r *mutationResolver) AcceptInvitation(ctx context.Context, input model.AcceptInvitationInput) (*model.AcceptInvitationPayload, error) {
	transport := translate.Or(input.Transport, model.SessionTransportTokens)
	if err := canHold(ctx, transport); err != nil {
		return nil, err
	}
	user, tokens, err := r.app.Invitations.Accept(ctx, input.Token, core.UserDraft{
		Username: translate.Or(input.Username, ""), Password: input.Password, DisplayName: input.DisplayName.Value(),
	})
	if err != nil {
		return nil, err
	}
	return &model.AcceptInvitationPayload{Viewer: user, Tokens: session(ctx, transport, tokens)}, nil
}
