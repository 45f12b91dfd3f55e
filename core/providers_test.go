package core_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// somewhere is a provider that tells what a test wants. A code is worth what it stands for, at
// the redirect address, with the nonce and with the verifier for which it was given.
type somewhere struct {
	name string

	mu    sync.Mutex
	codes map[string]given // by code
	ids   map[string]core.Claims
	down  bool
}

type given struct {
	claims core.Claims
	flow   core.ProviderFlow
}

func (s *somewhere) Name() string  { return s.name }
func (s *somewhere) Label() string { return strings.ToUpper(s.name) }

func (s *somewhere) AuthURL(_ context.Context, f core.ProviderFlow) (string, error) {
	if s.down {
		return "", errors.New("down")
	}
	return "https://" + s.name + ".example/?" + url.Values{
		"redirect_uri": {f.RedirectURL}, "state": {f.State}, "nonce": {f.Nonce}, "verifier": {f.Verifier}, // which a real one does not get to see
	}.Encode(), nil
}

func (s *somewhere) Exchange(_ context.Context, f core.ProviderFlow, code, issuer string) (core.Claims, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return core.Claims{}, errors.New("down")
	}
	g, ok := s.codes[code]
	if !ok || g.flow != f || issuer != "" && issuer != "https://"+s.name+".example" {
		return core.Claims{}, fmt.Errorf("%w: code %q of %+v, not of %+v", core.ErrNotProven, code, g.flow, f)
	}
	return g.claims, nil // more than once: that is ours to see to
}

func (s *somewhere) VerifyIDToken(_ context.Context, token, nonce string) (core.Claims, error) {
	if s.down {
		return core.Claims{}, errors.New("down")
	}
	c, ok := s.ids[token[:strings.LastIndex(token, ".")]+" "+nonce]
	if !ok {
		return c, core.ErrNotProven
	}
	return c, nil
}

// agrees is the reply with which the provider sends somebody back who has signed in as c, from
// the address that Start gave.
func (s *somewhere) agrees(t *testing.T, at string, c core.Claims) core.ProviderReply {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	code := fmt.Sprint("code", len(s.codes))
	s.codes[code] = given{c, core.ProviderFlow{RedirectURL: q.Get("redirect_uri"), State: q.Get("state"), Nonce: q.Get("nonce"), Verifier: q.Get("verifier")}}
	return core.ProviderReply{State: q.Get("state"), Code: code}
}

// claims of somebody whose address the provider knows.
func (s *somewhere) claims(name string) core.Claims {
	return core.Claims{Issuer: "https://" + s.name + ".example", Subject: name, Email: name + "@example.org", EmailVerified: true, Name: strings.ToUpper(name)}
}

// federated is a world with two providers, the first one called here.
func federated(t *testing.T, with ...func(*core.Config)) (*world, *post, *somewhere) {
	t.Helper()
	here := &somewhere{name: "here", codes: map[string]given{}, ids: map[string]core.Claims{}}
	there := &somewhere{name: "there", codes: map[string]given{}}
	w, p := recovering(t, append([]func(*core.Config){func(c *core.Config) {
		c.Providers = []core.IdentityProvider{here, there}
		c.MayReturn = func(u *url.URL) bool { return u.Scheme == "org.example.app" || u.Host == "app.example.org" }
	}}, with...)...)
	return w, p, here
}

const verifier = "a-verifier-that-the-frontend-keeps-for-itself"

