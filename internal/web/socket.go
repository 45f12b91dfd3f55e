package web

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

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

// socket is one connection. Its goroutines are the reader, which is the request
// handler, one for each operation, one that checks the token and one that
// pings. All have ended when serve returns.
type socket struct {
	*streams
	ctx     context.Context // ends with the socket
	cancel  context.CancelFunc
	work    context.Context // of operations; ends when the socket begins to close
	stop    context.CancelFunc
	request *http.Request // the upgrade

	ready sync.Mutex // guards conn, wire and shut
	conn  *websocket.Conn
	wire  net.Conn // below conn
	shut  bool     // to be closed before conn is there

	wait   sync.WaitGroup
	finite sync.WaitGroup // queries and mutations that run

	// mu guards what is written, so that nothing is sent for an operation that has
	// ended, and what follows.
	mu         sync.Mutex
	begun      bool                  // connection_init has come
	user       context.Context       // work with the principal, from connection_ack on
	leaving    bool                  // no more operations begin
	operations map[string]*operation // by the client's id
	running    int                   // operations, ended ones that still unwind among them
}

// socket serves an upgrade request.
func (s *streams) socket(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	work, stop := context.WithCancel(ctx)
	defer stop()
	c := &socket{streams: s, ctx: ctx, cancel: cancel, work: work, stop: stop, request: r, operations: map[string]*operation{}}
	if err := s.add(c, r); err != nil {
		graphqlhttp.Refuse(w, r, err)
		return
	}
	defer s.remove(c)
	upgrade := &hijacking{ResponseWriter: w}
	conn, err := websocket.Accept(upgrade, r, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true, // add has checked the origin, by the list that CORS uses
		OnPingReceived:     func(context.Context, []byte) bool { return s.engine.meter.wait(c.caller(), frameCost) == nil },
		OnPongReceived:     func(context.Context, []byte) { _ = s.engine.meter.wait(c.caller(), frameCost) },
	})
	if err != nil {
		return // Accept has answered
	}
	conn.SetReadLimit(-1) // ours: see read
	c.accepted(conn, upgrade.conn)
	if conn.Subprotocol() != subprotocol {
		c.close(closeSubprotocol, "Subprotocol not acceptable")
		return
	}
	c.serve()
}

// hijacking keeps the connection that an upgrade takes over.
type hijacking struct {
	http.ResponseWriter
	conn net.Conn
}

func (h *hijacking) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = conn
	return conn, rw, err
}

// accepted makes the connection known to close and drop.
func (c *socket) accepted(conn *websocket.Conn, wire net.Conn) {
	c.ready.Lock()
	defer c.ready.Unlock()
	c.conn, c.wire = conn, wire
	if c.shut {
		go c.close(websocket.StatusGoingAway, "Server is shutting down")
	}
}

// lastWord is how long a closed socket is read on.
const lastWord = 5 * time.Second

// close ends the operations, and then the socket with a code that tells the client
// why. It reads on until the client has answered it, for what arrives at a closed
// connection would reset it, with the code in it; but not for long.
func (c *socket) close(code websocket.StatusCode, reason string) {
	c.stop()
	if conn := c.connection(); conn != nil {
		_ = c.wire.SetReadDeadline(time.Now().Add(lastWord))
		_ = conn.Close(code, graphqlhttp.Cut(reason, 120)) // a control frame holds 125 bytes
	}
}

// leave asks the client to connect again, as soon as the queries and mutations that
// run have been answered: clients would send them a second time.
func (c *socket) leave() {
	c.mu.Lock()
	c.leaving = true
	c.mu.Unlock()
	c.finite.Wait()
	c.close(websocket.StatusGoingAway, "Server is shutting down")
}

// drop ends the socket without a word, also one that is being closed.
func (c *socket) drop() {
	c.stop()
	if conn := c.connection(); conn != nil {
		_ = c.wire.SetReadDeadline(time.Unix(1, 0))
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
		c.cancel()
		c.drop()
		c.wait.Wait()
	}()
	defer c.recover()
	initialised := time.AfterFunc(c.limits.Init, func() { c.close(closeInitTimeout, "Connection initialisation timeout") })
	defer initialised.Stop()
	c.wait.Go(c.pings)
	for {
		kind, data, err := c.read()
		if errors.Is(err, errMessageTooBig) {
			c.close(websocket.StatusMessageTooBig, "Message too big")
		}
		if err != nil || c.engine.meter.wait(c.caller(), frameCost+len(data)/bytesPerCost) != nil {
			return
		}
		m, ok := decodeMessage(data)
		if !ok || kind != websocket.MessageText {
			c.close(closeBadRequest, "Invalid message received")
			return
		}
		switch m.Type {
		case "connection_init":
			if !c.begin() {
				c.close(closeDuplicateInit, "Too many initialisation requests")
				return
			}
			initialised.Stop()
			c.wait.Go(func() { c.init(m.Payload) })
		case "ping":
			c.send(message{Type: "pong", Payload: m.Payload})
		case "pong":
		case "subscribe":
			if !c.subscribe(m) {
				return
			}
		case "complete":
			c.complete(m.ID)
		}
	}
}

var errMessageTooBig = errors.New("message too big")

