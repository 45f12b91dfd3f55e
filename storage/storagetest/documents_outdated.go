package storagetest

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// testOutdated has two programs on one database that declare a type otherwise: what the
// older one would write by its own idea of fields and indexes, lists of the newer one
// would not find. So it is refused, from when the newer one has begun.
func testOutdated(t *testing.T, d *documents) {
	if d.peers == nil {
		t.Skip("needs two stores on one database")
	}
	for name, edit := range map[string]func(*core.Spec){
		"a field more": func(s *core.Spec) {
			s.Fields = append(s.Fields, core.Field{Name: "plain", Kind: core.Int})
			s.Indexes = append(s.Indexes, []string{"plain", "date"})
		},
		"a field less": func(s *core.Spec) {
			s.Fields = slices.DeleteFunc(s.Fields, func(f core.Field) bool { return f.Name == "views" })
			s.Indexes = slices.DeleteFunc(s.Indexes, func(i []string) bool { return i[0] == "views" })
		},
		"another list":   func(s *core.Spec) { s.Indexes = append(s.Indexes, []string{"tags", "views"}) },
		"another search": func(s *core.Spec) { s.Search = s.Search[:1] },
		"what no index tells": func(s *core.Spec) {
			s.Attributes = append(s.Attributes, core.Attribute{Name: "title", Required: true, Constraint: "maxLength: 5"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := d.peers(t, specs())
			closeAtEnd(t, a)
			closeAtEnd(t, b)
			for _, s := range []core.DocStore{a, b} { // of one kind at first
				if err := s.Ensure(deadline(t), specs()); err != nil {
					t.Fatal(err)
				}
			}
			tagged := newArticle("art_1", day(1))
			tagged.Tags = []string{"a"}
			insert(t, a, "articles", tagged)
			insert(t, b, "articles", newArticle("art_2", day(2)))
			counts := map[string]core.Query{
				"a count":               {},
				"a count by an array":   {Filter: core.Eq("tags", "a")},
				"a count by a search":   {Filter: core.Search("title")},
				"a count up to a limit": {Filter: core.Eq("tags", "a"), Limit: 1},
			}
			for what, q := range counts { // which may leave something prepared
				if n, err := a.Count(deadline(t), "articles", q); err != nil || n == 0 {
					t.Errorf("%s before: %d, %v", what, n, err)
				}
			}
			stream, err := a.Changes(deadline(t), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Close()

			changed := specs()
			edit(&changed[0])
			if err := b.Ensure(deadline(t), changed); err != nil {
				t.Fatal(err)
			}
			one := core.Query{Filter: core.Eq("_id", "art_1"), Limit: 1}
			for what, err := range map[string]error{
				"an insert":         a.Write(deadline(t), core.Op{Kind: core.OpInsert, Coll: "articles", Doc: newArticle("art_3", day(3))}),
				"an update":         a.Write(deadline(t), update("articles", core.Eq("_id", "art_1"), core.Set("title", "New"))),
				"a delete":          a.Write(deadline(t), remove("articles", core.Eq("_id", "art_1"))),
				"an update of many": a.Write(deadline(t), update("articles", core.Eq("status", "DRAFT"), core.Set("title", "New"))),
				"a write with that of another type": a.Write(deadline(t),
					core.Op{Kind: core.OpInsert, Coll: "accounts", Doc: newAccount("acc_1")}, remove("articles", core.Eq("_id", "art_1"))),
				"a read":      errorOf(a.Find(deadline(t), "articles", one)),
				"reads":       second(a.FindEach(deadline(t), "articles", []core.Query{one})),
				"a search":    errorOf(a.Find(deadline(t), "articles", core.Query{Filter: core.Search("title"), Order: []core.Order{{Field: "date"}, {Field: "_id"}}, Limit: 5})),
				"Ping":        a.Ping(deadline(t)),
				"the changes": untilError(t, stream),
			} {
				if !errors.Is(err, core.ErrOutdated) {
					t.Errorf("%s: %v", what, err)
				}
			}
			for what, q := range counts {
				if n, err := a.Count(deadline(t), "articles", q); !errors.Is(err, core.ErrOutdated) {
					t.Errorf("%s: %d, %v", what, n, err)
				}
			}
			insert(t, a, "accounts", newAccount("acc_2"))
			if n := count(t, a, "accounts", core.All); n != 1 {
				t.Errorf("%d accounts, want 1", n)
			}

			insert(t, b, "articles", newArticle("art_4", day(4)))
			got := find[article](t, b, "articles", core.Query{Order: []core.Order{{Field: "date"}, {Field: "_id"}}, Limit: 9})
			var ids []string
			for _, doc := range got {
				ids = append(ids, doc.ID)
			}
			if !slices.Equal(ids, []string{"art_1", "art_2", "art_4"}) || got[0].Title != "Title of art_1" {
				t.Errorf("the newer one reads %v, %q", ids, got[0].Title)
			}
			if err := b.Ping(deadline(t)); err != nil {
				t.Errorf("Ping of the newer one: %v", err)
			}
		})
	}
}

// errorOf is how a read ends.
func errorOf(docs iter.Seq2[core.Doc, error]) error {
	for _, err := range docs {
		if err != nil {
			return err
		}
	}
	return nil
}

func second[T any](_ T, err error) error { return err }

// untilError reads a stream up to its error.
func untilError(t *testing.T, s core.Stream) error {
	t.Helper()
	for ctx := deadline(t); ; {
		if _, err := s.Next(ctx); err != nil {
			return err
		}
	}
}
