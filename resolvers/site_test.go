package resolvers_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// The site is there from the start, read by everybody, and changed by administrators.
func TestSite(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	update := func(fields string) string {
		return `mutation { updateSite(input: {` + fields + `}) { site { version title language navigation { label } } } }`
	}
	for _, c := range []struct{ who, query, want string }{
		{"", `{ site { id title tagline logo { id } favicon { id } language timezone registration navigation { label } footer footerHtml socialLinks { url } version } }`,
			`{"site":{"id":"site_only","title":"My site","tagline":null,"logo":null,"favicon":null,"language":"en","timezone":"UTC","registration":"OPEN","navigation":[],"footer":null,"footerHtml":null,"socialLinks":[],"version":1}}`},
		{"editor", update(`title: "Mine"`), `"code":"FORBIDDEN"`},
		{"admin", update(`expectedVersion: 1, title: "The Courier", language: "de-CH", timezone: "Europe/Berlin", footer: "*End*"`), `{"version":2,"title":"The Courier","language":"de-CH","navigation":[]}`},
		{"admin", update(`expectedVersion: 1, title: "Late"`), `"currentVersion":2`},
		{"", `{ site { footerHtml timezone } }`, `{"footerHtml":"<p><em>End</em></p>\n","timezone":"Europe/Berlin"}`},
	} {
		if got := a.do(c.who, c.query, nil); !strings.Contains(got, c.want) {
			t.Errorf("%s by %q\nis answered by %s\nwant %s", c.query, c.who, got, c.want)
		}
	}
	for _, language := range []string{"", "en_US", "e", "english language", "xx-Qqqq-ZZ-nope", "de-", "root"} {
		if got := a.do("admin", update(fmt.Sprintf("language: %q", language)), nil); !strings.Contains(got, `"path":"language"`) {
			t.Errorf("the language %q: %s", language, got)
		}
	}
	for _, zone := range []string{"", "Local", "Mars/Olympus", "europe/berlin", "../etc/passwd", "posix/Europe/Berlin", "localtime", "+02:00"} {
		if got := a.do("admin", update(fmt.Sprintf("timezone: %q", zone)), nil); !strings.Contains(got, `"path":"timezone"`) {
			t.Errorf("the time zone %q: %s", zone, got)
		}
	}
	for _, language := range []string{"nl", "zh-Hant-TW", "sr-Latn", "es-419"} {
		if got := a.do("admin", update(fmt.Sprintf("language: %q", language)), nil); !strings.Contains(got, `"language":"`+language) {
			t.Errorf("the language %q: %s", language, got)
		}
	}
	for link, path := range map[string]string{
		`{label: "None", children: []}`:                                                              "navigation.0.postId",
		`{label: "Two", tag: "news", url: "/news", children: []}`:                                    "navigation.0.url",
		`{label: "Below", url: "/", children: [{label: "None", children: []}]}`:                      "navigation.0.children.0.tag",
		`{label: "", url: "/", children: []}`:                                                        "navigation.0.label",
		`{label: "Case", tag: "News", children: []}`:                                                 "navigation.0.tag",
		`{label: "Script", url: "javascript:alert(1)", children: []}`:                                "navigation.0.url",
		`{label: "Elsewhere", url: "//example.org", children: []}`:                                   "navigation.0.url",
		`{label: "Elsewhere", url: "/\\example.org", children: []}`:                                  "navigation.0.url",
		`{label: "Nowhere", pageId: "page_none", children: []}`:                                      "navigation.0.pageId",
		`{label: "Nowhere", url: "/", children: [{label: "No", postId: "post_none", children: []}]}`: "navigation.0.children.0.postId",
		strings.TrimSuffix(strings.Repeat(`{label: "Wide", url: "/", children: []}, `, 51), ", "):    "navigation",
	} {
		if got := a.do("admin", update("navigation: ["+link+"]"), nil); !strings.Contains(got, `"path":"`+path+`"`) {
			t.Errorf("%s\nis answered by %s\nwithout an error at %s", link, got, path)
		}
	}
	for _, url := range []string{"/", "/about", "https://example.org/a?b=c#d", "mailto:a@example.org", "tel:+1-555-0100"} {
		if got := a.do("admin", update(fmt.Sprintf(`navigation: [{label: "Ok", url: %q, children: []}]`, url)), nil); !strings.Contains(got, `"label":"Ok"`) {
			t.Errorf("the address %q: %s", url, got)
		}
	}
}

