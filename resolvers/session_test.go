package resolvers_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const signIn = `mutation($e: String!, $p: String!) { signIn(input: {email: $e, password: $p}) { tokens { accessToken refreshToken } } }`

func (a *api) refresh(token string) (access, refresh, failure string) {
	a.t.Helper()
	out := a.do("", `mutation($t: String!) { refreshSession(input: {refreshToken: $t}) { tokens { accessToken refreshToken } } }`, vars{"t": token})
	if strings.Contains(out, `"errors"`) {
		return "", "", errorCode(a.t, out)
	}
	return dig(a.t, out, "data.refreshSession.tokens.accessToken").(string), dig(a.t, out, "data.refreshSession.tokens.refreshToken").(string), ""
}

func TestRefreshRotatesAndDetectsReuse(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	first := a.get("", signIn, vars{"e": "member@example.org", "p": "correct horse"}, "signIn.tokens.refreshToken").(string)
	_, second, _ := a.refresh(first)
	if second == first || second == "" {
		t.Fatalf("the token was not replaced: %q", second)
	}
	// A second tab, or a lost reply, within the grace: the same family goes on.
	a.advance(20 * time.Second)
	access, again, failure := a.refresh(first)
	if failure != "" || again != second {
		t.Fatalf("within the grace: %q, %q", again, failure)
	}
	a.tokens["tab"] = access
	if a.get("tab", `{ viewer { username } }`, nil, "viewer.username") != "member" {
		t.Error("the second tab is not signed in")
	}
	_, third, failure := a.refresh(second)
	if failure != "" {
		t.Fatal(failure)
	}
	// Later reuse ends the family.
	a.advance(time.Minute)
	if _, _, failure = a.refresh(second); failure != "UNAUTHENTICATED" {
		t.Errorf("reuse: %q", failure)
	}
	if _, _, failure = a.refresh(third); failure != "UNAUTHENTICATED" {
		t.Errorf("the family lives on: %q", failure)
	}
}

func TestConcurrentRefreshesStayOneFamily(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	token := a.get("", signIn, vars{"e": "member@example.org", "p": "correct horse"}, "signIn.tokens.refreshToken").(string)
	got := make([]string, 8)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() { _, got[i], _ = a.refresh(token) })
	}
	wg.Wait()
	for _, g := range got {
		if g == "" || g != got[0] {
			t.Errorf("concurrent refreshes gave %q", got)
			break
		}
	}
}

