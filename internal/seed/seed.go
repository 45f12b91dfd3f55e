// Package seed fills a store with a realistic news site: people with roles,
// articles in Markdown over the last five years, pictures, a menu and some pages.
package seed

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"golang.org/x/sync/errgroup"

	"github.com/grapnel/grapnel/core"
)

// Plan says how large the site is. The same plan makes the same people, texts
// and pictures; ids, passwords and the numbers of slugs that are taken differ.
type Plan struct {
	Users, Posts, Images int
	// Random is the start of the random numbers.
	Random int64
	// Words bounds the length of a text, about; 0 means 1,500.
	Words int
	// Schema makes the pages and sets the site up, as its types are declared; nil leaves
	// both out.
	Schema graphql.ExecutableSchema
	// Now is the present of the site; its posts lie in the five years before,
	// a few in the month after. Zero means the time of the call.
	Now time.Time
}

const (
	// batch is how many posts and users one write brings.
	batch = 500
	// writers is how many batches are under way at once: while one of them is
	// stored, the others are written.
	writers = 4
	// tries bounds how often a batch starts over when slugs of it were taken.
	tries = 5
	// span is how far back the posts go.
	span = 5 * 365 * 24 * time.Hour
)

// The streams of random numbers: one for each kind of thing, so that more of
// one does not change the others.
const (
	streamPeople = iota << 32
	streamPictures
	streamPosts
)

// Run makes the site that plan describes and shows how far it is. All users
// that it makes share one random password, which is printed at the end and kept
// nowhere else.
//
// Run can be repeated. A user who is there already, with the same username and
// address, is taken as he is; posts and images come on top of those that are
// there.
func Run(ctx context.Context, app *core.App, plan Plan, progress io.Writer) (err error) {
	if err := plan.check(); err != nil {
		return err
	}
	grammars, err := readGrammars()
	if err != nil {
		return err
	}
	if plan.Now.IsZero() {
		plan.Now = time.Now()
	}
	if progress == nil {
		progress = io.Discard
	}
	s := &site{app: app, plan: plan, grammars: grammars, progress: progress}
	// Whatever fails later, the users that were made can sign in.
	defer func() { s.greet() }()
	for _, step := range []func(context.Context) error{s.makeUsers, s.makeImages, s.makePosts, s.makeSite} {
		if err := step(core.AsSystem(ctx)); err != nil {
			return err
		}
	}
	return nil
}

func (p Plan) check() error {
	switch {
	case p.Users < 0 || p.Posts < 0 || p.Images < 0 || p.Words < 0:
		return errors.New("seed: numbers must not be negative")
	case p.Users == 0 && p.Posts+p.Images > 0:
		return errors.New("seed: posts and images need at least one user")
	}
	return nil
}

// site is what was made so far.
type site struct {
	app      *core.App
	plan     Plan
	grammars []*grammar
	progress io.Writer

	password string // of the users that were made
	made     int
	newStaff []member
	staff    []member // who may write, editors first; everybody when nobody may
	covers   []string // ids of the images
}

// member is somebody who writes.
type member struct {
	id, email string
	role      core.Role
}

func (s *site) random(stream int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(s.plan.Random), uint64(stream)))
}

// makeUsers makes the people who are not there yet.
func (s *site) makeUsers(ctx context.Context) error {
	r := s.random(streamPeople)
	source := newPeople(r)
	var all, made []member
	join := func(u *core.User) { all = append(all, member{u.ID, u.Email, u.Role}) }
	bar := newBar(s.progress, "users", s.plan.Users)
	defer bar.close()
	s.password = crand.Text()
	for got := 0; got < s.plan.Users; {
		want := min(batch, s.plan.Users-got)
		list := make([]core.UserImport, want)
		for i := range list {
			u := source.draw(roleOf(got+i, s.plan.Users))
			since := s.plan.Now.Add(-time.Duration(r.Float64() * float64(span)))
			u.Password, u.CreatedAt = s.password, &since
			list[i] = u
		}
		known, err := s.lookUp(ctx, list)
		if err != nil {
			return err
		}
		var missing []core.UserImport
		for i, u := range list {
			switch old := known[u.Username]; {
			case old == nil && known[u.Email] == nil:
				missing = append(missing, list[i])
			case old != nil && old.Email == u.Email:
				join(old)
				got++
			} // otherwise somebody else has the name or the address: the next one, please
		}
		if len(missing) > 0 {
			users, err := s.app.Users.Import(ctx, missing)
			if err != nil {
				return err
			}
			for _, u := range users {
				join(u)
			}
			made = append(made, all[len(all)-len(users):]...)
			got += len(users)
		}
		bar.set(got)
	}
	s.staff, s.made, s.newStaff = staffOf(all), len(made), staffOf(made)
	return nil
}

