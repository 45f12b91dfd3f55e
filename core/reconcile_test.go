package core_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
)

// filesCheck looks at the files of w and lists what it found.
func (w *world) filesCheck(t *testing.T, repair bool, with ...func(*core.FilesCheck)) (found []string, objects int64, err error) {
	t.Helper()
	check := core.FilesCheck{Specs: model.Specs(), Docs: w.docs, Objects: w.objects, Found: func(p core.Problem) { found = append(found, p.String()) }}
	for _, set := range with {
		set(&check)
	}
	if repair {
		objects, err = check.Repair(t.Context())
	} else {
		objects, err = check.Run(t.Context())
	}
	return found, objects, err
}

// Both kinds of orphans are found among files that are well, at the ends and between;
// a repair deletes bytes without a record, and nothing else.
func TestFilesCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Member)
	var assets []*core.Asset
	for range 5 {
		a, err := w.upload(ctx, "a.txt", []byte("just a text"), core.Public)
		if err != nil {
			t.Fatal(err)
		}
		assets = append(assets, a)
	}
	if _, _, err := w.promise(ctx, "a.txt", "text/plain", []byte("never sent")); err != nil {
		t.Fatal(err)
	}
	if found, n, err := w.filesCheck(t, false); len(found) > 0 || n != 5 || err != nil {
		t.Fatalf("%q in %d objects, %v", found, n, err)
	}

	lost, cut := assets[0], assets[2]
	if err := w.objects.Delete(t.Context(), lost.Key); err != nil {
		t.Fatal(err)
	}
	put := func(key, text string) {
		if err := w.objects.Put(t.Context(), key, strings.NewReader(text), core.ObjectMeta{}); err != nil {
			t.Fatal(err)
		}
	}
	put(cut.Key, "just")
	orphans := []string{"assets/!", assets[1].Key + "x", "assets/" + assets[3].ID, assets[4].Key[:len(assets[4].Key)-1], "assets/left_x", "assets/~"}
	for _, key := range orphans {
		put(key, "nobody's")
	}
	put("others/x", "of another program")
	leftover := assets[1].Key + "y"
	if err := w.docs.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: "leftovers", Doc: &core.Leftover{
		Head: core.Head{ID: "left_" + strings.TrimPrefix(leftover, "assets/"), Version: 1}, State: core.Reserved,
		Due: time.Now().Add(time.Hour), Until: time.Now().Add(time.Hour),
	}}); err != nil {
		t.Fatal(err)
	}
	put(leftover, "of an attempt")

	if found, _, err := w.filesCheck(t, false, func(c *core.FilesCheck) { c.MinAge = time.Hour }); len(found) != 2 || err != nil {
		t.Errorf("of young ones it says %q, %v", found, err)
	}
	want := []string{"assets " + lost.ID + ": its 11 bytes are not", "assets " + cut.ID + ", size: 4 bytes are in the file store, and 11 are recorded"}
	for _, key := range orphans {
		want = append(want, "files "+key+": 8 bytes of ")
	}
	looks := func(when string, found []string, want []string) {
		t.Helper()
		for _, w := range want {
			if !slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, w) }) {
				t.Errorf("%s: nothing of %q", when, w)
			}
		}
		if len(found) != len(want) {
			t.Errorf("%s: %d findings, not %d:\n%s", when, len(found), len(want), strings.Join(found, "\n"))
		}
	}
	for range 2 { // it has written nothing
		found, n, err := w.filesCheck(t, false)
		if looks("check", found, want); n != 11 || err != nil {
			t.Errorf("%d objects, %v", n, err)
		}
	}
	found, _, err := w.filesCheck(t, true)
	if looks("repair", found, want); err != nil {
		t.Error(err)
	}
	found, n, err := w.filesCheck(t, true)
	if looks("after it", found, want[:2]); n != 5 || err != nil {
		t.Errorf("%d objects, %v", n, err)
	}
	if _, err := w.objects.Stat(t.Context(), "others/x"); err != nil {
		t.Errorf("another program's: %v", err)
	}
	put(lost.Key, "just a text")
	put(cut.Key, "just a text")
	if found, _, err := w.filesCheck(t, false); len(found) > 0 || err != nil {
		t.Errorf("brought back: %q, %v", found, err)
	}
}

// The bytes of a record that cannot be read are not taken for nobody's.
func TestFilesCheckLeavesTheDamaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Member)
	for range 2 {
		if _, err := w.upload(ctx, "a.txt", []byte("just a text"), core.Public); err != nil {
			t.Fatal(err)
		}
	}
	page, err := w.Assets.Page(ctx, core.PageArgs{})
	if err != nil {
		t.Fatal(err)
	}
	id := page.Nodes()[0].ID
	if err := w.docs.Write(t.Context(), core.Op{Kind: core.OpUpdate, Coll: "assets", Filter: core.Eq("_id", id), Patch: core.Patch{core.Set("width", "wide")}}); err != nil {
		t.Fatal(err)
	}
	if found, n, err := w.filesCheck(t, true); len(found) > 0 || n != 2 || err != nil {
		t.Errorf("%q, %d objects, %v", found, n, err)
	}
	if left := w.remains(t); len(left) != 2 {
		t.Errorf("%d are left", len(left))
	}
}

// A store that belongs to another database is not emptied.
func TestFilesCheckRefusesAnotherStore(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t), newWorld(t)
	if _, err := w.upload(w.as(t, "ada", core.Member), "a.txt", []byte("just a text"), core.Public); err != nil {
		t.Fatal(err)
	}
	if _, _, err := other.filesCheck(t, true, func(c *core.FilesCheck) { c.Objects = w.objects }); !core.Is(err, core.Invalid) {
		t.Errorf("%v", err)
	}
	if left := w.remains(t); len(left) != 1 {
		t.Error("it is gone")
	}
}

// What the store fails with ends the check: half a listing would make orphans.
func TestFilesCheckFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.upload(w.as(t, "ada", core.Member), "a.txt", []byte("just a text"), core.Public); err != nil {
		t.Fatal(err)
	}
	left := w.remains(t)[0]
	shard := filepath.Dir(left)
	if err := os.Rename(shard, shard+"x"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(shard, []byte("no folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	found, _, err := w.filesCheck(t, true)
	if len(found) > 0 || !core.Is(err, core.Unavailable) {
		t.Errorf("%q, %v", found, err)
	}
	if err := errors.Join(os.Remove(shard), os.Rename(shard+"x", shard)); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(left); err != nil || !bytes.Equal(b, []byte("just a text")) {
		t.Errorf("%q, %v", b, err)
	}
}
