package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"sync"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/e2e/child"
	"github.com/grapnel/grapnel/graph"
	"github.com/grapnel/grapnel/internal/web"
	"github.com/grapnel/grapnel/resolvers"
	"github.com/grapnel/grapnel/storage/sqlite"
)

func runChild(ctx context.Context, mode string, args []string) error {
	switch mode {
	case "profile":
		return serveProfiled(ctx, args[0])
	case "writes":
		return serveWrites(ctx, args)
	}
	return fmt.Errorf("there is no child %q", mode)
}

// serveProfiled is the product, with its profiles written to files.
func serveProfiled(ctx context.Context, to string) (err error) {
	cpu, err := os.Create(to + ".cpu.prof")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cpu.Close()) }()
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	err = child.Product().Run(ctx, nil, os.Stdin, os.Stdout, os.Stderr)
	pprof.StopCPUProfile()
	allocs, failed := os.Create(to + ".allocs.prof")
	if failed != nil {
		return errors.Join(err, failed)
	}
	return errors.Join(err, pprof.Lookup("allocs").WriteTo(allocs, 0), allocs.Close())
}

// oneByOne lets one write at a time reach the store, so that each has a commit
// of its own.
type oneByOne struct {
	core.DocStore
	mu *sync.Mutex
}

func (s oneByOne) Write(ctx context.Context, ops ...core.Op) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.DocStore.Write(ctx, ops...)
}

// The account of row d.
const authorEmail, authorPassword = "author@example.org", "correct horse battery"

// serveWrites is the product's GraphQL endpoint over a new database, with the
// counters of the store at /stats, and perhaps with one commit for each write.
func serveWrites(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("writes", flag.ContinueOnError)
	single := flags.Bool("single", false, "one commit for each write")
	dir := flags.String("dir", "", "folder of the data")
	if err := flags.Parse(args); err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	slog.SetDefault(log)
	store, err := sqlite.Open(ctx, filepath.Join(*dir, "grapnel.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	var docs core.DocStore = store
	if *single {
		docs = oneByOne{store, &sync.Mutex{}}
	}
	app, err := child.NewApp(ctx, *dir, docs)
	if err != nil {
		return err
	}
	defer app.Close()
	if _, err := app.Users.Register(core.AsSystem(ctx), core.UserDraft{Username: "author", Email: authorEmail, Password: authorPassword}, core.Author); err != nil {
		return err
	}
	endpoint, err := web.New(web.Config{
		Schema:       graph.NewExecutableSchema(graph.Config{Resolvers: resolvers.New(app)}),
		Scalars:      resolvers.Scalars(),
		Authenticate: app.Sessions.Authenticate,
		Anonymous:    resolvers.AnonymousFields(),
		Once:         resolvers.OnceFields(),
		Log:          log,
		Production:   true,
		Limits:       web.Limits{UserCost: 100_000_000, NetworkCost: 100_000_000},
	})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", endpoint)
	mux.HandleFunc("/stats", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(store.Stats()) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	fmt.Printf("  GraphQL     http://%s/graphql\n", listener.Addr())
	return web.Serve(ctx, listener, mux, web.Drain{Timeout: 8 * time.Second, Shutdown: endpoint.Shutdown}, log)
}

// stats reads the counters of a server that has them.
func (c *client) stats(ctx context.Context, s *child.Server) (st sqlite.Stats, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/stats", nil)
	if err != nil {
		return st, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return st, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return st, err
	}
	return st, json.Unmarshal(data, &st)
}
