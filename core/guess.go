package core

import (
	"crypto/sha256"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// How many wrong passwords an account takes within an hour: so many from one
// network or known device, and so many from all networks together. Of the latter
// most are kept for the first try of each network, so that strangers who try again
// and again cannot use up what somebody at another network needs; the rest lets two
// networks use up what is theirs. A customer of a provider may have thousands of
// networks of IPv6, which count as few: see [Client.block].
const (
	guessSpan      = time.Hour
	guessesEach    = 20
	guessesFirst   = 60
	guessesFurther = 2 * (guessesEach - 1)

	blockFirst   = 3
	blockFurther = guessesEach - 1
)

// guesses counts the wrong passwords of the last hour by account. It is exact: in
// no hour do networks judge more than 98 passwords of one account. Accounts least
// recently tried are forgotten, one for each of [maxBuckets] others.
type guesses struct {
	now func() time.Time
	mu  sync.Mutex
	of  *lru.Cache[string, []*guess] // by account, oldest first
}

// guess is one password that was tried.
type guess struct {
	at      time.Time
	account string
	source  string // a network or a device
	block   string // of the networks that one customer may have
	kind    guessKind
}

type guessKind uint8

const (
	firstGuess   guessKind = iota // of a network within the hour
	furtherGuess                  // of the same network, or of one more in its block
	deviceGuess                   // of a device that has signed in before
)

func newGuesses(now func() time.Time) *guesses {
	return &guesses{now: now, of: newCache[string, []*guess](maxBuckets)}
}

// take counts a try at account from a client, or from the device that it is known to
// be, before it is known to be wrong, so that many at once are no more than many in
// turn. RATE_LIMITED with the time to wait when too many were wrong. What was not
// wrong is given back.
func (g *guesses) take(account string, client Client, device string) (*guess, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	known := device != ""
	source := device
	if !known {
		source = client.Network()
	}
	t := &guess{at: g.now(), account: digest(account), source: digest(source), block: digest(client.block())}
	log, _ := g.of.Get(t.account)
	log = slices.DeleteFunc(log, func(o *guess) bool { return t.at.Sub(o.at) >= guessSpan })
	g.of.Add(t.account, log)
	mine := filter(log, func(o *guess) bool { return o.source == t.source })
	wait := t.wait(mine, guessesEach)
	if known {
		t.kind = deviceGuess
	} else {
		ofBlock := func(kind guessKind) []*guess {
			return filter(log, func(o *guess) bool { return o.kind == kind && o.block == t.block })
		}
		limit := guessesFirst
		if len(mine) > 0 || len(ofBlock(firstGuess)) >= blockFirst {
			t.kind, limit = furtherGuess, guessesFurther
			wait = max(wait, t.wait(ofBlock(furtherGuess), blockFurther))
		}
		wait = max(wait, t.wait(filter(log, func(o *guess) bool { return o.kind == t.kind }), limit))
	}
	if wait > 0 {
		return nil, &Error{Code: RateLimited, RetryAfter: wait, Message: "Too many wrong passwords were tried for this account; wait before the next try."}
	}
	g.of.Add(t.account, append(log, t))
	return t, nil
}

// giveBack forgets a try that was not wrong.
func (g *guesses) giveBack(t *guess) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if log, ok := g.of.Peek(t.account); ok {
		g.of.Add(t.account, slices.DeleteFunc(log, func(o *guess) bool { return o == t }))
	}
}

// forget forgets all tries at an account.
func (g *guesses) forget(account string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.of.Remove(digest(account))
}

// wait is how long it takes until fewer than limit of log count.
func (t *guess) wait(log []*guess, limit int) time.Duration {
	if len(log) < limit {
		return 0
	}
	return log[len(log)-limit].at.Add(guessSpan).Sub(t.at)
}

func filter(log []*guess, keep func(*guess) bool) []*guess {
	return slices.DeleteFunc(slices.Clone(log), func(t *guess) bool { return !keep(t) })
}

// digest bounds a key that a stranger chose.
func digest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return string(sum[:16])
}
