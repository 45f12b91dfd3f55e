package sqlite

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/grapnel/grapnel/core"
)

// upkeepBatch bounds what one write of upkeep removes, so that others get
// their turn.
const upkeepBatch = 500

// upkeep removes expired documents and old changes, now and then.
func (s *Store) upkeep() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tick := time.NewTicker(s.interval)
	defer tick.Stop()
	for {
		select {
		case <-s.closing:
			return
		case <-tick.C:
			// What fails now is done at the next tick.
			_ = s.expire(ctx)
			_ = s.prune(ctx, s.clock().Add(-s.keepFor), s.keepMax)
		}
	}
}

// expire removes the documents whose time is over.
func (s *Store) expire(ctx context.Context) error {
	now := core.Millis(s.clock())
	for name, c := range *s.colls.Load() {
		if c.spec.Expires == "" {
			continue
		}
		due := core.Lte(c.spec.Expires, now)
		for {
			docs, err := s.find(ctx, name, core.Query{Filter: due, Limit: upkeepBatch, Identify: true})
			if err != nil {
				return err
			}
			if len(docs) == 0 {
				break
			}
			ids := make([]string, len(docs))
			for i, d := range docs {
				ids[i] = d.ID()
			}
			err = s.Write(ctx, core.Op{Kind: core.OpDelete, Coll: name, Filter: core.And(core.In("_id", ids), due), Optional: true})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// prune forgets the changes before a time, and all but the newest keep.
func (s *Store) prune(ctx context.Context, before time.Time, keep int64) error {
	for again := true; again; {
		err := s.writer.do(ctx, func(w *writer) error {
			var gone, n int64
			newest, _ := s.feed.last()
			err := w.conn.query(ctx, "SELECT seq, at FROM changes ORDER BY seq LIMIT ?", []any{int64(upkeepBatch)}, func(row []driver.Value) error {
				if seq := row[0].(int64); row[1].(int64) < before.UnixMilli() || seq <= newest-keep {
					gone = seq
					n++
				}
				return nil
			})
			again = n == upkeepBatch
			if err != nil || n == 0 {
				return err
			}
			if err := w.conn.exec(ctx, "DELETE FROM changes WHERE seq<=?", gone); err != nil {
				return err
			}
			return w.conn.exec(ctx, "UPDATE meta SET value=? WHERE key='pruned'", gone)
		})
		if err != nil {
			return s.failure(err)
		}
	}
	return nil
}
