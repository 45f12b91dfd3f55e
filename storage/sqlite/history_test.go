package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// long is a live type with large fields.
type long struct {
	core.Head `bson:",inline"`
	Title     string   `bson:"title"`
	Lines     []string `bson:"lines"`
	Body      string   `bson:"body"`
	Notes     string   `bson:"notes"`
}

func longSpec() core.Spec {
	return core.Spec{Name: "longs", Prefix: "lng", Live: true, Fields: []core.Field{{Name: "title", Kind: core.String}}}
}

// text is one that nothing makes shorter.
func text(r *rand.Rand, size int) string {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte('a' + r.IntN(26))
	}
	return string(b)
}

func set(id string, patch ...core.Edit) core.Op {
	return core.Op{Kind: core.OpUpdate, Coll: "longs", Filter: core.Eq("_id", id), Patch: append(patch, core.Inc("version", 1))}
}

// TestHistory writes at random and reads the changes from the beginning: both images of
// each are, byte for byte, what was stored. In the end nothing of them is left.
func TestHistory(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "grapnel.db")
	s := openAt(t, path)
	defer s.Close()
	ensure(t, s, longSpec())
	stream, err := s.Changes(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	r := rand.New(rand.NewPCG(7, 8))
	texts := []string{"", "short", text(r, 20_000), text(r, 50_000), text(r, 20_000)}
	pick := func() string { return texts[r.IntN(len(texts))] }
	stored := func(id string) []byte {
		for d, err := range s.Find(t.Context(), "longs", core.Query{Filter: core.Eq("_id", id), Limit: 1}) {
			if err != nil {
				t.Fatal(err)
			}
			return d.BSON()
		}
		return nil
	}
	type change struct {
		id            string
		before, after []byte
	}
	var want []change
	for range 400 {
		id := fmt.Sprintf("lng_%d", r.IntN(5))
		before := stored(id)
		var op core.Op
		switch {
		case before == nil:
			op = core.Op{Kind: core.OpInsert, Coll: "longs", Doc: &long{Head: core.Head{ID: id, Version: 1}, Title: pick(), Body: pick(), Notes: pick()}}
		case r.IntN(10) == 0:
			op = core.Op{Kind: core.OpDelete, Coll: "longs", Filter: core.Eq("_id", id)}
		default:
			op = set(id, []core.Edit{core.Set("title", pick()), core.Set("body", pick()), core.Set("lines", []string{pick(), pick()}), core.Set("extra", pick())}[r.IntN(4)])
		}
		if err := s.Write(t.Context(), op); err != nil {
			t.Fatal(err)
		}
		want = append(want, change{id, before, stored(id)})
	}
	image := func(d core.Doc) []byte {
		if d == nil {
			return nil
		}
		return d.BSON()
	}
	for i, w := range want {
		e, err := stream.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if e.ID != w.id || !bytes.Equal(image(e.Before), w.before) || !bytes.Equal(image(e.After), w.after) {
			t.Fatalf("change %d of %s is another one", i, w.id)
		}
	}
	if err := s.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var left int
	if err := db.QueryRow("SELECT (SELECT value FROM meta WHERE key='history')+(SELECT count(*) FROM changes)+(SELECT count(*) FROM parts)+(SELECT count(*) FROM part_bytes)").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d left (%v)", left, err)
	}
}