func TestForgedTokens(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	good := a.tokens["member"]
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	for name, token := range map[string]string{
		"garbage":       "garbage",
		"no signature":  none + "." + parts[1] + ".",
		"old signature": none + "." + parts[1] + "." + parts[2],
		"tampered":      parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"`+a.ids["admin"]+`","exp":9999999999}`)) + "." + parts[2],
		"cut":           good[:len(good)-2],
	} {
		a.tokens["forged"] = token
		if c := a.code("forged", `{ viewer { id } }`, nil); c != "UNAUTHENTICATED" {
			t.Errorf("%s: %s", name, c)
		}
	}
	a.advance(11 * time.Minute)
	if c := a.code("member", `{ viewer { id } }`, nil); c != "UNAUTHENTICATED" {
		t.Errorf("expired: %s", c)
	}
}

func TestSuspensionAndSignOut(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	suspend := `mutation($id: ID!) { suspendUser(input: {id: $id}) { user { suspendedAt } } }`
	if a.get("admin", suspend, vars{"id": a.ids["author"]}, "suspendUser.user.suspendedAt") == nil {
		t.Error("not suspended")
	}
	if c := a.code("author", `{ viewer { id } }`, nil); c != "UNAUTHENTICATED" {
		t.Errorf("a suspended user: %s", c)
	}
	if c := a.code("", signIn, vars{"e": "author@example.org", "p": "correct horse"}); c != "FORBIDDEN" {
		t.Errorf("a suspended user signs in: %s", c)
	}
	a.get("admin", `mutation($id: ID!) { unsuspendUser(input: {id: $id}) { user { id } } }`, vars{"id": a.ids["author"]}, "unsuspendUser.user.id")
	a.signInAgain("author")
	a.get("author", `mutation { signOut(input: {}) { signedOutAt } }`, nil, "signOut.signedOutAt")
	if c := a.code("author", `{ viewer { id } }`, nil); c != "UNAUTHENTICATED" {
		t.Errorf("after signing out: %s", c)
	}
}

// People see where they are signed in, and end what they do not know; nobody else does,
// but administrators.
func TestSessionsOfAUser(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const sessions = `{ viewer { sessions { id browser system userAgent address current createdAt lastUsedAt expiresAt } } }`
	const revoke = `mutation($id: ID!) { revokeSession(input: {id: $id}) { revokedSessionId } }`
	body, err := json.Marshal(map[string]any{"query": signIn, "variables": vars{"e": "member@example.org", "p": "correct horse"}})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", a.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	agent := "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", agent+strings.Repeat(" x", 400)+"\xff")
	a.advance(time.Minute)
	out := a.send("", req)
	a.tokens["phone"] = dig(t, out, "data.signIn.tokens.accessToken").(string)
	list := a.get("member", sessions, nil, "viewer.sessions").([]any)
	if len(list) != 2 {
		t.Fatalf("%d sessions", len(list))
	}
	phone, first := list[0].(map[string]any), list[1].(map[string]any)
	if phone["browser"] != "Firefox" || phone["system"] != "Windows" || phone["address"] != "127.0.0.1" || phone["current"] != false || first["current"] != true {
		t.Errorf("%v", list)
	}
	if ua := phone["userAgent"].(string); len(ua) != 512 || !strings.HasPrefix(ua, agent) {
		t.Errorf("kept %d bytes: %s", len(ua), ua)
	}

	// Others: null, and NOT_FOUND.
	const of = `query($id: ID!) { user(id: $id) { sessions { id } } }`
	for caller, count := range map[string]int{"": -1, "editor": -1, "member": 2, "admin": 2} {
		got, _ := dig(t, a.do(caller, of, vars{"id": a.ids["member"]}), "data.user.sessions").([]any)
		if got == nil && count >= 0 || got != nil && len(got) != count {
			t.Errorf("%q sees %v", caller, got)
		}
	}
	for caller, code := range map[string]string{"": "UNAUTHENTICATED", "editor": "NOT_FOUND"} {
		if c := a.code(caller, revoke, vars{"id": phone["id"]}); c != code {
			t.Errorf("%q revokes: %s", caller, c)
		}
	}
	a.get("member", revoke, vars{"id": phone["id"]}, "revokeSession.revokedSessionId")
	if c := a.code("phone", `{ viewer { id } }`, nil); c != "UNAUTHENTICATED" {
		t.Errorf("the phone is signed in still: %s", c)
	}
	if c := a.code("member", revoke, vars{"id": phone["id"]}); c != "NOT_FOUND" {
		t.Errorf("revoked twice: %s", c)
	}
	a.get("admin", revoke, vars{"id": first["id"]}, "revokeSession.revokedSessionId")
	if c := a.code("member", `{ viewer { id } }`, nil); c != "UNAUTHENTICATED" {
		t.Errorf("the member is signed in still: %s", c)
	}
}

func TestChangePasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.tokens["phone"] = a.get("", signIn, vars{"e": "member@example.org", "p": "correct horse"}, "signIn.tokens.accessToken").(string)
	const change = `mutation($c: String!) { changePassword(input: {currentPassword: $c, newPassword: "battery staple"}) { viewer { id } } }`
	if c := a.code("member", change, vars{"c": "wrong"}); c != "BAD_USER_INPUT" {
		t.Errorf("wrong password: %s", c)
	}
	a.get("member", change, vars{"c": "correct horse"}, "changePassword.viewer.id")
	if c := a.code("phone", `{ viewer { id } }`, nil); c != "UNAUTHENTICATED" {
		t.Errorf("the other session: %s", c)
	}
	a.get("member", `{ viewer { id } }`, nil, "viewer.id")
	a.get("", signIn, vars{"e": "member@example.org", "p": "battery staple"}, "signIn.tokens.accessToken")
}

// The last admin stays, even when two demote each other at the same time.
func TestLastAdmin(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const setRole = `mutation($id: ID!, $r: Role!) { setUserRole(input: {id: $id, role: $r}) { user { role } } }`
	for round := range 5 {
		a.do("admin", setRole, vars{"id": a.ids["editor"], "r": "ADMIN"})
		var wg sync.WaitGroup
		wg.Go(func() { a.do("admin", setRole, vars{"id": a.ids["editor"], "r": "EDITOR"}) })
		wg.Go(func() { a.do("editor", setRole, vars{"id": a.ids["admin"], "r": "EDITOR"}) })
		wg.Wait()
		if ok, err := a.app.Users.HasAdmin(t.Context()); !ok || err != nil {
			t.Fatalf("round %d: no admin is left (%v)", round, err)
		}
		if role := a.get("admin", `{ viewer { role } }`, nil, "viewer.role"); role != "ADMIN" {
			a.get("editor", setRole, vars{"id": a.ids["admin"], "r": "ADMIN"}, "setUserRole.user.role")
		}
	}
}

func TestEmailIsGuarded(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	query := fmt.Sprintf(`{ user(id: %q) { username email } }`, a.ids["author"])
	for who, see := range map[string]bool{"": false, "member": false, "editor": false, "author": true, "admin": true} {
		out := a.do(who, query, nil)
		if strings.Contains(out, "author@example.org") != see {
			t.Errorf("as %q: %s", who, out)
		}
		if want := `{"data":{"user":{"username":"author","email":null}},"extensions":{"withheld":[["user","email"]]}}`; !see && out != want {
			t.Errorf("as %q: %s", who, out)
		}
	}
}

// Tries are counted one by one, also when one document holds many.
func TestSignInIsLimited(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	var b strings.Builder
	b.WriteString("mutation {")
	for i := range 25 {
		fmt.Fprintf(&b, ` a%d: signIn(input: {email: "editor@example.org", password: "wrong %d"}) { viewer { id } }`, i, i)
	}
	b.WriteString("}")
	out := a.do("", b.String(), nil)
	if !strings.Contains(out, "RATE_LIMITED") || !strings.Contains(out, "retryAfter") {
		t.Errorf("aliased tries: %s", out)
	}
	if c := a.code("", signIn, vars{"e": "editor@example.org", "p": "correct horse"}); c != "RATE_LIMITED" {
		t.Errorf("after them: %s", c)
	}
}

// A client that keeps tokens keeps the device's too: it is not delayed by what
// others at its address try.
func TestDeviceTokens(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const signIn = `mutation($e: String!, $p: String!, $d: String) { signIn(input: {email: $e, password: $p, deviceToken: $d}) { tokens { accessToken refreshToken deviceToken } } }`
	v := vars{"e": "member@example.org", "p": "correct horse"}
	tokens := a.get("", signIn, v, "signIn.tokens").(map[string]any)
	renewed := a.get("", `mutation($t: String!) { refreshSession(input: {refreshToken: $t}) { tokens { accessToken deviceToken } } }`, vars{"t": tokens["refreshToken"]}, "refreshSession.tokens").(map[string]any)
	wrong := func() string { return a.code("", signIn, vars{"e": "member@example.org", "p": "wrong"}) }
	for wrong() == "INVALID_CREDENTIALS" {
	}
	if c := a.code("", signIn, v); c != "RATE_LIMITED" {
		t.Fatalf("without a token: %s", c)
	}
	for _, device := range []any{tokens["deviceToken"], renewed["deviceToken"]} {
		v["d"] = device
		a.get("", signIn, v, "signIn.tokens.accessToken")
	}
	a.tokens["device"] = renewed["accessToken"].(string)
	v["d"] = a.get("device", `mutation { changePassword(input: {currentPassword: "correct horse", newPassword: "another horse"}) { deviceToken } }`, nil, "changePassword.deviceToken")
	v["p"] = "another horse"
	a.get("", signIn, v, "signIn.tokens.accessToken")
	v["d"] = renewed["deviceToken"]
	if c := a.code("", signIn, v); c != "RATE_LIMITED" {
		t.Errorf("the old device token: %s", c)
	}
}
