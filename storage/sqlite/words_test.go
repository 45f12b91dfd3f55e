package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// TestOldWords starts on a file whose words were made by the rules of an older
// program; it is cut short, goes on, and loses nothing that is written meanwhile.
func TestOldWords(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "grapnel.db")
	reopen := func() *sqlite.Store {
		t.Helper()
		s, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	exec := func(statements ...string) {
		t.Helper()
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range statements {
			_, e := db.Exec(s)
			err = errors.Join(err, e)
		}
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	spec := noteSpec()
	s := reopen()
	ensure(t, s, spec)
	const n = 2100
	var ops []core.Op
	for i := range n {
		ops = append(ops, core.Op{Kind: core.OpInsert, Coll: "notes", Doc: newNote(fmt.Sprintf("not_%04d", i), fmt.Sprintf("Łódź 北京大学 n%d", i))})
	}
	if err := errors.Join(s.Write(t.Context(), ops...), s.Close()); err != nil {
		t.Fatal(err)
	}

	// As an older program left it.
	exec(`UPDATE meta SET value=substr(value,1,instr(value,',"Words":')-1)||'}' WHERE key='layout:notes'`,
		`DROP TABLE "f_notes$words"`,
		`CREATE VIRTUAL TABLE "f_notes$words" USING fts5(w,content='',contentless_delete=1,detail=none,tokenize='ascii')`,
		`INSERT INTO "f_notes$words"(rowid,w) SELECT rid,'łodz' FROM `+sqlite.Table(spec))

	// A start that ends after the first step.
	s = reopen()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Error(err)
			return
		}
		defer db.Close()
		for last := 0; last == 0 && t.Context().Err() == nil; time.Sleep(time.Millisecond) {
			_ = db.QueryRow("SELECT value FROM meta WHERE key='words:notes'").Scan(&last) // absent at first
		}
	}()
	if err := s.Ensure(ctx, []core.Spec{spec}); err == nil {
		t.Log("the start was too fast to be cut short")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = reopen()
	defer s.Close()
	ensure(t, s, spec)
	for search, want := range map[string]int64{"lodz": n, "京大": n, "łod": n, "n2099": 1, "n0 ": 1, "n20": 111, "absent": 0} {
		if got := count(t, s, core.Search(search)); got != want {
			t.Errorf("%q finds %d, want %d", search, got, want)
		}
	}
	change := core.Op{Kind: core.OpUpdate, Coll: "notes", Filter: core.Eq("_id", "not_0007"), Patch: core.Patch{core.Set("text", "new")}}
	if err := s.Write(t.Context(), change, core.Op{Kind: core.OpDelete, Coll: "notes", Filter: core.Eq("_id", "not_0008")}); err != nil {
		t.Fatal(err)
	}
	if got := count(t, s, core.Search("lodz")); got != n-2 {
		t.Errorf("%d found after a change and a removal, want %d", got, n-2)
	}

	// Half of the work done by another process, and a document of its own.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	exec(`INSERT INTO meta VALUES('words:notes', 1000)`, `DELETE FROM "f_notes$words" WHERE rowid BETWEEN 1001 AND 2000`)
	s = reopen()
	defer s.Close()
	ensure(t, s, spec)
	if got := count(t, s, core.Search("lodz")); got != n-2 {
		t.Errorf("%d found after the second half, want %d", got, n-2)
	}
}

// TestMergesOfWords has indexes of words merged as rarely as this program wants it, those
// too that an older one has made.
func TestMergesOfWords(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "grapnel.db")
	spec := noteSpec()
	start := func() {
		t.Helper()
		s, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		ensure(t, s, spec)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	merges := func(older string) (n int) {
		t.Helper()
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		if older != "" {
			_, err = db.Exec(older)
		}
		err = errors.Join(err, db.QueryRow(`SELECT v FROM "f_notes$words_config" WHERE k='automerge'`).Scan(&n), db.Close())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	start()
	if n := merges(""); n != 8 {
		t.Errorf("a new index merges %d segments, want 8", n)
	}
	if n := merges(`INSERT INTO "f_notes$words"("f_notes$words",rank) VALUES('automerge',4)`); n != 4 {
		t.Fatalf("an older program's index merges %d segments", n)
	}
	start()
	if n := merges(""); n != 8 {
		t.Errorf("an older program's index merges %d segments after a start, want 8", n)
	}
}
