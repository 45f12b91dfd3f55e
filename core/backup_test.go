package core_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
)

// copied is a backup in memory.
type copied []core.BackupEntry

func (c *copied) write(e core.BackupEntry) ([]byte, error) {
	e.Doc = slices.Clone(e.Doc)
	var sum []byte
	if e.Body != nil {
		data, err := io.ReadAll(e.Body)
		if err != nil {
			return nil, err
		}
		digest := sha256.Sum256(data)
		sum, e.Body = digest[:], bytes.NewReader(data)
	}
	*c = append(*c, e)
	return sum, nil
}

func (c copied) entries() iter.Seq2[core.BackupEntry, error] {
	return func(yield func(core.BackupEntry, error) bool) {
		for _, e := range c {
			if e.Body != nil {
				e.Body.(*bytes.Reader).Seek(0, io.SeekStart)
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// TestBackupWhileFilesComeAndGo copies again and again while files are uploaded and
// deleted as fast as it goes: in each copy, all READY files have their bytes.
func TestBackupWhileFilesComeAndGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, stop := context.WithCancel(w.as(t, "ada", core.Author))
	var busy errgroup.Group
	for range 4 {
		busy.Go(func() error {
			var mine []string
			for n := 0; ctx.Err() == nil; n++ {
				data := []byte("text " + rand.Text())
				a, err := w.Assets.Upload(ctx, core.Upload{Filename: "a.txt", Declared: -1, Visibility: core.Public, Body: bytes.NewReader(data)})
				if err == nil {
					mine = append(mine, a.ID)
				}
				if err == nil && len(mine) > 20 {
					err = w.Assets.Delete(ctx, mine[0], nil)
					mine = mine[1:]
				}
				if err != nil && ctx.Err() == nil {
					return err
				}
			}
			return nil
		})
	}
	files := int64(0)
	for i := 0; i < 5 || files == 0; i++ {
		var c copied
		slow := func(e core.BackupEntry) ([]byte, error) {
			if e.Key != "" { // the sweep gets its turn before the bytes are read
				if err := w.Sweep(t.Context()); err != nil {
					t.Error(err)
				}
			}
			return c.write(e)
		}
		b := core.Backup{Specs: model.Specs(), Docs: w.docs, Objects: w.objects, Write: slow, Found: func(p core.Problem) { t.Errorf("copy %d: %s", i, p) }}
		_, n, err := b.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		files += n
	}
	stop()
	if err := busy.Wait(); err != nil {
		t.Error(err)
	}
	// The holds are over: what was deleted goes.
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.fits(t)
}

// TestBackupHoldsFiles deletes every file once the records are read: their bytes stay
// until they are copied, and no longer.
func TestBackupHoldsFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Author)
	var ids []string
	for i := range 3 {
		a, err := w.Assets.Upload(ctx, core.Upload{Filename: "a.txt", Declared: -1, Visibility: core.Public, Body: bytes.NewReader(fmt.Appendf(nil, "text %d", i))})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, a.ID)
	}
	var c copied
	write := func(e core.BackupEntry) ([]byte, error) {
		if e.Key != "" {
			for _, id := range ids {
				if err := w.Assets.Delete(ctx, id, nil); err != nil {
					t.Error(err)
				}
			}
			ids = nil
			if err := w.Sweep(t.Context()); err != nil {
				t.Error(err)
			}
		}
		return c.write(e)
	}
	b := core.Backup{Specs: model.Specs(), Docs: w.docs, Objects: w.objects, Write: write, Found: func(p core.Problem) { t.Errorf("%s", p) }}
	if _, files, err := b.Run(t.Context()); err != nil || files != 3 {
		t.Errorf("%d files, %v", files, err)
	}
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.remains(t); len(got) != 0 {
		t.Errorf("%q are left", got)
	}
}

