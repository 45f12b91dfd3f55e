package oidc

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"github.com/grapnel/grapnel/core"
)

// provider is an OpenID provider. What it says of itself is asked for when somebody needs it.
type provider struct {
	client
	audiences []string     // the client's own id first
	keys      *http.Client // fetches signing keys

	asking singleflight.Group
	mu     sync.Mutex
	found  *discovery
}

var _ core.IdentityProvider = (*provider)(nil)

// discoveryLife is how long it is believed what a provider says of itself, its keys among it;
// keys that are not known yet are asked for at once.
const discoveryLife = 12 * time.Hour

// discovery is what a provider says of itself.
type discovery struct {
	endpoint oauth2.Endpoint
	userInfo string
	issuer   string // of id tokens, maybe with {tenantid}
	tellsWho bool   // replies have their issuer (RFC 9207)
	keys     gooidc.KeySet
	algs     []string
	at       time.Time
}

// tenant stands in the issuer of a provider with many tenants.
const tenant = "{tenantid}"

// discover is what the provider says of itself. All who ask at a time wait for one answer.
func (p *provider) discover(ctx context.Context) (*discovery, error) {
	p.mu.Lock()
	known := p.found
	p.mu.Unlock()
	if known != nil && p.now().Sub(known.at) < discoveryLife {
		return known, nil
	}
	answer := p.asking.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), core.ProviderLimit)
		defer cancel()
		d, err := p.ask(ctx)
		if err == nil {
			p.mu.Lock()
			p.found = d
			p.mu.Unlock()
		}
		return d, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-answer:
		if r.Err != nil {
			if known != nil { // what was true may be so still
				return known, nil
			}
			return nil, r.Err
		}
		return r.Val.(*discovery), nil
	}
}

func (p *provider) ask(ctx context.Context) (*discovery, error) {
	ctx = gooidc.ClientContext(ctx, p.http)
	if slices.Contains(p.manyTenants, p.issuer) {
		ctx = gooidc.InsecureIssuerURLContext(ctx, microsoft+tenant+"/v2.0") // which claims checks
	}
	found, err := gooidc.NewProvider(ctx, p.issuer)
	if err != nil {
		return nil, err
	}
	var more struct {
		Issuer   string   `json:"issuer"`
		Keys     string   `json:"jwks_uri"`
		Algs     []string `json:"id_token_signing_alg_values_supported"`
		Auth     []string `json:"token_endpoint_auth_methods_supported"`
		TellsWho bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, err
	}
	d := &discovery{endpoint: found.Endpoint(), userInfo: found.UserInfoEndpoint(), issuer: p.issuer, tellsWho: more.TellsWho, at: p.now()}
	if slices.Contains(p.manyTenants, p.issuer) {
		if d.issuer = microsoft + tenant + "/v2.0"; more.Issuer != d.issuer {
			return nil, fmt.Errorf("the issuer is %q, not %q", more.Issuer, d.issuer)
		}
	}
	for _, address := range []string{d.endpoint.AuthURL, d.endpoint.TokenURL, more.Keys, cmp.Or(d.userInfo, more.Keys)} {
		if u, err := url.Parse(address); err != nil || !isSecure(u) {
			return nil, fmt.Errorf("%q is no https address", address)
		}
	}
	d.endpoint.AuthStyle = oauth2.AuthStyleInHeader // the default of OpenID Connect Core, 9
	if len(more.Auth) > 0 && !slices.Contains(more.Auth, "client_secret_basic") {
		d.endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	d.algs = slices.DeleteFunc(more.Algs, func(alg string) bool { return !slices.Contains(signatures, alg) })
	if len(d.algs) == 0 {
		d.algs = []string{gooidc.RS256}
	}
	d.keys = gooidc.NewRemoteKeySet(gooidc.ClientContext(context.Background(), p.keys), more.Keys)
	return d, nil
}

// signatures are those that a public key proves: with any other one, whoever knows the key could sign.
var signatures = []string{
	gooidc.RS256, gooidc.RS384, gooidc.RS512, gooidc.PS256, gooidc.PS384, gooidc.PS512,
	gooidc.ES256, gooidc.ES384, gooidc.ES512, gooidc.EdDSA,
}

// newKeyClient is the client with a bound on how often keys are fetched: everybody may bring a
// token whose key is not known.
func newKeyClient(c *http.Client) *http.Client {
	seldom := *c
	seldom.Transport = &limited{c.Transport, rate.NewLimiter(rate.Every(10*time.Second), 20)}
	return &seldom
}

type limited struct {
	http.RoundTripper
	rate *rate.Limiter
}

func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	if !l.rate.Allow() {
		return nil, errors.New("the keys of the provider are fetched too often")
	}
	return l.RoundTripper.RoundTrip(r)
}

// AuthURL implements [core.IdentityProvider].
func (p *provider) AuthURL(ctx context.Context, f core.ProviderFlow) (string, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	flow, err := p.flow(d.endpoint, f)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{gooidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)}
	if p.formPost {
		options = append(options, oauth2.SetAuthURLParam("response_mode", "form_post"))
	}
	return flow.AuthCodeURL(f.State, options...), nil
}

