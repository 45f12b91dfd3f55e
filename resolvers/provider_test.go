package resolvers_test

import "testing"

// Without providers there is nobody to go to, and what is of no flow is refused.
func TestProvidersOfNone(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	if list := a.get("", `{ signInProviders { name label } }`, nil, "signInProviders").([]any); len(list) != 0 {
		t.Errorf("%v", list)
	}
	for name, query := range map[string]string{
		"start":    `mutation { startProviderSignIn(input: {provider: "google", returnTo: "http://localhost/", codeChallenge: "x"}) { url } }`,
		"finish":   `mutation { signInWithProvider(input: {token: "x.1.y", codeVerifier: "x"}) { viewer { id } } }`,
		"id token": `mutation { signInWithIdToken(input: {provider: "google", idToken: "a.b.c", nonce: "0123456789abcdef"}) { viewer { id } } }`,
	} {
		if c := a.code("", query, nil); c != "BAD_USER_INPUT" {
			t.Errorf("%s: %s", name, c)
		}
	}
	for name, query := range map[string]string{
		"link":   `mutation { linkIdentity(input: {token: "x.1.y", codeVerifier: "x"}) { viewer { id } } }`,
		"unlink": `mutation { unlinkIdentity(input: {id: "x"}) { unlinkedIdentityId } }`,
	} {
		if c := a.code("", query, nil); c != "UNAUTHENTICATED" {
			t.Errorf("%s: %s", name, c)
		}
	}
	if c := a.code("member", `mutation { unlinkIdentity(input: {id: "x"}) { unlinkedIdentityId } }`, nil); c != "NOT_FOUND" {
		t.Errorf("unlink: %s", c)
	}
	// Only the user and administrators read where somebody signs in.
	for caller, reads := range map[string]bool{"": false, "author": false, "editor": false, "member": true, "admin": true} {
		if got := dig(t, a.do(caller, `query($id: ID!) { user(id: $id) { identities { id } } }`, vars{"id": a.ids["member"]}), "data.user.identities"); (got != nil) != reads {
			t.Errorf("%q reads %v", caller, got)
		}
	}
}
