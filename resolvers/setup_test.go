package resolvers_test

import (
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

const setUp = `mutation($t: String!, $e: String!, $p: String!, $u: String) {
	setUp(input: {token: $t, email: $e, password: $p, username: $u}) { viewer { username role email } tokens { accessToken } }
}`

// The token of a start makes the first administrator, once, within half an hour.
func TestSetUp(t *testing.T) {
	t.Parallel()
	a := newEmptyAPI(t)
	needed := func() any { return a.get("", `{ setUpNeeded }`, nil, "setUpNeeded") }
	old := a.app.Sessions.SetUpToken()
	if needed() != true {
		t.Error("nobody is there, and set-up is not needed")
	}
	if _, err := a.app.Users.Register(core.AsSystem(t.Context()), core.UserDraft{Username: "member", Email: "member@example.org", Password: "correct horse"}, core.Member); err != nil {
		t.Fatal(err)
	}
	a.advance(31 * time.Minute)
	good := a.app.Sessions.SetUpToken()
	head, mac, _ := strings.Cut(good, ".")
	fields := func(v vars) string {
		in := vars{"t": good, "e": "ada@example.org", "p": "correct horse"}
		for k, x := range v {
			in[k] = x
		}
		out := a.do("", setUp, in)
		path, _ := dig(t, out, "errors.0.extensions.fields.0.path").(string)
		code, _ := dig(t, out, "errors.0.extensions.fields.0.code").(string)
		return errorCode(t, out) + " " + path + " " + code
	}
	for name, c := range map[string]struct {
		in   vars
		want string
	}{
		"no token":          {vars{"t": ""}, "BAD_USER_INPUT token WRONG"},
		"garbage":           {vars{"t": "garbage"}, "BAD_USER_INPUT token WRONG"},
		"cut":               {vars{"t": good[:len(good)-1]}, "BAD_USER_INPUT token WRONG"},
		"longer":            {vars{"t": head + ".9" + mac}, "BAD_USER_INPUT token WRONG"},
		"long":              {vars{"t": strings.Repeat("a", 10_000)}, "BAD_USER_INPUT token WRONG"},
		"expired":           {vars{"t": old}, "BAD_USER_INPUT token EXPIRED"},
		"a wrong one first": {vars{"t": "garbage", "e": "member@example.org", "p": "x"}, "BAD_USER_INPUT token WRONG"},
		"password":          {vars{"p": "short"}, "BAD_USER_INPUT password TOO_SHORT"},
		"username":          {vars{"u": "a b"}, "BAD_USER_INPUT username FORM"},
		"taken":             {vars{"e": "member@example.org"}, "CONFLICT username TAKEN"},
	} {
		if got := fields(c.in); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if needed() != true {
		t.Error("set-up is not needed although nothing succeeded")
	}
	out := a.do("", setUp, vars{"t": good, "e": "Ada.Lovelace+x@example.org", "p": "correct horse"})
	if dig(t, out, "data.setUp.viewer.username") != "ada.lovelace-x" || dig(t, out, "data.setUp.viewer.role") != "ADMIN" || dig(t, out, "data.setUp.viewer.email") != "ada.lovelace+x@example.org" {
		t.Error(out)
	}
	a.tokens["ada"] = dig(t, out, "data.setUp.tokens.accessToken").(string)
	if a.get("ada", `{ viewer { role } }`, nil, "viewer.role") != "ADMIN" {
		t.Error("not signed in")
	}
	if needed() != false {
		t.Error("set-up is needed still")
	}
	for name, token := range map[string]string{"again": good, "another one": a.app.Sessions.SetUpToken(), "garbage": "garbage"} {
		if got := fields(vars{"t": token}); got != "FORBIDDEN  " {
			t.Errorf("%s: %s", name, got)
		}
	}
	calls := a.docs.calls.Load()
	if needed(); a.docs.calls.Load() != calls {
		t.Error("what stays so is asked again")
	}
}

// Tokens cannot be tried without end.
func TestSetUpIsLimited(t *testing.T) {
	t.Parallel()
	a := newEmptyAPI(t)
	limited := false
	for range 100 {
		if limited = a.code("", setUp, vars{"t": "garbage", "e": "ada@example.org", "p": "correct horse"}) == "RATE_LIMITED"; limited {
			break
		}
	}
	if !limited {
		t.Error("100 tokens were tried")
	}
}

// A username that is made of an address is one.
func TestUsernameFor(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]string{
		"Ada@example.org": "ada", "a@example.org": "a00", "": "000", "-_-@x": "000", "müller+news@example.org": "m-ller-news",
		strings.Repeat("a", 29) + ".b@x": strings.Repeat("a", 29), strings.Repeat("é", 5000): "000", "no address": "no-address",
	} {
		if got := core.UsernameFor(email); got != want {
			t.Errorf("%.40s: %q, want %q", email, got, want)
		}
	}
}
