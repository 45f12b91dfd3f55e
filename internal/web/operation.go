package web

import (
	"context"
	"encoding/json"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// operation is one subscribe message of a socket.
type operation struct {
	id     string
	owner  string
	cancel context.CancelFunc

	// Guarded by the socket's mu:
	counted bool // among those that run on the socket and for the owner
	finite  bool // to be waited for before the socket is left
}

// subscribe starts an operation. It reports whether the socket goes on.
func (c *socket) subscribe(m message) bool {
	params, err := graphqlhttp.DecodeParams(m.Payload)
	if err != nil {
		c.close(closeBadRequest, "Invalid message received: "+graphqlhttp.Present(err).Message)
		return false
	}
	c.mu.Lock()
	user, taken, leaving := c.user, c.operations[m.ID] != nil, c.leaving
	if user == nil || taken || leaving {
		c.mu.Unlock()
		switch {
		case user == nil:
			c.close(closeUnauthorized, "Unauthorized")
		case taken:
			c.close(closeDuplicateID, "Subscriber for "+m.ID+" already exists")
		}
		return leaving // the client sends it again, elsewhere
	}
	ctx, cancel := context.WithCancel(graphql.StartOperationTrace(user))
	op := &operation{id: m.ID, owner: owner(user), cancel: cancel}
	c.operations[op.id] = op
	var refused error
	if c.running >= c.limits.SocketOperations {
		refused = tooMany()
	} else if refused = c.take(op.owner); refused == nil {
		op.counted, op.finite = true, true
		c.running++
		c.finite.Add(1)
	}
	c.mu.Unlock()
	if refused != nil {
		cancel()
		c.fail(op, gqlerror.List{graphqlhttp.Present(refused)})
		return true
	}
	c.wait.Go(func() {
		defer cancel()
		c.run(ctx, op, params)
	})
	return true
}

// run executes an operation and sends what it answers.
func (c *socket) run(ctx context.Context, op *operation, params *graphql.RawParams) {
	// Its own notes: operations of one socket run side by side.
	n := &notes{id: RequestID(ctx)}
	ctx = context.WithValue(ctx, notesKey{}, n)
	start, results := time.Now(), 0
	defer func() {
		if v := recover(); v != nil {
			logPanic(ctx, c.log, v)
			e := graphqlhttp.NewError(core.Internal, "Something went wrong on the server.")
			e.Extensions["requestId"] = n.id
			c.fail(op, gqlerror.List{e})
		}
		c.mu.Lock()
		c.discount(op) // unless its last message did
		c.mu.Unlock()
		c.log.InfoContext(ctx, "operation", "request", n.id, "operation", clip(n.operation), "results", results,
			"duration", time.Since(start), "address", core.ClientOf(ctx).Address)
	}()
	params.Headers = c.request.Header
	exec, errs := c.engine.CreateOperationContext(ctx, params)
	if len(errs) > 0 {
		c.fail(op, c.engine.DispatchError(graphql.WithOperationContext(ctx, exec), errs).Errors)
		return
	}
	if exec.Operation.Operation == ast.Subscription {
		c.mu.Lock()
		c.endless(op)
		c.mu.Unlock()
	}
	errs = c.engine.results(ctx, exec, func(resp *graphql.Response) bool {
		results++
		return c.next(op, resp)
	})
	if len(errs) > 0 {
		c.fail(op, errs)
		return
	}
	c.end(op, message{ID: op.id, Type: "complete"})
}

// live reports whether messages of op may still be sent; c.mu is held. Operations
// that were cut off because the socket closes say nothing: their clients must not
// take it for their end.
func (c *socket) live(op *operation) bool { return c.operations[op.id] == op && c.work.Err() == nil }

// next sends one result, unless the operation has ended.
func (c *socket) next(op *operation, resp *graphql.Response) bool {
	payload := graphqlhttp.Encode(resp)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.live(op) && c.write(message{ID: op.id, Type: "next", Payload: payload})
}

// fail ends an operation with errors; nothing follows for its id.
func (c *socket) fail(op *operation, errs gqlerror.List) {
	payload, err := json.Marshal(errs)
	if err != nil {
		panic(err)
	}
	c.end(op, message{ID: op.id, Type: "error", Payload: payload})
}

// end ends an operation with its last message, unless it has ended.
func (c *socket) end(op *operation, last message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live(op) {
		delete(c.operations, op.id)
		c.discount(op) // before the client can know and start the next one
		c.write(last)
	}
}

// complete ends an operation because the client has heard enough. It counts until
// it has unwound.
func (c *socket) complete(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if op := c.operations[id]; op != nil {
		delete(c.operations, id)
		op.cancel()
	}
}

// discount gives back the places of op, once; c.mu is held.
func (c *socket) discount(op *operation) {
	c.endless(op)
	if op.counted {
		op.counted = false
		c.running--
		c.release(op.owner)
	}
}

// endless says that op is not to be waited for; c.mu is held.
func (c *socket) endless(op *operation) {
	if op.finite {
		op.finite = false
		c.finite.Done()
	}
}
