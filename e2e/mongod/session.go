package mongod

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/256dpi/lungo"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

const (
	maxSessions = 100_000
	// busyTime is how long the start of a transaction waits for the writer.
	busyTime = 5 * time.Millisecond
)

// session remembers the last numbered command of a client's session: an open
// transaction, a committed one, or the reply to a write that may be sent again.
type session struct {
	mu        sync.Mutex
	number    int64
	txn       *lungo.Transaction
	committed bool
	reply     bson.D
	timer     *time.Timer // ends txn
}

// stop keeps the timer of an open transaction from firing later.
func (sess *session) stop() {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	if sess.timer != nil {
		sess.timer.Stop()
	}
}

// session runs a command in the place where it belongs: in an open
// transaction, as a write that is carried out once, or by itself.
func (s *Server) session(ctx context.Context, c *command) (bson.D, error) {
	h, _ := handlers(c.name)
	if c.txnNumber < 0 {
		return s.alone(ctx, h, c)
	}
	s.mu.Lock()
	sess := s.sessions[c.session]
	if sess == nil {
		if len(s.sessions) >= maxSessions {
			s.mu.Unlock()
			return nil, errorf(261, "TooManyLogicalSessions", "too many sessions")
		}
		sess = &session{number: -1}
		s.sessions[c.session] = sess
	}
	s.mu.Unlock()

	sess.mu.Lock()
	defer sess.mu.Unlock()
	if c.txnNumber < sess.number {
		return nil, errorf(225, "TransactionTooOld", "transaction number %d is older than %d", c.txnNumber, sess.number)
	}
	if c.inTxn {
		return s.transact(ctx, sess, h, c)
	}
	if h.use&useWrite == 0 {
		return nil, errorf(72, "InvalidOptions", "txnNumber outside a transaction in %s", c.name)
	}
	if c.txnNumber == sess.number {
		if sess.reply == nil {
			return nil, errorf(217, "IncompleteTransactionHistory", "the number %d belongs to a transaction", c.txnNumber)
		}
		return sess.reply, nil
	}
	s.abort(sess)
	reply, err := s.alone(ctx, h, c)
	if err == nil {
		sess.number, sess.reply, sess.committed = c.txnNumber, reply, false
	}
	return reply, err
}

// alone runs a command outside a transaction.
func (s *Server) alone(ctx context.Context, h handler, c *command) (reply bson.D, err error) {
	if h.use&(useWrite|useAdmin) != 0 {
		err = s.write(ctx, func(txn *lungo.Transaction) error {
			reply, err = h.run(s, txn, c)
			return err
		})
		return reply, err
	}
	if c.consistent == "snapshot" {
		return s.snapshot(ctx, h, c)
	}
	txn, err := s.engine.Begin(ctx, false)
	if err != nil {
		return nil, err
	}
	return h.run(s, txn, c)
}

// maxSnapshots bounds the states that are kept: of those that were read last. The
// original keeps those of the last five minutes.
const maxSnapshots = 16

// snapshot reads the state of a moment: of now, or of that of an earlier command.
func (s *Server) snapshot(ctx context.Context, h handler, c *command) (bson.D, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.at == nil {
		txn, err := s.engine.Begin(ctx, false)
		if err != nil {
			return nil, err
		}
		s.snapshotTime++
		c.at = &primitive.Timestamp{T: uint32(time.Now().Unix()), I: s.snapshotTime}
		s.snapshots[*c.at] = txn
		delete(s.snapshots, s.oldSnapshots[s.snapshotTime%maxSnapshots])
		s.oldSnapshots[s.snapshotTime%maxSnapshots] = *c.at
	}
	txn := s.snapshots[*c.at]
	if txn == nil {
		return nil, errorf(239, "SnapshotTooOld", "Read timestamp %v is older than the oldest available timestamp.", *c.at)
	}
	s.mu.Unlock()
	reply, err := h.run(s, txn, c)
	s.mu.Lock()
	if err == nil {
		cur := reply[0].Value.(bson.D)
		reply[0].Value = slices.Concat(cur, bson.D{{Key: "atClusterTime", Value: *c.at}})
	}
	return reply, err
}

// transact runs a command of a transaction. Any error ends the transaction.
func (s *Server) transact(ctx context.Context, sess *session, h handler, c *command) (bson.D, error) {
	if c.startTxn {
		if c.txnNumber == sess.number {
			return nil, errorf(225, "TransactionTooOld", "transaction %d was started before", c.txnNumber)
		}
		if err := s.begin(ctx, sess, c.txnNumber); err != nil {
			return nil, err
		}
	}
	if c.name == "commitTransaction" && sess.committed && c.txnNumber == sess.number {
		return bson.D{}, nil // sent again
	}
	if sess.txn == nil || c.txnNumber != sess.number {
		e := errorf(251, "NoSuchTransaction", "transaction %d has been aborted or never was", c.txnNumber)
		e.labels = []string{"TransientTransactionError"}
		return nil, e
	}
	switch c.name {
	case "commitTransaction":
		if c.db != "admin" {
			return nil, errorf(13, "Unauthorized", "commitTransaction may only be run against the admin database")
		}
		defer s.abort(sess)
		if err := s.commit(sess.txn); err != nil {
			return nil, err
		}
		sess.committed = true
		return bson.D{}, nil
	case "abortTransaction":
		if c.db != "admin" {
			return nil, errorf(13, "Unauthorized", "abortTransaction may only be run against the admin database")
		}
		s.abort(sess)
		return bson.D{}, nil
	}
	reply, err := h.run(s, sess.txn, c)
	if failed, _ := arg(reply, "writeErrors", bson.A(nil)); err != nil || failed != nil {
		s.abort(sess)
	}
	return reply, err
}

// begin opens a transaction. The engine has one writer: whoever comes second
// is told to try again.
func (s *Server) begin(ctx context.Context, sess *session, number int64) error {
	s.abort(sess)
	sess.number, sess.committed, sess.reply = number, false, nil
	busy, cancel := context.WithTimeout(ctx, busyTime)
	defer cancel()
	txn, err := s.engine.Begin(busy, true)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		e := errorf(112, "WriteConflict", "another transaction holds the writer")
		e.labels = []string{"TransientTransactionError"}
		return e
	}
	if err != nil {
		return err
	}
	sess.txn = txn
	sess.timer = time.AfterFunc(transactionLifetime, func() {
		sess.mu.Lock()
		defer sess.mu.Unlock()
		if sess.txn == txn {
			s.abort(sess)
		}
	})
	return nil
}

// abort ends an open transaction, if there is one, and releases the writer.
func (s *Server) abort(sess *session) {
	if sess.txn != nil {
		s.engine.Abort(sess.txn)
		sess.timer.Stop()
		sess.txn, sess.timer = nil, nil
	}
}

func endSessions(s *Server, _ *lungo.Transaction, c *command) (bson.D, error) {
	list, _ := c.args[0].Value.(bson.A)
	ids, err := documents(list, "id")
	if err != nil {
		return nil, err
	}
	for _, d := range ids {
		id, err := arg(d, "id", primitive.Binary{})
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		sess := s.sessions[string(id.Data)]
		delete(s.sessions, string(id.Data))
		s.mu.Unlock()
		if sess != nil {
			sess.mu.Lock()
			s.abort(sess)
			sess.mu.Unlock()
		}
	}
	return bson.D{}, nil
}
