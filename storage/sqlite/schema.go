package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/grapnel/grapnel/core"
)

// schemaVersion is PRAGMA user_version of the files that this code writes.
const schemaVersion = 3

// prepareSchema makes the tables that every database has and returns the
// number of the last change.
func (s *Store) prepareSchema(ctx context.Context, c *conn) (seq int64, err error) {
	v, err := c.value(ctx, "PRAGMA user_version")
	if err != nil {
		return 0, s.failure(err)
	}
	if v.(int64) > schemaVersion {
		return 0, core.Errorf(core.Internal, "The database was written by a newer version of the program.")
	}
	if v.(int64) < schemaVersion {
		err := transaction(ctx, c, "BEGIN IMMEDIATE", func() error {
			// Another process may have been first.
			if v, err = c.value(ctx, "PRAGMA user_version"); err != nil {
				return err
			}
			for version := v.(int64); version < schemaVersion; version++ {
				for _, sql := range upgrades[version] {
					if err := c.script(ctx, sql); err != nil {
						return err
					}
				}
			}
			return c.script(ctx, fmt.Sprintf("PRAGMA user_version=%d", schemaVersion))
		})
		if err != nil {
			return 0, s.failure(err)
		}
	}
	if v, err = c.value(ctx, "SELECT value FROM meta WHERE key='epoch'"); err != nil {
		return 0, s.failure(err)
	}
	s.epoch, _ = v.([]byte)
	seq, err = lastChange(ctx, c)
	return seq, s.failure(err)
}

// upgrades lead from each version to the next.
var upgrades = [schemaVersion][]string{
	{
		"CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID",
		// AUTOINCREMENT: a number is never used again, even when all
		// changes were removed.
		"CREATE TABLE changes(seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, coll TEXT NOT NULL, id TEXT NOT NULL, before BLOB, after BLOB)",
		"INSERT INTO meta VALUES('epoch',randomblob(8)),('pruned',0)",
	},
	{ // changes in another form
		"DELETE FROM changes",
		"UPDATE meta SET value=ifnull((SELECT seq FROM sqlite_sequence WHERE name='changes'),0) WHERE key='pruned'",
		"ALTER TABLE changes ADD COLUMN parts BLOB",
		// Two tables, so that counting does not write the bytes again.
		"CREATE TABLE parts(digest BLOB PRIMARY KEY, uses INTEGER NOT NULL, part INTEGER NOT NULL) WITHOUT ROWID",
		"CREATE TABLE part_bytes(part INTEGER PRIMARY KEY, bytes BLOB NOT NULL)",
		"INSERT INTO meta VALUES('history',0)",
	},
	{}, // tables of documents in another form, which Ensure makes
}

// lastChange is the number of the last change that any process has written.
func lastChange(ctx context.Context, c *conn) (seq int64, err error) {
	v, err := c.value(ctx, "SELECT seq FROM sqlite_sequence WHERE name='changes'")
	seq, _ = v.(int64)
	return seq, err
}

// transaction runs f between begin and COMMIT.
func transaction(ctx context.Context, c *conn, begin string, f func() error) error {
	if err := c.exec(ctx, begin); err != nil {
		return err
	}
	err := f()
	if err == nil {
		err = c.exec(ctx, "COMMIT")
	}
	if err != nil {
		_ = c.exec(context.WithoutCancel(ctx), "ROLLBACK") // fails only when SQLite has done so
	}
	return err
}

