package core_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"github.com/grapnel/grapnel/core"
)

// ring is a device with one passkey, and a browser that shows a page of an origin.
type ring struct {
	virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
	page virtualwebauthn.RelyingParty
}

func newRing(user string) *ring {
	return &ring{
		virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: []byte(user)}),
		newKey(),
		virtualwebauthn.RelyingParty{ID: "localhost", Name: "localhost", Origin: "http://localhost"},
	}
}

// newKey is a key pair whose public half is whole: one in 128 of the library lacks a leading
// zero, see findings/virtualwebauthn-drops-the-leading-zeros-of-a-key.sh.
func newKey() virtualwebauthn.Credential {
	const whole = 77 // bytes in COSE
	for {
		if c := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2); len(c.Key.AttestationData()) == whole {
			return c
		}
	}
}

// makes answers creation options.
func (r *ring) makes(t *testing.T, options string) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	return virtualwebauthn.CreateAttestationResponse(r.page, r.Authenticator, r.key, *o)
}

// signs answers request options.
func (r *ring) signs(t *testing.T, options string) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	return virtualwebauthn.CreateAssertionResponse(r.page, r.Authenticator, r.key, *o)
}

// asks is options for a passkey to sign.
func (s *strong) asks(t *testing.T) string {
	t.Helper()
	options, err := s.Factors.PasskeyRequest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return options
}

// withPasskey is a world with ada, who has a passkey.
func withPasskey(t *testing.T, with ...func(*core.Config)) (*strong, *ring) {
	t.Helper()
	s := withoutApp(t, with...)
	return s, s.addPasskey(t, s.ctx)
}

