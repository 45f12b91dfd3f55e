package core_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// between is a store in which something else happens once before a write, or once after
// an alarm has read what comes due, and that counts writes.
type between struct {
	core.DocStore
	writes        atomic.Int64
	write, alarms atomic.Pointer[func()]
	still         sync.RWMutex // no alarm begins to read while a test holds it
}

func (b *between) Write(ctx context.Context, ops ...core.Op) error {
	b.writes.Add(1)
	if do := b.write.Swap(nil); do != nil {
		(*do)()
	}
	return b.DocStore.Write(ctx, ops...)
}

func (b *between) Find(ctx context.Context, coll string, q core.Query) iter.Seq2[core.Doc, error] {
	found := b.DocStore.Find(ctx, coll, q)
	if coll != "posts" || q.After == nil || q.Order[0].Field != "date" {
		return found
	}
	b.still.RLock()
	do := b.alarms.Load()
	b.still.RUnlock()
	return func(yield func(core.Doc, error) bool) {
		var docs []core.Doc
		for doc, err := range found {
			if err != nil {
				yield(nil, err)
				return
			}
			docs = append(docs, doc)
		}
		if do != nil && len(docs) > 0 && b.alarms.CompareAndSwap(do, nil) {
			(*do)()
		}
		for _, doc := range docs {
			if !yield(doc, nil) {
				return
			}
		}
	}
}

func newWorldBetween(t *testing.T) (*world, *between) {
	t.Helper()
	b := &between{}
	return newWorld(t, func(cfg *core.Config) { b.DocStore, cfg.Docs = cfg.Docs, b }), b
}

