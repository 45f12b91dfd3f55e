package core_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
)

// by is an order, such as by("-date", "title").
func by(keys ...string) (order []core.Order) {
	for _, k := range keys {
		field, desc := strings.CutPrefix(k, "-")
		order = append(order, core.Order{Field: field, Desc: desc})
	}
	return order
}

func TestUnserved(t *testing.T) {
	t.Parallel()
	spec := core.Spec{
		Name: "books",
		Fields: []core.Field{
			{Name: "isbn", Unique: true},
			{Name: "codes", Array: true, Unique: true},
			{Name: "tags", Array: true},
			{Name: "topics", Array: true},
			{Name: "author"}, {Name: "status"}, {Name: "title"}, {Name: "shelf"},
			{Name: "date", Kind: core.Time}, {Name: "pages", Kind: core.Int},
		},
		Indexes: [][]string{
			{"date"}, {"author", "date"}, {"tags", "date"}, {"author", "status", "title"}, {"shelf"}, {"status", "date"},
		},
		Search: []string{"title"},
	}
	now := core.Millis(time.Now())
	eq := core.Eq
	author, status := eq("author", "ada"), eq("status", "OUT")
	two := []string{"a", "b"}
	published := core.And(eq("status", "OUT"), core.Lte("date", now))
	const none = ": no index serves it, and none could: no condition is an equality beside the order or bounds its first key"
	would := func(index string) string { return ": no index serves it; an index on (" + index + ") would" }
	for _, test := range []struct {
		name        string
		where, rule core.Filter
		order       []core.Order
		problem     string // without "books"; empty: served
	}{
		// The order alone.
		{name: "nothing at all"},
		{name: "by id", order: by("_id")},
		{name: "by id backwards", order: by("-_id")},
		{name: "an order with an index", order: by("date")},
		{name: "the same backwards", order: by("-date")},
		{name: "what follows the id has no effect", order: by("date", "_id", "title")},
		{name: "an order without an index", order: by("title"), problem: ", ordered by title" + would("title")},
		{name: "an order that an index holds deeper", order: by("status"), problem: ", ordered by status" + would("status")},
		{name: "an order of two keys", order: by("status", "date")},
		{name: "an order of two keys, backwards", order: by("-status", "-date")},
		{name: "its keys the other way round", order: by("date", "status"), problem: ", ordered by date, status" + would("date, status")},
		{name: "two directions", order: by("status", "-date"),
			problem: ", ordered by status, date: no index serves it, and none could: the order has two directions"},
		{name: "an id that runs against the order", order: by("date", "-_id"),
			problem: ", ordered by date, _id: no index serves it, and none could: the order has two directions"},

		// Equality before the order.
		{name: "equality", where: author, order: by("-date")},
		{name: "equality with null", where: eq("author", nil), order: by("date")},
		{name: "two equalities", where: core.And(author, status), order: by("title")},
		{name: "one of two equalities bounds", where: core.And(author, eq("pages", 3)), order: by("date")},
		{name: "equalities before an order by id", where: eq("shelf", "A"), order: nil},
		{name: "equality, but another order", where: author, order: by("title"), problem: " where author, ordered by title" + would("author, title")},
		{name: "equality, but the index goes on", where: author, problem: " where author" + would("author")},
		{name: "equality of the second field only", where: eq("pages", 3), order: by("date"), problem: " where pages, ordered by date" + would("pages, date")},
		{name: "a gap in the index", where: core.And(author, core.Ne("status", "OUT")), order: by("title"),
			problem: " where author and status ne, ordered by title" + would("author, title")},
		{name: "In of one value", where: core.Filter{Op: core.OpIn, Field: "author", Value: []any{"ada"}}, order: by("date")},
		{name: "In of several", where: core.In("author", two), order: by("date")},
		{name: "In of several, by id", where: core.In("shelf", two)},
		{name: "In of several without index", where: core.In("pages", []int{1, 2}), order: by("date"), problem: " where pages in, ordered by date" + none},
		{name: "In of too many", where: core.In("author", []string{"a", "b", "c", "d", "e"}), order: by("date"), problem: " where author in, ordered by date" + none},
		{name: "In of several beside an equality", where: core.And(author, core.In("status", two)), order: by("date")},
		{name: "a range before the order", where: core.And(author, core.Gt("status", "A")), order: by("title"),
			problem: " where author and status gt, ordered by title" + would("author, title")},

		// Arrays.
		{name: "an element", where: eq("tags", "x"), order: by("-date")},
		{name: "In of one element", where: core.In("tags", []string{"x"}), order: by("date")},
		{name: "In of several elements", where: core.In("tags", two), order: by("date")},
		{name: "two elements", where: core.And(eq("tags", "x"), eq("tags", "y")), order: by("date")},
		{name: "an array comes first in an index, another not at all", where: core.And(author, eq("topics", "x"), eq("tags", "y")), order: by("pages"),
			problem: " where author and topics and tags, ordered by pages" + would("tags, author, pages")},

		// The first key of the order.
		{name: "a range of the first key", where: core.Gte("date", now), order: by("date")},
		{name: "a range of the first key after an equality", where: core.And(author, core.Lt("date", now)), order: by("-date")},
		{name: "equality of the first key", where: eq("shelf", "A"), order: by("shelf")},
		{name: "In of the first key", where: core.In("shelf", two), order: by("shelf")},
		{name: "a prefix of the first key", where: core.Prefix("shelf", "A"), order: by("-shelf")},
		{name: "a range of the id", where: core.Gt("_id", "a")},
		{name: "a range of the second key", where: core.Gt("date", now), order: by("status", "date"), problem: " where date gt, ordered by status, date" + none},
		{name: "a range of another field", where: core.Gte("date", now), order: by("shelf"), problem: " where date gte, ordered by shelf" + none},
		{name: "a range of no key, by id", where: core.Lte("shelf", "A"), problem: " where shelf lte" + none},
		{name: "a prefix of a first key without index", where: core.Prefix("title", "A"), order: by("title"),
			problem: " where title prefix, ordered by title" + would("title")},

		// What cannot bound.
		{name: "Ne", where: core.Ne("shelf", "A"), order: by("shelf"), problem: " where shelf ne, ordered by shelf" + none},
		{name: "Not", where: core.Not(eq("shelf", "A")), order: by("date"), problem: " where not shelf, ordered by date" + none},
		{name: "Ne beside a bound", where: core.And(core.Ne("status", "OUT"), author), order: by("date")},

		// Few results.
		{name: "a unique value in any order", where: eq("isbn", "1"), order: by("pages", "-title")},
		{name: "several unique values", where: core.In("isbn", two), order: by("pages")},
		{name: "a unique element", where: eq("codes", "1"), order: by("pages")},
		{name: "an id", where: core.And(eq("_id", "1"), core.Ne("title", "x")), order: by("pages")},
		{name: "several ids", where: core.In("_id", two), order: by("pages")},
		{name: "no unique value", where: eq("isbn", nil), order: by("date"), problem: " where isbn null, ordered by date" + would("isbn, date")},
		{name: "not a unique value", where: core.Ne("isbn", "1"), order: by("date"), problem: " where isbn ne, ordered by date" + none},
		{name: "a unique field gives no order", order: by("isbn"), problem: ", ordered by isbn" + would("isbn")},
		{name: "a unique field gives no order to a range", where: core.Prefix("isbn", "1"), order: by("isbn"),
			problem: " where isbn prefix, ordered by isbn" + would("isbn")},

		// Search.
		{name: "search", where: core.Search("word"), order: by("pages")},
		{name: "search beside others", where: core.And(core.Ne("title", "x"), core.Search("word")), order: by("date")},
		{name: "not found by search", where: core.Not(core.Search("word")), order: by("date"), problem: " where not search, ordered by date" + none},

		// OR.
		{name: "every arm has an index", where: core.Or(author, core.And(status, core.Lt("date", now)), eq("tags", "x")), order: by("-date")},
		{name: "an arm has none", where: core.Or(author, eq("pages", 3)), order: by("date"), problem: " where pages, ordered by date" + would("pages, date")},
		{name: "an arm bounds nothing", where: core.Or(author, core.Ne("status", "OUT")), order: by("date"), problem: " where status ne, ordered by date" + none},
		{name: "a condition beside the OR helps its arms", where: core.And(author, core.Or(eq("pages", 3), core.Ne("shelf", "A"))), order: by("date")},
		{name: "a second OR bounds nothing", where: core.And(core.Or(core.Ne("pages", 1), core.Ne("pages", 2)), core.Or(author, status)), order: by("date"),
			problem: " where pages ne and (author or status), ordered by date" + none},
		{name: "an OR inside an arm bounds nothing", where: core.Or(author, core.And(core.Ne("pages", 1), core.Or(author, status))), order: by("date"),
			problem: " where pages ne and (author or status), ordered by date" + none},
		{name: "arms up to the bound", where: core.Or(author, status, eq("tags", "x"), eq("tags", "y")), order: by("date")},
		{name: "too many arms", where: core.Or(author, status, eq("tags", "x"), eq("tags", "y"), eq("tags", "z")), order: by("date"),
			problem: " where (author or status or tags or tags or tags), ordered by date" + none},

		// Rules.
		{name: "a rule needs no index", rule: core.Ne("status", "SECRET"), order: by("date")},
		{name: "a rule's equality leads to an order", rule: author, order: by("status", "title")},
		{name: "a rule's equality is not named", rule: status, order: by("title"), problem: ", ordered by title" + would("title")},
		{name: "a rule's equality completes one of where", where: author, rule: status, order: by("title")},
		{name: "a rule's equality does not stand for one of where", where: core.Ne("pages", 1), rule: author, order: by("date"),
			problem: " where pages ne, ordered by date" + none},
		{name: "a rule's range does not stand for one of where", where: core.Ne("pages", 1), rule: core.Lte("date", now), order: by("date"),
			problem: " where pages ne, ordered by date" + none},
		{name: "a rule that leaves one document", where: core.Ne("pages", 1), rule: eq("_id", "me"), order: by("title")},
		{name: "every arm of a rule helps", rule: core.Or(core.And(author, status), core.And(author, eq("status", "NEW"))), order: by("title")},
		{name: "an arm of a rule does not help", rule: core.Or(core.And(author, status), eq("shelf", "A")), order: by("title"),
			problem: ", ordered by title" + would("title")},
		{name: "published or mine", where: core.Lt("date", now), rule: core.Or(published, author), order: by("-date")},
		{name: "the OR of where beside that of a rule", where: core.Or(author, status), rule: core.Or(published, eq("author", "me")), order: by("-date")},
		{name: "whose arms help each of it", where: core.Or(author, eq("author", "bob")), rule: core.Or(status, eq("status", "NEW")), order: by("title")},
		{name: "unless one of them does not", where: core.Or(author, eq("author", "bob")), rule: core.Or(status, eq("shelf", "A")), order: by("title"),
			problem: " where author, ordered by title" + would("author, title")},

		// Nothing to read.
		{name: "where matches nothing", where: core.None, order: by("pages")},
		{name: "rules allow nothing", rule: core.None, where: core.Ne("pages", 1), order: by("pages")},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := test.problem
			if want != "" {
				want = "books" + want
			}
			got := spec.Unserved(test.where, test.rule, test.order)
			if got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
			// The index that is named does serve the arm it is named for.
			if _, index, ok := strings.Cut(got, "an index on ("); ok {
				better := spec
				better.Indexes = append(slices.Clone(spec.Indexes), strings.Split(strings.TrimSuffix(index, ") would"), ", "))
				if again := better.Unserved(test.where, test.rule, test.order); again == got {
					t.Errorf("with that index: %q", again)
				}
			}
		})
	}

	spec.Search = nil
	if spec.Unserved(core.Search("word"), core.All, by("date")) == "" {
		t.Error("a search is served where nothing is searched")
	}
	long := core.Not(eq(strings.Repeat("title", 100), "x"))
	if got := spec.Unserved(long, core.All, by("date")); len(got) > 400 {
		t.Errorf("a problem of %d bytes", len(got))
	}
}

