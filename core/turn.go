package core

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

const (
	maxWaiting  = 1000                  // writers that wait for one document
	maxPatience = 30 * time.Second      // of a writer whose context has no earlier deadline
	maxBackoff  = 50 * time.Millisecond // before a try
	maxRow      = 16                    // turns that one process takes in a row
)

// turns lets the writers of one document go one after another, in the order in
// which they came: what each reads is then still so when it writes. They are
// for this process alone and only spare work: what is true is the version that
// a write is pinned to. Writers of other processes are met by trying again
// after a pause of random length, and by leaving them one now and then.
type turns struct {
	mu    sync.Mutex
	lines map[string]*line // by key, while somebody has the turn
}

// line is the writers behind the one that has the turn.
type line struct {
	waiting []chan struct{} // closed when its turn has come
	row     int             // turns since the last pause
}

type turnKey struct{}

// inTurn marks that whoever calls with the context has a turn already. It takes
// no second one: two that wait for each other would wait in vain.
func inTurn(ctx context.Context) context.Context { return context.WithValue(ctx, turnKey{}, true) }

// do runs try when its turn has come for key, and again while its error says that
// others, whom no turn holds up, were faster. It gives up when ctx ends, at the
// latest after maxPatience.
func (t *turns) do(ctx context.Context, key string, again func(error) bool, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, maxPatience)
	defer cancel()
	if ctx.Value(turnKey{}) == nil {
		if err := t.take(ctx, key); err != nil {
			return err
		}
		defer t.leave(key)
	}
	for wait := time.Millisecond; ; wait = min(2*wait, maxBackoff) {
		if err := try(ctx); !again(err) {
			return err
		}
		if err := pause(ctx, rand.N(wait)); err != nil {
			return err
		}
	}
}

// take waits for the turn.
func (t *turns) take(ctx context.Context, key string) error {
	t.mu.Lock()
	l := t.lines[key]
	if l == nil {
		if t.lines == nil {
			t.lines = map[string]*line{}
		}
		t.lines[key] = &line{}
		t.mu.Unlock()
		return nil
	}
	if len(l.waiting) >= maxWaiting {
		t.mu.Unlock()
		return crowded("Too many changes of this record are waiting already")
	}
	mine := make(chan struct{})
	l.waiting = append(l.waiting, mine)
	t.mu.Unlock()
	select {
	case <-mine:
	case <-ctx.Done():
		if !t.giveUp(l, mine) {
			t.leave(key) // the turn came in the same moment
		}
		return ended(ctx)
	}
	// The turns of a process must not be all that there are.
	if l.row++; l.row%maxRow == 0 {
		if err := pause(ctx, maxBackoff/2+rand.N(maxBackoff/2)); err != nil {
			t.leave(key)
			return err
		}
	}
	return nil
}

// giveUp takes a writer out of its line; false when it has the turn.
func (t *turns) giveUp(l *line, mine chan struct{}) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(l.waiting, mine)
	if i < 0 {
		return false
	}
	l.waiting = slices.Delete(l.waiting, i, i+1)
	return true
}

// leave hands the turn on.
func (t *turns) leave(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lines[key]
	if len(l.waiting) == 0 {
		delete(t.lines, key)
		return
	}
	close(l.waiting[0])
	l.waiting = slices.Delete(l.waiting, 0, 1)
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ended(ctx)
	}
}

// ended is the error of a writer that has waited in vain.
func ended(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return crowded("Others were changing this record all the time that there was")
}

func crowded(why string) error {
	return &Error{Code: RateLimited, RetryAfter: time.Second,
		Message: why + ", so that nothing was changed. Try again in a moment, and change one record from fewer places at once."}
}