// schedule makes a post that comes due in an hour.
func (w *world) schedule(t *testing.T, ctx context.Context, d core.PostDraft) *core.Post {
	t.Helper()
	post, err := w.Posts.Create(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(time.Duration(w.offset.Load()) + time.Hour)
	if post, err = w.Posts.Publish(ctx, post.ID, nil, &at); err != nil || len(post.Slugs) > 0 {
		t.Fatal(post, err)
	}
	return post
}

// comeDue moves the clock behind the moment of what was scheduled last.
func (w *world) comeDue() { w.offset.Add(int64(time.Hour + time.Second)) }

// A page of 100 posts that came due stores their slugs by one write, and each leads to
// its post, also where many want the same one and others have it already.
func TestDuePageWritesOnce(t *testing.T) {
	t.Parallel()
	w, store := newWorldBetween(t)
	ctx := w.as(t, "ada", core.Author)
	for _, title := range []string{"Same title", "Same title", "Title 7"} {
		post, err := w.Posts.Create(ctx, core.PostDraft{Title: title})
		if err == nil {
			_, err = w.Posts.Publish(ctx, post.ID, nil, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range core.MaxPage {
		title := fmt.Sprintf("Title %d", i)
		if i%5 == 0 {
			title = "Same title"
		}
		w.schedule(t, ctx, core.PostDraft{Title: title})
	}
	w.comeDue()
	store.writes.Store(0)
	first := core.MaxPage
	page, err := w.Posts.Page(t.Context(), core.PageArgs{First: &first})
	if err != nil || len(page.Nodes()) != core.MaxPage {
		t.Fatal(len(page.Nodes()), err)
	}
	if n := store.writes.Load(); n != 1 {
		t.Errorf("%d writes", n)
	}
	seen := map[string]bool{}
	for _, post := range page.Nodes() {
		if post.Slug == nil || seen[*post.Slug] {
			t.Fatalf("%s: the slug %v", post.ID, post.Slug)
		}
		seen[*post.Slug] = true
		if got, err := w.Posts.BySlug(t.Context(), *post.Slug); err != nil || got.ID != post.ID || got.Version != post.Version {
			t.Errorf("%s leads to %+v, %v", *post.Slug, got, err)
		}
	}
	if !seen["same-title-3"] || !seen["title-7-2"] || !seen["title-8"] {
		t.Errorf("the slugs are %v", seen)
	}
	if n := store.writes.Load(); n != 1 {
		t.Errorf("%d writes when they were read again", n)
	}
}

// A number that one post of a write gets may be what another is called, or be held
// already: each still gets a slug, by the one write.
func TestSlugsOfOneWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ held, titles, want []string }{
		"a number is a title, and its number held": {[]string{"x", "x-2-2"}, []string{"X", "X 2"}, []string{"x-3", "x-2"}},
		"the title comes first":                    {[]string{"x", "x-2-2"}, []string{"X 2", "X"}, []string{"x-2", "x-3"}},
		"many of each":                             {[]string{"x", "x-2-2"}, []string{"X", "X", "X 2", "X 2"}, []string{"x-3", "x-4", "x-2", "x-2-3"}},
		"rivals, and nothing held":                 {nil, []string{"X 2 2", "X", "X", "X 2", "X 2"}, []string{"x-2-2", "x", "x-3", "x-2", "x-2-3"}},
		"the title is held too":                    {[]string{"x", "x-2", "x-2-2"}, []string{"X", "X 2"}, []string{"x-3", "x-2-3"}},
	} {
		hold := func(t *testing.T) (*world, *between, context.Context) {
			w, store := newWorldBetween(t)
			ctx := w.as(t, "ada", core.Author)
			for _, slug := range c.held {
				post, err := w.Posts.Create(ctx, core.PostDraft{Title: "Held", Slug: &slug})
				if err == nil {
					_, err = w.Posts.Publish(ctx, post.ID, nil, nil)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			return w, store, ctx
		}
		lead := func(t *testing.T, w *world, posts []*core.Post) {
			t.Helper()
			for i, post := range posts {
				if !slices.Equal(post.Slugs, c.want[i:i+1]) {
					t.Errorf("%s has the slugs %q, not %s", post.Title, post.Slugs, c.want[i])
				}
				if got, err := w.Posts.BySlug(t.Context(), c.want[i]); err != nil || got.ID != post.ID {
					t.Errorf("%s leads to %+v, %v", c.want[i], got, err)
				}
			}
		}
		t.Run(name+", come due", func(t *testing.T) {
			t.Parallel()
			w, store, ctx := hold(t)
			ids := make([]string, len(c.titles))
			for i, title := range c.titles {
				ids[i] = w.schedule(t, ctx, core.PostDraft{Title: title}).ID
				w.offset.Add(int64(time.Millisecond)) // they come due in this order
			}
			w.comeDue()
			store.writes.Store(0)
			page, err := w.Posts.Page(t.Context(), core.PageArgs{Where: core.In("_id", ids), OrderBy: []core.Order{{Field: "publishedAt"}}})
			if err != nil || len(page.Nodes()) != len(ids) {
				t.Fatal(len(page.Nodes()), err)
			}
			lead(t, w, page.Nodes())
			if n := store.writes.Load(); n != 1 {
				t.Errorf("%d writes", n)
			}
		})
		t.Run(name+", imported", func(t *testing.T) {
			t.Parallel()
			w, _, ctx := hold(t)
			author, at := core.PrincipalOf(ctx).UserID, time.Now().Add(-time.Hour)
			list := make([]core.PostImport, len(c.titles))
			for i, title := range c.titles {
				list[i] = core.PostImport{PostDraft: core.PostDraft{Title: title, AuthorID: &author}, PublishedAt: &at}
			}
			posts, err := w.Posts.Import(core.AsSystem(ctx), list)
			if err != nil {
				t.Fatal(err)
			}
			lead(t, w, posts)
		})
	}
}

// Two who read the same posts as they come due do not take their slugs from them.
func TestDuePostsClaimedTwice(t *testing.T) {
	t.Parallel()
	w, store := newWorldBetween(t)
	ctx := w.as(t, "ada", core.Author)
	slug := "chosen"
	w.schedule(t, ctx, core.PostDraft{Title: "From the title"})
	w.schedule(t, ctx, core.PostDraft{Title: "Chosen", Slug: &slug})
	w.comeDue()
	page := func() (slugs []string) {
		page, err := w.Posts.Page(t.Context(), core.PageArgs{})
		if err != nil {
			t.Error(err)
			return nil
		}
		for _, post := range page.Nodes() {
			if post.Slug == nil || !slices.Equal(post.Slugs, []string{*post.Slug}) {
				t.Errorf("%v, %q", post.Slug, post.Slugs)
			}
			slugs = append(slugs, post.Slugs...)
		}
		return slugs
	}
	var other []string
	meanwhile := func() { other = page() }
	store.write.Store(&meanwhile)
	if mine := page(); len(mine) != 2 || !slices.Equal(mine, other) {
		t.Errorf("one reads %q, the other %q", mine, other)
	}
	if n := store.writes.Load(); page() == nil || store.writes.Load() != n {
		t.Error("they are claimed again")
	}
}

// What becomes of a scheduled post while its slug is claimed by who reads it in the
// same moment: no hidden post keeps a slug, and no slug of the author's choice is lost.
func TestWrittenInTheMoment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do    func(*world, context.Context, *core.Post) error
		slugs []string // that lead to it then
	}{
		"unpublished": {func(w *world, ctx context.Context, p *core.Post) error {
			_, err := w.Posts.Unpublish(ctx, p.ID, nil)
			return err
		}, nil},
		"put off": {func(w *world, ctx context.Context, p *core.Post) error {
			at := p.PublishedAt.Add(5 * time.Hour)
			_, err := w.Posts.Publish(ctx, p.ID, nil, &at)
			return err
		}, nil},
		"deleted": {func(w *world, ctx context.Context, p *core.Post) error { return w.Posts.Delete(ctx, p.ID, nil) }, nil},
		"given a slug": {func(w *world, ctx context.Context, p *core.Post) error {
			slug := "another"
			_, err := w.Posts.Update(ctx, p.ID, nil, core.PostPatch{Slug: core.Opt[*string]{Set: true, Value: &slug}})
			return err
		}, []string{"another", "soon"}},
		"given a title": {func(w *world, ctx context.Context, p *core.Post) error {
			_, err := w.Posts.Update(ctx, p.ID, nil, core.PostPatch{Title: core.Opt[string]{Set: true, Value: "Late"}})
			return err
		}, []string{"soon"}},
	} {
		for _, chosen := range []*string{nil, new("soon")} {
			t.Run(fmt.Sprint(name, chosen != nil), func(t *testing.T) {
				t.Parallel()
				w, store := newWorldBetween(t)
				ctx := w.as(t, "ada", core.Author)
				post := w.schedule(t, ctx, core.PostDraft{Title: "Soon", Slug: chosen})
				visit := func() {
					w.comeDue()
					if got, err := w.Posts.Get(t.Context(), post.ID); err != nil || len(got.Slugs) != 1 {
						t.Errorf("the visitor gets %+v, %v", got, err)
					}
				}
				store.write.Store(&visit)
				if err := c.do(w, ctx, post); err != nil {
					t.Fatal(err)
				}
				for _, slug := range c.slugs {
					if got, err := w.Posts.BySlug(t.Context(), slug); err != nil || got.ID != post.ID {
						t.Errorf("%s leads to %+v, %v", slug, got, err)
					}
				}
				if len(c.slugs) > 0 {
					return
				}
				if n, err := w.docs.Count(t.Context(), "posts", core.Query{Filter: core.Eq("slugs", "soon")}); n != 0 || err != nil {
					t.Errorf("%d hidden posts hold the slug, %v", n, err)
				}
				rival, err := w.Posts.Create(ctx, core.PostDraft{Title: "Soon"})
				if err == nil {
					rival, err = w.Posts.Publish(ctx, rival.ID, nil, nil)
				}
				if err != nil || *rival.Slug != "soon" {
					t.Errorf("the next one gets %+v, %v", rival, err)
				}
			})
		}
	}
}

// A visitor hears of a post that was written between its moment and the alarm as of one
// that is new, once, whether the alarm has read it before or comes later; and of one
// that is hidden or gone by then, nothing, or that it came and left.
func TestAnnouncedOnce(t *testing.T) {
	t.Parallel()
	retitle := func(title string) func(*world, context.Context, string) error {
		return func(w *world, ctx context.Context, id string) error {
			_, err := w.Posts.Update(ctx, id, nil, core.PostPatch{Title: core.Opt[string]{Set: true, Value: title}})
			return err
		}
	}
	for name, c := range map[string]struct {
		do   func(*world, context.Context, string) error
		want []string
	}{
		"edited": {retitle("Now"), []string{"ADDED Now"}},
		"unpublished": {func(w *world, ctx context.Context, id string) error {
			_, err := w.Posts.Unpublish(ctx, id, nil)
			return err
		}, nil},
		"deleted": {func(w *world, ctx context.Context, id string) error { return w.Posts.Delete(ctx, id, nil) }, nil},
	} {
		for _, alarmReads := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", the alarm has read it: ", alarmReads), func(t *testing.T) {
				t.Parallel()
				w, store := newWorldBetween(t)
				ctx := w.as(t, "ada", core.Author)
				visitor, err := w.Posts.Changed(t.Context(), core.All)
				if err != nil {
					t.Fatal(err)
				}
				heard := func() string {
					select {
					case c := <-visitor:
						if c.Err != nil {
							t.Fatal(c.Err)
						}
						if c.Doc == nil {
							return string(c.Kind)
						}
						return string(c.Kind) + " " + c.Doc.Title
					case <-time.After(20 * time.Second):
						t.Fatal("nothing was heard")
						return ""
					}
				}
				post := w.schedule(t, ctx, core.PostDraft{Title: "Soon"})
				done := make(chan struct{})
				do := func() {
					defer close(done)
					if err := c.do(w, ctx, post.ID); err != nil {
						t.Error(err)
					}
					for _, want := range c.want {
						if got := heard(); got != want {
							t.Errorf("heard %q, not %q", got, want)
						}
					}
				}
				func() {
					store.still.Lock()
					defer store.still.Unlock()
					w.comeDue()
					if alarmReads {
						store.alarms.Store(&do)
					} else {
						do()
					}
				}()
				w.schedule(t, ctx, core.PostDraft{Title: "Later"}) // wakes the alarm
				marker, err := w.Posts.Create(ctx, core.PostDraft{Title: "Marker"})
				if err != nil {
					t.Fatal(err)
				}
				select {
				case <-done:
				case <-time.After(20 * time.Second):
					t.Fatal("the alarm has not read")
				}
				if _, err := w.Posts.Publish(ctx, marker.ID, nil, nil); err != nil {
					t.Fatal(err)
				}
				got := heard()
				if len(c.want) == 0 && alarmReads && got == "ADDED Soon" { // the alarm was first
					if got = heard(); got != "REMOVED" {
						t.Errorf("heard %q, not that it has left", got)
					}
					got = heard()
				}
				if got != "ADDED Marker" {
					t.Errorf("heard %q, not the next one", got)
				}
				if len(c.want) == 0 {
					return
				}
				if err := retitle("Still")(w, ctx, post.ID); err != nil {
					t.Fatal(err)
				}
				if got := heard(); got != "UPDATED Still" {
					t.Errorf("heard %q of the next change", got)
				}
			})
		}
	}
}
