// Package oidc signs people in at OpenID providers (OpenID Connect Core 1.0, Discovery 1.0), and
// at GitHub by OAuth2 (RFC 6749, RFC 7636).
package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/grapnel/grapnel/core"
)

// Config is a provider of the settings. What a preset of this name has may be left out.
type Config struct {
	Name   string
	Label  string
	Issuer string
	// ClientID and ClientSecret are what the provider knows this server by. Without a secret it
	// is a public client.
	ClientID     string
	ClientSecret string
	// AppClientIDs are those of apps, whose id tokens are taken, too.
	AppClientIDs []string
	// Apple wants secrets that are signed: by a key of a team, an ECDSA one in PEM.
	TeamID     string
	KeyID      string
	PrivateKey []byte
	Now        func() time.Time // time.Now when nil
}

// New checks the settings; it connects to nothing. An error begins with the setting that it is
// about, as in GRAPNEL_NAME_….
func New(cfg Config) (core.IdentityProvider, error) {
	p, known := presets[cfg.Name]
	if !known {
		p = preset{scopes: openIDScopes, label: strings.ToUpper(cfg.Name[:1]) + cfg.Name[1:]}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Label != "" {
		p.label = cfg.Label
	}
	if cfg.Issuer != "" {
		p.issuer = cfg.Issuer
	}
	switch {
	case p.issuer == "":
		return nil, fmt.Errorf("ISSUER: is needed, for %s is none of %s", cfg.Name, strings.Join(slices.Sorted(maps.Keys(presets)), ", "))
	case !isIssuer(p.issuer):
		return nil, fmt.Errorf("ISSUER: %q is not an https address such as https://login.example.org", p.issuer)
	case cfg.ClientID == "":
		return nil, errors.New("CLIENT_ID: is needed")
	}
	c := client{preset: p, name: cfg.Name, id: cfg.ClientID, now: cfg.Now, http: newHTTP()}
	switch {
	case p.signsSecrets:
		key, err := newSecretKey(cfg, p.issuer)
		if err != nil {
			return nil, err
		}
		c.secret = key.secret
	case cfg.TeamID != "" || cfg.KeyID != "" || len(cfg.PrivateKey) > 0:
		return nil, errors.New("TEAM_ID, KEY_ID, PRIVATE_KEY_FILE: are Apple's alone")
	case cfg.ClientSecret == "" && known:
		return nil, errors.New("CLIENT_SECRET: is needed")
	default:
		c.secret = func() (string, error) { return cfg.ClientSecret, nil }
	}
	if p.api != nil {
		if len(cfg.AppClientIDs) > 0 {
			return nil, fmt.Errorf("APP_CLIENT_IDS: %s gives no id tokens to apps", p.label)
		}
		return &hub{client: c, api: p.api(p.issuer)}, nil
	}
	return &provider{client: c, audiences: append([]string{cfg.ClientID}, cfg.AppClientIDs...), keys: newKeyClient(c.http)}, nil
}

// isIssuer reports whether an address can be an issuer: over https, unless it is on this machine.
func isIssuer(address string) bool {
	u, err := url.Parse(address)
	return err == nil && isSecure(u) && u.RawQuery == "" && u.Fragment == "" && u.User == nil
}

func isSecure(u *url.URL) bool {
	if u.Host == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// client is this server, as a provider knows it.
type client struct {
	preset
	name   string
	id     string
	secret func() (string, error)
	now    func() time.Time
	http   *http.Client
}

func (c *client) Name() string  { return c.name }
func (c *client) Label() string { return c.label }

// flow is what OAuth2 needs to know of a sign-in.
func (c *client) flow(endpoint oauth2.Endpoint, f core.ProviderFlow) (*oauth2.Config, error) {
	secret, err := c.secret()
	if secret == "" {
		endpoint.AuthStyle = oauth2.AuthStyleInParams // a public client
	}
	return &oauth2.Config{ClientID: c.id, ClientSecret: secret, Endpoint: endpoint, RedirectURL: f.RedirectURL, Scopes: c.scopes}, err
}

// redeem exchanges a code for tokens.
func (c *client) redeem(ctx context.Context, endpoint oauth2.Endpoint, f core.ProviderFlow, code string) (*oauth2.Token, error) {
	flow, err := c.flow(endpoint, f)
	if err != nil {
		return nil, err
	}
	tokens, err := flow.Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && slices.Contains([]string{"invalid_grant", "bad_verification_code"}, refused.ErrorCode) {
		err = notProven("%s %s", refused.ErrorCode, refused.ErrorDescription)
	}
	return tokens, err
}

func notProven(format string, args ...any) error {
	return fmt.Errorf("%w: %s", core.ErrNotProven, fmt.Sprintf(format, args...))
}

// maxAnswer bounds what a provider answers, in bytes.
const maxAnswer = 1 << 20

// newHTTP asks providers. Sign-ins are few, so each request has a connection of its own.
func newHTTP() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableKeepAlives, t.MaxConnsPerHost = true, 32
	return &http.Client{
		Transport: bounded{t}, Timeout: core.ProviderLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("a provider redirects where it must not")
		},
	}
}

// bounded ends answers that are too long.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxAnswer)
	}
	return resp, err
}

// get asks for JSON in somebody's name.
func (c *client) get(ctx context.Context, from string, tokens *oauth2.Token, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return err
	}
	tokens.SetAuthHeader(r)
	r.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", from, resp.Status)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}