// problems is a log that keeps what is told of queries.
type problems struct {
	slog.Handler
	mu   sync.Mutex
	list []string
}

func (p *problems) Enabled(context.Context, slog.Level) bool { return true }

func (p *problems) Handle(_ context.Context, r slog.Record) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.Attrs(func(a slog.Attr) bool {
		if r.Level == slog.LevelWarn && a.Key == "problem" {
			p.list = append(p.list, a.Value.String())
		}
		return true
	})
	return nil
}

// take is what was told since the last call.
func (p *problems) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.list
	p.list = nil
	return list
}

func TestUnservedIsLoggedOnce(t *testing.T) {
	t.Parallel()
	log := &problems{Handler: slog.DiscardHandler}
	w := newWorld(t, func(c *core.Config) { c.Log = slog.New(log) })
	ctx := w.as(t, "ada", core.Editor)
	list := func(ctx context.Context, args core.PageArgs) {
		t.Helper()
		if _, err := w.Posts.Page(ctx, args); err != nil {
			t.Fatal(err)
		}
	}
	const problem = "posts where authorId, ordered by title: no index serves it; an index on (authorId, title) would"
	ofAda := core.PageArgs{Where: core.Eq("authorId", "ada"), OrderBy: by("title")}

	list(core.AsSystem(ctx), ofAda)
	list(ctx, core.PageArgs{Where: core.Eq("authorId", "ada"), OrderBy: by("-date")})
	if got := log.take(); got != nil {
		t.Errorf("the system and served lists: %q", got)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { _, _ = w.Posts.Page(ctx, ofAda) })
	}
	all.Wait()
	list(ctx, core.PageArgs{Where: core.Eq("authorId", "bob"), OrderBy: by("title"), First: new(3)})
	if got := log.take(); !slices.Equal(got, []string{problem}) {
		t.Errorf("one shape, several times: %q", got)
	}
	list(ctx, core.PageArgs{Where: core.In("authorId", []string{"ada", "bob"}), OrderBy: by("title")})
	list(ctx, core.PageArgs{Where: core.Eq("authorId", "ada"), OrderBy: by("-title")}) // the same problem
	if got := log.take(); len(got) != 1 {
		t.Errorf("one more problem: %q", got)
	}
	word := "word"
	list(ctx, core.PageArgs{Where: core.Eq("authorId", "ada"), OrderBy: by("title"), Search: &word})
	if got := log.take(); got != nil {
		t.Errorf("a search: %q", got)
	}
}

