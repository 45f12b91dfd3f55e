package core_test

import (
	"sync"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// A refusal costs nothing, however many there are at once.
func TestLimiterRefusalsAreFree(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000, 0)
	l := core.NewLimiter(core.Rate{Burst: 105, Every: time.Second}, func() time.Time { return now })
	if err := l.Take("a", 100); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 2_000 {
				if err := l.Take("a", 50); !core.Is(err, core.RateLimited) {
					t.Errorf("took more than there is: %v", err)
					return
				}
			}
		})
	}
	wait.Wait()
	if left := l.Left("a"); left != 5 {
		t.Errorf("%d left of 5", left)
	}
	if err := l.Take("a", 1_000); err == nil {
		t.Error("a whole burst was taken of 5")
	}
	if err := l.Take("b", 1_000); err != nil {
		t.Errorf("more than a burst is a burst: %v", err)
	}
}

// What was done already is owed, a burst at most, and made up for before more is given.
func TestLimiterOwes(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000, 0)
	l := core.NewLimiter(core.Rate{Burst: 10, Every: time.Second}, func() time.Time { return now })
	for range 5 {
		l.Owe("a", 100)
	}
	l.Owe("b", 12)
	now = now.Add(4 * time.Second)
	if l.Take("a", 1) == nil || l.Take("b", 1) != nil {
		t.Errorf("a owes 10 less 4, b nothing any more: %d and %d left", l.Left("a"), l.Left("b"))
	}
	now = now.Add(8 * time.Second)
	if err := l.Take("a", 2); err != nil || l.Left("a") != 0 {
		t.Errorf("12 s after it owed 10: %v, %d left", err, l.Left("a"))
	}
}
