package core_test

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/grapnel/grapnel/core"
)

// What is guessed first is no password, and the error says why.
func TestPasswordRules(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{
		"correct horse": "", "пароль-длинный": "", "密码密码密码密码 很长": "", "hunter2 & friends": "", strings.Repeat("ab", 128): "",
		"\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u062a\u0648": "", // a Persian word has this joiner
		"spaces\u00a0of\u3000kinds":                                     "", "ada.lovelace@example.org": "", "lovelace": "", "12345679x": "",

		"": "TOO_SHORT", "short": "TOO_SHORT", "密码密码密码密": "TOO_SHORT", "🔒🔒🔒🔒🔒🔒🔒": "TOO_SHORT",
		norm.NFD.String("ééééééé"): "TOO_SHORT", norm.NFD.String("한국어한국어한"): "TOO_SHORT",
		strings.Repeat("ab", 128) + "c": "TOO_LONG", strings.Repeat("é", 257): "TOO_LONG", strings.Repeat("ab", 1<<19): "TOO_LONG",

		"tab\tinside": "CHARACTERS", "null\x00inside": "CHARACTERS", "line\nbreak": "CHARACTERS", "delete\x7finside": "CHARACTERS", "c1\u0085control": "CHARACTERS",
		"zero\u200bwidth": "CHARACTERS", "byte\ufefforder": "CHARACTERS", "soft\u00adhyphen": "CHARACTERS", "hearts❤️hearts": "CHARACTERS", "\xff\xff\xff\xff\xff\xff\xff\xff": "CHARACTERS",

		"password": "COMMON", "PASSWORD": "COMMON", "PassWord1": "COMMON", "password123": "COMMON", "qwertyuiop": "COMMON", "1234567890": "COMMON", "iloveyou": "COMMON",
		"Passw0rd": "COMMON", "trustno1": "COMMON", "ｐａｓｓｗｏｒｄ": "COMMON", " password ": "COMMON", "1q2w3e4r": "COMMON", "\u017funshine": "COMMON",

		"aaaaaaaa": "REPEATED", "AaAaAaAa": "REPEATED", "☃☃☃☃☃☃☃☃☃": "REPEATED", "12345678": "REPEATED", "87654321": "REPEATED", "abcdefgh": "REPEATED", "ZYXWVUTS": "REPEATED", "αβγδεζηθ": "REPEATED",

		"ada.king@bücher.example": "PERSONAL", "Ada.King@XN--BCHER-KVA.example": "PERSONAL", "ada.king": "PERSONAL", "ADA.KING": "PERSONAL",
		"countess.of": "PERSONAL", "Countess.OF": "PERSONAL", "ｃountess.of": "PERSONAL", "countess.of ": "PERSONAL",
	} {
		err := core.UserDraft{Username: "countess.of", Email: "ada.king@bücher.example", Password: password}.Check()
		got := strings.TrimPrefix(strings.Join(fieldErrors(err), ","), "password ")
		if got != want || err != nil && len(err.(*core.Error).Fields[0].Message) < 20 {
			t.Errorf("%.40q: %q, want %q (%v)", password, got, want, err)
		}
	}
}

