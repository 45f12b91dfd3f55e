package core_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// recovering is a world whose mails tests read, with limits that no test meets by chance.
func recovering(t *testing.T, with ...func(*core.Config)) (*world, *post) {
	t.Helper()
	p := &post{}
	wide := core.Rate{Burst: 1000, Every: 1}
	return newWorld(t, append([]func(*core.Config){func(c *core.Config) {
		c.Mailer, c.AccountURL = p, "https://news.example.org/account"
		c.Limits = core.Limits{SignInByAddress: wide, MailByClient: wide, MailByReceiver: wide}
	}}, with...)...), p
}

// user is an account of somebody whose password is "correct horse".
func (w *world) user(t *testing.T, name string) *core.User {
	t.Helper()
	user, err := w.Users.Get(core.AsSystem(t.Context()), core.PrincipalOf(w.as(t, name, core.Member)).UserID)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// settled waits until no request is worked on any more.
func settled(t *testing.T, app *core.App) {
	t.Helper()
	for end := time.Now().Add(time.Minute); app.Asked() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("requests are worked on still")
		}
	}
}

var mailedToken = regexp.MustCompile(`\nhttps://news\.example\.org/account#(reset|verify|signup|invite)=(\S+)\n`)

// letter waits for the nth mail to an address, and is its subject and the token in it.
func (p *post) letter(t *testing.T, to string, n int) (subject, token string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		seen := 0
		for _, m := range p.tries() {
			if m.To != to {
				continue
			}
			if seen++; seen == n {
				if found := mailedToken.FindStringSubmatch(m.Text); found != nil {
					token = found[2]
				}
				return m.Subject, token
			}
		}
		if time.Now().After(end) {
			t.Fatalf("%d mails to %s: %+v", seen, to, p.tries())
		}
	}
}

// resetToken asks for a new password and is the token in the nth mail to the address.
func (w *world) resetToken(t *testing.T, p *post, email string, n int) string {
	t.Helper()
	if _, err := w.Recovery.RequestPasswordReset(t.Context(), email); err != nil {
		t.Fatal(err)
	}
	_, token := p.letter(t, email, n)
	return token
}

