package core

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// registry holds the collections of an App by name and by the prefix of their
// ids, so that ids find their type and changes their subscribers.
type registry struct {
	mu       sync.RWMutex
	byName   map[string]anyCollection
	byPrefix map[string]anyCollection
}

// anyCollection is a Collection of any type.
type anyCollection interface {
	describe() Spec
	listener() listener
	// nodes puts the documents with the ids at these places into out.
	nodes(ctx context.Context, ids []string, places []int, out []Node) error
	// uses lists what a document of it refers to.
	uses(doc any) []use
	// usesOf lists the documents of it that refer to a file.
	usesOf(ctx context.Context, asset *Asset, first int) ([]*AssetUse, error)
	// unseen tells which of ids lead to no document for the caller.
	unseen(ctx context.Context, ids []string) (map[string]bool, error)
	// abandon deletes what a user who is gone owned.
	abandon(ctx context.Context, dep *departure, isLast bool) error
	// own is a page of what the caller owns, by the field that says so.
	own(ctx context.Context, field string, after *string, first int) (records []*OwnRecord, next *string, err error)
}

// register makes the collection of a type that the App's specs describe. It
// panics for another one: a mistake in the program. with completes it before anybody finds it.
func register[T any](a *App, name string, with ...func(*Collection[T])) *Collection[T] {
	spec, ok := a.specs[name]
	if !ok {
		panic(fmt.Sprintf("core: no spec describes %q", name))
	}
	r := &a.types
	c := newCollection[T](a.docs, spec, a.now)
	c.types, c.advisor, c.log = r, a.advisor, a.log
	for _, complete := range with {
		complete(c)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byName == nil {
		r.byName, r.byPrefix = map[string]anyCollection{}, map[string]anyCollection{}
	}
	if _, twice := r.byName[name]; twice {
		panic(fmt.Sprintf("core: two collections are named %q", name))
	}
	r.byName[name], r.byPrefix[spec.Prefix] = c, c
	if spec.Live {
		a.running.Go(func() { c.feed.keepTime(a.ctx, a.log) })
	}
	return c
}

func (r *registry) named(name string) anyCollection {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byName[name]
}

func (r *registry) ofPrefix(prefix string) anyCollection {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byPrefix[prefix]
}

func (r *registry) all() []anyCollection {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Collect(maps.Values(r.byName))
}

func (c *Collection[T]) describe() Spec { return c.spec }

func (c *Collection[T]) listener() listener { return c.feed }

func (c *Collection[T]) nodes(ctx context.Context, ids []string, places []int, out []Node) error {
	own := make([]string, len(places))
	for i, at := range places {
		own[i] = ids[at]
	}
	docs, err := c.GetMany(ctx, own)
	if err != nil {
		return err
	}
	for i, at := range places {
		if docs[i] != nil {
			out[at] = any(docs[i]).(Node)
		}
	}
	return nil
}

func (c *Collection[T]) unseen(ctx context.Context, ids []string) (map[string]bool, error) {
	docs, err := c.GetMany(ctx, ids)
	unseen := map[string]bool{}
	for i, doc := range docs {
		if doc == nil {
			unseen[ids[i]] = true
		}
	}
	return unseen, err
}