func s256(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func start() core.ProviderStart {
	return core.ProviderStart{Provider: "here", ReturnTo: "http://localhost/in", CodeChallenge: s256(verifier)}
}

// goes starts at the provider, as the caller.
func (w *world) goes(t *testing.T, ctx context.Context, d core.ProviderStart) string {
	t.Helper()
	at, err := w.Providers.Start(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// returned is what stands behind the # with which a browser comes back.
func (w *world) returned(t *testing.T, name string, r core.ProviderReply) (kind, value string) {
	t.Helper()
	at, err := w.Providers.Return(t.Context(), name, r)
	if err != nil {
		return "refused", fmt.Sprint(core.CodeOf(err))
	}
	_, fragment, _ := strings.Cut(at, "#")
	kind, value, _ = strings.Cut(fragment, "=")
	return kind, value
}

// token is the secret of somebody who has gone through the provider.
func (w *world) token(t *testing.T, ctx context.Context, s *somewhere, d core.ProviderStart, c core.Claims) string {
	t.Helper()
	kind, token := w.returned(t, d.Provider, s.agrees(t, w.goes(t, ctx, d), c))
	if kind != "signin" {
		t.Fatalf("%s=%s", kind, token)
	}
	return token
}

// enters signs somebody in by the provider.
func (w *world) enters(t *testing.T, s *somewhere, c core.Claims) (*core.User, core.Tokens, error) {
	t.Helper()
	return w.Sessions.SignInWithProvider(t.Context(), w.token(t, t.Context(), s, start(), c), verifier)
}

func (w *world) verified(t *testing.T, p *post, user *core.User) {
	t.Helper()
	if _, err := w.Recovery.RequestEmailVerification(core.WithPrincipal(t.Context(), core.Principal{UserID: user.ID, Role: user.Role})); err != nil {
		t.Fatal(err)
	}
	_, token := p.letter(t, user.Email, 1)
	if _, err := w.Recovery.VerifyEmail(t.Context(), token); err != nil {
		t.Fatal(err)
	}
}

func (w *world) identitiesOf(t *testing.T, user *core.User) []*core.Identity {
	t.Helper()
	list, err := w.Providers.Of(core.WithPrincipal(t.Context(), core.Principal{UserID: user.ID, Role: user.Role}), user)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestProviderMakesAnAccountAndSignsIn(t *testing.T) {
	t.Parallel()
	w, _, here := federated(t)
	w.user(t, "ada") // has the username, and another address than below
	c := here.claims("ada")
	c.Email = " ADA@News.example"
	first, tokens, err := w.enters(t, here, c)
	if err != nil {
		t.Fatal(err)
	}
	if first.Email != "ada@news.example" || first.EmailVerifiedAt == nil || first.Role != core.Member || first.PasswordHash != "" ||
		!strings.HasPrefix(first.Username, "ada-") || *first.DisplayName != "ADA" {
		t.Errorf("%+v", first)
	}
	if _, err := w.Sessions.Authenticate(t.Context(), tokens.AccessToken); err != nil {
		t.Error(err)
	}
	c.Email, c.EmailVerified = "elsewhere@example.org", false // who it is does not change by that
	again, _, err := w.enters(t, here, c)
	if err != nil || again.ID != first.ID || again.Email != first.Email {
		t.Errorf("%+v %v", again, err)
	}
	if list := w.identitiesOf(t, first); len(list) != 1 || list[0].Provider != "here" || *list[0].Email != "ada@news.example" {
		t.Errorf("%+v", list)
	}
	// No password signs in to it, and each costs the same work.
	before := w.HashRuns()
	if _, _, err := w.Sessions.SignIn(t.Context(), first.Email, "correct horse"); !core.Is(err, core.InvalidCredentials) || w.HashRuns() != before+1 {
		t.Errorf("a password: %v, %d runs", err, w.HashRuns()-before)
	}
}

// A first password is chosen as a forgotten one is.
func TestProviderAccountGetsAPassword(t *testing.T) {
	t.Parallel()
	w, p, here := federated(t)
	user, _, err := w.enters(t, here, here.claims("ada"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Recovery.ResetPassword(t.Context(), w.resetToken(t, p, user.Email, 1), "battery staple"); err != nil {
		t.Fatal(err)
	}
	w.entered(t, user.Email, "battery staple")
	if again, _, err := w.enters(t, here, here.claims("ada")); err != nil || again.ID != user.ID {
		t.Errorf("%+v %v", again, err)
	}
}

// An account is joined when both sides know whose the address is.
func TestProviderJoinsAVerifiedAccount(t *testing.T) {
	t.Parallel()
	w, p, here := federated(t)
	ada := w.user(t, "ada")
	if _, _, err := w.enters(t, here, here.claims("ada")); !core.Is(err, core.Conflict) {
		t.Errorf("a stranger may have made it: %v", err)
	}
	w.verified(t, p, ada)
	unsure := here.claims("ada")
	unsure.EmailVerified = false
	if _, _, err := w.enters(t, here, unsure); !core.Is(err, core.Forbidden) {
		t.Errorf("the provider does not know: %v", err)
	}
	user, _, err := w.enters(t, here, here.claims("ada"))
	if err != nil || user.ID != ada.ID {
		t.Fatalf("%+v %v", user, err)
	}
	if subject, _ := p.letter(t, ada.Email, 2); subject != "A new way to sign in to My site" {
		t.Errorf("%q", subject)
	}
	other := here.claims("ada")
	other.Subject = "somebody else with the address"
	if user, _, err := w.enters(t, here, other); err != nil || user.ID != ada.ID {
		t.Errorf("%+v %v", user, err)
	}
}

// What nobody knows to be theirs makes no account: it would keep the address from its owner.
func TestProviderOfUnverifiedAddresses(t *testing.T) {
	t.Parallel()
	w, _, here := federated(t)
	for name, change := range map[string]func(*core.Claims){
		"not verified": func(c *core.Claims) { c.EmailVerified = false },
		"none":         func(c *core.Claims) { c.Email = "" },
		"no address":   func(c *core.Claims) { c.Email = "ada" },
	} {
		c := here.claims("ada")
		change(&c)
		if _, _, err := w.enters(t, here, c); !core.Is(err, core.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Users.ByUsername(t.Context(), "ada"); !core.Is(err, core.NotFound) {
		t.Error(err)
	}
}

// Who has made an account for an address of somebody else is out once its owner resets the
// password, whatever they have linked.
func TestResetOfAnUnverifiedAccountUnlinks(t *testing.T) {
	t.Parallel()
	w, p, here := federated(t)
	ada := w.user(t, "ada") // by eve
	ctx := w.entered(t, ada.Email, "correct horse")
	w.links(t, ctx, here, here.claims("eve"))
	p.letter(t, ada.Email, 1) // tells of it
	s := &strong{world: w}
	passkey := s.addPasskey(t, ctx)
	p.letter(t, ada.Email, 2)
	_, key, err := w.APIKeys.Create(ctx, core.APIKeyDraft{Name: "Eve's", Role: core.Member, Types: []string{"*"}, Operations: []core.APIKeyOperation{core.MayRead}, UserID: &ada.ID})
	if err != nil {
		t.Fatal(err)
	}
	app, err := w.Factors.SetUpAuthenticator(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s.secret = app.Secret
	if _, _, err := w.Factors.ConfirmAuthenticator(ctx, app.Token, s.shown(t)); err != nil {
		t.Fatal(err)
	}
	p.letter(t, ada.Email, 3)
	if _, err := w.Recovery.ResetPassword(t.Context(), w.resetToken(t, p, ada.Email, 4), "battery staple"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Sessions.SignInWithPasskey(t.Context(), passkey.signs(t, s.asks(t))); wrongField(err) != "credential WRONG" {
		t.Errorf("her passkey: %v", err)
	}
	if _, err := w.Sessions.Authenticate(t.Context(), key); !core.Is(err, core.Unauthenticated) {
		t.Errorf("her key: %v", err)
	}
	w.entered(t, ada.Email, "battery staple") // without a code of her app
	if list := w.identitiesOf(t, ada); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	if user, _, err := w.enters(t, here, here.claims("eve")); err != nil || user.ID == ada.ID {
		t.Errorf("%+v %v", user, err)
	}
}

func TestProviderRefuses(t *testing.T) {
	t.Parallel()
	w, _, here := federated(t)
	ada, _, err := w.enters(t, here, here.claims("ada"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Users.Suspend(core.AsSystem(t.Context()), ada.ID, nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.enters(t, here, here.claims("ada")); !core.Is(err, core.Forbidden) {
		t.Errorf("suspended: %v", err)
	}
	closed, _, here := federated(t, func(c *core.Config) { c.SignUpRole = "" })
	if _, _, err := closed.enters(t, here, here.claims("ada")); !core.Is(err, core.Forbidden) {
		t.Errorf("closed: %v", err)
	}
}

// Nobody is sent to an address of a stranger's choice.
func TestProviderReturnsToKnownPlaces(t *testing.T) {
	t.Parallel()
	w, _, _ := federated(t)
	for to, allowed := range map[string]bool{
		"http://localhost/in?a=b": true, "http://localhost": true,
		"https://news.example.org/account": true, "https://news.example.org/account?x": true, // the account page
		"https://app.example.org/": true, "org.example.app:/in": true, "org.example.app://in": true,
		"https://news.example.org/other": false, "https://news.example.org/account/x": false, "http://news.example.org/account": false,
		"": false, "/in": false, "//localhost/in": false, "https://evil.example/": false, "https://localhost/in": false,
		"http://localhost.evil.example/": false, "http://localhost:80@evil.example/": false, "http://user@localhost/": false,
		`http://localhost\.evil.example/`: false, "http://localhost/#x": false, "javascript:alert(1)": false, "http:localhost": false, "http://localhost/files/asset_1/x.html": false, "http://localhost/x/%2e%2e/files/asset_1/x.html": false, "http:///in": false,
		"http://localhost/" + strings.Repeat("x", 512): false, "http://localhost/\r\nSet-Cookie: a=b": false,
	} {
		d := start()
		d.ReturnTo = to
		_, err := w.Providers.Start(t.Context(), d)
		if allowed && err != nil || !allowed && wrongField(err) != "returnTo NOT_ALLOWED" {
			t.Errorf("%q: %v", to, err)
		}
	}
	for field, change := range map[string]func(*core.ProviderStart){
		"provider UNKNOWN":   func(d *core.ProviderStart) { d.Provider = "nowhere" },
		"codeChallenge FORM": func(d *core.ProviderStart) { d.CodeChallenge = verifier },
	} {
		d := start()
		change(&d)
		if _, err := w.Providers.Start(t.Context(), d); wrongField(err) != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// What a browser comes back with is good once, at one address, and for the flow that it is of.
func TestProviderReplies(t *testing.T) {
	t.Parallel()
	w, _, here := federated(t)
	mine := func() core.ProviderReply { return here.agrees(t, w.goes(t, t.Context(), start()), here.claims("ada")) }
	expect := func(what, kind, value, name string, r core.ProviderReply) {
		t.Helper()
		if k, v := w.returned(t, name, r); k != kind || v != value {
			t.Errorf("%s: %s=%s", what, k, v)
		}
	}
	r := mine()
	if kind, _ := w.returned(t, "here", r); kind != "signin" {
		t.Fatal(kind)
	}
	expect("again", "signin-failed", "USED", "here", r)
	expect("at the address of another provider", "refused", "BAD_USER_INPUT", "there", mine())
	expect("without a state", "refused", "BAD_USER_INPUT", "here", core.ProviderReply{Code: "code"})
	r = mine()
	r.State = r.State[:len(r.State)-1]
	expect("a forged state", "refused", "BAD_USER_INPUT", "here", r)
	r, other := mine(), mine()
	r.State = other.State
	expect("a code of another flow", "signin-failed", "REFUSED", "here", r)
	r = mine()
	r.Issuer = "https://there.example"
	expect("of another issuer", "signin-failed", "REFUSED", "here", r)
	r = mine()
	r.Code, r.Error = "", "access_denied"
	expect("cancelled", "signin-failed", "CANCELLED", "here", r)
	r = mine()
	r.Code, r.Error = "", "server_error"
	expect("failed", "signin-failed", "REFUSED", "here", r)
	r = mine()
	here.down = true
	expect("down", "signin-failed", "UNAVAILABLE", "here", r)
	if _, err := w.Providers.Start(t.Context(), start()); !core.Is(err, core.Unavailable) {
		t.Errorf("down: %v", err)
	}
	here.down = false
	r = mine()
	w.offset.Add(int64(15*time.Minute + time.Second))
	expect("late", "signin-failed", "EXPIRED", "here", r)
}

// The secret is worth something once, within a minute, for who holds the verifier, and for what
// it was asked for.
func TestProviderSecrets(t *testing.T) {
	t.Parallel()
	w, _, here := federated(t)
	ada, _, err := w.enters(t, here, here.claims("ada"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := core.WithPrincipal(t.Context(), core.Principal{UserID: ada.ID, Role: core.Member})
	enter := func(token, verifier string) error {
		_, _, err := w.Sessions.SignInWithProvider(t.Context(), token, verifier)
		return err
	}
	token := w.token(t, t.Context(), here, start(), here.claims("ada"))
	// Planted into the browser of somebody else, who has begun nothing, or another flow.
	for _, other := range []string{"", "another-verifier-that-somebody-else-keeps-for", s256(verifier)} {
		if err := enter(token, other); wrongField(err) != "codeVerifier WRONG" {
			t.Errorf("verifier %q: %v", other, err)
		}
	}
	if _, err := w.Providers.Link(ctx, token, verifier); wrongField(err) != "token WRONG" {
		t.Errorf("to link: %v", err)
	}
	if _, err := w.Recovery.VerifyEmail(t.Context(), token); wrongField(err) != "token WRONG" {
		t.Errorf("as a mailed one: %v", err)
	}
	errs := make([]error, 5)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = enter(token, verifier) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if wrongField(err) != "token WRONG" {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d won: %v", won, errs)
	}
	late := w.token(t, t.Context(), here, start(), here.claims("ada"))
	w.offset.Add(int64(time.Minute))
	if err := enter(late, verifier); wrongField(err) != "token WRONG" {
		t.Errorf("late: %v", err)
	}
}

// Of several who come with one new identity at once all get the same account.
func TestProviderNewcomersMeet(t *testing.T) {
	t.Parallel()
	w, _, here := federated(t)
	tokens := make([]string, 4)
	for i := range tokens {
		tokens[i] = w.token(t, t.Context(), here, start(), here.claims("ada"))
	}
	var wg sync.WaitGroup
	ids := make([]string, len(tokens))
	for i, token := range tokens {
		wg.Go(func() {
			user, _, err := w.Sessions.SignInWithProvider(t.Context(), token, verifier)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = user.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("%v", ids)
		}
	}
}

// links goes through the provider to link an identity to the caller's account.
func (w *world) links(t *testing.T, ctx context.Context, s *somewhere, c core.Claims) {
	t.Helper()
	d := start()
	d.Link = true
	if _, err := w.Providers.Link(ctx, w.token(t, ctx, s, d, c), verifier); err != nil {
		t.Fatal(err)
	}
}

func TestLinkAndUnlink(t *testing.T) {
	t.Parallel()
	w, p, here := federated(t)
	ada, grace := w.user(t, "ada"), w.user(t, "grace")
	ctx, other := w.entered(t, ada.Email, "correct horse"), w.entered(t, grace.Email, "correct horse")
	d := start()
	d.Link = true
	if _, err := w.Providers.Start(t.Context(), d); !core.Is(err, core.Unauthenticated) {
		t.Errorf("a visitor: %v", err)
	}
	unverified := here.claims("countess")
	unverified.EmailVerified = false // she is signed in: no address joins anything
	token := w.token(t, ctx, here, d, unverified)
	if _, err := w.Providers.Link(other, token, verifier); wrongField(err) != "token WRONG" {
		t.Errorf("by somebody else: %v", err)
	}
	if _, err := w.Providers.Link(ctx, token, "another-verifier-that-somebody-else-keeps-for"); wrongField(err) != "codeVerifier WRONG" {
		t.Errorf("planted: %v", err)
	}
	if _, _, err := w.Sessions.SignInWithProvider(t.Context(), token, verifier); wrongField(err) != "token WRONG" {
		t.Errorf("to sign in: %v", err)
	}
	if _, err := w.Providers.Link(ctx, token, verifier); err != nil {
		t.Fatal(err)
	}
	if subject, _ := p.letter(t, ada.Email, 1); subject != "A new way to sign in to My site" {
		t.Errorf("%q", subject)
	}
	if user, _, err := w.enters(t, here, unverified); err != nil || user.ID != ada.ID {
		t.Errorf("%+v %v", user, err)
	}
	if _, err := w.Providers.Link(other, w.token(t, other, here, d, unverified), verifier); !core.Is(err, core.Conflict) {
		t.Errorf("somebody else's: %v", err)
	}
	w.links(t, ctx, here, unverified) // once more changes nothing
	list := w.identitiesOf(t, ada)
	if len(list) != 1 {
		t.Fatalf("%+v", list)
	}
	for _, reader := range []context.Context{t.Context(), other} {
		if list, err := w.Providers.Of(reader, ada); list != nil || err != nil {
			t.Errorf("%+v %v", list, err)
		}
	}
	if err := w.Providers.Unlink(other, list[0].ID); !core.Is(err, core.NotFound) {
		t.Errorf("of somebody else: %v", err)
	}
	if err := w.Providers.Unlink(ctx, list[0].ID); err != nil {
		t.Fatal(err)
	}
	if subject, _ := p.letter(t, ada.Email, 2); subject != "A way to sign in to My site was removed" {
		t.Errorf("%q", subject)
	}
	if _, _, err := w.enters(t, here, unverified); !core.Is(err, core.Forbidden) {
		t.Errorf("after that: %v", err)
	}
}

// The last way in stays, also when two go at once.
func TestLastIdentityStays(t *testing.T) {
	t.Parallel()
	w, _, here := federated(t)
	ada, tokens, err := w.enters(t, here, here.claims("ada"))
	if err != nil {
		t.Fatal(err)
	}
	caller, err := w.Sessions.Authenticate(t.Context(), tokens.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	ctx := core.WithPrincipal(t.Context(), caller)
	w.links(t, ctx, here, here.claims("countess"))
	list := w.identitiesOf(t, ada)
	var wg sync.WaitGroup
	errs := make([]error, len(list))
	for i, identity := range list {
		wg.Go(func() { errs[i] = w.Providers.Unlink(ctx, identity.ID) })
	}
	wg.Wait()
	if len(list) != 2 || (errs[0] == nil) == (errs[1] == nil) || !core.Is(errors.Join(errs...), core.Forbidden) {
		t.Errorf("%v", errs)
	}
	if left := w.identitiesOf(t, ada); len(left) != 1 {
		t.Errorf("%+v", left)
	}
}

// What is known of somebody at a provider is theirs, and goes with the account.
func TestIdentitiesGoWithTheAccount(t *testing.T) {
	t.Parallel()
	w, _, here := federated(t)
	ada, tokens, err := w.enters(t, here, here.claims("ada"))
	if err != nil {
		t.Fatal(err)
	}
	caller, err := w.Sessions.Authenticate(t.Context(), tokens.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	ctx := core.WithPrincipal(t.Context(), caller)
	records, err := w.OwnRecords(ctx, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range records {
		found = found || r.Type == "UserIdentity" && strings.Contains(r.JSON, `"subject":"ada"`)
	}
	if !found {
		t.Errorf("%+v", records)
	}
	if _, err := w.Departures.DeleteAccount(ctx, nil, core.KeepContent); err != nil { // just signed in
		t.Fatal(err)
	}
	again, _, err := w.enters(t, here, here.claims("ada"))
	if err != nil || again.ID == ada.ID {
		t.Errorf("%+v %v", again, err)
	}
}

func TestSignInWithIDToken(t *testing.T) {
	t.Parallel()
	w, _, here := federated(t)
	const nonce = "a-nonce-of-the-app"
	hash := sha256.Sum256([]byte(nonce))
	c := here.claims("ada")
	c.Expires = time.Now().Add(time.Hour)
	for _, spelling := range []string{"head.body", " head.body", "{head}.body"} { // of one token
		here.ids[spelling+" "+hex.EncodeToString(hash[:])] = c
	}
	enter := func(provider, token, nonce string) (*core.User, error) {
		user, _, err := w.Sessions.SignInWithIDToken(t.Context(), provider, token, nonce)
		return user, err
	}
	for want, args := range map[string][3]string{
		"provider UNKNOWN": {"nowhere", "head.body.sign", nonce}, "nonce FORM": {"here", "head.body.sign", "short"}, "idToken FORM": {"here", strings.Repeat("x", 20_000) + ".y", nonce},
	} {
		if _, err := enter(args[0], args[1], args[2]); wrongField(err) != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	for what, args := range map[string][2]string{"another nonce": {"head.body.sign", "a-nonce-of-another"}, "its hash": {"head.body.sign", hex.EncodeToString(hash[:])}, "another token": {"head.other.sign", nonce}} {
		if _, err := enter("here", args[0], args[1]); !core.Is(err, core.InvalidCredentials) {
			t.Errorf("%s: %v", what, err)
		}
	}
	user, err := enter("here", "head.body.sign", nonce)
	if err != nil || user.Email != c.Email {
		t.Fatalf("%+v %v", user, err)
	}
	for _, token := range []string{"head.body.sign", "head.body.another-spelling-of-it", " head.body.sign", "{head}.body.sign"} {
		if _, err := enter("here", token, nonce); !core.Is(err, core.InvalidCredentials) {
			t.Errorf("used twice, as %q: %v", token, err)
		}
	}
	here.down = true
	if _, err := enter("here", "head.body.sign", nonce); !core.Is(err, core.Unavailable) {
		t.Errorf("down: %v", err)
	}
}

// Starting and coming back counts as signing in does.
func TestProvidersAreLimited(t *testing.T) {
	t.Parallel()
	w, _, here := federated(t, func(c *core.Config) { c.Limits.SignInByAddress = core.Rate{Burst: 2, Every: time.Hour} })
	ctx := core.WithClient(t.Context(), core.Client{Address: "192.0.2.1"})
	r := here.agrees(t, w.goes(t, ctx, start()), here.claims("ada"))
	w.goes(t, ctx, start())
	if _, err := w.Providers.Start(ctx, start()); !core.Is(err, core.RateLimited) {
		t.Error(err)
	}
	at, err := w.Providers.Return(ctx, "here", r)
	if err != nil || !strings.HasSuffix(at, "#signin-failed=RATE_LIMITED") {
		t.Errorf("%s %v", at, err)
	}
	if _, _, err := w.Sessions.SignInWithProvider(ctx, "x", verifier); !core.Is(err, core.RateLimited) {
		t.Error(err)
	}
}
