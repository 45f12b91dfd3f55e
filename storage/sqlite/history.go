package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"slices"
	"time"

	"github.com/grapnel/grapnel/core"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// The history of changes has a row for each change of a live collection, with what the
// document was before and after. Elements of partSize bytes and more are in it once,
// however many rows have them, by their digests; what else the two images share, the row
// has once. So each edit of the title of a long text takes some hundred bytes.

// partSize is how large a shared element is at least: below, looking for it costs a
// write more than its bytes.
const partSize = 16 << 10

// note writes a change of a live collection down.
func (w *writer) note(ctx context.Context, c *collection, now int64, id string, before, after []byte) error {
	if !c.spec.Live {
		return nil
	}
	var shared dictionary
	for _, image := range [][]byte{after, before} {
		_ = elements(image, func(e bson.RawElement, _ []byte) error { // what is damaged has none
			if len(e) >= partSize {
				if _, ok := shared.find(e); !ok {
					shared.add(e)
				}
			}
			return nil
		})
	}
	var parts, packedAfter, packedBefore []byte
	for _, e := range shared.elems {
		digest := sha256.Sum256(e)
		parts = append(parts, digest[:]...)
		if err := w.keepPart(ctx, digest[:], e); err != nil {
			return err
		}
	}
	if packedAfter = after; after != nil && parts != nil {
		packedAfter = shared.pack(after)
	}
	if before != nil {
		shared.addDocument(after)
		packedBefore = shared.pack(before)
	}
	res, err := w.conn.run(ctx, "INSERT INTO changes(at,coll,id,parts,after,before) VALUES(?,?,?,?,?,?)",
		[]any{now, c.spec.Name, id, blob(parts), blob(packedAfter), blob(packedBefore)})
	if err != nil {
		return err
	}
	w.grown += int64(len(parts) + len(packedAfter) + len(packedBefore))
	w.seq, err = res.LastInsertId()
	return err
}

// keepPart stores an element, or counts one more change that has it.
func (w *writer) keepPart(ctx context.Context, digest, elem []byte) error {
	part, err := w.conn.value(ctx, "SELECT part FROM parts WHERE digest=?", digest)
	if err != nil {
		return err
	}
	if part != nil {
		return w.conn.exec(ctx, "UPDATE parts SET uses=uses+1 WHERE digest=?", digest)
	}
	res, err := w.conn.run(ctx, "INSERT INTO part_bytes(bytes) VALUES(?)", []any{elem})
	if err != nil {
		return err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return err
	}
	w.grown += int64(len(elem))
	return w.conn.exec(ctx, "INSERT INTO parts(digest,uses,part) VALUES(?,1,?)", digest, id)
}

// leavePart is the reverse: one change less has the element.
func (w *writer) leavePart(ctx context.Context, digest []byte) error {
	var uses, part, size int64
	err := w.conn.query(ctx, "SELECT uses, part, length(bytes) FROM parts NATURAL JOIN part_bytes WHERE digest=?", []any{digest}, func(row []driver.Value) error {
		uses, part, size = row[0].(int64), row[1].(int64), row[2].(int64)
		return nil
	})
	switch {
	case err != nil:
		return err
	case uses > 1:
		return w.conn.exec(ctx, "UPDATE parts SET uses=uses-1 WHERE digest=?", digest)
	}
	w.grown -= size
	if err := w.conn.exec(ctx, "DELETE FROM parts WHERE digest=?", digest); err != nil {
		return err
	}
	return w.conn.exec(ctx, "DELETE FROM part_bytes WHERE part=?", part)
}

// sumUp notes in the file how many bytes the history has, before a commit.
func (w *writer) sumUp(ctx context.Context) error {
	if w.grown == 0 {
		return nil
	}
	w.unpruned += max(0, w.grown)
	err := w.conn.exec(ctx, "UPDATE meta SET value=value+? WHERE key='history'", w.grown)
	w.grown = 0
	return err
}

// prune forgets the changes before a time, and the oldest ones beyond a number and a
// size. It takes some at a time, so that others get their turn.
func (s *Store) prune(ctx context.Context, before time.Time, keep, keepBytes int64) error {
	for again := true; again; {
		err := s.writer.do(ctx, func(w *writer) (err error) {
			again, err = w.prune(ctx, before.UnixMilli(), keep, keepBytes)
			return err
		})
		if err != nil {
			return s.failure(err)
		}
	}
	return nil
}

func (w *writer) prune(ctx context.Context, before, keep, keepBytes int64) (again bool, err error) {
	w.unpruned = 0
	kept, err := w.conn.value(ctx, "SELECT value FROM meta WHERE key='history'")
	if err != nil {
		return false, err
	}
	type change struct {
		seq, at, size int64
		parts         []byte
	}
	var oldest []change
	err = w.conn.query(ctx, "SELECT seq, at, ifnull(length(after),0)+ifnull(length(before),0), parts FROM changes ORDER BY seq LIMIT ?", []any{int64(upkeepBatch)}, func(row []driver.Value) error {
		parts, _ := row[3].([]byte)
		oldest = append(oldest, change{row[0].(int64), row[1].(int64), row[2].(int64), slices.Clone(parts)})
		return nil
	})
	if err != nil {
		return false, err
	}
	var gone int64
	for _, c := range oldest {
		if c.at >= before && c.seq > w.seq-keep && kept.(int64)+w.grown <= keepBytes {
			break
		}
		gone = c.seq
		w.grown -= c.size + int64(len(c.parts))
		for digest := range slices.Chunk(c.parts, sha256.Size) {
			if err := w.leavePart(ctx, digest); err != nil {
				return false, err
			}
		}
	}
	if gone == 0 {
		return false, nil
	}
	if err := w.conn.exec(ctx, "DELETE FROM changes WHERE seq<=?", gone); err != nil {
		return false, err
	}
	return gone == oldest[len(oldest)-1].seq && len(oldest) == upkeepBatch, w.conn.exec(ctx, "UPDATE meta SET value=? WHERE key='pruned'", gone)
}

// written is a change as it is stored.
type written struct {
	seq                  int64
	coll, id             string
	parts, after, before []byte
}

// event reads a change; part reads a part. Past one that is damaged no stream leads.
func (c *written) event(part func(digest []byte) ([]byte, error)) (e core.Event, err error) {
	e = core.Event{Coll: c.coll, ID: c.id}
	var dictionary []byte
	for digest := range slices.Chunk(c.parts, sha256.Size) {
		p, err := part(digest)
		if err != nil {
			return e, err
		}
		dictionary = append(dictionary, p...)
	}
	after, ok := c.after, true
	if after != nil && c.parts != nil {
		after, ok = unpack(dictionary, after)
	}
	if after != nil {
		e.After = &document{raw: after}
	}
	if ok && c.before != nil {
		var before []byte
		before, ok = unpack(append(dictionary, after...), c.before)
		e.Before = &document{raw: before}
	}
	if !ok {
		return e, core.ErrTokenLost
	}
	return e, nil
}
