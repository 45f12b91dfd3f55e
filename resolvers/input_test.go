package resolvers_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// picture is a small PNG, different for each n.
func picture(n int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 4, 3))
	img.Set(0, 0, color.RGBA{byte(n), byte(n >> 8), 1, 255})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// register adds an author, signed in.
func (a *api) register(name string) {
	a.t.Helper()
	user, err := a.app.Users.Register(core.AsSystem(a.t.Context()), core.UserDraft{Username: name, Email: name + "@example.org", Password: "correct horse"}, core.Author)
	if err != nil {
		a.t.Fatal(err)
	}
	a.ids[name] = user.ID
	_, tokens, err := a.app.Sessions.SignIn(a.t.Context(), name+"@example.org", "correct horse")
	if err != nil {
		a.t.Fatal(err)
	}
	a.tokens[name] = tokens.AccessToken
}

// Every bad input gets a clear, coded error and changes nothing.
func TestBadInput(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	post := a.draft("author", nil)
	cursor := a.get("author", `{ posts { pageInfo { endCursor } } }`, nil, "posts.pageInfo.endCursor").(string)
	const update = `mutation($i: UpdatePostInput!) { updatePost(input: $i) { post { id } } }`
	cases := []struct {
		name, as, query string
		vars            vars
		code, field     string
	}{
		{"broken cursor", "", `{ posts(after: "nonsense") { nodes { id } } }`, nil, "BAD_USER_INPUT", "after"},
		{"cursor of another order", "author", `query($c: String) { posts(after: $c, orderBy: {field: TITLE}) { nodes { id } } }`, vars{"c": cursor}, "BAD_USER_INPUT", "after"},
		{"cursor of another list", "author", `query($c: String) { users(after: $c) { nodes { id } } }`, vars{"c": cursor}, "BAD_USER_INPUT", "after"},
		{"negative first", "", `{ posts(first: -1) { nodes { id } } }`, nil, "BAD_USER_INPUT", "first"},
		{"huge first", "", `{ posts(first: 101) { nodes { id } } }`, nil, "BAD_USER_INPUT", "first"},
		{"first beside last", "", `{ posts(first: 1, last: 1) { nodes { id } } }`, nil, "BAD_USER_INPUT", "last"},
		{"broken cursor beside a good one", "author", `query($c: String) { posts(last: 1, after: $c, before: "nonsense") { nodes { id } } }`, vars{"c": cursor}, "BAD_USER_INPUT", "before"},
		{"id of another type", "admin", `mutation($id: ID!) { deletePost(input: {id: $id}) { deletedId } }`, vars{"id": "user_x"}, "NOT_FOUND", ""},
		{"unknown filter field", "", `{ posts(where: {password: {eq: "x"}}) { nodes { id } } }`, nil, "GRAPHQL_VALIDATION_FAILED", ""},
		{"operator in a variable", "", `query($w: PostWhere) { posts(where: $w) { nodes { id } } }`, vars{"w": vars{"authorId": vars{"$gt": ""}}}, "BAD_USER_INPUT", "where.authorId.$gt"},
		{"operator as a credential", "", `mutation($p: String!) { signIn(input: {email: "admin@example.org", password: $p}) { viewer { id } } }`, vars{"p": vars{"$gt": ""}}, "BAD_USER_INPUT", "password"},
		{"null comparator", "", `{ posts(where: {authorId: null}) { nodes { id } } }`, nil, "BAD_USER_INPUT", "where.authorId"},
		{"null in a comparator", "", `{ posts(where: {createdAt: {gt: null}}) { nodes { id } } }`, nil, "BAD_USER_INPUT", "where.createdAt.gt"},
		{"guarded filter", "editor", `{ users(where: {email: {prefix: "a"}}) { nodes { id } } }`, nil, "FORBIDDEN", ""},
		{"no time", "author", `mutation($id: ID!) { publishPost(input: {id: $id, at: "garbage"}) { post { id } } }`, vars{"id": post}, "GRAPHQL_VALIDATION_FAILED", ""},
		{"no time in a variable", "author", `mutation($id: ID!, $at: Time) { publishPost(input: {id: $id, at: $at}) { post { id } } }`, vars{"id": post, "at": "garbage"}, "BAD_USER_INPUT", "at"},
		{"no time in a filter", "", `{ posts(where: {createdAt: {gt: "x"}}) { nodes { id } } }`, nil, "GRAPHQL_VALIDATION_FAILED", ""},
		{"no time in a list of filters", "", `query($w: PostWhere) { posts(where: $w) { nodes { id } } }`, vars{"w": vars{"and": []any{vars{"createdAt": vars{"gt": "2026-03-01T12:00:00,5Z"}}}}}, "BAD_USER_INPUT", "where.and.0.createdAt.gt"},
		{"no size", "author", `mutation { createAssetUpload(input: {filename: "a", contentType: "text/plain", size: "big", sha256: "x"}) { asset { id } } }`, nil, "GRAPHQL_VALIDATION_FAILED", ""},
		{"a size beyond 64 bits", "author", `mutation { createAssetUpload(input: {filename: "a", contentType: "text/plain", size: 99999999999999999999, sha256: "x"}) { asset { id } } }`, nil, "GRAPHQL_VALIDATION_FAILED", ""},
		{"a size that is not whole", "author", `mutation { createAssetUpload(input: {filename: "a", contentType: "text/plain", size: 1.0, sha256: "x"}) { asset { id } } }`, nil, "GRAPHQL_VALIDATION_FAILED", ""},
		{"title empty", "author", update, vars{"i": vars{"id": post, "title": "  "}}, "BAD_USER_INPUT", "title"},
		{"title too long", "author", update, vars{"i": vars{"id": post, "title": strings.Repeat("x", 201)}}, "BAD_USER_INPUT", "title"},
		{"body too long", "author", update, vars{"i": vars{"id": post, "body": strings.Repeat("x", 200_001)}}, "BAD_USER_INPUT", "body"},
		{"control characters", "author", update, vars{"i": vars{"id": post, "title": "a\u0000b"}}, "BAD_USER_INPUT", "title"},
		{"slug form", "author", update, vars{"i": vars{"id": post, "slug": "Not A Slug"}}, "BAD_USER_INPUT", "slug"},
		{"tag too long", "author", update, vars{"i": vars{"id": post, "tags": []string{"ok", strings.Repeat("x", 51)}}}, "BAD_USER_INPUT", "tags.1"},
		{"too many tags", "author", update, vars{"i": vars{"id": post, "tags": strings.Split(strings.Repeat("x ", 21), " ")}}, "BAD_USER_INPUT", "tags"},
		{"unknown cover", "author", update, vars{"i": vars{"id": post, "coverId": "asset_x"}}, "BAD_USER_INPUT", "coverId"},
		{"author set by an author", "author", update, vars{"i": vars{"id": post, "authorId": a.ids["mallory"]}}, "FORBIDDEN", ""},
		{"old date set by an author", "author", update, vars{"i": vars{"id": post, "createdAt": "2001-01-01T00:00:00Z"}}, "FORBIDDEN", ""},
		{"past publication by an author", "author", `mutation($id: ID!) { publishPost(input: {id: $id, at: "2001-01-01T00:00:00Z"}) { post { id } } }`, vars{"id": post}, "FORBIDDEN", ""},
		{"create as a member", "member", `mutation { createPost(input: {title: "x"}) { post { id } } }`, nil, "FORBIDDEN", ""},
		{"create as a visitor", "", `mutation { createPost(input: {title: "x"}) { post { id } } }`, nil, "UNAUTHENTICATED", ""},
		{"weak password", "", `mutation { signUp(input: {username: "newbie", email: "n@example.org", password: "short"}) { viewer { id } } }`, nil, "BAD_USER_INPUT", "password"},
		{"bad username", "", `mutation { signUp(input: {username: "-", email: "n@example.org", password: "long enough"}) { viewer { id } } }`, nil, "BAD_USER_INPUT", "username"},
		{"bad address", "", `mutation { signUp(input: {username: "newbie", email: "n", password: "long enough"}) { viewer { id } } }`, nil, "BAD_USER_INPUT", "email"},
		{"taken username", "", `mutation { signUp(input: {username: "Admin", email: "n@example.org", password: "long enough"}) { viewer { id } } }`, nil, "CONFLICT", "username"},
		{"wrong password", "", `mutation { signIn(input: {email: "admin@example.org", password: "wrong"}) { viewer { id } } }`, nil, "INVALID_CREDENTIALS", ""},
		{"unknown address", "", `mutation { signIn(input: {email: "nobody@example.org", password: "wrong"}) { viewer { id } } }`, nil, "INVALID_CREDENTIALS", ""},
		{"unknown refresh token", "", `mutation { refreshSession(input: {refreshToken: "sess_x.0.y"}) { viewer { id } } }`, nil, "UNAUTHENTICATED", ""},
		{"role by an editor", "editor", `mutation($id: ID!) { setUserRole(input: {id: $id, role: ADMIN}) { user { id } } }`, vars{"id": a.ids["editor"]}, "FORBIDDEN", ""},
		{"last admin demoted", "admin", `mutation($id: ID!) { setUserRole(input: {id: $id, role: MEMBER}) { user { id } } }`, vars{"id": a.ids["admin"]}, "FORBIDDEN", ""},
		{"last admin suspended", "admin", `mutation($id: ID!) { suspendUser(input: {id: $id}) { user { id } } }`, vars{"id": a.ids["admin"]}, "FORBIDDEN", ""},
		{"another's profile", "member", `mutation($id: ID!) { updateUser(input: {id: $id, bio: "x"}) { user { id } } }`, vars{"id": a.ids["author"]}, "FORBIDDEN", ""},
	}
	before := a.state()
	for _, c := range cases {
		out := a.do(c.as, c.query, c.vars)
		if got := errorCode(t, out); got != c.code {
			t.Errorf("%s: %s, want %s in %s", c.name, got, c.code, out)
		}
		if c.field != "" && dig(t, out, "errors.0.extensions.fields.0.path") != c.field {
			t.Errorf("%s: no field %q in %s", c.name, c.field, out)
		}
	}
	if after := a.state(); after != before {
		t.Errorf("bad input changed something:\n%s\n%s", before, after)
	}
	// All invalid inputs of one mutation are named at once.
	out := a.do("author", update, vars{"i": vars{"id": post, "title": "", "slug": "NO", "tags": []string{""}}})
	if n := strings.Count(out, `"path":"`) + strings.Count(out, `"path": "`); n < 3 {
		t.Errorf("only %d fields in %s", n, out)
	}
}

