package core_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

func verifyingSignUps(c *core.Config) { c.VerifySignUps, c.SignUpRole = true, core.Author }

// signsUp is the answer to a sign-up that is to be verified: the address.
func (w *world) signsUp(t *testing.T, username, email string) string {
	t.Helper()
	a, err := w.Sessions.SignUp(t.Context(), draft(username, email))
	if err != nil || a.User != nil || a.Tokens != (core.Tokens{}) {
		t.Fatalf("%+v %v", a, err)
	}
	return a.MailedTo
}

// confirms opens the link of a sign-up.
func (w *world) confirms(t *testing.T, token string) error {
	_, _, err := w.Sessions.ConfirmSignUp(t.Context(), token, "correct horse")
	return err
}

func TestSignUpIsVerified(t *testing.T) {
	t.Parallel()
	w, p := recovering(t, verifyingSignUps)
	if address := w.signsUp(t, "ada", " ADA@example.org"); address != "ada@example.org" {
		t.Errorf("%q", address)
	}
	subject, token := p.letter(t, "ada@example.org", 1)
	if subject != "Your account with My site" {
		t.Errorf("%q", subject)
	}
	if _, _, err := w.Sessions.SignIn(t.Context(), "ada@example.org", "correct horse"); !core.Is(err, core.InvalidCredentials) {
		t.Errorf("before: %v", err)
	}
	if _, err := w.Recovery.ResetPassword(t.Context(), token, "battery staple"); wrongField(err) != "token WRONG" {
		t.Errorf("as a token of another purpose: %v", err)
	}
	if _, err := w.Recovery.VerifyEmail(t.Context(), token); wrongField(err) != "token WRONG" {
		t.Errorf("as a token of an address: %v", err)
	}
	// Who opens the link of a sign-up that somebody else has begun does not know its password.
	if _, _, err := w.Sessions.ConfirmSignUp(t.Context(), token, "battery staple"); wrongField(err) != "password WRONG" {
		t.Errorf("another password: %v", err)
	}
	user, tokens, err := w.Sessions.ConfirmSignUp(t.Context(), token, "correct horse")
	if err != nil || user.Email != "ada@example.org" {
		t.Fatalf("%+v %v", user, err)
	}
	if _, err := w.Sessions.Authenticate(t.Context(), tokens.AccessToken); err != nil {
		t.Error(err)
	}
	caller := core.PrincipalOf(w.entered(t, "ada@example.org", "correct horse"))
	user, err = w.Users.Get(core.AsSystem(t.Context()), caller.UserID)
	if err != nil || user.Role != core.Author || user.EmailVerifiedAt == nil || user.Username != "ada" {
		t.Errorf("%+v %v", user, err)
	}
	if err := w.confirms(t, token); wrongField(err) != "token WRONG" {
		t.Errorf("used twice: %v", err)
	}
}

// What a stranger says of themselves is mailed to nobody, and the mail is not kept.
func TestSignUpMailsNoWordsOfStrangers(t *testing.T) {
	t.Parallel()
	w, p := recovering(t, verifyingSignUps)
	name := "buy at cheap.example"
	d := draft("cheap.example", "ada@example.org")
	d.DisplayName = &name
	if _, err := w.Sessions.SignUp(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	p.letter(t, "ada@example.org", 1)
	for _, m := range p.tries() {
		if strings.Contains(m.Text+m.HTML+m.Subject, "cheap") {
			t.Error(m.Text)
		}
	}
	mails, err := w.Mails.Page(core.AsSystem(t.Context()), core.PageArgs{})
	if err != nil || len(mails.Nodes()) != 1 || mails.Nodes()[0].ExpiresAt.Sub(mails.Nodes()[0].CreatedAt) > 25*time.Hour {
		t.Errorf("%+v %v", mails.Nodes(), err)
	}
}

// The answer does not say whether an address has an account; its owner is told.
func TestSignUpOfAKnownAddress(t *testing.T) {
	t.Parallel()
	w, p := recovering(t, verifyingSignUps)
	ada := w.user(t, "ada")
	if address := w.signsUp(t, "lovelace", strings.ToUpper(ada.Email)); address != ada.Email {
		t.Errorf("%q", address)
	}
	subject, token := p.letter(t, ada.Email, 1)
	if subject != "You have an account with My site already" || token != "" {
		t.Errorf("%q %q", subject, token)
	}
	// Usernames are no secret: everybody reads whose they are.
	_, err := w.Sessions.SignUp(t.Context(), draft("ada", "new@example.org"))
	if !core.Is(err, core.Conflict) || wrongField(err) != "username TAKEN" {
		t.Errorf("a known username: %v", err)
	}
	settled(t, w.App)
}

// Of several sign-ups for one address, or for one username, one becomes the account.
func TestSignUpsMeet(t *testing.T) {
	t.Parallel()
	w, p := recovering(t, verifyingSignUps)
	w.signsUp(t, "ada", "ada@example.org")
	_, first := p.letter(t, "ada@example.org", 1)
	w.signsUp(t, "lovelace", "ada@example.org")
	_, second := p.letter(t, "ada@example.org", 2)
	w.signsUp(t, "ada", "other@example.org")
	_, third := p.letter(t, "other@example.org", 1)

	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() { errs[i] = w.confirms(t, first) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case wrongField(err) != "token WRONG" && !core.Is(err, core.RateLimited): // too many hash a password
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d won: %v", won, errs)
	}
	if err := w.confirms(t, second); wrongField(err) != "email TAKEN" {
		t.Errorf("another sign-up for the address: %v", err)
	}
	if err := w.confirms(t, third); wrongField(err) != "username TAKEN" {
		t.Errorf("another sign-up for the username: %v", err)
	}
}

// A link is good for a day, and as long as strangers may sign up.
func TestSignUpEnds(t *testing.T) {
	t.Parallel()
	w, p := recovering(t, verifyingSignUps)
	w.signsUp(t, "ada", "ada@example.org")
	_, token := p.letter(t, "ada@example.org", 1)
	closed := w.cfg
	closed.SignUpRole = ""
	other, err := core.New(t.Context(), closed)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, _, err := other.Sessions.ConfirmSignUp(t.Context(), token, "correct horse"); !core.Is(err, core.Forbidden) {
		t.Errorf("closed: %v", err)
	}
	w.offset.Add(int64(24 * time.Hour))
	if err := w.confirms(t, token); wrongField(err) != "token WRONG" {
		t.Errorf("a day later: %v", err)
	}
}
