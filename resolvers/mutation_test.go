package resolvers_test

import (
	"encoding/json"
	"reflect"
	"testing"
)

// What a mutation has done is told, whatever becomes of the others of the request.
func TestOneMutationFails(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	post := a.draft("author", vars{"title": "Before"})
	for _, c := range []struct {
		name, as, query string
		failed          string // its key in the answer
		stored          map[string]any
	}{
		{"the second", "author", `mutation($id: ID!) {
			a: updatePost(input: {id: $id, title: "One"}) { post { title } }
			b: updatePost(input: {id: $id, title: ""}) { post { title } }
		}`, "b", map[string]any{"a": vars{"post": vars{"title": "One"}}}},
		{"the first", "author", `mutation($id: ID!) {
			a: updatePost(input: {id: $id, expectedVersion: 999}) { post { title } }
			b: updatePost(input: {id: $id, title: "Two"}) { post { title } }
		}`, "a", map[string]any{"b": vars{"post": vars{"title": "Two"}}}},
		{"one between others", "author", `mutation($id: ID!) {
			a: publishPost(input: {id: $id}) { post { status } }
			b: setUserRole(input: {id: $id, role: ADMIN}) { user { id } }
			c: deletePost(input: {id: $id}) { deletedId }
		}`, "b", map[string]any{"a": vars{"post": vars{"status": "PUBLISHED"}}, "c": vars{"deletedId": post}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out struct {
				Data   map[string]any
				Errors []struct{ Path []any }
			}
			if err := json.Unmarshal([]byte(a.do(c.as, c.query, vars{"id": post})), &out); err != nil {
				t.Fatal(err)
			}
			c.stored[c.failed] = nil
			if !reflect.DeepEqual(out.Data, c.stored) || len(out.Errors) != 1 || !reflect.DeepEqual(out.Errors[0].Path, []any{c.failed}) {
				t.Errorf("answered %v with the errors %v, want %v", out.Data, out.Errors, c.stored)
			}
		})
	}
}
