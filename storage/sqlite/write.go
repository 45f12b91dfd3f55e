package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"iter"
	"slices"
	"sync/atomic"
	"time"

	"github.com/grapnel/grapnel/core"
)

// writer is the one goroutine that writes. It takes all jobs that wait, up to
// maxBatch, into one transaction, commits, and only then answers them: one sync
// of the disk acknowledges them all.
type writer struct {
	conn     *conn
	feed     *feed
	maxBatch int
	jobs     chan *job // unbuffered: a job is either waiting or being carried out
	rests    chan func()

	seq               int64 // the last change written in this transaction
	grown             int64 // bytes of the history in this transaction
	unpruned          int64 // bytes of the history since prune
	commits, jobsDone atomic.Int64
	wrote             atomic.Int64 // when the last transaction succeeded, in Unix nanoseconds; 0 when it did not
}

// job is one call that writes.
type job struct {
	ctx     context.Context
	run     func(*writer) error
	alone   bool        // in a transaction of its own
	started atomic.Bool // by the writer, or given up by the caller
	err     error
	done    chan struct{}
}

func newWriter(c *conn, f *feed, maxBatch int) *writer {
	return &writer{conn: c, feed: f, maxBatch: maxBatch, jobs: make(chan *job), rests: make(chan func()), seq: f.seq}
}

// do has the writer carry out run and returns once it is durable. When ctx
// ends before the writer has begun, nothing is written; after that do waits
// for the outcome.
func (w *writer) do(ctx context.Context, run func(*writer) error) error {
	return w.hand(&job{ctx: ctx, run: run, done: make(chan struct{})})
}

// remake is do for what makes tables anew: it shares its transaction with no other job.
// For an index of words that was dropped behind a savepoint does not come back whole; see
// findings/sqlite-fts5-contentless-delete-does-not-come-back-from-a-savepoint.sh.
func (w *writer) remake(ctx context.Context, run func(*writer) error) error {
	return w.hand(&job{ctx: ctx, run: run, alone: true, done: make(chan struct{})})
}

func (w *writer) hand(j *job) error {
	ctx := j.ctx
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.feed.closed:
		return errClosed()
	}
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
		if j.started.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		<-j.done
		return j.err
	}
}

// rest runs f between two transactions, with the writer's connection, unless the store
// closes first.
func (w *writer) rest(f func(*conn)) {
	done := make(chan struct{})
	select {
	case w.rests <- func() { f(w.conn); close(done) }:
		<-done
	case <-w.feed.closed:
	}
}

// run works until stop is closed, and calls after between two transactions.
func (w *writer) run(stop <-chan struct{}, after func()) {
	batch := make([]*job, 0, w.maxBatch)
	for {
		select {
		case j := <-w.jobs:
			batch = append(batch[:0], j)
		case f := <-w.rests:
			f()
			continue
		case <-stop:
			return
		}
		for more := !batch[0].alone; more && len(batch) < w.maxBatch; {
			select {
			case j := <-w.jobs:
				if j.alone {
					w.commit(batch)
					batch, more = batch[:0], false
				}
				batch = append(batch, j)
			default:
				more = false
			}
		}
		w.commit(batch)
		clear(batch)
		after()
	}
}

// commit carries out a batch and answers its jobs. It first tries without
// savepoints, since each of them has the full-text index write itself out. That
// will do unless a job fails half-way; then the batch begins again with them,
// unless nobody else is in it.
func (w *writer) commit(batch []*job) {
	batch = slices.DeleteFunc(batch, func(j *job) bool {
		return !j.started.CompareAndSwap(false, true) // its caller has gone
	})
	last := w.seq
	err := w.transact(batch, false)
	if errors.Is(err, errTorn) && len(batch) > 1 {
		err = w.transact(batch, true)
	}
	w.commits.Add(1)
	w.wrote.Store(0)
	switch {
	case err == nil:
		w.wrote.Store(time.Now().UnixNano())
	case errors.Is(err, errTorn):
		err = nil // the only job knows why
	}
	w.jobsDone.Add(int64(len(batch)))
	if w.seq != last {
		w.feed.publish(w.seq)
	}
	for _, j := range batch {
		if err != nil {
			j.err = err
		}
		close(j.done)
	}
}

