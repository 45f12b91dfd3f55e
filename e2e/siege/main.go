// Command siege measures whether the endpoint holds in the open, and prints it. It
// needs Linux: the honest and the hostile clients have addresses of their own in
// 127.0.0.0/8, and the servers are watched through /proc.
//
//	go run ./siege [-parts documents,siege,passwords,reads] [-suites]
//
//	documents  processor time, allocated bytes and answer of the dearest documents of
//	           each class, refused ones and answered ones, each alone on a server
//	siege      latency of a normal query from one honest client, quiet, and while
//	           1,000 sockets are open, 16 uploads run and refused documents come in as
//	           fast as they are answered
//	passwords  the same while strangers try passwords, from ever other addresses
//	reads      the same while strangers ask for 50 counts or loose lists at a time, on 8
//	           connections; with -posts 100000 it says what the store is good for
//
// It fails when a document takes more than 100 ms of processor time, or when the
// server does not give back its goroutines and descriptors afterwards. With -suites
// it counts what the suites of the repository pass, instead.
//
// The server has two processors and the settings of a deployment. The load comes
// from a process of its own with the lowest priority.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/e2e/child"
	"github.com/grapnel/grapnel/internal/seed"
)

// settings are the flags.
type settings struct {
	parts  string
	suites bool
	all    bool
	match  string

	posts, users               int
	rounds                     int
	round                      time.Duration
	phase                      time.Duration
	rate                       int
	sockets, subscribed        int
	uploads, uploadRate, flood int
	signIns                    int
	timeout                    time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "siege:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) > 0 && strings.HasPrefix(args[0], child.Prefix) {
		return runChild(ctx, strings.TrimPrefix(args[0], child.Prefix), args[1:])
	}
	var s settings
	flags := flag.NewFlagSet("siege", flag.ContinueOnError)
	flags.StringVar(&s.parts, "parts", "documents,siege,passwords,reads", "what to measure")
	flags.BoolVar(&s.suites, "suites", false, "count what the suites pass, and measure nothing")
	flags.BoolVar(&s.all, "all", false, "print all documents, not the dearest of each class")
	flags.StringVar(&s.match, "match", "", "measure only the documents whose class and name hold this")
	flags.IntVar(&s.posts, "posts", 3_000, "posts that are seeded")
	flags.IntVar(&s.users, "users", 32, "accounts that are attacked and that upload")
	flags.IntVar(&s.rounds, "rounds", 3, "how often the dearest documents are measured; the least counts")
	flags.DurationVar(&s.round, "round", 60*time.Millisecond, "processor time of a round of one document")
	flags.DurationVar(&s.phase, "phase", 15*time.Second, "how long the latency is measured under each load")
	flags.IntVar(&s.rate, "rate", 50, "requests a second of the honest client")
	flags.IntVar(&s.sockets, "sockets", 1_000, "open sockets in the siege")
	flags.IntVar(&s.subscribed, "subscribed", 200, "of them with a subscription")
	flags.IntVar(&s.uploads, "uploads", 16, "uploads at a time in the siege: as many as one network may")
	flags.IntVar(&s.uploadRate, "upload-rate", 256<<10, "bytes a second of each upload")
	flags.IntVar(&s.flood, "flood", 8, "connections with refused documents, each from an address of its own")
	flags.IntVar(&s.signIns, "passwords", 64, "connections on which passwords are tried")
	flags.DurationVar(&s.timeout, "timeout", 10*time.Minute, "the longest time for everything")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if s.suites {
		return runSuites(ctx, stdout)
	}
	return measure(ctx, s, stdout)
}

// siege is a run.
type siege struct {
	settings
	dir, data string
	out       io.Writer
	faults    []string
}

