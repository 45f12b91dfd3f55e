package core_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// counter counts the reads of a store, by verb.
type counter struct {
	core.DocStore
	find, findEach, count atomic.Int64
}

func (c *counter) Find(ctx context.Context, coll string, q core.Query) iter.Seq2[core.Doc, error] {
	if !isUpkeep(ctx) {
		c.find.Add(1)
	}
	return c.DocStore.Find(ctx, coll, q)
}

func (c *counter) FindEach(ctx context.Context, coll string, qs []core.Query) ([][]core.Doc, error) {
	if !isUpkeep(ctx) {
		c.findEach.Add(1)
	}
	return c.DocStore.FindEach(ctx, coll, qs)
}

func (c *counter) Count(ctx context.Context, coll string, q core.Query) (int64, error) {
	if !isUpkeep(ctx) {
		c.count.Add(1)
	}
	return c.DocStore.Count(ctx, coll, q)
}

// check compares the calls since the last time with what was wanted.
func (c *counter) check(t *testing.T, when string, find, findEach, count int64) {
	t.Helper()
	got := [3]int64{c.find.Swap(0), c.findEach.Swap(0), c.count.Swap(0)}
	if want := [3]int64{find, findEach, count}; got != want {
		t.Errorf("%s: %d calls of Find, FindEach and Count, want %d", when, got, want)
	}
}

func (c *counter) reset() {
	c.find.Store(0)
	c.findEach.Store(0)
	c.count.Store(0)
}

