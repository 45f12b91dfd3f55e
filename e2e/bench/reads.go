package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/e2e/child"
	"github.com/grapnel/grapnel/internal/seed"
)

// fields is the selection of every reading row.
const fields = `id title slug excerpt tags publishedAt status version createdAt author { id username displayName }`

const (
	newestQuery = `query Newest($after: String) { posts(first: 20, after: $after) { nodes { ` + fields + ` } } }`
	oneQuery    = `query One($id: ID!) { post(id: $id) { ` + fields + ` } }`
	idsQuery    = `{ posts(first: 100) { nodes { id } } }`
	cursorQuery = `query Walk($first: Int!, $after: String) { posts(first: $first, after: $after) { pageInfo { endCursor hasNextPage } } }`
)

// fewPosts is the size of the small collection, shortWords the length of texts
// where there are many posts, so that a million take minutes.
const fewPosts, shortWords = 10_000, 150

// site makes a database of posts and returns its folder.
func (b *bench) site(ctx context.Context, posts, words int) (dir string, err error) {
	return b.database(ctx, fmt.Sprintf("site-%d-%d", posts, words), func(app *core.App) error {
		return seed.Run(ctx, app, seed.Plan{Users: 200, Posts: posts, Images: 4, Random: 1, Words: words}, b.progress)
	})
}

