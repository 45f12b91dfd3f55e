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

// maxBatch bounds the documents of one reply.
const maxBatch = 1000

// Find yields the documents of q, one find command for all of them.
func (s *Store) Find(ctx context.Context, coll string, q core.Query) iter.Seq2[core.Doc, error] {
	return func(yield func(core.Doc, error) bool) {
		cur, err := s.find(ctx, coll, q)
		if err != nil {
			yield(nil, fail(ctx, err))
			return
		}
		defer func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
			defer cancel()
			_ = cur.Close(ctx) // nothing depends on it; the server drops idle cursors
		}()
		for cur.Next(ctx) {
			if !yield(doc(slices.Clone(cur.Current)), nil) { // Current is reused
				return
			}
		}
		if err := cur.Err(); err != nil {
			yield(nil, fail(ctx, err))
		}
	}
}

func (s *Store) find(ctx context.Context, coll string, q core.Query) (*mongo.Cursor, error) {
	c := s.readable(coll)
	f := q.Filter
	if q.After != nil {
		behind, err := after(q.Order, q.After)
		if err != nil {
			return nil, err
		}
		f = core.And(f, behind)
	}
	match, err := c.match(f)
	if err != nil {
		return nil, err
	}
	sort, err := c.sort(q.Order)
	if err != nil {
		return nil, err
	}
	// One more than the limit, so that the first reply can say that it is all.
	o := options.Find().SetLimit(int64(q.Limit)).SetBatchSize(int32(min(q.Limit, maxBatch)) + 1)
	if len(sort) > 0 {
		o.SetSort(sort)
	}
	var without bson.D
	if len(c.spec.Search) > 0 {
		without = append(without, bson.E{Key: wordsField, Value: 0})
	}
	if q.Brief {
		for _, name := range c.spec.Bulk {
			without = append(without, bson.E{Key: name, Value: 0})
		}
	}
	if without != nil {
		o.SetProjection(without)
	}
	return c.Find(ctx, match, o)
}

func (c *collection) sort(order []core.Order) (bson.D, error) {
	var keys bson.D
	for _, o := range order {
		if _, ok := c.fields[o.Field]; !ok {
			return nil, core.Errorf(core.Internal, "mongodb: the field %q of %q is not declared", o.Field, c.spec.Name)
		}
		dir := 1
		if o.Desc {
			dir = -1
		}
		keys = append(keys, bson.E{Key: o.Field, Value: dir})
	}
	return keys, nil
}

// Count counts the matching documents, not the collection's metadata.
func (s *Store) Count(ctx context.Context, coll string, f core.Filter) (int64, error) {
	c := s.readable(coll)
	match, err := c.match(f)
	if err != nil {
		return 0, fail(ctx, err)
	}
	n, err := c.CountDocuments(ctx, match)
	return n, fail(ctx, err)
}
