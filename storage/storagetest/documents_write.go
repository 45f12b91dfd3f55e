package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// checkTaken wants the Conflict of a unique field.
func checkTaken(t *testing.T, err error, field string) {
	t.Helper()
	var e *core.Error
	if !errors.As(err, &e) || e.Code != core.Conflict {
		t.Fatalf("got %v, want %s", err, core.Conflict)
	}
	if len(e.Fields) != 1 || e.Fields[0].Path != field || e.Fields[0].Code != "TAKEN" {
		t.Fatalf("the conflict names %+v, want %s", e.Fields, field)
	}
}

// checkNoMatch wants *core.NoMatch of the operation at this position.
func checkNoMatch(t *testing.T, err error, op int) {
	t.Helper()
	var e *core.NoMatch
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a NoMatch", err)
	}
	if e.Op != op {
		t.Fatalf("NoMatch names operation %d, want %d", e.Op, op)
	}
}

func insertOp(coll string, doc any) core.Op {
	return core.Op{Kind: core.OpInsert, Coll: coll, Doc: doc}
}

func testInsertTwice(t *testing.T, d *documents) {
	s := d.store(t)
	a := newArticle("art_1", day(1))
	insert(t, s, "articles", a)
	b := newArticle("art_1", day(2))
	checkTaken(t, s.Write(deadline(t), insertOp("articles", b)), "_id")
	if got := get[article](t, s, "articles", "art_1"); !got.Date.Equal(day(1)) {
		t.Error("the second insert overwrote the first")
	}
	write(t, s) // no operations: nothing to do
}

func testUnique(t *testing.T, d *documents) {
	s := d.store(t)
	ctx := deadline(t)
	a, b, c := newArticle("art_1", day(1)), newArticle("art_2", day(2)), newArticle("art_3", day(3))
	a.Slug = ptr("x")
	insert(t, s, "articles", a, b, c) // b and c are null: no conflict

	e := newArticle("art_4", day(4))
	e.Slug = ptr("x")
	checkTaken(t, s.Write(ctx, insertOp("articles", e)), "slug")
	checkTaken(t, s.Write(ctx, update("articles", core.Eq("_id", "art_2"), core.Set("slug", "x"))), "slug")
	// By whatever route, also when two documents of one update collide.
	checkTaken(t, s.Write(ctx, update("articles", core.Eq("slug", nil), core.Set("slug", "y"))), "slug")
	if n := count(t, s, "articles", core.Eq("slug", nil)); n != 2 {
		t.Errorf("%d articles without a slug, want 2", n)
	}

	// A document may keep its own value; case matters; a freed value is free.
	write(t, s, update("articles", core.Eq("_id", "art_1"), core.Set("slug", "x"), core.Set("title", "new")))
	write(t, s, update("articles", core.Eq("_id", "art_2"), core.Set("slug", "X")))
	write(t, s, update("articles", core.Eq("_id", "art_1"), core.Set("slug", nil)))
	write(t, s, insertOp("articles", e))
	write(t, s, remove("articles", core.Eq("_id", "art_4")), update("articles", core.Eq("_id", "art_1"), core.Set("slug", "x")))
	if got := get[article](t, s, "articles", "art_1"); got.Slug == nil || *got.Slug != "x" {
		t.Errorf("the slug moved to art_1 is %v", got.Slug)
	}
}

// testUniqueDecimal tells that numbers are the same however they are written.
func testUniqueDecimal(t *testing.T, d *documents) {
	s := d.store(t)
	withLimit := func(id, limit string) *account {
		a := newAccount(id)
		a.Limit = ptr(value.MustDecimal(limit))
		return a
	}
	insert(t, s, "accounts", newAccount("acc_1"), newAccount("acc_2"), withLimit("acc_3", "-1.50"), withLimit("acc_4", "-1.51"))
	for _, same := range []string{"-1.5", "-1.500", "-15e-1"} {
		if err := s.Write(deadline(t), core.Op{Kind: core.OpInsert, Coll: "accounts", Doc: withLimit("acc_5", same)}); !core.Is(err, core.Conflict) {
			t.Errorf("%s beside -1.50: %v", same, err)
		}
	}
	write(t, s, update("accounts", core.Eq("_id", "acc_3"), core.Set("limit", value.MustDecimal("-1.500"))))
	if got := get[account](t, s, "accounts", "acc_3"); got.Limit.String() != "-1.500" {
		t.Errorf("came back as %s", got.Limit)
	}
	for _, f := range []core.Filter{core.Eq("limit", value.MustDecimal("-1.5")), core.In("limit", []value.Decimal{value.MustDecimal("-1.5"), value.MustDecimal("7")})} {
		if n := count(t, s, "accounts", f); n != 1 {
			t.Errorf("%s finds %d", show(f), n)
		}
	}
}

