package core_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/grapnel/grapnel/core"
)

// draft is an account that could be made.
func draft(name, email string) core.UserDraft {
	return core.UserDraft{Username: name, Email: email, Password: "correct horse"}
}

// fieldErrors are those of err, as "path CODE".
func fieldErrors(err error) (list []string) {
	var e *core.Error
	if errors.As(err, &e) {
		for _, f := range e.Fields {
			list = append(list, f.Path+" "+f.Code)
		}
	}
	return list
}

// One address in two spellings is one account.
func TestAddressSpellings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := core.AsSystem(t.Context())
	for stored, spellings := range map[string][]string{
		"ada@example.org":             {"ADA@Example.ORG", " ada@example.org\n", "ada@EXAMPLE.org", "ada@ｅxample.org", "ada@example。org"},
		"rené@example.org":            {"rene\u0301@example.org", "RENÉ@EXAMPLE.ORG", "RENE\u0301@Example.org"},
		"οδος@example.org":            {"ΟΔΟΣ@example.org"},
		"ben@xn--bcher-kva.example":   {"ben@bücher.example", "BEN@BÜCHER.EXAMPLE", "ben@bu\u0308cher.example", "ben@XN--BCHER-KVA.example"},
		"kim@xn--wgv71a119e.example":  {"kim@日本語.example"},
		"이메일@example.org":             {norm.NFD.String("이메일@example.org")},
		"r.s+tag@r3---sn.example.com": {"R.S+TAG@R3---SN.example.com"},
	} {
		user, err := w.Users.Register(ctx, draft("user", stored), core.Member)
		if err != nil || user.Email != stored {
			t.Errorf("%q was stored as %v, %v", stored, user, err)
			continue
		}
		for _, typed := range spellings {
			if found, err := w.Users.ByEmail(ctx, typed); err != nil || found.ID != user.ID {
				t.Errorf("%q does not find %q: %v", typed, stored, err)
			}
			if _, _, err := w.Sessions.SignIn(t.Context(), typed, "correct horse"); err != nil {
				t.Errorf("%q does not sign %q in: %v", typed, stored, err)
			}
			if _, err := w.Users.Register(ctx, draft("other", typed), core.Member); !core.Is(err, core.Conflict) || strings.Join(fieldErrors(err), "") != "email TAKEN" {
				t.Errorf("%q beside %q: %v", typed, stored, err)
			}
		}
		name := "was-" + strings.ToLower(user.ID[len(user.ID)-8:])
		if _, err := w.Users.Update(ctx, user.ID, nil, core.UserPatch{Username: core.Opt[string]{Value: name, Set: true}}); err != nil {
			t.Fatal(err)
		}
	}
}

// What nobody sees or could type has no place in an address; what is merely
// uncommon has.
func TestAddressForms(t *testing.T) {
	t.Parallel()
	check := func(address string) error {
		var c core.Checker
		c.Format("email", address, core.Email)
		return c.Err()
	}
	for _, r := range []rune{0, '\t', '\n', '\r', 0x1b, 0x7f, 0x85, 0x9f, ' ', 0xa0, 0x1680, 0x2003, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
		0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x202e, 0x2060, 0x2066, 0x3164, 0xfe0f, 0xfeff, 0xfff9, 0xe0001, 0xe0100, 0xe000} {
		for _, address := range []string{"a%da@example.org", "%ada@example.org", "ada%@example.org", "ada@exa%mple.org", "ada@%example.org", "ada@example.org%"} {
			address = strings.ReplaceAll(address, "%", string(r))
			if check(address) == nil {
				t.Errorf("%+q is an address", address)
			}
		}
	}
	for address, good := range map[string]bool{
		"ada@example.org": true, "Ada@Example.ORG": true, "o'brien+list@mail.example.co.uk": true, "用户@例え.jp": true, "ΚΏΣΤΑΣ@ΠΑΡΆΔΕΙΓΜΑ.gr": true,
		"जॉन@example.org": true, "ada@ab--cd.example": true, "😀@example.org": true,
		"": false, "ada": false, "@example.org": false, "ada@": false, "ada@localhost": false, "a@b@example.org": false, "ada@-example.org": false,
		"ada@example..org": false, "ada@exa_mple.org": false, "ada@xn--zz.example": false, "\"ada\"@example.org": false, "ada@[192.0.2.1]": false,
		"Ada <ada@example.org>": false, "ada@example.org, ben@example.org": false, "\xff@example.org": false,
		strings.Repeat("x", 65) + "@example.org": false, "ada@" + strings.Repeat("x.", 125) + "org": false, strings.Repeat("x", 1<<20): false,
	} {
		if err := check(address); (err == nil) != good {
			t.Errorf("%.60q: %v", address, err)
		}
	}
}

