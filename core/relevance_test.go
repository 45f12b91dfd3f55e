package core_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// A list by relevance has those first whose title holds all words, and walks page
// by page in both directions, whatever the size of a page.
func TestRelevance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	author := w.as(t, "author", core.Author)
	for _, p := range []struct{ title, body string }{ // the newest last
		{"One", "about jazz and more"},
		{"Jazz", "a story"},
		{"Two", "the jaz of it"},
		{"Jazzy", "jaz"},
		{"Jaz", "nothing"},
		{"Jazz two", "more"},
		{"Other", "nothing of it"},
		{"北京", "大学"},
		{"大学", "北京大学 jaz北京"},
	} {
		post, err := w.Posts.Create(author, core.PostDraft{Title: p.title, Body: p.body})
		if err == nil {
			_, err = w.Posts.Publish(author, post.ID, nil, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	newest := core.Order{Field: "date", Desc: true}
	best := []core.Order{{Field: core.Relevance, Desc: true}, newest}
	worst := []core.Order{{Field: core.Relevance}, {Field: "date"}}
	all := []string{"大学", "北京", "Other", "Jazz two", "Jaz", "Jazzy", "Two", "Jazz", "One"}
	for _, test := range []struct {
		search string
		want   []string
	}{
		{"jaz", []string{"Jaz", "Jazz two", "Jazzy", "Jazz", "大学", "Two", "One"}},
		{"jaz ", []string{"Jaz", "大学", "Jazzy", "Two"}},
		{"jazz", []string{"Jazz two", "Jazz", "Jazzy", "One"}},
		{"jazz mor", []string{"Jazz two", "One"}},
		{"大学", []string{"大学", "北京"}},
		{"北京 大", []string{"大学", "北京"}},
		{"absent", nil},
		{"!", nil},
		{"", all},
		{"  ", all},
	} {
		t.Run(test.search, func(t *testing.T) {
			for size := 1; size <= 3; size++ {
				for _, order := range [][]core.Order{best, worst} {
					want := slices.Clone(test.want)
					if !order[0].Desc {
						slices.Reverse(want)
					}
					forward := core.PageArgs{Search: &test.search, OrderBy: order, First: &size}
					backward := core.PageArgs{Search: &test.search, OrderBy: order, Last: &size}
					var ahead, back []string
					for more := true; more && len(ahead) <= len(want); {
						page, err := w.Posts.Page(t.Context(), forward)
						if err != nil {
							t.Fatal(err)
						}
						if n, err := page.TotalCount(t.Context(), nil); err != nil || n != len(want) {
							t.Errorf("%d in all (%v), want %d", n, err, len(want))
						}
						ahead = append(ahead, titles(page)...)
						more, forward.After = page.PageInfo().HasNextPage, page.PageInfo().EndCursor
					}
					for more := true; more && len(back) <= len(want); {
						page, err := w.Posts.Page(t.Context(), backward)
						if err != nil {
							t.Fatal(err)
						}
						back = append(titles(page), back...)
						more, backward.Before = page.PageInfo().HasPreviousPage, page.PageInfo().StartCursor
					}
					if !slices.Equal(ahead, want) || !slices.Equal(back, want) {
						t.Errorf("%q in pages of %d, %v: %q and back %q, want %q", test.search, size, order, ahead, back, want)
					}
				}
			}
		})
	}
}

// A page by relevance resolves the links of all its documents together, and pages
// below a list come in one call.
func TestRelevanceCost(t *testing.T) {
	t.Parallel()
	w, calls := newFamily(t, 5)
	ctx := t.Context()
	args := func() core.PageArgs {
		return core.PageArgs{Search: ptr("pos"), OrderBy: []core.Order{{Field: core.Relevance, Desc: true}, {Field: "title"}}, First: ptr(5)}
	}
	users := w.users(t, ctx)
	calls.reset()
	for i, user := range users {
		page, err := w.postsOf(ctx, user, args())
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for j := range min(i, 5) {
			want = append(want, fmt.Sprintf("Post %d of %d", j, i))
		}
		if got := titles(page); !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", user.Username, got, want)
		}
	}
	calls.check(t, "pages by relevance below a list", 0, 1, 0)

	author := w.as(t, "another", core.Author)
	post, err := w.Posts.Create(author, core.PostDraft{Title: "Posting"})
	if err == nil {
		_, err = w.Posts.Publish(author, post.ID, nil, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	few, many := args(), args()
	few.Search, many.Search, many.First = ptr("post"), ptr("post"), ptr(50)
	calls.reset()
	if _, err := w.Posts.Page(ctx, few); err != nil {
		t.Fatal(err)
	}
	calls.check(t, "a page that the first rank fills", 1, 0, 0)
	page, err := w.Posts.Page(ctx, many)
	if err != nil {
		t.Fatal(err)
	}
	calls.check(t, "a page of all ranks", 4, 0, 0)
	if got := titles(page); len(got) != 11 || got[10] != "Posting" {
		t.Errorf("the page has %q", got)
	}
	for _, p := range page.Nodes() {
		if _, err := core.Follow(ctx, p, "author", func(d *core.Post) string { return d.AuthorID }, w.Users.Collection); err != nil {
			t.Fatal(err)
		}
	}
	calls.check(t, "the authors of all ranks", 1, 0, 0)
}
