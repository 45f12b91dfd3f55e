package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// Whichever byte of a document is flipped, and whatever a foreign hand has put in
// its place: the store says which document it is, answers the others, and lets it
// be removed.
func TestDamagedDocuments(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "grapnel.db")
	s := openAt(t, path)
	defer s.Close()
	fill(t, s, 3)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("PRAGMA synchronous=OFF"); err != nil {
		t.Fatal(err)
	}
	table := sqlite.Table(postSpec())
	var id string
	var doc []byte
	if err := db.QueryRow("SELECT id, doc FROM "+table+" ORDER BY id LIMIT 1 OFFSET 1").Scan(&id, &doc); err != nil {
		t.Fatal(err)
	}
	try := func(name string, value any) {
		t.Helper()
		if _, err := db.Exec("UPDATE "+table+" SET doc=? WHERE id=?", value, id); err != nil {
			t.Fatal(err)
		}
		for _, brief := range []bool{false, true} {
			q := core.Query{Order: []core.Order{{Field: "date"}, {Field: "_id"}}, Limit: 5, Identify: true, Brief: brief}
			var ids []string
			for d, err := range s.Find(t.Context(), "posts", q) {
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				ids = append(ids, d.ID())
				if err := d.Decode(new(post)); err != nil && (d.ID() != id || !errors.As(err, new(*core.DecodeError))) {
					t.Fatalf("%s: %s: %v", name, d.ID(), err)
				}
			}
			if len(ids) != 3 || !slices.Contains(ids, id) {
				t.Fatalf("%s: found %v", name, ids)
			}
		}
	}
	for i := range doc {
		if i > 60 && i%41 != 0 {
			continue // all of the head, and some of the rest
		}
		for _, bit := range []byte{1, 0x80} {
			flipped := slices.Clone(doc)
			flipped[i] ^= bit
			try("a flipped bit", flipped)
		}
	}
	for name, value := range map[string]any{"cut off": doc[:len(doc)/2], "nothing": []byte{}, "a text": "hello", "a number": 7} {
		try(name, value)
	}
	if err := s.Write(t.Context(), core.Op{Kind: core.OpDelete, Coll: "posts", Filter: core.Eq("_id", id)}); err != nil {
		t.Fatal(err)
	}
	for _, f := range []core.Filter{core.All, core.Eq("tags", "all")} {
		if n, err := s.Count(t.Context(), "posts", core.Query{Filter: f}); err != nil || n != 2 {
			t.Errorf("%d remain of %v: %v", n, f, err)
		}
	}
}

// TestDiskFull: a full disk is told to those who write, and to those who ask
// whether the store is ready, until there is room again.
func TestDiskFull(t *testing.T) {
	registerSyncVFS.Do(func() { registerVFS(t) })
	path := filepath.Join(t.TempDir(), "grapnel.db")
	s := openAt(t, path, sqlite.WithVFS(syncVFS))
	defer s.Close()
	fill(t, s, 1)
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	commits := s.Stats().Commits
	for range 10 {
		if err := s.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Stats().Commits - commits; n != 0 {
		t.Errorf("%d writes to find out what a write had just shown", n)
	}
	diskFull.Store(true)
	defer diskFull.Store(false)
	err := s.Write(t.Context(), core.Op{Kind: core.OpUpdate, Coll: "posts", Filter: core.All, Patch: core.Patch{core.Inc("version", 1)}})
	if !core.Is(err, core.Unavailable) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "full") {
		t.Errorf("a write: %v", err)
	}
	if err := s.Ping(t.Context()); !core.Is(err, core.Unavailable) {
		t.Errorf("ready though the disk is full: %v", err)
	}
	diskFull.Store(false)
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("not ready though there is room again: %v", err)
	}
}

// A damaged file is named, with what to do.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "grapnel.db")
	if err := os.WriteFile(path, bytes.Repeat([]byte("this is no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Open(context.Background(), path)
	var e *core.Error
	if !errors.As(err, &e) || !strings.Contains(e.Message, path) || !strings.Contains(e.Message, ".recover") {
		t.Errorf("got %v", err)
	}
}
