package core_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/grapnel/grapnel/core"
)

// strong is a world whose clock stands still, with ada, who has an authenticator app.
type strong struct {
	*world
	ahead  *atomic.Int64
	post   *post
	ctx    context.Context // of ada, as she was when she set the app up
	secret string
	codes  []string // for recovery
}

func withApp(t *testing.T, with ...func(*core.Config)) *strong {
	t.Helper()
	s := withoutApp(t, with...)
	s.setUp(t)
	return s
}

// withoutApp is the same before she has the app.
func withoutApp(t *testing.T, with ...func(*core.Config)) *strong {
	t.Helper()
	s := &strong{post: &post{}}
	wide := core.Rate{Burst: 100_000, Every: 1}
	s.world, s.ahead = frozen(t, append([]func(*core.Config){func(c *core.Config) {
		c.Mailer, c.Limits = s.post, core.Limits{SignInByAddress: wide, MailByClient: wide, MailByReceiver: wide}
	}}, with...)...)
	s.as(t, "ada", core.Admin)
	s.ctx = s.enter(t)
	return s
}

// enter signs ada in by her password, where nothing else is asked for.
func (s *strong) enter(t *testing.T) context.Context { return s.entered(t, adas, correct) }

// within is the context of a session.
func (s *strong) within(t *testing.T, tokens core.Tokens) context.Context {
	t.Helper()
	p, err := s.Sessions.Authenticate(t.Context(), tokens.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	return core.WithPrincipal(t.Context(), p)
}

// setUp gives ada the app.
func (s *strong) setUp(t *testing.T) {
	t.Helper()
	a, err := s.Factors.SetUpAuthenticator(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	s.secret = a.Secret
	user, codes, err := s.Factors.ConfirmAuthenticator(s.ctx, a.Token, s.shown(t))
	if err != nil || user.SecondFactorAt == nil || len(codes) != 10 {
		t.Fatalf("%+v %q %v", user, codes, err)
	}
	s.codes = codes
	s.later(30 * time.Second) // at which the app shows another one
}

func (s *strong) later(d time.Duration) { s.ahead.Add(int64(d)) }

// shown is what the app shows now.
func (s *strong) shown(t *testing.T) string {
	t.Helper()
	return s.shownAt(t, s.cfg.Now())
}

func (s *strong) shownAt(t *testing.T, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(s.secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// asked signs in by the password, and is the token for the second factor.
func (s *strong) asked(t *testing.T, devices ...string) string {
	t.Helper()
	_, _, err := s.Sessions.SignIn(t.Context(), adas, correct, devices...)
	var needed *core.SecondFactorNeeded
	if !errors.As(err, &needed) {
		t.Fatalf("no second factor is asked for: %v", err)
	}
	return needed.Token
}

// confirm goes on with a sign-in by a code.
func (s *strong) confirm(t *testing.T, token, code string) error {
	t.Helper()
	_, _, err := s.Sessions.ConfirmSignIn(t.Context(), token, core.Proof{Code: &code}, false)
	return err
}

func TestSignInAsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	s := withApp(t)
	token := s.asked(t)
	for name, code := range map[string]string{"another code": "000000", "none": "", "letters": "abcdef", "more digits": s.shown(t) + "0", "too old": s.shownAt(t, s.cfg.Now().Add(-time.Minute)), "too new": s.shownAt(t, s.cfg.Now().Add(2*time.Minute))} {
		if err := s.confirm(t, token, code); wrongField(err) != "code WRONG" {
			t.Errorf("%s: %v", name, err)
		}
	}
	code := s.shown(t)
	user, tokens, err := s.Sessions.ConfirmSignIn(t.Context(), token, core.Proof{Code: ptr(code[:3] + " " + code[3:])}, false)
	if err != nil || user.Username != "ada" {
		t.Fatalf("%+v %v", user, err)
	}
	if p, err := s.Sessions.Authenticate(t.Context(), tokens.AccessToken); err != nil || p.Role != core.Admin {
		t.Errorf("%+v %v", p, err)
	}
	if err := s.confirm(t, s.asked(t), code); wrongField(err) != "code WRONG" {
		t.Errorf("used twice: %v", err)
	}
	// An earlier code than one that was used is no better than a used one.
	if err := s.confirm(t, s.asked(t), s.shownAt(t, s.cfg.Now().Add(-30*time.Second))); wrongField(err) != "code WRONG" {
		t.Errorf("an earlier one: %v", err)
	}
	// A clock that is half a minute fast.
	if err := s.confirm(t, s.asked(t), s.shownAt(t, s.cfg.Now().Add(30*time.Second))); err != nil {
		t.Error(err)
	}
}

func TestWrongPasswordTellsNoSecondFactor(t *testing.T) {
	t.Parallel()
	s := withApp(t)
	if _, _, err := s.Sessions.SignIn(t.Context(), adas, "battery staple"); !core.Is(err, core.InvalidCredentials) {
		t.Errorf("%v", err)
	}
}

// Every way in asks for it that has not shown it already.
func TestMailedCodeAsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	s := withApp(t)
	s.post.letter(t, adas, 1) // that the app was set up
	if _, err := s.Recovery.RequestSignInCode(t.Context(), adas); err != nil {
		t.Fatal(err)
	}
	s.post.letter(t, adas, 2)
	code := mailedCode.FindStringSubmatch(s.post.tries()[1].Text)[1]
	_, _, err := s.Sessions.SignInWithCode(t.Context(), adas, code)
	var needed *core.SecondFactorNeeded
	if !errors.As(err, &needed) {
		t.Fatal(err)
	}
	if err := s.confirm(t, needed.Token, s.shown(t)); err != nil {
		t.Error(err)
	}
}

func TestProviderAsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	w, _, here := federated(t)
	ada := w.user(t, "ada")
	ctx := w.entered(t, ada.Email, correct)
	w.links(t, ctx, here, here.claims("ada"))
	a, err := w.Factors.SetUpAuthenticator(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s := &strong{world: w, secret: a.Secret}
	if _, _, err := w.Factors.ConfirmAuthenticator(ctx, a.Token, s.shown(t)); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.enters(t, here, here.claims("ada"))
	var needed *core.SecondFactorNeeded
	if !errors.As(err, &needed) {
		t.Fatalf("%v", err)
	}
	if err := s.confirm(t, needed.Token, s.shownAt(t, w.cfg.Now().Add(30*time.Second))); err != nil {
		t.Error(err)
	}
}

// An identity is linked and unlinked by who has just shown who they are.
func TestLinkingAsksOnceMore(t *testing.T) {
	t.Parallel()
	w, _, here := federated(t)
	ada := w.user(t, "ada")
	ctx := w.entered(t, ada.Email, correct)
	w.links(t, ctx, here, here.claims("ada"))
	w.offset.Add(int64(10*time.Minute + time.Second))
	d := start()
	d.Link = true
	if _, err := w.Providers.Start(ctx, d); !core.Is(err, core.ReauthenticationRequired) {
		t.Errorf("%v", err)
	}
	if err := w.Providers.Unlink(ctx, w.identitiesOf(t, ada)[0].ID); !core.Is(err, core.ReauthenticationRequired) {
		t.Errorf("%v", err)
	}
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	s := withApp(t)
	if left, err := s.Factors.RecoveryCodesLeft(s.ctx, s.ada(t)); err != nil || left == nil || *left != 10 {
		t.Errorf("%v %v", left, err)
	}
	if err := s.confirm(t, s.asked(t), " "+strings.ToUpper(strings.ReplaceAll(s.codes[3], "-", ""))+" "); err != nil {
		t.Fatal(err)
	}
	if err := s.confirm(t, s.asked(t), s.codes[3]); wrongField(err) != "code WRONG" {
		t.Errorf("used twice: %v", err)
	}
	if left, err := s.Factors.RecoveryCodesLeft(s.ctx, s.ada(t)); err != nil || left == nil || *left != 9 {
		t.Errorf("%v %v", left, err)
	}
	_, renewed, err := s.Factors.RenewRecoveryCodes(s.ctx)
	if err != nil || len(renewed) != 10 {
		t.Fatalf("%q %v", renewed, err)
	}
	if err := s.confirm(t, s.asked(t), s.codes[0]); wrongField(err) != "code WRONG" {
		t.Errorf("from before: %v", err)
	}
	if err := s.confirm(t, s.asked(t), renewed[0]); err != nil {
		t.Error(err)
	}
	if left, err := s.Factors.RecoveryCodesLeft(core.WithPrincipal(t.Context(), core.Principal{UserID: "user_other", Role: core.Editor}), s.ada(t)); err != nil || left != nil {
		t.Errorf("others read %v %v", left, err)
	}
}

// ada is her record as it is now.
func (s *strong) ada(t *testing.T) *core.User {
	t.Helper()
	user, err := s.Users.ByEmail(core.AsSystem(t.Context()), adas)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// Of all who use one code at once, one signs in; and of 10,000 guesses at once none is right,
// for at most 20 are judged.
func TestCodesInParallel(t *testing.T) {
	t.Parallel()
	s := withApp(t)
	token := s.asked(t)
	var won, wrong, limited atomic.Int64
	count := func(code string) {
		switch err := s.confirm(t, token, code); {
		case err == nil:
			won.Add(1)
		case wrongField(err) == "code WRONG":
			wrong.Add(1)
		case core.Is(err, core.RateLimited):
			limited.Add(1)
		default:
			t.Error(err)
		}
	}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() { count(s.codes[0]) })
	}
	wg.Wait()
	if won.Load() != 1 || wrong.Load() != 5 {
		t.Errorf("%d won, %d were refused", won.Load(), wrong.Load())
	}
	won.Store(0)
	for range 100 {
		wg.Go(func() {
			for range 100 {
				count("a wrong code")
			}
		})
	}
	wg.Wait()
	// 19 when the first try of the network was the right one.
	if n := wrong.Load(); won.Load() != 0 || n != 19 && n != 20 || n+limited.Load() != 10_000+5 {
		t.Errorf("%d won, %d were judged, %d were not", won.Load(), wrong.Load(), limited.Load())
	}
}

func TestSecondFactorTokens(t *testing.T) {
	t.Parallel()
	s := withApp(t)
	token := s.asked(t)
	last := "A"
	if strings.HasSuffix(token, last) {
		last = "B"
	}
	for name, wrong := range map[string]string{"none": "", "forged": token[:len(token)-1] + last, "another purpose": s.Sessions.SetUpToken()} {
		if err := s.confirm(t, wrong, s.shown(t)); wrongField(err) != "token WRONG" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := s.Sessions.ConfirmSignIn(t.Context(), token, core.Proof{}, false); !core.Is(err, core.Invalid) {
		t.Errorf("without proof: %v", err)
	}
	s.later(10 * time.Minute)
	if err := s.confirm(t, token, s.shown(t)); wrongField(err) != "token WRONG" {
		t.Errorf("too late: %v", err)
	}
	token = s.asked(t)
	if _, err := s.Users.EndSessions(core.AsSystem(t.Context()), s.ada(t).ID, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.confirm(t, token, s.shown(t)); wrongField(err) != "token WRONG" {
		t.Errorf("signed out everywhere meanwhile: %v", err)
	}
}

func TestRememberedDevice(t *testing.T) {
	t.Parallel()
	s := withApp(t)
	code := s.shown(t)
	_, tokens, err := s.Sessions.ConfirmSignIn(t.Context(), s.asked(t), core.Proof{Code: &code}, true)
	if err != nil {
		t.Fatal(err)
	}
	enters := func(when, device string, want bool) (next string) {
		t.Helper()
		_, tokens, err := s.Sessions.SignIn(t.Context(), adas, correct, device)
		if (err == nil) != want {
			t.Errorf("%s: %v", when, err)
		}
		return tokens.DeviceToken
	}
	next := enters("at once", tokens.DeviceToken, true)
	s.later(30*24*time.Hour - time.Second)
	enters("within 30 days", next, true)
	s.later(time.Second)
	enters("after them", next, false)

	s.later(time.Minute)
	code = s.shown(t)
	_, tokens, err = s.Sessions.ConfirmSignIn(t.Context(), s.asked(t, next), core.Proof{Code: &code}, true, next)
	if err != nil {
		t.Fatal(err)
	}
	enters("remembered anew", tokens.DeviceToken, true)
	id, rest, _ := strings.Cut(tokens.DeviceToken, ".")
	enters("with an end that was put off", id+"0."+rest, false)
	// Its sessions have shown no factor, and change none.
	_, again, err := s.Sessions.SignIn(t.Context(), adas, correct, tokens.DeviceToken)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Factors.RemoveAuthenticator(s.within(t, again)); !core.Is(err, core.ReauthenticationRequired) {
		t.Errorf("a remembered device takes the factor away: %v", err)
	}
	// Another app remembers nothing of the one before, also where a session goes on.
	s.ctx = s.within(t, tokens)
	s.later(time.Minute)
	s.setUp(t)
	_, refreshed, err := s.Sessions.Refresh(t.Context(), again.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	enters("with another app", refreshed.DeviceToken, false)
	if _, err := s.Sessions.SignOut(s.within(t, tokens), "", true); err != nil {
		t.Fatal(err)
	}
	enters("after signing out everywhere", tokens.DeviceToken, false)
}

// Who knows the password alone changes no factor.
func TestFactorsAreChangedByThoseWhoHaveThem(t *testing.T) {
	t.Parallel()
	s := withoutApp(t)
	if _, err := s.Factors.SetUpAuthenticator(t.Context()); !core.Is(err, core.Unauthenticated) {
		t.Errorf("a stranger: %v", err)
	}
	a, err := s.Factors.SetUpAuthenticator(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(a.URI, "otpauth://totp/") || !strings.HasPrefix(a.QRCode, "data:image/png;base64,") {
		t.Errorf("%+v", a)
	}
	if _, _, err := s.Factors.ConfirmAuthenticator(s.ctx, a.Token, "000000"); wrongField(err) != "code WRONG" {
		t.Errorf("%v", err)
	}
	if s.ada(t).SecondFactorAt != nil {
		t.Error("a wrong code has set it up")
	}
	other := s.enter(t) // a second session, from before
	s.setUp(t)
	if _, err := s.Factors.RemoveAuthenticator(other); !core.Is(err, core.ReauthenticationRequired) {
		t.Errorf("a session without the factor: %v", err)
	}
	if _, err := s.Sessions.Reauthenticate(other, core.Proof{Password: ptr(correct)}); wrongField(err) != "password SECOND_FACTOR" {
		t.Errorf("by the password: %v", err)
	}
	if _, err := s.Sessions.Reauthenticate(other, core.Proof{Code: ptr("000000")}); wrongField(err) != "code WRONG" {
		t.Errorf("by a wrong code: %v", err)
	}
	code := s.shown(t)
	if _, err := s.Sessions.Reauthenticate(other, core.Proof{Code: &code}); err != nil {
		t.Fatal(err)
	}
	s.later(10*time.Minute + time.Millisecond)
	if _, err := s.Factors.RemoveAuthenticator(other); !core.Is(err, core.ReauthenticationRequired) {
		t.Errorf("later: %v", err)
	}
	s.later(-time.Millisecond)
	user, err := s.Factors.RemoveAuthenticator(other)
	if err != nil || user.SecondFactorAt != nil {
		t.Fatalf("%+v %v", user, err)
	}
	s.enter(t)
	s.post.letter(t, adas, 2)
	for _, want := range []string{"asks for a code now", "asks for no code any more"} {
		if !slices.ContainsFunc(s.post.tries(), func(m core.Message) bool { return strings.Contains(m.Subject, want) }) {
			t.Errorf("no mail tells %q", want)
		}
	}
}

// A set-up is for whom it was made, and what was said of the account then.
func TestSetUpOfAnother(t *testing.T) {
	t.Parallel()
	s := withoutApp(t)
	a, err := s.Factors.SetUpAuthenticator(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	s.as(t, "grace", core.Member)
	s.secret = a.Secret
	if _, _, err := s.Factors.ConfirmAuthenticator(s.entered(t, "grace@example.org", correct), a.Token, s.shown(t)); wrongField(err) != "token WRONG" {
		t.Errorf("somebody else's: %v", err)
	}
	s.later(10 * time.Minute)
	if _, _, err := s.Factors.ConfirmAuthenticator(s.ctx, a.Token, s.shown(t)); wrongField(err) != "token WRONG" {
		t.Errorf("too late: %v", err)
	}
}

// What opens an account to others asks once more who one is.
func TestStepUp(t *testing.T) {
	t.Parallel()
	s := withoutApp(t)
	grace := s.user(t, "grace")
	draft := core.UserDraft{Username: "lin", Email: "lin@example.org", Password: "battery staple"}
	asks := map[string]func(ctx context.Context) error{
		"SetRole": func(ctx context.Context) error { _, err := s.Users.SetRole(ctx, grace.ID, nil, core.Admin); return err },
		"SetPassword": func(ctx context.Context) error {
			_, err := s.Users.SetPassword(ctx, grace.ID, nil, "battery staple")
			return err
		},
		"Create": func(ctx context.Context) error { _, err := s.Users.Create(ctx, draft, core.Admin); return err },
		"Remove": func(ctx context.Context) error { _, err := s.Factors.Remove(ctx, grace.ID, nil); return err },
	}
	s.later(10*time.Minute + time.Millisecond)
	for name, call := range asks {
		if err := call(s.ctx); !core.Is(err, core.ReauthenticationRequired) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Sessions.Reauthenticate(s.ctx, core.Proof{Password: ptr("battery staple")}); wrongField(err) != "password WRONG" {
		t.Errorf("a wrong password: %v", err)
	}
	if _, err := s.Sessions.Reauthenticate(s.ctx, core.Proof{Password: ptr(correct), Code: ptr("000000")}); wrongField(err) == "" {
		t.Error("two proofs are taken")
	}
	if _, err := s.Sessions.Reauthenticate(s.ctx, core.Proof{Password: ptr(correct)}); err != nil {
		t.Fatal(err)
	}
	for name, call := range asks {
		if err := call(s.ctx); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Where the site asks a role for a second factor, a session without one has the role below.
func TestSecondFactorFrom(t *testing.T) {
	t.Parallel()
	s := withoutApp(t, func(c *core.Config) { c.SecondFactorFrom = core.Editor })
	role := func(ctx context.Context, want core.Role, missing bool) {
		t.Helper()
		p := core.PrincipalOf(ctx)
		p, err := s.Sessions.Principal(t.Context(), p.SessionID, p.UserID)
		if err != nil || p.Role != want {
			t.Errorf("the role is %s, want %s: %v", p.Role, want, err)
		}
		if is, err := s.Factors.Missing(core.WithPrincipal(t.Context(), p)); err != nil || is != missing {
			t.Errorf("missing %v, %v", is, err)
		}
	}
	other := s.enter(t)
	role(s.ctx, core.Author, true)
	s.setUp(t)
	role(s.ctx, core.Admin, false)
	role(other, core.Author, true)
	code := s.shown(t)
	if _, err := s.Sessions.Reauthenticate(other, core.Proof{Code: &code}); err != nil {
		t.Fatal(err)
	}
	role(other, core.Admin, false)
	if _, err := s.Factors.RemoveAuthenticator(other); err != nil {
		t.Fatal(err)
	}
	role(other, core.Author, true)
	role(s.ctx, core.Author, true)
}

func TestSecondFactorOfEverybody(t *testing.T) {
	t.Parallel()
	s := withoutApp(t, func(c *core.Config) { c.SecondFactorFrom = core.Member })
	if p := core.PrincipalOf(s.ctx); p.Role != "" || p.UserID == "" {
		t.Errorf("%+v", p)
	}
	s.setUp(t)
	p := core.PrincipalOf(s.ctx)
	if p, err := s.Sessions.Principal(t.Context(), p.SessionID, p.UserID); err != nil || p.Role != core.Admin {
		t.Errorf("%+v %v", p, err)
	}
}

// Administrators help who has lost the app, and nobody else does.
func TestRemoveSecondFactor(t *testing.T) {
	t.Parallel()
	s := withApp(t)
	ada := s.ada(t)
	for name, ctx := range map[string]context.Context{"an editor": s.as(t, "edgar", core.Editor), "herself": s.ctx} {
		if _, err := s.Factors.Remove(ctx, ada.ID, nil); !core.Is(err, core.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	key, _, err := s.APIKeys.Create(core.AsSystem(t.Context()), core.APIKeyDraft{Name: "All", Role: core.Admin, Types: []string{"*"}, Operations: []core.APIKeyOperation{core.MayRead, core.MayUpdate}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Factors.Remove(core.WithPrincipal(t.Context(), core.Principal{KeyID: key.ID, Role: core.Admin}), ada.ID, nil); !core.Is(err, core.Forbidden) {
		t.Errorf("a key: %v", err)
	}
	if _, err := s.Factors.Remove(s.as(t, "root", core.Admin), ada.ID, nil); err != nil {
		t.Fatal(err)
	}
	p := core.PrincipalOf(s.ctx)
	if _, err := s.Sessions.Principal(t.Context(), p.SessionID, p.UserID); !core.Is(err, core.Unauthenticated) {
		t.Errorf("her session goes on: %v", err)
	}
	s.enter(t)
}

// Nothing in the database makes a code.
func TestStoredFactorsOpenNothing(t *testing.T) {
	t.Parallel()
	s := withApp(t)
	stored, err := os.ReadFile(s.db)
	if err != nil {
		t.Fatal(err)
	}
	ahead, err := os.ReadFile(s.db + "-wal")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	stored = append(stored, ahead...)
	if !bytes.Contains(stored, []byte("recoveryCodes")) {
		t.Error("the factor is not found")
	}
	for _, secret := range append([]string{s.secret}, s.codes...) {
		if bytes.Contains(stored, []byte(secret)) || bytes.Contains(stored, []byte(strings.ReplaceAll(secret, "-", ""))) {
			t.Errorf("%s is stored", secret)
		}
	}
	records, err := s.OwnRecords(s.ctx, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	told := false
	for _, r := range records {
		told = told || r.Type == "Authenticator" && strings.Contains(r.JSON, `"recoveryCodesLeft":10`)
		if strings.Contains(r.JSON, "seed") {
			t.Errorf("exported: %s", r.JSON)
		}
	}
	if !told {
		t.Error("the factor is not exported")
	}
}