// errTorn says that a failed job has left something in the transaction.
var errTorn = errors.New("a job failed half-way")

// transact carries out a batch in one transaction; jobs that fail leave
// nothing in it. An error means that nothing at all was written.
func (w *writer) transact(batch []*job, savepoints bool) (err error) {
	ctx, last := context.Background(), w.seq
	if err := w.conn.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = w.conn.exec(ctx, "ROLLBACK") // fails only when SQLite has done so
			w.seq, w.grown = last, 0
		}
	}()
	for _, j := range batch {
		if j.err = j.ctx.Err(); j.err != nil {
			continue
		}
		if savepoints {
			if err := w.conn.exec(ctx, "SAVEPOINT job"); err != nil {
				return err
			}
		}
		changes, seq, grown := w.conn.changes, w.seq, w.grown
		j.err = j.run(w)
		if j.err != nil && !savepoints && w.conn.changes != changes {
			return errTorn
		}
		if j.err != nil && savepoints {
			w.seq, w.grown = seq, grown
			if err := w.conn.exec(ctx, "ROLLBACK TO job"); err != nil {
				return errors.Join(j.err, err)
			}
		}
		if savepoints {
			if err := w.conn.exec(ctx, "RELEASE job"); err != nil {
				return err
			}
		}
	}
	if err := w.sumUp(ctx); err != nil {
		return err
	}
	return w.conn.exec(ctx, "COMMIT")
}

// Write prepares the operations on the caller's goroutine and hands them to
// the writer.
func (s *Store) Write(ctx context.Context, ops ...core.Op) error {
	if len(ops) == 0 {
		return s.failure(ctx.Err())
	}
	if s.readOnly {
		return errReadOnly()
	}
	steps := make([]step, len(ops))
	for i, op := range ops {
		c, err := s.collection(op.Coll)
		if err != nil {
			return err
		}
		if steps[i], err = c.prepare(op); err != nil {
			return err
		}
	}
	now := s.clock().UnixMilli()
	return s.failure(s.writer.do(ctx, func(w *writer) error {
		for i := range steps {
			n, err := w.apply(context.Background(), &steps[i], now)
			if err != nil {
				return err
			}
			if n == 0 && !steps[i].op.Optional {
				return &core.NoMatch{Op: i}
			}
		}
		return nil
	}))
}

// step is an Op made ready.
type step struct {
	op      core.Op
	coll    *collection
	insert  *record  // OpInsert
	find    string   // OpUpdate, OpDelete: SELECT rid, doc
	args    []any    // of find
	changes []change // OpUpdate
}

func (c *collection) prepare(op core.Op) (s step, err error) {
	s = step{op: op, coll: c}
	switch op.Kind {
	case core.OpInsert:
		raw, err := encode(op.Doc)
		if err != nil {
			return s, err
		}
		if s.insert, err = c.record(raw); err != nil {
			return s, err
		}
		s.insert.fold()
		return s, nil
	case core.OpUpdate:
		if s.changes, err = encodePatch(op.Patch); err != nil {
			return s, err
		}
	case core.OpDelete:
	default:
		return s, core.Errorf(core.Internal, "An operation of an unknown kind.")
	}
	s.find, s.args, err = c.selectForWrite(op.Filter)
	return s, err
}

