package resolvers

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) SetUpNeeded(ctx context.Context) (bool, error) {
	return r.app.Sessions.SetUpNeeded(ctx)
}

func (r *mutationResolver) SetUp(ctx context.Context, input model.SetUpInput) (*model.SetUpPayload, error) {
	transport := translate.Or(input.Transport, model.SessionTransportTokens)
	if err := canHold(ctx, transport); err != nil {
		return nil, err
	}
	user, tokens, err := r.app.Sessions.SetUp(ctx, input.Token, core.UserDraft{
		Username: translate.Or(input.Username, core.UsernameFor(input.Email)), Email: input.Email, Password: input.Password, DisplayName: input.DisplayName.Value(),
	})
	if err != nil {
		return nil, err
	}
	return &model.SetUpPayload{Viewer: user, Tokens: session(ctx, transport, tokens)}, nil
}

func (r *mutationResolver) SignUp(ctx context.Context, input model.SignUpInput) (*model.SignUpPayload, error) {
	transport := translate.Or(input.Transport, model.SessionTransportTokens)
	if err := canHold(ctx, transport); err != nil {
		return nil, err
	}
	a, err := r.app.Sessions.SignUp(ctx, core.UserDraft{
		Username: input.Username, Email: input.Email, Password: input.Password, DisplayName: input.DisplayName.Value(),
	})
	if err != nil {
		return nil, err
	}
	if a.User == nil {
		return &model.SignUpPayload{MailedTo: &a.MailedTo}, nil
	}
	return &model.SignUpPayload{Viewer: a.User, Tokens: session(ctx, transport, a.Tokens)}, nil
}

func (r *mutationResolver) SignIn(ctx context.Context, input model.SignInInput) (*model.SignInPayload, error) {
	return signIn(ctx, input.Transport, func() (*core.User, core.Tokens, error) {
		return r.app.Sessions.SignIn(ctx, input.Email, input.Password, devices(ctx, input.DeviceToken.Value())...)
	})
}

func (r *mutationResolver) ConfirmSignUp(ctx context.Context, input model.ConfirmSignUpInput) (*model.ConfirmSignUpPayload, error) {
	transport := translate.Or(input.Transport, model.SessionTransportTokens)
	if err := canHold(ctx, transport); err != nil {
		return nil, err
	}
	user, tokens, err := r.app.Sessions.ConfirmSignUp(ctx, input.Token, input.Password)
	if err != nil {
		return nil, err
	}
	return &model.ConfirmSignUpPayload{Viewer: user, Tokens: session(ctx, transport, tokens)}, nil
}

func (r *mutationResolver) RequestSignInCode(ctx context.Context, input model.RequestSignInCodeInput) (*model.RequestSignInCodePayload, error) {
	email, err := r.app.Recovery.RequestSignInCode(ctx, input.Email)
	return &model.RequestSignInCodePayload{Email: email}, err
}

func (r *mutationResolver) SignInWithCode(ctx context.Context, input model.SignInWithCodeInput) (*model.SignInPayload, error) {
	return signIn(ctx, input.Transport, func() (*core.User, core.Tokens, error) {
		return r.app.Sessions.SignInWithCode(ctx, input.Email, input.Code, devices(ctx, input.DeviceToken.Value())...)
	})
}

func (r *mutationResolver) RefreshSession(ctx context.Context, input model.RefreshSessionInput) (*model.RefreshSessionPayload, error) {
	transport, token := heldSession(ctx, input.RefreshToken.Value())
	user, tokens, err := r.app.Sessions.Refresh(ctx, token)
	if err != nil {
		return nil, err
	}
	return &model.RefreshSessionPayload{Viewer: user, Tokens: session(ctx, transport, tokens)}, nil
}

func (r *mutationResolver) SignOut(ctx context.Context, input model.SignOutInput) (*model.SignOutPayload, error) {
	_, token := heldSession(ctx, input.RefreshToken.Value())
	at, err := r.app.Sessions.SignOut(ctx, token, translate.Or(input.Everywhere, false))
	if cookies := core.ClientOf(ctx).Cookies; cookies != nil {
		cookies.Clear()
	}
	return &model.SignOutPayload{SignedOutAt: at}, err
}

func (r *mutationResolver) ChangePassword(ctx context.Context, input model.ChangePasswordInput) (*model.ChangePasswordPayload, error) {
	user, device, err := r.app.Sessions.ChangePassword(ctx, input.CurrentPassword, input.NewPassword)
	if err != nil {
		return nil, err
	}
	if cookies := core.ClientOf(ctx).Cookies; cookies != nil && cookies.Held() {
		cookies.SetDevice(device)
		return &model.ChangePasswordPayload{Viewer: user}, nil
	}
	return &model.ChangePasswordPayload{Viewer: user, DeviceToken: &device}, nil
}

func (r *mutationResolver) RevokeSession(ctx context.Context, input model.RevokeSessionInput) (*model.RevokeSessionPayload, error) {
	return &model.RevokeSessionPayload{RevokedSessionID: input.ID}, r.app.Sessions.Revoke(ctx, input.ID)
}

// signIn answers a sign-in with its session, or with what it waits for.
func signIn(ctx context.Context, t graphql.Omittable[*model.SessionTransport], begin func() (*core.User, core.Tokens, error)) (*model.SignInPayload, error) {
	transport := translate.Or(t, model.SessionTransportTokens)
	if err := canHold(ctx, transport); err != nil {
		return nil, err
	}
	user, tokens, err := begin()
	var needed *core.SecondFactorNeeded
	if errors.As(err, &needed) {
		return &model.SignInPayload{SecondFactor: needed}, nil
	}
	if err != nil {
		return nil, err
	}
	return &model.SignInPayload{Viewer: user, Tokens: session(ctx, transport, tokens)}, nil
}

// session gives the client its tokens the way it asked for: in the reply, or
// in cookies.
func session(ctx context.Context, t model.SessionTransport, tokens core.Tokens) *core.Tokens {
	if t == model.SessionTransportCookie {
		core.ClientOf(ctx).Cookies.Set(tokens)
		return nil
	}
	return &tokens
}

// canHold refuses cookies where none can be set.
func canHold(ctx context.Context, t model.SessionTransport) error {
	if t == model.SessionTransportCookie && core.ClientOf(ctx).Cookies == nil {
		return core.Errorf(core.Invalid, "Cookies cannot be set on this connection; use a POST request or the transport TOKENS.")
	}
	return nil
}

// heldSession is the refresh token of a request and how its client holds it.
func heldSession(ctx context.Context, given *string) (model.SessionTransport, string) {
	if given != nil {
		return model.SessionTransportTokens, *given
	}
	if cookies := core.ClientOf(ctx).Cookies; cookies != nil {
		return model.SessionTransportCookie, cookies.RefreshToken()
	}
	return model.SessionTransportTokens, ""
}

// devices are the device tokens that a client holds.
func devices(ctx context.Context, given *string) []string {
	if given != nil {
		return []string{*given}
	}
	if cookies := core.ClientOf(ctx).Cookies; cookies != nil {
		return cookies.DeviceTokens()
	}
	return nil
}
