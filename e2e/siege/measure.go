package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// figure is what one document costs the server.
type figure struct {
	document
	answer
	cpu       time.Duration // of one request, the least of the rounds
	allocated uint64        // bytes of one request
}

// mark makes a document another one: spaces and commas, which no token counts.
func mark(n int) string {
	var b strings.Builder
	for bit := range 24 {
		b.WriteByte(" ,"[n>>bit&1])
	}
	return b.String()
}

// meter measures documents on a server that nobody else asks.
type meter struct {
	server *server
	client *http.Client
	next   int
	buf    bytes.Buffer
}

// measure sends a document again and again for as long as a round may take.
func (m *meter) measure(ctx context.Context, d document, rounds int, long time.Duration) (f figure, err error) {
	f.document = d
	before, err := m.server.look(ctx, "")
	if err != nil {
		return f, err
	}
	if f.answer, err = m.send(ctx, d); err != nil {
		return f, fmt.Errorf("%s, %s: %w", d.class, d.name, err)
	}
	after, err := m.server.look(ctx, "")
	if err != nil {
		return f, err
	}
	f.cpu, f.allocated = after.CPU-before.CPU, after.Allocated-before.Allocated
	for range rounds {
		n := min(max(int(long/max(f.cpu, 100*time.Microsecond)), 1), 200)
		if before, err = m.server.look(ctx, ""); err != nil {
			return f, err
		}
		for range n {
			if _, err := m.send(ctx, d); err != nil {
				return f, fmt.Errorf("%s, %s: %w", d.class, d.name, err)
			}
		}
		if after, err = m.server.look(ctx, ""); err != nil {
			return f, err
		}
		f.cpu = min(f.cpu, (after.CPU-before.CPU)/time.Duration(n))
		f.allocated = (after.Allocated - before.Allocated) / uint64(n)
	}
	return f, nil
}

func (m *meter) send(ctx context.Context, d document) (answer, error) {
	m.next++
	return send(ctx, m.client, m.server.URL, "", d.request(mark(m.next)), &m.buf)
}
