package mongodb

import (
	"context"
	"iter"
	"slices"

	"github.com/grapnel/grapnel/core"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// snapshotPage is how many documents one command of a Snapshot asks for.
const snapshotPage = 500

// Snapshot implements core.DocStore: all commands of a snapshot session read at the time
// of the first one. A server keeps that for minSnapshotHistoryWindowInSeconds, 5 minutes
// if nobody has set it; beyond that it fails with UNAVAILABLE.
func (s *Store) Snapshot(ctx context.Context, read func(core.Snapshot) error) error {
	sess, err := s.client.StartSession(options.Session().SetSnapshot(true))
	if err != nil {
		return fail(ctx, err)
	}
	defer sess.EndSession(context.WithoutCancel(ctx))
	ctx = mongo.NewSessionContext(ctx, sess)
	return read(func(coll string) iter.Seq2[core.Doc, error] { return s.all(ctx, coll) })
}

// all yields the documents of a collection in the order of their ids.
func (s *Store) all(ctx context.Context, coll string) iter.Seq2[core.Doc, error] {
	return func(yield func(core.Doc, error) bool) {
		// A single batch, as many as fit into a reply: the driver's getMore names a read
		// concern in such a session, which belongs to the first command.
		o := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(-snapshotPage).SetProjection(bson.D{{Key: wordsField, Value: 0}})
		filter := bson.D{}
		for {
			cur, err := s.db.Collection(coll).Find(ctx, filter, o)
			n := 0
			for ; err == nil && cur.Next(ctx); n++ {
				d := doc(slices.Clone(cur.Current))
				filter = bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: cur.Current.Lookup("_id")}}}}
				if !yield(d, nil) {
					release(ctx, cur)
					return
				}
			}
			if cur != nil {
				if err == nil {
					err = cur.Err()
				}
				release(ctx, cur)
			}
			if hasCode(err, snapshotCodes) {
				err = core.Wrap(core.Unavailable, err, "MongoDB no longer keeps the state that was being read: set minSnapshotHistoryWindowInSeconds to more than the time this takes.")
			}
			if err != nil {
				yield(nil, fail(ctx, err))
				return
			}
			if n == 0 {
				return
			}
		}
	}
}
