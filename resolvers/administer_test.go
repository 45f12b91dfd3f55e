package resolvers_test

import (
	"strings"
	"testing"
)

const (
	createUser      = `mutation($i: CreateUserInput!) { createUser(input: $i) { user { id username email role displayName } password } }`
	setUserPassword = `mutation($i: SetUserPasswordInput!) { setUserPassword(input: $i) { user { version } password } }`
	endUserSessions = `mutation($i: EndUserSessionsInput!) { endUserSessions(input: $i) { user { id } } }`
)

// What administrators do with the accounts of others is for them alone.
func TestAdministersAlone(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for name, c := range map[string]struct {
		mutation string
		input    vars
	}{
		"createUser":      {createUser, vars{"email": "new@example.org"}},
		"setUserPassword": {setUserPassword, vars{"id": a.ids["member"]}},
		"endUserSessions": {endUserSessions, vars{"id": a.ids["member"]}},
	} {
		for as, want := range map[string]string{"": "UNAUTHENTICATED", "member": "FORBIDDEN", "editor": "FORBIDDEN"} {
			if got := a.code(as, c.mutation, vars{"i": c.input}); got != want {
				t.Errorf("%s as %q: %s", name, as, got)
			}
		}
	}
	for as, want := range map[string]any{"": nil, "member": nil, "editor": nil, "admin": "SQLITE"} {
		if got := a.get(as, `{ serverStatus { documents { kind } } }`, nil, "serverStatus.documents.kind"); got != want {
			t.Errorf("serverStatus as %q: %v", as, got)
		}
	}
}

func TestCreateUser(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	out := a.do("admin", createUser, vars{"i": vars{"email": "Grace@example.org", "role": "EDITOR", "displayName": "Grace"}})
	password, _ := dig(t, out, "data.createUser.password").(string)
	if dig(t, out, "data.createUser.user.username") != "grace" || dig(t, out, "data.createUser.user.role") != "EDITOR" || len(password) < 20 {
		t.Fatal(out)
	}
	a.get("", signIn, vars{"e": "grace@example.org", "p": password}, "signIn.tokens.accessToken")
	again := a.get("admin", createUser, vars{"i": vars{"email": "other@example.org"}}, "createUser.password")
	if again == password {
		t.Error("the same password twice")
	}
	out = a.do("admin", createUser, vars{"i": vars{"email": "given@example.org", "username": "chosen", "password": "battery staple"}})
	if dig(t, out, "data.createUser.user.username") != "chosen" || dig(t, out, "data.createUser.user.role") != "MEMBER" || dig(t, out, "data.createUser.password") != nil {
		t.Error(out)
	}
	for name, c := range map[string]struct {
		in   vars
		want string
	}{
		"taken":             {vars{"email": "member@example.org"}, "CONFLICT"},
		"no address":        {vars{"email": "nobody"}, "BAD_USER_INPUT"},
		"an empty password": {vars{"email": "new@example.org", "password": ""}, "BAD_USER_INPUT"},
	} {
		if got := a.code("admin", createUser, vars{"i": c.in}); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestSetUserPassword(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	device := a.get("", `mutation { signIn(input: {email: "member@example.org", password: "correct horse"}) { tokens { deviceToken refreshToken } } }`, nil, "signIn.tokens").(map[string]any)
	id := a.ids["member"]
	for name, c := range map[string]struct {
		in   vars
		want string
	}{
		"own":         {vars{"id": a.ids["admin"], "password": "battery staple"}, "FORBIDDEN"},
		"nobody":      {vars{"id": "user_0"}, "NOT_FOUND"},
		"too short":   {vars{"id": id, "password": "short"}, "BAD_USER_INPUT"},
		"personal":    {vars{"id": id, "password": "member@example.org"}, "BAD_USER_INPUT"},
		"old version": {vars{"id": id, "expectedVersion": 7}, "CONFLICT"},
	} {
		if got := a.code("admin", setUserPassword, vars{"i": c.in}); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	a.get("member", `{ viewer { id } }`, nil, "viewer.id")
	password, _ := a.get("admin", setUserPassword, vars{"i": vars{"id": id, "expectedVersion": 1}}, "setUserPassword.password").(string)
	if c := a.code("member", `{ viewer { id } }`, nil); c != "UNAUTHENTICATED" {
		t.Errorf("the session goes on: %s", c)
	}
	if _, _, failure := a.refresh(device["refreshToken"].(string)); failure != "UNAUTHENTICATED" {
		t.Errorf("another session is refreshed: %s", failure)
	}
	if c := a.code("", signIn, vars{"e": "member@example.org", "p": "correct horse"}); c != "INVALID_CREDENTIALS" {
		t.Errorf("the old password: %s", c)
	}
	a.get("", signIn, vars{"e": "member@example.org", "p": strings.ToLower(password)}, "signIn.tokens.accessToken")
	if got := a.get("admin", setUserPassword, vars{"i": vars{"id": id, "password": "battery staple"}}, "setUserPassword.password"); got != nil {
		t.Errorf("a given password is told: %v", got)
	}
	a.get("", signIn, vars{"e": "member@example.org", "p": "battery staple"}, "signIn.tokens.accessToken")
}

func TestEndUserSessions(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	refresh := a.get("", signIn, vars{"e": "member@example.org", "p": "correct horse"}, "signIn.tokens.refreshToken").(string)
	if c := a.code("admin", endUserSessions, vars{"i": vars{"id": a.ids["member"], "expectedVersion": 9}}); c != "CONFLICT" {
		t.Errorf("another version: %s", c)
	}
	a.get("admin", endUserSessions, vars{"i": vars{"id": a.ids["member"]}}, "endUserSessions.user.id")
	if c := a.code("member", `{ viewer { id } }`, nil); c != "UNAUTHENTICATED" {
		t.Errorf("the session goes on: %s", c)
	}
	if _, _, failure := a.refresh(refresh); failure != "UNAUTHENTICATED" {
		t.Errorf("another session is refreshed: %s", failure)
	}
	a.get("", signIn, vars{"e": "member@example.org", "p": "correct horse"}, "signIn.tokens.accessToken")
	a.get("editor", `{ viewer { id } }`, nil, "viewer.id")
}

// The home of the dashboard: both stores are well, and all files are added up, beside
// the call and not by each.
func TestServerStatus(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const status = `{ serverStatus { version startedAt documents { kind ok } files { kind ok } storage { used files countedAt } } }`
	a.upload("member", "a.txt", "text/plain", []byte("four"), vars{"visibility": "PRIVATE"})
	a.upload("author", "b.txt", "text/plain", []byte("seven b"), nil)
	var out string
	for out = a.do("admin", status, nil); dig(t, out, "data.serverStatus.storage") == nil; out = a.do("admin", status, nil) {
	}
	if !strings.Contains(out, `"documents":{"kind":"SQLITE","ok":true},"files":{"kind":"FILESYSTEM","ok":true},"storage":{"used":11,"files":2`) || dig(t, out, "data.serverStatus.version") == "" {
		t.Error(out)
	}
	calls := a.docs.calls.Load()
	a.do("admin", status, nil)
	if n := a.docs.calls.Load() - calls; n > 1 { // who calls
		t.Errorf("%d calls of the store", n)
	}
}
