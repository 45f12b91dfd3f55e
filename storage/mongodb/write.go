package mongodb

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
)

// command is one command of a Write, made before anything is sent because a
// transaction may run it several times.
type command struct {
	// one says that it touches at most one document, which makes it atomic and
	// retryable by itself. An update of many is neither: it can stop halfway.
	one  bool
	run  func(ctx context.Context) error
	coll *collection
}

// Write sends a single operation on a single document as one command, and
// everything else as a transaction.
func (s *Store) Write(ctx context.Context, ops ...core.Op) error {
	cmds, err := s.commands(ctx, ops)
	switch {
	case err != nil || len(cmds) == 0:
		return fail(ctx, err)
	case len(cmds) == 1 && cmds[0].one:
		return fail(ctx, cmds[0].run(ctx))
	}
	sess, err := s.client.StartSession()
	if err != nil {
		return fail(ctx, err)
	}
	defer sess.EndSession(context.WithoutCancel(ctx))
	outside := ctx
	_, err = sess.WithTransaction(ctx, func(ctx context.Context) (any, error) {
		for _, cmd := range cmds {
			if err := s.lease(outside, cmd.coll); err != nil { // it may be a late attempt
				return nil, err
			}
			if err := cmd.run(ctx); err != nil {
				return nil, err // whatever it is, the transaction ends without effect
			}
		}
		return nil, nil
	}, options.Transaction().SetReadConcern(readconcern.Snapshot()))
	return fail(ctx, err)
}

// commands translates operations. Neighbouring inserts into one collection
// become one command.
func (s *Store) commands(ctx context.Context, ops []core.Op) ([]command, error) {
	var cmds []command
	for i := 0; i < len(ops); {
		c, err := s.collection(ctx, ops[i].Coll)
		if err != nil {
			return nil, err
		}
		n := 1
		if ops[i].Kind == core.OpInsert {
			for i+n < len(ops) && ops[i+n].Kind == core.OpInsert && ops[i+n].Coll == ops[i].Coll {
				n++
			}
		}
		cmd, err := c.command(i, ops[i:i+n])
		if err != nil {
			return nil, err
		}
		cmd.coll = c
		cmds = append(cmds, cmd)
		i += n
	}
	return cmds, nil
}

// command translates one operation, or several inserts. at is the position of
// the first.
func (c *collection) command(at int, ops []core.Op) (command, error) {
	op := ops[0]
	if op.Kind == core.OpInsert {
		return c.insert(ops)
	}
	match, err := c.match(op.Filter)
	if err != nil {
		return command{}, err
	}
	one := pinned(op.Filter)
	matched := func(n int64, err error) error {
		if err == nil && n == 0 && !op.Optional {
			return &core.NoMatch{Op: at}
		}
		return err
	}
	if op.Kind == core.OpDelete {
		return command{one: one, run: func(ctx context.Context) error {
			if one {
				return matched(deleted(c.DeleteOne(ctx, match)))
			}
			return matched(deleted(c.DeleteMany(ctx, match)))
		}}, nil
	}
	update, err := c.update(op.Patch)
	if err != nil {
		return command{}, err
	}
	return command{one: one, run: func(ctx context.Context) error {
		if one {
			return matched(updated(c.UpdateOne(ctx, match, update)))
		}
		return matched(updated(c.UpdateMany(ctx, match, update)))
	}}, nil
}

func (c *collection) insert(ops []core.Op) (command, error) {
	docs := make([]bson.D, len(ops))
	for i, op := range ops {
		d, err := c.document(op.Doc)
		if err != nil {
			return command{}, err
		}
		docs[i] = d
	}
	if len(docs) == 1 {
		return command{one: true, run: func(ctx context.Context) error {
			_, err := c.InsertOne(ctx, docs[0])
			return err
		}}, nil
	}
	return command{run: func(ctx context.Context) error {
		_, err := c.InsertMany(ctx, docs)
		return err
	}}, nil
}

// pinned says whether f asks for one id.
func pinned(f core.Filter) bool {
	switch f.Op {
	case core.OpEq:
		return f.Field == "_id"
	case core.OpAnd:
		for _, a := range f.Args {
			if pinned(a) {
				return true
			}
		}
	}
	return false
}

func updated(r *mongo.UpdateResult, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.MatchedCount, nil
}

func deleted(r *mongo.DeleteResult, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.DeletedCount, nil
}
