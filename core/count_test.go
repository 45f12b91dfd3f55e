package core_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
)

// TestCounts holds counts to what is counted one by one, for random conditions and all
// kinds of callers: drafts, scheduled and published posts of two authors, some of which
// many arms of a count lead to.
func TestCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, now := rand.New(rand.NewPCG(1, 2)), time.Now()
	one := func(list ...string) string { return list[r.IntN(len(list))] }
	var authors []string
	as := map[string]context.Context{"visitor": t.Context(), "system": core.AsSystem(t.Context()), "editor": w.as(t, "editor", core.Editor), "reader": w.as(t, "reader", core.Member)}
	for _, role := range []core.Role{core.Member, core.Author} {
		as[string(role)] = w.as(t, fmt.Sprint("user", len(authors)), role)
		authors = append(authors, core.PrincipalOf(as[string(role)]).UserID)
	}
	var posts []core.PostImport
	for i := range 80 {
		author := one(authors...)
		var p core.PostImport
		p.AuthorID, p.Title, p.Body, p.Tags = &author, one("a", "b", "c"), one("word", "other word"), []string{one("a", "b"), one("b", "c")}[:1+r.IntN(2)]
		if at := now.Add(time.Duration(r.IntN(100)-50) * time.Hour); i%3 > 0 {
			p.PublishedAt = &at
		}
		posts = append(posts, p)
	}
	if _, err := w.Posts.Import(as["system"], posts); err != nil {
		t.Fatal(err)
	}
	specs, err := core.CompleteSpecs(model.Specs())
	if err != nil {
		t.Fatal(err)
	}
	spec := specs["posts"]
	var all []*core.Post
	for doc, err := range w.docs.Find(t.Context(), "posts", core.Query{Limit: 1000}) {
		if err != nil {
			t.Fatal(err)
		}
		p := new(core.Post)
		if err := doc.Decode(p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	var filter func(depth int) core.Filter
	filter = func(depth int) core.Filter {
		if depth > 0 && r.IntN(2) == 0 {
			switch a, b := filter(depth-1), filter(depth-1); r.IntN(5) {
			case 0:
				return core.Not(a)
			case 1, 2:
				return core.Or(a, b)
			default:
				return core.And(a, b)
			}
		}
		at := now.Add(time.Duration(r.IntN(100)-50) * time.Hour)
		switch r.IntN(12) {
		case 0:
			return core.Eq("authorId", one(authors...))
		case 1:
			return core.In("authorId", authors)
		case 2:
			return core.Eq("status", one("DRAFT", "PUBLISHED"))
		case 3, 4:
			return core.Eq("tags", one("a", "b", "c"))
		case 5:
			return core.In("tags", []string{"a", "c"})
		case 6:
			return core.Lt("date", at)
		case 7:
			return core.Gte("date", at)
		case 8:
			return core.Eq("title", one("a", "b"))
		case 9:
			return core.Eq("publishedAt", nil)
		case 10:
			return core.Search(one("word", "oth"))
		}
		return core.All
	}
	counted := 0
	for range 300 {
		where := filter(3)
		for caller, ctx := range as {
			q := spec.PlanCount(core.PrincipalOf(ctx), now, where)
			want := int64(0)
			for _, p := range all {
				if q.Filter.Match(p, spec.Search) {
					want++
				}
			}
			n := int64(0)
			if len(q.Arms) > 0 {
				if n, err = w.docs.Count(t.Context(), "posts", q); err != nil {
					t.Fatal(err)
				}
			}
			if n != want {
				t.Fatalf("%d for a %s, want %d, where\n%+v\n%+v", n, caller, want, where, q.Arms)
			}
			if q.Limit = 5; len(q.Arms) > 0 {
				if n, err = w.docs.Count(t.Context(), "posts", q); err != nil || n != min(want, 5) {
					t.Fatalf("%d of at most 5 (%v) for a %s, want %d", n, err, caller, want)
				}
			}
			counted += int(want)
		}
	}
	if counted < 10_000 {
		t.Errorf("only %d are counted", counted)
	}
}

// limits answers each count by what it was told of a collection of a million, and keeps
// the limit.
type limits struct {
	core.DocStore
	limit int
}

func (l *limits) Count(_ context.Context, _ string, q core.Query) (int64, error) {
	if l.limit = q.Limit; l.limit == 0 {
		return 1e6, nil
	}
	return int64(l.limit), nil
}

// A count that need not be exact stops soon.
func TestTotalCount(t *testing.T) {
	t.Parallel()
	l := &limits{}
	w := newWorld(t, func(cfg *core.Config) { l.DocStore, cfg.Docs = cfg.Docs, l })
	page, err := w.Posts.Page(t.Context(), core.PageArgs{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		exact       *bool
		limit, want int
	}{{nil, 0, 1e6}, {ptr(true), 0, 1e6}, {ptr(false), core.MaxCounted + 1, core.MaxCounted + 1}} {
		if n, err := page.TotalCount(t.Context(), test.exact); n != test.want || l.limit != test.limit || err != nil {
			t.Errorf("%d counted up to %d (%v), want %d up to %d", n, l.limit, err, test.want, test.limit)
		}
	}
	all := core.NewPage([]*core.Post{}, 20_000)
	if n, err := all.TotalCount(t.Context(), ptr(false)); n != core.MaxCounted+1 || err != nil {
		t.Errorf("%d (%v) of a page that is at hand", n, err)
	}
}
