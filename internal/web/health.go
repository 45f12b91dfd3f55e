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

// readiness asks every store, each with its own deadline: 200 when all answer,
// else 503. Why one does not is only logged.
type readiness struct {
	checks   map[string]func(context.Context) error
	draining *atomic.Bool
	log      *slog.Logger
}

const checkTimeout = 2 * time.Second

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
			ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
			defer cancel()
			result := "ok"
			if err := check(ctx); err != nil {
				result = "unavailable"
				s.log.WarnContext(ctx, "not ready", "store", name, "error", err)
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
