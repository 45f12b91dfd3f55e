package core_test

import (
	"strings"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// What other systems stored, with the passwords. None of them was made by code of ours: they are
// from the tests of golang.org/x/crypto, the reference implementations of Argon2 and phpass, the
// documentation of Firebase's scrypt, and Python's hashlib.
var foreignHashes = map[string]struct{ hash, password string }{
	"bcrypt 2a":       {"$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga", "allmine"},
	"bcrypt 2y":       {"$2y$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga", "allmine"},
	"phpass":          {"$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345"},
	"phpass of phpBB": {"$H$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345"},
	"Argon2id":        {"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password"},
	"Argon2i":         {"$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA", "password"},
	"Django":          {"pbkdf2_sha256$10000$seasalt$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY=", "l\u00e8tmein"},
	"Firebase":        {firebaseHash, "user1password"},
}

const firebaseHash = "$firebase-scrypt$n=14,r=8,p=1$jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$Bw==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="

// The hash of another system opens the account once, and is ours from then on.
func TestForeignHashes(t *testing.T) {
	t.Parallel()
	w, _, admin := inviting(t)
	for name, c := range foreignHashes {
		email := strings.ToLower(strings.ReplaceAll(name, " ", "-")) + "@example.org"
		user, err := w.Users.Create(admin, core.UserDraft{Username: core.UsernameFor(email), Email: email, PasswordHash: &c.hash}, core.Member)
		if err != nil || user.PasswordHash != c.hash {
			t.Errorf("%s: %+v %v", name, user, err)
			continue
		}
		_, _, wrong := w.Sessions.SignIn(t.Context(), email, c.password+"x")
		_, _, unknown := w.Sessions.SignIn(t.Context(), "nobody@example.org", c.password)
		if !core.Is(wrong, core.InvalidCredentials) || wrong.Error() != unknown.Error() {
			t.Errorf("%s: a wrong password: %v, an unknown address: %v", name, wrong, unknown)
		}
		w.entered(t, email, c.password)
		after, err := w.Users.Get(core.AsSystem(t.Context()), user.ID)
		if err != nil || !strings.HasPrefix(after.PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("%s: %+v %v", name, after, err)
		}
		w.entered(t, email, c.password)
		if again, err := w.Users.Get(core.AsSystem(t.Context()), user.ID); err != nil || again.PasswordHash != after.PasswordHash {
			t.Errorf("%s: hashed anew although it is ours: %v", name, err)
		}
	}
}

// What cannot be verified, or only at a price, is refused where it comes in.
func TestForeignHashesAreChecked(t *testing.T) {
	t.Parallel()
	w, _, admin := inviting(t)
	argon := strings.TrimPrefix(foreignHashes["Argon2id"].hash, "$argon2id$v=19$m=65536,t=2,p=1")
	bcrypt, phpass := strings.TrimPrefix(foreignHashes["bcrypt 2a"].hash, "$2a$10"), strings.TrimPrefix(foreignHashes["phpass"].hash, "$P$9")
	firebase := strings.TrimPrefix(firebaseHash, "$firebase-scrypt$n=14,r=8,p=1")
	for hash, want := range map[string]string{
		"":                                                       "FORM",
		"correct horse":                                          "FORM",
		"5f4dcc3b5aa765d61d8327deb882cf99":                       "FORM",
		"$1$abcdefgh$0123456789012345678901":                     "FORM",
		"$argon2d$v=19$m=65536,t=2,p=1" + argon:                  "FORM",
		"$argon2id$v=16$m=65536,t=2,p=1" + argon:                 "FORM",
		"$argon2id$v=19$m=65536,t=0,p=1" + argon:                 "FORM",
		"$argon2id$v=19$m=15,t=2,p=2" + argon:                    "FORM",
		"$argon2id$v=19$m=65536,t=2,p=0" + argon:                 "FORM",
		"$argon2id$v=19$m=65536,t=2" + argon:                     "FORM",
		"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$":            "FORM",
		"$argon2id$v=19$m=65536,t=2,p=1" + argon + "$x":          "FORM",
		"$argon2id$v=19$m=4294967295,t=1,p=1" + argon:            "RANGE",
		"$argon2id$v=19$m=262144,t=5,p=1" + argon:                "RANGE",
		"$argon2id$v=19$m=64,t=4294967295,p=1" + argon:           "RANGE",
		"$argon2id$v=19$m=65536,t=2,p=17" + argon:                "RANGE",
		"$2a$15" + bcrypt:                                        "RANGE",
		"$2a$31" + bcrypt:                                        "RANGE",
		"$2a$32" + bcrypt:                                        "FORM",
		"$2x$10" + bcrypt:                                        "FORM",
		"$2a$10" + bcrypt[:20]:                                   "FORM",
		"$P$J" + phpass:                                          "RANGE",
		"$P$." + phpass:                                          "FORM",
		"$P$9" + phpass + "0":                                    "FORM",
		"$P$9" + phpass[:29] + "*":                               "FORM",
		"pbkdf2_sha256$4294967295$salt$" + argon[13:]:            "RANGE",
		"pbkdf2_sha256$0$salt$" + argon[13:]:                     "FORM",
		"pbkdf2_sha256$99$salt$c2hvcnQ=":                         "FORM",
		"pbkdf2_sha1$99$salt$" + argon[13:]:                      "FORM",
		"$firebase-scrypt$n=18,r=8,p=1" + firebase:               "RANGE",
		"$firebase-scrypt$n=14,r=9,p=1" + firebase:               "RANGE",
		"$firebase-scrypt$n=0,r=8,p=1" + firebase:                "FORM",
		"$firebase-scrypt$n=14,r=8,p=2" + firebase:               "FORM",
		"$firebase-scrypt$n=14,r=8,p=1" + firebase[:40]:          "FORM",
		"$firebase-scrypt$n=14,r=8,p=1" + firebase + "AAAA":      "FORM",
		foreignHashes["phpass"].hash + strings.Repeat("A", 2000): "FORM",
	} {
		_, err := w.Users.Create(admin, core.UserDraft{Username: "ada", Email: "ada@example.org", PasswordHash: &hash}, core.Member)
		if wrongField(err) != "passwordHash "+want {
			t.Errorf("%q: %v", hash, err)
		}
		if err != nil && len(hash) > 20 && strings.Contains(err.Error(), hash[10:]) {
			t.Errorf("%q: the error repeats it", hash)
		}
	}
	both := foreignHashes["phpass"].hash
	_, err := w.Users.Create(admin, core.UserDraft{Username: "ada", Email: "ada@example.org", Password: "correct horse", PasswordHash: &both}, core.Member)
	if !core.Is(err, core.Invalid) || !strings.Contains(err.Error(), "only one") {
		t.Errorf("a password and a hash: %v", err)
	}
}

// Whatever is given as a hash, it is refused or can be verified.
func FuzzParseHash(f *testing.F) {
	for _, c := range foreignHashes {
		f.Add(c.hash)
	}
	f.Fuzz(func(t *testing.T, hash string) { _ = core.CheckHash(hash) })
}

func TestForeignHashesAreImported(t *testing.T) {
	t.Parallel()
	w, _, _ := inviting(t)
	c, bad := foreignHashes["phpass"], "$1$x"
	ada := core.UserImport{Username: "ada", Email: "ada@example.org", PasswordHash: &bad, Role: core.Author}
	if _, err := w.Users.Import(core.AsSystem(t.Context()), []core.UserImport{ada}); wrongField(err) != "passwordHash FORM" {
		t.Errorf("%v", err)
	}
	ada.PasswordHash = &c.hash
	if _, err := w.Users.Import(core.AsSystem(t.Context()), []core.UserImport{ada}); err != nil {
		t.Fatal(err)
	}
	w.entered(t, ada.Email, c.password)
}
