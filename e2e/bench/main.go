// Command bench measures the product against its floors of speed and memory and
// prints one table. It needs Linux: processor time and memory of the servers
// are read from /proc.
//
//	go run ./bench [-rows a,b,c,d,e,f,g] [-posts N] [-dir DIR] [-profile DIR]
//	go run ./bench -rows h -before DIR
//
//	a  newest 20 published posts with author, against the ceiling
//	b  one post by id with author, against the ceiling
//	c  the page of a at many posts against 10,000; the 1,000th page against the first
//	d  create a post, 32 clients, against one commit for each write
//	e  1 GiB upload to files and to S3, with and without Content-Length
//	f  start to first answer, and idle memory, against the ceiling
//	g  pages by moments, title, tag and author beside as many drafts, of a visitor and
//	   of members without and with posts, against the page by date at 10,000
//	h  a, b, creates by 32 clients and a seeded site, against an earlier commit
//
// The servers are processes of their own: the product as `go build` makes it,
// in production mode, and the ceiling (see ../ceiling) with the same settings.
// What is compared runs in turns, A B A B, on the same machine in the same
// minutes, and medians are printed: ratios can be trusted where figures cannot.
// Time is processor time of the server for each request, and real time where
// the disk counts.
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
	"text/tabwriter"
	"time"

	"github.com/grapnel/grapnel/e2e/child"
)

// settings are the flags.
type settings struct {
	rows     string
	before   string
	dir      string
	profile  string
	posts    int
	rounds   int
	requests int
	conns    int
	creates  int
	upload   int64
	timeout  time.Duration
	check    bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && strings.HasPrefix(args[0], child.Prefix) {
		return runChild(ctx, strings.TrimPrefix(args[0], child.Prefix), args[1:])
	}
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&s.rows, "rows", "a,b,c,d,e,f,g", "the rows to measure")
	flags.StringVar(&s.before, "before", "", "the folder of a checkout of an earlier commit, which row h compares with this one")
	flags.StringVar(&s.dir, "dir", "", "keep binaries and databases in this folder for the next run; empty: a temporary one")
	flags.StringVar(&s.profile, "profile", "", "write processor and memory profiles of the product, for rows a and b, into this folder")
	flags.IntVar(&s.posts, "posts", 1_000_000, "the many posts of rows c and g, where as many drafts lie beside them")
	flags.IntVar(&s.rounds, "rounds", 7, "how often each side is measured")
	flags.IntVar(&s.requests, "requests", 3000, "requests of a round in rows a, b, c and g")
	flags.IntVar(&s.conns, "conns", 4, "connections in rows a, b, c and g")
	flags.IntVar(&s.creates, "creates", 2000, "posts created in a round of row d")
	flags.Int64Var(&s.upload, "upload", 1<<30, "bytes of the upload in row e")
	flags.DurationVar(&s.timeout, "timeout", time.Hour, "the longest time for everything")
	flags.BoolVar(&s.check, "check", false, "exit with 1 when a floor is missed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if s.posts < 1 || s.rounds < 1 || s.requests < 1 || s.conns < 1 || s.creates < createClients || s.upload < 1<<20 {
		return errors.New("a number is too small")
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return measure(ctx, s)
}

// result is a line of the table.
type result struct {
	row, work, figure, floor string
	pass                     bool
}

// bench is a run.
type bench struct {
	settings
	progress io.Writer
	product  string // binary
	ceiling  string // binary
	results  []result
	notes    []string
}

func measure(ctx context.Context, s settings) (err error) {
	b := &bench{settings: s, progress: os.Stderr}
	steps := map[string]func(context.Context) error{
		"a": b.newestPosts, "b": b.onePost, "c": b.manyPosts, "d": b.creations, "e": b.uploads, "f": b.starts, "g": b.besideDrafts, "h": b.againstBefore,
	}
	rows := strings.Split(s.rows, ",")
	for _, row := range rows {
		if steps[row] == nil {
			return fmt.Errorf("there is no row %q", row)
		}
	}
	if b.dir == "" {
		if b.dir, err = os.MkdirTemp("", "grapnel-bench-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	} else if b.dir, err = filepath.Abs(b.dir); err != nil {
		return err
	} else if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return err
	}
	for _, build := range []struct {
		name, from string
		to         *string
	}{{"grapnel", "github.com/grapnel/grapnel", &b.product}, {"ceiling", "github.com/grapnel/grapnel/e2e/ceiling", &b.ceiling}} {
		b.say("build %s", build.name)
		if *build.to, err = child.Build(ctx, b.dir, build.name, build.from); err != nil {
			return err
		}
	}
	for _, row := range rows {
		b.say("row %s", row)
		if err := steps[row](ctx); err != nil {
			return errors.Join(fmt.Errorf("row %s: %w", row, err), b.print(os.Stdout))
		}
	}
	if err := b.print(os.Stdout); err != nil {
		return err
	}
	if s.check && slices.ContainsFunc(b.results, func(r result) bool { return !r.pass }) {
		return errors.New("a floor was missed")
	}
	return nil
}

// say tells what is going on.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, time.Now().Format("15:04:05 ")+format+"\n", args...)
}

// judge adds a line to the table.
func (b *bench) judge(row, work, floor string, pass bool, figure string, args ...any) {
	r := result{row: row, work: work, floor: floor, pass: pass, figure: fmt.Sprintf(figure, args...)}
	b.results = append(b.results, r)
	b.say("%s: %s (floor: %s): %s", r.work, r.figure, r.floor, r.verdict())
}

// note adds a line below the table.
func (b *bench) note(format string, args ...any) {
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
}

func (r result) verdict() string {
	if r.pass {
		return "pass"
	}
	return "MISS"
}

func (b *bench) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.Debug)
	fmt.Fprintln(t, "row\t work\t figure\t floor\t")
	fmt.Fprintln(t, "---\t ---\t ---\t ---\t ---")
	for _, r := range b.results {
		fmt.Fprintf(t, "%s\t %s\t %s\t %s\t %s\n", r.row, r.work, r.figure, r.floor, r.verdict())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, n := range b.notes {
		fmt.Fprintln(w, "-", n)
	}
	return nil
}

// median is the middle one of some values; of an even number, the upper one.
func median[T float64 | time.Duration | int64](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// ratio is a to b.
func ratio[T float64 | time.Duration | int64](a, b T) float64 { return float64(a) / float64(b) }
