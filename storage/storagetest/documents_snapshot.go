package storagetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// testSnapshot reads two collections while others are written: what is read is of one
// moment.
func testSnapshot(t *testing.T, d *documents) {
	s := d.store(t)
	const n = 1200 // more than one page
	var ops []core.Op
	for i := range n {
		ops = append(ops, insertOp("articles", titled(fmt.Sprintf("art_%04d", i), "old")))
	}
	write(t, s, ops...)
	insert(t, s, "accounts", newAccount("acc_1"))
	failure := errors.New("of the caller")
	err := s.Snapshot(deadline(t), func(all core.Snapshot) error {
		seen := 0
		for doc, err := range all("articles") {
			if err != nil {
				t.Fatal(err)
			}
			if seen++; seen == 1 { // those that are not read yet
				write(t, s, update("articles", core.All, core.Set("title", "new")))
				write(t, s, remove("articles", core.Eq("_id", fmt.Sprintf("art_%04d", n-1))))
				insert(t, s, "articles", titled("art_9999", "young"))
				write(t, s, remove("accounts", core.All))
			}
			if a := decode[article](t, doc); a.Title != "old" || a.ID != doc.ID() {
				t.Fatalf("%s (%s) is %q", a.ID, doc.ID(), a.Title)
			}
		}
		if seen != n {
			t.Errorf("%d articles, want %d", seen, n)
		}
		for coll, want := range map[string]int{"accounts": 1, "tickets": 0, "unknown": 0} {
			got := 0
			for _, err := range all(coll) {
				if err != nil {
					t.Fatalf("%s: %v", coll, err)
				}
				got++
			}
			if got != want {
				t.Errorf("%d documents in %s, want %d", got, coll, want)
			}
		}
		for _, err := range all("articles") { // left early
			if err != nil {
				t.Error(err)
			}
			break
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("the error of the caller became %v", err)
	}
	err = s.Snapshot(deadline(t), func(all core.Snapshot) error {
		for doc, err := range all("articles") {
			if err != nil {
				return err
			}
			if a := decode[article](t, doc); a.Title == "old" {
				t.Errorf("a later snapshot has %s as it was", a.ID)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