// A password signs in from every keyboard, in the work of one; one that was hashed as
// it was typed goes on to sign in, and is hashed anew.
func TestPasswordSpellings(t *testing.T) {
	t.Parallel()
	w := newPaused(t)
	const composed = "caf\u00e9 au lait"
	decomposed, other := norm.NFD.String(composed), "caf\u00e9\u00a0au\u3000lait"
	if _, err := w.Users.Register(core.AsSystem(t.Context()), core.UserDraft{Username: "grace", Email: "grace@example.org", Password: decomposed}, core.Member); err != nil {
		t.Fatal(err)
	}
	signIn := func(password string) (runs int64, err error) {
		before := w.HashRuns()
		_, _, err = w.Sessions.SignIn(t.Context(), "grace@example.org", password)
		return w.HashRuns() - before, err
	}
	good := func(password string, runs int64) {
		t.Helper()
		if n, err := signIn(password); err != nil || n != runs {
			t.Errorf("%+q: %d runs, %v", password, n, err)
		}
	}
	wrong := func(password string, runs int64) {
		t.Helper()
		if n, err := signIn(password); !core.Is(err, core.InvalidCredentials) || n != runs {
			t.Errorf("%+q: %d runs, %v", password, n, err)
		}
	}
	for _, typed := range []string{composed, decomposed, other} {
		good(typed, 1)
	}
	wrong("cafe au lait", 1)

	store := func(password string) {
		hash, err := w.HashTyped(t.Context(), password)
		if err != nil {
			t.Fatal(err)
		}
		err = w.docs.Write(t.Context(), core.Op{Kind: core.OpUpdate, Coll: "users", Filter: core.Eq("email", "grace@example.org"), Patch: core.Patch{core.Set("passwordHash", hash)}})
		if err != nil {
			t.Fatal(err)
		}
	}
	store(decomposed)
	wrong(composed, 1) // nobody can know
	good(decomposed, 3)
	for _, typed := range []string{composed, decomposed, other} {
		good(typed, 1)
	}
	store("an old\ttab") // which a new password may not have
	good("an old\ttab", 1)
	wrong("an old tab", 1)
	store(composed)
	good(composed, 1)

	// Nothing is cut off.
	long := strings.Repeat("ab", 128)
	store(long)
	good(long, 1)
	for _, typed := range []string{long + "c", strings.Repeat("x", 1<<20), long + strings.Repeat("\u0301", 1<<12)} {
		if n, err := signIn(typed); strings.Join(fieldErrors(err), ",") != "password TOO_LONG" || n != 0 {
			t.Errorf("%.10q…: %d runs, %v", typed, n, err)
		}
	}
	if n, err := signIn(""); strings.Join(fieldErrors(err), ",") != "password REQUIRED" || n != 0 {
		t.Errorf("no password: %d runs, %v", n, err)
	}
	store(norm.NFC.String(strings.Repeat("한", 256)))
	good(norm.NFD.String(strings.Repeat("한", 256)), 1)
}

// The rules of a new password are those of a change too.
func TestChangedPasswords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as(t, "adelaide", core.Member)
	_, tokens, err := w.Sessions.SignIn(t.Context(), "adelaide@example.org", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Sessions.Authenticate(t.Context(), tokens.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	ctx := core.WithPrincipal(t.Context(), p)
	for next, want := range map[string]string{
		"short": "TOO_SHORT", "password1": "COMMON", "zzzzzzzzz": "REPEATED", "Adelaide": "PERSONAL", "adelaide@EXAMPLE.org": "PERSONAL", strings.Repeat("é", 257): "TOO_LONG",
	} {
		if _, _, err := w.Sessions.ChangePassword(ctx, "correct horse", next); strings.Join(fieldErrors(err), ",") != "newPassword "+want {
			t.Errorf("%.20q: %v", next, err)
		}
	}
	if _, _, err := w.Sessions.ChangePassword(ctx, strings.Repeat("x", 5000), "another horse"); strings.Join(fieldErrors(err), ",") != "currentPassword TOO_LONG" {
		t.Error(err)
	}
	if _, _, err := w.Sessions.ChangePassword(ctx, "", "another horse"); strings.Join(fieldErrors(err), ",") != "currentPassword REQUIRED" {
		t.Error(err)
	}
	if _, _, err := w.Sessions.ChangePassword(ctx, "correct horse", "caf\u0065\u0301 au lait"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Sessions.SignIn(t.Context(), "adelaide@example.org", "caf\u00e9 au lait"); err != nil {
		t.Error(err)
	}
}

// Whatever is typed: what is hashed is one spelling, and is among those that are tried.
func FuzzPassword(f *testing.F) {
	for _, seed := range []string{"correct horse", "cafe\u0301 au lait", "a\u00a0b\u3000c", "\u0344\u1e9b\u0323", "한국어", "\xff\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		var problems core.Checker
		password := problems.Password(typed)
		if problems.Err() != nil {
			return
		}
		for _, spelling := range []string{typed, norm.NFC.String(typed), norm.NFD.String(typed), password} {
			if list := core.StoredPasswords(spelling); len(list) == 0 || len(list) > 2 || list[0] != password {
				t.Fatalf("%+q is hashed as %+q, and %+q tried as %+q", typed, password, spelling, list)
			}
		}
	})
}
