// Package mongod is a stand-in for a one-node MongoDB replica set, for tests on
// machines where none can be installed. It speaks the wire protocol (OP_MSG,
// and OP_QUERY for the first handshake) over the engine of
// github.com/256dpi/lungo, which matches, updates and keeps documents; ours are
// sessions, transactions, cursors, change streams with pre- and post-images,
// fail points and errors.
//
// It aims to be stricter than the original and never laxer: a command, field,
// stage or operator that it does not know is an error, and a transaction that
// meets another one fails at once, as a conflict. What it cannot show: query
// plans, elections, durability, sizes over the limits, and how long things
// take; every query reads the whole collection.
package mongod

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/256dpi/lungo"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// Release is the major version of MongoDB that a server behaves like, where they
// differ in what a client of ours meets.
type Release int

// The releases. In the first, create fails when there is the collection already; later
// ones do nothing and succeed when it has the same options (SERVER-60064).
const (
	Release6 Release = 6 + iota
	Release7
	Release8

	Newest = Release8
)

// wire is the newest version of the wire protocol that the release speaks.
func (r Release) wire() int32 {
	return map[Release]int32{Release6: 17, Release7: 21, Release8: 25}[r]
}

const (
	setName = "rs0"

	// transactionLifetime ends forgotten transactions, which hold the only
	// writer; the original waits for a minute.
	transactionLifetime = 5 * time.Second
	// expireInterval is how often expired documents are removed; the original
	// waits for a minute.
	expireInterval = time.Second
)

// Server is a running server.
type Server struct {
	release  Release
	listener net.Listener
	engine   *lungo.Engine
	changes  *changes
	done     chan struct{} // closed by Close
	wg       sync.WaitGroup

	mu       sync.Mutex
	conns    map[net.Conn]struct{}
	sessions map[string]*session
	cursors  map[int64]*cursor
	cursorID int64
	images   map[lungo.Handle]bool // collections with pre- and post-images
	fail     *failPoint

	snapshots    map[primitive.Timestamp]*lungo.Transaction
	oldSnapshots [maxSnapshots]primitive.Timestamp
	snapshotTime uint32 // counts them
}

// Start runs a server on a free port of the loopback interface. Its data is in
// memory and goes with it.
func Start(release Release) (*Server, error) {
	if release.wire() == 0 {
		return nil, fmt.Errorf("mongod: nothing is known of the release %d", release)
	}
	engine, err := lungo.CreateEngine(lungo.Options{
		Store:          lungo.NewMemoryStore(),
		ExpireInterval: 24 * time.Hour, // the server expires by itself, to see the changes
		// The engine's own oplog only tells what a commit did.
		MinOplogSize: 1, MaxOplogSize: 1, MinOplogAge: time.Nanosecond,
	})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		engine.Close()
		return nil, err
	}
	s := &Server{
		release:   release,
		listener:  listener,
		engine:    engine,
		changes:   newChanges(rand.Text()),
		done:      make(chan struct{}),
		conns:     map[net.Conn]struct{}{},
		sessions:  map[string]*session{},
		cursors:   map[int64]*cursor{},
		images:    map[lungo.Handle]bool{},
		snapshots: map[primitive.Timestamp]*lungo.Transaction{},
	}
	s.wg.Go(s.accept)
	s.wg.Go(s.expire)
	return s, nil
}

// URI is where clients connect. They name a database of their own in its path.
func (s *Server) URI() string { return "mongodb://" + s.listener.Addr().String() + "/" }

// Environ is what tests need to use this server, as NAME=value.
func (s *Server) Environ() []string { return []string{"TEST_MONGODB_URI=" + s.URI()} }

// Close ends all connections and waits for them.
func (s *Server) Close() error {
	close(s.done)
	err := s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close() // its goroutine sees that
	}
	s.mu.Unlock()
	s.engine.Close() // releases who waits for the writer
	s.wg.Wait()
	for _, sess := range s.sessions {
		sess.stop()
	}
	return err
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		s.mu.Lock()
		s.conns[conn] = struct{}{}
		s.mu.Unlock()
		select {
		case <-s.done: // Close may have missed it
			_ = conn.Close()
		default:
		}
		s.wg.Go(func() {
			defer func() {
				s.mu.Lock()
				delete(s.conns, conn)
				s.mu.Unlock()
				_ = conn.Close()
			}()
			s.serve(conn)
		})
	}
}

// serve answers the messages of one connection, one after the other, until it
// ends or speaks something else.
func (s *Server) serve(conn net.Conn) {
	for {
		msg, err := readMessage(conn)
		if err != nil {
			return
		}
		reply, err := s.answer(conn.LocalAddr().String(), msg)
		if err != nil {
			return // cut off, by a fail point
		}
		if msg.silent {
			continue
		}
		if err := writeMessage(conn, msg, reply); err != nil {
			return
		}
	}
}

