package resolvers_test

import (
	"fmt"
	"testing"
	"time"
)

// A list with a search can be sorted by how well its posts fit, and says what is
// wrong with a search that is too long.
func TestSearchByRelevance(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, p := range []vars{
		{"title": "About music", "body": "Jazz, in Łódź"},
		{"title": "Jazzy", "body": "x"},
		{"title": "Jazz", "body": "x"},
		{"title": "Other", "body": "jazzy"},
	} {
		a.publish("author", a.draft("author", p), time.Time{})
	}
	list := func(args, path string) any {
		return a.get("", fmt.Sprintf(`{ posts(%s) { totalCount nodes { title } pageInfo { endCursor } } }`, args), nil, "posts."+path)
	}
	for args, want := range map[string]string{
		`search: "jazz", orderBy: {field: RELEVANCE}`:                 "[Jazz Jazzy About music Other]",
		`search: "jazz", orderBy: {field: RELEVANCE, direction: ASC}`: "[Other About music Jazzy Jazz]",
		`search: "jaz", orderBy: {field: TITLE, direction: ASC}`:      "[About music Jazz Jazzy Other]",
		`search: "lodz"`:              "[About music]",
		`orderBy: {field: RELEVANCE}`: "[Other Jazz Jazzy About music]",
	} {
		var titles []any
		for _, n := range list(args, "nodes").([]any) {
			titles = append(titles, n.(map[string]any)["title"])
		}
		if got := fmt.Sprint(titles); got != want {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
	cursor := list(`search: "jazz", orderBy: {field: RELEVANCE}, first: 2`, "pageInfo.endCursor")
	if got := list(fmt.Sprintf(`search: "jazz", orderBy: {field: RELEVANCE}, first: 2, after: %q`, cursor), "nodes.0.title"); got != "About music" {
		t.Errorf("the second page begins with %v", got)
	}
	if code := a.code("", `query($s: String) { posts(search: $s) { totalCount } }`, vars{"s": fmt.Sprintf("%0201d", 1)}); code != "BAD_USER_INPUT" {
		t.Errorf("a long search: %s", code)
	}
}
