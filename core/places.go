package core

import (
	"io"
	"sync"
	"time"
)

// How many uploads one process takes at a time, for each holds some memory: in all, and
// at most so many of one user and of one network, so that others find a place.
const (
	maxUploads          = 32
	maxUploadsOfUser    = 8
	maxUploadsOfNetwork = 16
)

// places are those of the uploads at work.
type places struct {
	mu    sync.Mutex
	taken int
	of    map[string]int // by user and by network, while there are any
}

// enter takes a place for a user and a network, which may be unknown. RATE_LIMITED when
// they have theirs, UNAVAILABLE when all are taken.
func (p *places) enter(user, network string) (leave func(), err error) {
	type bound struct {
		key  string
		most int
		whom string
	}
	var bounds []bound
	if user != "" {
		bounds = append(bounds, bound{"user " + user, maxUploadsOfUser, "you"})
	}
	if network != "" {
		bounds = append(bounds, bound{"network " + network, maxUploadsOfNetwork, "your network"})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range bounds {
		if p.of[b.key] >= b.most {
			e := Errorf(RateLimited, "%d files are being uploaded by %s at this moment; begin the next one when one of them is done.", b.most, b.whom)
			e.RetryAfter = time.Second
			return nil, e
		}
	}
	if p.taken >= maxUploads {
		return nil, Errorf(Unavailable, "Too many files are being uploaded at this moment; try again.")
	}
	if p.of == nil {
		p.of = map[string]int{}
	}
	p.taken++
	for _, b := range bounds {
		p.of[b.key]++
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.taken--
		for _, b := range bounds {
			if p.of[b.key]--; p.of[b.key] == 0 {
				delete(p.of, b.key)
			}
		}
	}, nil
}

// The pace that an upload must keep once it has been waited for a while: with each
// minute its average must be paceStep bytes a second more, so that a slow sender cannot
// keep a place.
const (
	paceAfter = 30 * time.Second
	paceStep  = 1 << 10
)

// paced reads what a client sends, and fails with ABORTED when it comes too slowly. Only
// the time counts in which somebody wants to read: a slow store is no fault of a client.
type paced struct {
	r      io.Reader
	now    func() time.Time
	n      int64
	waited time.Duration
}

func (p *paced) Read(b []byte) (int, error) {
	start := p.now()
	n, err := p.r.Read(b)
	p.n, p.waited = p.n+int64(n), p.waited+p.now().Sub(start)
	if err == nil && p.waited > paceAfter {
		if rate := int64(p.waited.Minutes() * paceStep); float64(p.n) < float64(rate)*p.waited.Seconds() {
			return n, Errorf(Aborted, "The file came too slowly: after %s, an upload must have come with %d bytes a second on average. Send it over a faster line, or a smaller file.",
				p.waited.Round(time.Second), rate)
		}
	}
	return n, err
}