// errCut asks for the end of the connection in place of an answer.
var errCut = errors.New("mongod: connection cut")

// answer runs one command. Whatever goes wrong inside is an error reply.
func (s *Server) answer(addr string, msg *message) (reply bson.D, err error) {
	defer func() {
		if p := recover(); p != nil { // the engine panics on types it does not know
			reply, err = errorf(8, "UnknownError", "%v", p).reply(), nil
		}
	}()
	cmd, err := parseCommand(msg.body, addr)
	if err != nil {
		return replyTo(err), nil
	}
	if err := s.failPoint(cmd); err != nil {
		if errors.Is(err, errCut) {
			return nil, err
		}
		return replyTo(err), nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if cmd.maxTime > 0 && cmd.name != "getMore" { // there it is the time to wait for changes
		ctx, cancel = context.WithTimeout(ctx, cmd.maxTime)
		defer cancel()
	}
	out, err := s.session(ctx, cmd)
	if err != nil {
		return replyTo(err), nil
	}
	return append(out, bson.E{Key: "ok", Value: 1.0}), nil
}

// expire removes documents by their TTL indexes, round after round.
func (s *Server) expire() {
	tick := time.NewTicker(expireInterval)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-tick.C:
		}
		_ = s.Expire() // a busy writer: next time
	}
}

// Expire removes what is past its time now.
func (s *Server) Expire() error {
	ctx, cancel := context.WithTimeout(context.Background(), expireInterval)
	defer cancel()
	return s.write(ctx, func(txn *lungo.Transaction) error { return txn.Expire() })
}

// Forget drops the history of changes: older resume tokens are lost.
func (s *Server) Forget() { s.changes.forget() }

// write runs f in a transaction of its own, when the writer is free.
func (s *Server) write(ctx context.Context, f func(*lungo.Transaction) error) error {
	txn, err := s.engine.Begin(ctx, true)
	if err != nil {
		return engineError(err)
	}
	defer s.engine.Abort(txn)
	if err := f(txn); err != nil {
		return err
	}
	return s.commit(txn)
}

// commit makes the changes of txn visible, to streams as well.
func (s *Server) commit(txn *lungo.Transaction) error {
	before := s.engine.Catalog().Namespaces[lungo.Oplog].Documents
	events := txn.Catalog().Namespaces[lungo.Oplog].Documents.List
	s.mu.Lock()
	images := map[lungo.Handle]bool{}
	for h, on := range s.images {
		images[h] = on
	}
	s.mu.Unlock()
	return s.changes.append(images, func(add func(bson.D)) error {
		if err := s.engine.Commit(txn); err != nil {
			return engineError(err)
		}
		for _, e := range events {
			if _, old := before.Index[e]; !old {
				add(*e)
			}
		}
		return nil
	})
}

// wait blocks until c is closed or d has passed; false when the server ends.
func (s *Server) wait(c <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-c:
		return true
	case <-timer.C:
		return true
	case <-s.done:
		return false
	}
}

// serverError is an error as clients see it.
type serverError struct {
	code   int32
	name   string
	text   string
	labels []string
	extra  bson.D
}

func errorf(code int32, name, format string, args ...any) *serverError {
	return &serverError{code: code, name: name, text: fmt.Sprintf(format, args...)}
}

func (e *serverError) Error() string { return e.text }

func (e *serverError) reply() bson.D {
	d := bson.D{
		{Key: "ok", Value: 0.0},
		{Key: "errmsg", Value: e.text},
		{Key: "code", Value: e.code},
		{Key: "codeName", Value: e.name},
	}
	if len(e.labels) > 0 {
		labels := bson.A{}
		for _, l := range e.labels {
			labels = append(labels, l)
		}
		d = append(d, bson.E{Key: "errorLabels", Value: labels})
	}
	return append(d, e.extra...)
}

// replyTo turns any error into a reply.
func replyTo(err error) bson.D {
	var e *serverError
	if !errors.As(err, &e) {
		e = engineError(err)
	}
	return e.reply()
}

// engineError gives an error of the engine the code of the original.
func engineError(err error) *serverError {
	var e *serverError
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return errorf(50, "MaxTimeMSExpired", "operation exceeded time limit")
	case errors.Is(err, lungo.ErrEngineClosed), errors.Is(err, io.EOF):
		return errorf(91, "ShutdownInProgress", "the server is shutting down")
	}
	return errorf(2, "BadValue", "%v", err)
}
