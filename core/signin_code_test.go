package core_test

import (
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

var mailedCode = regexp.MustCompile(`\n\n(\d{8})\n\n`)

// signInCode asks for a code and is the one in the nth mail to the address.
func (w *world) signInCode(t *testing.T, p *post, email string, n int) string {
	t.Helper()
	if _, err := w.Recovery.RequestSignInCode(t.Context(), email); err != nil {
		t.Fatal(err)
	}
	p.letter(t, email, n)
	for _, m := range p.tries() {
		if found := mailedCode.FindStringSubmatch(m.Text); m.To == email && found != nil {
			if n--; n == 0 {
				return found[1]
			}
		}
	}
	t.Fatalf("no code: %+v", p.tries())
	return ""
}

func TestSignInWithCode(t *testing.T) {
	t.Parallel()
	w, p := recovering(t)
	ada := w.user(t, "ada")
	code := w.signInCode(t, p, ada.Email, 1)
	for name, c := range map[string][2]string{
		"another code": {ada.Email, "00000000"}, "no code": {ada.Email, ""}, "more digits": {ada.Email, code + "0"},
		"an unknown address": {"nobody@example.org", code}, "somebody else's": {w.user(t, "grace").Email, code},
	} {
		if _, _, err := w.Sessions.SignInWithCode(t.Context(), c[0], c[1]); !core.Is(err, core.InvalidCredentials) {
			t.Errorf("%s: %v", name, err)
		}
	}
	user, tokens, err := w.Sessions.SignInWithCode(t.Context(), "ADA@example.org", " "+code[:4]+" "+code[4:])
	if err != nil || user.ID != ada.ID || user.EmailVerifiedAt != nil {
		t.Fatalf("%+v %v", user, err)
	}
	if _, err := w.Sessions.Authenticate(t.Context(), tokens.AccessToken); err != nil {
		t.Error(err)
	}
	if _, _, err := w.Sessions.SignInWithCode(t.Context(), ada.Email, code); !core.Is(err, core.InvalidCredentials) {
		t.Errorf("used twice: %v", err)
	}
}

// Of all who use a code at once, one signs in.
func TestCodesAreUsedOnce(t *testing.T) {
	t.Parallel()
	w, p := recovering(t)
	ada := w.user(t, "ada")
	code := w.signInCode(t, p, ada.Email, 1)
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wg.Go(func() { _, _, errs[i] = w.Sessions.SignInWithCode(t.Context(), ada.Email, code) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !core.Is(err, core.InvalidCredentials):
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d won: %v", won, errs)
	}
}

// A code is good for ten minutes, and for the account as it was.
func TestCodesBecomeVoid(t *testing.T) {
	t.Parallel()
	w, p := recovering(t)
	system := core.AsSystem(t.Context())
	for name, before := range map[string]func(ada *core.User) error{
		"tenminutes": func(*core.User) error { w.offset.Add(int64(10 * time.Minute)); return nil },
		"newpassword": func(ada *core.User) error {
			_, err := w.Users.SetPassword(system, ada.ID, nil, "battery stapler")
			return err
		},
		"suspended": func(ada *core.User) error { _, err := w.Users.Suspend(system, ada.ID, nil); return err },
	} {
		t.Run(name, func(t *testing.T) { // one after another: they share the clock
			ada := w.user(t, name)
			code := w.signInCode(t, p, ada.Email, 1)
			if err := before(ada); err != nil {
				t.Fatal(err)
			}
			if _, _, err := w.Sessions.SignInWithCode(t.Context(), ada.Email, code); !core.Is(err, core.InvalidCredentials) {
				t.Error(err)
			}
		})
	}
}

// Wrong codes count as wrong passwords do, also of an address without an account.
func TestCodesAreNotGuessed(t *testing.T) {
	t.Parallel()
	w, _ := recovering(t)
	for _, email := range []string{w.user(t, "ada").Email, "nobody@example.org"} {
		judged := 0
		for range 40 {
			_, _, err := w.Sessions.SignInWithCode(t.Context(), email, "00000000")
			switch {
			case core.Is(err, core.InvalidCredentials):
				judged++
			case !core.Is(err, core.RateLimited):
				t.Fatal(err)
			}
		}
		if judged != 20 {
			t.Errorf("%d codes were judged of %s", judged, email)
		}
		if _, _, err := w.Sessions.SignIn(t.Context(), email, "correct horse"); !core.Is(err, core.RateLimited) {
			t.Errorf("a password after them: %v", err)
		}
	}
}
