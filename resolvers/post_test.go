package resolvers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const bySlug = `query($s: String!) { postBySlug(slug: $s) { id slug } }`

func TestPublishAndSlugs(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	id := a.draft("author", vars{"title": "Über Größe & more"})
	if got := a.get("author", `query($id: ID!) { post(id: $id) { slug } }`, vars{"id": id}, "post.slug"); got != nil {
		t.Errorf("a draft has the slug %v", got)
	}
	if got := a.publish("author", id, time.Time{}); got != "uber-grosse-and-more" {
		t.Errorf("slug %v", got)
	}
	second := a.draft("mallory", vars{"title": "Über Größe & more"})
	if got := a.publish("mallory", second, time.Time{}); got != "uber-grosse-and-more-2" {
		t.Errorf("second slug %v", got)
	}
	// A chosen slug that is taken is a conflict, and nothing is published.
	third := a.draft("mallory", vars{"slug": "uber-grosse-and-more"})
	out := a.do("mallory", `mutation($id: ID!) { publishPost(input: {id: $id}) { post { id } } }`, vars{"id": third})
	if errorCode(t, out) != "CONFLICT" || dig(t, out, "errors.0.extensions.fields.0.path") != "slug" {
		t.Errorf("taken slug: %s", out)
	}
	if got := a.get("mallory", `query($id: ID!) { post(id: $id) { status } }`, vars{"id": third}, "post.status"); got != "DRAFT" {
		t.Errorf("status %v", got)
	}
	// An old slug keeps resolving.
	a.get("author", `mutation($id: ID!) { updatePost(input: {id: $id, slug: "new-name"}) { post { slug } } }`, vars{"id": id}, "updatePost.post.slug")
	for _, s := range []string{"uber-grosse-and-more", "new-name"} {
		if got := a.get("", bySlug, vars{"s": s}, "postBySlug.id"); got != id {
			t.Errorf("%s leads to %v", s, got)
		}
	}
	// After being a draft again it gets both back.
	a.get("author", `mutation($id: ID!) { unpublishPost(input: {id: $id}) { post { id } } }`, vars{"id": id}, "unpublishPost.post.id")
	if c := a.code("", bySlug, vars{"s": "new-name"}); c != "NOT_FOUND" {
		t.Errorf("the slug of a draft: %s", c)
	}
	a.publish("author", id, time.Time{})
	for _, s := range []string{"uber-grosse-and-more", "new-name"} {
		if got := a.get("", bySlug, vars{"s": s}, "postBySlug.id"); got != id {
			t.Errorf("%s leads to %v after publishing again", s, got)
		}
	}
}

func TestScheduledPost(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	id := a.draft("author", vars{"title": "Launch day"})
	a.publish("author", id, a.now().Add(time.Hour))
	rival := a.draft("mallory", vars{"title": "Launch day"})
	if got := a.publish("mallory", rival, time.Time{}); got != "launch-day" {
		t.Fatalf("the rival got %v", got)
	}
	if c := a.code("", `query($id: ID!) { post(id: $id) { id } }`, vars{"id": id}); c != "NOT_FOUND" {
		t.Errorf("before its time: %s", c)
	}
	a.advance(61 * time.Minute)
	a.signInAgain("author", "mallory")
	if got := a.get("", `{ posts(first: 1) { nodes { id slug } } }`, nil, "posts.nodes.0.slug"); got != "launch-day-2" {
		t.Errorf("after its time the slug is %v", got)
	}
	if got := a.get("", bySlug, vars{"s": "launch-day-2"}, "postBySlug.id"); got != id {
		t.Errorf("its slug leads to %v", got)
	}
	// A scheduled post can be found by its slug before anybody listed it.
	other := a.draft("author", vars{"slug": "straight-there"})
	a.publish("author", other, a.now().Add(time.Hour))
	a.advance(2 * time.Hour)
	if got := a.get("", bySlug, vars{"s": "straight-there"}, "postBySlug.id"); got != other {
		t.Errorf("the slug of a due post leads to %v", got)
	}
}

