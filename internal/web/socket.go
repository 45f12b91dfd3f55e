package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// The protocol is graphql-transport-ws
// (https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md).
const subprotocol = "graphql-transport-ws"

// The codes with which we close a socket. Those of 44xx are the protocol's,
// 4403 has one meaning more:
//
//	1001  the server shuts down: connect again, elsewhere
//	1009  a message over the limit
//	1013  the token could not be checked: connect again later
//	4400  not a message of the protocol
//	4401  subscribe before connection_ack
//	4403  the token in connection_init is not good; later: the token has expired
//	      or was revoked, or the rights of its user have changed: get a new token
//	      and connect again
//	4406  the client does not speak graphql-transport-ws
//	4408  no connection_init in time
//	4409  an operation with this id is running
//	4429  a second connection_init
//	4500  a failure of ours
const (
	closeBadRequest    websocket.StatusCode = 4400
	closeUnauthorized  websocket.StatusCode = 4401
	closeForbidden     websocket.StatusCode = 4403
	closeSubprotocol   websocket.StatusCode = 4406
	closeInitTimeout   websocket.StatusCode = 4408
	closeDuplicateID   websocket.StatusCode = 4409
	closeDuplicateInit websocket.StatusCode = 4429
	closeInternal      websocket.StatusCode = 4500
)

// socket serves an upgrade request.
func (s *streams) socket(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	c := &socket{streams: s, ctx: ctx, cancel: cancel, request: r, operations: map[string]*operation{}}
	if err := s.add(c, r); err != nil {
		graphqlhttp.Refuse(w, r, err)
		return
	}
	defer s.remove(c)
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true, // add has checked the origin, by the list that CORS uses
	})
	if err != nil {
		return // Accept has answered
	}
	conn.SetReadLimit(s.limits.Body)
	c.accepted(conn)
	if conn.Subprotocol() != subprotocol {
		c.close(closeSubprotocol, "Subprotocol not acceptable")
		return
	}
	c.serve()
}

// socket is one connection. Its goroutines are the reader, which is the request
// handler, one for each operation, one that checks the token and one that
// pings. All have ended when serve returns.
type socket struct {
	*streams
	ctx     context.Context // ends with the socket
	cancel  context.CancelFunc
	request *http.Request // the upgrade
	ready   sync.Mutex    // guards conn and shut
	conn    *websocket.Conn
	shut    bool // to be closed before conn is there

	// Of the reader, and of goroutines that it starts after connection_ack:
	acked bool
	user  context.Context // ctx with the principal

	// mu guards what is written and the operations, so that nothing is sent
	// for an operation that has ended.
	mu         sync.Mutex
	operations map[string]*operation // by the client's id
	goroutines int                   // of operations, ended ones that still unwind among them
	wait       sync.WaitGroup
}

// operation is one subscribe message.
type operation struct {
	id     string
	cancel context.CancelFunc
}

// message is a message of the protocol, either way.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// accepted makes the connection known to close and drop.
func (c *socket) accepted(conn *websocket.Conn) {
	c.ready.Lock()
	defer c.ready.Unlock()
	c.conn = conn
	if c.shut {
		go func() { _ = conn.Close(websocket.StatusGoingAway, "Server is shutting down") }()
	}
}

// close ends the socket with a code that tells the client why, and waits
// shortly for the client to answer it.
func (c *socket) close(code websocket.StatusCode, reason string) {
	if conn := c.connection(); conn != nil {
		for len(reason) > 120 { // a control frame holds 125 bytes
			_, n := utf8.DecodeLastRuneInString(reason)
			reason = reason[:len(reason)-n]
		}
		_ = conn.Close(code, reason)
	}
}

// leave asks the client to connect again.
func (c *socket) leave() { c.close(websocket.StatusGoingAway, "Server is shutting down") }

// drop ends the socket without a word.
func (c *socket) drop() {
	if conn := c.connection(); conn != nil {
		_ = conn.CloseNow()
	}
}

