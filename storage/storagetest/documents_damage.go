package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// broken is an article as a foreign hand might have stored it.
type broken struct {
	core.Head `bson:",inline"`
	Title     int32     `bson:"title"`
	Status    status    `bson:"status"`
	Date      time.Time `bson:"date"`
	Tags      []string  `bson:"tags"`
}

// testDamage: a document that cannot be decoded says so, and which it is; the
// others are answered, and it can be removed.
func testDamage(t *testing.T, d *documents) {
	s := d.store(t)
	insert(t, s, "articles", newArticle("art_1", day(1)), newArticle("art_3", day(3)))
	insert(t, s, "articles", &broken{Head: core.Head{ID: "art_2", Version: 1}, Title: 7, Status: "DRAFT", Date: day(2), Tags: []string{"a"}})
	q := core.Query{Filter: core.Eq("status", "DRAFT"), Order: []core.Order{{Field: "date"}, {Field: "_id"}}, Limit: 10, Identify: true}
	var ids []string
	for doc, err := range s.Find(deadline(t), "articles", q) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, doc.ID())
		var e *core.DecodeError
		switch err := doc.Decode(new(article)); {
		case doc.ID() == "art_2" && (!errors.As(err, &e) || e.Field != "title"):
			t.Errorf("the damaged one: %v", err)
		case doc.ID() != "art_2" && err != nil:
			t.Errorf("%s: %v", doc.ID(), err)
		}
	}
	if !slices.Equal(ids, []string{"art_1", "art_2", "art_3"}) {
		t.Fatalf("found %v", ids)
	}
	write(t, s, remove("articles", core.Eq("_id", "art_2")))
	if n := count(t, s, "articles", core.Eq("tags", "a")); n != 0 {
		t.Errorf("%d remain of it", n)
	}
}

// badCounter is a counter that is none.
type badCounter struct {
	core.Head `bson:",inline"`
	N         string `bson:"n"`
}

// testDamageInLists: one document that cannot be read does not take its list down.
func testDamageInLists(t *testing.T, d *documents) {
	s := d.storeFor(t, contended())
	m := counters(t, s)
	var told []string
	ctx := core.WithReport(deadline(t), func(_ context.Context, err error) {
		var e *core.Error
		if !errors.As(err, &e) || e.Code != core.Unreadable {
			t.Errorf("reported %v", err)
			return
		}
		told = append(told, e.ID)
	})
	changes, err := m.Changed(ctx, core.All)
	if err != nil {
		t.Fatal(err)
	}
	good := map[string]bool{}
	var want, all []string
	for i := range 12 {
		id := fmt.Sprintf("counter_%02d", i)
		head := core.Head{ID: id, Version: 1, CreatedAt: day(i), UpdatedAt: day(i)}
		all = append(all, id)
		if i == 0 || i%4 > 1 || i == 11 { // alone, two together, at both ends
			insert(t, s, "counters", &badCounter{Head: head, N: "x"})
			continue
		}
		good[id], want = true, append(want, id)
		insert(t, s, "counters", &counter{Head: head, N: int64(i)})
	}
	for range want { // the feed goes on
		select {
		case c := <-changes:
			if c.Err != nil || !good[c.ID] {
				t.Fatalf("heard %+v", c)
			}
		case <-time.After(timeout):
			t.Fatal("the feed stands still")
		}
	}

	for _, size := range []int{1, 2, 3, 5, 100} {
		told = nil
		var ids []string
		args := core.PageArgs{First: &size}
		for pages := 0; ; pages++ {
			page, err := m.Page(ctx, args)
			if err != nil || pages > len(all) {
				t.Fatalf("pages of %d: page %d: %v", size, pages, err)
			}
			for _, e := range page.Edges() {
				ids = append(ids, e.Node.ID)
			}
			if n, err := page.TotalCount(ctx, nil); err != nil || n != len(all) {
				t.Errorf("%d counted: %v", n, err)
			}
			info := page.PageInfo()
			if !info.HasNextPage {
				break
			}
			args.After = info.EndCursor
		}
		slices.Sort(told)
		if !slices.Equal(ids, want) || len(slices.Compact(told)) != len(all)-len(want) {
			t.Errorf("pages of %d: %v, without %v", size, ids, told)
		}
		var back []string
		args = core.PageArgs{Last: &size}
		for range all {
			page, err := m.Page(ctx, args)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range slices.Backward(page.Nodes()) {
				back = append(back, n.ID)
			}
			info := page.PageInfo()
			if !info.HasPreviousPage {
				break
			}
			args.Before = info.StartCursor
		}
		if slices.Reverse(back); !slices.Equal(back, want) {
			t.Errorf("backward, pages of %d: %v", size, back)
		}
	}

	isUnreadable := func(what string, err error) {
		t.Helper()
		var e *core.Error
		if !errors.As(err, &e) || e.Code != core.Unreadable || e.ID != "counter_02" {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = m.Get(ctx, "counter_02")
	isUnreadable("a single read", err)
	_, err = m.Update(ctx, "counter_02", nil, up)
	isUnreadable("an update", err)
	if _, err := m.Get(core.AsSystem(ctx), "counter_02"); !core.Is(err, core.Internal) {
		t.Errorf("read on somebody's behalf: %v", err)
	}
	told = nil
	list, err := m.GetMany(ctx, []string{"counter_01", "counter_02", "counter_99"})
	if err != nil || list[0] == nil || list[1] != nil || list[2] != nil || !slices.Equal(told, []string{"counter_02"}) {
		t.Errorf("by ids: %v, without %v: %v", list, told, err)
	}
}

// testCheck: a look at all that is stored finds what does not fit its type.
func testCheck(t *testing.T, d *documents) {
	s := d.storeFor(t, contended())
	insert(t, s, "counters", &counter{Head: core.Head{ID: "counter_1", Version: 1, CreatedAt: day(1), UpdatedAt: day(1)}, N: 1})
	insert(t, s, "counters", &badCounter{Head: core.Head{ID: "counter_2", Version: 1, CreatedAt: day(1), UpdatedAt: day(1)}, N: "x"})
	var found []string
	n, err := core.Check(deadline(t), s, contended(), func(p core.Problem) { found = append(found, p.String()) })
	if err != nil || n != 2 || !slices.Equal(found, []string{"counters counter_2, n: holds a String, where an Int64 is declared"}) {
		t.Errorf("%d documents, %q: %v", n, found, err)
	}
}
