package core

import "context"

// Children is the page of the documents of c whose field leads to parent, as
// args ask for. The pages of all documents that were read together with parent
// are fetched in one call, the first time one of them is asked for with these
// args. name tells the relations of P apart; whoever asks shares the page.
func Children[P, T any](ctx context.Context, parent *P, name string, c *Collection[T], field string, args PageArgs) (*Page[T], error) {
	return childrenBy(ctx, parent, name, c, func(id string) Filter { return Eq(field, id) }, args)
}

// childrenBy is Children for the documents that a filter finds by the id of the parent.
func childrenBy[P, T any](ctx context.Context, parent *P, name string, c *Collection[T], leads func(id string) Filter, args PageArgs) (*Page[T], error) {
	below := func(id string) PageArgs {
		a := args
		a.Where = And(leads(id), args.Where)
		return a
	}
	id := headOf(parent).ID
	b, ok := headOf(parent).batch.(*batch[P])
	if !ok {
		return c.Page(ctx, below(id))
	}
	l := b.link(ctx, name+" "+args.key())
	l.once.Do(func() {
		ids := make([]string, len(b.docs))
		for i, d := range b.docs {
			ids[i] = headOf(d).ID
		}
		ids = distinct(ids)
		list := make([]PageArgs, len(ids))
		for i, id := range ids {
			list[i] = below(id)
		}
		pages, err := c.pages(ctx, list)
		byID := make(map[string]*Page[T], len(ids))
		for i, p := range pages {
			byID[ids[i]] = p
		}
		l.target, l.err = byID, err
	})
	if l.err != nil {
		return nil, l.err
	}
	page := l.target.(map[string]*Page[T])[id]
	report(ctx, page.damaged)
	return page, nil
}
