package core_test

import (
	"bytes"
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// damage replaces bytes of a document, which are in it once, by as many others.
func (w *world) damage(t *testing.T, coll, id string, old, with []byte) {
	t.Helper()
	db, err := sql.Open("sqlite", w.db)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var table string
	if err := db.QueryRow("SELECT name FROM sqlite_schema WHERE name LIKE 'c!_" + coll + "$%' ESCAPE '!'").Scan(&table); err != nil {
		t.Fatal(err)
	}
	var doc []byte
	if err := db.QueryRow(`SELECT doc FROM "`+table+`" WHERE id=?`, id).Scan(&doc); err != nil {
		t.Fatal(err)
	}
	if bytes.Count(doc, old) != 1 || len(old) != len(with) {
		t.Fatalf("%q is %d times in the document", old, bytes.Count(doc, old))
	}
	if _, err := db.Exec(`UPDATE "`+table+`" SET doc=? WHERE id=?`, bytes.Replace(doc, old, with, 1), id); err != nil {
		t.Fatal(err)
	}
}

// The bytes of a document agree with what the store finds it by, or it is damaged:
// then writes are refused at once, and do not wait for others who are not there.
func TestBytesDisagree(t *testing.T) {
	t.Parallel()
	version := func(n byte) []byte { return append([]byte("\x12version\x00"), n, 0, 0, 0, 0, 0, 0, 0) }
	for name, c := range map[string]struct {
		old, with func(id string) []byte
		readable  bool // by its id
	}{
		"the id": {
			old:  func(id string) []byte { return []byte(id) },
			with: func(id string) []byte { return []byte(id[:len(id)-1] + string(id[len(id)-1]^1)) },
		},
		"the version": {
			old:      func(string) []byte { return version(1) },
			with:     func(string) []byte { return version(3) },
			readable: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			editor := w.as(t, "eve", core.Editor)
			ctx, cancel := context.WithTimeout(editor, 20*time.Second) // less than writers wait for others
			defer cancel()
			post, err := w.Posts.Create(ctx, core.PostDraft{Title: "One"})
			if err != nil {
				t.Fatal(err)
			}
			other, err := w.Posts.Create(ctx, core.PostDraft{Title: "Other"})
			if err != nil {
				t.Fatal(err)
			}
			w.damage(t, "posts", post.ID, c.old(post.ID), c.with(post.ID))
			if _, err := w.Posts.Get(ctx, post.ID); core.Is(err, core.Unreadable) == c.readable {
				t.Errorf("read by its id: %v", err)
			}
			many, err := w.Posts.GetMany(ctx, []string{post.ID, other.ID})
			if err != nil || (many[0] != nil) != c.readable || many[1] == nil {
				t.Errorf("read among others: %v %v", many, err)
			}
			if _, err := w.Posts.Update(ctx, post.ID, nil, core.PostPatch{Title: core.Opt[string]{Value: "Two", Set: true}}); !core.Is(err, core.Unreadable) {
				t.Errorf("update: %v", err)
			}
			if err := w.Posts.Delete(ctx, post.ID, nil); !core.Is(err, core.Unreadable) {
				t.Errorf("delete: %v", err)
			}
		})
	}
}

// What can be decoded and is yet not what the type allows is damage: answers would be
// no JSON, or no GraphQL.
func TestDamageThatDecodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "eve", core.Editor)
	for name, c := range map[string]struct{ old, with string }{
		"an enum":            {"DRAFT", "DRAFU"},
		"a text":             {"Title", "Titl\xff"},
		"an entry of a list": {"news", "new\x80"},
	} {
		post, err := w.Posts.Create(ctx, core.PostDraft{Title: "Title", Tags: []string{"news"}})
		if err != nil {
			t.Fatal(err)
		}
		w.damage(t, "posts", post.ID, []byte(c.old), []byte(c.with))
		if _, err := w.Posts.Get(ctx, post.ID); !core.Is(err, core.Unreadable) {
			t.Errorf("%s: %v", name, err)
		}
		page, err := w.Posts.Page(ctx, core.PageArgs{})
		if err != nil || len(page.Nodes()) != 0 {
			t.Errorf("%s is in the list: %v", name, err)
		}
	}
}
