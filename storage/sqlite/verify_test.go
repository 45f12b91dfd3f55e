package sqlite_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// A document that is damaged keeps its row and its columns, whatever stands in its place,
// and does not keep the others from being mended.
func TestRepairBesideDamage(t *testing.T) {
	t.Parallel()
	table := sqlite.Table(postSpec())
	for name, damage := range map[string]string{"cut short": "substr(doc,1,100)", "a text": "'hello'"} {
		t.Run(name, func(t *testing.T) {
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
			columns := func() (text string) {
				t.Helper()
				if err := db.QueryRow("SELECT group_concat(rid||id||x_status||x_slug||x_date||hex(doc)) FROM (SELECT * FROM " + table + " ORDER BY rid)").Scan(&text); err != nil {
					t.Fatal(err)
				}
				return text
			}
			if _, err := db.Exec("UPDATE " + table + " SET doc=" + damage + " WHERE rid=2"); err != nil {
				t.Fatal(err)
			}
			before := columns()
			if _, err := db.Exec("UPDATE " + table + " SET x_status='OTHER' WHERE rid=1"); err != nil {
				t.Fatal(err)
			}
			if err := s.Repair(t.Context(), []core.Spec{postSpec()}); err != nil {
				t.Fatal(err)
			}
			if after := columns(); after != before {
				t.Errorf("it holds\n%s\nwant\n%s", after, before)
			}
		})
	}
}

// What is written between one look and the next is no damage.
func TestVerifyBesideWrites(t *testing.T) {
	t.Parallel()
	s := openAt(t, filepath.Join(t.TempDir(), "grapnel.db"))
	defer s.Close()
	fill(t, s, 3)
	first := core.Eq("_id", "post_00000000-0000-7000-8000-000000000000")
	for i := range 40 {
		err := s.Write(t.Context(), core.Op{Kind: core.OpUpdate, Coll: "posts", Filter: first, Patch: core.Patch{core.Set("title", fmt.Sprint("title ", i))}})
		if err != nil {
			t.Fatal(err)
		}
		if i%5 == 0 {
			if err := s.Verify(t.Context(), []core.Spec{postSpec()}, func(fault string) { t.Error(fault) }); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Where a foreign hand has changed a document, a column or a side table, Verify says
// which disagree, reading alone. Tables that are made anew hold what the documents do.
func TestVerify(t *testing.T) {
	t.Parallel()
	const (
		a     = "post_00000000-0000-7000-8000-000000000000"
		b     = "post_00000001-0000-7000-8000-000000000001"
		lists = ": what lists go by is not what the document holds"
		tags  = `posts, tags: the table "a_posts$tags$date", by which lists are filtered, is not what the documents hold`
	)
	table := sqlite.Table(postSpec())
	for _, test := range []struct {
		name, hand string
		from, to   string // bytes of the document a
		want       []string
	}{
		{name: "nothing"},
		{name: "a column", hand: "UPDATE c_posts SET x_status='OTHER' WHERE id='" + a + "'", want: []string{"posts " + a + ", status" + lists}},
		{name: "a column emptied, another of another kind", hand: "UPDATE c_posts SET x_slug=NULL, x_publishedAt='soon' WHERE id='" + b + "'",
			want: []string{"posts " + b + ", slug" + lists, "posts " + b + ", publishedAt" + lists}},
		{name: "two documents", hand: "UPDATE c_posts SET x_version=9", want: []string{"posts " + a + ", version" + lists, "posts " + b + ", version" + lists}},
		{name: "where the large fields begin", hand: "UPDATE c_posts SET cut=cut-1 WHERE id='" + a + "'", want: []string{"posts " + a + ", where its large fields begin" + lists}},
		{name: "a document", from: "\x00DRAFT\x00", to: "\x00DRAFX\x00", want: []string{"posts " + a + ", status" + lists}},
		{name: "an element in a document", from: "\x00tag0\x00", to: "\x00tagX\x00", want: []string{tags}},
		{name: "an element too many", hand: `INSERT INTO "a_posts$tags$date" SELECT 'new',x_date,id,rid FROM c_posts`, want: []string{tags}},
		{name: "an element too few", hand: `DELETE FROM "a_posts$tags$date" WHERE v='tag0'`, want: []string{tags}},
		{name: "elements that lead elsewhere", hand: `UPDATE "a_posts$tags$date" SET rid=3-rid`, want: []string{tags}},
		{name: "a document that cannot be read", from: "\x02status\x00", to: "\x7fstatus\x00"}, // others tell of it
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "grapnel.db")
			s := openAt(t, path)
			defer s.Close()
			fill(t, s, 2)
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if test.from != "" {
				var doc []byte
				if err := db.QueryRow("SELECT doc FROM "+table+" WHERE id=?", a).Scan(&doc); err != nil {
					t.Fatal(err)
				}
				if bytes.Count(doc, []byte(test.from)) != 1 {
					t.Fatalf("%q is not there once", test.from)
				}
				if _, err := db.Exec("UPDATE "+table+" SET doc=? WHERE id=?", bytes.Replace(doc, []byte(test.from), []byte(test.to), 1), a); err != nil {
					t.Fatal(err)
				}
			}
			if test.hand != "" {
				if _, err := db.Exec(strings.ReplaceAll(test.hand, "c_posts", table)); err != nil {
					t.Fatal(err)
				}
			}
			verify := func(s *sqlite.Store) (faults []string) {
				t.Helper()
				if err := s.Verify(t.Context(), []core.Spec{postSpec(), noteSpec()}, func(f string) { faults = append(faults, f) }); err != nil {
					t.Fatal(err)
				}
				return faults
			}
			looking := openAt(t, path, sqlite.ReadOnly())
			defer looking.Close()
			if got := verify(looking); !slices.Equal(got, test.want) {
				t.Errorf("found %q, want %q", got, test.want)
			}
			if err := s.Repair(t.Context(), []core.Spec{postSpec()}); err != nil {
				t.Fatal(err)
			}
			if got := verify(s); len(got) > 0 {
				t.Errorf("after the tables were made anew: %q", got)
			}
		})
	}
}
