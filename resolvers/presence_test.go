package resolvers_test

import (
	"fmt"
	"strings"
	"testing"
)

// Who has a record open is told to those who may read it, over the public endpoint.
func TestRecordViewers(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	id := a.draft("author", vars{"title": "Open"})
	follow := func(as string) *subscription {
		return a.follow(as, fmt.Sprintf(`subscription { recordViewers(id: %q) { recordId users { username avatar { id } } } }`, id))
	}
	told := func(s *subscription, want string) {
		t.Helper()
		if m := s.read(); m.Type != "next" || string(m.Payload) != fmt.Sprintf(`{"data":{"recordViewers":{"recordId":%q,"users":[%s]}}}`, id, want) {
			t.Fatalf("told %s %s, want %s", m.Type, m.Payload, want)
		}
	}
	author := follow("author")
	told(author, "")
	editor := follow("editor")
	told(editor, `{"username":"author","avatar":null}`)
	told(author, `{"username":"editor","avatar":null}`)
	editor.write(map[string]any{"id": "1", "type": "complete"})
	told(author, "")
	for as, code := range map[string]string{"": "UNAUTHENTICATED", "member": "FORBIDDEN", "mallory": "NOT_FOUND"} {
		if m := follow(as).read(); !strings.Contains(string(m.Payload), `"`+code+`"`) {
			t.Errorf("%q is told %s %s, want %s", as, m.Type, m.Payload, code)
		}
	}
}
