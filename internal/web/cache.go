package web

import (
	"context"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// cache keeps what was made of the latest documents, by their text or its hash.
// It is bounded in entries and in bytes of document text: a parsed document
// takes up to a hundred times the memory of its text.
type cache[T any] struct {
	mu    sync.Mutex
	lru   *simplelru.LRU[string, sized[T]]
	bytes int
	limit int
}

type sized[T any] struct {
	value T
	size  int
}

func newCache[T any](entries, bytes int) *cache[T] {
	c := &cache[T]{limit: bytes}
	// The only error is a size that is not positive.
	c.lru, _ = simplelru.NewLRU(max(entries, 1), func(_ string, e sized[T]) { c.bytes -= e.size })
	return c
}

// Get implements [graphql.Cache].
func (c *cache[T]) Get(_ context.Context, key string) (T, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.lru.Get(key)
	return e.value, ok
}

// Add implements [graphql.Cache] for keys that are the text itself.
func (c *cache[T]) Add(_ context.Context, key string, value T) { c.put(key, value, len(key)) }

// put keeps a value made of size bytes of text; one that would take more than
// an eighth of the cache is not worth it.
func (c *cache[T]) put(key string, value T, size int) {
	if size > c.limit/8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.Remove(key)
	c.lru.Add(key, sized[T]{value, size})
	c.bytes += size
	for c.bytes > c.limit {
		c.lru.RemoveOldest()
	}
}
