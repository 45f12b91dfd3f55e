package resolvers_test

import (
	"strings"
	"testing"
)

// Pages are declared and nothing else: all that visitors and editors do with them is
// what the schema says.
func TestPages(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, c := range []struct{ who, query, want string }{
		{"author", `mutation { createPage(input: {title: "About", slug: "about"}) { page { id } } }`, `"code":"FORBIDDEN"`},
		{"editor", `mutation { createPage(input: {title: "About", slug: "About us"}) { page { id } } }`, `"path":"slug"`},
		{"editor", `mutation { createPage(input: {title: "About", slug: "about", body: "# Hi\n\n<script>x</script>"}) { page { slug status version bodyHtml } } }`,
			`{"slug":"about","status":"DRAFT","version":1,"bodyHtml":"<h1>Hi</h1>\n"}`},
		{"", `{ pageBySlug(slug: "about") { id } }`, `"code":"NOT_FOUND"`},
		{"", `{ pages { totalCount } }`, `{"totalCount":0}`},
		{"editor", `mutation { createPage(input: {title: "Again", slug: "about"}) { page { id } } }`, `"code":"CONFLICT"`},
	} {
		if got := a.do(c.who, c.query, nil); !strings.Contains(got, c.want) {
			t.Errorf("%s by %q\nis answered by %s\nwant %s", c.query, c.who, got, c.want)
		}
	}
	id := a.get("editor", `{ pageBySlug(slug: "about") { id } }`, nil, "pageBySlug.id")
	for _, c := range []struct{ who, query, want string }{
		{"editor", `mutation($id: ID!) { updatePage(input: {id: $id, expectedVersion: 1, status: PUBLISHED}) { page { version } } }`, `{"version":2}`},
		{"editor", `mutation($id: ID!) { updatePage(input: {id: $id, expectedVersion: 1, title: "Late"}) { page { version } } }`, `"currentVersion":2`},
		{"", `{ pageBySlug(slug: "about") { title } pages(search: "hi") { totalCount nodes { body } } }`, `{"pageBySlug":{"title":"About"},"pages":{"totalCount":1,"nodes":[{"body":"# Hi`},
		{"editor", `mutation($id: ID!) { deletePage(input: {id: $id}) { deletedId } }`, `"deletedId":"page_`},
		{"", `query($id: ID!) { node(id: $id) { id } }`, `"code":"NOT_FOUND"`},
	} {
		if got := a.do(c.who, c.query, vars{"id": id}); !strings.Contains(got, c.want) {
			t.Errorf("%s by %q\nis answered by %s\nwant %s", c.query, c.who, got, c.want)
		}
	}
}
