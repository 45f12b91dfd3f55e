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

// Follow is the document of to whose id key finds in doc; NOT_FOUND when there
// is none for the caller or the id is empty. name tells the relations of T apart.
func Follow[T, U any](ctx context.Context, doc *T, name string, key func(*T) string, to *Collection[U]) (*U, error) {
	id := key(doc)
	if id == "" {
		return nil, to.notFound()
	}
	found, damaged, err := linked(ctx, doc, name, func(ids []string, doc *T) []string {
		if id := key(doc); id != "" {
			ids = append(ids, id)
		}
		return ids
	}, to)
	if err != nil {
		return nil, err
	}
	u, known := found[id]
	switch {
	case !known: // the key was changed after the read
		return to.Get(ctx, id)
	case damaged[id] != nil:
		return nil, damaged[id]
	case u == nil:
		return nil, to.dangling(ctx, id)
	}
	return u, nil
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
	found, damaged, err := linked(ctx, doc, name, func(ids []string, doc *T) []string { return append(ids, keys(doc)...) }, to)
	if err != nil {
		return nil, err
	}
	list := make([]*U, len(ids))
	for i, id := range ids {
		u, known := found[id]
		if !known { // the keys were changed after the read
			if list, err = to.GetMany(ctx, ids); err != nil {
				return nil, err
			}
			break
		}
		list[i] = u
		if err := damaged[id]; err != nil {
			report(ctx, []*Error{err})
		}
	}
	return slices.DeleteFunc(list, func(u *U) bool { return u == nil }), nil
}

// linked is what a relation leads to from all documents of doc's batch, by id,
// nil where there is none for the caller. It is empty when doc was not read in
// a batch. ids appends the ids of one document. What cannot be read is told apart.
func linked[T, U any](ctx context.Context, doc *T, name string, ids func([]string, *T) []string, to *Collection[U]) (map[string]*U, map[string]*Error, error) {
	b, ok := headOf(doc).batch.(*batch[T])
	if !ok {
		return nil, nil, nil
	}
	l := b.link(ctx, name)
	l.once.Do(func() {
		all := make([]string, 0, len(b.docs))
		for _, d := range b.docs {
			all = ids(all, d)
		}
		list, damaged, err := to.getMany(ctx, all)
		byID := make(map[string]*U, len(all))
		for i, u := range list {
			byID[all[i]] = u
		}
		l.target, l.damaged, l.err = byID, damaged, err
	})
	if l.err != nil {
		return nil, nil, l.err
	}
	return l.target.(map[string]*U), l.damaged, nil
}
