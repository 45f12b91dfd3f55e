package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/e2e/child"
)

// The people of row g. The writer has all posts but those of the prolific one.
const (
	writer   = "writer"
	silent   = "silent"   // a member without posts
	prolific = "prolific" // a member with ownPosts drafts
	ownPosts = 1000
	password = "kept for the length of a measurement"
	// newsTag is what one published post in a hundred carries, and every draft.
	newsTag = "news"
)

func emailOf(name string) string { return name + "@bench.example" }

// besideDrafts is row g: what a visitor may not read costs nothing, and little to
// members, who may read what they wrote.
func (b *bench) besideDrafts(ctx context.Context) (err error) {
	few, err := b.draftsSite(ctx, fewPosts, 0)
	if err != nil {
		return err
	}
	many, err := b.draftsSite(ctx, b.posts, b.posts)
	if err != nil {
		return err
	}
	small, err := b.startProduct(ctx, few)
	if err != nil {
		return err
	}
	defer child.Stop(&err, small)
	large, err := b.startProduct(ctx, many)
	if err != nil {
		return err
	}
	defer child.Stop(&err, large)
	author, err := idOf(ctx, large, writer)
	if err != nil {
		return err
	}
	base := b.newSide(small, operation(newestQuery, nil))
	defer base.client.close()
	for _, reader := range []struct {
		name string
		most float64
	}{{"", 1.3}, {silent, 1.6}, {prolific, 1.6}} {
		for _, list := range []struct{ name, args string }{
			{"date", ""},
			{"createdAt", "orderBy: {field: CREATED_AT, direction: DESC}"},
			{"updatedAt", "orderBy: {field: UPDATED_AT, direction: DESC}"},
			{"title", "orderBy: {field: TITLE, direction: ASC}"},
			{"date, of a tag", `where: {tags: {has: "` + newsTag + `"}}`},
			{"date, of an author", `where: {authorId: {eq: "` + author + `"}}`},
		} {
			asked := b.newSide(large, operation(`{ posts(first: 20, `+list.args+`) { nodes { `+fields+` } } }`, nil))
			base.cpu, base.wait = nil, nil
			who := "a visitor"
			if reader.name != "" {
				who = "a member, " + reader.name
				err = asked.client.signIn(ctx, emailOf(reader.name), password)
			}
			err = errors.Join(err, b.compare(ctx, asked, base))
			asked.client.close()
			if err != nil {
				return fmt.Errorf("%s, by %s: %w", who, list.name, err)
			}
			figure, r := versus(asked, base)
			b.judge("g", who+": by "+list.name, fmt.Sprintf("%.1f × by date at %d", reader.most, fewPosts), r <= reader.most, "%s", figure)
		}
	}
	b.note("Row g: %d published posts and %d drafts, of one writer and tagged like one published post in a hundred; the silent member has no posts, the prolific one %d drafts.", b.posts, b.posts, ownPosts)
	return nil
}

// idOf finds a user's id.
func idOf(ctx context.Context, s *child.Server, username string) (string, error) {
	c := newClient(s, 1)
	defer c.close()
	var data struct{ UserByUsername struct{ ID string } }
	err := c.ask(ctx, `query($name: String!) { userByUsername(username: $name) { id } }`, map[string]string{"name": username}, &data)
	return data.UserByUsername.ID, err
}

// draftsSite makes the database of row g. Posts and drafts come mixed, so that they
// lie among each other in every index.
func (b *bench) draftsSite(ctx context.Context, posts, drafts int) (dir string, err error) {
	return b.database(ctx, fmt.Sprintf("drafts-%d-%d", posts, drafts), func(app *core.App) error {
		ctx := core.AsSystem(ctx)
		var people []core.UserImport
		for _, name := range []string{writer, silent, prolific} {
			people = append(people, core.UserImport{Username: name, Email: emailOf(name), Password: password, Role: core.Member})
		}
		users, err := app.Users.Import(ctx, people)
		if err != nil {
			return err
		}
		r := rand.New(rand.NewPCG(1, 0))
		now := time.Now()
		var list []core.PostImport
		flush := func() error {
			if len(list) == 0 {
				return nil
			}
			_, err := app.Posts.Import(ctx, list)
			list = list[:0]
			return err
		}
		for n := range posts + drafts {
			p := core.PostImport{PostDraft: core.PostDraft{
				Title: fmt.Sprintf("%s %d", []string{"Amber", "Birch", "Cedar", "Dune", "Ember"}[r.IntN(5)], r.Uint32()),
				Body:  "A short text, for it is the number of posts that counts.", AuthorID: &users[0].ID,
			}}
			created := now.Add(-time.Duration(r.Int64N(int64(5 * 365 * 24 * time.Hour))))
			p.CreatedAt = &created
			if r.IntN(posts+drafts) < posts { // as many as are left of each
				posts--
				published := created.Add(time.Minute)
				p.PublishedAt = &published
				if posts%100 == 0 {
					p.Tags = []string{newsTag}
				}
			} else {
				drafts--
				p.Tags = []string{newsTag}
				if drafts < ownPosts {
					p.AuthorID = &users[2].ID
				}
			}
			if list = append(list, p); len(list) == 500 {
				if err := flush(); err != nil {
					return err
				}
				if n%100_000 < 500 {
					b.say("%d more", posts+drafts)
				}
			}
		}
		return flush()
	})
}