// entered signs in and returns a context of that session.
func (w *world) entered(t *testing.T, email, password string) context.Context {
	t.Helper()
	_, tokens, err := w.Sessions.SignIn(t.Context(), email, password)
	if err != nil {
		t.Fatal(err)
	}
	caller, err := w.Sessions.Authenticate(t.Context(), tokens.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	return core.WithPrincipal(t.Context(), caller)
}

// wrongField is the code of the only field that an error names.
func wrongField(err error) string {
	var e *core.Error
	if errors.As(err, &e) && len(e.Fields) == 1 {
		return e.Fields[0].Path + " " + e.Fields[0].Code
	}
	return fmt.Sprint(err)
}

func TestPasswordReset(t *testing.T) {
	t.Parallel()
	w, p := recovering(t)
	ada := w.user(t, "ada")
	caller := w.entered(t, ada.Email, "correct horse")
	if address, err := w.Recovery.RequestPasswordReset(t.Context(), " ADA@Example.org"); err != nil || address != ada.Email {
		t.Fatalf("%q %v", address, err)
	}
	subject, token := p.letter(t, ada.Email, 1)
	if subject != "Choose a new password for My site" || token == "" {
		t.Fatalf("%q %q", subject, token)
	}
	if _, err := w.Recovery.ResetPassword(t.Context(), token, "password"); !strings.HasPrefix(wrongField(err), "password ") {
		t.Fatalf("a common password: %v", err) // and the token is good still
	}
	if email, err := w.Recovery.ResetPassword(t.Context(), token, "battery staple"); err != nil || email != ada.Email {
		t.Fatalf("%q %v", email, err)
	}
	if _, err := w.Recovery.ResetPassword(t.Context(), token, "battery stapler"); wrongField(err) != "token WRONG" {
		t.Errorf("used twice: %v", err)
	}
	now, err := w.Users.Get(core.AsSystem(t.Context()), ada.ID)
	if err != nil || now.EmailVerifiedAt == nil {
		t.Errorf("%+v %v", now, err)
	}
	p1 := core.PrincipalOf(caller)
	if _, err := w.Sessions.Principal(t.Context(), p1.SessionID, p1.UserID); !core.Is(err, core.Unauthenticated) {
		t.Errorf("the session before: %v", err)
	}
	if _, _, err := w.Sessions.SignIn(t.Context(), ada.Email, "correct horse"); !core.Is(err, core.InvalidCredentials) {
		t.Errorf("the password before: %v", err)
	}
	w.entered(t, ada.Email, "battery staple")
	if subject, _ := p.letter(t, ada.Email, 2); subject != "Your password for My site was changed" {
		t.Errorf("%q", subject)
	}
}

// Who has tried in vain until no more was judged gets in with a new password at once.
func TestResetForgetsWrongPasswords(t *testing.T) {
	t.Parallel()
	w, p := recovering(t)
	ada := w.user(t, "ada")
	var err error
	for range 30 {
		_, _, err = w.Sessions.SignIn(t.Context(), ada.Email, "forgotten it")
	}
	if !core.Is(err, core.RateLimited) {
		t.Fatal(err)
	}
	if _, err := w.Recovery.ResetPassword(t.Context(), w.resetToken(t, p, ada.Email, 1), "battery staple"); err != nil {
		t.Fatal(err)
	}
	w.entered(t, ada.Email, "battery staple")
}

// Of all who use a token at once, at several servers, one wins (parse#10217).
func TestTokensAreUsedOnce(t *testing.T) {
	t.Parallel()
	w, p := recovering(t)
	other, err := core.New(t.Context(), w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	ada := w.user(t, "ada")
	tokens := []string{w.resetToken(t, p, ada.Email, 1), w.resetToken(t, p, ada.Email, 2)}
	const many = 6
	var wg sync.WaitGroup
	errs := make([]error, many)
	for i := range many {
		wg.Go(func() {
			app := []*core.App{w.App, other}[i%2]
			_, errs[i] = app.Recovery.ResetPassword(t.Context(), tokens[i/2%2], fmt.Sprintf("battery staple %d", i))
		})
	}
	wg.Wait()
	won := -1
	for i, err := range errs {
		switch {
		case err == nil && won < 0:
			won = i
		case wrongField(err) != "token WRONG" && !core.Is(err, core.RateLimited): // too many hash a password
			t.Errorf("%d: %v", i, err)
		}
	}
	if won < 0 {
		t.Fatal("nobody won")
	}
	w.entered(t, ada.Email, fmt.Sprintf("battery staple %d", won))
}

// A token is good for one purpose, for its time, and for the account as it was.
func TestTokensBecomeVoid(t *testing.T) {
	t.Parallel()
	w, p := recovering(t)
	system := core.AsSystem(t.Context())
	good := func(err error) bool { return err == nil }
	void := func(err error) bool { return wrongField(err) == "token WRONG" }
	for name, c := range map[string]struct {
		reset, verify bool // whether the tokens are void
		before        func(t *testing.T, ada *core.User) error
	}{
		"nothing":      {false, false, func(*testing.T, *core.User) error { return nil }},
		"half an hour": {false, false, func(*testing.T, *core.User) error { w.offset.Add(int64(30 * time.Minute)); return nil }},
		"an hour":      {true, false, func(*testing.T, *core.User) error { w.offset.Add(int64(time.Hour)); return nil }},
		"a day":        {true, true, func(*testing.T, *core.User) error { w.offset.Add(int64(24 * time.Hour)); return nil }},
		"a new password": {true, true, func(_ *testing.T, ada *core.User) error {
			_, err := w.Users.SetPassword(system, ada.ID, nil, "battery stapler")
			return err
		}},
		"signed out": {true, true, func(_ *testing.T, ada *core.User) error {
			_, err := w.Users.EndSessions(system, ada.ID, nil)
			return err
		}},
		"suspended": {true, true, func(_ *testing.T, ada *core.User) error { _, err := w.Users.Suspend(system, ada.ID, nil); return err }},
		"a profile": {false, false, func(_ *testing.T, ada *core.User) error {
			_, err := w.Users.Update(system, ada.ID, nil, core.UserPatch{Bio: core.Opt[*string]{Set: true}})
			return err
		}},
		"a changed address": {true, true, func(t *testing.T, ada *core.User) error { return w.moves(t, p, ada, "new-"+ada.Email) }},
	} {
		t.Run(name, func(t *testing.T) { // one after another: they share the clock
			who := "u" + strings.ReplaceAll(strings.ReplaceAll(name, " ", ""), "'", "")
			ada := w.user(t, who)
			reset := w.resetToken(t, p, ada.Email, 1)
			if _, err := w.Recovery.RequestEmailVerification(core.WithPrincipal(t.Context(), core.Principal{UserID: ada.ID, Role: core.Member})); err != nil {
				t.Fatal(err)
			}
			_, verify := p.letter(t, ada.Email, 2)
			if err := c.before(t, ada); err != nil {
				t.Fatal(err)
			}
			wants := func(isVoid bool) func(error) bool {
				if isVoid {
					return void
				}
				return good
			}
			if _, err := w.Recovery.VerifyEmail(t.Context(), reset); !void(err) {
				t.Errorf("a token of another purpose verifies: %v", err)
			}
			if _, err := w.Recovery.ResetPassword(t.Context(), verify, "battery staple"); !void(err) {
				t.Errorf("a token of another purpose resets: %v", err)
			}
			if _, err := w.Recovery.VerifyEmail(t.Context(), verify); !wants(c.verify)(err) {
				t.Errorf("verify: %v", err)
			}
			if _, err := w.Recovery.ResetPassword(t.Context(), reset, "battery staple"); !wants(c.reset)(err) {
				t.Errorf("reset: %v", err)
			}
		})
	}
	ada := w.user(t, "ada")
	token := w.resetToken(t, p, ada.Email, 1)
	parts := strings.Split(token, ".")
	for _, forged := range []string{"", ".", "..", token[:len(token)-1], token + "A", parts[0] + ".9999999999." + parts[2], parts[0] + "." + parts[1] + ".", "_challenge_x." + parts[1] + "." + parts[2], strings.Repeat("x", 5000)} {
		if _, err := w.Recovery.ResetPassword(t.Context(), forged, "battery staple"); !void(err) {
			t.Errorf("%.40q: %v", forged, err)
		}
	}
}

// moves gives an account another address.
func (w *world) moves(t *testing.T, p *post, user *core.User, address string) error {
	t.Helper()
	caller := core.WithPrincipal(t.Context(), core.Principal{UserID: user.ID, Role: user.Role})
	if _, err := w.Recovery.ChangeEmail(caller, address, "correct horse"); err != nil {
		return err
	}
	_, token := p.letter(t, address, 1)
	_, err := w.Recovery.VerifyEmail(t.Context(), token)
	return err
}

// waiting is a store in which nobody finds users until it is opened.
type waiting struct {
	core.DocStore
	opened chan struct{}
	looked atomic.Int64
}

func (s *waiting) Find(ctx context.Context, coll string, q core.Query) iter.Seq2[core.Doc, error] {
	if coll == "users" {
		s.looked.Add(1)
		select {
		case <-s.opened:
		case <-ctx.Done():
		}
	}
	return s.DocStore.Find(ctx, coll, q)
}

// The answer is there before anybody has looked for the account, so neither it nor its time
// can tell whether there is one; and what is worked on afterwards is bounded.
func TestResetTellsNothing(t *testing.T) {
	t.Parallel()
	var store *waiting
	w, p := recovering(t, func(c *core.Config) {
		store = &waiting{DocStore: c.Docs, opened: make(chan struct{})}
	})
	ada := w.user(t, "ada")
	suspended := w.user(t, "eve")
	if _, err := w.Users.Suspend(core.AsSystem(t.Context()), suspended.ID, nil); err != nil {
		t.Fatal(err)
	}
	cfg := w.cfg
	cfg.Docs = store
	slow, err := core.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	asked := 0
	for _, email := range []string{ada.Email, suspended.Email, "nobody@example.org"} {
		if got, err := slow.Recovery.RequestPasswordReset(t.Context(), email); got != email || err != nil {
			t.Errorf("%s: %q %v", email, got, err)
		}
		asked++
	}
	for ; asked < core.MaxAsked; asked++ {
		if _, err := slow.Recovery.RequestPasswordReset(t.Context(), fmt.Sprintf("nobody%d@example.org", asked)); err != nil {
			t.Fatal(err)
		}
	}
	for _, email := range []string{ada.Email, "nobody@example.org"} {
		if _, err := slow.Recovery.RequestPasswordReset(t.Context(), email); !core.Is(err, core.RateLimited) {
			t.Errorf("beyond the bound: %v", err)
		}
	}
	close(store.opened)
	settled(t, slow)
	if n := store.looked.Load(); n < core.MaxAsked {
		t.Errorf("%d looked", n)
	}
	for _, email := range []string{ada.Email, suspended.Email, "nobody@example.org"} {
		if _, err := w.Recovery.RequestPasswordReset(t.Context(), email); err != nil {
			t.Error(err)
		}
	}
	settled(t, w.App)
	p.letter(t, ada.Email, 1)
	page, err := w.Mails.Page(core.AsSystem(t.Context()), core.PageArgs{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range page.Nodes() {
		if m.To != ada.Email {
			t.Errorf("a mail to %s", m.To)
		}
	}
	for _, typed := range []string{"", "ada", "a@b\r\nBcc: x@example.org", "$ne"} {
		if _, err := w.Recovery.RequestPasswordReset(t.Context(), typed); !strings.HasPrefix(wrongField(err), "email ") {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

// Nobody is flooded with mails, nor kept from the link that they have.
func TestMailsForAccountsAreBounded(t *testing.T) {
	t.Parallel()
	t.Run("by address", func(t *testing.T) {
		t.Parallel()
		w, _ := recovering(t, func(c *core.Config) { c.Limits.MailByReceiver = core.Rate{} })
		w.user(t, "ada")
		for _, email := range []string{"ada@example.org", "nobody@example.org"} { // alike
			for i := range 6 {
				_, err := w.Recovery.RequestPasswordReset(t.Context(), email)
				if (i < 5) != (err == nil) || i == 5 && !core.Is(err, core.RateLimited) {
					t.Errorf("%s, %d: %v", email, i, err)
				}
			}
		}
	})
	t.Run("by client", func(t *testing.T) {
		t.Parallel()
		w, _ := recovering(t, func(c *core.Config) { c.Limits.MailByClient = core.Rate{} })
		from := func(address string) context.Context {
			return core.WithClient(t.Context(), core.Client{Address: address})
		}
		for i := range 21 {
			_, err := w.Recovery.RequestPasswordReset(from("192.0.2.1"), fmt.Sprintf("nobody%d@example.org", i))
			if (i < 20) != (err == nil) || i == 20 && !core.Is(err, core.RateLimited) {
				t.Errorf("%d: %v", i, err)
			}
		}
		if _, err := w.Recovery.RequestPasswordReset(from("192.0.2.2"), "nobody@example.org"); err != nil {
			t.Errorf("another client: %v", err)
		}
	})
	t.Run("in the store", func(t *testing.T) {
		t.Parallel()
		w, p := recovering(t)
		ada := w.user(t, "ada")
		first := w.resetToken(t, p, ada.Email, 1)
		for range 8 {
			if _, err := w.Recovery.RequestPasswordReset(t.Context(), ada.Email); err != nil {
				t.Fatal(err)
			}
			settled(t, w.App)
		}
		page, err := w.Mails.Page(core.AsSystem(t.Context()), core.PageArgs{})
		if err != nil || len(page.Nodes()) != 5 {
			t.Errorf("%d mails, %v", len(page.Nodes()), err)
		}
		if _, err := w.Recovery.ResetPassword(t.Context(), first, "battery staple"); err != nil {
			t.Errorf("the first link: %v", err)
		}
	})
}

// Nothing that is stored opens an account: the mail is worded when it is sent, each time alike.
func TestTokensAreNotStored(t *testing.T) {
	t.Parallel()
	w, p := recovering(t)
	ada := w.user(t, "ada")
	p.says(func(context.Context, core.Message) error { return errors.New("connection refused") })
	token := w.resetToken(t, p, ada.Email, 1)
	m := w.onlyMail(t, inState(core.Waiting, 1))
	for _, coll := range []string{"mails", "_challenges"} {
		found := 0
		for doc, err := range w.docs.Find(t.Context(), coll, core.Query{Filter: core.All, Limit: 10}) {
			if err != nil {
				t.Fatal(err)
			}
			found++
			if strings.Contains(string(doc.BSON()), strings.Split(token, ".")[2]) {
				t.Errorf("%s holds the token", coll)
			}
		}
		if found != 1 {
			t.Errorf("%d in %s", found, coll)
		}
	}
	if text, err := w.Mails.Text(core.AsSystem(t.Context()), m); text != nil || err != nil {
		t.Errorf("administrators read %v %v", text, err)
	}
	p.says(nil)
	w.offset.Add(int64(30 * time.Second))
	w.LookForMail()
	w.onlyMail(t, inState(core.Sent, 2))
	if tries := p.tries(); tries[0] != tries[1] {
		t.Errorf("%+v differs from %+v", tries[0], tries[1])
	}
}

// A mail whose token is void is not sent any more.
func TestVoidTokensAreNotSent(t *testing.T) {
	t.Parallel()
	w, p := recovering(t)
	ada := w.user(t, "ada")
	p.says(func(context.Context, core.Message) error { return errors.New("connection refused") })
	w.resetToken(t, p, ada.Email, 1)
	w.onlyMail(t, inState(core.Waiting, 1))
	if _, err := w.Users.EndSessions(core.AsSystem(t.Context()), ada.ID, nil); err != nil {
		t.Fatal(err)
	}
	w.offset.Add(int64(30 * time.Second))
	w.LookForMail()
	if m := w.onlyMail(t, inState(core.Failed, 2)); !strings.Contains(*m.Failure, "void") {
		t.Errorf("%q", *m.Failure)
	}
	if tries := p.tries(); len(tries) != 1 {
		t.Errorf("%d tries", len(tries))
	}
}

func TestEmailVerification(t *testing.T) {
	t.Parallel()
	w, p := recovering(t)
	ada := w.user(t, "ada")
	caller := core.WithPrincipal(t.Context(), core.Principal{UserID: ada.ID, Role: core.Member})
	if _, err := w.Recovery.RequestEmailVerification(t.Context()); !core.Is(err, core.Unauthenticated) {
		t.Errorf("a visitor: %v", err)
	}
	if user, err := w.Recovery.RequestEmailVerification(caller); err != nil || user.EmailVerifiedAt != nil {
		t.Fatalf("%+v %v", user, err)
	}
	_, token := p.letter(t, ada.Email, 1)
	if email, err := w.Recovery.VerifyEmail(t.Context(), token); err != nil || email != ada.Email {
		t.Fatalf("%q %v", email, err)
	}
	if _, err := w.Recovery.VerifyEmail(t.Context(), token); wrongField(err) != "token WRONG" {
		t.Errorf("used twice: %v", err)
	}
	if user, err := w.Recovery.RequestEmailVerification(caller); err != nil || user.EmailVerifiedAt == nil {
		t.Errorf("again: %+v %v", user, err)
	}
	if page, err := w.Mails.Page(core.AsSystem(t.Context()), core.PageArgs{}); err != nil || len(page.Nodes()) != 1 {
		t.Errorf("%d mails, %v", len(page.Nodes()), err)
	}
}

func TestChangeEmail(t *testing.T) {
	t.Parallel()
	w, p := recovering(t)
	ada, eve := w.user(t, "ada"), w.user(t, "eve")
	caller := core.WithPrincipal(t.Context(), core.Principal{UserID: ada.ID, Role: core.Member})
	for want, c := range map[string]struct{ email, password string }{
		"email SAME":     {"Ada@example.org", "correct horse"},
		"email TAKEN":    {eve.Email, "correct horse"},
		"password WRONG": {eve.Email, "battery staple"}, // which does not tell that it is taken
		"email FORM":     {"ada", "correct horse"},
	} {
		if _, err := w.Recovery.ChangeEmail(caller, c.email, c.password); wrongField(err) != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := w.Recovery.ChangeEmail(t.Context(), "new@example.org", "correct horse"); !core.Is(err, core.Unauthenticated) {
		t.Errorf("a visitor: %v", err)
	}
	if user, err := w.Recovery.ChangeEmail(caller, "new@example.org", "correct horse"); err != nil || user.Email != ada.Email {
		t.Fatalf("%+v %v", user, err)
	}
	w.entered(t, ada.Email, "correct horse") // as long as nobody has confirmed it
	_, token := p.letter(t, "new@example.org", 1)
	if email, err := w.Recovery.VerifyEmail(t.Context(), token); err != nil || email != "new@example.org" {
		t.Fatalf("%q %v", email, err)
	}
	now, err := w.Users.Get(core.AsSystem(t.Context()), ada.ID)
	if err != nil || now.Email != "new@example.org" || now.EmailVerifiedAt == nil {
		t.Errorf("%+v %v", now, err)
	}
	if subject, token := p.letter(t, ada.Email, 1); subject != "Your address for My site was changed" || token != "" {
		t.Errorf("the address before: %q %q", subject, token)
	}
	w.entered(t, "new@example.org", "correct horse")
	if _, _, err := w.Sessions.SignIn(t.Context(), ada.Email, "correct horse"); !core.Is(err, core.InvalidCredentials) {
		t.Errorf("the address before: %v", err)
	}
	// Somebody else takes the address meanwhile.
	if _, err := w.Recovery.ChangeEmail(caller, "wanted@example.org", "correct horse"); err != nil {
		t.Fatal(err)
	}
	_, late := p.letter(t, "wanted@example.org", 1)
	w.user(t, "wanted")
	if _, err := w.Recovery.VerifyEmail(t.Context(), late); wrongField(err) != "email TAKEN" {
		t.Errorf("taken meanwhile: %v", err)
	}
}
