package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// watch opens a stream that closes with the test.
func watch(t *testing.T, s core.DocStore, after core.Token) core.Stream {
	t.Helper()
	stream, err := s.Changes(deadline(t), after)
	if err != nil {
		t.Fatalf("Changes: %v", err)
	}
	t.Cleanup(func() {
		if err := stream.Close(); err != nil {
			t.Errorf("closing a stream: %v", err)
		}
	})
	return stream
}

func next(t *testing.T, stream core.Stream) core.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	e, err := stream.Next(ctx)
	if err != nil {
		t.Fatalf("Next: %v", err)
	}
	if len(e.Token) == 0 {
		t.Error("an event without a token")
	}
	return e
}

// event writes an event as "coll id title -> title"; "-" is no image.
func event(t *testing.T, e core.Event) string {
	t.Helper()
	title := func(d core.Doc) string {
		if d == nil {
			return "-"
		}
		a := decode[article](t, d)
		if a.ID != e.ID {
			t.Errorf("an image of %s in an event of %s", a.ID, e.ID)
		}
		return a.Title
	}
	return fmt.Sprintf("%s %s %s -> %s", e.Coll, e.ID, title(e.Before), title(e.After))
}

func checkEvents(t *testing.T, stream core.Stream, want ...string) (last core.Token) {
	t.Helper()
	for _, w := range want {
		e := next(t, stream)
		if got := event(t, e); got != w {
			t.Fatalf("got event %q, want %q", got, w)
		}
		last = e.Token
	}
	return last
}

func titled(id, title string) *article {
	a := newArticle(id, day(1))
	a.Title = title
	return a
}

func setTitle(id, title string) core.Op {
	return update("articles", core.Eq("_id", id), core.Set("title", title), core.Inc("version", 1))
}

func testChanges(t *testing.T, d *documents) {
	s := d.store(t)
	insert(t, s, "articles", titled("art_0", "before the stream"))
	stream := watch(t, s, nil)
	other := watch(t, s, nil)

	insert(t, s, "articles", titled("art_1", "one"))
	write(t, s, setTitle("art_1", "two"))
	insert(t, s, "accounts", newAccount("acc_1")) // not live
	write(t, s,
		insertOp("articles", titled("art_2", "three")),
		insertOp("accounts", newAccount("acc_2")),
		setTitle("art_2", "four"),
		setTitle("art_1", "five"),
	)
	checkNoMatch(t, s.Write(deadline(t), setTitle("art_1", "never"), setTitle("art_9", "never")), 1)
	op := setTitle("art_9", "never")
	op.Optional = true
	write(t, s, op)
	write(t, s, remove("articles", core.Eq("_id", "art_1")))
	insert(t, s, "articles", titled("art_1", "again"))

	want := []string{
		"articles art_1 - -> one",
		"articles art_1 one -> two",
		"articles art_2 - -> three",
		"articles art_2 three -> four",
		"articles art_1 two -> five",
		"articles art_1 five -> -",
		"articles art_1 - -> again",
	}
	checkEvents(t, stream, want...)
	checkEvents(t, other, want...)
}

