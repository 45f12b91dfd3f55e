package resolvers_test

import (
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/pquerna/otp/totp"

	"github.com/grapnel/grapnel/core"
)

const (
	entry          = `{ viewer { username } tokens { accessToken } secondFactor { token expiresAt } }`
	signInAsked    = `mutation($e: String!, $p: String!) { signIn(input: {email: $e, password: $p}) ` + entry + ` }`
	confirmSignIn  = `mutation($i: ConfirmSignInInput!) { confirmSignIn(input: $i) ` + entry + ` }`
	setUpApp       = `mutation { setUpAuthenticator { authenticator { token secret uri qrCode } } }`
	confirmApp     = `mutation($t: String!, $c: String!) { confirmAuthenticator(input: {token: $t, code: $c}) { viewer { secondFactorAt recoveryCodesLeft } recoveryCodes } }`
	reauthenticate = `mutation($i: ReauthenticateInput!) { reauthenticate(input: $i) { viewer { username } } }`
)

// shownFor is what an authenticator app shows, of which no two codes are the same.
func (a *api) shownFor(secret string) string {
	a.t.Helper()
	a.advance(31 * time.Second)
	code, err := totp.GenerateCode(secret, a.now())
	if err != nil {
		a.t.Fatal(err)
	}
	return code
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	made := dig(t, a.do("member", setUpApp, nil), "data.setUpAuthenticator.authenticator").(map[string]any)
	secret := made["secret"].(string)
	confirmed := dig(t, a.do("member", confirmApp, vars{"t": made["token"], "c": a.shownFor(secret)}), "data.confirmAuthenticator").(map[string]any)
	codes := confirmed["recoveryCodes"].([]any)
	if viewer := confirmed["viewer"].(map[string]any); viewer["secondFactorAt"] == nil || viewer["recoveryCodesLeft"] != 10.0 || len(codes) != 10 {
		t.Errorf("%v", confirmed)
	}
	asked := func() string {
		t.Helper()
		got := dig(t, a.do("", signInAsked, vars{"e": "member@example.org", "p": "correct horse"}), "data.signIn").(map[string]any)
		if got["viewer"] != nil || got["tokens"] != nil {
			t.Errorf("signed in without it: %v", got)
		}
		return got["secondFactor"].(map[string]any)["token"].(string)
	}
	token := asked()
	if c := a.code("", confirmSignIn, vars{"i": vars{"token": token, "code": "000000"}}); c != "BAD_USER_INPUT" {
		t.Errorf("a wrong code: %s", c)
	}
	got := dig(t, a.do("", confirmSignIn, vars{"i": vars{"token": token, "code": a.shownFor(secret)}}), "data.confirmSignIn").(map[string]any)
	if got["secondFactor"] != nil || got["viewer"].(map[string]any)["username"] != "member" {
		t.Errorf("%v", got)
	}
	a.tokens["member"] = got["tokens"].(map[string]any)["accessToken"].(string)
	a.get("", confirmSignIn, vars{"i": vars{"token": asked(), "code": codes[0]}}, "confirmSignIn.tokens.accessToken")

	// Others read none of it.
	const state = `query($id: ID!) { user(id: $id) { secondFactorAt recoveryCodesLeft passkeys { id } } }`
	for caller, reads := range map[string]bool{"": false, "editor": false, "member": true, "admin": true} {
		got := dig(t, a.do(caller, state, vars{"id": a.ids["member"]}), "data.user").(map[string]any)
		for field, value := range got {
			if (value != nil) != reads {
				t.Errorf("%q reads %s: %v", caller, field, value)
			}
		}
	}
	if c := a.code("editor", `mutation($id: ID!) { removeSecondFactor(input: {id: $id}) { user { id } } }`, vars{"id": a.ids["member"]}); c != "FORBIDDEN" {
		t.Errorf("an editor takes it away: %s", c)
	}
	a.signInAgain("admin")
	a.get("admin", `mutation($id: ID!) { removeSecondFactor(input: {id: $id}) { user { id } } }`, vars{"id": a.ids["member"]}, "removeSecondFactor.user.id")
	a.signInAgain("member")
}

