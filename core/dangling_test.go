package core_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
)

// counted is a store that counts its reads, and cannot count one collection.
type counted struct {
	core.DocStore
	reads  int
	broken string
}

func (c *counted) Find(ctx context.Context, coll string, q core.Query) iter.Seq2[core.Doc, error] {
	c.reads++
	return c.DocStore.Find(ctx, coll, q)
}

func (c *counted) Count(ctx context.Context, coll string, q core.Query) (int64, error) {
	c.reads++
	if coll == c.broken {
		return 0, errors.New("the disk is gone")
	}
	return c.DocStore.Count(ctx, coll, q)
}

// References to users, to files and to declared types, in lists and inside embedded
// types, are looked up a page together; those that lead nowhere are told, each in a line.
func TestCheckReferences(t *testing.T) {
	t.Parallel()
	spec := product(func(s *core.Spec) {
		s.Embedded = map[string][]core.Attribute{"Part": {{Name: "madeById", Reference: "users"}, {Name: "parts", Kind: core.Document, Array: true, Type: "Part"}}}
	}, core.Attribute{Name: "ownerId", Reference: "users"}, core.Attribute{Name: "photoIds", Reference: "assets", Array: true},
		core.Attribute{Name: "nextId", Reference: "products"}, core.Attribute{Name: "parts", Kind: core.Document, Array: true, Type: "Part"})
	y := newYard(t)
	y.mustStart(t, spec)
	const n = 450 // pages of 200
	user := func(i int) string { return fmt.Sprintf("user_%03d", i) }
	y.insert(t, "users", slices.Repeat([]values{nil}, n)...)
	y.insert(t, "assets", slices.Repeat([]values{nil}, 10)...)
	part := func(by any, parts ...values) values { return values{"madeById": by, "parts": parts} }
	var docs []values
	for i := range n {
		docs = append(docs, values{
			"ownerId": user(i + 1), "photoIds": []string{"asset_001", fmt.Sprintf("asset_%03d", i%10+1)},
			"nextId": fmt.Sprintf("product_%03d", (i+1)%n+1), "parts": []values{part(nil), part(user(1), part(user(n-i)))},
		})
	}
	docs[3] = values{"ownerId": "user_gone", "photoIds": []string{"asset_001", "asset_gone"}, "nextId": "product_gone", "parts": []values{part(nil, part(user(1)), part("user_gone"))}}
	docs[n-1]["ownerId"] = "user_gone"
	docs[5] = values{"ownerId": nil, "photoIds": nil, "nextId": "", "parts": nil}
	y.insert(t, "products", docs...)

	check := func(store *counted) (found []string) {
		t.Helper()
		_, err := core.Check(t.Context(), store, append(model.Specs(), spec), func(p core.Problem) {
			if p.Field != "" && p.Collection == "products" || p.ID == "" {
				found = append(found, fmt.Sprintf("%s %v", p, p.Expected))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(found)
		return found
	}
	store := &counted{DocStore: y.docs}
	want := []string{
		`products product_004, nextId: leads to "product_gone", which is not there any more true`,
		`products product_004, ownerId: leads to "user_gone", which is not there any more true`,
		`products product_004, parts.0.parts.1.madeById: leads to "user_gone", which is not there any more true`,
		`products product_004, photoIds.1: leads to "asset_gone", which is not there any more true`,
		`products product_450, ownerId: leads to "user_gone", which is not there any more true`,
	}
	found := slices.DeleteFunc(check(store), func(s string) bool {
		return s == `products product_006, nextId: holds the id "", where a reference to ids that begin with "product_" is declared false`
	})
	if !slices.Equal(found, want) {
		t.Errorf("found\n%q, want\n%q", found, want)
	}
	// 3 pages of products and of users and one of each other type; some 2,700 references.
	if store.reads > 50 {
		t.Errorf("%d reads", store.reads)
	}
	broken := check(&counted{DocStore: y.docs, broken: "users"})
	if !slices.Contains(broken, "users: it cannot be found out whether references lead there: the disk is gone false") || !slices.Contains(broken, want[0]) || slices.Contains(broken, want[1]) {
		t.Errorf("where users cannot be counted: %q", broken)
	}
}
