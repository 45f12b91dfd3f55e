package core

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// Rate allows Burst at once and one more after each Every.
type Rate struct {
	Burst int
	Every time.Duration
}

// maxBuckets bounds the keys that one limiter remembers.
const maxBuckets = 100_000

// Limiter counts by key (an account, an address) what is taken, in token buckets.
// Keys least recently used are forgotten, which only ever favours the caller.
type Limiter struct {
	rate    Rate
	now     func() time.Time
	buckets *lru.Cache[string, *rate.Limiter]
}

// NewLimiter makes a Limiter by the clock now.
func NewLimiter(r Rate, now func() time.Time) *Limiter {
	return &Limiter{rate: r, now: now, buckets: newCache[string, *rate.Limiter](maxBuckets)}
}

// newCache keeps the size values that were used last.
func newCache[K comparable, V any](size int) *lru.Cache[K, V] {
	c, err := lru.New[K, V](size)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return c
}

// Take charges n, or a whole burst where that is less, to key. When that is more
// than is left it charges nothing, and the error is RATE_LIMITED with the time to
// wait. What has no key is not limited.
func (l *Limiter) Take(key string, n int) error {
	if key == "" {
		return nil
	}
	b, now := l.bucket(key), l.now()
	n = min(n, l.rate.Burst)
	if b.AllowN(now, n) {
		return nil
	}
	wait := time.Duration((float64(n) - b.TokensAt(now)) * float64(l.rate.Every))
	return &Error{Code: RateLimited, RetryAfter: max(wait, time.Millisecond), Message: "Too much was asked for in a short time; wait before the next try."}
}

// Owe charges n to key even if less is left: until it is made up for, nothing can be
// taken. A key owes a burst at most.
func (l *Limiter) Owe(key string, n int) {
	if key == "" {
		return
	}
	b, now := l.bucket(key), l.now()
	for left := l.rate.Burst + int(b.TokensAt(now)); n > 0 && left > 0; { // a reservation is a burst at most
		part := min(n, left, l.rate.Burst)
		b.ReserveN(now, part)
		n, left = n-part, left-part
	}
}

// Left is how much may be taken of key at this moment.
func (l *Limiter) Left(key string) int { return max(int(l.bucket(key).TokensAt(l.now())), 0) }

func (l *Limiter) bucket(key string) *rate.Limiter {
	b, ok := l.buckets.Get(key)
	if !ok {
		b = rate.NewLimiter(rate.Every(l.rate.Every), l.rate.Burst)
		if old, had, _ := l.buckets.PeekOrAdd(key, b); had {
			b = old
		}
	}
	return b
}
