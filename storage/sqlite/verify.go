package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"hash/maphash"
	"math"
	"slices"

	"github.com/grapnel/grapnel/core"
)

// Verify has SQLite look through the whole file, compares the tables of specs with the
// documents, and hands what is wrong to found: pages, indexes that differ from their
// tables, the full-text indexes, and what lists go by where it is not what a document
// holds. It keeps some hundred documents at most. Documents that cannot be read, and
// collections that a start would lay out anew, are passed over.
//
// It has a connection of its own: on one that has looked at a full-text index before,
// SQLite takes what others have changed in it since for damage; see
// findings/sqlite-fts5-integrity-check-goes-by-what-it-saw-before.sh.
func (s *Store) Verify(ctx context.Context, specs []core.Spec, found func(string)) error {
	if err := s.ended(); err != nil {
		return err
	}
	c, err := openConn(s.dsn(s.path, true))
	if err != nil {
		return s.failure(err)
	}
	defer c.close()
	err = c.query(ctx, "PRAGMA integrity_check(1000)", nil, func(row []driver.Value) error {
		if fault, _ := row[0].(string); fault != "ok" {
			found(fault)
		}
		return nil
	})
	for i := 0; i < len(specs) && err == nil; i++ {
		err = verify(ctx, c, specs[i], found)
	}
	return s.failure(err)
}

// Repair makes the tables of collections anew where they are not what the documents
// hold, with the words. Ensure has been told of them.
func (s *Store) Repair(ctx context.Context, specs []core.Spec) error {
	for _, spec := range specs {
		c, err := s.collection(spec.Name)
		if err != nil {
			return err
		}
		wrong := false
		err = s.read(ctx, func(ctx context.Context, conn *conn) error {
			return verify(ctx, conn, spec, func(string) { wrong = true })
		})
		if err == nil && wrong {
			err = s.writer.remake(ctx, func(w *writer) error {
				if err := w.conn.exec(ctx, "UPDATE meta SET value='' WHERE key=?", layoutKey(c)); err != nil {
					return err
				}
				return w.ensureTables(ctx, c)
			})
		}
		if err != nil {
			return s.failure(err)
		}
	}
	return nil
}

// verify compares the tables of one collection with its documents, in one state of the
// file, for a server may be writing.
func verify(ctx context.Context, conn *conn, spec core.Spec, found func(string)) error {
	return transaction(ctx, conn, "BEGIN", func() error {
		table, err := tableOf(ctx, conn, spec.Name)
		if err != nil || table == "" {
			return err
		}
		c, err := layOut(spec)
		if err != nil {
			return err
		}
		return c.in(table).verify(ctx, conn, found)
	})
}

// verify compares the tables of c with its documents.
func (c *collection) verify(ctx context.Context, conn *conn, found func(string)) error {
	layout, err := conn.value(ctx, "SELECT value FROM meta WHERE key=?", layoutKey(c))
	if err != nil {
		return err
	}
	if have, _ := layout.(string); withoutWords(have) != c.layout(false) {
		return nil
	}
	want, unread := map[*side]tally{}, false
	seed := maphash.MakeSeed()
	sql := "SELECT rid,id," + c.columnList() + "cut,doc FROM " + c.table + " WHERE rid>? ORDER BY rid"
	for last := int64(math.MinInt64); ; {
		rows, err := conn.page(ctx, sql, last)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		for _, row := range rows {
			last, _ = row[0].(int64)
			raw, _ := row[len(row)-1].([]byte)
			r, err := c.record(raw)
			if err != nil || row[1] != r.id {
				unread = true
				continue
			}
			for _, name := range c.differs(r, row[2:]) {
				found(fmt.Sprintf("%s %s, %s: what lists go by is not what the document holds", c.spec.Name, r.id, name))
			}
			for _, f := range c.arrays {
				for s, key := range f.rows(r) {
					want[s] = want[s].with(fingerprint(seed, append(key, last)))
				}
			}
		}
	}
	if unread {
		return nil // nobody can tell what they have in the side tables
	}
	for _, f := range c.arrays {
		for _, s := range f.sides {
			have := tally{}
			err := conn.query(ctx, "SELECT * FROM "+s.table, nil, func(row []driver.Value) error {
				have = have.with(fingerprint(seed, row))
				return nil
			})
			if err != nil {
				return err
			}
			if have != want[s] {
				found(fmt.Sprintf("%s, %s: the table %s, by which lists are filtered, is not what the documents hold", c.spec.Name, f.Name, s.table))
			}
		}
	}
	return nil
}

// differs names the columns that do not hold what the record does.
func (c *collection) differs(r *record, row []driver.Value) (names []string) {
	for i, f := range c.columns {
		if stored(row[i]) != r.columns[i] {
			names = append(names, f.Name)
		}
	}
	if row[len(c.columns)] != int64(r.cut) {
		names = append(names, "where its large fields begin")
	}
	return names
}

// stored is a value of a column as records have it.
func stored(v driver.Value) any {
	if b, ok := v.([]byte); ok {
		return sortable(b)
	}
	return v
}

// page is the next rows of a query that goes on after last, with a document at their
// end: as many as holdBytes hold, and one at least.
func (c *conn) page(ctx context.Context, sql string, last int64) (rows [][]driver.Value, err error) {
	size := 0
	err = c.query(ctx, sql, []any{last}, func(row []driver.Value) error {
		rows = append(rows, slices.Clone(row))
		raw, _ := row[len(row)-1].([]byte)
		if size += len(raw); size >= holdBytes || len(rows) == upkeepBatch {
			return errEnough
		}
		return nil
	})
	return rows, err
}

// tally tells two sets of rows apart, whatever their order.
type tally struct {
	rows int
	sum  uint64
}

// with is the tally with one more row.
func (t tally) with(row uint64) tally { return tally{t.rows + 1, t.sum + row} }

func fingerprint[V any](seed maphash.Seed, row []V) (sum uint64) {
	type link struct {
		before uint64
		value  any
	}
	for _, v := range row {
		sum = maphash.Comparable(seed, link{sum, stored(v)})
	}
	return sum
}