func TestStrictIndexes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *core.Config) { c.StrictIndexes = true })
	ctx := w.as(t, "ada", core.Member)
	args := core.PageArgs{Where: core.Eq("authorId", "ada"), OrderBy: by("title")}
	for range 2 {
		_, err := w.Posts.Page(ctx, args)
		if !core.Is(err, core.Invalid) || !strings.Contains(err.Error(), "an index on (authorId, title) would") {
			t.Errorf("unserved: %v", err)
		}
	}
	for _, ctx := range []context.Context{ctx, t.Context()} {
		if _, err := w.Posts.Page(ctx, core.PageArgs{OrderBy: by("-date")}); err != nil {
			t.Errorf("served: %v", err)
		}
	}
	if _, err := w.Posts.Page(core.AsSystem(ctx), args); err != nil {
		t.Errorf("the system: %v", err)
	}
}

// BenchmarkHidden reads the first pages of some lists beside as many posts that are
// hidden, all of which are newer: GRAPNEL_BENCH_POSTS of each, 1,000 when not set. One
// member has written 1,000 posts, half of them hidden.
func BenchmarkHidden(b *testing.B) {
	n, _ := strconv.Atoi(cmp.Or(os.Getenv("GRAPNEL_BENCH_POSTS"), "1000"))
	w := newWorld(b)
	system, reader, writer := core.AsSystem(b.Context()), w.as(b, "reader", core.Member), w.as(b, "writer", core.Member)
	author, writerID := core.PrincipalOf(w.as(b, "author", core.Author)).UserID, core.PrincipalOf(writer).UserID
	for i := 0; i < 2*n; {
		list := make([]core.PostImport, min(500, n))
		for j := range list {
			list[j].Title, list[j].Body, list[j].Tags = fmt.Sprintf("Title %d", (i*7919)%n), strings.Repeat("text ", 40), []string{"tag", fmt.Sprintf("tag%d", i%1000)}
			list[j].AuthorID = &author
			if i%max(1, 2*n/1000) == 0 {
				list[j].AuthorID = &writerID
			}
			at := time.Now().Add(time.Duration(i-3*n) * time.Second)
			if i < n {
				list[j].PublishedAt = &at
			}
			i++
		}
		if _, err := w.Posts.Import(system, list); err != nil {
			b.Fatal(err)
		}
	}
	for _, caller := range []struct {
		name string
		ctx  context.Context
	}{{"visitor", b.Context()}, {"reader", reader}, {"writer", writer}} {
		for _, list := range []struct {
			name string
			args core.PageArgs
		}{
			{"date", core.PageArgs{OrderBy: by("-date")}},
			{"createdAt", core.PageArgs{OrderBy: by("-createdAt")}},
			{"title", core.PageArgs{OrderBy: by("title")}},
			{"updatedAt", core.PageArgs{OrderBy: by("-updatedAt")}},
			{"tag", core.PageArgs{Where: core.Eq("tags", "tag"), OrderBy: by("-date")}},
			{"author", core.PageArgs{Where: core.Eq("authorId", author), OrderBy: by("-date")}},
		} {
			b.Run(caller.name+"/"+list.name, func(b *testing.B) {
				list.args.Brief = true
				for b.Loop() {
					page, err := w.Posts.Page(caller.ctx, list.args)
					if err != nil || len(page.Nodes()) != core.DefaultPage {
						b.Fatal(len(page.Nodes()), err)
					}
				}
			})
		}
	}
}

