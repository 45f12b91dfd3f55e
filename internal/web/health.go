package web

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/grapnel/grapnel/core"
)

// health says that the process runs and answers.
func health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readiness asks every store, each with its own deadline: 200 when all answer and
// can be written, else 503. Why one does not is only logged.
type readiness struct {
	probes   map[string]*core.Probe
	draining *atomic.Bool
	log      *slog.Logger
}

func newReadiness(asks map[string]func(context.Context) error, draining *atomic.Bool, log *slog.Logger) *readiness {
	s := &readiness{probes: map[string]*core.Probe{}, draining: draining, log: log}
	for name, ask := range asks {
		s.probes[name] = core.NewProbe(ask)
	}
	return s
}

func (s *readiness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, code := "ok", http.StatusOK
	if s.draining.Load() {
		status, code = "draining", http.StatusServiceUnavailable
	}
	results := make(map[string]string, len(s.probes))
	var mu sync.Mutex
	var wg sync.WaitGroup
	for name, probe := range s.probes {
		wg.Go(func() {
			result := "ok"
			if err := probe.Answer(r.Context()); err != nil {
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