// read takes the next message. A message that has begun must end soon, and what is
// over the limit of one that is too big is left to [socket.close].
func (c *socket) read() (websocket.MessageType, []byte, error) {
	kind, r, err := c.conn.Reader(c.ctx)
	if err != nil {
		return kind, nil, err
	}
	late := time.AfterFunc(c.limits.MessageRead, c.drop)
	defer late.Stop()
	data, err := io.ReadAll(io.LimitReader(r, c.limits.Body+1))
	if int64(len(data)) > c.limits.Body {
		return kind, nil, errMessageTooBig
	}
	return kind, data, err
}

// recover closes the socket after a panic.
func (c *socket) recover() {
	if v := recover(); v != nil {
		logPanic(c.ctx, c.log, v)
		c.close(closeInternal, "Internal server error")
	}
}

// caller is the context with whoever is known to be at the other end.
func (c *socket) caller() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.user != nil {
		return c.user
	}
	return c.work
}

// begin notes a connection_init; false if there was one before.
func (c *socket) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := !c.begun
	c.begun = true
	return first
}

// init accepts connection_init, and then watches over its token. The payload may
// carry it as {"Authorization": "Bearer …"}, {"authToken": …} or {"token": …};
// cookies of the upgrade count without one.
func (c *socket) init(payload json.RawMessage) {
	defer c.recover()
	token, err := initToken(payload)
	if core.Is(err, core.Unauthenticated) {
		c.refuse(err)
		return
	}
	if err != nil {
		c.close(closeBadRequest, "Invalid connection_init payload")
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.limits.Init)
	used, p, err := c.auth.socket(ctx, c.request, token)
	cancel()
	if err != nil {
		c.refuse(err)
		return
	}
	c.mu.Lock()
	c.user = core.WithPrincipal(c.work, p)
	c.write(message{Type: "connection_ack"})
	c.mu.Unlock()
	if used == "" {
		return
	}
	if err := c.expiry(c.ctx, used, p); err != nil {
		c.refuse(err)
	}
}

// initToken is the token in the payload of connection_init; "" for none. The error is
// UNAUTHENTICATED where there is something else than a token, as with [bearer].
func initToken(payload json.RawMessage) (string, error) {
	if len(payload) == 0 {
		return "", nil
	}
	var fields map[string]any
	if err := json.Unmarshal(payload, &fields); err != nil {
		return "", err
	}
	for _, want := range []string{"Authorization", "authToken", "token"} {
		for name, value := range fields {
			if value == nil || !strings.EqualFold(name, want) {
				continue
			}
			text, ok := value.(string)
			if !ok {
				return "", errors.New("the token is not a string")
			}
			if text = strings.TrimSpace(text); text == "" {
				continue
			}
			if want != "Authorization" && !strings.Contains(text, " ") {
				return text, nil
			}
			token, err := bearer(text)
			if err == nil && token == "" {
				err = core.Errorf(core.Unauthenticated, "There is no access token.")
			}
			return token, err
		}
	}
	return "", nil
}

// refuse closes the socket because its token is not good or cannot be checked.
func (c *socket) refuse(err error) {
	switch code := core.CodeOf(err); {
	case code == core.Unauthenticated:
		c.close(closeForbidden, "Forbidden: "+graphqlhttp.Present(err).Message)
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

// message is a message of the protocol, either way.
type message struct {
	ID, Type string
	Payload  json.RawMessage
}

// maxID bounds the ids of operations, which come back with every message.
const maxID = 1 << 10

// decodeMessage reads a message of a client; false for one that is not of the
// protocol. The keys are exact, as encoding/json's would not be.
func decodeMessage(data []byte) (m message, ok bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil {
		return m, false
	}
	for name, to := range map[string]*string{"id": &m.ID, "type": &m.Type} {
		if raw, ok := fields[name]; ok && json.Unmarshal(raw, to) != nil {
			return m, false
		}
	}
	if m.Payload = fields["payload"]; string(m.Payload) == "null" {
		m.Payload = nil
	}
	object := len(m.Payload) > 0 && m.Payload[0] == '{'
	identified := m.ID != "" && len(m.ID) <= maxID
	switch m.Type {
	case "connection_init", "ping", "pong":
		return m, object || len(m.Payload) == 0
	case "subscribe":
		return m, identified && object
	case "complete":
		return m, identified
	}
	return m, false
}

// encode writes m as JSON, its payload as it is.
func (m message) encode() []byte {
	b := make([]byte, 0, len(m.Payload)+len(m.ID)+64)
	b = append(append(append(b, `{"type":"`...), m.Type...), '"')
	if m.ID != "" {
		id, err := json.Marshal(m.ID)
		if err != nil {
			panic(err) // a string is always JSON
		}
		b = append(append(b, `,"id":`...), id...)
	}
	if len(m.Payload) > 0 {
		b = append(append(b, `,"payload":`...), m.Payload...)
	}
	return append(b, '}')
}

func (c *socket) send(m message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.write(m)
}

// write sends a message; c.mu is held. A client that does not take it in time
// is dropped, so that it holds up nobody.
func (c *socket) write(m message) bool {
	ctx, cancel := context.WithTimeout(c.ctx, c.limits.StreamWrite)
	defer cancel()
	if err := c.conn.Write(ctx, websocket.MessageText, m.encode()); err != nil {
		go c.drop()
		return false
	}
	return true
}
