package resolvers_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// mailed waits for the nth mail to an address, as administrators read it where there is no
// mail server, and is the token in its link.
func (a *api) mailed(to string, n int) string {
	a.t.Helper()
	return a.inMail(to, n, `\n`+regexp.QuoteMeta(a.url)+`/admin/#(?:reset|verify|signup)=(\S+)\n`)
}

// inMail waits for the nth mail to an address, and is what a pattern finds in it.
func (a *api) inMail(to string, n int, pattern string) string {
	a.t.Helper()
	const mails = `query($to: String!) { mails(where: {to: {eq: $to}}, orderBy: {field: CREATED_AT}) { nodes { text } } }`
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		list := a.get("admin", mails, vars{"to": to}, "mails.nodes").([]any)
		if len(list) >= n {
			text, _ := list[n-1].(map[string]any)["text"].(string)
			found := regexp.MustCompile(pattern).FindStringSubmatch(text)
			if found == nil {
				a.t.Fatalf("no %s in %q", pattern, text)
			}
			return found[1]
		}
		if time.Now().After(end) {
			a.t.Fatalf("%d mails to %s", len(list), to)
		}
	}
}

const (
	requestReset = `mutation($e: String!) { requestPasswordReset(input: {email: $e}) { email } }`
	resetTo      = `mutation($t: String!, $p: String!) { resetPassword(input: {token: $t, password: $p}) { email } }`
	verify       = `mutation($t: String!) { verifyEmail(input: {token: $t}) { email } }`
	verifiedAt   = `query($id: ID!) { user(id: $id) { emailVerifiedAt } }`
)

func TestRecovery(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, email := range []string{"Member@example.org", "nobody@example.org"} {
		if got := a.get("", requestReset, vars{"e": email}, "requestPasswordReset.email"); got != strings.ToLower(email) {
			t.Errorf("%s: %v", email, got)
		}
	}
	token := a.mailed("member@example.org", 1)
	if c := a.code("", resetTo, vars{"t": token + "x", "p": "battery staple"}); c != "BAD_USER_INPUT" {
		t.Errorf("a forged token: %s", c)
	}
	if c := a.code("", verify, vars{"t": token}); c != "BAD_USER_INPUT" {
		t.Errorf("a token of another purpose: %s", c)
	}
	if got := a.get("", resetTo, vars{"t": token, "p": "battery staple"}, "resetPassword.email"); got != "member@example.org" {
		t.Errorf("%v", got)
	}
	if c := a.code("", resetTo, vars{"t": token, "p": "battery staple"}); c != "BAD_USER_INPUT" {
		t.Errorf("used twice: %s", c)
	}
	if c := a.code("member", `{ viewer { id } }`, nil); c != "UNAUTHENTICATED" {
		t.Errorf("the session before: %s", c)
	}
	a.get("", signIn, vars{"e": "member@example.org", "p": "battery staple"}, "signIn.tokens.accessToken")
	// The owner and administrators read that the address is verified.
	for caller, reads := range map[string]bool{"": false, "author": false, "editor": false, "admin": true} {
		if got := dig(t, a.do(caller, verifiedAt, vars{"id": a.ids["member"]}), "data.user.emailVerifiedAt"); (got != nil) != reads {
			t.Errorf("%q reads %v", caller, got)
		}
	}
}

