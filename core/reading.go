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

// Within runs f, in which a store works for the operation, and charges the time. Stores
// call it when they have waited for what they need. f may take at most so long, 0 for
// without bounds, and says that it has not ended in that time by [ErrSlow]. Within
// passes that on once the operation has had a time of until in all, and says TOO_LARGE
// when it has none left. An until of 0 is none.
func (r *Reading) Within(until time.Duration, f func(most time.Duration) error) error {
	if r == nil {
		return f(0)
	}
	most, err := r.most, ErrSlow
	if until > 0 && until < most {
		most = until
	}
	if left := most - r.Spent(); left > 0 {
		start := time.Now()
		err = f(left)
		r.spent.Add(int64(time.Since(start)))
	}
	if most < r.most || !errors.Is(err, ErrSlow) {
		return err
	}
	return Errorf(TooLarge, "The lists and counts of this operation make the store look through too much. Ask for fewer at a time, for totalCount(exact: false), or narrow them by fields that have an index.")
}

// Do is Within for an f that ends with its context, and where nobody waits.
func (r *Reading) Do(ctx context.Context, f func(context.Context) error) error {
	return r.Within(0, func(most time.Duration) error {
		if most == 0 {
			return f(ctx)
		}
		within, cancel := context.WithTimeoutCause(ctx, most, ErrSlow)
		defer cancel()
		err := f(within)
		var known *Error
		if err != nil && !errors.As(err, &known) && errors.Is(context.Cause(within), ErrSlow) {
			return ErrSlow
		}
		return err
	})
}

// ErrSlow says that a read has taken longer than it should where others wait for it.
var ErrSlow = errors.New("the read is slow")
