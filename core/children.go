package core

import "context"

// Children is the page of the documents of c whose field leads to parent.
func Children[P, T any](ctx context.Context, parent *P, name string, c *Collection[T], field string, args PageArgs) (*Page[T], error) {
	args.Where = And(Eq(field, headOf(parent).ID), args.Where)
	return c.Page(ctx, args)
}
