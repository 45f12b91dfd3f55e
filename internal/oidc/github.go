package oidc

import (
	"context"
	"strconv"
	"strings"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/grapnel/grapnel/core"
)

// api are the addresses of an OAuth2 server that tells who people are by an API of its own.
type api struct {
	endpoint     oauth2.Endpoint
	user, emails string
}

// gitHub are those of github.com, or of a GitHub Enterprise Server.
func gitHub(issuer string) api {
	issuer = strings.TrimSuffix(issuer, "/")
	base := issuer + "/api/v3"
	if issuer == "https://github.com" {
		base = "https://api.github.com"
	}
	return api{
		endpoint: oauth2.Endpoint{AuthURL: issuer + "/login/oauth/authorize", TokenURL: issuer + "/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams},
		user:     base + "/user", emails: base + "/user/emails",
	}
}

// hub is GitHub.
type hub struct {
	client
	api api
}

var _ core.IdentityProvider = (*hub)(nil)

// AuthURL implements [core.IdentityProvider].
func (h *hub) AuthURL(_ context.Context, f core.ProviderFlow) (string, error) {
	flow, err := h.flow(h.api.endpoint, f)
	if err != nil {
		return "", err
	}
	return flow.AuthCodeURL(f.State, oauth2.S256ChallengeOption(f.Verifier)), nil
}

// Exchange implements [core.IdentityProvider]. There is no nonce: the code itself is bound to
// the verifier.
func (h *hub) Exchange(ctx context.Context, f core.ProviderFlow, code, _ string) (core.Claims, error) {
	ctx, cancel := context.WithTimeout(gooidc.ClientContext(ctx, h.http), core.ProviderLimit)
	defer cancel()
	tokens, err := h.redeem(ctx, h.api.endpoint, f, code)
	if err != nil {
		return core.Claims{}, err
	}
	var user struct {
		ID          int64
		Login, Name string
	}
	if err := h.get(ctx, h.api.user, tokens, &user); err != nil {
		return core.Claims{}, err
	}
	var emails []struct {
		Email             string
		Primary, Verified bool
	}
	if err := h.get(ctx, h.api.emails, tokens, &emails); err != nil {
		return core.Claims{}, err
	}
	if user.ID <= 0 {
		return core.Claims{}, notProven("the user has no id")
	}
	c := core.Claims{Issuer: h.issuer, Subject: strconv.FormatInt(user.ID, 10), Name: user.Name}
	if c.Name == "" {
		c.Name = user.Login
	}
	for _, e := range emails {
		if e.Primary {
			c.Email, c.EmailVerified = e.Email, e.Verified
		}
	}
	return c, nil
}

// VerifyIDToken implements [core.IdentityProvider].
func (h *hub) VerifyIDToken(context.Context, string, string) (core.Claims, error) {
	return core.Claims{}, notProven("%s gives no id tokens", h.label)
}
