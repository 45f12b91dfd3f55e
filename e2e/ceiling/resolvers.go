package main

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph"
	"github.com/grapnel/grapnel/graph/model"
)

// The resolvers of the ceiling. Those that the benchmark does not ask for are
// the nil interfaces that each embeds: calling one panics, and the client reads
// INTERNAL.
type (
	root struct {
		graph.ResolverRoot
		*memory
	}
	query struct {
		graph.QueryResolver
		*memory
	}
	post struct {
		graph.PostResolver
		*memory
	}
)

var _ graph.ResolverRoot = root{}

func (r root) Query() graph.QueryResolver { return query{memory: r.memory} }
func (r root) Post() graph.PostResolver   { return post{memory: r.memory} }

// Posts is the newest published posts; only first is heeded.
func (q query) Posts(_ context.Context, _ *model.PostWhere, _ *model.PostOrder, _ *string, first *int32, _ *string, _ *int32, _ *string) (*core.Page[core.Post], error) {
	n := core.DefaultPage
	if first != nil {
		n = int(*first)
	}
	return core.NewPage(q.newest[:min(n, len(q.newest))], len(q.newest)), nil
}

func (q query) Post(_ context.Context, id string) (*core.Post, error) {
	if p := q.posts[id]; p != nil {
		return p, nil
	}
	return nil, core.Errorf(core.NotFound, "There is no such post.")
}

func (p post) Author(_ context.Context, obj *core.Post) (*core.User, error) {
	return p.users[obj.AuthorID], nil
}
