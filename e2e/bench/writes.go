package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/grapnel/grapnel/e2e/child"
)

const createClients = 32

const createQuery = `mutation Create($input: CreatePostInput!) { createPost(input: $input) { post { id version } } }`

// creator is one of the two servers of row d.
type creator struct {
	name   string
	dir    string
	server *child.Server
	client *client
	rate   []float64 // creations a second, for each round
	did    int64     // calls of the store that wrote, in all rounds
	synced int64     // and the commits that carried them
}

// creations is row d.
func (b *bench) creations(ctx context.Context) error {
	grouped, err := b.newCreator(ctx, "grouped")
	if err != nil {
		return err
	}
	defer grouped.stop()
	single, err := b.newCreator(ctx, "single", "-single")
	if err != nil {
		return err
	}
	defer single.stop()
	next := 0
	for i := range b.rounds + 1 {
		for _, c := range []*creator{grouped, single} {
			if err := c.round(ctx, b.creates, next); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			next += b.creates
			if i == 0 { // the first one warms up
				c.rate, c.did, c.synced = nil, 0, 0
			}
		}
	}
	r := ratio(median(grouped.rate), median(single.rate))
	b.judge("d", fmt.Sprintf("create a post, %d clients, fsync before each answer", createClients), "2 × one commit a write", r >= 2,
		"%.2f × (%.0f against %.0f a second; %.1f creates a commit against %.1f)", r, median(grouped.rate), median(single.rate),
		ratio(grouped.did, grouped.synced), ratio(single.did, single.synced))
	b.note("Row d: SQLite with WAL and synchronous=FULL syncs once for each commit; checkpoints, which sync too, are not counted. Posts of 250 words.")
	return nil
}

func (b *bench) newCreator(ctx context.Context, name string, args ...string) (*creator, error) {
	dir, err := os.MkdirTemp(b.dir, "writes-")
	if err != nil {
		return nil, err
	}
	s, err := child.Self(ctx, nil, append([]string{child.Prefix + "writes", "-dir", dir}, args...)...)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	c := &creator{name: name, dir: dir, server: s, client: newClient(s, createClients)}
	if err := c.client.signIn(ctx, authorEmail, authorPassword); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

func (c *creator) stop() {
	c.client.close()
	_ = c.server.Stop()
	_ = os.RemoveAll(c.dir) // what remains is below the folder of the run
}

// round creates n posts, the first of which has a number.
func (c *creator) round(ctx context.Context, n, first int) error {
	before, err := c.client.stats(ctx, c.server)
	if err != nil {
		return err
	}
	_, all, err := c.client.load(ctx, n, createClients, func(i int) []byte { return createBody(first + i) })
	if err != nil {
		return err
	}
	after, err := c.client.stats(ctx, c.server)
	c.rate = append(c.rate, float64(n)/all.Seconds())
	c.did, c.synced = c.did+after.Jobs-before.Jobs, c.synced+after.Commits-before.Commits
	return err
}

// createBody is the operation that creates post n.
func createBody(n int) []byte {
	return operation(createQuery, map[string]any{"input": map[string]any{
		"title": fmt.Sprintf("Post %d of the harbour", n), "body": text(n), "tags": []string{"harbour", "news"},
	}})
}

// text is 250 words, other ones for each number.
func text(n int) string {
	words := strings.Fields("harbour ferry timetable council budget vote season winter bridge valley orchard census report signal canal meadow station island archive garden")
	var b strings.Builder
	x := uint64(n)*2862933555777941757 + 3037000493
	for range 250 {
		x = x*6364136223846793005 + 1442695040888963407
		fmt.Fprintf(&b, "%s%d ", words[x>>33%uint64(len(words))], x>>59)
	}
	return b.String()
}

// seconds is a duration for people.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
