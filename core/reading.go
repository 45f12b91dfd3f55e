package core

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// Reading is what one operation may still read, all its fields together: in bytes of
// documents as they are stored, and in time that a store works for it. A page is bounded
// by its number of documents, and they by what one request can write; but a short query
// may ask for many pages of large ones, and a count looks at what it does not answer.
//
// A nil Reading is without bounds: for commands and upkeep.
type Reading struct {
	bytes atomic.Int64 // that are left
	spent atomic.Int64 // nanoseconds
	most  time.Duration
}

type readingKey struct{}

// WithReading bounds what is read with the context: TOO_LARGE when it is more.
func WithReading(ctx context.Context, bytes int64, most time.Duration) (context.Context, *Reading) {
	r := &Reading{most: most}
	r.bytes.Store(bytes)
	return context.WithValue(ctx, readingKey{}, r), r
}

// ReadingOf is the Reading of the context.
func ReadingOf(ctx context.Context) *Reading {
	r, _ := ctx.Value(readingKey{}).(*Reading)
	return r
}

// unservedRead is for how many bytes a list counts that no index serves: the store
// reads past much that it does not answer with. Three of them have place in an
// operation.
const unservedRead = 4 << 20

// charge takes a document of n bytes from what may still be read.
func (r *Reading) charge(n int) error {
	if r != nil && r.bytes.Add(-int64(n)) < 0 {
		return Errorf(TooLarge, "What this operation reads is too large. Ask for fewer objects at a time.")
	}
	return nil
}

// Spent is how long stores have worked for the operation.
func (r *Reading) Spent() time.Duration {
	if r == nil {
		return 0
	}
	return time.Duration(r.spent.Load())
}

// Do runs f, in which a store works for the operation, and charges the time. The
// context of f ends when the operation has no time left, and f with TOO_LARGE; or
// earlier, once it has had a time of until in all, and f with [ErrSlow]. Stores call it when
// they have waited for what they need. An until of 0 is none.
func (r *Reading) Do(ctx context.Context, until time.Duration, f func(context.Context) error) error {
	if r == nil {
		return f(ctx)
	}
	most, slow := r.most, false
	if until > 0 && until < most {
		most, slow = until, true
	}
	start := time.Now()
	within, cancel := context.WithTimeoutCause(ctx, most-r.Spent(), errNoTime)
	defer cancel()
	err := context.Cause(within)
	if err == nil {
		err = f(within)
		r.spent.Add(int64(time.Since(start)))
	}
	var known *Error
	switch {
	case err == nil || ctx.Err() != nil || !errors.Is(context.Cause(within), errNoTime), errors.As(err, &known):
		return err
	case slow:
		return ErrSlow
	}
	return Errorf(TooLarge, "The lists and counts of this operation make the store look through too much. Ask for fewer at a time, or narrow them by fields that have an index.")
}

// ErrSlow says that a read has taken longer than it should where others wait for it.
var ErrSlow = errors.New("the read is slow")

var errNoTime = errors.New("no time for reading is left")