// Exchange implements [core.IdentityProvider].
func (p *provider) Exchange(ctx context.Context, f core.ProviderFlow, code, issuer string) (core.Claims, error) {
	ctx, cancel := context.WithTimeout(gooidc.ClientContext(ctx, p.http), core.ProviderLimit)
	defer cancel()
	d, err := p.discover(ctx)
	if err != nil {
		return core.Claims{}, err
	}
	// With many tenants the issuer is not known before the token.
	if !strings.Contains(d.issuer, tenant) && issuer != d.issuer && (issuer != "" || d.tellsWho) {
		return core.Claims{}, notProven("the reply is of %q, not of %q", issuer, d.issuer)
	}
	tokens, err := p.redeem(ctx, d.endpoint, f, code)
	if err != nil {
		return core.Claims{}, err
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return core.Claims{}, errors.New("the provider gives no id token")
	}
	who, claims, err := p.verify(ctx, d, raw, f.Nonce, p.audiences[:1])
	if err != nil {
		return core.Claims{}, err
	}
	if who.AccessTokenHash != "" {
		if err := who.VerifyAccessToken(tokens.AccessToken); err != nil {
			return core.Claims{}, notProven("%v", err)
		}
	}
	if claims.Email == "" && d.userInfo != "" {
		var told map[string]json.RawMessage
		if err := p.get(ctx, d.userInfo, tokens, &told); err != nil {
			return core.Claims{}, err
		}
		if text(told["sub"]) != claims.Subject {
			return core.Claims{}, notProven("the user info is about somebody else")
		}
		p.describe(&claims, told)
	}
	return claims, nil
}

// VerifyIDToken implements [core.IdentityProvider].
func (p *provider) VerifyIDToken(ctx context.Context, token, nonce string) (core.Claims, error) {
	ctx, cancel := context.WithTimeout(ctx, core.ProviderLimit)
	defer cancel()
	d, err := p.discover(ctx)
	if err != nil {
		return core.Claims{}, err
	}
	_, claims, err := p.verify(ctx, d, token, nonce, p.audiences)
	return claims, err
}

// asked notes whether the keys could not be fetched, which the library tells only in words.
type asked struct {
	gooidc.KeySet
	failed error
}

func (a *asked) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := a.KeySet.VerifySignature(ctx, jwt)
	if cause := errors.Unwrap(err); cause != nil {
		a.failed = cause
	} else if errors.Is(err, ctx.Err()) {
		a.failed = ctx.Err()
	}
	return payload, err
}

// verify is who an id token is of (OpenID Connect Core, 3.1.3.7). Clocks may differ by
// [core.ClockSkew].
func (p *provider) verify(ctx context.Context, d *discovery, raw, nonce string, audiences []string) (*gooidc.IDToken, core.Claims, error) {
	keys := &asked{KeySet: d.keys}
	token, err := gooidc.NewVerifier(d.issuer, keys, &gooidc.Config{
		SupportedSigningAlgs: d.algs, SkipClientIDCheck: true, SkipIssuerCheck: strings.Contains(d.issuer, tenant),
		Now: func() time.Time { return p.now().Add(-core.ClockSkew) },
	}).Verify(ctx, raw)
	var claims map[string]json.RawMessage
	if err == nil {
		err = token.Claims(&claims)
	}
	switch {
	case keys.failed != nil:
		return nil, core.Claims{}, keys.failed
	case err != nil:
		return nil, core.Claims{}, notProven("%v", err)
	case strings.Contains(d.issuer, tenant) && !isTenant(text(claims["tid"]), token.Issuer, d.issuer):
		return nil, core.Claims{}, notProven("the issuer is %q", token.Issuer)
	case !slices.ContainsFunc(token.Audience, func(a string) bool { return slices.Contains(audiences, a) }):
		return nil, core.Claims{}, notProven("the audience is %q", token.Audience)
	case len(token.Audience) > 1 && !slices.Contains(audiences, text(claims["azp"])):
		return nil, core.Claims{}, notProven("of the audience %q the token is for %q", token.Audience, text(claims["azp"]))
	case token.Nonce != nonce || nonce == "":
		return nil, core.Claims{}, notProven("the nonce is another one")
	case token.IssuedAt.After(p.now().Add(core.ClockSkew)):
		return nil, core.Claims{}, notProven("it is from the future: %v", token.IssuedAt)
	case token.Subject == "" || len(token.Subject) > 255:
		return nil, core.Claims{}, notProven("the subject is %q", token.Subject)
	}
	c := core.Claims{Issuer: token.Issuer, Subject: token.Subject, Expires: token.Expiry}
	if c.Issuer == "accounts.google.com" { // as it was before
		c.Issuer = d.issuer
	}
	p.describe(&c, claims)
	return token, c, nil
}

// isTenant reports whether an issuer is that of a tenant.
func isTenant(id, issuer, form string) bool {
	return len(id) == 36 && strings.Trim(id, "0123456789abcdef-") == "" && issuer == strings.ReplaceAll(form, tenant, id)
}

// describe adds what is told of somebody beside who they are.
func (p *provider) describe(c *core.Claims, told map[string]json.RawMessage) {
	verified := p.verified
	if verified == "" {
		verified = "email_verified"
	}
	c.Email, c.EmailVerified = text(told["email"]), isTrue(told[verified])
	if name := text(told["name"]); name != "" {
		c.Name = name
	}
}

// text is a claim that is a text, else "".
func text(claim json.RawMessage) (s string) {
	_ = json.Unmarshal(claim, &s)
	return s
}

// isTrue reads a claim that some providers write as a text or a number.
func isTrue(claim json.RawMessage) bool {
	return slices.Contains([]string{"true", `"true"`, "1", `"1"`}, string(claim))
}