// state is everything that an admin can see.
func (a *api) state() string {
	return a.do("admin", `{ users(first: 100) { nodes { id username role email version suspendedAt } }
		posts(first: 100) { totalCount nodes { id title slug tags status version } } assets { totalCount } }`, nil)
}

func TestUploads(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	img := picture(7)
	out := a.upload("member", `C:\photos\../caf\u00e9.png`, "text/html", img, vars{"alt": "a dot"})
	asset, _ := dig(t, out, "data.uploadAsset.asset").(map[string]any)
	if asset == nil || asset["contentType"] != "image/png" || asset["width"] != 4.0 || asset["height"] != 3.0 || asset["state"] != "READY" ||
		asset["size"] != float64(len(img)) || strings.ContainsAny(asset["filename"].(string), `\/`) {
		t.Fatalf("upload: %s", out)
	}
	before := a.state()
	for name, c := range map[string]struct {
		as, filename string
		content      []byte
		code         string
	}{
		"visitor":   {"", "a.png", img, "UNAUTHENTICATED"},
		"empty":     {"member", "a.png", nil, "BAD_USER_INPUT"},
		"html":      {"member", "a.png", []byte("<!DOCTYPE html><html><script>alert(1)</script></html>"), "BAD_USER_INPUT"},
		"svg":       {"member", "a.png", []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), "BAD_USER_INPUT"},
		"program":   {"member", "a.png", append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 64)...), "BAD_USER_INPUT"},
		"too large": {"member", "a.txt", bytes.Repeat([]byte("text "), 300_000), "TOO_LARGE"},
	} {
		if out := a.upload(c.as, c.filename, "image/png", c.content, nil); errorCode(t, out) != c.code {
			t.Errorf("%s: want %s in %s", name, c.code, out)
		}
	}
	if after := a.state(); after != before {
		t.Errorf("refused uploads changed something:\n%s\n%s", before, after)
	}
}
