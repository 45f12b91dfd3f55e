package resolvers_test

import (
	"fmt"
	"testing"
)

// Where a file is used comes with the records, for each caller as far as they read them.
func TestUsedBy(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	out := a.upload("author", "sea.txt", "text/plain", []byte("the sea"), vars{})
	id, url := dig(t, out, "data.uploadAsset.asset.id"), dig(t, out, "data.uploadAsset.asset.url")
	draft := a.draft("author", vars{"title": "Draft", "body": "[the sea](" + url.(string) + ")"})
	public := a.draft("author", vars{"title": "Out", "body": "see " + id.(string)})
	a.publish("editor", public, a.now())
	const query = `query($id: ID!, $first: Int = 20) { asset(id: $id) { usedBy(first: $first) { type fields record { id ... on Post { title } } } } }`
	one := func(title, id string) string {
		return fmt.Sprint(map[string]any{"type": "Post", "fields": []any{"body"}, "record": map[string]any{"id": id, "title": title}})
	}
	for as, want := range map[string]string{
		"": "[" + one("Out", public) + "]", "mallory": "[" + one("Out", public) + "]",
		"author": "[" + one("Draft", draft) + " " + one("Out", public) + "]", "editor": "[" + one("Draft", draft) + " " + one("Out", public) + "]",
	} {
		if got := fmt.Sprint(a.get(as, query, vars{"id": id}, "asset.usedBy")); got != want {
			t.Errorf("as %q: %s, want %s", as, got, want)
		}
	}
	if got := fmt.Sprint(a.get("editor", query, vars{"id": id, "first": 1}, "asset.usedBy")); got != "["+one("Draft", draft)+"]" {
		t.Errorf("the first: %s", got)
	}
	if got := a.code("", query, vars{"id": id, "first": 101}); got != "BAD_USER_INPUT" {
		t.Errorf("101 of them: %s", got)
	}
}