func (c *socket) connection() *websocket.Conn {
	c.ready.Lock()
	defer c.ready.Unlock()
	c.shut = true
	return c.conn
}

// serve reads messages until the socket is closed by either side.
func (c *socket) serve() {
	defer func() {
		if v := recover(); v != nil {
			c.log.ErrorContext(c.ctx, "panic", "request", RequestID(c.ctx), "error", fmt.Sprint(v), "stack", string(debug.Stack()))
			c.close(closeInternal, "Internal server error")
		}
		c.cancel()
		c.drop()
		c.wait.Wait()
	}()
	initialised := time.AfterFunc(c.limits.Init, func() { c.close(closeInitTimeout, "Connection initialisation timeout") })
	defer initialised.Stop()
	c.wait.Go(c.pings)
	for {
		kind, data, err := c.conn.Read(c.ctx)
		if err != nil || c.engine.meter.wait(c.caller(), len(data)/bytesPerCost) != nil {
			return
		}
		var m message
		if kind != websocket.MessageText || json.Unmarshal(data, &m) != nil {
			c.close(closeBadRequest, "Invalid message received")
			return
		}
		switch m.Type {
		case "connection_init":
			if c.acked {
				c.close(closeDuplicateInit, "Too many initialisation requests")
				return
			}
			initialised.Stop()
			if !c.init(m.Payload) {
				return
			}
		case "ping":
			c.send(message{Type: "pong", Payload: m.Payload})
		case "pong":
		case "subscribe":
			if !c.acked {
				c.close(closeUnauthorized, "Unauthorized")
				return
			}
			if !c.subscribe(m) {
				return
			}
		case "complete":
			if m.ID == "" {
				c.close(closeBadRequest, "Invalid message received")
				return
			}
			c.complete(m.ID)
		default:
			c.close(closeBadRequest, "Invalid message received")
			return
		}
	}
}

// caller is the context with whoever is known to be at the other end.
func (c *socket) caller() context.Context {
	if c.acked {
		return c.user
	}
	return c.ctx
}

// init accepts connection_init. Its payload may carry the token as
// {"Authorization": "Bearer …"}, {"authToken": …} or {"token": …}; cookies of
// the upgrade count without one.
func (c *socket) init(payload json.RawMessage) bool {
	token, err := initToken(payload)
	if err != nil {
		c.close(closeBadRequest, "Invalid connection_init payload")
		return false
	}
	used, p, err := c.auth.stream(c.ctx, c.request, token)
	if err != nil {
		c.refuse(err)
		return false
	}
	c.acked = true
	c.user = core.WithPrincipal(c.ctx, p)
	if !c.send(message{Type: "connection_ack"}) {
		return false
	}
	if used != "" {
		c.wait.Go(func() {
			if err := c.expiry(c.ctx, used, p); err != nil {
				c.refuse(err)
			}
		})
	}
	return true
}

// initToken is the token in the payload of connection_init; "" for none.
func initToken(payload json.RawMessage) (string, error) {
	if len(payload) == 0 || string(payload) == "null" {
		return "", nil
	}
	var fields map[string]any
	if err := json.Unmarshal(payload, &fields); err != nil {
		return "", err
	}
	for name, value := range fields {
		name = strings.ToLower(name)
		if name != "authorization" && name != "authtoken" && name != "token" {
			continue
		}
		text, ok := value.(string)
		if !ok && value != nil {
			return "", errors.New("the token is not a string")
		}
		switch {
		case text == "":
		case name == "authorization":
			if scheme, token, ok := strings.Cut(text, " "); ok && strings.EqualFold(scheme, "Bearer") {
				return strings.TrimSpace(token), nil
			}
			return text, nil
		default:
			return text, nil
		}
	}
	return "", nil
}

