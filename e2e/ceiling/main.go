// Command ceiling is the bare server that the product is measured against:
// gqlgen over memory. It shares the schema, the generated executor, the
// transports, the limits and the log with the product; only the store differs,
// and what stands between it and the executor. It answers what the benchmark
// asks; every other field is an error.
//
//	ceiling [-from FILE] [-profile FILE]
//
// It reads the posts and users of the product's database FILE, serves on a free
// port of the loopback interface, says which one as the product does, and ends
// with SIGTERM.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/graph"
	"github.com/grapnel/grapnel/internal/web"
	"github.com/grapnel/grapnel/resolvers"
	"github.com/grapnel/grapnel/resolvers/upload"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "ceiling:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	from := flag.String("from", "", "the database to take posts and users from; empty: there are none")
	profile := flag.String("profile", "", "write a processor profile to this file")
	flag.Parse()
	if given := debug.SetGCPercent(400); given != 100 { // as the product
		debug.SetGCPercent(given)
	}
	data := &memory{}
	if *from != "" {
		if data, err = load(ctx, *from); err != nil {
			return err
		}
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil)) // as the product in production
	slog.SetDefault(log)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	server, err := web.New(web.Config{
		Schema:     graph.NewExecutableSchema(graph.Config{Resolvers: root{memory: data}}),
		Anonymous:  resolvers.AnonymousFields(),
		Once:       resolvers.OnceFields(),
		Transports: []graphql.Transport{upload.Transport{MaxFile: 2 << 30}},
		Log:        log,
		Production: true,
		Limits:     web.Limits{UserCost: 100_000_000, NetworkCost: 100_000_000},
	})
	if err != nil {
		return err
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	fmt.Printf("  GraphQL     http://%s/graphql\n", listener.Addr())
	return web.Serve(ctx, listener, server, web.Drain{Timeout: 8 * time.Second, Shutdown: server.Shutdown}, log)
}