func testUniqueArray(t *testing.T, d *documents) {
	s := d.store(t)
	ctx := deadline(t)
	a, b, c := newAccount("acc_1"), newAccount("acc_2"), newAccount("acc_3")
	a.Emails = []string{"a@example.com", "b@example.com", "a@example.com"} // twice in one document is no conflict
	c.Emails = nil
	insert(t, s, "accounts", a, b, c) // b and c are empty

	e := newAccount("acc_4")
	e.Emails = []string{"new@example.com", "b@example.com"}
	checkTaken(t, s.Write(ctx, insertOp("accounts", e)), "emails")
	checkTaken(t, s.Write(ctx, update("accounts", core.Eq("_id", "acc_2"), core.Set("emails", []string{"a@example.com"}))), "emails")
	if n := count(t, s, "accounts", core.Eq("emails", "new@example.com")); n != 0 {
		t.Error("an element of a refused document was kept")
	}
	write(t, s, update("accounts", core.Eq("_id", "acc_1"), core.Set("emails", []string{"a@example.com", "c@example.com"})))
	write(t, s, insertOp("accounts", e)) // b@ is free again
	write(t, s, remove("accounts", core.Eq("_id", "acc_4")))
	write(t, s, update("accounts", core.Eq("_id", "acc_3"), core.Set("emails", e.Emails)))
	if got := find[account](t, s, "accounts", core.Query{Filter: core.Eq("emails", "b@example.com")}); len(got) != 1 || got[0].ID != "acc_3" {
		t.Errorf("b@example.com belongs to %v", got)
	}
}

func testPatch(t *testing.T, d *documents) {
	s := d.store(t)
	a := newArticle("art_1", day(1))
	a.Body, a.Slug, a.Tags = ptr("body"), ptr("slug"), []string{"a"}
	insert(t, s, "articles", a)
	write(t, s, update("articles", core.Eq("_id", "art_1"),
		core.Set("title", "new"),
		core.Set("status", status("PUBLISHED")),
		core.Set("slug", (*string)(nil)),
		core.Set("body", nil),
		core.Set("date", day(9).In(time.FixedZone("west", -3600))),
		core.Set("until", ptr(day(10))),
		core.Set("tags", []string{"b", "c"}),
		core.Set("marks", []int64(nil)),
		core.Set("cover", &cover{URL: "u", Width: 3, Taken: day(2)}),
		core.Set("links", []cover{{URL: "l"}}),
		core.Set("labels", map[string]string{"k": "v"}),
		core.Set("score", 2.5),
		core.Set("pinned", true),
		core.Inc("likes", 5), // from null
		core.Inc("views", -3),
		core.Inc("version", 1),
	))
	got := get[article](t, s, "articles", "art_1")
	switch {
	case got.Title != "new", got.Status != "PUBLISHED", got.Slug != nil, got.Body != nil,
		!got.Date.Equal(day(9)), got.Until == nil || !got.Until.Equal(day(10)),
		!slices.Equal(got.Tags, []string{"b", "c"}), got.Marks == nil || len(got.Marks) != 0,
		got.Cover == nil || got.Cover.URL != "u" || got.Cover.Width != 3 || !got.Cover.Taken.Equal(day(2)),
		len(got.Links) != 1 || got.Links[0].URL != "l", got.Labels["k"] != "v",
		got.Score == nil || *got.Score != 2.5, got.Pinned == nil || !*got.Pinned,
		got.Likes == nil || *got.Likes != 5, got.Views != -3, got.Version != 2, got.Author != "usr_1":
		t.Errorf("patched to %+v", got)
	}
	// What filters see has changed with the document.
	checkIDs(t, s, core.And(core.Eq("tags", "c"), core.Eq("likes", 5), core.Eq("slug", nil), core.Eq("status", "PUBLISHED"), core.Eq("date", day(9))), []string{"art_1"})
	checkIDs(t, s, core.Or(core.Eq("tags", "a"), core.Eq("slug", "slug")), nil)

	write(t, s, update("articles", core.Eq("_id", "art_1"), core.Inc("likes", 1), core.Set("author", "usr_2")))
	if got := get[article](t, s, "articles", "art_1"); *got.Likes != 6 || got.Author != "usr_2" {
		t.Errorf("likes %d, author %s", *got.Likes, got.Author)
	}
	// Absent counts as null.
	b := newArticle("art_2", day(1))
	insert(t, s, "articles", b)
	write(t, s, update("articles", core.And(core.Eq("editor", nil), core.Eq("_id", "art_2")), core.Set("editor", "usr_3"), core.Set("pinned", nil)))
	if got := get[article](t, s, "articles", "art_2"); got.Editor == nil || *got.Editor != "usr_3" {
		t.Errorf("editor %v", got.Editor)
	}
}