// signInAgain renews access tokens after the clock has moved.
func (a *api) signInAgain(names ...string) {
	a.t.Helper()
	for _, name := range names {
		a.tokens[name] = a.get("", `mutation($e: String!) { signIn(input: {email: $e, password: "correct horse"}) { tokens { accessToken } } }`,
			vars{"e": name + "@example.org"}, "signIn.tokens.accessToken").(string)
	}
}

func TestExpectedVersion(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	id := a.draft("author", nil)
	const update = `mutation($i: UpdatePostInput!) { updatePost(input: $i) { post { title version } } }`
	if v := a.get("author", update, vars{"i": vars{"id": id, "expectedVersion": 1, "title": "Two"}}, "updatePost.post.version"); v != 2.0 {
		t.Errorf("version %v", v)
	}
	out := a.do("author", update, vars{"i": vars{"id": id, "expectedVersion": 1, "title": "Three"}})
	if errorCode(t, out) != "CONFLICT" || dig(t, out, "errors.0.extensions.currentVersion") != 2.0 {
		t.Errorf("stale update: %s", out)
	}
	if got := a.get("author", `query($id: ID!) { post(id: $id) { title } }`, vars{"id": id}, "post.title"); got != "Two" {
		t.Errorf("title %v", got)
	}
}

func TestNullAndAbsent(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	id := a.draft("author", vars{"excerpt": "short", "tags": []string{"A", "a ", "B"}})
	const read = `query($id: ID!) { post(id: $id) { excerpt tags title } }`
	if got := fmt.Sprint(a.get("author", read, vars{"id": id}, "post.tags")); got != "[a b]" {
		t.Errorf("tags %v", got)
	}
	a.get("author", `mutation($id: ID!) { updatePost(input: {id: $id, title: "New"}) { post { id } } }`, vars{"id": id}, "updatePost.post.id")
	if got := a.get("author", read, vars{"id": id}, "post.excerpt"); got != "short" {
		t.Errorf("a left out field became %v", got)
	}
	a.get("author", `mutation($id: ID!) { updatePost(input: {id: $id, excerpt: null}) { post { id } } }`, vars{"id": id}, "updatePost.post.id")
	if got := a.get("author", read, vars{"id": id}, "post.excerpt"); got != nil {
		t.Errorf("null left %v", got)
	}
}

// Five posts and a hundred, all with different authors and covers, cost the
// same number of storage calls.
func TestLinksAreResolvedInBatches(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for i := range 100 {
		author := fmt.Sprintf("writer%d", i)
		a.register(author)
		png := picture(i)
		cover := dig(t, a.upload(author, "c.png", "image/png", png, nil), "data.uploadAsset.asset.id").(string)
		a.publish(author, a.draft(author, vars{"title": fmt.Sprintf("Post %d", i), "coverId": cover}), time.Time{})
	}
	cost := func(query string) int64 {
		before := a.docs.calls.Load()
		if out := a.do("", query, nil); strings.Contains(out, "errors") {
			t.Fatal(out)
		}
		return a.docs.calls.Load() - before
	}
	for _, shape := range []string{
		`{ posts(first: %d) { nodes { author { id avatar { id } } cover { id owner { id username } } } } }`,
		`{ posts(first: %d) { totalCount edges { node { author { username } cover { url } } } } }`,
	} {
		few, many := cost(fmt.Sprintf(shape, 5)), cost(fmt.Sprintf(shape, 100))
		if few != many || many > 5 {
			t.Errorf("%s: 5 posts cost %d calls, 100 cost %d", shape, few, many)
		}
	}
	for _, query := range []string{
		`{ posts(first: 20) { nodes { title } } }`,
		`{ posts(first: 20) { nodes { body } } }`,
		`{ posts(first: 20) { edges { node { ...text } } } } fragment text on Post { bodyHtml }`,
	} {
		if n := cost(query); n != 1 {
			t.Errorf("%s costs %d calls", query, n)
		}
		if out := a.do("", query, nil); strings.Contains(query, "ody") && strings.Count(out, "Some text.") != 20 {
			t.Errorf("%s lacks texts: %.300s", query, out)
		}
	}
}
