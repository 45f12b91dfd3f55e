package core

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// Rate allows Burst tries at once and one more after each Every.
type Rate struct {
	Burst int
	Every time.Duration
}

// maxBuckets bounds the keys that one limiter remembers.
const maxBuckets = 100_000

// limiter counts tries by key (an account, an address) in token buckets. Keys
// least recently used are forgotten, which only ever favours the caller.
type limiter struct {
	rate    Rate
	now     func() time.Time
	buckets *lru.Cache[string, *rate.Limiter]
}

func newLimiter(r, otherwise Rate, now func() time.Time) *limiter {
	if r == (Rate{}) {
		r = otherwise
	}
	return &limiter{rate: r, now: now, buckets: newCache[*rate.Limiter](maxBuckets)}
}

// newCache keeps the size values that were used last.
func newCache[V any](size int) *lru.Cache[string, V] {
	c, err := lru.New[string, V](size)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return c
}

// take charges one try to key; RATE_LIMITED when there is none left.
func (l *limiter) take(key string) error {
	if key == "" {
		return nil
	}
	b, ok := l.buckets.Get(key)
	if !ok {
		b = rate.NewLimiter(rate.Every(l.rate.Every), l.rate.Burst)
		if old, had, _ := l.buckets.PeekOrAdd(key, b); had {
			b = old
		}
	}
	now := l.now()
	r := b.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return &Error{Code: RateLimited, RetryAfter: wait, Message: "Too many tries; wait before the next one."}
	}
	return nil
}
