package core

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
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

// verify reports whether password belongs to phc. An empty phc, of an account
// that does not exist, costs the same work and never matches.
func (h *hasher) verify(ctx context.Context, phc, password string) (ok bool, err error) {
	known := phc != ""
	if !known {
		phc = h.decoy
	}
	want, err := parseHash(phc)
	if err != nil {
		return false, err
	}
	err = h.work(ctx, func() {
		got := argon2.IDKey([]byte(password), want.salt, want.passes, want.memory, want.threads, uint32(len(want.key)))
		ok = subtle.ConstantTimeCompare(got, want.key) == 1 && known
	})
	return ok, err
}

// parsedHash is a PHC string of argon2id, taken apart.
type parsedHash struct {
	memory, passes uint32 // memory in KiB
	threads        uint8
	salt, key      []byte
}

// parseHash reads a PHC string. It refuses costs far beyond those of any release: a
// damaged one must not take the memory of the machine.
func parseHash(phc string) (h parsedHash, err error) {
	var salt64, key64 string
	if _, err := fmt.Sscanf(strings.ReplaceAll(strings.TrimPrefix(phc, "$"), "$", " "), "argon2id v=19 m=%d,t=%d,p=%d %s %s", &h.memory, &h.passes, &h.threads, &salt64, &key64); err != nil {
		return h, fmt.Errorf("core: a stored password hash is malformed: %w", err)
	}
	var err1, err2 error
	h.salt, err1 = base64.RawStdEncoding.DecodeString(salt64)
	h.key, err2 = base64.RawStdEncoding.DecodeString(key64)
	switch {
	case err1 != nil || err2 != nil || len(h.salt) < argonSalt/2 || len(h.key) < argonKey/2:
		return h, errors.New("core: a stored password hash is malformed")
	case h.memory > 16*argonMemory || h.passes < 1 || h.passes > 16*argonTime || h.threads < 1 || h.threads > 16:
		return h, errors.New("core: a stored password hash asks for costs that are out of bounds")
	}
	return h, nil
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
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", argonMemory, argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}
