package resolvers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// A post that cannot be read is missing from its lists, and an error names it to
// those who may see it.
func TestDamagedPost(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ids := make([]string, 3)
	for i := range ids {
		ids[i] = a.get("author", `mutation($t: String!) { createPost(input: {title: $t, body: "text"}) { post { id } } }`, vars{"t": fmt.Sprint("Post ", i)}, "createPost.post.id").(string)
	}
	for _, id := range ids[:2] {
		a.get("author", `mutation($id: ID!) { publishPost(input: {id: $id}) { post { id } } }`, vars{"id": id}, "publishPost.post.id")
	}
	damage := func(id string) {
		err := a.docs.Write(t.Context(), core.Op{Kind: core.OpUpdate, Coll: "posts", Filter: core.Eq("_id", id), Patch: core.Patch{core.Set("excerpt", int64(5))}})
		if err != nil {
			t.Fatal(err)
		}
	}
	damage(ids[1])
	damage(ids[2]) // a draft

	const list = `{ posts { nodes { id title body } edges { cursor node { id } } pageInfo { hasNextPage endCursor } totalCount } }`
	for who, total := range map[string]float64{"": 2, "author": 3} {
		out := a.do(who, list, nil)
		if got := dig(t, out, "data.posts.nodes.0.id"); got != ids[0] || dig(t, out, "data.posts.edges.0.node.id") != ids[0] || dig(t, out, "data.posts.totalCount") != total {
			t.Errorf("%q reads %s", who, out)
		}
		errs, _ := dig(t, out, "errors").([]any)
		if len(errs) != int(total)-1 {
			t.Errorf("%q gets %d errors: %s", who, len(errs), out)
		}
		for _, e := range errs {
			ext := e.(map[string]any)["extensions"].(map[string]any)
			if path := fmt.Sprint(e.(map[string]any)["path"]); path != "[posts]" || ext["code"] != "UNREADABLE" || !slices.Contains(ids[1:], ext["id"].(string)) {
				t.Errorf("%q gets the error %v", who, e)
			}
		}
		if who == "" && strings.Contains(out, ids[2]) {
			t.Errorf("a visitor learns of a draft: %s", out)
		}
	}
	one := `query($id: ID!) { post(id: $id) { id } }`
	if out := a.do("", one, vars{"id": ids[1]}); errorCode(t, out) != "UNREADABLE" || dig(t, out, "data.post") != nil {
		t.Errorf("by its id: %s", out)
	}
	if code := a.code("", one, vars{"id": ids[2]}); code != "NOT_FOUND" {
		t.Errorf("a draft of somebody else is %s", code)
	}
	for id, code := range map[string]string{ids[1]: "UNREADABLE", ids[2]: "NOT_FOUND", "post_x": "NOT_FOUND"} {
		out := a.do("", `query($id: ID!) { node(id: $id) { id } }`, vars{"id": id})
		if errs, _ := dig(t, out, "errors").([]any); len(errs) != 1 || errorCode(t, out) != code || dig(t, out, "data.node") != nil {
			t.Errorf("node by its id: %s", out)
		}
	}
	out := a.do("", `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, vars{"ids": ids[:2]})
	if dig(t, out, "data.nodes.0.id") != ids[0] || errorCode(t, out) != "UNREADABLE" {
		t.Errorf("by ids: %s", out)
	}
	if code := a.code("author", `mutation($id: ID!) { updatePost(input: {id: $id, title: "x"}) { post { id } } }`, vars{"id": ids[1]}); code != "UNREADABLE" {
		t.Errorf("an update is %s", code)
	}
}

// A link that leads to what cannot be read is null with an error that names the id, and one
// that leads to nobody, whose account was deleted, is null alone. The list it stands in stays.
func TestDamagedLinks(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	posts := map[string]string{}
	for _, who := range []string{"author", "editor"} {
		id := a.get(who, `mutation { createPost(input: {title: "Post"}) { post { id } } }`, nil, "createPost.post.id").(string)
		a.get(who, `mutation($id: ID!) { publishPost(input: {id: $id}) { post { id } } }`, vars{"id": id}, "publishPost.post.id")
		posts[who] = id
	}
	for _, c := range []struct { // one after the other
		name, coll, id string
		edit           core.Edit
		leads          any
	}{
		{"a user that cannot be read", "users", a.ids["author"], core.Set("bio", int64(5)), a.ids["author"]},
		{"a link to nobody", "posts", posts["author"], core.Set("authorId", "user_nobody"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := a.docs.Write(t.Context(), core.Op{Kind: core.OpUpdate, Coll: c.coll, Filter: core.Eq("_id", c.id), Patch: core.Patch{c.edit}}); err != nil {
				t.Fatal(err)
			}
			out := a.do("", `{ posts(orderBy: {field: CREATED_AT, direction: ASC}) { nodes { id title author { username } } } }`, nil)
			if dig(t, out, "data.posts.nodes.0.id") != posts["author"] || dig(t, out, "data.posts.nodes.0.author") != nil || !strings.Contains(out, `"author":{"username":"editor"}`) {
				t.Errorf("the list: %s", out)
			}
			if dig(t, out, "errors.0.extensions.id") != c.leads || c.leads != nil && fmt.Sprint(dig(t, out, "errors.0.path")) != "[posts nodes 0 author]" {
				t.Errorf("the error: %s", out)
			}
		})
	}
	file := dig(t, a.upload("editor", "a.txt", "text/plain", []byte("Some text."), vars{"visibility": "PUBLIC"}), "data.uploadAsset.asset.id").(string)
	err := a.docs.Write(t.Context(), core.Op{Kind: core.OpUpdate, Coll: "assets", Filter: core.Eq("_id", file), Patch: core.Patch{core.Set("ownerId", "user_nobody")}})
	if err != nil {
		t.Fatal(err)
	}
	out := a.do("", `{ assets { nodes { id owner { username } } } }`, nil)
	if dig(t, out, "data.assets.nodes.0.id") != file || dig(t, out, "data.assets.nodes.0.owner") != nil || strings.Contains(out, "errors") {
		t.Errorf("a file: %s", out)
	}
}

// A user that cannot be read tells nobody who signs in that it is there.
func TestDamagedUser(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	err := a.docs.Write(t.Context(), core.Op{Kind: core.OpUpdate, Coll: "users", Filter: core.Eq("_id", a.ids["member"]), Patch: core.Patch{core.Set("bio", int64(5))}})
	if err != nil {
		t.Fatal(err)
	}
	out := a.do("", `mutation { signIn(input: {email: "member@example.org", password: "correct horse"}) { tokens { accessToken } } }`, nil)
	if errorCode(t, out) != "INTERNAL" || strings.Contains(out, a.ids["member"]) {
		t.Errorf("sign-in: %s", out)
	}
	out = a.do("admin", `{ users { nodes { id } totalCount } }`, nil)
	if errorCode(t, out) != "UNREADABLE" || dig(t, out, "data.users.nodes.0.id") == nil {
		t.Errorf("the list: %s", out)
	}
}
