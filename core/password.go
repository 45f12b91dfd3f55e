package core

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
)

// The cost of argon2id, after the OWASP Password Storage Cheat Sheet.
const (
	argonTime    = 2
	argonMemory  = 19 * 1024 // KiB
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32
)

// maxHashWait bounds how long a sign-in queues for a worker, maxHashQueue how many
// do. The queue is long because who waits in it is held up, and who is refused at
// once asks again at once: 400 connections that try passwords got 3,700 refusals a
// second from a queue of 256, and took from the others what argon2 left them.
const (
	maxHashWait  = 10 * time.Second
	maxHashQueue = 2048
)

// hasher runs argon2id in a bounded number of workers, so that sign-ins queue
// and other requests do not wait for them. A quarter of the processors, at
// least one, works on passwords.
type hasher struct {
	workers chan struct{}
	queue   chan struct{}
	runs    atomic.Int64 // how often argon2 worked
	decoy   string       // verified when there is no account, for the same work
}

func newHasher() *hasher {
	h := &hasher{workers: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/4)), queue: make(chan struct{}, maxHashQueue)}
	h.decoy = encodeHash(make([]byte, argonSalt), make([]byte, argonKey))
	return h
}

// work runs f in a worker; RATE_LIMITED when too many wait already.
func (h *hasher) work(ctx context.Context, f func()) error {
	busy := &Error{Code: RateLimited, RetryAfter: maxHashWait, Message: "Too many are signing in at this moment; try again."}
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return busy
	}
	wait := time.NewTimer(maxHashWait)
	defer wait.Stop()
	select {
	case h.workers <- struct{}{}:
		defer func() { <-h.workers }()
	case <-wait.C:
		return busy
	case <-ctx.Done():
		return ctx.Err()
	}
	h.runs.Add(1)
	f()
	return nil
}

// hash is the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (phc string, err error) {
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	err = h.work(ctx, func() {
		phc = encodeHash(salt, argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey))
	})
	return phc, err
}

// verify reports whether password belongs to phc, which may be the hash of another system. An
// empty phc, of an account that does not exist, costs the work of ours and never matches.
func (h *hasher) verify(ctx context.Context, phc, password string) (ok bool, err error) {
	known := phc != ""
	if !known {
		phc = h.decoy
	}
	matches, err := parseHash(phc)
	if err != nil {
		return false, fmt.Errorf("core: a stored password hash: %w", err)
	}
	err = h.work(ctx, func() { ok = matches(password) && known })
	return ok, err
}

// match is which of the spellings of a password belongs to phc; -1 for none.
func (h *hasher) match(ctx context.Context, phc string, spellings []string) (int, error) {
	for i, password := range spellings {
		if ok, err := h.verify(ctx, phc, password); ok || err != nil {
			return i, err
		}
	}
	return -1, nil
}

// encodeHash writes the PHC string format.
func encodeHash(salt, key []byte) string {
	return ownHash + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(key)
}

// ownHash is what hashes begin with that are made here.
var ownHash = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonTime, argonThreads)