func measure(ctx context.Context, s settings, stdout io.Writer) (err error) {
	g := &siege{settings: s, out: stdout}
	parts := map[string]func(context.Context) error{"documents": g.documents, "siege": g.underSiege, "passwords": g.underSignIns, "reads": g.underReads}
	for part := range strings.SplitSeq(s.parts, ",") {
		if parts[part] == nil {
			return fmt.Errorf("there is no part %q", part)
		}
	}
	if g.dir, err = os.MkdirTemp("", "grapnel-siege-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(g.dir)) }()
	g.data = filepath.Join(g.dir, "data")
	if err := g.seed(ctx); err != nil {
		return err
	}
	for part := range strings.SplitSeq(s.parts, ",") {
		g.say("%s", part)
		if err := parts[part](ctx); err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
	}
	if len(g.faults) > 0 {
		return errors.New(strings.Join(g.faults, "; "))
	}
	return nil
}

// say tells what is going on.
func (g *siege) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
}

func (g *siege) fault(format string, args ...any) {
	g.faults = append(g.faults, fmt.Sprintf(format, args...))
}

const password = "correct horse battery"

func email(i int) string { return fmt.Sprintf("besieged%d@example.org", i) }

// seed makes a site, and authors of whom the password is known.
func (g *siege) seed(ctx context.Context) error {
	g.say("seed %d posts", g.posts)
	return child.WithApp(ctx, g.data, func(app *core.App) error {
		if err := seed.Run(ctx, app, seed.Plan{Users: max(20, g.posts/15), Posts: g.posts, Images: 4, Random: 1}, io.Discard); err != nil {
			return err
		}
		for i := range g.users {
			draft := core.UserDraft{Username: fmt.Sprintf("besieged%d", i), Email: email(i), Password: password}
			if _, err := app.Users.Register(core.AsSystem(ctx), draft, core.Author); err != nil {
				return err
			}
		}
		return nil
	})
}

// dear is what a document may take, noteworthy what is worth a look.
const (
	dear           = 100 * time.Millisecond
	noteworthy     = 50 * time.Millisecond
	noteworthySize = 64 << 20
)

// documents measures each document alone, and the dearest of each class again.
func (g *siege) documents(ctx context.Context) (err error) {
	free := []string{"GRAPNEL_USER_COST=0", "GRAPNEL_ADDRESS_COST=0"} // metered, but never refused
	closed, err := startServer(ctx, g.data, free...)
	if err != nil {
		return err
	}
	defer child.Stop(&err, closed.Server)
	open, err := startServer(ctx, filepath.Join(g.dir, "open"), append(free, "GRAPNEL_PRODUCTION=false")...)
	if err != nil {
		return err
	}
	defer child.Stop(&err, open.Server)
	client := newClient("127.0.0.1", 1)
	defer client.CloseIdleConnections()
	meters := map[bool]*meter{false: {server: closed, client: client}, true: {server: open, client: client}}

	var all []figure
	classes := map[string][]int{} // places in all, by class
	var order []string
	for _, d := range append(documents(), answered()...) {
		if !strings.Contains(d.class+": "+d.name, g.match) {
			continue
		}
		f, err := meters[d.open].measure(ctx, d, 1, g.round/3)
		if err != nil {
			return err
		}
		if classes[d.class] == nil {
			order = append(order, d.class)
		}
		classes[d.class] = append(classes[d.class], len(all))
		all = append(all, f)
	}
	dearest := func(places []int) int {
		return slices.MaxFunc(places, func(a, b int) int { return int(all[a].cpu - all[b].cpu) })
	}
	for _, class := range order {
		for i, f := range all {
			if f.class == class && (f.cpu > noteworthy || i == dearest(classes[class])) {
				rounds := g.rounds
				if f.cpu > 4*dear {
					rounds = 1 // it will not become cheap
				}
				again, err := meters[f.open].measure(ctx, f.document, rounds, g.round)
				if err != nil {
					return err
				}
				again.cpu = min(again.cpu, f.cpu)
				all[i] = again
			}
		}
	}
	var shown []figure
	for _, class := range order {
		for i, f := range all {
			if f.class == class && (g.all || f.cpu > noteworthy || f.allocated > noteworthySize || i == dearest(classes[class])) {
				shown = append(shown, f)
			}
		}
	}
	for _, f := range all {
		if f.cpu > dear {
			g.fault("%s, %s: %d ms", f.class, f.name, f.cpu.Milliseconds())
		}
	}
	printFigures(g.out, shown, len(all))
	return nil
}

