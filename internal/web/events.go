package web

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// events answers a request with an event stream: the results of one operation,
// each a `next`, then `complete`, as the distinct connections mode of GraphQL over
// Server-Sent Events has it
// (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md). Why an
// operation was refused or broke off is a last `next` with errors.
//
// A stream that ends without `complete` was cut off: the server shuts down, or
// the token has expired or its rights have changed. Clients, EventSource among
// them, then connect again by themselves, and get 401 if they need a new token
// first.
type events struct {
	cancel   context.CancelFunc
	endless  bool // a subscription
	patience time.Duration

	mu      sync.Mutex // guards what is written
	w       http.ResponseWriter
	control *http.ResponseController
}

var _ stream = (*events)(nil)

// events runs an operation, or tells with errs that it was refused.
func (s *streams) events(w http.ResponseWriter, r *http.Request, op *graphql.OperationContext, errs gqlerror.List) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	e := &events{cancel: cancel, patience: s.limits.StreamWrite, w: w, control: http.NewResponseController(w)}
	e.endless = len(errs) == 0 && op.Operation.Operation == ast.Subscription
	if err := s.add(e, r); err != nil {
		graphqlhttp.Refuse(w, r, err)
		return
	}
	defer s.remove(e)
	owner := owner(ctx)
	if err := s.take(owner); err != nil {
		graphqlhttp.Refuse(w, r, err)
		return
	}
	defer s.release(owner)

	unhurried(w)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no") // nginx would hold the events back
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	if !e.write(":\n\n") { // the headers go out at once
		return
	}
	wait.Go(func() { e.keepAlive(ctx, s.limits.KeepAlive) })
	if p := core.PrincipalOf(ctx); p.Account() != "" {
		token, _, _ := s.auth.token(r) // it was good just now
		wait.Go(func() {
			if s.expiry(ctx, token, p) != nil {
				cancel()
			}
		})
	}
	if len(errs) == 0 {
		errs = s.engine.results(ctx, op, e.next)
	}
	if ctx.Err() == nil && (len(errs) == 0 || e.next(&graphql.Response{Errors: errs})) {
		e.write("event: complete\ndata:\n\n") // without data, EventSource ignores it
	}
}

func (e *events) next(resp *graphql.Response) bool {
	return e.write("event: next\ndata: " + string(graphqlhttp.Encode(resp)) + "\n\n")
}

// keepAlive sends comments, for proxies that end what is silent, and to notice
// clients that are gone.
func (e *events) keepAlive(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			e.write(":\n\n")
		}
	}
}

// write sends text; a client that does not take it in time is dropped.
func (e *events) write(text string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_ = e.control.SetWriteDeadline(time.Now().Add(e.patience))
	_, err := io.WriteString(e.w, text)
	if err == nil {
		err = e.control.Flush()
	}
	if err != nil {
		e.cancel()
	}
	return err == nil
}

// leave lets a query or a mutation end by itself.
func (e *events) leave() {
	if e.endless {
		e.cancel()
	}
}

// drop does not wait for a client that takes nothing.
func (e *events) drop() {
	e.cancel()
	_ = e.control.SetWriteDeadline(time.Now())
}
