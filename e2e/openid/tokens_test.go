package openid_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/e2e/openid"
	"github.com/grapnel/grapnel/internal/oidc"
)

func started(t *testing.T) *openid.Provider {
	t.Helper()
	p, err := openid.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// now is the time of all tests here, at the server; the provider itself has the real one.
var now = time.Now().Truncate(time.Second)

// knowing is our side of a provider.
func knowing(t *testing.T, p *openid.Provider) core.IdentityProvider {
	t.Helper()
	ours, err := oidc.New(oidc.Config{
		Name: "company", Issuer: p.Issuer, ClientID: openid.ClientID, ClientSecret: openid.ClientSecret, AppClientIDs: []string{"phone"},
		Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return ours
}

// claims are those of a token that is good, with changes; nil takes one away.
func claims(p *openid.Provider, changes map[string]any) map[string]any {
	c := map[string]any{
		"iss": p.Issuer, "sub": "ada", "aud": openid.ClientID, "nonce": "nonce", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		"email": "ada@example.org", "email_verified": true, "name": "Ada",
	}
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

// What the provider's own key has signed is good if it is meant for us, now.
func TestIDTokens(t *testing.T) {
	t.Parallel()
	p := started(t)
	ours := knowing(t, p)
	other := started(t)
	for name, c := range map[string]struct {
		changes map[string]any
		good    bool
	}{
		"good":                                {nil, true},
		"of another app of ours":              {map[string]any{"aud": "phone"}, true},
		"of two of ours":                      {map[string]any{"aud": []string{"phone", openid.ClientID}, "azp": "phone"}, true},
		"of an app, for us":                   {map[string]any{"azp": "an app of Google"}, true},
		"of another issuer":                   {map[string]any{"iss": other.Issuer}, false},
		"of an issuer that is spelled so":     {map[string]any{"iss": strings.TrimSuffix(p.Issuer, "/")}, false},
		"without an issuer":                   {map[string]any{"iss": nil}, false},
		"for somebody else":                   {map[string]any{"aud": "somebody else"}, false},
		"for nobody":                          {map[string]any{"aud": nil}, false},
		"for us, given to somebody else":      {map[string]any{"aud": []string{openid.ClientID, "else"}, "azp": "else"}, false},
		"for us and others, given to nobody":  {map[string]any{"aud": []string{openid.ClientID, "else"}}, false},
		"with another nonce":                  {map[string]any{"nonce": "another"}, false},
		"without a nonce":                     {map[string]any{"nonce": nil}, false},
		"two minutes over":                    {map[string]any{"exp": now.Add(-core.ClockSkew).Unix()}, true},
		"more than two minutes over":          {map[string]any{"exp": now.Add(-core.ClockSkew - time.Second).Unix()}, false},
		"without an end":                      {map[string]any{"exp": nil}, false},
		"from a clock two minutes ahead":      {map[string]any{"iat": now.Add(core.ClockSkew).Unix()}, true},
		"from a clock that is further ahead":  {map[string]any{"iat": now.Add(core.ClockSkew + time.Second).Unix()}, false},
		"good in ten minutes":                 {map[string]any{"nbf": now.Add(10 * time.Minute).Unix()}, false},
		"of nobody":                           {map[string]any{"sub": ""}, false},
		"of somebody with a name without end": {map[string]any{"sub": strings.Repeat("x", 256)}, false},
	} {
		token, err := p.Sign(claims(p, c.changes))
		if err != nil {
			t.Fatal(err)
		}
		got, err := ours.VerifyIDToken(t.Context(), token, "nonce")
		switch {
		case c.good && err != nil, !c.good && !errors.Is(err, core.ErrNotProven):
			t.Errorf("%s: %v", name, err)
		case c.good && (got.Subject != "ada" || got.Issuer != p.Issuer || got.Email != "ada@example.org" || !got.EmailVerified || got.Name != "Ada"):
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// An address counts as verified only if the issuer says so.
func TestVerifiedAddresses(t *testing.T) {
	t.Parallel()
	p := started(t)
	ours := knowing(t, p)
	for _, c := range []struct {
		says any
		want bool
	}{{true, true}, {"true", true}, {false, false}, {"false", false}, {nil, false}, {"yes", false}, {[]bool{true}, false}} {
		token, err := p.Sign(claims(p, map[string]any{"email_verified": c.says}))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ours.VerifyIDToken(t.Context(), token, "nonce"); err != nil || got.EmailVerified != c.want {
			t.Errorf("%v: %+v %v", c.says, got, err)
		}
	}
}

// Nobody but the provider signs.
func TestForgedIDTokens(t *testing.T) {
	t.Parallel()
	p := started(t)
	ours := knowing(t, p)
	id, key := p.Key()
	another, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(alg jose.SignatureAlgorithm, id string, key any) string {
		token, err := openid.Sign(alg, id, key, claims(p, nil))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := sign(jose.RS256, id, key)
	parts := strings.Split(good, ".")
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	for name, token := range map[string]string{
		"by another key of this name":      sign(jose.RS256, id, another),
		"by a key of another name":         sign(jose.RS256, "another", another),
		"by the public key as a secret":    sign(jose.HS256, id, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"by the public key, DER":           sign(jose.HS256, id, der),
		"by the client's secret":           sign(jose.HS256, id, []byte(openid.ClientSecret+strings.Repeat("x", 16))),
		"by nobody":                        part(map[string]string{"alg": "none"}) + "." + parts[1] + ".",
		"by nobody, with the signature":    part(map[string]string{"alg": "none"}) + "." + parts[1] + "." + parts[2],
		"by a key that it brings":          embedded(t, p, another),
		"without a signature":              parts[0] + "." + parts[1] + ".",
		"for somebody else afterwards":     parts[0] + "." + part(claims(p, map[string]any{"sub": "eve"})) + "." + parts[2],
		"no token":                         "token",
		"nothing":                          "",
		"an access token that is no token": "a.b.c",
	} {
		if got, err := ours.VerifyIDToken(t.Context(), token, "nonce"); !errors.Is(err, core.ErrNotProven) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	if _, err := ours.VerifyIDToken(t.Context(), good, "nonce"); err != nil {
		t.Error(err)
	}
}

// embedded is a token whose header has the key by which it is signed.
func embedded(t *testing.T, p *openid.Provider, key *rsa.PrivateKey) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, &jose.SignerOptions{EmbedJWK: true})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(claims(p, nil))
	if err != nil {
		t.Fatal(err)
	}
	object, err := signer.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	token, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// A new key is found when a token is signed by it, and the old one is good no more then.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	p := started(t)
	ours := knowing(t, p)
	sign := func() string {
		token, err := p.Sign(claims(p, nil))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	verify := func(ctx context.Context, token string) error {
		_, err := ours.VerifyIDToken(ctx, token, "nonce")
		return err
	}
	before := sign()
	if err := verify(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	if err := p.Rotate(); err != nil {
		t.Fatal(err)
	}
	if err := verify(t.Context(), sign()); err != nil {
		t.Error(err)
	}
	if err := verify(t.Context(), before); !errors.Is(err, core.ErrNotProven) {
		t.Errorf("by the old key: %v", err)
	}
	// Who brings tokens of unknown keys does not have the provider asked without end, and keeps
	// nobody from signing in by a known one.
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := openid.Sign(jose.RS256, "unknown", stranger, claims(p, nil))
	if err != nil {
		t.Fatal(err)
	}
	limited := false
	for range 50 {
		err := verify(t.Context(), forged)
		if err == nil {
			t.Fatal("a forged token")
		}
		limited = limited || !errors.Is(err, core.ErrNotProven)
	}
	if err := verify(t.Context(), sign()); err != nil || !limited {
		t.Errorf("%v, limited %v", err, limited)
	}
}

// A provider that is down, or is another one than it should be, is no proof and no refusal.
func TestProviderIsDown(t *testing.T) {
	t.Parallel()
	p := started(t)
	token, err := p.Sign(claims(p, nil))
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := oidc.New(oidc.Config{Name: "company", Issuer: strings.TrimSuffix(p.Issuer, "/"), ClientID: openid.ClientID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.AuthURL(t.Context(), core.ProviderFlow{}); err == nil || !strings.Contains(err.Error(), "did not match") {
		t.Errorf("another issuer: %v", err)
	}
	ours, known := knowing(t, p), knowing(t, p)
	if _, err := known.AuthURL(t.Context(), core.ProviderFlow{}); err != nil { // whose keys are not fetched yet
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for name, provider := range map[string]core.IdentityProvider{"before it is known": ours, "afterwards": known} {
		if _, err := provider.VerifyIDToken(t.Context(), token, "nonce"); err == nil || errors.Is(err, core.ErrNotProven) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A code is worth something with the verifier, the nonce and the redirect address of its flow.
func TestCodes(t *testing.T) {
	t.Parallel()
	p, other := started(t), started(t)
	ours := knowing(t, p)
	flow := core.ProviderFlow{RedirectURL: "http://127.0.0.1:1/sign-in/company/callback", State: "state", Nonce: "nonce", Verifier: strings.Repeat("v", 43)}
	code := func() string {
		at, err := ours.AuthURL(t.Context(), flow)
		if err != nil {
			t.Fatal(err)
		}
		back, err := openid.NewBrowser().SignIn(at, "ada")
		if err != nil {
			t.Fatal(err)
		}
		_, query, _ := strings.Cut(back, "?")
		for pair := range strings.SplitSeq(query, "&") {
			if c, ok := strings.CutPrefix(pair, "code="); ok {
				return c
			}
		}
		t.Fatalf("no code: %s", back)
		return ""
	}
	for name, change := range map[string]func(f *core.ProviderFlow, issuer *string){
		"another verifier":         func(f *core.ProviderFlow, _ *string) { f.Verifier = strings.Repeat("w", 43) },
		"another nonce":            func(f *core.ProviderFlow, _ *string) { f.Nonce = "another" },
		"another redirect address": func(f *core.ProviderFlow, _ *string) { f.RedirectURL = "http://127.0.0.1:1/sign-in/other/callback" },
		"of another issuer":        func(_ *core.ProviderFlow, issuer *string) { *issuer = other.Issuer },
	} {
		f, issuer := flow, ""
		change(&f, &issuer)
		if _, err := ours.Exchange(t.Context(), f, code(), issuer); !errors.Is(err, core.ErrNotProven) {
			t.Errorf("%s: %v", name, err)
		}
	}
	mixed := code()
	if _, err := knowing(t, other).Exchange(t.Context(), flow, mixed, ""); !errors.Is(err, core.ErrNotProven) {
		t.Errorf("at another provider: %v", err)
	}
	got, err := ours.Exchange(t.Context(), flow, mixed, p.Issuer)
	if err != nil || got.Subject != "ada" || got.Email != "ada@example.org" || !got.EmailVerified || got.Name == "" {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := ours.Exchange(t.Context(), flow, mixed, ""); !errors.Is(err, core.ErrNotProven) {
		t.Errorf("used twice: %v", err)
	}
}
