package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

func printFigures(w io.Writer, figures []figure, measured int) {
	fmt.Fprintf(w, "The dearest document of each class, and all above %d ms or %d MiB (of %d; processor time of the server\nfor one request, the least of the rounds; * is more than %d ms):\n\n",
		noteworthy.Milliseconds(), noteworthySize>>20, measured, dear.Milliseconds())
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.Debug)
	fmt.Fprintln(t, "class\t document\t processor\t allocated\t answer\t status\t code\t")
	fmt.Fprintln(t, "---\t ---\t ---\t ---\t ---\t ---\t ---\t")
	for _, f := range figures {
		over := " "
		if f.cpu > dear {
			over = "*"
		}
		status := fmt.Sprint(f.status)
		if f.status == 0 {
			status = "socket"
		}
		fmt.Fprintf(t, "%s\t %s\t %.1f ms%s\t %.1f MiB\t %d B\t %s\t %s\t\n", f.class, f.name, ms(f.cpu), over, float64(f.allocated)/(1<<20), f.size, status, f.code)
	}
	_ = t.Flush()
	fmt.Fprintln(w)
}

func printSiege(w io.Writer, a attack, quiet, attacked phase) {
	fmt.Fprintf(w, "Latency of a normal query (the newest 20 posts with their authors) for one honest client, under %s:\n\n", attacked.name)
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.Debug)
	fmt.Fprintln(t, "phase\t p50\t p99\t longest\t p50 to quiet\t p99 to quiet\t asked\t failed\t server uses\t load uses\t")
	fmt.Fprintln(t, "---\t ---\t ---\t ---\t ---\t ---\t ---\t ---\t ---\t ---\t")
	for _, p := range []phase{quiet, attacked} {
		fmt.Fprintf(t, "%s\t %.2f ms\t %.2f ms\t %.2f ms\t %.2f x\t %.2f x\t %d\t %d\t %.2f processors\t %.2f\t\n", p.name, ms(p.P50), ms(p.P99), ms(p.Max),
			ratio(p.P50, quiet.P50), ratio(p.P99, quiet.P99), p.Asked, p.Failed, p.server, p.load)
	}
	_ = t.Flush()
	if a.Sockets > 0 {
		fmt.Fprintf(w, "- %d sockets, %d of them subscribed; open at the end: %d.\n", a.Sockets, a.Subscribed, attacked.Sockets)
	}
	if a.Uploads > 0 {
		fmt.Fprintf(w, "- %d uploads at a time, %d KiB a second each: %d done, %.1f MiB.\n", a.Uploads, a.Rate>>10, attacked.Uploads, float64(attacked.Bytes)/(1<<20))
	}
	if a.Floods+a.Reads+a.SignIns > 0 {
		fmt.Fprintf(w, "- Answers to the hostile ones: %s.\n", attacked.sortedCodes())
	}
	fmt.Fprint(w, "- The load comes from a process with nice 19, the honest client from one with nice 0; both share the server's processors.\n\n")
}

// printRest tells whether the server is as it was.
func (g *siege) printRest(ctx context.Context, s *server, start stats, during phase, after stats, took time.Duration) {
	t := tabwriter.NewWriter(g.out, 0, 0, 1, ' ', tabwriter.Debug)
	fmt.Fprintln(t, "\t goroutines\t descriptors\t resident\t")
	fmt.Fprintln(t, "---\t ---\t ---\t ---\t")
	for _, row := range []struct {
		name string
		stats
	}{{"before", start}, {"during", during.stats}, {fmt.Sprintf("%.1f s after", took.Seconds()), after}} {
		fmt.Fprintf(t, "%s\t %d\t %d\t %.1f MiB\t\n", row.name, row.Goroutines, row.Descriptors, float64(row.Resident)/(1<<20))
	}
	_ = t.Flush()
	fmt.Fprintln(g.out)
	if after.Goroutines > start.Goroutines || after.Descriptors > start.Descriptors {
		g.fault("after the %s the server keeps %d goroutines and %d descriptors more", during.name, after.Goroutines-start.Goroutines, after.Descriptors-start.Descriptors)
		if text, err := s.ask(ctx, "/goroutines"); err == nil {
			g.say("%s", text)
		}
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }
