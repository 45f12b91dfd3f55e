package web

import (
	"context"
	"errors"
	"time"

	"github.com/grapnel/grapnel/core"
)

// What a request costs before its operation is known, in the unit of [coster]: a
// field of an answer, which takes about 5 µs of one processor.
const (
	bytesPerCost         = 128 // of a body, a message or an answer
	documentBytesPerCost = 8   // of a document that is not yet known
	operationCost        = 20  // of each operation, beside what it asks for
	frameCost            = 4   // of each message of a socket
)

// timePerCost is how long a store works for the cost of 1.
const timePerCost = 5 * time.Microsecond

// meter charges what is asked for to the user, or to the API key that acts as itself, and to
// the network that it comes from, the same whatever the transport.
type meter struct {
	users, networks *core.Limiter // nil: no limit
	limits          Limits
}

func newMeter(l Limits) *meter {
	m := &meter{limits: l}
	limiter := func(perSecond int) *core.Limiter {
		if perSecond < 0 {
			return nil
		}
		return core.NewLimiter(core.Rate{Burst: perSecond * burstSeconds, Every: time.Second / time.Duration(perSecond)}, time.Now)
	}
	m.users, m.networks = limiter(l.UserCost), limiter(l.NetworkCost)
	return m
}

// burstSeconds is for how long what was not used up may be saved.
const burstSeconds = 10

// charge takes n, at least 1; RATE_LIMITED when that is more than is left. The user
// comes first: what is refused to one of them costs nobody else at its address.
func (m *meter) charge(ctx context.Context, n int) error {
	n = max(n, 1)
	if m.users != nil {
		if err := m.users.Take(core.PrincipalOf(ctx).Account(), n); err != nil {
			return err
		}
	}
	if m.networks != nil {
		return m.networks.Take(core.ClientOf(ctx).Network(), n)
	}
	return nil
}

// owe charges n, if there is anything to charge, whatever is left.
func (m *meter) owe(ctx context.Context, n int) {
	if n <= 0 {
		return
	}
	if m.users != nil {
		m.users.Owe(core.PrincipalOf(ctx).Account(), n)
	}
	if m.networks != nil {
		m.networks.Owe(core.ClientOf(ctx).Network(), n)
	}
}

// wait charges n as soon as there is so much left: whoever sends more than that is
// not read any faster. It returns an error only when ctx ends.
func (m *meter) wait(ctx context.Context, n int) error {
	for {
		var limited *core.Error
		if !errors.As(m.charge(ctx, n), &limited) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(limited.RetryAfter):
		}
	}
}

// report is what a client reads of an operation's cost when it asks for it with
// {"extensions": {"cost": true}}.
func (m *meter) report(ctx context.Context, cost, limit int) map[string]any {
	r := map[string]any{"requested": cost, "limit": limit}
	limiter, key, rate := m.networks, core.ClientOf(ctx).Network(), m.limits.NetworkCost
	if account := core.PrincipalOf(ctx).Account(); account != "" {
		limiter, key, rate = m.users, account, m.limits.UserCost
	}
	if limiter != nil {
		r["available"], r["perSecond"] = limiter.Left(key), rate
	}
	return r
}
