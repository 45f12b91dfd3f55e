// Package subscription lets the resolver of a subscription say that its stream
// broke off. A closed channel alone means that all went well: the client gets
// `complete`. After [Fail] it gets `error`, and knows to read again and to
// subscribe anew.
package subscription

import (
	"context"
	"sync"
)

type outcome struct {
	mu  sync.Mutex
	err error
}

type outcomeKey struct{}

// Fail makes err the end of the subscription that ctx belongs to; call it
// before closing the channel. The first call counts. Outside a subscription it
// does nothing.
func Fail(ctx context.Context, err error) {
	if o, ok := ctx.Value(outcomeKey{}).(*outcome); ok {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.err == nil {
			o.err = err
		}
	}
}

// Watch returns a context for one subscription, and what [Fail] was given in it.
func Watch(ctx context.Context) (context.Context, func() error) {
	o := &outcome{}
	return context.WithValue(ctx, outcomeKey{}, o), func() error {
		o.mu.Lock()
		defer o.mu.Unlock()
		return o.err
	}
}
