package core

import (
	"context"
	"sync/atomic"
)

type readLimitKey struct{}

// WithReadLimit bounds the documents that are read with the context, all
// together, in bytes as they are stored: TOO_LARGE when there are more. A page
// is bounded by its number of documents, and they by what one request can
// write; but a short query may ask for many pages of large ones.
func WithReadLimit(ctx context.Context, bytes int64) context.Context {
	left := &readLimit{}
	left.Store(bytes)
	return context.WithValue(ctx, readLimitKey{}, left)
}

// unservedRead is for how many bytes a list counts that no index serves: the store
// reads past much that it does not answer with. Three of them have place in an
// operation.
const unservedRead = 4 << 20

// readLimit is how many bytes may still be read; any number when it is nil.
type readLimit struct{ atomic.Int64 }

func readLimitOf(ctx context.Context) *readLimit {
	left, _ := ctx.Value(readLimitKey{}).(*readLimit)
	return left
}

// charge takes a document of n bytes from what may still be read.
func (l *readLimit) charge(n int) error {
	if l != nil && l.Add(-int64(n)) < 0 {
		return Errorf(TooLarge, "What this operation reads is too large. Ask for fewer objects at a time.")
	}
	return nil
}
