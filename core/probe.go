package core

import (
	"context"
	"sync"
	"time"
)

// Probe asks whether a store answers. Whoever asks within probeLife shares an answer, for
// to ask may mean to write.
type Probe struct {
	ask func(context.Context) error
	mu  sync.Mutex
	at  time.Time // of the answer
	err error
}

const (
	probeTimeout = 2 * time.Second
	probeLife    = 2 * time.Second
)

// NewProbe makes one of a store's Ping.
func NewProbe(ask func(context.Context) error) *Probe { return &Probe{ask: ask} }

// Answer is the present one; its deadline is its own, for others may share it.
func (p *Probe) Answer(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at.IsZero() || time.Since(p.at) > probeLife {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
		defer cancel()
		p.err = p.ask(ctx)
		p.at = time.Now()
	}
	return p.err
}
