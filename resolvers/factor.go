package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) SecondFactorMissing(ctx context.Context) (bool, error) {
	return r.app.Factors.Missing(ctx)
}

func (r *mutationResolver) ConfirmSignIn(ctx context.Context, input model.ConfirmSignInInput) (*model.SignInPayload, error) {
	return signIn(ctx, input.Transport, func() (*core.User, core.Tokens, error) {
		p := core.Proof{Code: input.Code.Value(), Passkey: input.Passkey.Value()}
		return r.app.Sessions.ConfirmSignIn(ctx, input.Token, p, translate.Or(input.RememberDevice, false), devices(ctx, input.DeviceToken.Value())...)
	})
}

func (r *mutationResolver) PasskeyRequest(ctx context.Context) (*model.PasskeyRequestPayload, error) {
	options, err := r.app.Factors.PasskeyRequest(ctx)
	return &model.PasskeyRequestPayload{Options: options}, err
}

func (r *mutationResolver) SignInWithPasskey(ctx context.Context, input model.SignInWithPasskeyInput) (*model.SignInPayload, error) {
	return signIn(ctx, input.Transport, func() (*core.User, core.Tokens, error) {
		return r.app.Sessions.SignInWithPasskey(ctx, input.Credential, devices(ctx, input.DeviceToken.Value())...)
	})
}

func (r *mutationResolver) Reauthenticate(ctx context.Context, input model.ReauthenticateInput) (*model.ReauthenticatePayload, error) {
	user, err := r.app.Sessions.Reauthenticate(ctx, core.Proof{Password: input.Password.Value(), Code: input.Code.Value(), Passkey: input.Passkey.Value()})
	return &model.ReauthenticatePayload{Viewer: user}, err
}

func (r *mutationResolver) SetUpAuthenticator(ctx context.Context) (*model.SetUpAuthenticatorPayload, error) {
	a, err := r.app.Factors.SetUpAuthenticator(ctx)
	return &model.SetUpAuthenticatorPayload{Authenticator: a}, err
}

func (r *mutationResolver) ConfirmAuthenticator(ctx context.Context, input model.ConfirmAuthenticatorInput) (*model.ConfirmAuthenticatorPayload, error) {
	user, codes, err := r.app.Factors.ConfirmAuthenticator(ctx, input.Token, input.Code)
	return &model.ConfirmAuthenticatorPayload{Viewer: user, RecoveryCodes: codes}, err
}

func (r *mutationResolver) RemoveAuthenticator(ctx context.Context) (*model.RemoveAuthenticatorPayload, error) {
	user, err := r.app.Factors.RemoveAuthenticator(ctx)
	return &model.RemoveAuthenticatorPayload{Viewer: user}, err
}

func (r *mutationResolver) RenewRecoveryCodes(ctx context.Context) (*model.RenewRecoveryCodesPayload, error) {
	user, codes, err := r.app.Factors.RenewRecoveryCodes(ctx)
	return &model.RenewRecoveryCodesPayload{Viewer: user, RecoveryCodes: codes}, err
}

func (r *mutationResolver) PasskeyCreation(ctx context.Context) (*model.PasskeyCreationPayload, error) {
	options, err := r.app.Factors.PasskeyCreation(ctx)
	return &model.PasskeyCreationPayload{Options: options}, err
}

func (r *mutationResolver) AddPasskey(ctx context.Context, input model.AddPasskeyInput) (*model.AddPasskeyPayload, error) {
	user, passkey, err := r.app.Factors.AddPasskey(ctx, input.Name, input.Credential)
	return &model.AddPasskeyPayload{Viewer: user, Passkey: passkey}, err
}

func (r *mutationResolver) RemovePasskey(ctx context.Context, input model.RemovePasskeyInput) (*model.RemovePasskeyPayload, error) {
	return &model.RemovePasskeyPayload{RemovedPasskeyID: input.ID}, r.app.Factors.RemovePasskey(ctx, input.ID)
}

func (r *mutationResolver) RemoveSecondFactor(ctx context.Context, input model.RemoveSecondFactorInput) (*model.RemoveSecondFactorPayload, error) {
	user, err := r.app.Factors.Remove(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.RemoveSecondFactorPayload{User: user}, err
}

func (r *userResolver) RecoveryCodesLeft(ctx context.Context, obj *core.User) (*int32, error) {
	return r.app.Factors.RecoveryCodesLeft(ctx, obj)
}

func (r *userResolver) Passkeys(ctx context.Context, obj *core.User) ([]*core.Passkey, error) {
	return r.app.Factors.Passkeys(ctx, obj)
}