// database fills a database in a folder of this name, once, and returns the folder.
func (b *bench) database(ctx context.Context, name string, fill func(*core.App) error) (dir string, err error) {
	dir = filepath.Join(b.dir, name)
	done := filepath.Join(dir, "complete")
	if _, err := os.Stat(done); err == nil {
		return dir, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	b.say("fill %s", name)
	begin := time.Now()
	if err := child.WithApp(ctx, dir, fill); err != nil {
		return "", err
	}
	b.say("filled in %s", time.Since(begin).Round(time.Second))
	return dir, os.WriteFile(done, nil, 0o600)
}

// side is one of the two things that a row compares: a server, and what it is
// asked.
type side struct {
	server *child.Server
	client *client
	bodies [][]byte
	cpu    []time.Duration // of a request, for each round
	wait   []time.Duration // median time of an answer, for each round
}

func (b *bench) newSide(s *child.Server, bodies ...[]byte) *side {
	return &side{server: s, client: newClient(s, b.conns), bodies: bodies}
}

// round measures n requests.
func (s *side) round(ctx context.Context, n, conns int) error {
	before, err := s.server.CPU()
	if err != nil {
		return err
	}
	typical, _, err := s.client.load(ctx, n, conns, func(i int) []byte { return s.bodies[i%len(s.bodies)] })
	if err != nil {
		return err
	}
	after, err := s.server.CPU()
	s.cpu, s.wait = append(s.cpu, (after-before)/time.Duration(n)), append(s.wait, typical)
	return err
}

// compare measures two sides in turns.
func (b *bench) compare(ctx context.Context, a, c *side) error {
	for i := range b.rounds + 1 {
		for _, s := range []*side{a, c} {
			if err := s.round(ctx, b.requests, b.conns); err != nil {
				return err
			}
			if i == 0 { // the first one warms up
				s.cpu, s.wait = nil, nil
			}
		}
	}
	return nil
}

// versus is the figure of a comparison.
func versus(a, c *side) (figure string, r float64) {
	r = ratio(median(a.cpu), median(c.cpu))
	return fmt.Sprintf("%.2f × (%d against %d µs a request; answers after %d and %d µs)", r,
		median(a.cpu).Microseconds(), median(c.cpu).Microseconds(), median(a.wait).Microseconds(), median(c.wait).Microseconds()), r
}

// pair starts the ceiling and the product on the same posts.
func (b *bench) pair(ctx context.Context) (product, ceiling *child.Server, err error) {
	dir, err := b.site(ctx, fewPosts, 0)
	if err != nil {
		return nil, nil, err
	}
	// One after the other: only one process can have the database open.
	if ceiling, err = child.Start(ctx, nil, b.ceiling, "-from", filepath.Join(dir, "grapnel.db")); err != nil {
		return nil, nil, err
	}
	if product, err = b.startProduct(ctx, dir); err != nil {
		return nil, nil, errors.Join(err, ceiling.Stop())
	}
	return product, ceiling, nil
}

// same fails when two servers answer differently.
func same(ctx context.Context, a, c *side) error {
	var x, y bytes.Buffer
	for i := range a.bodies {
		if err := a.client.send(ctx, a.bodies[i], &x); err != nil {
			return err
		}
		if err := c.client.send(ctx, c.bodies[i], &y); err != nil {
			return err
		}
		if !bytes.Equal(x.Bytes(), y.Bytes()) {
			return fmt.Errorf("the servers answer differently:\n%.1000s\n%.1000s", x.Bytes(), y.Bytes())
		}
	}
	return nil
}

// againstCeiling is the rows a and b: the same operations, the same answers.
func (b *bench) againstCeiling(ctx context.Context, row, work, floor string, most float64, bodies func(context.Context, *client) ([][]byte, error)) error {
	asked, err := b.measurePair(ctx, row, work, floor, most, bodies)
	if err == nil && b.profile != "" {
		err = b.takeProfile(ctx, row, asked)
	}
	return err
}

func (b *bench) measurePair(ctx context.Context, row, work, floor string, most float64, bodies func(context.Context, *client) ([][]byte, error)) (asked [][]byte, err error) {
	product, ceiling, err := b.pair(ctx)
	if err != nil {
		return nil, err
	}
	defer child.Stop(&err, product, ceiling)
	ours, theirs := b.newSide(product), b.newSide(ceiling)
	defer ours.client.close()
	defer theirs.client.close()
	if asked, err = bodies(ctx, ours.client); err != nil {
		return nil, err
	}
	ours.bodies, theirs.bodies = asked, asked
	if err := same(ctx, ours, theirs); err != nil {
		return nil, err
	}
	if err := b.compare(ctx, ours, theirs); err != nil {
		return nil, err
	}
	figure, r := versus(ours, theirs)
	b.judge(row, work, floor, r <= most, "%s", figure)
	return asked, nil
}

func (b *bench) newestPosts(ctx context.Context) error {
	b.note("Selection of rows a, b and c: %s. A visitor asks, %d connections; the answers of product and ceiling are the same byte for byte.", fields, b.conns)
	b.note("Rows a and b: %d posts of 200 to 1,500 words. Row c: posts of 75 to %d words.", fewPosts, shortWords)
	return b.againstCeiling(ctx, "a", "newest 20 published posts with author, 10,000 posts", "1.5 × the ceiling", 1.5, newestBodies)
}

func (b *bench) onePost(ctx context.Context) error {
	return b.againstCeiling(ctx, "b", "one post by id with author", "1.8 × the ceiling", 1.8, oneBodies)
}

// newestBodies and oneBodies are what is asked in the rows a and b.
func newestBodies(context.Context, *client) ([][]byte, error) {
	return [][]byte{operation(newestQuery, nil)}, nil
}

func oneBodies(ctx context.Context, c *client) ([][]byte, error) {
	var data struct {
		Posts struct{ Nodes []struct{ ID string } }
	}
	if err := c.ask(ctx, idsQuery, nil, &data); err != nil {
		return nil, err
	}
	var bodies [][]byte
	for _, n := range data.Posts.Nodes {
		bodies = append(bodies, operation(oneQuery, map[string]string{"id": n.ID}))
	}
	return bodies, nil
}

// manyPosts is row c.
func (b *bench) manyPosts(ctx context.Context) (err error) {
	small, err := b.site(ctx, fewPosts, shortWords)
	if err != nil {
		return err
	}
	large, err := b.site(ctx, b.posts, shortWords)
	if err != nil {
		return err
	}
	few, err := b.startProduct(ctx, small)
	if err != nil {
		return err
	}
	defer child.Stop(&err, few)
	many, err := b.startProduct(ctx, large)
	if err != nil {
		return err
	}
	defer child.Stop(&err, many)

	first := operation(newestQuery, nil)
	a, c := b.newSide(many, first), b.newSide(few, first)
	defer a.client.close()
	defer c.client.close()
	if err := b.compare(ctx, a, c); err != nil {
		return err
	}
	figure, r := versus(a, c)
	b.judge("c", fmt.Sprintf("the page at %d posts against %d", b.posts, fewPosts), "1.3 ×", r <= 1.3, "%s", figure)

	page, cursor, err := walk(ctx, a.client, 1000)
	if err != nil {
		return err
	}
	a.cpu, a.wait = nil, nil
	deep := b.newSide(many, operation(newestQuery, map[string]string{"after": cursor}))
	defer deep.client.close()
	if err := b.compare(ctx, deep, a); err != nil {
		return err
	}
	figure, r = versus(deep, a)
	b.judge("c", fmt.Sprintf("page %d against the first, %d posts", page, b.posts), "1.3 ×", r <= 1.3, "%s", figure)
	return nil
}

// walk finds the cursor before a page of 20, or before the last full one.
func walk(ctx context.Context, c *client, page int) (reached int, cursor string, err error) {
	left := 20 * (page - 1)
	for reached = 1; left > 0; {
		step := min(left, 100)
		var data struct {
			Posts struct {
				PageInfo struct {
					EndCursor   string
					HasNextPage bool
				}
			}
		}
		v := map[string]any{"first": step}
		if cursor != "" {
			v["after"] = cursor
		}
		if err := c.ask(ctx, cursorQuery, v, &data); err != nil {
			return 0, "", err
		}
		if !data.Posts.PageInfo.HasNextPage {
			break
		}
		cursor, left, reached = data.Posts.PageInfo.EndCursor, left-step, reached+step/20
	}
	if cursor == "" {
		return 0, "", fmt.Errorf("there are too few posts for a second page")
	}
	return reached, cursor, nil
}

// takeProfile asks the product, run within this program, and the ceiling, while
// they are profiled.
func (b *bench) takeProfile(ctx context.Context, row string, bodies [][]byte) error {
	dir, err := b.site(ctx, fewPosts, 0)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(b.profile, 0o700); err != nil {
		return err
	}
	to := filepath.Join(b.profile, "row-"+row)
	for _, begin := range []func() (*child.Server, error){
		func() (*child.Server, error) { return child.Self(ctx, productEnv(dir), child.Prefix+"profile", to) },
		func() (*child.Server, error) {
			return child.Start(ctx, nil, b.ceiling, "-from", filepath.Join(dir, "grapnel.db"), "-profile", to+".ceiling.prof")
		},
	} {
		s, err := begin()
		if err != nil {
			return err
		}
		c := newClient(s, b.conns)
		_, _, err = c.load(ctx, 4*b.requests, b.conns, func(i int) []byte { return bodies[i%len(bodies)] })
		c.close()
		if err := errors.Join(err, s.Stop()); err != nil {
			return err
		}
	}
	b.note("Profiles of row %s: %s.cpu.prof, .allocs.prof and .ceiling.prof, of %d requests each.", row, to, 4*b.requests)
	return nil
}