// TestHistoryIsBounded edits a long post many times.
func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		bytes  int64 // of the history
		field  string
		most   int64 // bytes of the file
		resume bool
	}{
		"a short field": {256 << 20, "title", 4 << 20, true},
		"the long one":  {8 << 20, "body", 16 << 20, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "grapnel.db")
			s := openAt(t, path, sqlite.WithChanges(time.Hour, 1000, test.bytes), sqlite.WithUpkeep(time.Hour), sqlite.WithMaxLog(4<<20))
			defer s.Close()
			ensure(t, s, longSpec())
			stream, err := s.Changes(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Close()
			r := rand.New(rand.NewPCG(9, 10))
			err = s.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: "longs", Doc: &long{Head: core.Head{ID: "lng_1"}, Body: text(r, 800_000)}})
			if err != nil {
				t.Fatal(err)
			}
			first, err := stream.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			const edits = 60
			for i := range edits {
				value := fmt.Sprint("title ", i)
				if test.field == "body" {
					value = text(r, 800_000)
				}
				if err := s.Write(t.Context(), set("lng_1", core.Set(test.field, value))); err != nil {
					t.Fatal(err)
				}
			}
			again, err := s.Changes(t.Context(), first.Token)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			n := 0
			for ; n < edits && err == nil; n++ {
				_, err = again.Next(t.Context())
			}
			if test.resume && err != nil || !test.resume && !errors.Is(err, core.ErrTokenLost) {
				t.Errorf("after %d changes: %v", n, err)
			}
			if err := s.Close(); err != nil { // empties the write-ahead log
				t.Fatal(err)
			}
			if info, err := os.Stat(path); err != nil || info.Size() > test.most {
				t.Errorf("the file has %d bytes (%v), want %d at most", info.Size(), err, test.most)
			}
		})
	}
}

// TestUpgrade opens a file of an older program: its changes are in another form.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "grapnel.db")
	s := openAt(t, path)
	ensure(t, s, longSpec())
	stream, err := s.Changes(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	add := func(id string) {
		t.Helper()
		if err := s.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: "longs", Doc: &long{Head: core.Head{ID: id}, Body: strings.Repeat("x", 10_000)}}); err != nil {
			t.Fatal(err)
		}
	}
	add("lng_1")
	old, err := stream.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	add("lng_2")
	if err := errors.Join(stream.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		"DROP TABLE parts", "DROP TABLE part_bytes", "DELETE FROM meta WHERE key='history'", "ALTER TABLE changes DROP COLUMN parts",
		"UPDATE changes SET after=(SELECT doc FROM " + sqlite.Table(longSpec()) + " c WHERE c.id=changes.id)", "PRAGMA user_version=1",
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}

	s = openAt(t, path)
	defer s.Close()
	ensure(t, s, longSpec())
	if stream, err = s.Changes(t.Context(), old.Token); err == nil {
		_, err = stream.Next(t.Context())
		stream.Close()
	}
	if !errors.Is(err, core.ErrTokenLost) {
		t.Errorf("from before the upgrade: %v", err)
	}
	if stream, err = s.Changes(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	add("lng_3")
	if e, err := stream.Next(t.Context()); err != nil || e.ID != "lng_3" || bytes.Equal(e.Token, old.Token) {
		t.Errorf("after the upgrade: %v, %v", e.ID, err)
	}
	if n, err := s.Count(t.Context(), "longs", core.Query{}); err != nil || n != 3 {
		t.Errorf("%d documents, %v", n, err)
	}
}

// FuzzPack packs a document with others, whatever they are: it comes back. What nobody
// packed is refused, or is some document.
func FuzzPack(f *testing.F) {
	encode := func(l long) []byte {
		raw, err := sqlite.Encode(&l)
		if err != nil {
			f.Fatal(err)
		}
		return raw
	}
	a, b := encode(long{Title: "a", Body: "the same"}), encode(long{Title: "b", Lines: []string{"x"}, Body: "the same"})
	f.Add(a, b, []byte("any"))
	f.Add(b, a, sqlite.Pack(b, a))
	f.Add([]byte{}, a[:20], []byte{0, 0, 0})
	f.Fuzz(func(t *testing.T, known, raw, any []byte) {
		got, ok := sqlite.Unpack(known, sqlite.Pack(raw, known))
		if !ok || !bytes.Equal(got, raw) {
			t.Errorf("%x came back as %x", raw, got)
		}
		if got, ok = sqlite.Unpack(append(bytes.Clone(known), any...), sqlite.Pack(raw, known, any)); !ok || !bytes.Equal(got, raw) {
			t.Errorf("%x came back as %x", raw, got)
		}
		sqlite.Unpack(known, any)
	})
}