// refuse closes the socket because its token is not good or cannot be checked.
func (c *socket) refuse(err error) {
	switch code := core.CodeOf(err); {
	case code == core.Unauthenticated:
		c.close(closeForbidden, "Forbidden: the token is not valid")
	case code == core.Forbidden:
		c.close(closeForbidden, "Forbidden: rights have changed")
	case code == core.Unavailable, code == core.RateLimited, errors.Is(err, context.DeadlineExceeded):
		c.close(websocket.StatusTryAgainLater, "The token cannot be checked now")
	default:
		if c.ctx.Err() == nil {
			c.log.ErrorContext(c.ctx, "token check failed", "request", RequestID(c.ctx), "error", err)
		}
		c.close(closeInternal, "Internal server error")
	}
}

// pings finds peers that are gone without a word.
func (c *socket) pings() {
	tick := time.NewTicker(c.limits.Ping)
	defer tick.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(c.ctx, c.limits.Ping)
		err := c.conn.Ping(ctx)
		cancel()
		if err != nil {
			c.drop()
			return
		}
	}
}

// subscribe starts an operation. It reports whether the socket goes on.
func (c *socket) subscribe(m message) bool {
	if m.ID == "" || len(m.Payload) == 0 {
		c.close(closeBadRequest, "Invalid message received")
		return false
	}
	params, err := graphqlhttp.DecodeParams(m.Payload)
	if err != nil {
		c.close(closeBadRequest, "Invalid message received: "+graphqlhttp.Present(err).Message)
		return false
	}
	ctx, cancel := context.WithCancel(graphql.StartOperationTrace(c.user))
	op := &operation{id: m.ID, cancel: cancel}
	c.mu.Lock()
	if c.operations[m.ID] != nil {
		c.mu.Unlock()
		cancel()
		c.close(closeDuplicateID, "Subscriber for "+m.ID+" already exists")
		return false
	}
	c.operations[m.ID] = op
	full := c.goroutines >= c.limits.SocketOperations
	if !full {
		c.goroutines++
	}
	c.mu.Unlock()
	owner := owner(c.user)
	if full || !c.take(owner) {
		if !full {
			c.mu.Lock()
			c.goroutines--
			c.mu.Unlock()
		}
		cancel()
		c.fail(op, gqlerror.List{graphqlhttp.Present(tooMany())})
		return true
	}
	c.wait.Go(func() {
		defer func() {
			cancel()
			c.release(owner)
			c.mu.Lock()
			c.goroutines--
			c.mu.Unlock()
		}()
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
			c.log.ErrorContext(ctx, "panic", "request", n.id, "error", fmt.Sprint(v), "stack", string(debug.Stack()))
			e := graphqlhttp.NewError(core.Internal, "Something went wrong on the server.")
			e.Extensions["requestId"] = n.id
			c.fail(op, gqlerror.List{e})
		}
		c.log.InfoContext(ctx, "operation", "request", n.id, "operation", clip(n.operation), "results", results,
			"duration", time.Since(start), "address", core.ClientOf(ctx).Address)
	}()
	params.Headers = c.request.Header
	exec, errs := c.engine.CreateOperationContext(ctx, params)
	if len(errs) > 0 {
		c.fail(op, c.engine.DispatchError(graphql.WithOperationContext(ctx, exec), errs).Errors)
		return
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

// next sends one result, unless the operation has ended.
func (c *socket) next(op *operation, resp *graphql.Response) bool {
	payload := graphqlhttp.Encode(resp)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.operations[op.id] == op && c.write(message{ID: op.id, Type: "next", Payload: payload})
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
	if c.operations[op.id] == op {
		delete(c.operations, op.id)
		c.write(last)
	}
}

// complete ends an operation because the client has heard enough.
func (c *socket) complete(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if op := c.operations[id]; op != nil {
		delete(c.operations, id)
		op.cancel()
	}
}

func (c *socket) send(m message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.write(m)
}

// write sends a message; c.mu is held. A client that does not take it in time
// is dropped, so that it holds up nobody.
func (c *socket) write(m message) bool {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.limits.StreamWrite)
	defer cancel()
	if err := c.conn.Write(ctx, websocket.MessageText, b); err != nil {
		go c.drop()
		return false
	}
	return true
}