func testMany(t *testing.T, d *documents) {
	s := d.store(t)
	for i := range 30 {
		a := newArticle(fmt.Sprintf("art_%02d", i), day(i))
		a.Author = fmt.Sprintf("usr_%d", i%3)
		insert(t, s, "articles", a)
	}
	// The update takes away what its own filter asks for.
	write(t, s, update("articles", core.Eq("author", "usr_1"), core.Set("author", "usr_9"), core.Inc("version", 1)))
	if n := count(t, s, "articles", core.And(core.Eq("author", "usr_9"), core.Eq("version", 2))); n != 10 {
		t.Errorf("updated %d, want 10", n)
	}
	write(t, s, update("articles", core.All, core.Inc("views", 1)))
	if n := count(t, s, "articles", core.Eq("views", 1)); n != 30 {
		t.Errorf("updated %d, want 30", n)
	}
	write(t, s, remove("articles", core.In("author", []string{"usr_0", "usr_9"})))
	if n := count(t, s, "articles", core.All); n != 10 {
		t.Errorf("%d are left, want 10", n)
	}
	write(t, s, remove("articles", core.All))
	if n := count(t, s, "articles", core.All); n != 0 {
		t.Errorf("%d are left, want none", n)
	}
}

func testNoMatch(t *testing.T, d *documents) {
	s := d.store(t)
	ctx := deadline(t)
	insert(t, s, "articles", newArticle("art_1", day(1)))
	absent := core.Eq("_id", "art_9")
	stale := core.And(core.Eq("_id", "art_1"), core.Eq("version", 7))

	checkNoMatch(t, s.Write(ctx, update("articles", absent, core.Set("title", "x"))), 0)
	checkNoMatch(t, s.Write(ctx, remove("articles", stale)), 0)
	checkNoMatch(t, s.Write(ctx, update("articles", core.None, core.Set("title", "x"))), 0)
	checkNoMatch(t, s.Write(ctx,
		insertOp("accounts", newAccount("acc_1")),
		update("articles", core.Eq("_id", "art_1"), core.Set("title", "x")),
		remove("articles", absent),
		update("articles", stale, core.Set("title", "y")),
	), 2)
	if got := get[article](t, s, "articles", "art_1"); got.Title == "x" {
		t.Error("a failed Write changed a document")
	}
	if got := get[account](t, s, "accounts", "acc_1"); got != nil {
		t.Error("a failed Write inserted a document")
	}

	optional := func(op core.Op) core.Op { op.Optional = true; return op }
	write(t, s, optional(update("articles", absent, core.Set("title", "x"))), optional(remove("articles", stale)))
	write(t, s,
		optional(remove("articles", absent)),
		update("articles", core.Eq("_id", "art_1"), core.Set("title", "x")),
		optional(update("articles", core.None, core.Set("title", "y"))),
	)
	if got := get[article](t, s, "articles", "art_1"); got.Title != "x" {
		t.Errorf("title %q, want x", got.Title)
	}
}

