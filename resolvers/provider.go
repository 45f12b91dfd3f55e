package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) SignInProviders(context.Context) ([]*model.SignInProvider, error) {
	list := []*model.SignInProvider{}
	for _, p := range r.app.Providers.List() {
		list = append(list, &model.SignInProvider{Name: p.Name(), Label: p.Label()})
	}
	return list, nil
}

func (r *mutationResolver) StartProviderSignIn(ctx context.Context, input model.StartProviderSignInInput) (*model.StartProviderSignInPayload, error) {
	to, err := r.app.Providers.Start(ctx, core.ProviderStart{
		Provider: input.Provider, ReturnTo: input.ReturnTo, CodeChallenge: input.CodeChallenge, Link: translate.Or(input.Link, false),
	})
	return &model.StartProviderSignInPayload{URL: to}, err
}

func (r *mutationResolver) SignInWithProvider(ctx context.Context, input model.SignInWithProviderInput) (*model.SignInPayload, error) {
	return signIn(ctx, input.Transport, func() (*core.User, core.Tokens, error) {
		return r.app.Sessions.SignInWithProvider(ctx, input.Token, input.CodeVerifier, devices(ctx, input.DeviceToken.Value())...)
	})
}

func (r *mutationResolver) SignInWithIDToken(ctx context.Context, input model.SignInWithIDTokenInput) (*model.SignInPayload, error) {
	return signIn(ctx, input.Transport, func() (*core.User, core.Tokens, error) {
		return r.app.Sessions.SignInWithIDToken(ctx, input.Provider, input.IDToken, input.Nonce, devices(ctx, input.DeviceToken.Value())...)
	})
}

func (r *mutationResolver) LinkIdentity(ctx context.Context, input model.LinkIdentityInput) (*model.LinkIdentityPayload, error) {
	user, err := r.app.Providers.Link(ctx, input.Token, input.CodeVerifier)
	return &model.LinkIdentityPayload{Viewer: user}, err
}

func (r *mutationResolver) UnlinkIdentity(ctx context.Context, input model.UnlinkIdentityInput) (*model.UnlinkIdentityPayload, error) {
	return &model.UnlinkIdentityPayload{UnlinkedIdentityID: input.ID}, r.app.Providers.Unlink(ctx, input.ID)
}
