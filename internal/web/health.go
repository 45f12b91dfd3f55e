package web

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// health says that the process runs and answers.
func health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readiness asks every store, each with its own deadline: 200 when all answer and
// can be written, else 503. Why one does not is only logged.
type readiness struct {
	checks   map[string]*check
	draining *atomic.Bool
	log      *slog.Logger
}

// check asks one store. Whoever asks within checkLife shares an answer, for to ask
// may mean to write.
type check struct {
	ask func(context.Context) error
	mu  sync.Mutex
	at  time.Time // of the answer
	err error
}

const (
	checkTimeout = 2 * time.Second
	checkLife    = 2 * time.Second
)

func newReadiness(asks map[string]func(context.Context) error, draining *atomic.Bool, log *slog.Logger) *readiness {
	s := &readiness{checks: map[string]*check{}, draining: draining, log: log}
	for name, ask := range asks {
		s.checks[name] = &check{ask: ask}
	}
	return s
}

// answer is the present one; its deadline is its own, for others may share it.
func (c *check) answer(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() || time.Since(c.at) > checkLife {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTimeout)
		defer cancel()
		c.err = c.ask(ctx)
		c.at = time.Now()
	}
	return c.err
}

func (s *readiness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, code := "ok", http.StatusOK
	if s.draining.Load() {
		status, code = "draining", http.StatusServiceUnavailable
	}
	results := make(map[string]string, len(s.checks))
	var mu sync.Mutex
	var wg sync.WaitGroup
	for name, check := range s.checks {
		wg.Go(func() {
			result := "ok"
			if err := check.answer(r.Context()); err != nil {
				result = "unavailable"
				s.log.WarnContext(r.Context(), "not ready", "store", name, "error", err)
			}
			mu.Lock()
			defer mu.Unlock()
			results[name] = result
			if result != "ok" {
				status, code = "unavailable", http.StatusServiceUnavailable
			}
		})
	}
	wg.Wait()
	writeJSON(w, code, map[string]any{"status": status, "stores": results})
}