// underSiege is the latency of the honest client, quiet and under all loads at once.
func (g *siege) underSiege(ctx context.Context) error {
	return g.besiege(ctx, "siege", attack{Sockets: g.sockets, Subscribed: g.subscribed, Uploads: g.uploads, Rate: g.uploadRate, Floods: g.flood})
}

// underSignIns is the same while passwords are tried.
func (g *siege) underSignIns(ctx context.Context) error {
	return g.besiege(ctx, "sign-ins", attack{SignIns: g.signIns})
}

// underReads is the same while a store is made to look through much.
func (g *siege) underReads(ctx context.Context) error {
	return g.besiege(ctx, "reads", attack{Reads: g.flood})
}

// phase is what one part of a siege came to.
type phase struct {
	name string
	latency
	stats                // at its end
	server, load float64 // processors in use
	tally
}

// besiege runs an attack on a server of its own: quiet, attacked, and at rest again.
func (g *siege) besiege(ctx context.Context, name string, a attack) (err error) {
	s, err := startServer(ctx, g.data)
	if err != nil {
		return err
	}
	defer child.Stop(&err, s.Server)
	a.URL = s.URL
	for i := range g.users {
		a.Emails = append(a.Emails, email(i))
	}
	if a.Uploads > 0 {
		if a.Tokens, err = signIn(ctx, s.URL, min(8, g.users)); err != nil {
			return err
		}
	}
	_ = honest(ctx, s.URL, g.rate, g.phase/5) // warms up
	start, err := g.settled(ctx, s, nil)
	if err != nil {
		return err
	}
	quiet, err := g.observe(ctx, s, "quiet")
	if err != nil {
		return err
	}
	load, err := startLoad(ctx, a)
	if err != nil {
		return err
	}
	attacked, err := g.observe(ctx, s, name)
	stopped := time.Now()
	tally, failed := load.stop()
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	attacked.tally = tally
	attacked.load = tally.CPU.Seconds() / g.phase.Seconds()
	after, err := g.settled(ctx, s, &start)
	if err != nil {
		return err
	}
	printSiege(g.out, a, quiet, attacked)
	g.printRest(ctx, s, start, attacked, after, time.Since(stopped))
	return nil
}

// observe is the honest client for one phase.
func (g *siege) observe(ctx context.Context, s *server, name string) (p phase, err error) {
	before, err := s.look(ctx, "")
	if err != nil {
		return p, err
	}
	begin := time.Now()
	p.name, p.latency = name, honest(ctx, s.URL, g.rate, g.phase)
	p.stats, err = s.look(ctx, "")
	p.server = (p.stats.CPU - before.CPU).Seconds() / time.Since(begin).Seconds()
	if p.Failed > 0 {
		g.fault("%s: %d of %d normal queries failed, such as: %v", name, p.Failed, p.Asked, p.Fault)
	}
	return p, err
}

// patience is how long the server may take to be as it was.
const patience = 15 * time.Second

// settled waits until the server has no more goroutines and descriptors than at the
// start, or, when there is no start yet, until they change no longer.
func (g *siege) settled(ctx context.Context, s *server, start *stats) (now stats, err error) {
	for deadline := time.Now().Add(patience); ; {
		last := now
		if now, err = s.look(ctx, "?gc"); err != nil {
			return now, err
		}
		switch {
		case start != nil && now.Goroutines <= start.Goroutines && now.Descriptors <= start.Descriptors,
			start == nil && now.Goroutines == last.Goroutines && now.Descriptors == last.Descriptors,
			time.Now().After(deadline):
			return now, nil
		}
		select {
		case <-ctx.Done():
			return now, ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}
