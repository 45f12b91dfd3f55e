package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/grapnel/grapnel/e2e/child"
)

// settle is how long an idle server is left alone before its memory is read.
const settle = 3 * time.Second

// starts is row f.
func (b *bench) starts(ctx context.Context) error {
	dir, err := os.MkdirTemp(b.dir, "starts-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var ceiling, first, again []time.Duration
	var idle []int64
	for i := range b.rounds {
		data := filepath.Join(dir, fmt.Sprint(i))
		for _, s := range []struct {
			times *[]time.Duration
			start func() (*child.Server, error)
		}{
			{&ceiling, func() (*child.Server, error) { return child.Start(ctx, nil, b.ceiling) }},
			{&first, func() (*child.Server, error) { return b.startProduct(ctx, data) }},
			{&again, func() (*child.Server, error) { return b.startProduct(ctx, data) }},
		} {
			took, memory, err := firstAnswer(ctx, s.start, s.times == &again && i < 3)
			if err != nil {
				return err
			}
			*s.times = append(*s.times, took)
			if memory > 0 {
				idle = append(idle, memory)
			}
		}
	}
	base := median(ceiling)
	for _, s := range []struct {
		work  string
		times []time.Duration
	}{{"start to first answer", again}, {"first start of all to first answer", first}} {
		took := median(s.times)
		b.judge("f", s.work, "the ceiling + 100 ms", took <= base+100*time.Millisecond, "%d ms (the ceiling: %d ms)", took.Milliseconds(), base.Milliseconds())
	}
	b.judge("f", "idle resident memory", "60 MiB", median(idle) <= 60<<20, "%.1f MiB", float64(median(idle))/(1<<20))
	return nil
}

// firstAnswer starts a server and asks it at once. With idle, it also says how
// much memory is resident when nothing has happened for a while.
func firstAnswer(ctx context.Context, start func() (*child.Server, error), idle bool) (took time.Duration, memory int64, err error) {
	s, err := start()
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	c := newClient(s, 1)
	defer c.close()
	var buf bytes.Buffer
	if err := c.send(ctx, operation(`{ __typename }`, nil), &buf); err != nil {
		return 0, 0, err
	}
	took = time.Since(s.Started)
	if idle {
		select {
		case <-time.After(settle):
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		}
		memory, err = s.Memory("VmRSS")
	}
	return took, memory, err
}
