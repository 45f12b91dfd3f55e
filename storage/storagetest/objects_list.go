package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/grapnel/grapnel/core"
)

// list stores more objects than a page of S3 holds, with keys whose order is not that
// of their storing, and looks at them by prefixes.
func (o *objects) list(t *testing.T) {
	store := o.open(t)
	base := objectKey()
	names := []string{"", ".a", ".b", "-", "A", "a", "a b", "a%2fb", "ä", "~"}
	for i := range 1003 {
		names = append(names, fmt.Sprintf(".%d", i*7919%1003))
	}
	var want []string
	var puts errgroup.Group
	puts.SetLimit(16)
	for i, name := range names {
		want = append(want, base+name)
		puts.Go(func() error {
			return store.Put(t.Context(), base+name, bytes.NewReader(make([]byte, i%5)), core.ObjectMeta{})
		})
	}
	if err := puts.Wait(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	put(t, store, objectKey(), bytes.NewReader([]byte("another")))
	begin := time.Now().Add(-time.Hour) // clocks may differ
	got := listed(t.Context(), t, store, base)
	if !slices.EqualFunc(got, want, func(o core.Object, key string) bool { return o.Key == key }) {
		t.Errorf("%d objects are listed of %d, or not in the order of their keys", len(got), len(want))
	}
	for _, object := range got {
		if size := int64(slices.Index(names, object.Key[len(base):]) % 5); object.Size != size {
			t.Errorf("%s has %d bytes, not %d", object.Key, object.Size, size)
		}
		if object.Modified.Before(begin) || object.Modified.After(time.Now().Add(time.Hour)) {
			t.Errorf("%s was stored at %s", object.Key, object.Modified)
		}
	}
	if one := listed(t.Context(), t, store, base+".a"); len(one) != 1 || one[0].Key != base+".a" {
		t.Errorf("by a longer prefix: %v", one)
	}
	if none := listed(t.Context(), t, store, base+"nothing"); len(none) > 0 {
		t.Errorf("by a prefix that no key has: %v", none)
	}
	n := 0
	for _, err := range store.List(t.Context(), base) { // leaves early
		if n++; err != nil || n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("left after %d", n)
	}
	if err := store.Delete(t.Context(), want[0]); err != nil {
		t.Fatal(err)
	}
	if again := listed(t.Context(), t, store, base); len(again) != len(want)-1 || again[0].Key != want[1] {
		t.Errorf("%d objects without the one that was deleted, %d before", len(again), len(want))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range store.List(ctx, base) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		break
	}
}

func listed(ctx context.Context, t *testing.T, store core.ObjectStore, prefix string) (all []core.Object) {
	t.Helper()
	for object, err := range store.List(ctx, prefix) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, object)
	}
	return all
}
