package sqlite

import (
	"context"
	"slices"
	"strconv"

	"github.com/grapnel/grapnel/core"
)

// Count walks entries of indexes and of side tables, and fetches documents only where
// they lack what is tested.
func (s *Store) Count(ctx context.Context, coll string, q core.Query) (n int64, err error) {
	c, err := s.readable(ctx, coll)
	if err != nil || c == nil {
		return 0, err
	}
	sql, args, err := c.count(q)
	if err != nil {
		return 0, err
	}
	err = s.read(ctx, func(ctx context.Context, conn *conn) error {
		v, err := conn.value(ctx, sql, args...)
		n, _ = v.(int64)
		return err
	})
	if q.Limit > 0 {
		n = min(n, int64(q.Limit))
	}
	return n, err
}

// count is the statement that adds up the arms of a count, each up to the limit.
func (c *collection) count(q core.Query) (string, []any, error) {
	if err := checkSize(q.Filter); err != nil {
		return "", nil, err
	}
	p, b := &plan{collection: c}, &builder{c: c}
	b.add("SELECT EXISTS(SELECT 1 FROM ", c.table, " WHERE 0)") // reads nothing, but names the table: see collection
	for _, a := range c.spec.CountArms(q) {
		from, conj, err := p.source(p.tighten(conjuncts(a.Filter)), a.Index)
		if err != nil {
			return "", nil, err
		}
		from.alone = from.side != nil && !slices.ContainsFunc(conj, func(f core.Filter) bool { return !from.side.has(f) })
		column, end := "count(*)", ")"
		if q.Limit > 0 {
			column, end = "count(*) FROM (SELECT 1", " LIMIT "+strconv.Itoa(q.Limit)+"))"
		}
		b.add("+(SELECT ", column)
		if len(conj) == 0 && from == (source{}) {
			b.add(" FROM ", p.table) // which SQLite knows a short way to count
		} else if err := p.rows(b, conj, from); err != nil {
			return "", nil, err
		}
		b.add(end)
	}
	return b.finish()
}

// has reports whether all that f tests is in the side table.
func (s *side) has(f core.Filter) bool {
	all := true
	f.Walk(func(f core.Filter) {
		all = all && f.Op != core.OpSearch && (f.Field == "" || f.Field == "_id" || slices.ContainsFunc(s.by, func(by *field) bool { return by.Name == f.Field }))
	})
	return all
}
