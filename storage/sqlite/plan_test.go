//go:build unix

package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// TestPlans asks SQLite how it would find a page: every shape walks an index
// in the wanted order, so that the page costs the same at any size and depth.
func TestPlans(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "grapnel.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, 1500)
	t.Run("fresh", func(t *testing.T) { checkPlans(t, s) })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// Statistics must not lead SQLite astray.
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec("ANALYZE")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if s, err = sqlite.Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fill(t, s, 0)
	t.Run("analyzed", func(t *testing.T) { checkPlans(t, s) })
}

func checkPlans(t *testing.T, s *sqlite.Store) {
	at := epoch.Add(1000 * time.Minute)
	published := core.And(core.Eq("status", "PUBLISHED"), core.Lte("date", at))
	author := core.Eq("authorId", "user_1")
	oldest := []core.Order{{Field: "date"}, {Field: "_id"}}
	after := []any{at.Add(-time.Hour), "post_1"}
	table := strings.Trim(sqlite.Table(postSpec()), `"`)
	for _, test := range []struct {
		name  string
		query core.Query
		uses  []string // parts that the plan must have
		sorts bool
	}{
		{"status and date", core.Query{Filter: published, Order: newest},
			[]string{`SEARCH c USING INDEX i_posts$status$date (x_status=? AND x_date<?)`}, false},
		{"status and date, later page", core.Query{Filter: published, Order: newest, After: after},
			[]string{`SEARCH c USING INDEX i_posts$status$date (x_status=? AND (x_date,id)<(?,?))`}, false},
		{"status and date, oldest first", core.Query{Filter: published, Order: oldest, After: after},
			[]string{`SEARCH c USING INDEX i_posts$status$date (x_status=? AND (x_date,id)>(?,?)`}, false},
		{"author", core.Query{Filter: author, Order: newest},
			[]string{`SEARCH c USING INDEX i_posts$authorId$date (x_authorId=?)`}, false},
		{"everything", core.Query{Order: newest},
			[]string{`SCAN c USING INDEX i_posts$date`}, false},
		{"everything, later page", core.Query{Order: newest, After: after},
			[]string{`SEARCH c USING INDEX i_posts$date ((x_date,id)<(?,?))`}, false},
		{"published or mine", core.Query{Filter: core.Or(published, author), Order: newest},
			[]string{"MERGE (UNION ALL)", `i_posts$status$date (x_status=? AND x_date<?)`, `i_posts$authorId$date (x_authorId=?)`}, false},
		{"published or mine, later page", core.Query{Filter: core.Or(published, author), Order: newest, After: after},
			[]string{"MERGE (UNION ALL)", `i_posts$status$date (x_status=? AND (x_date,id)<(?,?))`, `i_posts$authorId$date (x_authorId=? AND (x_date,id)<(?,?))`}, false},
		{"status of published or mine", core.Query{Filter: core.And(core.Eq("status", "PUBLISHED"), core.Or(published, author)), Order: newest},
			[]string{"MERGE (UNION ALL)", `i_posts$status$date (x_status=? AND x_date<?)`}, false},
		{"tag", core.Query{Filter: core.Eq("tags", "tag1"), Order: newest},
			[]string{`SEARCH s USING PRIMARY KEY (v=?)`, `SEARCH c USING INTEGER PRIMARY KEY (rowid=?)`}, false},
		{"tag and published, later page", core.Query{Filter: core.And(published, core.Eq("tags", "tag1")), Order: newest, After: after},
			[]string{`SEARCH s USING PRIMARY KEY (v=? AND (x_date,id)<(?,?))`, `SEARCH c USING INTEGER PRIMARY KEY (rowid=?)`}, false},
		{"tag of published or mine", core.Query{Filter: core.And(core.Eq("tags", "tag1"), core.Or(published, author)), Order: newest},
			[]string{"MERGE (UNION ALL)", `SEARCH s USING PRIMARY KEY (v=?`}, false},
		{"one tag of a list", core.Query{Filter: core.In("tags", []string{"tag1"}), Order: newest},
			[]string{`SEARCH s USING PRIMARY KEY (v=?)`}, false},
		{"an OR before that of a rule", core.Query{Filter: core.And(core.Or(core.Eq("status", "DRAFT"), core.Eq("authorId", "user_2")), core.Or(published, author)), Order: newest},
			[]string{"MERGE (UNION ALL)", `i_posts$status$date (x_status=?)`, `i_posts$authorId$date (x_authorId=?)`}, false},
		{"mixed directions", core.Query{Filter: author, Order: []core.Order{{Field: "date", Desc: true}, {Field: "_id"}}, After: after},
			[]string{`SEARCH c USING INDEX i_posts$authorId$date (x_authorId=? AND x_date<?)`, "LAST TERM"}, true},
		{"rare search", core.Query{Filter: core.And(published, core.Search(vocabulary[4000])), Order: newest},
			[]string{"SCAN s VIRTUAL TABLE", `SEARCH c USING INTEGER PRIMARY KEY (rowid=?)`}, true},
		{"by id", core.Query{Filter: core.And(core.Eq("_id", "post_1"), core.Or(published, author))},
			[]string{"SEARCH c USING INDEX sqlite_autoindex_" + table + "_1 (id=?)"}, false},
		{"by slug", core.Query{Filter: core.Eq("slug", "a")},
			[]string{`SEARCH c USING INDEX u_posts$slug (x_slug=?)`}, false},
		{"many ids", core.Query{Filter: core.And(core.In("_id", []string{"a", "b", "c"}), core.Or(published, author))},
			[]string{"SEARCH c USING INDEX sqlite_autoindex_" + table + "_1 (id=?)"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.query.Limit = 20
			sql, steps, err := s.Explain(t.Context(), "posts", test.query)
			if err != nil {
				t.Fatal(err)
			}
			plan := strings.Join(steps, "\n")
			text := fmt.Sprintf("%s\n%s", sql, plan)
			for _, part := range test.uses {
				if !strings.Contains(plan, part) {
					t.Errorf("the plan lacks %q:\n%s", part, text)
				}
			}
			if strings.Contains(plan, "TEMP B-TREE") != test.sorts {
				t.Errorf("sorts: want %v\n%s", test.sorts, text)
			}
		})
	}
}

// TestFindEachShares has one reader prepare one statement for all queries that
// differ in their values only.
func TestFindEachShares(t *testing.T) {
	t.Parallel()
	s := open(t)
	defer s.Close()
	fill(t, s, 50)
	var queries []core.Query
	for i := range 100 {
		queries = append(queries, core.Query{Filter: core.Eq("authorId", fmt.Sprintf("user_%d", i)), Order: newest, Limit: 5})
	}
	if n := s.Prepared(sqlite.Table(postSpec())); n != 0 {
		t.Fatalf("%d statements before", n)
	}
	each, err := s.FindEach(t.Context(), "posts", queries)
	if err != nil || len(each) != len(queries) {
		t.Fatalf("%d answers, %v", len(each), err)
	}
	if n := s.Prepared(sqlite.Table(postSpec())); n != 1 {
		t.Errorf("%d statements for queries of one shape", n)
	}
}
