package core

import (
	"context"
	"time"
)

// bell wakes whoever waits for it, once for however often it was rung before.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// tend does one bounded part of an upkeep after another until ctx ends: the first one after a
// wait, the next at once while there is more, else when the bell rings, or in a minute. What
// fails is logged once and tried again.
func (a *App) tend(ctx context.Context, what string, wake bell, wait time.Duration, once func(context.Context) (more bool, err error)) {
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-time.After(wait):
		}
		wait = sweepEvery
		more, err := once(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			if err.Error() != said {
				a.log.WarnContext(ctx, what, "error", err)
			}
			said = err.Error()
		default:
			if said = ""; more {
				wait = 0
			}
		}
	}
}
