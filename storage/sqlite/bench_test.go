//go:build unix

package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/sqlite"
)

var benchDocs = flag.Int("docs", 10_000, "documents in the store of the benchmarks")

// post is a document of about 2 KB, like those of the product.
type post struct {
	core.Head   `bson:",inline"`
	Title       string     `bson:"title"`
	Slug        *string    `bson:"slug"`
	Excerpt     string     `bson:"excerpt"`
	Body        string     `bson:"body"`
	Tags        []string   `bson:"tags"`
	AuthorID    string     `bson:"authorId"`
	CoverID     *string    `bson:"coverId"`
	Status      string     `bson:"status"`
	PublishedAt *time.Time `bson:"publishedAt"`
	Date        time.Time  `bson:"date"`
}

func postSpec() core.Spec {
	return core.Spec{
		Name: "posts", Prefix: "post", Live: true,
		Fields: []core.Field{
			{Name: "version", Kind: core.Int},
			{Name: "createdAt", Kind: core.Time},
			{Name: "updatedAt", Kind: core.Time},
			{Name: "title", Kind: core.String},
			{Name: "slug", Kind: core.String, Unique: true},
			{Name: "tags", Kind: core.String, Array: true},
			{Name: "authorId", Kind: core.String},
			{Name: "status", Kind: core.String},
			{Name: "publishedAt", Kind: core.Time},
			{Name: "date", Kind: core.Time},
		},
		Indexes: [][]string{{"status", "date"}, {"authorId", "date"}, {"date"}, {"tags", "date"}, {"createdAt"}},
		Search:  []string{"title", "excerpt", "body"},
	}
}

// BenchmarkWordIndex measures the index of words by the texts of a file, each of
// as many characters as a short post. What it prints stands in docs/design.md.
func BenchmarkWordIndex(b *testing.B) {
	path := os.Getenv("GRAPNEL_BENCH_TEXT")
	if path == "" {
		b.Skip("GRAPNEL_BENCH_TEXT names no file")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	size := 1000
	if utf8.RuneCount(data) < len(data)*2/3 {
		size = 500
	}
	for b.Loop() {
		file := filepath.Join(b.TempDir(), "grapnel.db")
		s, err := sqlite.Open(b.Context(), file)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Ensure(b.Context(), []core.Spec{postSpec()}); err != nil {
			b.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		n, text, words, hidden := 0, 0, 0, 0
		for piece := range slices.Chunk([]rune(string(data)), size) {
			p := newPost(r, n)
			p.Title, p.Excerpt, p.Body = "", "", string(piece)
			if err := s.Write(b.Context(), core.Op{Kind: core.OpInsert, Coll: "posts", Doc: p}); err != nil {
				b.Fatal(err)
			}
			n, text = n+1, text+len(p.Body)
			list := core.Words(p.Body)
			raw, err := bson.Marshal(bson.D{{Key: "body", Value: list}})
			if err != nil {
				b.Fatal(err)
			}
			words, hidden = words+len(list), hidden+len(raw)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		db, err := sql.Open("sqlite", file)
		if err != nil {
			b.Fatal(err)
		}
		var all int
		_, err = db.Exec(`INSERT INTO "f_posts$words"("f_posts$words") VALUES('optimize')`)
		if err := errors.Join(err, db.QueryRow(`SELECT sum(length(block)) FROM "f_posts$words_data"`).Scan(&all), db.Close()); err != nil {
			b.Fatal(err)
		}
		for unit, sum := range map[string]int{"text-B/doc": text, "words/doc": words, "index-B/doc": all, "hidden-B/doc": hidden} {
			b.ReportMetric(float64(sum)/float64(n), unit)
		}
	}
}

var epoch = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// vocabulary has words of every frequency.
var vocabulary = func() (words []string) {
	for i := range 5000 {
		words = append(words, "w"+strings.Repeat(string(rune('a'+i%26)), 2)+fmt.Sprint(i))
	}
	return words
}()

func newPost(r *rand.Rand, i int) *post {
	word := func() string { return vocabulary[int(float64(len(vocabulary))*r.Float64()*r.Float64()*r.Float64())] }
	text := func(n int) string {
		var b strings.Builder
		for b.Len() < n {
			b.WriteString(word())
			b.WriteByte(' ')
		}
		return b.String()
	}
	date := epoch.Add(time.Duration(i) * time.Minute)
	p := &post{
		Head:  core.Head{ID: fmt.Sprintf("post_%08x-0000-7000-8000-%012x", i, i), Version: 1, CreatedAt: date, UpdatedAt: date},
		Title: text(50), Excerpt: text(150), Body: text(1400),
		Tags:     []string{fmt.Sprintf("tag%d", i%50), fmt.Sprintf("tag%d", 50+i%7), "all", fmt.Sprintf("rare%d", i%5000)},
		AuthorID: fmt.Sprintf("user_%08x-0000-7000-8000-%012x", i%500, i%500), Status: "PUBLISHED", Date: date, PublishedAt: &date,
	}
	slug := fmt.Sprintf("a-slug-of-some-length-%d", i)
	p.Slug, p.CoverID = &slug, &slug
	if i%5 == 0 {
		p.Status, p.PublishedAt = "DRAFT", nil
	}
	return p
}

// cpu is what the process has used, which other processes disturb less than
// they do the clock.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func fill(tb testing.TB, s *sqlite.Store, n int) {
	tb.Helper()
	ctx := context.Background()
	if err := s.Ensure(ctx, []core.Spec{postSpec()}); err != nil {
		tb.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := 0; i < n; {
		var ops []core.Op
		for ; len(ops) < 1000 && i < n; i++ {
			ops = append(ops, core.Op{Kind: core.OpInsert, Coll: "posts", Doc: newPost(r, i)})
		}
		if err := s.Write(ctx, ops...); err != nil {
			tb.Fatal(err)
		}
	}
}

func read(tb testing.TB, ctx context.Context, s *sqlite.Store, q core.Query, want int) {
	n := 0
	for d, err := range s.Find(ctx, "posts", q) {
		if err != nil {
			tb.Fatal(err)
		}
		var p post
		if err := d.Decode(&p); err != nil {
			tb.Fatal(err)
		}
		n++
	}
	if n != want {
		tb.Fatalf("found %d, want %d", n, want)
	}
}

var newest = []core.Order{{Field: "date", Desc: true}, {Field: "_id", Desc: true}}

func BenchmarkRead(b *testing.B) {
	s := open(b)
	defer s.Close()
	n := *benchDocs
	fill(b, s, n)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	now := epoch.Add(time.Duration(n) * time.Minute)
	id := func(i int) string { return fmt.Sprintf("post_%08x-0000-7000-8000-%012x", i, i) }
	published := core.And(core.Eq("status", "PUBLISHED"), core.Lte("date", now))
	mine := core.Or(published, core.Eq("authorId", fmt.Sprintf("user_%08x-0000-7000-8000-%012x", 7, 7)))
	deep := func(page int) []any {
		i := n - page*25
		return []any{epoch.Add(time.Duration(i) * time.Minute), id(i)}
	}
	ids := make([]string, 20)
	for i := range ids {
		ids[i] = id(i * (n / 20))
	}
	many := make([]string, 1000)
	for i := range many {
		many[i] = id(i * (n / 1000))
	}
	common, rare := vocabulary[3], vocabulary[4000]
	for _, bench := range []struct {
		name string
		q    core.Query
		want int
	}{
		{"ByID", core.Query{Filter: core.Eq("_id", id(n/2)), Limit: 1}, 1},
		{"BySlug", core.Query{Filter: core.Eq("slug", fmt.Sprintf("a-slug-of-some-length-%d", n/2)), Limit: 1}, 1},
		{"Page20", core.Query{Filter: published, Order: newest, Limit: 20}, 20},
		{"Page20deep", core.Query{Filter: published, Order: newest, After: deep(min(1000, n/30)), Limit: 20}, 20},
		{"Page20mine", core.Query{Filter: mine, Order: newest, Limit: 20}, 20},
		{"Page20tag", core.Query{Filter: core.And(core.Eq("tags", "tag3"), published), Order: newest, Limit: 20}, 20},
		{"Batch20", core.Query{Filter: core.In("_id", ids), Limit: 20}, 20},
		{"Batch1000", core.Query{Filter: core.In("_id", many), Limit: 1000}, 1000},
		{"SearchRare", core.Query{Filter: core.Search(rare), Order: newest, Limit: 1}, 1},
		{"SearchCommon", core.Query{Filter: core.And(core.Search(common), published), Order: newest, Limit: 20}, 20},
		{"SearchTwo", core.Query{Filter: core.And(core.Search(common+" "+vocabulary[40]), published), Order: newest, Limit: 20}, 20},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			start := cpu()
			for b.Loop() {
				read(b, ctx, s, bench.q, bench.want)
			}
			b.ReportMetric(float64(cpu()-start)/float64(b.N), "cpu-ns/op")
		})
	}
	for name, f := range map[string]core.Filter{"Count": published, "CountMine": mine, "CountAll": core.All} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if n, err := s.Count(ctx, "posts", core.Query{Filter: f}); err != nil || n == 0 {
					b.Fatal(n, err)
				}
			}
		})
	}
	b.Run("ByIDparallel", func(b *testing.B) {
		b.SetParallelism(4)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				read(b, ctx, s, core.Query{Filter: core.Eq("_id", id(n/2)), Limit: 1}, 1)
			}
		})
	})
}

