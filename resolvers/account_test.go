package resolvers_test

import (
	"fmt"
	"strings"
	"testing"
)

// What clients see of an account that is deleted.
func TestDeleteAccount(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	post := a.get("author", `mutation { createPost(input: {title: "Kept"}) { post { id } } }`, nil, "createPost.post.id").(string)
	a.get("author", `mutation($id: ID!) { publishPost(input: {id: $id}) { post { id } } }`, vars{"id": post}, "publishPost.post.id")
	deletion := `mutation($p: String) { deleteAccount(input: {password: $p, content: KEEP}) { deletedUserId } }`
	if c := a.code("", deletion, vars{"p": "correct horse"}); c != "UNAUTHENTICATED" {
		t.Errorf("a visitor: %s", c)
	}
	if c := a.code("author", deletion, vars{"p": "battery staple"}); c != "BAD_USER_INPUT" {
		t.Errorf("a wrong password: %s", c)
	}
	if c := a.code("admin", deletion, vars{"p": "correct horse"}); c != "FORBIDDEN" {
		t.Errorf("the last admin: %s", c)
	}
	if id := a.get("author", deletion, vars{"p": "correct horse"}, "deleteAccount.deletedUserId"); id != a.ids["author"] {
		t.Errorf("%v is deleted", id)
	}
	if c := a.code("author", `{ viewer { id } }`, nil); c != "UNAUTHENTICATED" {
		t.Errorf("the session: %s", c)
	}
	out := a.do("", `query($id: ID!) { post(id: $id) { title author { username } } }`, vars{"id": post})
	if !strings.Contains(out, `{"data":{"post":{"title":"Kept","author":null}}`) || strings.Contains(out, "errors") {
		t.Errorf("a post that is kept: %s", out)
	}
}

// What clients get of all that is stored about them.
func TestExportMyData(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.get("author", `mutation { createPost(input: {title: "Mine"}) { post { id } } }`, nil, "createPost.post.id")
	a.get("editor", `mutation { createPost(input: {title: "Not mine"}) { post { id } } }`, nil, "createPost.post.id")
	export := `query($after: String) { exportMyData(first: 2, after: $after) { type id json url cursor } }`
	if c := a.code("", export, nil); c != "UNAUTHENTICATED" {
		t.Errorf("a visitor: %s", c)
	}
	var all strings.Builder
	for after, n := any(nil), 0; n < 20; n++ {
		page := a.get("author", export, vars{"after": after}, "exportMyData").([]any)
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			record := r.(map[string]any)
			fmt.Fprintln(&all, record["type"], record["json"])
			after = record["cursor"]
		}
	}
	got := all.String()
	if !strings.Contains(got, `"title":"Mine"`) || !strings.Contains(got, `"email":"author@example.org"`) || !strings.Contains(got, "UserSession ") ||
		strings.Contains(got, "Not mine") || strings.Contains(got, "argon2") {
		t.Errorf("%s", got)
	}
}