// lookUp finds those who have a username or an address of the list, by both.
func (s *site) lookUp(ctx context.Context, list []core.UserImport) (map[string]*core.User, error) {
	known := map[string]*core.User{}
	for part := range slices.Chunk(list, core.MaxPage) {
		var names, emails []string
		for _, u := range part {
			names, emails = append(names, u.Username), append(emails, u.Email)
		}
		for _, where := range []core.Filter{core.In("username", names), core.In("email", emails)} {
			page, err := s.app.Users.Page(ctx, core.PageArgs{Where: where, First: new(core.MaxPage)})
			if err != nil {
				return nil, err
			}
			for _, u := range page.Nodes() {
				known[u.Username], known[u.Email] = u, u
			}
		}
	}
	return known, nil
}

// staffOf is who of the users may write, editors first; everybody when nobody may.
func staffOf(all []member) []member {
	staff := slices.DeleteFunc(slices.Clone(all), func(m member) bool { return !m.role.AtLeast(core.Author) })
	if len(staff) == 0 {
		return all
	}
	slices.SortStableFunc(staff, func(a, b member) int { return rank(a.role) - rank(b.role) })
	return staff
}

func rank(r core.Role) int {
	if r.AtLeast(core.Editor) {
		return 0
	}
	return 1
}

// makeImages paints the pictures and uploads them in the name of the staff.
func (s *site) makeImages(ctx context.Context) error {
	bar := newBar(s.progress, "images", s.plan.Images)
	defer bar.close()
	for n := range s.plan.Images {
		p, err := paint(s.random(streamPictures+n), n)
		if err != nil {
			return err
		}
		owner := s.staff[n%len(s.staff)]
		ctx := core.WithPrincipal(ctx, core.Principal{UserID: owner.id, Role: owner.role})
		asset, err := s.app.Assets.Upload(ctx, core.Upload{
			Filename: p.filename, Declared: int64(len(p.data)), Body: bytes.NewReader(p.data), Visibility: core.Public, Alt: &p.alt,
		})
		if err != nil {
			return err
		}
		s.covers = append(s.covers, asset.ID)
		bar.set(n + 1)
	}
	return nil
}

// makePosts writes the posts, the oldest first, in batches that are written and
// stored side by side.
func (s *site) makePosts(ctx context.Context) error {
	bar := newBar(s.progress, "posts", s.plan.Posts)
	defer bar.close()
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for from := 0; from < s.plan.Posts && groupCtx.Err() == nil; from += batch {
		group.Go(func() error {
			r := s.random(streamPosts + from)
			list := make([]core.PostImport, min(batch, s.plan.Posts-from))
			for i := range list {
				list[i] = s.post(r, from+i)
			}
			err := s.store(groupCtx, list)
			if err == nil {
				bar.add(len(list))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// store imports a batch. Another batch may take the same slug at the same
// moment; then the import looks again which ones are free.
func (s *site) store(ctx context.Context, list []core.PostImport) (err error) {
	for range tries {
		if _, err = s.app.Posts.Import(ctx, list); !core.Is(err, core.Conflict) {
			return err
		}
	}
	return err
}

// post is the n-th post of the site. Most are published, at even distances; one
// in sixteen is a draft of the last weeks, one in a hundred is scheduled.
func (s *site) post(r *rand.Rand, n int) core.PostImport {
	a := writeArticle(r, s.grammars[r.IntN(len(s.grammars))], s.plan.Words)
	p := core.PostImport{PostDraft: core.PostDraft{Title: a.title, Body: a.body, Excerpt: a.excerpt, Tags: a.tags}}
	// A few people write most of it.
	author := &s.staff[int(float64(len(s.staff))*math.Pow(r.Float64(), 2))].id
	p.AuthorID = author
	if len(s.covers) > 0 && r.IntN(7) > 0 {
		p.CoverID = &s.covers[r.IntN(len(s.covers))]
	}
	recent := func(most time.Duration) time.Time { return s.plan.Now.Add(-time.Duration(r.Float64() * float64(most))) }
	const day = 24 * time.Hour
	var created, published time.Time
	switch {
	case n%16 == 5:
		created = recent(60 * day)
	case n%100 == 42:
		created, published = recent(10*day), s.plan.Now.Add(time.Hour+time.Duration(r.Float64()*float64(30*day)))
	default:
		step := float64(span) / float64(s.plan.Posts)
		published = s.plan.Now.Add(-span + time.Duration(step*(float64(n)+r.Float64())))
		created = published.Add(-time.Duration(r.Float64() * float64(3*day)))
	}
	p.CreatedAt = &created
	if !published.IsZero() {
		p.PublishedAt = &published
	}
	return p
}

// greet says how to sign in.
func (s *site) greet() {
	if s.made == 0 {
		if len(s.staff) > 0 {
			fmt.Fprintln(s.progress, "The users were there already; their passwords are unchanged.")
		}
		return
	}
	examples := s.newStaff[:min(len(s.newStaff), 2)]
	if n := len(s.newStaff); n > 2 {
		examples = []member{s.newStaff[0], s.newStaff[n-1]}
	}
	fmt.Fprintf(s.progress, "\nThe %d new users have the password %s\nSign in as one of them, such as:\n", s.made, s.password)
	for _, m := range examples {
		fmt.Fprintf(s.progress, "  %s (%s)\n", m.email, strings.ToLower(string(m.role)))
	}
}
