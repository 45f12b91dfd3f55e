package storagetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

func testEnsure(t *testing.T, d *documents) {
	s := d.store(t)
	insert(t, s, "articles", newArticle("art_1", day(1)))
	if err := s.Ensure(deadline(t), specs()); err != nil {
		t.Fatalf("a second Ensure: %v", err)
	}
	if got := get[article](t, s, "articles", "art_1"); got == nil {
		t.Fatal("the second Ensure lost a document")
	}
}

// testEnsureNewFields is how a schema evolves: documents that were written
// before a field was declared are found by it afterwards.
func testEnsureNewFields(t *testing.T, d *documents) {
	old := []core.Spec{{Name: "articles", Prefix: "art", Fields: []core.Field{{Name: "author", Kind: core.String}}}}
	s := d.storeFor(t, old)
	a, b := newArticle("art_1", day(1)), newArticle("art_2", day(2))
	a.Tags, a.Slug, a.Title, a.Views = []string{"go", "sql"}, ptr("first"), "Hello World", 7
	b.Until = ptr(day(5))
	insert(t, s, "articles", a, b)

	if err := s.Ensure(deadline(t), specs()); err != nil {
		t.Fatalf("Ensure with more fields: %v", err)
	}
	for _, test := range []struct {
		filter core.Filter
		want   []string
	}{
		{core.Eq("tags", "sql"), []string{"art_1"}},
		{core.Eq("slug", "first"), []string{"art_1"}},
		{core.Eq("slug", nil), []string{"art_2"}},
		{core.Gte("views", 7), []string{"art_1"}},
		{core.Lte("until", day(5)), []string{"art_2"}},
		{core.Search("hello"), []string{"art_1"}},
	} {
		checkIDs(t, s, test.filter, test.want)
	}
	c := newArticle("art_3", day(3))
	c.Slug = ptr("first")
	checkTaken(t, s.Write(deadline(t), core.Op{Kind: core.OpInsert, Coll: "articles", Doc: c}), "slug")
}

func testPing(t *testing.T, d *documents) {
	if err := d.store(t).Ping(deadline(t)); err != nil {
		t.Fatal(err)
	}
}

func testRoundTrip(t *testing.T, d *documents) {
	s := d.store(t)
	empty := newArticle("art_empty", time.Time{})
	empty.Author = ""

	full := newArticle("art_full", day(1))
	full.Version = math.MaxInt64
	full.Editor = ptr("")
	full.Title = "Zürich \U0001F600 \"quoted\" \u0000 ' -- \uffff"
	full.Body = ptr("")
	full.Slug = ptr("zuerich")
	full.Until = ptr(time.Date(1901, 2, 3, 4, 5, 6, 7_000_000, time.UTC))
	full.Views, full.Likes = math.MinInt64, ptr(int64(1)<<53+1)
	full.Score, full.Ratio = ptr(-0.1), math.MaxFloat64
	full.Pinned = ptr(false)
	full.Tags, full.Marks = []string{"b", "", "a", "b"}, []int64{3, -1, 3}
	full.Small, full.Plain = math.MinInt32, 1<<40
	full.Hash = []byte{0, 1, 255}
	full.Cover = &cover{URL: "https://example.com/a.png", Width: 640, Taken: day(3)}
	full.Links = []cover{{}, {URL: "b", Taken: day(4)}}
	full.Labels = map[string]string{"lang": "de", "Ä": ""}
	full.Day, full.Price = ptr(value.Date("2024-02-29")), value.MustDecimal("1234567890123456789012345678901.50")
	full.Rates = []value.Decimal{value.MustDecimal("-0.10"), value.MustDecimal("1e-6176"), value.Least}
	full.Meta = ptr(value.JSON(`{"":[1.50,12345678901234567890123],"$gt":{"a.b":null}}`))

	nils := newArticle("art_nils", day(2))
	nils.Tags, nils.Marks, nils.Hash, nils.Links, nils.Labels, nils.Rates = nil, nil, nil, nil, nil, nil
	nils.hidden = "not stored"

	cut := newArticle("art_cut", day(3).Add(999_999*time.Nanosecond).In(time.FixedZone("east", 3600)))

	insert(t, s, "articles", empty, full, nils, cut)
	nils.Tags, nils.Marks, nils.Hash, nils.Links, nils.Labels, nils.Rates = []string{}, []int64{}, []byte{}, []cover{}, map[string]string{}, []value.Decimal{}
	nils.hidden = ""
	cut.Date = core.Millis(cut.Date)
	for _, want := range []*article{empty, full, nils, cut} {
		if got := get[article](t, s, "articles", want.ID); !reflect.DeepEqual(got, want) {
			t.Errorf("%s came back as\n%+v, want\n%+v", want.ID, got, want)
		}
	}
	for doc, err := range s.Find(deadline(t), "articles", core.Query{Limit: limit}) {
		if err != nil {
			t.Fatal(err)
		}
		if b := doc.BSON(); len(b) < 5 || int(binary.LittleEndian.Uint32(b)) != len(b) {
			t.Errorf("BSON() is not one encoded document: %d bytes", len(b))
		}
	}
}

