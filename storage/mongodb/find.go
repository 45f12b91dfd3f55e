package mongodb

import (
	"context"
	"encoding/binary"
	"iter"
	"math"
	"slices"

	"github.com/grapnel/grapnel/core"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const (
	// maxBatch bounds the documents of one reply.
	maxBatch = 1000
	// maxUnion bounds the queries of one command, far below the 1000 stages
	// that a server allows.
	maxUnion = 100
	// markField is the hidden field that says which query of a union found a
	// document. It never leaves the adapter.
	markField = "_q"
)

// Find yields the documents of q, one find command for all of them.
func (s *Store) Find(ctx context.Context, coll string, q core.Query) iter.Seq2[core.Doc, error] {
	return func(yield func(core.Doc, error) bool) {
		var cur *mongo.Cursor
		err := read(ctx, func(ctx context.Context) (err error) {
			cur, err = s.find(ctx, coll, q) // with the first documents, mostly all
			return err
		})
		if err != nil {
			yield(nil, fail(ctx, err))
			return
		}
		defer release(ctx, cur)
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

// read runs f, which asks the server, as a part of what its operation may read. Only the
// server knows that it has worked for too long: a client that hears nothing in time
// cannot tell that from a server that is away.
func read(ctx context.Context, f func(context.Context) error) error {
	return core.ReadingOf(ctx).Do(ctx, func(within context.Context) error {
		err := f(within)
		if err == nil || hasCode(err, timeCodes) {
			return err
		}
		return fail(ctx, err)
	})
}

// release gives a cursor back, also when ctx has ended.
func release(ctx context.Context, cur *mongo.Cursor) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	_ = cur.Close(ctx) // nothing depends on it; the server drops idle cursors
}

func (s *Store) find(ctx context.Context, coll string, q core.Query) (*mongo.Cursor, error) {
	c, err := s.readable(ctx, coll)
	if err != nil {
		return nil, err
	}
	r, err := c.request(q)
	if err != nil {
		return nil, err
	}
	// One more than the limit, so that the first reply can say that it is all.
	o := options.Find().SetLimit(int64(q.Limit)).SetBatchSize(int32(min(q.Limit, maxBatch)) + 1)
	if len(r.sort) > 0 {
		o.SetSort(r.sort)
	}
	if len(r.without) > 0 {
		o.SetProjection(r.without)
	}
	if r.index != "" {
		o.SetHint(r.index)
	}
	return c.Find(ctx, r.match, o)
}

// FindEach sends one aggregate command for each 100 queries: the pipeline of
// the first of them, and a $unionWith for each other one. Each walks an index
// of its own and stops at its limit.
func (s *Store) FindEach(ctx context.Context, coll string, qs []core.Query) ([][]core.Doc, error) {
	c, err := s.collection(ctx, coll)
	if err != nil {
		return nil, fail(ctx, err)
	}
	each := make([][]core.Doc, 0, len(qs))
	for part := range slices.Chunk(qs, maxUnion) {
		var docs [][]core.Doc
		err := read(ctx, func(ctx context.Context) (err error) {
			docs, err = c.union(ctx, part)
			return err
		})
		if err != nil {
			return nil, fail(ctx, err)
		}
		each = append(each, docs...)
	}
	return each, nil
}

// union answers queries with one command, or none when nothing can match. The
// server runs the branches in turn, so those of one query come in its order.
func (c *collection) union(ctx context.Context, qs []core.Query) ([][]core.Doc, error) {
	var pipeline mongo.Pipeline
	total := 0
	for i, q := range qs {
		if q.Filter.Op == core.OpNone {
			continue
		}
		r, err := c.request(q)
		if err != nil {
			return nil, err
		}
		branch := r.branch(q.Limit, i)
		if pipeline == nil {
			pipeline = branch
		} else {
			pipeline = append(pipeline, bson.D{{Key: "$unionWith", Value: bson.D{{Key: "coll", Value: c.Name()}, {Key: "pipeline", Value: branch}}}})
		}
		total += q.Limit
	}
	each := make([][]core.Doc, len(qs))
	if pipeline == nil {
		return each, nil
	}
	// The answer is kept as a whole, so one reply may hold as much as it can.
	cur, err := c.Aggregate(ctx, pipeline, options.Aggregate().SetBatchSize(int32(min(total, math.MaxInt32-1))+1))
	if err != nil {
		return nil, err
	}
	defer release(ctx, cur)
	for cur.Next(ctx) {
		i, d, err := unmark(cur.Current)
		if err != nil {
			return nil, err
		}
		each[i] = append(each[i], d)
	}
	return each, cur.Err()
}

// request is a query in the words of the server.
type request struct {
	match, sort bson.D
	without     bson.D // the projection
	index       string // the name of the one to walk; empty leaves it to the server
}

func (c *collection) request(q core.Query) (r request, err error) {
	f, index := way(c.spec.Plan(q))
	r.index = index
	if q.After != nil {
		behind, err := after(q.Order, q.After)
		if err != nil {
			return r, err
		}
		f = core.And(f, behind)
	}
	if q.Before != nil {
		before, err := after(core.Reversed(q.Order), q.Before)
		if err != nil {
			return r, err
		}
		f = core.And(f, before)
	}
	if r.match, err = c.match(f); err != nil {
		return r, err
	}
	if r.sort, err = c.sort(q.Order); err != nil {
		return r, err
	}
	if len(c.spec.Search) > 0 {
		r.without = append(r.without, bson.E{Key: wordsField, Value: 0})
	}
	if q.Brief {
		for _, name := range c.spec.Bulk {
			r.without = append(r.without, bson.E{Key: name, Value: 0})
		}
	}
	return r, nil
}

// way joins the arms of a query. The server walks an index for each, and merges them in
// order; it can be told only of one.
func way(arms []core.Arm) (f core.Filter, index string) {
	ways := make([]core.Filter, len(arms))
	for i, a := range arms {
		ways[i] = a.Filter
	}
	f = core.Or(ways...)
	if len(arms) != 1 || arms[0].Index == nil || searches(f) {
		return f, ""
	}
	if fields := arms[0].Index; len(fields) > 0 {
		return f, indexName(append(slices.Clone(fields), "_id")...)
	}
	return f, "_id_"
}

// searches reports whether f asks for words, which have indexes of their own.
func searches(f core.Filter) (is bool) {
	f.Walk(func(f core.Filter) { is = is || f.Op == core.OpSearch })
	return is
}

// branch is the pipeline of the request, whose documents carry mark at their end.
func (r request) branch(limit, mark int) mongo.Pipeline {
	p := mongo.Pipeline{{{Key: "$match", Value: r.match}}}
	if len(r.sort) > 0 {
		p = append(p, bson.D{{Key: "$sort", Value: r.sort}})
	}
	p = append(p, bson.D{{Key: "$limit", Value: int64(limit)}})
	if len(r.without) > 0 {
		p = append(p, bson.D{{Key: "$project", Value: r.without}})
	}
	return append(p, bson.D{{Key: "$set", Value: bson.D{{Key: markField, Value: int32(mark)}}}})
}

// unmark takes the mark off a document, which it copies.
func unmark(raw bson.Raw) (mark int, d doc, err error) {
	fields, err := raw.Elements()
	if err != nil {
		return 0, nil, err
	}
	if n := len(fields); n > 0 && fields[n-1].Key() == markField { // $set puts a new field last
		if i, ok := fields[n-1].Value().Int32OK(); ok {
			d = slices.Clone(doc(raw[:len(raw)-len(fields[n-1])]))
			d[len(d)-1] = 0
			binary.LittleEndian.PutUint32(d, uint32(len(d)))
			return int(i), d, nil
		}
	}
	return 0, nil, core.Errorf(core.Internal, "mongodb: a document without the mark of its query")
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
func (s *Store) Count(ctx context.Context, coll string, q core.Query) (int64, error) {
	c, err := s.readable(ctx, coll)
	if err != nil {
		return 0, fail(ctx, err)
	}
	f, index := way(c.spec.CountArms(q))
	match, err := c.match(f)
	if err != nil {
		return 0, fail(ctx, err)
	}
	o := options.Count()
	if index != "" {
		o.SetHint(index)
	}
	if q.Limit > 0 {
		o.SetLimit(int64(q.Limit))
	}
	var n int64
	err = read(ctx, func(ctx context.Context) (err error) {
		n, err = c.CountDocuments(ctx, match, o)
		return err
	})
	return n, fail(ctx, err)
}
