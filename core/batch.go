package core

import (
	"context"
	"sync"
)

// batch is the documents that one read returned together. A link from one of
// them is resolved for all of them at once, whichever is asked first: that
// costs one storage call for each link of each read, without timers and
// without waiting, in lists, edges and single objects alike.
type batch[T any] struct {
	docs  []*T
	mu    sync.Mutex
	links map[string]*link
}

// link is one relation of a batch, once resolved.
type link struct {
	once   sync.Once
	target any // map[string]*U by id
	err    error
}

func (b *batch[T]) link(name string) *link {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.links == nil {
		b.links = map[string]*link{}
	}
	l := b.links[name]
	if l == nil {
		l = &link{}
		b.links[name] = l
	}
	return l
}

// follow is the document of to whose id key finds in doc; NOT_FOUND when there
// is none for the caller or the id is empty. name tells the relations of T apart.
func follow[T, U any](ctx context.Context, doc *T, name string, key func(*T) string, to *Collection[U]) (*U, error) {
	id := key(doc)
	if id == "" {
		return nil, to.notFound()
	}
	b, ok := headOf(doc).batch.(*batch[T])
	if !ok {
		return to.Get(ctx, id)
	}
	l := b.link(name)
	l.once.Do(func() {
		ids := make([]string, 0, len(b.docs))
		for _, d := range b.docs {
			if id := key(d); id != "" {
				ids = append(ids, id)
			}
		}
		found, err := to.GetMany(ctx, ids)
		byID := make(map[string]*U, len(ids))
		for i, u := range found {
			byID[ids[i]] = u
		}
		l.target, l.err = byID, err
	})
	if l.err != nil {
		return nil, l.err
	}
	u, ok := l.target.(map[string]*U)[id]
	if !ok {
		// The key was changed after the read.
		return to.Get(ctx, id)
	}
	if u == nil {
		return nil, to.notFound()
	}
	return u, nil
}