// TestRestore fills an empty place, refuses one that is not, and replaces it if told. One
// in which it was cut short does not start.
func TestRestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Author)
	a, err := w.Assets.Upload(ctx, core.Upload{Filename: "a.txt", Declared: -1, Visibility: core.Public, Body: bytes.NewReader([]byte("kept"))})
	if err != nil {
		t.Fatal(err)
	}
	var c copied
	b := core.Backup{Specs: model.Specs(), Docs: w.docs, Objects: w.objects, Write: c.write, Found: func(p core.Problem) { t.Errorf("%s", p) }}
	if _, files, err := b.Run(t.Context()); err != nil || files != 1 {
		t.Fatalf("%d files, %v", files, err)
	}
	other := newWorld(t)
	_ = other.as(t, "bob", core.Member)
	restore := func(replace bool, entries iter.Seq2[core.BackupEntry, error]) error {
		r := core.Restore{Specs: model.Specs(), Docs: other.docs, Objects: other.objects, Replace: replace, Entries: entries}
		_, _, err := r.Run(t.Context())
		return err
	}
	if err := restore(false, c.entries()); !core.Is(err, core.Conflict) {
		t.Errorf("onto documents: %v", err)
	}
	broken := errors.New("the archive ends")
	err = restore(true, func(yield func(core.BackupEntry, error) bool) {
		if err := restore(true, c.entries()); !core.Is(err, core.Conflict) || !strings.Contains(err.Error(), "Another restore is running") {
			t.Errorf("beside another one: %v", err)
		}
		for e, err := range c[:len(c)/2].entries() {
			if !yield(e, err) {
				return
			}
		}
		yield(core.BackupEntry{}, broken)
	})
	if err != broken {
		t.Errorf("cut short: %v", err)
	}
	cfg := core.Config{Specs: model.Specs(), Docs: other.docs, Objects: other.objects, Key: make([]byte, 32)}
	if app, err := core.New(t.Context(), cfg); err == nil {
		app.Close()
		t.Error("a start with half of the documents")
	}
	half := core.Backup{Specs: model.Specs(), Docs: other.docs, Objects: other.objects, Write: new(copied).write, Found: func(core.Problem) {}}
	if _, _, err := half.Run(t.Context()); !core.Is(err, core.Conflict) || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("a backup of half of the documents: %v", err)
	}
	if err := restore(true, c.entries()); err != nil {
		t.Fatal(err)
	}
	app, err := core.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	system := core.AsSystem(t.Context())
	if _, err := app.Users.ByEmail(system, "ada@example.org"); err != nil {
		t.Error(err)
	}
	if _, err := app.Users.ByEmail(system, "bob@example.org"); !core.Is(err, core.NotFound) {
		t.Errorf("bob is still there: %v", err)
	}
	if got, err := app.Assets.Get(system, a.ID); err != nil || got.SHA256 != a.SHA256 {
		t.Errorf("%+v, %v", got, err)
	}
	other.fits(t)
	for what, e := range map[string]core.BackupEntry{
		"a foreign file":       {Key: "../x", Body: bytes.NewReader(nil)},
		"a foreign collection": {Coll: "$x", Doc: c[0].Doc},
		"a hold":               {Coll: "holds", Doc: c[0].Doc},
	} {
		if err := restore(true, copied{e}.entries()); !core.Is(err, core.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestBackupTellsWhatIsMissing has a file without bytes, one with others, and a document
// that cannot be read: the rest is copied.
func TestBackupTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Author)
	var keys []string
	for i := range 3 {
		if _, err := w.Assets.Upload(ctx, core.Upload{Filename: "a.txt", Declared: -1, Visibility: core.Public, Body: bytes.NewReader(fmt.Appendf(nil, "text %d", i))}); err != nil {
			t.Fatal(err)
		}
	}
	for o, err := range w.objects.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	err := errors.Join(w.objects.Delete(t.Context(), keys[0]), w.objects.Put(t.Context(), keys[1], bytes.NewReader([]byte("other")), core.ObjectMeta{}))
	if err != nil {
		t.Fatal(err)
	}
	var c copied
	var found []string
	b := core.Backup{Specs: model.Specs(), Docs: w.docs, Objects: w.objects, Write: c.write, Found: func(p core.Problem) { found = append(found, p.What) }}
	_, files, err := b.Run(t.Context())
	if err != nil || files != 2 {
		t.Errorf("%d files, %v", files, err)
	}
	slices.Sort(found)
	if len(found) != 2 || found[0] != "its bytes are not in the file store" || found[1] != "its bytes are not those that were stored; they are copied as they are" {
		t.Errorf("told %q", found)
	}
}