// Accounts of releases that only folded case sign in as they are stored, typed this
// way or that, and nobody takes their address in another spelling.
func TestOldAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := core.AsSystem(t.Context())
	for i, c := range []struct{ stored, typed string }{
		{"rene\u0301@example.org", "rené@example.org"},
		{"rene\u0301@example.org", "RENE\u0301@example.org"},
		{"a\u00a0b@example.org", "A\u00a0B@example.org"},
		{"zoe\u200b@example.org", "Zoe\u200b@example.org"},
	} {
		name := "old" + string(rune('a'+i))
		user, err := w.Users.Register(ctx, draft(name, name+"@example.org"), core.Member)
		if err != nil {
			t.Fatal(err)
		}
		set := func(email string) {
			err := w.docs.Write(ctx, core.Op{Kind: core.OpUpdate, Coll: "users", Filter: core.Eq("_id", user.ID), Patch: core.Patch{core.Set("email", email)}})
			if err != nil {
				t.Fatal(err)
			}
		}
		set(c.stored)
		if found, _, err := w.Sessions.SignIn(t.Context(), c.typed, "correct horse"); err != nil || found.ID != user.ID {
			t.Errorf("%+q does not sign %+q in: %v", c.typed, c.stored, err)
		}
		if _, err := w.Users.Register(ctx, draft("taker", c.typed), core.Member); err == nil {
			t.Errorf("%+q was taken as %+q", c.stored, c.typed)
		}
		set(name + "@example.org")
	}
}

func TestUsernameSpellings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := core.AsSystem(t.Context())
	for typed, stored := range map[string]string{
		"Ada": "ada", "ＢＯＢ": "bob", " Eve ": "eve", "\u212aim": "kim", "ｒ.ｓ_１": "r.s_1",
		"zoë": "", "zo\u200be": "", "z oe": "", "zoe\u00adx": "", "зоя": "", "ſam": "", strings.Repeat("x", 1<<20): "",
	} {
		user, err := w.Users.Register(ctx, draft(typed, "x"+stored+"@example.org"), core.Member)
		if stored == "" {
			if strings.Join(fieldErrors(err), "") != "username FORM" {
				t.Errorf("%.20q: %v", typed, err)
			}
			continue
		}
		if err != nil || user.Username != stored {
			t.Errorf("%q was stored as %v, %v", typed, user, err)
			continue
		}
		if found, err := w.Users.ByUsername(ctx, typed); err != nil || found.ID != user.ID {
			t.Errorf("%q does not find %q: %v", typed, stored, err)
		}
	}
}

// Whatever is typed: what is stored is one spelling, and found by what was typed.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"ada@example.org", "RENE\u0301@Bücher.example", "ΟΔΟΣ@example。org", "İ@xn--strae-oqa.de", "\u1e9b\u0323@example.org"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		address, ok := core.EmailOf(typed)
		if !ok {
			return
		}
		if again, ok := core.EmailOf(address); !ok || again != address {
			t.Fatalf("%+q is stored as %+q, and that as %+q", typed, address, again)
		}
		if composed, ok := core.EmailOf(norm.NFD.String(typed)); !ok || composed != address {
			t.Fatalf("%+q is stored as %+q, decomposed as %+q", typed, address, composed)
		}
		for _, r := range address {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Z) || unicode.IsUpper(r) && unicode.ToLower(r) != r {
				t.Fatalf("%+q holds %U", address, r)
			}
		}
	})
}