// Ensure makes the tables and indexes of specs. Where a collection's fields
// differ from what the file has, its tables are built anew from the documents;
// that takes about a minute for a million. All of it happens, or nothing.
func (s *Store) Ensure(ctx context.Context, specs []core.Spec) error {
	if s.readOnly {
		return errReadOnly()
	}
	s.ensure.Lock()
	defer s.ensure.Unlock()
	var colls []*collection
	for _, spec := range specs {
		c, err := newCollection(spec)
		if err != nil {
			return err
		}
		colls = append(colls, c)
	}
	err := s.writer.remake(ctx, func(w *writer) error {
		for _, c := range colls {
			if err := w.ensure(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return s.failure(err)
	}
	for _, c := range colls {
		if err := s.refillWords(ctx, c); err != nil {
			return s.failure(err)
		}
	}
	s.declare(colls)
	return nil
}

// layoutKey is where meta keeps how the tables of a collection are laid out.
func layoutKey(c *collection) string { return "layout:" + c.spec.Name }

// tableOf is the table with the documents of a collection, by whatever Spec; empty
// without one.
func tableOf(ctx context.Context, conn *conn, coll string) (name string, err error) {
	v, err := conn.value(ctx, "SELECT name FROM sqlite_schema WHERE type='table' AND (name=?1 OR substr(name,1,length(?1)+1)=?1||'$')", tablePrefix(coll))
	name, _ = v.(string)
	return name, err
}

func (w *writer) ensure(ctx context.Context, c *collection) error {
	have, err := tableOf(ctx, w.conn, c.spec.Name)
	if err != nil {
		return err
	}
	if have != "" && have != c.name { // from here on, it is none to others
		if err := w.conn.script(ctx, "ALTER TABLE "+ident(have)+" RENAME TO "+c.table); err != nil {
			return err
		}
	}
	if err := w.ensureTables(ctx, c); err != nil {
		return err
	}
	return w.ensureMerges(ctx, c)
}

// ensureTables lays the tables out as c is, unless they are so already.
func (w *writer) ensureTables(ctx context.Context, c *collection) error {
	key, layout := layoutKey(c), c.layout(true)
	have, err := w.conn.value(ctx, "SELECT value FROM meta WHERE key=?", key)
	if err != nil {
		return err
	}
	if have == layout {
		return w.ensureIndexes(ctx, c)
	}
	if have, _ := have.(string); withoutWords(have) == c.layout(false) {
		if err := w.emptyWords(ctx, c); err != nil {
			return err
		}
		if err := w.conn.script(ctx, "UPDATE meta SET value=? WHERE key=?", layout, key); err != nil {
			return err
		}
		return w.ensureIndexes(ctx, c)
	}
	if err := w.conn.exec(ctx, "DELETE FROM meta WHERE key=?", wordsKey(c)); err != nil {
		return err
	}
	old := ""
	if have != nil {
		old = ident(oldName(c))
		if err := w.dropTables(ctx, c, old); err != nil {
			return err
		}
	}
	for _, sql := range c.tables() {
		if err := w.conn.script(ctx, sql); err != nil {
			return err
		}
	}
	if old != "" {
		// The numbers of rows go on, also where the last rows are gone.
		if err := w.conn.exec(ctx, "INSERT INTO sqlite_sequence(name,seq) SELECT ?,seq FROM sqlite_sequence WHERE name=?", c.name, oldName(c)); err != nil {
			return err
		}
		if err := w.refill(ctx, c, old); err != nil {
			return err
		}
		if err := w.conn.script(ctx, "DROP TABLE "+old); err != nil {
			return err
		}
	}
	if err := w.conn.script(ctx, "INSERT OR REPLACE INTO meta VALUES(?,?)", key, layout); err != nil {
		return err
	}
	return w.ensureIndexes(ctx, c)
}

// oldName is the table of the documents while they move to a new one.
func oldName(c *collection) string { return "old " + c.spec.Name }

// dropTables removes everything of a collection but its documents, which stay
// in a table named old.
func (w *writer) dropTables(ctx context.Context, c *collection, old string) error {
	var drop []string
	err := w.conn.query(ctx, `SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL AND
		(type='index' AND tbl_name=?1 OR type='table' AND (name=?2 OR substr(name,1,length(?3))=?3))`,
		[]any{c.name, "f_" + c.spec.Name + "$words", "a_" + c.spec.Name + "$"},
		func(row []driver.Value) error {
			drop = append(drop, fmt.Sprintf("DROP %s %s", row[0], ident(row[1].(string))))
			return nil
		})
	if err != nil {
		return err
	}
	for _, sql := range append(drop, "ALTER TABLE "+c.table+" RENAME TO "+old) {
		if err := w.conn.script(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// refill inserts the documents of the table old into the new tables of c, as the rows
// that they were.
func (w *writer) refill(ctx context.Context, c *collection, old string) error {
	type document struct {
		rid int64
		raw []byte
	}
	var last int64
	for {
		var docs []document
		err := w.conn.query(ctx, "SELECT rid, doc FROM "+old+" WHERE rid>? ORDER BY rid LIMIT 500", []any{last},
			func(row []driver.Value) error {
				raw, _ := row[1].([]byte) // nil for a foreign value, which is no document
				docs = append(docs, document{row[0].(int64), raw})
				return nil
			})
		if err != nil || len(docs) == 0 {
			return err
		}
		for _, d := range docs {
			r, err := c.record(d.raw)
			if err == nil {
				err = w.store(ctx, c, d.rid, r.fold())
			} else {
				err = w.carry(ctx, c, old, d.rid)
			}
			if err != nil {
				return err
			}
		}
		last = docs[len(docs)-1].rid
	}
}

// carry inserts a document that cannot be taken apart any more, with the columns that the
// table old has of it: one damaged document does not keep the others.
func (w *writer) carry(ctx context.Context, c *collection, old string, rid int64) error {
	kept := ""
	for _, f := range c.columns {
		n, err := w.conn.value(ctx, "SELECT 1 FROM pragma_table_info(?) WHERE name=? AND type=?", oldName(c), "x_"+f.Name, columnType[f.Kind])
		if err != nil {
			return err
		}
		if n != nil {
			kept += f.column + ","
		}
	}
	columns := "rid,id," + kept + "cut,doc"
	return w.conn.exec(ctx, "INSERT INTO "+c.table+"("+columns+") SELECT "+columns+" FROM "+old+" WHERE rid=?", rid)
}

// ensureIndexes makes the indexes that are missing and drops those that are
// not declared any more.
func (w *writer) ensureIndexes(ctx context.Context, c *collection) error {
	want := c.indexes()
	var drop []string
	err := w.conn.query(ctx, `SELECT name FROM sqlite_schema WHERE type='index' AND sql IS NOT NULL AND
		(tbl_name=?1 OR substr(tbl_name,1,length(?2))=?2)`, []any{c.name, "a_" + c.spec.Name + "$"},
		func(row []driver.Value) error {
			name := row[0].(string)
			if _, ok := want[name]; ok {
				delete(want, name)
			} else {
				drop = append(drop, name)
			}
			return nil
		})
	if err != nil {
		return err
	}
	for _, name := range drop {
		if err := w.conn.script(ctx, "DROP INDEX "+ident(name)); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if err := w.conn.script(ctx, want[name]); err != nil {
			if taken(c, err) != nil {
				_, field, _ := strings.Cut(name, "$")
				return core.Wrap(core.Conflict, err, fmt.Sprintf("Documents in the collection %q hold the same %s, which must be unique. Change them first, or leave @unique out.", c.spec.Name, field))
			}
			return err
		}
	}
	return nil
}