// BenchmarkWrite prints how many creates each sync of the disk carried.
func BenchmarkWrite(b *testing.B) {
	for _, bench := range []struct {
		name              string
		writers, maxBatch int
	}{{"Insert1", 1, 256}, {"Insert32", 32, 256}, {"Insert32alone", 32, 1}} {
		b.Run(bench.name, func(b *testing.B) {
			s := open(b, sqlite.WithMaxBatch(bench.maxBatch))
			defer s.Close()
			fill(b, s, 0)
			r := rand.New(rand.NewPCG(1, 2))
			posts := make([]*post, 256)
			for i := range posts {
				posts[i] = newPost(r, i)
			}
			var next atomic.Int64
			var wg sync.WaitGroup
			before := s.Stats()
			b.ResetTimer()
			for range bench.writers {
				wg.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						p := *posts[i%256]
						p.ID = fmt.Sprintf("post_%08x", i)
						p.Slug = &p.ID
						if err := s.Write(context.Background(), core.Op{Kind: core.OpInsert, Coll: "posts", Doc: &p}); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			after := s.Stats()
			b.ReportMetric(float64(after.Jobs-before.Jobs)/float64(after.Commits-before.Commits), "creates/sync")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
		})
	}
	b.Run("Update", func(b *testing.B) {
		s := open(b)
		defer s.Close()
		fill(b, s, 1000)
		for i := range b.N {
			id := fmt.Sprintf("post_%08x-0000-7000-8000-%012x", i%1000, i%1000)
			if err := s.Write(context.Background(), core.Op{Kind: core.OpUpdate, Coll: "posts", Filter: core.Eq("_id", id),
				Patch: core.Patch{core.Set("title", fmt.Sprint("new title ", i)), core.Inc("version", 1)}}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