// BenchmarkPage reads pages as clients ask for them.
func BenchmarkPage(b *testing.B) {
	w := newWorld(b)
	ctx := w.as(b, "ada", core.Author)
	me := core.PrincipalOf(ctx).UserID
	list := make([]core.PostImport, 100)
	for i := range list {
		list[i].Title, list[i].Body = fmt.Sprint("Title ", i), strings.Repeat("text ", 300)
		list[i].AuthorID = &me
	}
	if _, err := w.Posts.Import(core.AsSystem(ctx), list); err != nil {
		b.Fatal(err)
	}
	first := 1
	for name, args := range map[string]core.PageArgs{
		"20": {OrderBy: by("-date"), Brief: true},
		"one": {OrderBy: by("-date"), Brief: true, First: &first,
			Where: core.And(core.Eq("authorId", me), core.Gte("createdAt", time.Unix(0, 0)))},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.Posts.Page(ctx, args); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPlanList plans a list as each request does.
func BenchmarkPlanList(b *testing.B) {
	specs, err := core.CompleteSpecs(model.Specs())
	if err != nil {
		b.Fatal(err)
	}
	for name, p := range callers {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				specs["posts"].PlanList(p, time.Unix(0, 0), core.Eq("tags", "a"), by("-date"))
			}
		})
	}
}
