package sqlite

import (
	"context"
	"iter"
	"math"

	"github.com/grapnel/grapnel/core"
)

// Snapshot implements core.DocStore: one read transaction, on a connection of its own.
// Meanwhile the write-ahead log grows by what others write.
func (s *Store) Snapshot(ctx context.Context, read func(core.Snapshot) error) error {
	c, err := openConn(s.dsn(s.path, true))
	if err != nil {
		return s.failure(err)
	}
	defer c.close()
	var failed error // of read: none of ours
	err = transaction(ctx, c, "BEGIN", func() error {
		if _, err := c.value(ctx, "SELECT count(*) FROM meta"); err != nil { // the state is taken by the first read
			return err
		}
		failed = read(func(coll string) iter.Seq2[core.Doc, error] { return s.all(ctx, c, coll) })
		return nil
	})
	if failed != nil {
		return failed
	}
	return s.failure(err)
}

// all yields the documents of a collection in the order of their rows.
func (s *Store) all(ctx context.Context, c *conn, coll string) iter.Seq2[core.Doc, error] {
	return func(yield func(core.Doc, error) bool) {
		table, err := tableOf(ctx, c, coll)
		if err != nil || table == "" {
			if err != nil {
				yield(nil, s.failure(err))
			}
			return
		}
		sql := "SELECT rid,id,doc FROM " + ident(table) + " WHERE rid>? ORDER BY rid"
		for last := int64(math.MinInt64); ; {
			rows, err := c.page(ctx, sql, last)
			if err != nil {
				yield(nil, s.failure(err))
				return
			}
			for _, row := range rows {
				last = row[0].(int64)
				d := &document{}
				d.id, _ = row[1].(string)
				d.raw, _ = row[2].([]byte)
				if !yield(d, nil) {
					return
				}
			}
			if len(rows) == 0 {
				return
			}
		}
	}
}
