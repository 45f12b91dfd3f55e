package web

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/grapnel/grapnel/core"
)

// streams are the connections that outlive a request, sockets and event streams:
// how many are open, what runs on them, and that all have ended before the server
// has.
type streams struct {
	engine *engine
	auth   *authenticator
	limits Limits
	log    *slog.Logger

	mu       sync.Mutex
	open     map[stream]string // the client's network of each
	networks map[string]int    // open ones of each network
	running  map[string]int    // operations of each owner
	closing  bool
	done     sync.WaitGroup
}

// stream is one open connection.
type stream interface {
	leave() // ends it so that the client connects again, elsewhere
	drop()  // ends it without a word
}

func newStreams(e *engine, a *authenticator, l Limits, log *slog.Logger) *streams {
	return &streams{engine: e, auth: a, limits: l, log: log,
		open: map[stream]string{}, networks: map[string]int{}, running: map[string]int{}}
}

// add takes a connection, whose origin must be allowed, unless there are too many.
func (s *streams) add(c stream, r *http.Request) error {
	if origin := r.Header.Get("Origin"); origin != "" && !s.auth.origins.allow(r, origin) {
		return core.Errorf(core.Forbidden, "This origin is not allowed.")
	}
	network := core.ClientOf(r.Context()).Network()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing || len(s.open) >= s.limits.Streams:
		return &core.Error{Code: core.Unavailable, Message: "No more connections are taken.", RetryAfter: 5 * time.Second}
	case s.networks[network] >= s.limits.NetworkStreams:
		return &core.Error{Code: core.RateLimited, Message: "Too many connections are open from this address.", RetryAfter: 5 * time.Second}
	}
	s.open[c] = network
	s.networks[network]++
	s.done.Add(1)
	return nil
}

func (s *streams) remove(c stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	decrement(s.networks, s.open[c])
	delete(s.open, c)
	s.done.Done()
}

// take counts an operation of an owner, unless it has too many.
func (s *streams) take(owner string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[owner] >= s.limits.OwnerOperations {
		return tooMany()
	}
	s.running[owner]++
	return nil
}

// tooMany is the error of a socket or an owner whose operations are all taken.
func tooMany() *core.Error {
	return &core.Error{Code: core.RateLimited, Message: "Too many operations are running.", RetryAfter: time.Second}
}

func (s *streams) release(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	decrement(s.running, owner)
}

func decrement(counts map[string]int, key string) {
	if counts[key]--; counts[key] <= 0 {
		delete(counts, key)
	}
}

// owner is whose operations are counted together.
func owner(ctx context.Context) string {
	if account := core.PrincipalOf(ctx).Account(); account != "" {
		return account
	}
	return "network " + core.ClientOf(ctx).Network()
}

// expiry asks again and again whether a token still gives the same rights, and
// returns why it does not, so that no operation outlives them; nil when ctx ends.
func (s *streams) expiry(ctx context.Context, token string, first core.Principal) error {
	tick := time.NewTicker(s.limits.Recheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		check, cancel := context.WithTimeout(ctx, s.limits.Recheck)
		p, err := s.auth.principal(check, token)
		cancel()
		switch {
		case err != nil:
			return err
		case p != first:
			return core.Errorf(core.Forbidden, "The rights of the user have changed.")
		}
	}
}

// lastGrace is how long operations that were cut off may take to notice.
const lastGrace = time.Second

// shutdown takes no more connections, has the clients of the open ones connect
// elsewhere, and waits until their operations have ended. When ctx ends first, it
// cuts them off, and does not wait long for what takes no notice.
func (s *streams) shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closing = true
	open := make([]stream, 0, len(s.open))
	for c := range s.open {
		open = append(open, c)
	}
	s.mu.Unlock()
	for _, c := range open {
		go c.leave()
	}
	closed := make(chan struct{})
	go func() {
		s.done.Wait()
		close(closed)
	}()
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
	}
	for _, c := range open {
		c.drop()
	}
	select {
	case <-closed:
	case <-time.After(lastGrace):
	}
	return ctx.Err()
}