// apply carries out a step and returns how many documents it concerned.
func (w *writer) apply(ctx context.Context, s *step, now int64) (int, error) {
	c := s.coll
	if s.op.Kind == core.OpInsert {
		if err := w.store(ctx, c, nil, s.insert); err != nil {
			return 0, err
		}
		return 1, w.note(ctx, c, now, s.insert.id, nil, s.insert.raw)
	}
	found, err := w.matching(ctx, s)
	if err != nil {
		return 0, err
	}
	for _, d := range found {
		if d.raw == nil {
			v, err := w.conn.value(ctx, "SELECT doc FROM "+c.table+" WHERE rid=?", d.rid)
			if err != nil {
				return 0, err
			}
			d.raw, _ = v.([]byte)
		}
		before, err := c.record(d.raw)
		var after []byte
		switch {
		case err != nil && s.op.Kind == core.OpDelete:
			before, err = w.removeDamaged(ctx, c, d)
		case err != nil:
		case s.op.Kind == core.OpDelete:
			err = w.remove(ctx, c, d.rid, before)
		default:
			after, err = w.change(ctx, c, d.rid, before, s.changes)
		}
		if err != nil {
			return 0, err
		}
		if err := w.note(ctx, c, now, before.id, before.raw, after); err != nil {
			return 0, err
		}
	}
	return len(found), nil
}

// match is a document that a step concerns.
type match struct {
	rid int64
	raw []byte // nil beyond holdBytes
}

// holdBytes bounds the documents held in memory by one operation on many; the
// others are read again one by one.
const holdBytes = 8 << 20

// matching collects what a step is about, before any of it changes.
func (w *writer) matching(ctx context.Context, s *step) (found []match, err error) {
	size := 0
	err = w.conn.query(ctx, s.find, s.args, func(v []driver.Value) error {
		m := match{rid: v[0].(int64)}
		if raw, _ := v[1].([]byte); size+len(raw) <= holdBytes {
			size += len(raw)
			m.raw = raw
		}
		found = append(found, m)
		return nil
	})
	return found, err
}

// store inserts a record with all that hangs on it, as a certain row, or a new one
// when it is nil.
func (w *writer) store(ctx context.Context, c *collection, row any, r *record) error {
	args := make([]any, 0, len(r.columns)+4)
	args = append(args, row, r.id)
	args = append(args, r.columns...)
	args = append(args, int64(r.cut), r.raw)
	res, err := w.conn.run(ctx, c.insertSQL, args)
	if err != nil {
		return conflict(c, err)
	}
	rid, err := res.LastInsertId()
	if err != nil {
		return err
	}
	for _, f := range c.arrays {
		if err := w.addElements(ctx, c, f, rid, r); err != nil {
			return err
		}
	}
	return w.addWords(ctx, c, rid, r)
}

// change patches a stored document and returns the new one.
func (w *writer) change(ctx context.Context, c *collection, rid int64, before *record, changes []change) ([]byte, error) {
	raw, err := patch(before.raw, changes)
	if err != nil {
		return nil, err
	}
	after, err := c.record(raw)
	if err != nil {
		return nil, err
	}
	sql := append(make([]byte, 0, 256), "UPDATE "...)
	sql = append(append(sql, c.table...), " SET "...)
	var args []any
	for _, f := range c.columns {
		if before.columns[f.at] != after.columns[f.at] {
			sql = append(append(sql, f.column...), "=?,"...)
			args = append(args, after.columns[f.at])
		}
	}
	sql = append(sql, "cut=?,doc=? WHERE rid=?"...)
	if _, err := w.conn.run(ctx, string(sql), append(args, int64(after.cut), raw, rid)); err != nil {
		return nil, conflict(c, err)
	}
	for _, f := range c.arrays {
		if f.sameElements(before, after) {
			continue
		}
		if err := w.removeElements(ctx, f, before); err != nil {
			return nil, err
		}
		if err := w.addElements(ctx, c, f, rid, after); err != nil {
			return nil, err
		}
	}
	if !slices.Equal(before.texts, after.texts) || !slices.Equal(before.marks, after.marks) {
		if err := w.removeWords(ctx, c, rid); err != nil {
			return nil, err
		}
		if err := w.addWords(ctx, c, rid, after.fold()); err != nil {
			return nil, err
		}
	}
	return raw, nil
}