// newFamily has authors, of whom number i has published i posts.
func newFamily(t *testing.T, authors int) (*world, *counter) {
	t.Helper()
	c := &counter{}
	w := newWorld(t, func(cfg *core.Config) {
		c.DocStore = cfg.Docs
		cfg.Docs = c
	})
	for i := range authors {
		ctx := w.as(t, fmt.Sprintf("author%d", i), core.Author)
		for j := range i {
			post, err := w.Posts.Create(ctx, core.PostDraft{Title: fmt.Sprintf("Post %d of %d", j, i)})
			if err == nil {
				_, err = w.Posts.Publish(ctx, post.ID, nil, nil)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return w, c
}

// users reads all of them as one list, in the order of their names.
func (w *world) users(t *testing.T, ctx context.Context) []*core.User {
	t.Helper()
	page, err := w.Users.Page(ctx, core.PageArgs{OrderBy: []core.Order{{Field: "username"}}})
	if err != nil {
		t.Fatal(err)
	}
	return page.Nodes()
}

func (w *world) postsOf(ctx context.Context, user *core.User, args core.PageArgs) (*core.Page[core.Post], error) {
	return core.Children(ctx, user, "posts", w.Posts.Collection, "authorId", args)
}

func titles(page *core.Page[core.Post]) (list []string) {
	for _, p := range page.Nodes() {
		list = append(list, p.Title)
	}
	return list
}

func ptr[V any](v V) *V { return &v }

// The pages below a list cost one call, and so does each link of all documents
// on them.
func TestChildrenCostOneCall(t *testing.T) {
	t.Parallel()
	w, calls := newFamily(t, 5)
	ctx := t.Context()
	users := w.users(t, ctx)
	calls.reset()
	byTitle := func() core.PageArgs { // made anew, as each resolver does
		return core.PageArgs{OrderBy: []core.Order{{Field: "title"}}, First: ptr(2)}
	}
	var posts []*core.Post
	for i, user := range users {
		page, err := w.postsOf(ctx, user, byTitle())
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for j := range min(i, 2) {
			want = append(want, fmt.Sprintf("Post %d of %d", j, i))
		}
		if got := titles(page); !slices.Equal(got, want) || page.PageInfo().HasNextPage != (i > 2) {
			t.Errorf("the page of %s is %v, more: %v", user.Username, got, page.PageInfo().HasNextPage)
		}
		posts = append(posts, page.Nodes()...)
	}
	calls.check(t, "pages", 0, 1, 0)
	for _, post := range posts {
		author, err := core.Follow(ctx, post, "author", func(p *core.Post) string { return p.AuthorID }, w.Users.Collection)
		if err != nil || author.ID != post.AuthorID {
			t.Errorf("the author of %s: %v, %v", post.Title, author, err)
		}
	}
	calls.check(t, "links of all pages", 1, 0, 0)
	for i, user := range users {
		page, err := w.postsOf(ctx, user, byTitle())
		if err != nil {
			t.Fatal(err)
		}
		if i == 3 {
			if n, err := page.TotalCount(ctx, nil); n != 3 || err != nil {
				t.Errorf("counted %d, %v", n, err)
			}
		}
	}
	calls.check(t, "the same pages and one total", 0, 0, 1)
}

// Arguments are told apart by what they say.
func TestChildrenByArguments(t *testing.T) {
	t.Parallel()
	w, calls := newFamily(t, 4)
	ctx := t.Context()
	users := w.users(t, ctx)
	calls.reset()
	last := users[3]
	byTitle := []core.Order{{Field: "title"}}
	first, err := w.postsOf(ctx, last, core.PageArgs{OrderBy: byTitle, First: ptr(1)})
	if err != nil {
		t.Fatal(err)
	}
	calls.check(t, "first", 0, 1, 0)
	cursor := *first.PageInfo().EndCursor
	for _, test := range []struct {
		name string
		args func() core.PageArgs
		want []string
	}{
		{"more", func() core.PageArgs { return core.PageArgs{OrderBy: byTitle, First: ptr(3)} }, []string{"Post 0 of 3", "Post 1 of 3", "Post 2 of 3"}},
		{"after", func() core.PageArgs { return core.PageArgs{OrderBy: byTitle, First: ptr(1), After: ptr(cursor)} }, []string{"Post 1 of 3"}},
		{"last", func() core.PageArgs { return core.PageArgs{OrderBy: byTitle, Last: ptr(2)} }, []string{"Post 1 of 3", "Post 2 of 3"}},
		{"other order", func() core.PageArgs {
			return core.PageArgs{OrderBy: []core.Order{{Field: "title", Desc: true}}, First: ptr(1)}
		}, []string{"Post 2 of 3"}},
		{"where", func() core.PageArgs {
			return core.PageArgs{OrderBy: byTitle, First: ptr(1), Where: core.Eq("title", "Post 2 of 3")}
		}, []string{"Post 2 of 3"}},
		{"where another", func() core.PageArgs {
			return core.PageArgs{OrderBy: byTitle, First: ptr(1), Where: core.Eq("title", "Post 1 of 3")}
		}, []string{"Post 1 of 3"}},
		{"search", func() core.PageArgs { return core.PageArgs{OrderBy: byTitle, First: ptr(1), Search: ptr("2 3")} }, []string{"Post 2 of 3"}},
		{"brief", func() core.PageArgs { return core.PageArgs{OrderBy: byTitle, First: ptr(1), Brief: true} }, []string{"Post 0 of 3"}},
	} {
		for range 2 { // the second time nothing is read
			page, err := w.postsOf(ctx, last, test.args())
			if err != nil {
				t.Fatal(err)
			}
			if got := titles(page); !slices.Equal(got, test.want) {
				t.Errorf("%s: %v, want %v", test.name, got, test.want)
			}
		}
		calls.check(t, test.name, 0, 1, 0)
	}
}

// Whoever is first reads for all, also when all ask at once.
func TestChildrenAtOnce(t *testing.T) {
	t.Parallel()
	w, calls := newFamily(t, 3)
	ctx := t.Context()
	users := w.users(t, ctx)
	calls.reset()
	var wait sync.WaitGroup
	for range 10 {
		for i, user := range users {
			wait.Go(func() {
				page, err := w.postsOf(ctx, user, core.PageArgs{First: ptr(5)})
				if err != nil || len(page.Nodes()) != i {
					t.Errorf("%s: %v, %v", user.Username, page, err)
				}
			})
		}
	}
	wait.Wait()
	calls.check(t, "at once", 0, 1, 0)
}

// A document that was read alone, or not at all, has a page of its own.
func TestChildrenOfOne(t *testing.T) {
	t.Parallel()
	w, calls := newFamily(t, 3)
	ctx := t.Context()
	read := w.users(t, ctx)[2]
	got, err := w.Users.Get(ctx, read.ID)
	if err != nil {
		t.Fatal(err)
	}
	made := &core.User{Head: core.Head{ID: read.ID}}
	calls.reset()
	for _, test := range []struct {
		name           string
		user           *core.User
		find, findEach int64
	}{{"alone", got, 0, 1}, {"never read", made, 1, 0}} {
		page, err := w.postsOf(ctx, test.user, core.PageArgs{OrderBy: []core.Order{{Field: "title"}}})
		if err != nil || !slices.Equal(titles(page), []string{"Post 0 of 2", "Post 1 of 2"}) {
			t.Errorf("%s: %v, %v", test.name, page, err)
		}
		calls.check(t, test.name, test.find, test.findEach, 0)
	}
}

// What may be read, named and asked for is the same as in any list.
func TestChildrenAreChecked(t *testing.T) {
	t.Parallel()
	w, calls := newFamily(t, 3)
	author := w.as(t, "drafter", core.Author)
	draft, err := w.Posts.Create(author, core.PostDraft{Title: "A draft"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		ctx  context.Context
		want int
	}{{"its author", author, 1}, {"a visitor", t.Context(), 0}} {
		for _, user := range w.users(t, test.ctx) {
			if user.ID != draft.AuthorID {
				continue
			}
			page, err := w.postsOf(test.ctx, user, core.PageArgs{})
			if err != nil {
				t.Fatal(err)
			}
			if n, err := page.TotalCount(test.ctx, nil); len(page.Nodes()) != test.want || n != test.want || err != nil {
				t.Errorf("%s sees %d drafts, %d in all (%v), want %d", test.name, len(page.Nodes()), n, err, test.want)
			}
		}
	}

	ctx := t.Context()
	users := w.users(t, ctx)
	calls.reset()
	for name, args := range map[string]core.PageArgs{
		"a negative size":        {First: ptr(-1)},
		"both ends":              {First: ptr(1), Last: ptr(1)},
		"a cursor of no list":    {After: ptr("x")},
		"a cursor of other keys": {OrderBy: []core.Order{{Field: "title"}}, After: ptr("WyJwb3N0cytfaWQiLCJwb3N0X3giXQ")},
	} {
		for _, user := range users[:2] {
			if _, err := w.postsOf(ctx, user, args); !core.Is(err, core.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	// A page by a field that the caller may not read would tell its values.
	if _, err := core.Children(ctx, users[0], "namesakes", w.Users.Collection, "email", core.PageArgs{}); !core.Is(err, core.Forbidden) {
		t.Errorf("by a guarded field: %v", err)
	}
	calls.check(t, "refused", 0, 0, 0)
}
