package resolvers_test

import (
	"reflect"
	"testing"
	"time"
)

// Null in an input is as left out: the default counts, or what is stored stays. Only
// in updates of fields that may be null does it empty them.
func TestNull(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const create = `mutation($i: CreatePostInput!) { createPost(input: $i) { post { title body tags excerpt author { username } } } }`
	const update = `mutation($i: UpdatePostInput!) { updatePost(input: $i) { post { title body tags excerpt author { username } } } }`
	whole := vars{"title": "A", "body": "B", "tags": []any{"c"}, "excerpt": "D", "author": vars{"username": "author"}}
	for _, c := range []struct {
		name, query string
		input       vars // of a new post, or of an update of one that is whole
		want        vars // what differs from whole
	}{
		{"a new post", create, vars{"title": "A", "body": nil, "tags": nil, "excerpt": nil, "authorId": nil, "createdAt": nil, "slug": nil},
			vars{"body": "", "tags": []any{}, "excerpt": nil}},
		{"what is never null", update, vars{"title": nil, "body": nil, "tags": nil, "authorId": nil, "createdAt": nil}, nil},
		{"what may be null", update, vars{"excerpt": nil}, vars{"excerpt": nil}},
		{"an expected version", update, vars{"expectedVersion": nil, "title": "E"}, vars{"title": "E"}},
		{"an empty list", update, vars{"tags": []any{}}, vars{"tags": []any{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := "createPost.post"
			if c.query == update {
				c.input["id"] = a.draft("author", vars{"title": "A", "body": "B", "tags": []any{"c"}, "excerpt": "D"})
				path = "updatePost.post"
			}
			want := vars{}
			for _, from := range []vars{whole, c.want} {
				for k, v := range from {
					want[k] = v
				}
			}
			if got := a.get("author", c.query, vars{"i": c.input}, path); !reflect.DeepEqual(got, want) {
				t.Errorf("it is %v, want %v", got, want)
			}
		})
	}
	// The same of what no post has, in variables and in literals.
	id := a.draft("author", nil)
	a.publish("author", id, time.Time{})
	newest := a.get("", `{ posts(orderBy: {field: DATE}) { nodes { id } } }`, nil, "posts")
	for name, get := range map[string]func() any{
		"an order's direction": func() any {
			return a.get("", `{ posts(orderBy: {field: DATE, direction: null}) { nodes { id } } }`, nil, "posts")
		},
		"a variable": func() any {
			return a.get("", `query($d: OrderDirection) { posts(orderBy: {field: DATE, direction: $d}) { nodes { id } } }`, vars{"d": nil}, "posts")
		},
		"a variable without value": func() any {
			return a.get("", `query($d: OrderDirection) { posts(orderBy: {field: DATE, direction: $d}) { nodes { id } } }`, nil, "posts")
		},
	} {
		if got := get(); !reflect.DeepEqual(got, newest) {
			t.Errorf("%s: %v, want %v", name, got, newest)
		}
	}
	if token := a.get("", `mutation { signIn(input: {email: "member@example.org", password: "correct horse", transport: null}) { tokens { accessToken } } }`, nil, "signIn.tokens.accessToken"); token == nil {
		t.Error("a session of no transport has no tokens")
	}
	if got := dig(t, a.upload("member", "a.png", "image/png", picture(9), vars{"visibility": nil}), "data.uploadAsset.asset.visibility"); got != "PUBLIC" {
		t.Errorf("an upload of no visibility is %v", got)
	}
	if at := a.get("member", `mutation { signOut(input: {everywhere: null}) { signedOutAt } }`, nil, "signOut.signedOutAt"); at == nil {
		t.Error("a sign-out of no extent has no time")
	}
}
