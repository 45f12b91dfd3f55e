package core

import (
	"context"
	"slices"
	"sync"
)

// batch is the documents that one read returned together. A link from one of
// them is resolved for all of them at once, whichever is asked first: that
// costs one storage call for each link of each read, without timers and
// without waiting, in lists, edges and single objects alike.
type batch[T any] struct {
	docs  []*T
	mu    sync.Mutex
	links map[linkKey]*link
}

// alone makes doc a batch of its own: no other was read together with it.
func alone[T any](doc *T) *T {
	headOf(doc).batch = &batch[T]{docs: []*T{doc}}
	return doc
}

// linkKey names a relation and who follows it: what there is depends on both.
type linkKey struct {
	by   Principal
	name string
}

// link is one relation of a batch, once resolved.
type link struct {
	once   sync.Once
	target any // by id: map[string]*U of the target, map[string]*Page[U] of the source
	// damaged are the documents of the target that cannot be read, by id.
	damaged map[string]*Error
	err     error
}

func (b *batch[T]) link(ctx context.Context, name string) *link {
	key := linkKey{PrincipalOf(ctx), name}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.links == nil {
		b.links = map[linkKey]*link{}
	}
	l := b.links[key]
	if l == nil {
		l = &link{}
		b.links[key] = l
	}
	return l
}

// anyBatch is a batch of any type.
type anyBatch interface {
	link(ctx context.Context, name string) *link
	each(func(Node))
}

func (b *batch[T]) each(f func(Node)) {
	for _, doc := range b.docs {
		f(any(doc).(Node))
	}
}

// linkOf is a relation of the batch in which doc was read; nil when it was read in none.
func linkOf(ctx context.Context, doc Node, name string) *link {
	if doc == nil {
		return nil
	}
	b, ok := doc.head().batch.(anyBatch)
	if !ok {
		return nil
	}
	return b.link(ctx, name)
}

// Follow is the document of to whose id key finds in doc; NOT_FOUND when there
// is none for the caller or the id is empty. name tells the relations of T apart.
func Follow[T, U any](ctx context.Context, doc *T, name string, key func(*T) string, to *Collection[U]) (*U, error) {
	id := key(doc)
	if id == "" {
		return nil, to.notFound()
	}
	b, l := batchOf(ctx, doc, name)
	found, err := linked(ctx, l, to, func() []string {
		ids := make([]string, 0, len(b.docs))
		for _, d := range b.docs {
			if id := key(d); id != "" {
				ids = append(ids, id)
			}
		}
		return ids
	})
	if err != nil {
		return nil, err
	}
	return found.one(ctx, id)
}

// dangling is the error of a link whose id leads to nothing for the caller. It names
// the id to those from whom no document of the type is hidden.
func (c *Collection[T]) dangling(ctx context.Context, id string) error {
	if c.may(ctx, Read).Op != OpAll {
		return c.notFound()
	}
	e := Errorf(NotFound, "There is no %s %q, to which this leads.", c.spec.Prefix, id)
	e.ID = id
	return e
}

// FollowAll is the documents of to whose ids keys finds in doc, in their order,
// without those that are not there for the caller.
func FollowAll[T, U any](ctx context.Context, doc *T, name string, keys func(*T) []string, to *Collection[U]) ([]*U, error) {
	ids := keys(doc)
	if len(ids) == 0 {
		return nil, nil
	}
	b, l := batchOf(ctx, doc, name)
	found, err := linked(ctx, l, to, func() []string {
		all := make([]string, 0, len(b.docs))
		for _, d := range b.docs {
			all = append(all, keys(d)...)
		}
		return all
	})
	if err != nil {
		return nil, err
	}
	return found.all(ctx, ids)
}

// batchOf is the batch in which doc was read, and a relation of it; nil when it was read
// in none.
func batchOf[T any](ctx context.Context, doc *T, name string) (*batch[T], *link) {
	b, ok := headOf(doc).batch.(*batch[T])
	if !ok {
		return nil, nil
	}
	return b, b.link(ctx, name)
}

// targets are what a relation leads to from all documents of a batch, by id: nil where
// there is none for the caller. It has no id when there is no batch.
type targets[U any] struct {
	to      *Collection[U]
	found   map[string]*U
	damaged map[string]*Error // those that cannot be read
}

// linked is what a relation leads to; ids are those of the whole batch.
func linked[U any](ctx context.Context, l *link, to *Collection[U], ids func() []string) (targets[U], error) {
	if l == nil {
		return targets[U]{to: to}, nil
	}
	l.once.Do(func() {
		all := ids()
		list, damaged, err := to.getMany(ctx, all)
		byID := make(map[string]*U, len(all))
		for i, u := range list {
			byID[all[i]] = u
		}
		l.target, l.damaged, l.err = byID, damaged, err
	})
	if l.err != nil {
		return targets[U]{}, l.err
	}
	return targets[U]{to, l.target.(map[string]*U), l.damaged}, nil
}

// one is the document with this id; NOT_FOUND when there is none for the caller.
func (t targets[U]) one(ctx context.Context, id string) (*U, error) {
	u, known := t.found[id]
	switch {
	case !known: // the id was changed after the read
		return t.to.Get(ctx, id)
	case t.damaged[id] != nil:
		return nil, t.damaged[id]
	case u == nil:
		return nil, t.to.dangling(ctx, id)
	}
	return u, nil
}

// all are the documents with these ids, without those that are not there for the caller.
func (t targets[U]) all(ctx context.Context, ids []string) (list []*U, err error) {
	list = make([]*U, len(ids))
	for i, id := range ids {
		u, known := t.found[id]
		if !known { // the ids were changed after the read
			if list, err = t.to.GetMany(ctx, ids); err != nil {
				return nil, err
			}
			break
		}
		list[i] = u
		if err := t.damaged[id]; err != nil {
			report(ctx, []*Error{err})
		}
	}
	return slices.DeleteFunc(list, func(u *U) bool { return u == nil }), nil
}
