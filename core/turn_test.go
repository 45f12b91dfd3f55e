package core_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// held takes the turn of key and keeps it until the test gives it back.
func held(t *testing.T, q *core.Turns, key string) (release func()) {
	t.Helper()
	in, out, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		if err := q.Take(t.Context(), key, func(context.Context) error { close(in); <-out; return nil }); err != nil {
			t.Error(err)
		}
	}()
	<-in
	return func() { close(out); <-done }
}

// eventually waits until n writers wait for key.
func eventually(t *testing.T, q *core.Turns, key string, n int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); q.Waiting(key) != n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d wait, want %d", q.Waiting(key), n)
		}
	}
}

func TestTurnsInOrder(t *testing.T) {
	t.Parallel()
	var q core.Turns
	release := held(t, &q, "a")
	var order []int
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if err := q.Take(t.Context(), "a", func(context.Context) error { order = append(order, i); return nil }); err != nil {
				t.Error(err)
			}
		})
		eventually(t, &q, "a", i+1)
	}
	if err := q.Take(t.Context(), "b", func(context.Context) error { return nil }); err != nil {
		t.Errorf("another document had to wait: %v", err)
	}
	release()
	wg.Wait()
	for i, n := range order {
		if i != n {
			t.Fatalf("the order was %v", order)
		}
	}
	if n := q.Lines(); len(order) != 20 || n != 0 {
		t.Errorf("%d had their turn, and %d lines are left behind", len(order), n)
	}
}

func TestTurnsAreBounded(t *testing.T) {
	t.Parallel()
	var q core.Turns
	release := held(t, &q, "a")
	never := func(context.Context) error { return errors.New("ran") }

	soon, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	gone, leave := context.WithCancel(t.Context())
	leave()
	late, away := q.Take(soon, "a", never), q.Take(gone, "a", never)
	var e *core.Error
	if !errors.As(late, &e) || e.Code != core.RateLimited || e.RetryAfter <= 0 {
		t.Errorf("at the deadline: %v", late)
	}
	if !errors.Is(away, context.Canceled) {
		t.Errorf("a caller who left: %v", away)
	}
	if n := q.Waiting("a"); n != 0 {
		t.Errorf("%d who gave up are still waiting", n)
	}

	var wg sync.WaitGroup
	for range core.MaxWaiting {
		wg.Go(func() {
			if err := q.Take(t.Context(), "a", func(context.Context) error { return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	eventually(t, &q, "a", core.MaxWaiting)
	if err := q.Take(t.Context(), "a", never); !core.Is(err, core.RateLimited) {
		t.Errorf("one more than may wait: %v", err)
	}
	release()
	wg.Wait()
	if n := q.Lines(); n != 0 {
		t.Errorf("%d lines are left behind", n)
	}
}

// A hook may change other documents, also when another one's hook does so the
// other way round.
func TestHooksTakeNoSecondTurn(t *testing.T) {
	t.Parallel()
	w, offers := newOffers(t)
	ctx := w.as(t, "ada", core.Member)
	a, err := offers.Create(ctx, named("a", w.userID(t, "ada")))
	if err != nil {
		t.Fatal(err)
	}
	b, err := offers.Create(ctx, named("b", w.userID(t, "ada")))
	if err != nil {
		t.Fatal(err)
	}
	other := map[string]string{a.ID: b.ID, b.ID: a.ID}
	price := func(n int64) core.Edits[offer] {
		return core.Edits[offer]{Apply: func(o *offer, _ *core.Checker) { o.Cost = &n }}
	}
	offers.BeforeUpdate = func(ctx context.Context, before, after *offer) error {
		if *after.Cost != 1 {
			return nil
		}
		_, err := offers.Update(ctx, other[after.ID], nil, price(2))
		return err
	}
	var wg sync.WaitGroup
	for _, id := range []string{a.ID, b.ID} {
		wg.Go(func() {
			if _, err := offers.Update(ctx, id, nil, price(1)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// Posts of one title that are published at once each get a slug.
func TestManyPublishUnderOneTitle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Author)
	const n = 60
	slugs := map[string]bool{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range n {
		post, err := w.Posts.Create(ctx, core.PostDraft{Title: "News", Body: fmt.Sprint(i)})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			post, err := w.Posts.Publish(ctx, post.ID, nil, nil)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			slugs[*post.Slug] = true
		})
	}
	wg.Wait()
	if len(slugs) != n {
		t.Errorf("%d slugs for %d posts", len(slugs), n)
	}
}