func testChangesOfMany(t *testing.T, d *documents) {
	s := d.store(t)
	for i := range 5 {
		insert(t, s, "articles", titled(fmt.Sprintf("art_%d", i), "old"))
	}
	stream := watch(t, s, nil)
	write(t, s, update("articles", core.In("_id", []string{"art_1", "art_3", "art_4"}), core.Set("title", "new"), core.Inc("version", 1)))
	write(t, s, remove("articles", core.In("_id", []string{"art_0", "art_1"})))
	var got []string
	for range 5 {
		got = append(got, event(t, next(t, stream)))
	}
	slices.Sort(got[:3]) // the documents of one operation come in any order
	slices.Sort(got[3:])
	want := []string{
		"articles art_1 old -> new", "articles art_3 old -> new", "articles art_4 old -> new",
		"articles art_0 old -> -", "articles art_1 new -> -",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// testChangesAbandoned leaves a stream unread: writers must not wait for it.
func testChangesAbandoned(t *testing.T, d *documents) {
	s := d.store(t)
	stream := watch(t, s, nil)
	for i := range 300 {
		insert(t, s, "articles", titled(fmt.Sprintf("art_%03d", i), "x"))
	}
	for i := range 300 {
		checkEvents(t, stream, fmt.Sprintf("articles art_%03d - -> x", i))
	}
}

func testChangesResume(t *testing.T, d *documents) {
	s := d.store(t)
	stream := watch(t, s, nil)
	insert(t, s, "articles", titled("art_1", "one"))
	write(t, s, insertOp("articles", titled("art_2", "two")), insertOp("articles", titled("art_3", "three")))
	first := checkEvents(t, stream, "articles art_1 - -> one")
	middle := checkEvents(t, stream, "articles art_2 - -> two") // inside one Write
	last := checkEvents(t, stream, "articles art_3 - -> three")

	checkEvents(t, watch(t, s, first), "articles art_2 - -> two", "articles art_3 - -> three")
	checkEvents(t, watch(t, s, middle), "articles art_3 - -> three")
	again := watch(t, s, last)
	write(t, s, setTitle("art_1", "four"))
	checkEvents(t, again, "articles art_1 one -> four")
}

func testChangesLost(t *testing.T, d *documents) {
	s := d.store(t)
	lost := func(token core.Token) {
		t.Helper()
		stream, err := s.Changes(deadline(t), token)
		if err == nil {
			defer stream.Close()
			ctx, cancel := context.WithTimeout(context.Background(), timeout)
			defer cancel()
			_, err = stream.Next(ctx)
		}
		if !errors.Is(err, core.ErrTokenLost) {
			t.Errorf("token %q: got %v, want ErrTokenLost", token, err)
		}
	}
	lost(core.Token("not a token"))
	lost(core.Token{0})
	if d.forget == nil {
		t.Skip("the adapter cannot forget changes in a test")
	}
	stream := watch(t, s, nil)
	insert(t, s, "articles", titled("art_1", "one"), titled("art_2", "two"), titled("art_3", "three"))
	first := checkEvents(t, stream, "articles art_1 - -> one")
	last := checkEvents(t, stream, "articles art_2 - -> two", "articles art_3 - -> three")
	d.forget(t, s)
	lost(first)
	// Nothing after the last token is gone.
	again := watch(t, s, last)
	write(t, s, setTitle("art_1", "four"))
	checkEvents(t, again, "articles art_1 one -> four")
	checkEvents(t, stream, "articles art_1 one -> four")
}

// testChangesLarge has images of 9 MiB before and after: together more than a document
// of MongoDB may have.
func testChangesLarge(t *testing.T, d *documents) {
	s := d.store(t)
	stream := watch(t, s, nil)
	large := titled("art_1", "one")
	large.Hash = bytes.Repeat([]byte("large"), 9<<20/5)
	insert(t, s, "articles", large)
	first := checkEvents(t, stream, "articles art_1 - -> one")
	write(t, s, setTitle("art_1", "two"))
	write(t, s, setTitle("art_1", "three"), insertOp("articles", titled("art_2", "small")))
	write(t, s, remove("articles", core.Eq("_id", "art_1")))
	want := []string{"articles art_1 one -> two", "articles art_1 two -> three", "articles art_2 - -> small", "articles art_1 three -> -"}
	checkEvents(t, stream, want...)
	again := watch(t, s, first)
	e := next(t, again)
	for _, image := range []core.Doc{e.Before, e.After} {
		if a := decode[article](t, image); !bytes.Equal(a.Hash, large.Hash) {
			t.Errorf("an image of %d bytes, want %d", len(a.Hash), len(large.Hash))
		}
	}
	checkEvents(t, watch(t, s, e.Token), want[1:]...)
}

// testChangesWait lets Next wait before the write happens.
func testChangesWait(t *testing.T, d *documents) {
	s := d.store(t)
	stream := watch(t, s, nil)
	got := make(chan error, 1)
	var e core.Event
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	go func() {
		var err error
		e, err = stream.Next(ctx)
		got <- err
	}()
	insert(t, s, "articles", titled("art_1", "one"))
	if err := <-got; err != nil {
		t.Fatalf("Next: %v", err)
	}
	if e.ID != "art_1" {
		t.Errorf("got an event of %q", e.ID)
	}
}

func testChangesAcrossStores(t *testing.T, d *documents) {
	if d.peers == nil {
		t.Skip("the adapter serves one process")
	}
	a, b := d.peers(t, specs())
	closeAtEnd(t, a)
	closeAtEnd(t, b)
	for _, s := range []core.DocStore{a, b} {
		if err := s.Ensure(deadline(t), specs()); err != nil {
			t.Fatalf("Ensure: %v", err)
		}
	}
	stream := watch(t, b, nil)
	insert(t, a, "articles", titled("art_1", "one"))
	insert(t, b, "articles", titled("art_2", "two"))
	write(t, a, setTitle("art_2", "three"))
	token := checkEvents(t, stream, "articles art_1 - -> one")
	want := []string{"articles art_2 - -> two", "articles art_2 two -> three"}
	checkEvents(t, stream, want...)
	checkEvents(t, watch(t, a, token), want...)
}
