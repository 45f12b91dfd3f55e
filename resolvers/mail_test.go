package resolvers_test

import (
	"strings"
	"testing"
	"time"
)

// Without a mail server mails are kept, where administrators read what they say, and
// nobody else does.
func TestMailbox(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.get("member", `mutation { changePassword(input: {currentPassword: "correct horse", newPassword: "battery staple"}) { viewer { id } } }`, nil, "changePassword.viewer.id")
	const mails = `{ mails(where: {to: {eq: "member@example.org"}}) { nodes { id subject to state text failure attempts nextAttemptAt sentAt } } }`
	var mail map[string]any
	for end := time.Now().Add(time.Minute); mail == nil || mail["state"] != "SENT"; time.Sleep(5 * time.Millisecond) {
		list := a.get("admin", mails, nil, "mails.nodes").([]any)
		if len(list) != 1 || time.Now().After(end) {
			t.Fatalf("%v", list)
		}
		mail = list[0].(map[string]any)
	}
	if mail["subject"] != "Your password for My site was changed" || mail["failure"] != nil || mail["attempts"] != 1.0 || mail["nextAttemptAt"] != nil || mail["sentAt"] == nil {
		t.Errorf("%v", mail)
	}
	if text, _ := mail["text"].(string); !strings.HasPrefix(text, "Hello member,\n\n") || !strings.Contains(text, a.url) {
		t.Errorf("%q", text)
	}
	for _, caller := range []string{"", "member", "editor"} {
		if list := dig(t, a.do(caller, mails, nil), "data.mails.nodes").([]any); len(list) != 0 {
			t.Errorf("%q reads %v", caller, list)
		}
		if code := a.code(caller, `query($id: ID!) { mail(id: $id) { text } }`, vars{"id": mail["id"]}); code != "NOT_FOUND" {
			t.Errorf("%q: %s", caller, code)
		}
	}
}