// remove deletes a stored document.
func (w *writer) remove(ctx context.Context, c *collection, rid int64, r *record) error {
	if err := w.conn.exec(ctx, "DELETE FROM "+c.table+" WHERE rid=?", rid); err != nil {
		return err
	}
	for _, f := range c.arrays {
		if err := w.removeElements(ctx, f, r); err != nil {
			return err
		}
	}
	return w.removeWords(ctx, c, rid)
}

// removeDamaged deletes a document that cannot be taken apart any more, and looks
// through the side tables for what hangs on it.
func (w *writer) removeDamaged(ctx context.Context, c *collection, d match) (*record, error) {
	id, err := w.conn.value(ctx, "SELECT id FROM "+c.table+" WHERE rid=?", d.rid)
	if err != nil {
		return nil, err
	}
	r := &record{raw: d.raw}
	r.id, _ = id.(string)
	if r.raw == nil {
		r.raw = []byte{} // a change of a document that was there
	}
	for _, f := range c.arrays {
		for _, s := range f.sides {
			if err := w.conn.exec(ctx, "DELETE FROM "+s.table+" WHERE rid=?", d.rid); err != nil {
				return nil, err
			}
		}
	}
	return r, w.remove(ctx, c, d.rid, &record{arrays: make([][]any, len(c.arrays))})
}

func (w *writer) addElements(ctx context.Context, c *collection, f *field, rid int64, r *record) error {
	for s, key := range f.rows(r) {
		if err := w.conn.exec(ctx, s.insertSQL, append(key, rid)...); err != nil {
			return conflict(c, err)
		}
	}
	return nil
}

func (w *writer) removeElements(ctx context.Context, f *field, r *record) error {
	for s, key := range f.rows(r) {
		if err := w.conn.exec(ctx, s.deleteSQL, key...); err != nil {
			return err
		}
	}
	return nil
}

// rows yields the keys that the side tables of f hold of a record.
func (f *field) rows(r *record) iter.Seq2[*side, []any] {
	return func(yield func(*side, []any) bool) {
		for _, v := range r.arrays[f.at] {
			for _, s := range f.sides {
				if !s.lacks(r) && !yield(s, s.key(v, r)) {
					return
				}
			}
		}
	}
}

// lacks reports whether the side table leaves the record out.
func (s *side) lacks(r *record) bool {
	return s.sparse && slices.ContainsFunc(s.by, func(f *field) bool { return f.Sparse && r.columns[f.at] == nil })
}

// key is the primary key of an element in the side table.
func (s *side) key(v any, r *record) []any {
	key := make([]any, 0, len(s.by)+3)
	key = append(key, v)
	for _, f := range s.by {
		if x := r.columns[f.at]; x != nil {
			key = append(key, x)
		} else {
			key = append(key, lowest)
		}
	}
	return append(key, r.id)
}

// sameElements reports whether nothing in f's side tables changes.
func (f *field) sameElements(before, after *record) bool {
	b, a := before.arrays[f.at], after.arrays[f.at]
	if len(b) != len(a) {
		return false
	}
	for i := range b {
		if b[i] != a[i] {
			return false
		}
	}
	for _, s := range f.sides {
		for _, by := range s.by {
			if before.columns[by.at] != after.columns[by.at] {
				return false
			}
		}
	}
	return true
}

func (w *writer) addWords(ctx context.Context, c *collection, rid int64, r *record) error {
	if c.fts == "" || r.words == "" {
		return nil
	}
	return w.conn.exec(ctx, "INSERT INTO "+c.fts+"(rowid,w) VALUES(?,?)", rid, r.words)
}

func (w *writer) removeWords(ctx context.Context, c *collection, rid int64) error {
	if c.fts == "" {
		return nil
	}
	return w.conn.exec(ctx, "DELETE FROM "+c.fts+" WHERE rowid=?", rid)
}

// blob makes an absent image NULL.
func blob(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

// conflict is the error of a broken unique index, or err.
func conflict(c *collection, err error) error {
	if t := taken(c, err); t != nil {
		return t
	}
	return err
}
