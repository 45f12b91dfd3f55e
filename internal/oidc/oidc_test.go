package oidc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/grapnel/grapnel/core"
)

// The provider as others have made one is in e2e/openid. Here are the ways of single providers,
// which no such server has.

var flow = core.ProviderFlow{RedirectURL: "https://api.example.org/sign-in/x/callback", State: "state", Nonce: "nonce", Verifier: strings.Repeat("v", 43)}

func mustNew(t *testing.T, cfg Config) core.IdentityProvider {
	t.Helper()
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSettings(t *testing.T) {
	t.Parallel()
	full := Config{Name: "company", Issuer: "https://login.example.org", ClientID: "id"}
	if p := mustNew(t, full); p.Name() != "company" || p.Label() != "Company" {
		t.Errorf("%s %s", p.Name(), p.Label())
	}
	for name := range presets {
		cfg := Config{Name: name, ClientID: "id", ClientSecret: "secret"}
		if name == "apple" {
			cfg.ClientSecret, cfg.TeamID, cfg.KeyID, cfg.PrivateKey = "", "team", "key", ecKey(t)
		}
		mustNew(t, cfg)
	}
	for begins, change := range map[string]func(*Config){
		"ISSUER: is needed":        func(c *Config) { c.Issuer = "" },
		"ISSUER: \"http:":          func(c *Config) { c.Issuer = "http://login.example.org" },
		"ISSUER: \"https://a@":     func(c *Config) { c.Issuer = "https://a@login.example.org" },
		"CLIENT_ID":                func(c *Config) { c.ClientID = "" },
		"CLIENT_SECRET":            func(c *Config) { c.Name = "google" },
		"TEAM_ID, KEY_ID, PRIVATE": func(c *Config) { c.TeamID = "team" },
		"TEAM_ID, KEY_ID and":      func(c *Config) { c.Name = "apple" },
		"PRIVATE_KEY_FILE":         func(c *Config) { c.Name, c.TeamID, c.KeyID, c.PrivateKey = "apple", "team", "key", []byte("none") },
		"APP_CLIENT_IDS":           func(c *Config) { c.Name, c.ClientSecret, c.AppClientIDs = "github", "secret", []string{"app"} },
	} {
		cfg := full
		change(&cfg)
		if _, err := New(cfg); err == nil || !strings.HasPrefix(err.Error(), begins) {
			t.Errorf("%s: %v", begins, err)
		}
	}
}

func ecKey(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// standIn is a server with these answers, by path.
func standIn(t *testing.T, answers map[string]http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	for path, f := range answers {
		mux.HandleFunc(path, f)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// GitHub tells who people are by its API, and which of their addresses it knows.
func TestGitHub(t *testing.T) {
	t.Parallel()
	user := map[string]any{"id": 1, "login": "ada", "name": ""}
	emails := []map[string]any{{"email": "old@example.org", "verified": true}, {"email": "ada@example.org", "primary": true, "verified": true}}
	issuer := standIn(t, map[string]http.HandlerFunc{
		"POST /login/oauth/access_token": func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("code_verifier") != flow.Verifier || r.FormValue("client_secret") != "secret" || r.FormValue("code") != "code" {
				answer(w, map[string]string{"error": "bad_verification_code"}) // with 200, as GitHub does
				return
			}
			answer(w, map[string]string{"access_token": "token", "token_type": "bearer"})
		},
		"GET /api/v3/user": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer token" {
				http.Error(w, "no", http.StatusUnauthorized)
				return
			}
			answer(w, user)
		},
		"GET /api/v3/user/emails": func(w http.ResponseWriter, _ *http.Request) { answer(w, emails) },
	})
	p := mustNew(t, Config{Name: "github", Issuer: issuer, ClientID: "id", ClientSecret: "secret"})
	at, err := p.AuthURL(t.Context(), flow)
	u, _ := url.Parse(at)
	if q := u.Query(); err != nil || q.Get("code_challenge_method") != "S256" || q.Get("state") != "state" || q.Get("scope") != "read:user user:email" {
		t.Errorf("%s %v", at, err)
	}
	got, err := p.Exchange(t.Context(), flow, "code", "")
	if err != nil || got != (core.Claims{Issuer: issuer, Subject: "1", Email: "ada@example.org", EmailVerified: true, Name: "ada"}) {
		t.Errorf("%+v %v", got, err)
	}
	emails[1]["verified"] = false
	if got, err = p.Exchange(t.Context(), flow, "code", ""); err != nil || got.EmailVerified {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := p.Exchange(t.Context(), flow, "another", ""); !errors.Is(err, core.ErrNotProven) {
		t.Errorf("another code: %v", err)
	}
	user["id"] = 0
	if _, err := p.Exchange(t.Context(), flow, "code", ""); !errors.Is(err, core.ErrNotProven) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := p.VerifyIDToken(t.Context(), "a.b.c", "nonce"); !errors.Is(err, core.ErrNotProven) {
		t.Errorf("an id token: %v", err)
	}
}

// signing is an issuer with a key, whose discovery says what is changed in it.
func signing(t *testing.T, changes map[string]any, more map[string]http.HandlerFunc) (issuer string, sign func(jwt.MapClaims) string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]http.HandlerFunc{
		"GET /.well-known/openid-configuration": func(w http.ResponseWriter, _ *http.Request) {
			d := map[string]any{
				"issuer": issuer, "authorization_endpoint": issuer + "/auth", "token_endpoint": issuer + "/token", "jwks_uri": issuer + "/keys",
				"id_token_signing_alg_values_supported": []string{"HS256", "none", "RS256"},
			}
			maps.Copy(d, changes)
			answer(w, d)
		},
		"GET /keys": func(w http.ResponseWriter, _ *http.Request) {
			n, e := base64.RawURLEncoding.EncodeToString(key.N.Bytes()), base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())
			answer(w, map[string]any{"keys": []map[string]string{{"kty": "RSA", "kid": "1", "use": "sig", "n": n, "e": e}}})
		},
	}
	maps.Copy(answers, more)
	issuer = standIn(t, answers)
	return issuer, func(c jwt.MapClaims) string {
		token := jwt.NewWithClaims(jwt.SigningMethodRS256, c)
		token.Header["kid"] = "1"
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
}

// Apple wants a form and a secret that is signed.
func TestApple(t *testing.T) {
	t.Parallel()
	pemKey := ecKey(t)
	private, err := jwt.ParseECPrivateKeyFromPEM(pemKey)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	var secret jwt.RegisteredClaims
	var kid any
	idToken := ""
	issuer, sign := signing(t, map[string]any{"token_endpoint_auth_methods_supported": []string{"client_secret_post"}}, map[string]http.HandlerFunc{
		"POST /token": func(w http.ResponseWriter, r *http.Request) {
			token, err := jwt.ParseWithClaims(r.FormValue("client_secret"), &secret, func(*jwt.Token) (any, error) { return &private.PublicKey, nil }, jwt.WithValidMethods([]string{"ES256"}))
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			kid = token.Header["kid"]
			answer(w, map[string]string{"access_token": "token", "token_type": "bearer", "id_token": idToken})
		},
	})
	idToken = sign(jwt.MapClaims{"iss": issuer, "sub": "1", "aud": "org.example.web", "nonce": "nonce", "exp": now.Add(time.Hour).Unix(), "email": "ada@example.org", "email_verified": "true"})
	p := mustNew(t, Config{Name: "apple", Issuer: issuer, ClientID: "org.example.web", TeamID: "team", KeyID: "key", PrivateKey: pemKey})
	at, err := p.AuthURL(t.Context(), flow)
	if u, _ := url.Parse(at); err != nil || u.Query().Get("response_mode") != "form_post" || u.Query().Get("nonce") != "nonce" {
		t.Errorf("%s %v", at, err)
	}
	got, err := p.Exchange(t.Context(), flow, "code", "")
	if err != nil || got.Email != "ada@example.org" || !got.EmailVerified {
		t.Errorf("%+v %v", got, err)
	}
	if secret.Issuer != "team" || secret.Subject != "org.example.web" || len(secret.Audience) != 1 || secret.Audience[0] != issuer || kid != "key" {
		t.Errorf("%+v %v", secret, kid)
	}
}

// At Microsoft each tenant is an issuer, and an address is somebody's only if the domain is the tenant's.
func TestMicrosoft(t *testing.T) {
	t.Parallel()
	const mine, other = "9188040d-6c67-4c5b-b112-36a304b66dad", "00000000-0000-0000-0000-000000000000"
	issuer, sign := signing(t, map[string]any{"issuer": microsoft + tenant + "/v2.0"}, nil)
	at := mustNew(t, Config{Name: "microsoft", Issuer: issuer, ClientID: "id", ClientSecret: "secret"}).(*provider)
	at.manyTenants = []string{issuer}
	for name, c := range map[string]struct {
		iss, tid       string
		says           any
		good, verified bool
	}{
		"a tenant":              {microsoft + mine + "/v2.0", mine, nil, true, false},
		"of its own domain":     {microsoft + mine + "/v2.0", mine, true, true, true},
		"of its own domain, 1":  {microsoft + mine + "/v2.0", mine, "1", true, true},
		"of another domain":     {microsoft + mine + "/v2.0", mine, false, true, false},
		"that says another one": {microsoft + mine + "/v2.0", other, true, false, false},
		"elsewhere":             {"https://evil.example/" + mine + "/v2.0", mine, true, false, false},
		"that is none":          {microsoft + "x/v2.0", "x", true, false, false},
		"with the form itself":  {microsoft + tenant + "/v2.0", tenant, true, false, false},
	} {
		token := sign(jwt.MapClaims{"iss": c.iss, "tid": c.tid, "sub": "1", "aud": "id", "nonce": "nonce", "exp": time.Now().Add(time.Hour).Unix(), "email": "ada@example.org", "email_verified": true, "xms_edov": c.says})
		got, err := at.VerifyIDToken(t.Context(), token, "nonce")
		if (err == nil) != c.good || got.EmailVerified != c.verified || c.good && got.Issuer != c.iss {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

// What a provider says of itself is looked at before it is believed.
func TestDiscoveries(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string]map[string]any{
		"another issuer":     {"issuer": "https://other.example"},
		"a page in the open": {"authorization_endpoint": "http://login.example.org/auth"},
		"a script":           {"authorization_endpoint": "javascript:alert(1)"},
		"no keys":            {"jwks_uri": ""},
		"without end":        {"padding": strings.Repeat("x", maxAnswer)},
	} {
		issuer, _ := signing(t, changes, nil)
		p := mustNew(t, Config{Name: "company", Issuer: issuer, ClientID: "id"})
		if at, err := p.AuthURL(t.Context(), flow); err == nil {
			t.Errorf("%s: %s", name, at)
		}
	}
	elsewhere, _ := signing(t, nil, nil)
	issuer := standIn(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere+r.URL.Path, http.StatusFound)
	}})
	if at, err := mustNew(t, Config{Name: "company", Issuer: issuer, ClientID: "id"}).AuthURL(t.Context(), flow); err == nil {
		t.Errorf("a redirect: %s", at)
	}
}

// A provider that tells the issuer with each reply must tell it (RFC 9207).
func TestRepliesHaveAnIssuer(t *testing.T) {
	t.Parallel()
	issuer, _ := signing(t, map[string]any{"authorization_response_iss_parameter_supported": true}, nil)
	p := mustNew(t, Config{Name: "company", Issuer: issuer, ClientID: "id"})
	if _, err := p.Exchange(t.Context(), flow, "code", ""); !errors.Is(err, core.ErrNotProven) {
		t.Error(err)
	}
}