func testAtomic(t *testing.T, d *documents) {
	s := d.store(t)
	ctx := deadline(t)
	// Each operation sees those before it.
	a := newArticle("art_1", day(1))
	write(t, s,
		insertOp("articles", a),
		insertOp("accounts", newAccount("acc_1")),
		update("articles", core.Eq("_id", "art_1"), core.Set("title", "second"), core.Inc("version", 1)),
		update("articles", core.And(core.Eq("_id", "art_1"), core.Eq("version", 2)), core.Set("title", "third")),
		remove("accounts", core.Eq("_id", "acc_1")),
		insertOp("accounts", newAccount("acc_2")),
	)
	if got := get[article](t, s, "articles", "art_1"); got == nil || got.Title != "third" {
		t.Fatalf("got %+v", got)
	}
	if n := count(t, s, "accounts", core.All); n != 1 {
		t.Errorf("%d accounts, want 1", n)
	}
	// A conflict at the end undoes everything before it.
	b := newAccount("acc_2")
	checkTaken(t, s.Write(ctx,
		remove("articles", core.Eq("_id", "art_1")),
		insertOp("articles", newArticle("art_2", day(2))),
		insertOp("accounts", b),
	), "_id")
	checkIDs(t, s, core.All, []string{"art_1"})
}

// testOneWinner lets many writers change one version of a document.
func testOneWinner(t *testing.T, d *documents) {
	s := d.store(t)
	insert(t, s, "articles", newArticle("art_1", day(1)))
	for round := range 5 {
		guarded := update("articles", core.And(core.Eq("_id", "art_1"), core.Eq("version", round+1)), core.Inc("version", 1), core.Inc("views", 1))
		var mu sync.Mutex
		var won []int
		together(8, func(i int) {
			ops := []core.Op{guarded}
			if i%2 == 1 {
				ops = []core.Op{insertOp("accounts", newAccount(fmt.Sprintf("acc_%d_%d", round, i))), guarded}
			}
			err := s.Write(deadline(t), ops...)
			var none *core.NoMatch
			switch {
			case err == nil:
				mu.Lock()
				defer mu.Unlock()
				won = append(won, i)
			case !errors.As(err, &none) || none.Op != len(ops)-1:
				t.Errorf("a loser got %v", err)
			}
		})
		if len(won) != 1 {
			t.Fatalf("writers %v won, want one", won)
		}
		got := get[article](t, s, "articles", "art_1")
		if got.Version != int64(round+2) || got.Views != int64(round+1) {
			t.Fatalf("version %d, views %d after round %d", got.Version, got.Views, round)
		}
		inserted := count(t, s, "accounts", core.Prefix("_id", fmt.Sprintf("acc_%d_", round)))
		if want := int64(won[0] % 2); inserted != want {
			t.Errorf("%d accounts of round %d, want %d", inserted, round, want)
		}
	}
}

func testConcurrentInc(t *testing.T, d *documents) {
	s := d.store(t)
	insert(t, s, "articles", newArticle("art_1", day(1)))
	together(8, func(int) {
		for range 10 {
			if err := s.Write(deadline(t), update("articles", core.Eq("_id", "art_1"), core.Inc("likes", 1), core.Inc("version", 1))); err != nil {
				t.Errorf("Write: %v", err)
			}
		}
	})
	if got := get[article](t, s, "articles", "art_1"); *got.Likes != 80 || got.Version != 81 {
		t.Errorf("likes %d, version %d, want 80 and 81", *got.Likes, got.Version)
	}
}

func testConcurrentUnique(t *testing.T, d *documents) {
	s := d.store(t)
	var mu sync.Mutex
	var won int
	together(8, func(i int) {
		a := newArticle(fmt.Sprintf("art_%d", i), day(i))
		a.Slug = ptr("wanted")
		err := s.Write(deadline(t), insertOp("articles", a))
		if err == nil {
			mu.Lock()
			defer mu.Unlock()
			won++
			return
		}
		var e *core.Error
		if !errors.As(err, &e) || e.Code != core.Conflict || len(e.Fields) != 1 || e.Fields[0].Path != "slug" {
			t.Errorf("a loser got %v", err)
		}
	})
	if won != 1 {
		t.Errorf("%d writers hold one slug", won)
	}
}

