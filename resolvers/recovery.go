package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/graph/model"
)

func (r *mutationResolver) RequestPasswordReset(ctx context.Context, input model.RequestPasswordResetInput) (*model.RequestPasswordResetPayload, error) {
	email, err := r.app.Recovery.RequestPasswordReset(ctx, input.Email)
	return &model.RequestPasswordResetPayload{Email: email}, err
}

func (r *mutationResolver) ResetPassword(ctx context.Context, input model.ResetPasswordInput) (*model.ResetPasswordPayload, error) {
	email, err := r.app.Recovery.ResetPassword(ctx, input.Token, input.Password)
	return &model.ResetPasswordPayload{Email: email}, err
}

func (r *mutationResolver) RequestEmailVerification(ctx context.Context) (*model.RequestEmailVerificationPayload, error) {
	user, err := r.app.Recovery.RequestEmailVerification(ctx)
	return &model.RequestEmailVerificationPayload{Viewer: user}, err
}

func (r *mutationResolver) VerifyEmail(ctx context.Context, input model.VerifyEmailInput) (*model.VerifyEmailPayload, error) {
	email, err := r.app.Recovery.VerifyEmail(ctx, input.Token)
	return &model.VerifyEmailPayload{Email: email}, err
}

func (r *mutationResolver) ChangeEmail(ctx context.Context, input model.ChangeEmailInput) (*model.ChangeEmailPayload, error) {
	user, err := r.app.Recovery.ChangeEmail(ctx, input.Email, input.Password)
	return &model.ChangeEmailPayload{Viewer: user}, err
}
