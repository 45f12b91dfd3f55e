package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// The number of a row is never used again, whatever is deleted, and although tables are
// made anew: so what is left of a document somewhere leads to no other. A file of a
// version that used them again goes on behind those that it has.
func TestRowNumbers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "grapnel.db")
	spec := noteSpec()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := openAt(t, path)
	defer func() { s.Close() }()
	ensure(t, s, spec)
	create(t, s, newNote("not_1", "a"), newNote("not_2", "b"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// As an older version made it.
	for _, statement := range []string{
		"CREATE TABLE c_notes(rid INTEGER PRIMARY KEY,id TEXT NOT NULL UNIQUE,x_version INTEGER,x_text TEXT,x_ends INTEGER,cut INTEGER NOT NULL,doc BLOB NOT NULL)",
		"INSERT INTO c_notes SELECT * FROM " + sqlite.Table(spec), "DROP TABLE " + sqlite.Table(spec),
		`UPDATE meta SET value=replace(value,'"Rows":"INTEGER PRIMARY KEY AUTOINCREMENT",','') WHERE key='layout:notes'`,
		"PRAGMA user_version=2",
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	last := int64(2)
	s = openAt(t, path)
	for i, more := range []core.Field{{Name: "a"}, {Name: "b"}, {Name: "c"}} {
		spec.Fields = append(spec.Fields, more)
		ensure(t, s, spec)
		id := fmt.Sprintf("not_new%d", i)
		create(t, s, newNote(id, "x"))
		var row int64
		if err := db.QueryRow("SELECT rid FROM "+sqlite.Table(spec)+" WHERE id=?", id).Scan(&row); err != nil {
			t.Fatal(err)
		}
		if row != last+1 {
			t.Errorf("%s is row %d, want %d", id, row, last+1)
		}
		last = row
		if err := s.Write(t.Context(), core.Op{Kind: core.OpDelete, Coll: "notes", Filter: core.Eq("_id", id)}); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Count(t.Context(), "notes", core.Query{Filter: core.Search("a")}); err != nil || n != 1 {
			t.Errorf("%d notes found (%v), want 1", n, err)
		}
	}
}
