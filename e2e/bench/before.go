package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/grapnel/grapnel/e2e/child"
)

// noWorse is what row h grants to noise.
const noWorse = 1.02

// version is one of the two commits of row h: its server, on a site that its own
// `seed` has made.
type version struct {
	dir    string
	server *child.Server
	reads  *side   // of whatever is measured
	author *client // who creates posts
	seeded time.Duration
	rate   []time.Duration // of a create, for each round
	cpu    []time.Duration // the same of the server's processors
}

// againstBefore is row h: what a change costs, in turns with the commit before it.
func (b *bench) againstBefore(ctx context.Context) (err error) {
	if b.before == "" {
		return errors.New("-before names the checkout of an earlier commit")
	}
	from, err := filepath.Abs(b.before)
	if err != nil {
		return err
	}
	earlier, err := child.Build(ctx, b.dir, "before", from)
	if err != nil {
		return err
	}
	now, err := b.newVersion(ctx, b.product)
	if err != nil {
		return err
	}
	defer now.stop(&err)
	then, err := b.newVersion(ctx, earlier)
	if err != nil {
		return err
	}
	defer then.stop(&err)
	figure := func(work string, a, c time.Duration) {
		r := ratio(a, c)
		b.judge("h", work, fmt.Sprintf("%.2f × before", noWorse), r <= noWorse, "%.2f × (%s against %s)", r, a.Round(time.Microsecond), c.Round(time.Microsecond))
	}
	for _, read := range []struct {
		work   string
		bodies func(context.Context, *client) ([][]byte, error)
	}{{"newest 20 published posts with author", newestBodies}, {"one post by id with author", oneBodies}} {
		for _, v := range []*version{now, then} {
			v.reads = b.newSide(v.server)
			defer v.reads.client.close()
			if v.reads.bodies, err = read.bodies(ctx, v.reads.client); err != nil {
				return err
			}
		}
		if err := b.compare(ctx, now.reads, then.reads); err != nil {
			return err
		}
		figure(read.work+", processor time", median(now.reads.cpu), median(then.reads.cpu))
	}
	for i := range b.rounds + 1 {
		for _, v := range []*version{now, then} {
			before, err := v.server.CPU()
			if err != nil {
				return err
			}
			_, all, err := v.author.load(ctx, b.creates, createClients, func(n int) []byte { return createBody(i*b.creates + n) })
			if err != nil {
				return err
			}
			after, err := v.server.CPU()
			if err != nil {
				return err
			}
			v.rate, v.cpu = append(v.rate, all/time.Duration(b.creates)), append(v.cpu, (after-before)/time.Duration(b.creates))
			if i == 0 { // the first one warms up
				v.rate, v.cpu = nil, nil
			}
		}
	}
	figure(fmt.Sprintf("create a post, %d clients, processor time", createClients), median(now.cpu), median(then.cpu))
	figure(fmt.Sprintf("create a post, %d clients, time", createClients), median(now.rate), median(then.rate))
	figure(fmt.Sprintf("seed %d posts, time, once", fewPosts), now.seeded, then.seeded)
	return nil
}

// newVersion seeds a site with a binary, and starts it with somebody who writes.
func (b *bench) newVersion(ctx context.Context, binary string) (_ *version, err error) {
	v := &version{}
	if v.dir, err = os.MkdirTemp(b.dir, filepath.Base(binary)+"-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			v.stop(&err)
		}
	}()
	seed := exec.CommandContext(ctx, binary, "seed", "--users", "200", "--images", "4", "--posts", fmt.Sprint(fewPosts))
	seed.Env = append(os.Environ(), productEnv(v.dir)...)
	begin := time.Now()
	if said, err := seed.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s seed: %w\n%s", filepath.Base(binary), err, said)
	}
	v.seeded = time.Since(begin)
	if v.server, err = b.startProduct(ctx, v.dir, "GRAPNEL_SIGN_UP=author"); err != nil {
		return nil, err
	}
	v.author = newClient(v.server, createClients)
	var data struct {
		SignUp struct{ Tokens struct{ AccessToken string } }
	}
	err = v.author.ask(ctx, `mutation($input: SignUpInput!) { signUp(input: $input) { tokens { accessToken } } }`,
		map[string]any{"input": map[string]string{"username": "author", "email": authorEmail, "password": authorPassword}}, &data)
	v.author.token = data.SignUp.Tokens.AccessToken
	return v, err
}

// stop ends the server, and removes its site.
func (v *version) stop(err *error) {
	if v.author != nil {
		v.author.close()
	}
	if v.server != nil {
		child.Stop(err, v.server)
	}
	*err = errors.Join(*err, os.RemoveAll(v.dir))
}
