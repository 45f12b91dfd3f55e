package sqlite

import (
	"context"
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
		case <-s.grown:
		}
		_ = s.prune(ctx, s.clock().Add(-s.keepFor), s.keepMax, s.keepBytes)
	}
}

// noticeHistory wakes upkeep when the history of changes has grown by a part of what it
// may have. The writer calls it between two transactions.
func (s *Store) noticeHistory() {
	if s.writer.unpruned < s.keepBytes/8 {
		return
	}
	s.writer.unpruned = 0
	select {
	case s.grown <- struct{}{}:
	default:
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