// together runs f n times at once.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

// testContexts holds every call to its context, cancelled or expired.
func testContexts(t *testing.T, d *documents) {
	s := d.store(t)
	insert(t, s, "articles", newArticle("art_1", day(1)))
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	expired, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, expired} {
		check := func(call string, err error) {
			t.Helper()
			if err == nil {
				t.Errorf("%s with an ended context succeeds", call)
			} else if !errors.Is(err, ctx.Err()) && !core.Is(err, core.Unavailable) {
				t.Errorf("%s with an ended context: %v", call, err)
			}
		}
		start := time.Now()
		var err error
		for _, e := range s.Find(ctx, "articles", core.Query{Limit: limit}) {
			err = e
		}
		check("Find", err)
		_, err = s.FindEach(ctx, "articles", []core.Query{{Limit: 1}, {Limit: limit}})
		check("FindEach", err)
		_, err = s.Count(ctx, "articles", core.Query{})
		check("Count", err)
		check("Write", s.Write(ctx, update("articles", core.All, core.Set("title", "late"))))
		check("two Writes", s.Write(ctx, update("articles", core.All, core.Set("title", "late")), insertOp("articles", newArticle("art_2", day(2)))))
		check("Ping", s.Ping(ctx))
		stream, err := s.Changes(deadline(t), nil)
		if err != nil {
			t.Fatalf("Changes: %v", err)
		}
		_, err = stream.Next(ctx)
		check("Next", err)
		if err := stream.Close(); err != nil {
			t.Errorf("closing the stream: %v", err)
		}
		if d := time.Since(start); d > timeout/2 {
			t.Errorf("ended contexts held the calls for %v", d)
		}
	}
	checkIDs(t, s, core.All, []string{"art_1"})
	if got := get[article](t, s, "articles", "art_1"); got.Title == "late" {
		t.Error("a write with an ended context was carried out")
	}

	// A stream that waits is released by its context.
	stream, err := s.Changes(deadline(t), nil)
	if err != nil {
		t.Fatalf("Changes: %v", err)
	}
	defer stream.Close()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := stream.Next(ctx)
		done <- err
	}()
	cancel()
	select {
	case err := <-done:
		if err == nil {
			t.Error("Next returned an event that nobody wrote")
		}
	case <-time.After(timeout):
		t.Fatal("Next ignores its context")
	}
}

// testExpiry needs no clock: documents past their time go, others stay.
func testExpiry(t *testing.T, d *documents) {
	if d.expire == nil && testing.Short() {
		t.Skip("waits for the store's own round, up to some minutes")
	}
	s := d.store(t)
	past, future, never := &ticket{}, &ticket{}, &ticket{}
	past.ID, past.ExpiresAt = "tic_past", ptr(core.Millis(time.Now().Add(-time.Hour)))
	future.ID, future.ExpiresAt = "tic_future", ptr(core.Millis(time.Now().Add(24*time.Hour)))
	never.ID = "tic_never"
	moved := &ticket{}
	moved.ID, moved.ExpiresAt = "tic_moved", future.ExpiresAt
	insert(t, s, "tickets", past, future, never, moved)
	write(t, s, update("tickets", core.Eq("_id", "tic_moved"), core.Set("expiresAt", past.ExpiresAt)))
	old := newArticle("art_1", day(1)) // its type does not expire
	old.Until = past.ExpiresAt
	insert(t, s, "articles", old)

	end := time.Now().Add(4 * timeout)
	for {
		if d.expire != nil {
			d.expire(t, s)
		}
		left := find[ticket](t, s, "tickets", core.Query{Order: []core.Order{{Field: "_id"}}})
		if len(left) == 2 && left[0].ID == "tic_future" && left[1].ID == "tic_never" {
			break
		}
		if d.expire != nil || time.Now().After(end) {
			t.Fatalf("%d tickets are left, want tic_future and tic_never", len(left))
		}
		time.Sleep(time.Second) // a poll; the store runs on its own clock
	}
	if get[article](t, s, "articles", "art_1") == nil {
		t.Error("a document of another type was removed")
	}
}