// testFindAndLeave leaves loops early: what they held must be free again.
func testFindAndLeave(t *testing.T, d *documents) {
	s := d.store(t)
	for i := range 50 {
		insert(t, s, "articles", newArticle(fmt.Sprintf("art_%02d", i), day(i)))
	}
	for range 100 {
		for _, err := range s.Find(deadline(t), "articles", core.Query{Limit: limit}) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	// Reads inside a loop over a read, and a write, must not wait for it.
	for doc, err := range s.Find(deadline(t), "articles", core.Query{Order: []core.Order{{Field: "_id"}}, Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		id := decode[article](t, doc).ID
		write(t, s, update("articles", core.Eq("_id", id), core.Inc("views", 1)))
		if got := get[article](t, s, "articles", id); got == nil || got.Views != 1 {
			t.Fatalf("a write inside a loop is not seen by the next read: %+v", got)
		}
	}
	if got := find[article](t, s, "articles", core.Query{Limit: 7}); len(got) != 7 {
		t.Errorf("limit 7 gave %d documents", len(got))
	}
	if got := find[article](t, s, "articles", core.Query{Filter: core.None}); len(got) != 0 {
		t.Errorf("None gave %d documents", len(got))
	}
}

// testFilters names each operator's answer; the property test covers the rest.
func testFilters(t *testing.T, d *documents) {
	s := d.store(t)
	one, two, three := newArticle("art_1", day(1)), newArticle("art_2", day(2)), newArticle("art_3", day(3))
	one.Slug, one.Status, one.Until, one.Score = ptr("ab"), "PUBLISHED", ptr(day(1)), ptr(1.5)
	one.Pinned, one.Tags, one.Marks, one.Likes = ptr(true), []string{"go", "sql"}, []int64{1, 2}, ptr(int64(10))
	two.Slug, two.Until, two.Score = ptr("abc"), ptr(day(2)), ptr(2.0)
	two.Pinned, two.Tags, two.Marks, two.Likes = ptr(false), []string{"go"}, []int64{2}, ptr(int64(20))
	one.Editor, two.Editor = ptr("usr_1"), ptr("usr_1")
	insert(t, s, "articles", one, two, three)

	all := []string{"art_1", "art_2", "art_3"}
	for _, test := range []struct {
		name   string
		filter core.Filter
		want   []string
	}{
		{"all", core.All, all},
		{"none", core.None, nil},
		{"eq string", core.Eq("slug", "ab"), all[:1]},
		{"eq named string", core.Eq("status", status("PUBLISHED")), all[:1]},
		{"eq null", core.Eq("slug", nil), all[2:]},
		{"eq missing", core.Eq("editor", nil), all[2:]},
		{"ne null", core.Ne("slug", nil), all[:2]},
		{"ne matches null", core.Ne("slug", "ab"), all[1:]},
		{"ne matches missing", core.Ne("editor", "usr_1"), all[2:]},
		{"eq id", core.Eq("_id", "art_2"), all[1:2]},
		{"ne id", core.Ne("_id", "art_2"), []string{"art_1", "art_3"}},
		{"in id", core.In("_id", []string{"art_3", "art_1", "art_9", "art_1"}), []string{"art_1", "art_3"}},
		{"range of ids", core.Gt("_id", "art_1"), all[1:]},
		{"in", core.In("slug", []string{"abc", "x"}), all[1:2]},
		{"not in matches null", core.Not(core.In("slug", []string{"abc", "x"})), []string{"art_1", "art_3"}},
		{"eq int", core.Eq("likes", 10), all[:1]},
		{"eq float with an int", core.Eq("score", 2), all[1:2]},
		{"eq int with a float", core.Eq("likes", 10.0), all[:1]},
		{"gt int with a float", core.Gt("likes", 10.5), all[1:2]},
		{"eq bool", core.Eq("pinned", true), all[:1]},
		{"ne bool", core.Ne("pinned", true), all[1:]},
		{"lt bool", core.Lt("pinned", true), all[1:2]},
		{"eq time", core.Eq("date", day(2)), all[1:2]},
		{"eq finer time", core.Eq("date", day(2).Add(time.Microsecond)), all[1:2]},
		{"lt", core.Lt("until", day(2)), all[:1]},
		{"lte", core.Lte("until", day(2)), all[:2]},
		{"gt", core.Gt("until", day(1)), all[1:2]},
		{"gte", core.Gte("until", day(1)), all[:2]},
		{"not lt matches null", core.Not(core.Lt("until", day(2))), all[1:]},
		{"not gte matches null", core.Not(core.Gte("until", day(1))), all[2:]},
		{"range with null", core.Lte("until", nil), nil},
		{"not range with null", core.Not(core.Gt("until", nil)), all},
		{"other kind", core.Eq("slug", 5), nil},
		{"range of other kind", core.Or(core.Gt("slug", 5), core.Lt("slug", true), core.Lt("likes", "x"), core.Gt("date", 0)), nil},
		{"prefix", core.Prefix("slug", "ab"), all[:2]},
		{"longer prefix", core.Prefix("slug", "abc"), all[1:2]},
		{"empty prefix", core.Prefix("slug", ""), all[:2]},
		{"not prefix", core.Not(core.Prefix("slug", "abc")), []string{"art_1", "art_3"}},
		{"prefix of id", core.Prefix("_id", "art_"), all},
		{"eq element", core.Eq("tags", "go"), all[:2]},
		{"ne element", core.Ne("tags", "go"), all[2:]},
		{"in elements", core.In("tags", []string{"sql", "x"}), all[:1]},
		{"not in elements", core.Not(core.In("tags", []string{"sql", "x"})), all[1:]},
		{"in many elements", core.In("tags", []string{"sql", "go"}), all[:2]},
		{"eq int element", core.Eq("marks", 2), all[:2]},
		{"both elements", core.And(core.Eq("tags", "go"), core.Eq("tags", "sql")), all[:1]},
		{"no null in empty arrays", core.Eq("tags", nil), nil},
		{"ne null of arrays", core.Ne("tags", nil), all},
		{"and", core.And(core.Eq("pinned", false), core.Prefix("slug", "a")), all[1:2]},
		{"or", core.Or(core.Eq("pinned", true), core.Eq("slug", nil)), []string{"art_1", "art_3"}},
		{"not and", core.Not(core.And(core.Eq("pinned", false), core.Prefix("slug", "a"))), []string{"art_1", "art_3"}},
		{"not or", core.Not(core.Or(core.Eq("pinned", true), core.Eq("slug", nil))), all[1:2]},
		{"not not", core.Not(core.And(core.Not(core.Eq("slug", nil)), core.Not(core.Eq("pinned", true)))), []string{"art_1", "art_3"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, a := range []*article{one, two, three} {
				if got, want := test.filter.Match(a, specs()[0].Search), slices.Contains(test.want, a.ID); got != want {
					t.Errorf("Match of %s is %v, want %v", a.ID, got, want)
				}
			}
			checkIDs(t, s, test.filter, test.want)
		})
	}
}

// checkIDs compares which articles a filter finds, and counts.
func checkIDs(t *testing.T, s core.DocStore, f core.Filter, want []string) {
	t.Helper()
	var got []string
	for _, a := range find[article](t, s, "articles", core.Query{Filter: f, Order: []core.Order{{Field: "_id"}}}) {
		got = append(got, a.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
	if n := count(t, s, "articles", f); n != int64(len(want)) {
		t.Errorf("counted %d, want %d", n, len(want))
	}
}

// testOperatorStrings stores what could be taken for syntax by some store.
func testOperatorStrings(t *testing.T, d *documents) {
	s := d.store(t)
	odd := []string{
		"$gt", "$where", "a.b", ".", "$", "", "{\"$ne\":null}", "' OR 1=1 --", "\"", "%", "_", "*", ".*", "a\\",
		"null", "true", "0", "$$ROOT", "$author", "?1", ":x", "@x", "\u0000", "a\u0000b", "NEAR(a b)", "AND",
		"\ufeff", "\uffff", "\U0010ffff", "e\u0301", "\u00e9",
	}
	for i, v := range odd {
		a := newArticle(fmt.Sprintf("art_%02d", i), day(i))
		a.Slug, a.Author, a.Tags, a.Title = ptr(v), v, []string{v}, v
		a.Labels = map[string]string{"label": v}
		insert(t, s, "articles", a)
	}
	for i, v := range odd {
		id := fmt.Sprintf("art_%02d", i)
		for _, f := range []core.Filter{core.Eq("slug", v), core.Eq("tags", v), core.In("slug", []string{v})} {
			checkIDs(t, s, f, []string{id})
		}
		if n := count(t, s, "articles", core.Prefix("slug", v)); n < 1 {
			t.Errorf("no slug begins with %q", v)
		}
		write(t, s, update("articles", core.Eq("_id", id), core.Set("title", v+v), core.Set("labels", map[string]string{"a": v})))
		got := get[article](t, s, "articles", id)
		if got == nil || *got.Slug != v || got.Tags[0] != v || got.Title != v+v || got.Labels["a"] != v {
			t.Errorf("%q came back as %+v", v, got)
		}
		count(t, s, "articles", core.Search(v+" x"))
	}
}

// pagedArticles is enough of them for several pages.
func pagedArticles() (all []*article) {
	for i := range 60 {
		a := newArticle(fmt.Sprintf("art_%02d", (i*37)%60), day(i/7)) // up to seven share a date
		a.Views = int64(i % 5)
		a.Status = status([]string{"DRAFT", "PUBLISHED"}[i%2])
		a.Tags = []string{"even", "odd"}[i%2 : i%2+1]
		all = append(all, a)
	}
	return all
}

func testPages(t *testing.T, d *documents) {
	s := d.store(t)
	all := pagedArticles()
	insert(t, s, "articles", all...)
	filters := []core.Filter{
		core.All,
		core.Eq("status", "PUBLISHED"),
		core.And(core.Eq("status", "PUBLISHED"), core.Lte("date", day(5))),
		core.Or(core.And(core.Eq("status", "PUBLISHED"), core.Lte("date", day(5))), core.Eq("views", 0)),
		core.Eq("tags", "odd"),
		core.Not(core.Eq("tags", "odd")),
		core.Search("title"),
		core.And(core.Search("title"), core.Eq("status", "DRAFT")),
	}
	orders := [][]core.Order{
		{{Field: "_id"}},
		{{Field: "_id", Desc: true}},
		{{Field: "date"}, {Field: "_id"}},
		{{Field: "date", Desc: true}, {Field: "_id", Desc: true}},
		{{Field: "date", Desc: true}, {Field: "_id"}},
		{{Field: "views"}, {Field: "date", Desc: true}, {Field: "_id"}},
		{{Field: "status", Desc: true}, {Field: "views"}, {Field: "_id", Desc: true}},
	}
	for _, f := range filters {
		for _, order := range orders {
			for _, size := range []int{1, 7, 60} {
				checkPages(t, s, "articles", f, order, size, all, []string{"title", "body"}, articleKey)
			}
		}
	}
}

// testFindEach holds each answer to what Find gives for its query, byte by byte.
func testFindEach(t *testing.T, d *documents) {
	s := d.store(t)
	all := pagedArticles()
	insert(t, s, "articles", all...)
	byID := []core.Order{{Field: "_id"}}
	newest := []core.Order{{Field: "date", Desc: true}, {Field: "_id", Desc: true}}
	mixed := []core.Order{{Field: "views"}, {Field: "date", Desc: true}, {Field: "_id"}}
	drafts := core.Eq("status", "DRAFT")
	either := core.Or(core.And(core.Eq("status", "PUBLISHED"), core.Lte("date", day(5))), core.Eq("views", 0))
	ids := func(ids ...string) core.Query {
		return core.Query{Filter: core.In("_id", ids), Order: byID, Limit: 10}
	}
	for _, test := range []struct {
		name    string
		queries []core.Query
	}{
		{"no query", nil},
		{"one query", []core.Query{{Filter: drafts, Order: newest, Limit: 7}}},
		{"nothing", []core.Query{{Filter: core.None, Limit: 1}, {Filter: core.None, Limit: 1}}},
		{"nothing among others", []core.Query{
			{Filter: core.None, Order: byID, Limit: 9}, ids("art_01", "art_00"), ids("art_99"), ids("art_02"), {Filter: core.None, Limit: 1},
		}},
		{"the same documents twice", []core.Query{ids("art_01"), ids("art_01"), ids("art_02", "art_01")}},
		{"orders", []core.Query{
			{Order: byID, Limit: limit}, {Order: newest, Limit: limit}, {Filter: drafts, Order: mixed, Limit: limit}, {Filter: either, Order: newest, Limit: limit},
		}},
		{"limits", []core.Query{{Order: newest, Limit: 1}, {Order: newest, Limit: 59}, {Order: newest, Limit: 60}, {Order: newest, Limit: 61}}},
		{"later pages", []core.Query{
			{Order: byID, After: []any{"art_30"}, Limit: 5},
			{Filter: drafts, Order: newest, After: []any{day(4), "art_30"}, Limit: 5},
			{Filter: either, Order: mixed, After: []any{int64(2), day(4), "art_30"}, Limit: limit},
			{Order: byID, After: []any{"art_59"}, Limit: 5},
			{Order: byID, Before: []any{"art_30"}, Limit: 5},
			{Filter: either, Order: mixed, After: []any{int64(2), day(4), "art_30"}, Before: []any{int64(3), day(2), "art_10"}, Limit: limit},
		}},
		{"arrays and words", []core.Query{
			{Filter: core.Eq("tags", "odd"), Order: newest, Limit: 5},
			{Filter: core.Search("title"), Order: newest, Limit: 5},
			{Filter: core.And(core.Search("title"), drafts), Order: mixed, After: []any{int64(2), day(4), "art_30"}, Limit: 5},
			{Filter: core.Search("absent"), Order: newest, Limit: 5},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			checkFindEach(t, s, "articles", test.queries)
		})
	}

	// What comes back is what was asked for, in order, whatever Find says.
	each, err := s.FindEach(deadline(t), "articles", []core.Query{ids("art_03"), {Order: []core.Order{{Field: "_id", Desc: true}}, Limit: 2}, ids("art_05", "art_04")})
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, docs := range each {
		var list []string
		for _, doc := range docs {
			list = append(list, decode[article](t, doc).ID)
		}
		got = append(got, list)
	}
	if want := [][]string{{"art_03"}, {"art_59", "art_58"}, {"art_04", "art_05"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
	if _, err := s.FindEach(deadline(t), "articles", []core.Query{ids("art_03"), {Order: []core.Order{{Field: "absent"}, {Field: "_id"}}, Limit: 1}}); !core.Is(err, core.Internal) {
		t.Errorf("a query by a field that is not declared: %v", err)
	}
}

// testFindEachMany is a long list with a page below each of its documents.
func testFindEachMany(t *testing.T, d *documents) {
	s := d.store(t)
	const authors = 250
	var all []*article
	var queries []core.Query
	for i := range authors {
		author := fmt.Sprintf("usr_%d", i)
		for j := range i % 4 {
			a := newArticle(fmt.Sprintf("art_%03d_%d", i, j), day(j))
			a.Author = author
			all = append(all, a)
		}
		queries = append(queries, core.Query{Filter: core.Eq("author", author), Order: []core.Order{{Field: "date", Desc: true}, {Field: "_id", Desc: true}}, Limit: 2})
	}
	insert(t, s, "articles", all...)
	each := checkFindEach(t, s, "articles", queries)
	for i, docs := range each {
		if want := min(i%4, 2); len(docs) != want {
			t.Errorf("the author %d has %d articles on the page, want %d", i, len(docs), want)
		}
	}
}

// checkFindEach compares FindEach with one Find for each query.
func checkFindEach(t *testing.T, s core.DocStore, coll string, queries []core.Query) [][]core.Doc {
	t.Helper()
	each, err := s.FindEach(deadline(t), coll, queries)
	if err != nil {
		t.Fatalf("FindEach: %v", err)
	}
	if len(each) != len(queries) {
		t.Fatalf("%d answers for %d queries", len(each), len(queries))
	}
	for i, q := range queries {
		n := 0
		for want, err := range s.Find(deadline(t), coll, q) {
			if err != nil {
				t.Fatalf("Find: %v", err)
			}
			if n < len(each[i]) && !bytes.Equal(each[i][n].BSON(), want.BSON()) {
				t.Errorf("query %d, document %d is\n%q, want\n%q", i, n, each[i][n].BSON(), want.BSON())
			}
			n++
		}
		if n != len(each[i]) {
			t.Errorf("query %d found %d documents, want %d", i, len(each[i]), n)
		}
	}
	return each
}

// articleKey is the value of an order's field.
func articleKey(a *article, field string) any {
	switch field {
	case "_id":
		return a.ID
	case "date":
		return a.Date
	case "views":
		return a.Views
	case "status":
		return string(a.Status)
	}
	panic("no key " + field)
}

// checkPages walks all pages and compares them with a sort in memory.
func checkPages[T any](t *testing.T, s core.DocStore, coll string, f core.Filter, order []core.Order, size int, all []*T, search []string, key func(*T, string) any) {
	t.Helper()
	var want []*T
	for _, a := range all {
		if f.Match(a, search) {
			want = append(want, a)
		}
	}
	slices.SortFunc(want, func(a, b *T) int { return compareKeys(a, b, order, key) })
	var got []*T
	var after []any
	for {
		page := find[T](t, s, coll, core.Query{Filter: f, Order: order, After: after, Limit: size})
		got = append(got, page...)
		if len(page) < size || len(got) > len(want) {
			break
		}
		after = nil
		for _, o := range order {
			after = append(after, key(page[len(page)-1], o.Field))
		}
	}
	ids := func(list []*T) (ids []any) {
		for _, a := range list {
			ids = append(ids, key(a, "_id"))
		}
		return ids
	}
	if !slices.Equal(ids(got), ids(want)) {
		t.Errorf("pages of %d, filter %+v, order %v:\n got %v\nwant %v", size, f, order, ids(got), ids(want))
	}

	// What lies before one document, and between two.
	place := func(i int) (keys []any) {
		for _, o := range order {
			keys = append(keys, key(want[i], o.Field))
		}
		return keys
	}
	if n := len(want); n >= 4 {
		for _, span := range [][2]int{{-1, n / 2}, {n / 4, n - 1}, {0, 1}, {n / 2, n / 4}, {n / 2, n / 2}} {
			q := core.Query{Filter: f, Order: order, Before: place(span[1]), Limit: size}
			if span[0] >= 0 {
				q.After = place(span[0])
			}
			between := want[span[0]+1 : max(span[0]+1, span[1])]
			between = between[:min(size, len(between))]
			if got := find[T](t, s, coll, q); !slices.Equal(ids(got), ids(between)) {
				t.Errorf("%d of those between %v, filter %+v, order %v:\n got %v\nwant %v", size, span, f, order, ids(got), ids(between))
			}
		}
	}
}

func compareKeys[T any](a, b *T, order []core.Order, key func(*T, string) any) int {
	for _, o := range order {
		c := compareValues(key(a, o.Field), key(b, o.Field))
		if o.Desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// testManyIDs is the batch of a link: many ids in one read.
func testManyIDs(t *testing.T, d *documents) {
	s := d.store(t)
	var docs []*account
	var ids []string
	for i := range 1000 {
		docs = append(docs, newAccount(fmt.Sprintf("acc_%04d", i)))
		if i%3 == 0 {
			ids = append(ids, docs[i].ID)
		}
	}
	insert(t, s, "accounts", docs...)
	ids = append(ids, "acc_absent")
	for _, n := range []int{1, 2, 5, 20, 100, len(ids)} {
		want := min(n, len(ids)-1)
		if got := find[account](t, s, "accounts", core.Query{Filter: core.In("_id", ids[:n])}); len(got) != want {
			t.Errorf("%d ids found %d documents, want %d", n, len(got), want)
		}
	}
}

func testSearch(t *testing.T, d *documents) {
	s := d.store(t)
	docs := []*article{newArticle("art_1", day(1)), newArticle("art_2", day(2)), newArticle("art_3", day(3)), newArticle("art_4", day(4))}
	docs[0].Title, docs[0].Body = "Café crème", ptr("A story of ﬁne beans, brewed SLOWLY.")
	docs[1].Title, docs[1].Body = "The cafe", ptr("Öl und Straße; don't panic")
	docs[2].Title = "東京 タワー 2026"
	docs[3].Title = "and or not near"
	docs = append(docs, newArticle("art_5", day(5)))
	docs[4].Title, docs[4].Body = "ERP審批 Łódź, Diyar\u00adbakır", ptr("학교에서 김치를; क्\u200dष ขาว")
	insert(t, s, "articles", docs...)
	for _, test := range []struct {
		text string
		want []string
	}{
		{"cafe", []string{"art_1", "art_2"}},
		{"CAFÉ", []string{"art_1", "art_2"}},
		{"cafe beans", []string{"art_1"}}, // one word in each field
		{"beans cafe beans", []string{"art_1"}},
		{"fine", []string{"art_1"}},
		{"slow", []string{"art_1"}}, // the last word, as it is typed
		{"slow ", nil},
		{"slow beans", nil},
		{"beans slow", []string{"art_1"}},
		{"caf crem", nil},
		{"cafe absent", nil},
		{"ol", []string{"art_2"}},
		{"straße", []string{"art_2"}},
		{"don't", []string{"art_2"}},
		{"STRASSE", []string{"art_2"}},
		{"東京", []string{"art_3"}},
		{"京", []string{"art_3"}},
		{"ワー東", nil},
		{"タワ 2026", []string{"art_3"}},
		{"2026", []string{"art_3"}},
		{"AND or NOT", []string{"art_4"}},
		{"\"cafe\"", []string{"art_1", "art_2"}},
		{"-cafe", []string{"art_1", "art_2"}},
		{"title:cafe", nil},
		{"caf*", nil},
		{" , ", nil},
		{"審批", []string{"art_5"}},
		{"erp審", []string{"art_5"}},
		{"학교 김치", []string{"art_5"}},
		{"lodz diyarbakir", []string{"art_5"}},
		{"क्ष", []string{"art_5"}},
		{"ขาว", []string{"art_5"}},
		{"ข้าว", nil},
		{"\uffff", nil},
		{"\U0010ffff", nil},
	} {
		t.Run(test.text, func(t *testing.T) {
			checkIDs(t, s, core.Search(test.text), test.want)
			var match []string
			for _, a := range docs {
				if core.Search(test.text).Match(a, []string{"title", "body"}) {
					match = append(match, a.ID)
				}
			}
			if !slices.Equal(match, test.want) {
				t.Errorf("Match finds %v, want %v", match, test.want)
			}
		})
	}
	checkIDs(t, s, core.And(core.Search("cafe"), core.Gt("date", day(1))), []string{"art_2"})

	// In the first field alone, beside other searches and beside what must not be found.
	title := func(text string) core.Filter { return core.Filter{Op: core.OpSearch, Field: "title", Value: text} }
	for _, test := range []struct {
		filter core.Filter
		want   []string
	}{
		{title("slow"), nil},
		{title("crem"), []string{"art_1"}},
		{title("cafe"), []string{"art_1", "art_2"}},
		{title("審"), []string{"art_5"}},
		{core.And(core.Search("cafe"), core.Search("panic")), []string{"art_2"}},
		{core.And(core.Search("cafe"), core.Not(core.Search("panic"))), []string{"art_1"}},
		{core.And(core.Search("beans"), core.Not(title("beans")), core.Not(core.Search("absent"))), []string{"art_1"}},
		{core.And(core.Search("cafe"), core.Not(title("creme")), core.Not(title("the"))), nil},
		{core.Or(title("panic"), title("near")), []string{"art_4"}},
	} {
		checkIDs(t, s, test.filter, test.want)
		for _, order := range [][]core.Order{{{Field: "_id"}}, {{Field: "date", Desc: true}, {Field: "_id"}}} {
			checkPages(t, s, "articles", test.filter, order, 1, docs, []string{"title", "body"}, articleKey)
		}
	}

	write(t, s, update("articles", core.Eq("_id", "art_1"), core.Set("title", "Tea"), core.Inc("version", 1)))
	write(t, s, remove("articles", core.Eq("_id", "art_3")))
	checkIDs(t, s, core.Search("cafe"), []string{"art_2"})
	checkIDs(t, s, core.Search("tea beans"), []string{"art_1"})
	checkIDs(t, s, core.Search("2026"), nil)
}

// page is a document with a large field at its end.
type page struct {
	ID    string   `bson:"_id"`
	Title string   `bson:"title"`
	Tags  []string `bson:"tags"`
	Note  *string  `bson:"note"`
	Text  string   `bson:"text"`
}

// A brief answer has every field but the Bulk ones, which it may lack; any other
// answer has them all, also after they were changed.
func testBrief(t *testing.T, d *documents) {
	spec := core.Spec{Name: "pages", Prefix: "page", Bulk: []string{"text"}, Fields: []core.Field{{Name: "title"}, {Name: "tags", Array: true}}, Indexes: [][]string{{"title"}}}
	s := d.open(t, []core.Spec{spec})
	t.Cleanup(func() { s.Close() })
	if err := s.Ensure(t.Context(), []core.Spec{spec}); err != nil {
		t.Fatal(err)
	}
	want := page{ID: "page_1", Title: "T", Tags: []string{"a", "b"}, Text: strings.Repeat("long text ", 2000)}
	read := func(brief bool) (got page) {
		t.Helper()
		for doc, err := range s.Find(t.Context(), "pages", core.Query{Filter: core.Eq("title", want.Title), Order: []core.Order{{Field: "title"}, {Field: "_id"}}, Limit: 1, Brief: brief}) {
			if err == nil {
				err = doc.Decode(&got)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		return got
	}
	check := func(when string) {
		t.Helper()
		if got := read(false); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %.200v", when, got)
		}
		got := read(true)
		if got.Text != "" && got.Text != want.Text {
			t.Errorf("%s: a brief answer has another text", when)
		}
		got.Text = want.Text
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: a brief answer is %.200v", when, got)
		}
		// Among several queries each is brief, or whole, by itself.
		q := core.Query{Order: []core.Order{{Field: "_id"}}, Limit: 1}
		short := q
		short.Brief = true
		each := checkFindEach(t, s, "pages", []core.Query{q, short, q})
		if got := *decode[page](t, each[2][0]); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: behind a brief one the answer is %.200v", when, got)
		}
	}
	if err := s.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: "pages", Doc: &want}); err != nil {
		t.Fatal(err)
	}
	check("inserted")
	note := "noted"
	for _, change := range []struct {
		name  string
		patch core.Patch
		apply func()
	}{
		{"longer", core.Patch{core.Set("title", "A longer title"), core.Set("tags", []string{"c"})}, func() { want.Title, want.Tags = "A longer title", []string{"c"} }},
		{"other text", core.Patch{core.Set("text", "short")}, func() { want.Text = "short" }},
		{"a field that was null", core.Patch{core.Set("note", note)}, func() { want.Note = &note }},
		{"no text", core.Patch{core.Set("text", "")}, func() { want.Text = "" }},
	} {
		if err := s.Write(t.Context(), core.Op{Kind: core.OpUpdate, Coll: "pages", Filter: core.Eq("_id", want.ID), Patch: change.patch}); err != nil {
			t.Fatal(err)
		}
		change.apply()
		check(change.name)
	}
}
