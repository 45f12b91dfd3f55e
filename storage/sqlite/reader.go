package sqlite

import (
	"context"
	"time"

	"github.com/grapnel/grapnel/core"
)

// reader lends its connection to one caller at a time, on a goroutine of its
// own. SQLite needs a deep stack: a goroutine that stays keeps it, where each
// request's own would have to grow one, at the cost of a small query.
type reader struct {
	conn *conn
	work chan func(context.Context, *conn) error
	done chan outcome
	// The context of the work is the same until it is needed: who waits for the
	// end of the work ends it. To make one for each read costs as much as reading a row.
	ctx   context.Context
	end   context.CancelFunc
	timer *time.Timer
}

// outcome is how a piece of work ended.
type outcome struct {
	err   error
	panic any
}

func newReader(c *conn) *reader {
	r := &reader{conn: c, work: make(chan func(context.Context, *conn) error), done: make(chan outcome), timer: time.NewTimer(0)}
	r.timer.Stop()
	r.ctx, r.end = context.WithCancel(context.Background())
	go r.run()
	return r
}

func (r *reader) run() {
	for f := range r.work {
		r.done <- r.try(f)
	}
}

func (r *reader) try(f func(context.Context, *conn) error) (o outcome) {
	defer func() { o.panic = recover() }()
	o.err = f(r.ctx, r.conn)
	return o
}

// do runs f with the connection, until ctx ends or f has taken as long as most, 0 for
// without bounds: then it fails with [core.ErrSlow]. A panic of f is the caller's.
func (r *reader) do(ctx context.Context, most time.Duration, f func(context.Context, *conn) error) error {
	if most > 0 {
		r.timer.Reset(most)
		defer r.timer.Stop()
	}
	r.work <- f
	var o outcome
	select {
	case o = <-r.done:
	case <-ctx.Done():
		o = r.stop(ctx.Err())
	case <-r.timer.C:
		o = r.stop(core.ErrSlow)
	}
	if o.panic != nil {
		panic(o.panic)
	}
	return o.err
}

// stop ends the work, which fails with err unless it is done.
func (r *reader) stop(err error) outcome {
	r.end()
	o := <-r.done
	if o.err != nil {
		o.err = err
	}
	r.ctx, r.end = context.WithCancel(context.Background())
	return o
}

// close ends the goroutine; the connection stays open.
func (r *reader) close() {
	r.end()
	close(r.work)
}
