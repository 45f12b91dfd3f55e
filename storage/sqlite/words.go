package sqlite

import (
	"context"
	"database/sql/driver"
	"strings"
)

// The index of words is made anew when core's rules for words have changed. It is
// filled some documents at a time, each time in a write of its own, so that other
// processes get their turn, and a start that is cut short loses nothing: beside
// the layout stands how far it has come, until it is done.

// wordsKey is where meta keeps the last document whose words are in the index,
// while it is being filled.
func wordsKey(c *collection) string { return "words:" + c.spec.Name }

// withoutWords is a layout without its last part.
func withoutWords(layout string) string {
	before, _, found := strings.Cut(layout, `,"Words":`)
	if found {
		before += "}"
	}
	return before
}

// emptyWords begins with an empty index.
func (w *writer) emptyWords(ctx context.Context, c *collection) error {
	for _, sql := range []string{"DROP TABLE IF EXISTS " + c.fts, c.wordTable()} {
		if err := w.conn.script(ctx, sql); err != nil {
			return err
		}
	}
	return w.conn.exec(ctx, "INSERT OR REPLACE INTO meta VALUES(?,0)", wordsKey(c))
}

// mergeFrom is how many segments the index of words has of one size before it merges
// them. Each commit writes a segment, and merging took a sixth of the time of a write with
// SQLite's default, 4. A search looks into each segment, some ten microseconds.
const mergeFrom = 8

// ensureMerges tells the index so, also one that is there already.
func (w *writer) ensureMerges(ctx context.Context, c *collection) error {
	if c.fts == "" {
		return nil
	}
	v, err := w.conn.value(ctx, "SELECT v FROM "+ident("f_"+c.spec.Name+"$words_config")+" WHERE k='automerge'")
	if err != nil || v == int64(mergeFrom) {
		return err
	}
	return w.conn.script(ctx, "INSERT INTO "+c.fts+"("+c.fts+",rank) VALUES('automerge',?)", int64(mergeFrom))
}

// refillWords fills the index from where it was left; it does nothing when the
// index is whole.
func (s *Store) refillWords(ctx context.Context, c *collection) error {
	for more := c.fts != ""; more; {
		err := s.writer.do(ctx, func(w *writer) (err error) {
			more, err = w.refillWords(ctx, c)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// refillWords brings the words of the next documents into the index, and reports
// whether there are more. Another process may be doing the same.
func (w *writer) refillWords(ctx context.Context, c *collection) (more bool, err error) {
	last, err := w.conn.value(ctx, "SELECT value FROM meta WHERE key=?", wordsKey(c))
	if err != nil || last == nil {
		return false, err
	}
	var docs [][]byte
	var rids []int64
	err = w.conn.query(ctx, "SELECT rid, doc FROM "+c.table+" WHERE rid>? ORDER BY rid LIMIT ?", []any{last, int64(upkeepBatch)}, func(row []driver.Value) error {
		rids = append(rids, row[0].(int64))
		raw, _ := row[1].([]byte) // nil for a foreign value, which is no document
		docs = append(docs, raw)
		return nil
	})
	if err != nil {
		return false, err
	}
	if len(docs) == 0 {
		return false, w.conn.exec(ctx, "DELETE FROM meta WHERE key=?", wordsKey(c))
	}
	for i, raw := range docs {
		r, err := c.record(raw)
		if err != nil {
			continue // a document that cannot be read is found by no word
		}
		// It may be there already, when it was written meanwhile.
		if err := w.removeWords(ctx, c, rids[i]); err != nil {
			return false, err
		}
		if err := w.addWords(ctx, c, rids[i], r.fold()); err != nil {
			return false, err
		}
	}
	return true, w.conn.exec(ctx, "UPDATE meta SET value=? WHERE key=?", rids[len(rids)-1], wordsKey(c))
}
