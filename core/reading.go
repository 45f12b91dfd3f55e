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
	left := &atomic.Int64{}
	left.Store(bytes)
	return context.WithValue(ctx, readLimitKey{}, left)
}

// chargeRead takes a document of n bytes from what may still be read.
func chargeRead(ctx context.Context, n int) error {
	if left, ok := ctx.Value(readLimitKey{}).(*atomic.Int64); ok && left.Add(-int64(n)) < 0 {
		return Errorf(TooLarge, "What this operation reads is too large. Ask for fewer objects at a time.")
	}
	return nil
}
