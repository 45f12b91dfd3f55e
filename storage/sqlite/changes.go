package sqlite

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"github.com/grapnel/grapnel/core"
)

// feed tells streams how far the committed changes reach.
type feed struct {
	closed chan struct{}

	mu   sync.Mutex
	seq  int64
	more chan struct{} // closed when seq grows
}

func newFeed(seq int64) *feed {
	return &feed{seq: seq, more: make(chan struct{}), closed: make(chan struct{})}
}

// publish wakes whoever waits for changes up to seq.
func (f *feed) publish(seq int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if seq > f.seq {
		f.seq = seq
		close(f.more)
		f.more = make(chan struct{})
	}
}

// last is the newest committed change; more is closed when there is a newer one.
func (f *feed) last() (seq int64, more <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seq, f.more
}

func (f *feed) close() { close(f.closed) }

// follow notices what other processes have written.
func (s *Store) follow() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.closing:
			return
		case <-tick.C:
			// What fails now is seen at the next tick.
			err := s.read(ctx, func(ctx context.Context, c *conn) error {
				seq, err := lastChange(ctx, c)
				if err != nil {
					return err
				}
				s.feed.publish(seq)
				return s.current(ctx, c)
			})
			if errors.Is(err, core.ErrOutdated) {
				close(s.outdated)
				return
			}
		}
	}
}

// followEvery is how late a change by another process may be noticed.
const followEvery = time.Second

// Changes opens a stream. It reads what the writer noted in the file, so that
// a slow reader holds nobody up and a token outlives the process.
func (s *Store) Changes(ctx context.Context, after core.Token) (core.Stream, error) {
	if err := ctx.Err(); err != nil {
		return nil, s.failure(err)
	}
	seq, _ := s.feed.last()
	if after != nil {
		at, ok := s.position(after)
		if !ok || at > seq {
			return nil, core.ErrTokenLost
		}
		seq = at
	}
	return &stream{s: s, seq: seq, closed: make(chan struct{})}, nil
}

// token is the epoch of the database and the number of a change.
func (s *Store) token(seq int64) core.Token {
	return binary.BigEndian.AppendUint64(append(make(core.Token, 0, 16), s.epoch...), uint64(seq))
}

func (s *Store) position(t core.Token) (seq int64, ok bool) {
	if len(t) != 16 || !bytes.Equal(t[:8], s.epoch) {
		return 0, false
	}
	seq = int64(binary.BigEndian.Uint64(t[8:]))
	return seq, seq >= 0
}

// stream reads the changes after seq, some at a time.
type stream struct {
	s      *Store
	seq    int64 // of the last change read
	ahead  []core.Event
	closed chan struct{}
	close  sync.Once
}

// readAhead bounds what a stream holds in memory.
const readAhead = 64

// Next is for one goroutine at a time.
func (t *stream) Next(ctx context.Context) (core.Event, error) {
	for {
		select {
		case <-t.s.outdated:
			return core.Event{}, core.ErrOutdated
		default:
		}
		if len(t.ahead) > 0 {
			break
		}
		if err := ctx.Err(); err != nil {
			return core.Event{}, t.s.failure(err)
		}
		last, more := t.s.feed.last()
		if last > t.seq {
			if err := t.fetch(ctx); err != nil {
				return core.Event{}, err
			}
			continue
		}
		select {
		case <-more:
		case <-ctx.Done():
		case <-t.closed:
			return core.Event{}, core.Errorf(core.Unavailable, "The stream is closed.")
		case <-t.s.outdated:
		case <-t.s.closing:
			return core.Event{}, errClosed()
		}
	}
	e := t.ahead[0]
	t.ahead = t.ahead[1:]
	return e, nil
}

// fetch reads the next changes. The changes and what is gone of them come from
// one statement, and so from one state of the file; a part that has gone since was one
// of changes that were pruned.
func (t *stream) fetch(ctx context.Context) error {
	return t.s.read(ctx, func(ctx context.Context, c *conn) error {
		var pruned int64
		var next []written
		size := 0
		err := c.query(ctx, `SELECT m.value, c.seq, c.coll, c.id, c.parts, c.after, c.before
			FROM meta m LEFT JOIN changes c ON c.seq>? WHERE m.key='pruned' ORDER BY c.seq LIMIT ?`, []any{t.seq, int64(readAhead)},
			func(row []driver.Value) error {
				pruned = row[0].(int64)
				seq, ok := row[1].(int64)
				if !ok || pruned > t.seq {
					return nil
				}
				n := written{seq: seq, coll: row[2].(string), id: row[3].(string)}
				n.parts, _ = row[4].([]byte)
				n.after, _ = row[5].([]byte)
				n.before, _ = row[6].([]byte)
				next = append(next, n)
				if size += len(n.after) + len(n.before); size > holdBytes {
					return errEnough
				}
				return nil
			})
		if err == nil && pruned > t.seq {
			err = core.ErrTokenLost
		}
		if err != nil {
			return err
		}
		parts := map[string][]byte{}
		part := func(digest []byte) ([]byte, error) {
			p, ok := parts[string(digest)]
			if ok {
				return p, nil
			}
			v, err := c.value(ctx, "SELECT bytes FROM parts NATURAL JOIN part_bytes WHERE digest=?", digest)
			if p, ok = v.([]byte); !ok && err == nil {
				err = core.ErrTokenLost
			}
			parts[string(digest)] = p
			return p, err
		}
		t.ahead, size = nil, 0
		for i := 0; i < len(next) && (i == 0 || size <= holdBytes); i++ {
			e, err := next[i].event(part)
			if err != nil {
				t.ahead = nil
				return err
			}
			e.Token = t.s.token(next[i].seq)
			t.ahead = append(t.ahead, e)
			for _, image := range []core.Doc{e.Before, e.After} {
				if image != nil {
					size += len(image.BSON())
				}
			}
		}
		if n := len(t.ahead); n > 0 {
			t.seq = next[n-1].seq
		}
		return nil
	})
}

// Close ends the stream and a Next that waits.
func (t *stream) Close() error {
	t.close.Do(func() { close(t.closed) })
	return nil
}