// What opens accounts asks once more who one is.
func TestReauthentication(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const setRole = `mutation($id: ID!) { setUserRole(input: {id: $id, role: AUTHOR}) { user { id } } }`
	refresh := a.get("", signIn, vars{"e": "admin@example.org", "p": "correct horse"}, "signIn.tokens.refreshToken").(string)
	a.advance(11 * time.Minute)
	a.tokens["admin"], _, _ = a.refresh(refresh)
	if c := a.code("admin", setRole, vars{"id": a.ids["member"]}); c != "REAUTHENTICATION_REQUIRED" {
		t.Errorf("long after the sign-in: %s", c)
	}
	for name, input := range map[string]vars{"a wrong password": {"password": "battery staple"}, "nothing": {}, "two": {"password": "correct horse", "code": "1"}, "a code of no app": {"code": "000000"}} {
		if c := a.code("admin", reauthenticate, vars{"i": input}); c != "BAD_USER_INPUT" {
			t.Errorf("%s: %s", name, c)
		}
	}
	a.get("admin", reauthenticate, vars{"i": vars{"password": "correct horse"}}, "reauthenticate.viewer.username")
	a.get("admin", setRole, vars{"id": a.ids["member"]}, "setUserRole.user.id")
}

func TestSecondFactorMissing(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(c *core.Config) { c.SecondFactorFrom = core.Admin })
	for caller, want := range map[string]bool{"": false, "editor": false, "admin": true} {
		if got := a.get(caller, `{ secondFactorMissing }`, nil, "secondFactorMissing"); got != want {
			t.Errorf("%q: %v", caller, got)
		}
	}
	if c := a.code("admin", `mutation($id: ID!) { suspendUser(input: {id: $id}) { user { id } } }`, vars{"id": a.ids["member"]}); c != "FORBIDDEN" {
		t.Errorf("the role is not held back: %s", c)
	}
}

func TestPasskeys(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(c *core.Config) { c.BaseURL, c.PasskeyDomain = "https://api.example.org", "example.org" })
	page := virtualwebauthn.RelyingParty{ID: "example.org", Name: "example.org", Origin: "https://api.example.org"}
	device := virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: []byte(a.ids["member"])})
	key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeRSA)

	creation, err := virtualwebauthn.ParseAttestationOptions(a.get("member", `mutation { passkeyCreation { options } }`, nil, "passkeyCreation.options").(string))
	if err != nil {
		t.Fatal(err)
	}
	add := vars{"i": vars{"name": "Telephone", "credential": virtualwebauthn.CreateAttestationResponse(page, device, key, *creation)}}
	id := a.get("member", `mutation($i: AddPasskeyInput!) { addPasskey(input: $i) { passkey { id name synced lastUsedAt } } }`, add, "addPasskey.passkey.id")

	request, err := virtualwebauthn.ParseAssertionOptions(a.get("", `mutation { passkeyRequest { options } }`, nil, "passkeyRequest.options").(string))
	if err != nil {
		t.Fatal(err)
	}
	signed := vars{"i": vars{"credential": virtualwebauthn.CreateAssertionResponse(page, device, key, *request)}}
	const signIn = `mutation($i: SignInWithPasskeyInput!) { signInWithPasskey(input: $i) ` + entry + ` }`
	a.tokens["member"] = a.get("", signIn, signed, "signInWithPasskey.tokens.accessToken").(string)
	if c := a.code("", signIn, signed); c != "BAD_USER_INPUT" {
		t.Errorf("signed twice: %s", c)
	}
	const remove = `mutation($id: ID!) { removePasskey(input: {id: $id}) { removedPasskeyId } }`
	if c := a.code("author", remove, vars{"id": id}); c != "NOT_FOUND" {
		t.Errorf("somebody else removes it: %s", c)
	}
	if got := a.get("member", remove, vars{"id": id}, "removePasskey.removedPasskeyId"); got != id {
		t.Errorf("%v", got)
	}
}
