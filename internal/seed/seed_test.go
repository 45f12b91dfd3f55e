package seed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/internal/seed"
	"github.com/grapnel/grapnel/storage/filesystem"
	"github.com/grapnel/grapnel/storage/sqlite"
)

func TestMain(m *testing.M) {
	// The cache of principals has a goroutine that its library cannot end.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/hashicorp/golang-lru/v2/expirable.NewLRU[...].func1"))
}

// newApp is the product on the embedded stores in a folder of the test.
func newApp(t testing.TB) *core.App {
	t.Helper()
	dir := t.TempDir()
	docs, err := sqlite.Open(t.Context(), filepath.Join(dir, "grapnel.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { docs.Close() })
	objects, err := filesystem.Open(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	app, err := core.New(t.Context(), core.Config{
		Specs: model.Specs(),
		Docs:  docs, Objects: objects, Key: bytes.Repeat([]byte("k"), 32), BaseURL: "http://site.example.org",
		MaxUpload: 10 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.Close)
	return app
}

func run(t *testing.T, app *core.App, plan seed.Plan) (output string) {
	t.Helper()
	var b bytes.Buffer
	if err := seed.Run(t.Context(), app, plan, &b); err != nil {
		t.Fatalf("%+v: %v\n%s", plan, err, b.String())
	}
	return b.String()
}

// count counts the documents that the caller in ctx sees.
func count[T any](t *testing.T, ctx context.Context, read func(context.Context, core.PageArgs) (*core.Page[T], error), where core.Filter) int {
	t.Helper()
	page, err := read(ctx, core.PageArgs{Where: where})
	if err != nil {
		t.Fatal(err)
	}
	n, err := page.TotalCount(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// posts are all posts, in a fixed order.
func posts(t *testing.T, app *core.App) []*core.Post {
	t.Helper()
	ctx := core.AsSystem(t.Context())
	var all []*core.Post
	first, after := core.MaxPage, (*string)(nil)
	for {
		page, err := app.Posts.Page(ctx, core.PageArgs{OrderBy: []core.Order{{Field: "date"}}, First: &first, After: after})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Nodes()...)
		if after = page.PageInfo().EndCursor; !page.PageInfo().HasNextPage {
			return all
		}
	}
}

func TestSite(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	now := time.Now()
	output := run(t, app, seed.Plan{Users: 120, Posts: 700, Images: 5, Random: 1, Now: now})
	system := core.AsSystem(t.Context())

	for role, want := range map[core.Role]int{core.Admin: 0, core.Editor: 2, core.Author: 48, core.Member: 70} {
		if got := count(t, system, app.Users.Page, core.Eq("role", role)); got != want {
			t.Errorf("%d users are %s, want %d", got, role, want)
		}
	}

	all := posts(t, app)
	if len(all) != 700 {
		t.Fatalf("%d posts, want 700", len(all))
	}
	var drafts, scheduled, covered, excerpts, years int
	var shortest, longest, words = 1 << 30, 0, 0
	authors, tags := map[string]int{}, map[string]int{}
	for _, p := range all {
		switch {
		case p.Status == core.Draft:
			drafts++
		case p.PublishedAt.After(now):
			scheduled++
		}
		if p.Date.Before(now.AddDate(-5, 0, -2)) || p.Date.After(now.AddDate(0, 0, 32)) || p.CreatedAt.After(now) {
			t.Errorf("post of %s, created %s", p.Date, p.CreatedAt)
		}
		if p.Date.Before(now.AddDate(-4, 0, 0)) {
			years++
		}
		if p.CoverID != nil {
			covered++
		}
		if p.Excerpt != nil {
			excerpts++
		}
		n := len(strings.Fields(p.Body))
		shortest, longest, words = min(shortest, n), max(longest, n), words+n
		authors[p.AuthorID]++
		for _, tag := range p.Tags {
			tags[tag]++
		}
	}
	if want := 700 / 16; drafts != want+1 {
		t.Errorf("%d drafts, want %d", drafts, want+1)
	}
	if scheduled < 3 || scheduled > 7 {
		t.Errorf("%d scheduled posts, want one in a hundred or so", scheduled)
	}
	if years < 90 {
		t.Errorf("%d posts are in their fifth year, want about a fifth", years)
	}
	if covered < 500 || covered == 700 || excerpts < 500 || excerpts == 700 {
		t.Errorf("%d covers and %d excerpts, want most posts to have one", covered, excerpts)
	}
	if shortest < 180 || shortest > 280 || longest < 1300 || longest > 1900 || words < 700*400 {
		t.Errorf("texts of %d to %d words, %d on average", shortest, longest, words/700)
	}
	if len(authors) < 30 {
		t.Errorf("%d authors wrote", len(authors))
	}
	if len(tags) < 60 {
		t.Errorf("%d different tags", len(tags))
	}

	// Visitors see what is published by now, under its slug.
	visible := count(t, t.Context(), app.Posts.Page, core.All)
	if want := 700 - drafts - scheduled; visible != want {
		t.Errorf("visitors see %d posts, want %d", visible, want)
	}
	public := all[slices.IndexFunc(all, func(p *core.Post) bool { return p.Slug != nil && p.CoverID != nil && p.Date.Before(now) })]
	if got, err := app.Posts.BySlug(t.Context(), *public.Slug); err != nil || got.ID != public.ID {
		t.Errorf("slug %s leads to %v, %v", *public.Slug, got, err)
	}
	cover, err := app.Assets.Get(t.Context(), *public.CoverID)
	if err != nil || cover.Width == nil || *cover.Width != 1200 || *cover.Height != 675 || cover.Alt == nil {
		t.Errorf("cover %+v, %v", cover, err)
	}
	author, err := app.Users.Get(t.Context(), public.AuthorID)
	if err != nil || !author.Role.AtLeast(core.Author) || author.DisplayName == nil {
		t.Errorf("author %+v, %v", author, err)
	}
	if n := count(t, t.Context(), app.Posts.Page, core.Search("harbour timetables")); n == 0 || n == visible {
		t.Errorf("a search finds %d of %d posts", n, visible)
	}

	// The printed password works; it is the only one.
	m := regexp.MustCompile(`password (\S+)\n(?s:.*?)  (\S+) \(editor\)\n  (\S+) \(author\)\n`).FindStringSubmatch(output)
	if m == nil {
		t.Fatalf("no sign-in in %q", output)
	}
	for _, email := range m[2:] {
		if _, _, err := app.Sessions.SignIn(t.Context(), email, m[1]); err != nil {
			t.Errorf("sign in as %s: %v", email, err)
		}
	}
	for _, line := range []string{"users 120/120\n", "images 5/5\n", "posts 700/700\n"} {
		if !strings.Contains(output, line) {
			t.Errorf("no line %q in %q", line, output)
		}
	}
}

func TestDeterministic(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	site := func(random int64) (site []string) {
		app := newApp(t)
		run(t, app, seed.Plan{Users: 10, Posts: 1200, Images: 2, Random: random, Words: 60, Now: now})
		names := map[string]string{}
		ctx := core.AsSystem(t.Context())
		for _, p := range posts(t, app) {
			author, err := app.Users.Get(ctx, p.AuthorID)
			if err != nil {
				t.Fatal(err)
			}
			cover := ""
			if p.CoverID != nil {
				if names[*p.CoverID] == "" {
					asset, err := app.Assets.Get(ctx, *p.CoverID)
					if err != nil {
						t.Fatal(err)
					}
					names[*p.CoverID] = asset.SHA256
				}
				cover = names[*p.CoverID]
			}
			site = append(site, strings.Join([]string{p.Date.String(), p.Title, p.Body, strings.Join(p.Tags, ","), author.Email, cover}, "\n"))
		}
		return site
	}
	one := site(7)
	if !slices.Equal(one, site(7)) {
		t.Error("the same plan made another site")
	}
	if other := site(8); slices.ContainsFunc(other, func(p string) bool { return slices.Contains(one, p) }) {
		t.Error("another random start made some of the same posts")
	}
}

func TestAgain(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	plan := seed.Plan{Users: 130, Posts: 60, Images: 1, Random: 3, Words: 50}
	run(t, app, plan)
	if out := run(t, app, plan); !strings.Contains(out, "passwords are unchanged") || strings.Contains(out, "new users") {
		t.Errorf("the second run says %q", out)
	}
	system := core.AsSystem(t.Context())
	if n := count(t, system, app.Users.Page, core.All); n != 130 {
		t.Errorf("%d users after a second run, want 130", n)
	}
	if n := count(t, system, app.Posts.Page, core.All); n != 120 {
		t.Errorf("%d posts after a second run, want 120", n)
	}
	// Other random numbers meet some of the same names with other addresses.
	plan.Random, plan.Users = 4, 900
	run(t, app, plan)
	if n := count(t, system, app.Users.Page, core.All); n < 900 || n > 1030 {
		t.Errorf("%d users after a third run, want 900 and those of the first that it did not meet", n)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for _, plan := range []seed.Plan{{Users: -1}, {Posts: 5}, {Images: 5}, {Users: 1, Posts: -2}, {Users: 1, Words: -1}} {
		if err := seed.Run(t.Context(), app, plan, nil); err == nil {
			t.Errorf("%+v is accepted", plan)
		}
	}
	run(t, app, seed.Plan{}) // an empty site is one
	run(t, app, seed.Plan{Users: 1, Posts: 3, Images: 1, Words: 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := seed.Run(ctx, app, seed.Plan{Users: 1, Posts: 5000, Random: 2}, nil); !errors.Is(err, context.Canceled) && !core.Is(err, core.Unavailable) {
		t.Errorf("a cancelled run returns %v", err)
	}
}

func BenchmarkRun(b *testing.B) {
	for _, words := range []int{0, 150} {
		b.Run(fmt.Sprint("words=", words), func(b *testing.B) {
			app := newApp(b)
			posts := 0
			for b.Loop() {
				posts += 2000
				if err := seed.Run(b.Context(), app, seed.Plan{Users: 50, Posts: 2000, Random: int64(posts), Words: words}, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(posts)/b.Elapsed().Seconds(), "posts/s")
		})
	}
}