func TestVerifyAndChangeEmail(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const request = `mutation { requestEmailVerification { viewer { emailVerifiedAt } } }`
	const change = `mutation($e: String!, $p: String!) { changeEmail(input: {email: $e, password: $p}) { viewer { email } } }`
	for _, m := range []string{request, `mutation { changeEmail(input: {email: "x@example.org", password: "correct horse"}) { viewer { id } } }`} {
		if c := a.code("", m, nil); c != "UNAUTHENTICATED" {
			t.Errorf("a visitor, %s: %s", m, c)
		}
	}
	if at := a.get("author", request, nil, "requestEmailVerification.viewer.emailVerifiedAt"); at != nil {
		t.Errorf("verified at %v", at)
	}
	if got := a.get("", verify, vars{"t": a.mailed("author@example.org", 1)}, "verifyEmail.email"); got != "author@example.org" {
		t.Errorf("%v", got)
	}
	if at := a.get("author", request, nil, "requestEmailVerification.viewer.emailVerifiedAt"); at == nil {
		t.Error("not verified")
	}
	if c := a.code("author", change, vars{"e": "pen@example.org", "p": "wrong horse"}); c != "BAD_USER_INPUT" {
		t.Errorf("a wrong password: %s", c)
	}
	if c := a.code("author", change, vars{"e": "member@example.org", "p": "correct horse"}); c != "CONFLICT" {
		t.Errorf("a taken address: %s", c)
	}
	if got := a.get("author", change, vars{"e": "pen@example.org", "p": "correct horse"}, "changeEmail.viewer.email"); got != "author@example.org" {
		t.Errorf("%v", got)
	}
	if got := a.get("", verify, vars{"t": a.mailed("pen@example.org", 1)}, "verifyEmail.email"); got != "pen@example.org" {
		t.Errorf("%v", got)
	}
	if got := a.get("author", `{ viewer { email } }`, nil, "viewer.email"); got != "pen@example.org" {
		t.Errorf("%v", got)
	}
}

func TestVerifiedSignUp(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(c *core.Config) { c.VerifySignUps = true })
	const signUp = `mutation($u: String!, $e: String!, $s: SessionTransport) { signUp(input: {username: $u, email: $e, password: "battery staple", transport: $s}) { viewer { id } tokens { accessToken } mailedTo } }`
	// An address that has an account and one that has none get the same answer.
	for _, email := range []string{"member@example.org", "new@example.org"} {
		want := `{"data":{"signUp":{"viewer":null,"tokens":null,"mailedTo":"` + email + `"}}}`
		if got := a.do("", signUp, vars{"u": "newcomer", "e": email}); got != want {
			t.Errorf("%s: %s", email, got)
		}
	}
	a.inMail("member@example.org", 1, `(you have one)`)
	if c := a.code("", signUp, vars{"u": "member", "e": "other@example.org"}); c != "CONFLICT" {
		t.Errorf("a username that is taken: %s", c)
	}
	if c := a.code("", signIn, vars{"e": "new@example.org", "p": "battery staple"}); c != "INVALID_CREDENTIALS" {
		t.Errorf("before: %s", c)
	}
	const confirm = `mutation($t: String!, $p: String!) { confirmSignUp(input: {token: $t, password: $p}) { viewer { email } tokens { accessToken } } }`
	token := a.mailed("new@example.org", 1)
	if c := a.code("", confirm, vars{"t": token, "p": "correct horse"}); c != "BAD_USER_INPUT" {
		t.Errorf("another password: %s", c)
	}
	if got := a.get("", confirm, vars{"t": token, "p": "battery staple"}, "confirmSignUp.viewer.email"); got != "new@example.org" {
		t.Errorf("%v", got)
	}
	a.get("", signIn, vars{"e": "new@example.org", "p": "battery staple"}, "signIn.tokens.accessToken")
}

func TestSignInWithCode(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const request = `mutation($e: String!) { requestSignInCode(input: {email: $e}) { email } }`
	const withCode = `mutation($e: String!, $c: String!) { signInWithCode(input: {email: $e, code: $c}) { viewer { username email } tokens { accessToken } } }`
	for _, email := range []string{"Member@example.org", "nobody@example.org"} {
		if got := a.get("", request, vars{"e": email}, "requestSignInCode.email"); got != strings.ToLower(email) {
			t.Errorf("%s: %v", email, got)
		}
	}
	code := a.inMail("member@example.org", 1, `\n\n(\d{8})\n\n`)
	for _, email := range []string{"author@example.org", "nobody@example.org"} {
		if c := a.code("", withCode, vars{"e": email, "c": code}); c != "INVALID_CREDENTIALS" {
			t.Errorf("%s: %s", email, c)
		}
	}
	if got := a.get("", withCode, vars{"e": "member@example.org", "c": code}, "signInWithCode.viewer.email"); got != "member@example.org" {
		t.Errorf("%v", got)
	}
	if c := a.code("", withCode, vars{"e": "member@example.org", "c": code}); c != "INVALID_CREDENTIALS" {
		t.Errorf("used twice: %s", c)
	}
}
