package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/grapnel/grapnel/e2e/child"
)

func runChild(ctx context.Context, mode string, args []string) error {
	switch mode {
	case "product":
		return serveWatched(ctx)
	case "load":
		return runLoad(ctx, args)
	}
	return fmt.Errorf("there is no child %q", mode)
}

// stats are what the server tells of itself.
type stats struct {
	CPU         time.Duration // user and system
	Allocated   uint64        // bytes, ever
	Resident    int64         // bytes
	Goroutines  int
	Descriptors int
}

// serveWatched is the product as its binary serves it, and beside it a second
// listener that tells of the process.
func serveWatched(ctx context.Context) error {
	debug.SetGCPercent(400) // as serve.Main does
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/stats", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "gc" {
			debug.FreeOSMemory()
		}
		_ = json.NewEncoder(w).Encode(ownStats())
	})
	mux.HandleFunc("/goroutines", func(w http.ResponseWriter, _ *http.Request) { _ = pprof.Lookup("goroutine").WriteTo(w, 1) })
	go func() { _ = http.Serve(listener, mux) }() //nolint:gosec // ends with the process
	fmt.Printf("  Stats  http://%s\n", listener.Addr())
	return child.Product().Run(ctx, nil, os.Stdin, os.Stdout, os.Stderr)
}

func ownStats() stats {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // never fails for oneself
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	files, _ := os.ReadDir("/proc/self/fd") // none elsewhere than on Linux
	var pages, resident int64
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		_, _ = fmt.Sscan(string(text), &pages, &resident)
	}
	return stats{
		CPU:       time.Duration(usage.Utime.Nano() + usage.Stime.Nano()),
		Allocated: sample[0].Value.Uint64(), Resident: resident * int64(os.Getpagesize()),
		Goroutines: runtime.NumGoroutine(), Descriptors: len(files),
	}
}

// server is a watched product.
type server struct {
	*child.Server
	watch string
	http  *http.Client
}

var watchAt = regexp.MustCompile(`Stats\s+(http://\S+)`)

// startServer runs the product on a data folder, in production on two processors.
func startServer(ctx context.Context, data string, env ...string) (*server, error) {
	s, err := child.Self(ctx, append(productEnv(data), env...), child.Prefix+"product")
	if err != nil {
		return nil, err
	}
	at := watchAt.FindStringSubmatch(s.Said)
	if at == nil {
		return nil, fmt.Errorf("the server does not say where its statistics are: %w", s.Stop())
	}
	return &server{Server: s, watch: at[1], http: &http.Client{Timeout: 20 * time.Second}}, nil
}

func productEnv(data string) []string {
	return []string{"GOMAXPROCS=" + cmp.Or(os.Getenv("SIEGE_PROCS"), "2"), "GRAPNEL_ADDR=127.0.0.1:0", "GRAPNEL_PRODUCTION=true", "GRAPNEL_DATA=" + data, "GRAPNEL_LOG_LEVEL=warn",
		"MONGODB_URI=", "S3_BUCKET=", "S3_ENDPOINT="}
}

func (s *server) look(ctx context.Context, query string) (st stats, err error) {
	text, err := s.ask(ctx, "/stats"+query)
	if err != nil {
		return st, err
	}
	return st, json.Unmarshal(text, &st)
}

func (s *server) ask(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.watch+path, nil)
	if err != nil {
		return nil, err
	}
	res, err := s.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	return io.ReadAll(res.Body)
}