// A menu leads to what its reader may see; all of it is fetched by one call for each kind
// of thing, however many links there are.
func TestNavigation(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	page := func(slug, status string) any {
		return a.get("editor", `mutation($s: String!, $status: PageStatus!) { createPage(input: {title: $s, slug: $s, status: $status}) { page { id } } }`,
			vars{"s": slug, "status": status}, "createPage.page.id")
	}
	about, draft, gone := page("about", "PUBLISHED"), page("draft", "DRAFT"), page("gone", "PUBLISHED")
	post := a.get("author", `mutation { createPost(input: {title: "Scoop"}) { post { id } } }`, nil, "createPost.post.id")
	a.get("author", `mutation($id: ID!) { publishPost(input: {id: $id}) { post { id } } }`, vars{"id": post}, "publishPost.post.id")
	link := func(label string, target vars, children ...any) vars {
		target["label"], target["children"] = label, append([]any{}, children...)
		return target
	}
	menu := []any{
		link("About", vars{"pageId": about}, link("Scoop", vars{"postId": post}, link("Draft", vars{"pageId": draft}))),
		link("Gone", vars{"pageId": gone}), link("News", vars{"tag": "news"}), link("Scoop", vars{"postId": post}),
	}
	const write = `mutation($menu: [NavigationLinkInput!]!, $v: Int!) { updateSite(input: {expectedVersion: $v, navigation: $menu}) { site { version } } }`
	if got := a.do("admin", write, vars{"menu": menu, "v": 1}); !strings.Contains(got, `"version":2`) {
		t.Fatal(got)
	}
	a.get("editor", `mutation($id: ID!) { deletePage(input: {id: $id}) { deletedId } }`, vars{"id": gone}, "deletePage.deletedId")
	const read = `{ site { navigation { label page { slug } post { title } tag children { page { slug } post { title } children { label page { slug } } } } } }`
	tree := func(draft string) string {
		return `{"site":{"navigation":[{"label":"About","page":{"slug":"about"},"post":null,"tag":null,"children":[{"page":null,"post":{"title":"Scoop"},"children":[{"label":"Draft","page":` + draft + `}]}]},` +
			`{"label":"Gone","page":null,"post":null,"tag":null,"children":[]},{"label":"News","page":null,"post":null,"tag":"news","children":[]},{"label":"Scoop","page":null,"post":{"title":"Scoop"},"tag":null,"children":[]}]}}`
	}
	for who, want := range map[string]string{"": tree("null"), "member": tree("null"), "editor": tree(`{"slug":"draft"}`)} {
		before := a.docs.calls.Load()
		got := a.do(who, read, nil)
		if !strings.Contains(got, want) || strings.Contains(got, "errors") {
			t.Errorf("%q reads %s\nwant %s", who, got, want)
		}
		if n := a.docs.calls.Load() - before; who == "" && n != 3 {
			t.Errorf("the menu costs %d calls", n)
		}
	}
	// What leads nowhere any more can be written again with the rest.
	if got := a.do("admin", write, vars{"menu": menu[1:], "v": 2}); !strings.Contains(got, `"version":3`) {
		t.Error(got)
	}
}

// Closed registration refuses strangers; administrators still make accounts otherwise.
func TestRegistration(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	signUp := func(name string) string {
		return a.do("", `mutation($n: String!, $e: String!) { signUp(input: {username: $n, email: $e, password: "correct horse"}) { viewer { role } } }`, vars{"n": name, "e": name + "@example.org"})
	}
	set := func(registration string) {
		if got := a.do("admin", `mutation { updateSite(input: {registration: `+registration+`}) { site { registration } } }`, nil); !strings.Contains(got, `"registration":"`+registration) {
			t.Fatal(got)
		}
	}
	if got := signUp("first"); !strings.Contains(got, `"role":"MEMBER"`) {
		t.Fatal(got)
	}
	set("CLOSED")
	if got := signUp("second"); !strings.Contains(got, `"code":"FORBIDDEN"`) {
		t.Fatal(got)
	}
	if _, err := a.app.Users.Register(core.AsSystem(t.Context()), core.UserDraft{Username: "third", Email: "third@example.org", Password: "correct horse"}, core.Author); err != nil {
		t.Fatal(err)
	}
	set("OPEN")
	if got := signUp("second"); !strings.Contains(got, `"role":"MEMBER"`) {
		t.Fatal(got)
	}
}