func (s *strong) addPasskey(t *testing.T, ctx context.Context) *ring {
	t.Helper()
	r := newRing(core.PrincipalOf(ctx).UserID)
	options, err := s.Factors.PasskeyCreation(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, p, err := s.Factors.AddPasskey(ctx, " Telephone ", r.makes(t, options)); err != nil || p.Name != "Telephone" {
		t.Fatalf("%+v %v", p, err)
	}
	return r
}

func TestSignInWithPasskey(t *testing.T) {
	t.Parallel()
	s, r := withPasskey(t)
	signed := r.signs(t, s.asks(t))
	user, tokens, err := s.Sessions.SignInWithPasskey(t.Context(), signed)
	if err != nil || user.Username != "ada" {
		t.Fatalf("%+v %v", user, err)
	}
	if _, err := s.Sessions.Authenticate(t.Context(), tokens.AccessToken); err != nil {
		t.Error(err)
	}
	if _, _, err := s.Sessions.SignInWithPasskey(t.Context(), signed); wrongField(err) != "credential WRONG" {
		t.Errorf("used twice: %v", err)
	}
	list, err := s.Factors.Passkeys(s.ctx, user)
	if err != nil || len(list) != 1 || list[0].LastUsedAt == nil {
		t.Errorf("%+v %v", list, err)
	}
	if list, err := s.Factors.Passkeys(s.as(t, "edgar", core.Editor), s.ada(t)); err != nil || list != nil {
		t.Errorf("others read %+v %v", list, err)
	}
	s.post.letter(t, adas, 1)
}

// Of all who bring what a passkey has signed, one signs in.
func TestPasskeysSignOnce(t *testing.T) {
	t.Parallel()
	s, r := withPasskey(t)
	signed := r.signs(t, s.asks(t))
	var won, refused atomic.Int64
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			switch _, _, err := s.Sessions.SignInWithPasskey(t.Context(), signed); {
			case err == nil:
				won.Add(1)
			case wrongField(err) == "credential WRONG":
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || refused.Load() != 5 {
		t.Errorf("%d won, %d were refused", won.Load(), refused.Load())
	}
}

func TestPasskeysThatSignNothing(t *testing.T) {
	t.Parallel()
	s, r := withPasskey(t)
	other, stolen, unseen, elsewhere := newRing(s.ada(t).ID), *r, *r, *r
	stolen.Options.UserHandle = []byte(core.PrincipalOf(s.as(t, "grace", core.Member)).UserID)
	unseen.Options.UserNotVerified = true
	elsewhere.page.Origin = "http://localhost.example.org"
	creation, err := s.Factors.PasskeyCreation(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for name, signed := range map[string]string{
		"nothing": "", "no JSON": "{", "a passkey that was not added": other.signs(t, s.asks(t)),
		"somebody else's account": stolen.signs(t, s.asks(t)), "no finger": unseen.signs(t, s.asks(t)),
		"another site": elsewhere.signs(t, s.asks(t)), "options to make one": r.signs(t, creation),
		"a challenge of its own": r.signs(t, `{"challenge": "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo", "rpId": "localhost"}`),
	} {
		if _, _, err := s.Sessions.SignInWithPasskey(t.Context(), signed); wrongField(err) != "credential WRONG" {
			t.Errorf("%s: %v", name, err)
		}
	}
	late := r.signs(t, s.asks(t))
	s.later(5 * time.Minute)
	if _, _, err := s.Sessions.SignInWithPasskey(t.Context(), late); wrongField(err) != "credential WRONG" {
		t.Errorf("too late: %v", err)
	}
}

func TestPasskeyOfASuspendedUser(t *testing.T) {
	t.Parallel()
	s, r := withPasskey(t)
	s.as(t, "root", core.Admin)
	if _, err := s.Users.Suspend(core.AsSystem(t.Context()), s.ada(t).ID, nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Sessions.SignInWithPasskey(t.Context(), r.signs(t, s.asks(t))); !core.Is(err, core.Forbidden) {
		t.Errorf("%v", err)
	}
}

// A passkey stands for the second factor of a sign-in, too, and for a fresh one.
func TestPasskeyAsSecondFactor(t *testing.T) {
	t.Parallel()
	s := withApp(t)
	r := s.addPasskey(t, s.ctx)
	signed := r.signs(t, s.asks(t))
	if _, _, err := s.Sessions.ConfirmSignIn(t.Context(), s.asked(t), core.Proof{Passkey: &signed}, false); err != nil {
		t.Error(err)
	}
	s.later(time.Hour)
	if _, err := s.Factors.RemoveAuthenticator(s.ctx); !core.Is(err, core.ReauthenticationRequired) {
		t.Errorf("%v", err)
	}
	signed = r.signs(t, s.asks(t))
	if _, err := s.Sessions.Reauthenticate(s.ctx, core.Proof{Passkey: &signed}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Factors.RemoveAuthenticator(s.ctx); err != nil {
		t.Error(err)
	}
	s.as(t, "grace", core.Member)
	hers := s.addPasskey(t, s.entered(t, "grace@example.org", correct))
	signed = hers.signs(t, s.asks(t))
	if _, err := s.Sessions.Reauthenticate(s.ctx, core.Proof{Passkey: &signed}); wrongField(err) != "passkey WRONG" {
		t.Errorf("somebody else's: %v", err)
	}
}

// Whoever has the password of an account with a passkey adds no factor of their own.
func TestPasskeyGuardsTheFactors(t *testing.T) {
	t.Parallel()
	s, r := withPasskey(t)
	other := s.enter(t)
	if _, err := s.Factors.SetUpAuthenticator(other); !core.Is(err, core.ReauthenticationRequired) {
		t.Errorf("an app: %v", err)
	}
	if _, err := s.Factors.PasskeyCreation(other); !core.Is(err, core.ReauthenticationRequired) {
		t.Errorf("a passkey: %v", err)
	}
	list, err := s.Factors.Passkeys(s.ctx, s.ada(t))
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	if err := s.Factors.RemovePasskey(other, list[0].ID); !core.Is(err, core.ReauthenticationRequired) {
		t.Errorf("removes it: %v", err)
	}
	s.as(t, "grace", core.Member)
	if err := s.Factors.RemovePasskey(s.entered(t, "grace@example.org", correct), list[0].ID); !core.Is(err, core.NotFound) {
		t.Errorf("somebody else removes it: %v", err)
	}
	if err := s.Factors.RemovePasskey(s.ctx, list[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Sessions.SignInWithPasskey(t.Context(), r.signs(t, s.asks(t))); wrongField(err) != "credential WRONG" {
		t.Errorf("signs in after that: %v", err)
	}
}

// A passkey that is the last way in stays.
func TestLastPasskeyStays(t *testing.T) {
	t.Parallel()
	w, _, here := federated(t)
	ada, tokens, err := w.enters(t, here, here.claims("ada")) // an account without a password
	if err != nil {
		t.Fatal(err)
	}
	s := &strong{world: w}
	ctx := s.within(t, tokens)
	s.addPasskey(t, ctx)
	if err := w.Providers.Unlink(ctx, w.identitiesOf(t, ada)[0].ID); err != nil {
		t.Fatal(err)
	}
	list, err := w.Factors.Passkeys(ctx, ada)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	if err := w.Factors.RemovePasskey(ctx, list[0].ID); !core.Is(err, core.Forbidden) {
		t.Errorf("%v", err)
	}
}

func TestAddPasskey(t *testing.T) {
	t.Parallel()
	s, r := withPasskey(t)
	options := func(ctx context.Context) string {
		t.Helper()
		o, err := s.Factors.PasskeyCreation(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	s.as(t, "grace", core.Member)
	grace := s.entered(t, "grace@example.org", correct)
	unseen := newRing(s.ada(t).ID)
	unseen.Options.UserNotVerified = true
	for name, c := range map[string]struct {
		ctx              context.Context
		made, name, want string
	}{
		"the same twice":        {s.ctx, r.makes(t, options(s.ctx)), "Again", "credential TAKEN"},
		"options of another":    {grace, newRing("user").makes(t, options(s.ctx)), "Hers", "credential WRONG"},
		"options to sign":       {grace, r.signs(t, s.asks(t)), "Signed", "credential WRONG"},
		"no finger":             {s.ctx, unseen.makes(t, options(s.ctx)), "Unseen", "credential WRONG"},
		"no name":               {s.ctx, newRing("user").makes(t, options(s.ctx)), " ", "name REQUIRED"},
		"somebody else's again": {grace, r.makes(t, options(grace)), "Stolen", "credential TAKEN"},
	} {
		if _, _, err := s.Factors.AddPasskey(c.ctx, c.name, c.made); wrongField(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 19 {
		s.addPasskey(t, s.ctx)
	}
	if _, err := s.Factors.PasskeyCreation(s.ctx); !core.Is(err, core.Conflict) {
		t.Errorf("a twenty-first: %v", err)
	}
}

// A session that began with a passkey has the role that the site keeps for two factors.
func TestPasskeyCountsAsTwoFactors(t *testing.T) {
	t.Parallel()
	s, r := withPasskey(t, func(c *core.Config) { c.SecondFactorFrom = core.Admin })
	if p := core.PrincipalOf(s.enter(t)); p.Role != core.Editor {
		t.Errorf("by the password: %s", p.Role)
	}
	_, tokens, err := s.Sessions.SignInWithPasskey(t.Context(), r.signs(t, s.asks(t)))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := s.Sessions.Authenticate(t.Context(), tokens.AccessToken); err != nil || p.Role != core.Admin {
		t.Errorf("%+v %v", p, err)
	}
}

// Pages of the domain may use its passkeys, and no others; an address of numbers has none.
func TestPasskeyDomain(t *testing.T) {
	t.Parallel()
	at := func(origin string, with func(*core.Config)) error {
		t.Helper()
		s := withoutApp(t, with)
		options, err := s.Factors.PasskeyCreation(s.ctx)
		if err != nil {
			return err
		}
		r := newRing(s.ada(t).ID)
		r.page.ID, r.page.Origin = "example.org", origin
		_, _, err = s.Factors.AddPasskey(s.ctx, "Telephone", r.makes(t, options))
		return err
	}
	domain := func(c *core.Config) {
		c.BaseURL, c.PasskeyDomain = "https://api.example.org", "example.org"
		c.PasskeyOrigins = []string{"https://app.example.org", "https://example.com", "https://notexample.org"}
	}
	for origin, want := range map[string]bool{"https://api.example.org": true, "https://app.example.org": true, "https://other.example.org": false, "https://example.com": false, "https://notexample.org": false} {
		if err := at(origin, domain); (err == nil) != want {
			t.Errorf("%s: %v", origin, err)
		}
	}
	if err := at("http://192.0.2.1:8080", func(c *core.Config) { c.BaseURL = "http://192.0.2.1:8080" }); !core.Is(err, core.Forbidden) {
		t.Errorf("numbers: %v", err)
	}
}
