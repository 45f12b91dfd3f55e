package resolvers_test

import (
	"strings"
	"testing"
	"time"
)

// probes are all the ways in which somebody could learn of a post. Each is a
// document and its variables, given the post's id.
func probes(id string) map[string]struct {
	query string
	vars  vars
} {
	type probe = struct {
		query string
		vars  vars
	}
	const page = `{ totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id title slug status version author { id } cover { id } } } }`
	return map[string]probe{
		"node":         {`query($id: ID!) { node(id: $id) { id ... on Post { title } } }`, vars{"id": id}},
		"nodes":        {`query($id: ID!) { nodes(ids: [$id]) { id } }`, vars{"id": id}},
		"post":         {`query($id: ID!) { post(id: $id) { id title body bodyHtml } }`, vars{"id": id}},
		"slug":         {`{ postBySlug(slug: "the-hidden-one") { id } }`, nil},
		"connection":   {`{ posts(first: 5) ` + page + ` }`, nil},
		"backwards":    {`{ posts(last: 5) ` + page + ` }`, nil},
		"filter id":    {`query($id: ID!) { posts(where: {id: {eq: $id}}) ` + page + ` }`, vars{"id": id}},
		"filter not":   {`query($id: ID!) { posts(where: {not: {id: {ne: $id}}}) ` + page + ` }`, vars{"id": id}},
		"filter draft": {`{ posts(where: {status: {eq: DRAFT}}) ` + page + ` }`, nil},
		"filter tag":   {`{ posts(where: {tags: {has: "secret"}}) ` + page + ` }`, nil},
		"filter date":  {`{ posts(where: {or: [{publishedAt: {eq: null}}, {publishedAt: {gt: "2000-01-01T00:00:00Z"}}]}) ` + page + ` }`, nil},
		"order title":  {`{ posts(orderBy: {field: TITLE, direction: ASC}) ` + page + ` }`, nil},
		"order update": {`{ posts(orderBy: {field: UPDATED_AT}) ` + page + ` }`, nil},
		"search":       {`{ posts(search: "zanzibar") ` + page + ` }`, nil},
		"count":        {`{ posts { totalCount } }`, nil},
		"bounded":      {`{ posts { a: totalCount(exact: false) b: totalCount(exact: null) } }`, nil},
		"update":       {`mutation($id: ID!) { updatePost(input: {id: $id, title: "Mine"}) { post { id } } }`, vars{"id": id}},
		"conflict":     {`mutation($id: ID!) { updatePost(input: {id: $id, expectedVersion: 99, title: "Mine"}) { post { id } } }`, vars{"id": id}},
		"invalid":      {`mutation($id: ID!) { updatePost(input: {id: $id, title: ""}) { post { id } } }`, vars{"id": id}},
		"publish":      {`mutation($id: ID!) { publishPost(input: {id: $id, expectedVersion: 99}) { post { id } } }`, vars{"id": id}},
		"unpublish":    {`mutation($id: ID!) { unpublishPost(input: {id: $id}) { post { id } } }`, vars{"id": id}},
		"delete":       {`mutation($id: ID!) { deletePost(input: {id: $id, expectedVersion: 99}) { deletedId } }`, vars{"id": id}},
	}
}

// A draft, and a scheduled post, do not exist for whoever may not see them:
// every answer is byte for byte the same with the post and without it.
func TestDraftDoesNotExist(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.publish("author", a.draft("author", vars{"title": "A public one", "tags": []string{"news"}}), time.Time{})
	hidden := map[string]func() string{
		"draft": func() string {
			return a.draft("author", vars{"title": "The hidden one", "slug": "the-hidden-one", "body": "zanzibar", "tags": []string{"secret"}})
		},
		"scheduled": func() string {
			id := a.draft("author", vars{"title": "The hidden one", "slug": "the-hidden-one", "body": "zanzibar", "tags": []string{"secret"}})
			a.publish("author", id, a.now().Add(time.Hour))
			return id
		},
		"unpublished": func() string {
			id := a.draft("author", vars{"title": "The hidden one", "slug": "the-hidden-one", "body": "zanzibar", "tags": []string{"secret"}})
			a.publish("author", id, time.Time{})
			a.get("author", `mutation($id: ID!) { unpublishPost(input: {id: $id}) { post { status } } }`, vars{"id": id}, "unpublishPost.post.status")
			return id
		},
	}
	for state, make := range hidden {
		id := make()
		for _, who := range []string{"", "member", "mallory"} {
			with := map[string]string{}
			for name, p := range probes(id) {
				with[name] = a.do(who, p.query, p.vars)
			}
			// To publish under the same title claims the same slug.
			with["claim"] = a.claim(t)

			a.get("author", `mutation($id: ID!) { deletePost(input: {id: $id}) { deletedId } }`, vars{"id": id}, "deletePost.deletedId")
			for name, p := range probes(id) {
				if without := a.do(who, p.query, p.vars); without != with[name] {
					t.Errorf("%s, %q as %q: with it\n%s\nwithout it\n%s", state, name, who, with[name], without)
				}
			}
			if without := a.claim(t); without != with["claim"] {
				t.Errorf("%s: the slug is %q with it, %q without it", state, with["claim"], without)
			}
			id = make()
		}
		// Its author and editors do see it.
		for _, who := range []string{"author", "editor", "admin"} {
			if out := a.do(who, `query($id: ID!) { post(id: $id) { id } }`, vars{"id": id}); !strings.Contains(out, id) {
				t.Errorf("%s as %s: %s", state, who, out)
			}
		}
		a.get("author", `mutation($id: ID!) { deletePost(input: {id: $id}) { deletedId } }`, vars{"id": id}, "deletePost.deletedId")
	}
}

// claim publishes a post that wants the hidden one's slug, removes it again and
// returns the slug it got.
func (a *api) claim(t *testing.T) string {
	t.Helper()
	id := a.draft("mallory", vars{"title": "The hidden one"})
	slug := a.publish("mallory", id, time.Time{}).(string)
	a.get("mallory", `mutation($id: ID!) { deletePost(input: {id: $id}) { deletedId } }`, vars{"id": id}, "deletePost.deletedId")
	return slug
}
