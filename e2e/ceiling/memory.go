package main

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// memory is the store of the ceiling: slices and maps that nothing changes.
type memory struct {
	newest []*core.Post // published ones, by date
	posts  map[string]*core.Post
	users  map[string]*core.User
}

// load reads a database of the product.
func load(ctx context.Context, path string) (*memory, error) {
	docs, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer docs.Close()
	complete, err := core.CompleteSpecs(model.Specs())
	if err != nil {
		return nil, err
	}
	specs := slices.Collect(maps.Values(complete))
	if err := docs.Ensure(ctx, specs); err != nil {
		return nil, err
	}
	m := &memory{posts: map[string]*core.Post{}, users: map[string]*core.User{}}
	now := time.Now()
	err = each(ctx, docs, "posts", func(p *core.Post) {
		if p.Status == core.Published && !p.Date.After(now) {
			m.newest = append(m.newest, p)
			m.posts[p.ID] = p
		}
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(m.newest, func(a, b *core.Post) int {
		if c := b.Date.Compare(a.Date); c != 0 {
			return c
		}
		if a.ID > b.ID {
			return -1
		}
		return 1
	})
	return m, each(ctx, docs, "users", func(u *core.User) { m.users[u.ID] = u })
}

// each calls f for every document of a collection.
func each[T any](ctx context.Context, docs core.DocStore, coll string, f func(*T)) error {
	for doc, err := range docs.Find(ctx, coll, core.Query{Filter: core.All, Limit: 1 << 30}) {
		if err != nil {
			return err
		}
		t := new(T)
		if err := doc.Decode(t); err != nil {
			return err
		}
		f(t)
	}
	return nil
}
