package mongodb

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/grapnel/grapnel/core"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// awaitTime is how long the server holds an answer back for changes to come.
// It is shorter than callTimeout, so a quiet stream is no timeout.
const awaitTime = 5 * time.Second

// stream is a change stream on the database that survives what ends the
// driver's: a call whose context ended.
type stream struct {
	store *Store
	live  []string
	cs    *mongo.ChangeStream // nil after an error
	token bson.Raw            // where a new one goes on
}

var _ core.Stream = (*stream)(nil)

// Changes opens a stream on the live collections. Resume tokens outlive this
// process and are good for any other on the same database.
func (s *Store) Changes(ctx context.Context, after core.Token) (core.Stream, error) {
	st := &stream{store: s, token: bson.Raw(after)}
	if after != nil && st.token.Validate() != nil {
		return nil, core.ErrTokenLost
	}
	s.mu.RLock()
	for name, c := range s.colls {
		if c.spec.Live {
			st.live = append(st.live, name)
		}
	}
	s.mu.RUnlock()
	slices.Sort(st.live)
	if err := st.open(ctx); err != nil {
		return nil, streamFail(ctx, err)
	}
	return st, nil
}

// open asks for large events in fragments, which servers before 6.0.9 cannot do.
func (st *stream) open(ctx context.Context) error {
	err := st.watch(ctx, bson.D{{Key: "$changeStreamSplitLargeEvent", Value: bson.D{}}})
	if hasCode(err, stageCodes) {
		err = st.watch(ctx)
	}
	return err
}

func (st *stream) watch(ctx context.Context, more ...bson.D) error {
	pipeline := mongo.Pipeline{
		{{Key: "$match", Value: bson.D{
			{Key: "operationType", Value: bson.D{{Key: "$in", Value: bson.A{"insert", "update", "replace", "delete"}}}},
			{Key: "ns.coll", Value: bson.D{{Key: "$in", Value: st.live}}},
		}}},
		{{Key: "$unset", Value: bson.A{"fullDocument." + wordsField, "fullDocumentBeforeChange." + wordsField, "updateDescription"}}},
	}
	o := options.ChangeStream().
		SetFullDocument(options.WhenAvailable).
		SetFullDocumentBeforeChange(options.WhenAvailable).
		SetMaxAwaitTime(awaitTime)
	if st.token != nil {
		o.SetResumeAfter(st.token)
	}
	cs, err := st.store.db.Watch(ctx, append(pipeline, more...), o)
	if err != nil {
		return err
	}
	st.cs, st.token = cs, cs.ResumeToken()
	return nil
}

// Next is not for several goroutines at once. After an error it may be called
// again and goes on behind the last event.
func (st *stream) Next(ctx context.Context) (core.Event, error) {
	if st.cs == nil {
		if err := st.open(ctx); err != nil {
			return core.Event{}, streamFail(ctx, err)
		}
	}
	for {
		parts, err := st.parts(ctx)
		if err != nil {
			return core.Event{}, err
		}
		st.token = st.cs.ResumeToken()
		e, err := readEvent(parts)
		if err == nil && e.Before != nil && e.After != nil && bytes.Equal(e.Before.BSON(), e.After.BSON()) {
			continue // only hidden words were made anew
		}
		return e, err
	}
}

// parts waits for the next event: one document, or the fragments of a large one, each of
// which has some of its fields. The token stays before it until all of them are there.
func (st *stream) parts(ctx context.Context) (parts []bson.Raw, err error) {
	for {
		if err := st.advance(ctx, len(parts) == 0); err != nil {
			return nil, err
		}
		split, ok := st.cs.Current.Lookup("splitEvent").DocumentOK()
		if !ok {
			return []bson.Raw{st.cs.Current}, nil
		}
		parts = append(parts, slices.Clone(st.cs.Current))
		n, _ := split.Lookup("fragment").AsInt64OK()
		of, _ := split.Lookup("of").AsInt64OK()
		if n != int64(len(parts)) {
			return nil, core.ErrTokenLost
		}
		if n == of {
			return parts, nil
		}
	}
}

// advance waits for the next document; between says that no event has begun.
func (st *stream) advance(ctx context.Context, between bool) error {
	for {
		if err := outdated(st.store.ensured()); err != nil {
			return err
		}
		if st.cs.TryNext(ctx) {
			return nil
		}
		// Also without an event the position moves on, so that a quiet stream
		// does not fall out of the oplog.
		if between {
			st.token = st.cs.ResumeToken()
		}
		err := st.cs.Err()
		if err == nil && st.cs.ID() != 0 {
			continue
		}
		st.close()
		if err == nil {
			return core.ErrTokenLost // the database was dropped
		}
		return streamFail(ctx, err)
	}
}

// streamFail is fail for streams: an event that is too large to be sent is lost, and so
// is the way past it.
func streamFail(ctx context.Context, err error) error {
	if hasCode(err, sizeCodes) {
		return core.ErrTokenLost
	}
	return fail(ctx, err)
}

// Close gives back the cursor.
func (st *stream) Close() error {
	st.close()
	return nil
}

func (st *stream) close() {
	if st.cs == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = st.cs.Close(ctx) // reports the error that Next has reported
	st.cs = nil
}

// readEvent reads a change. Images that the server no longer keeps are lost
// changes: without them nobody knows who may hear of it.
func readEvent(parts []bson.Raw) (core.Event, error) {
	lookup := func(path ...string) (v bson.RawValue) {
		for i := 0; i < len(parts) && v.IsZero(); i++ {
			v = parts[i].Lookup(path...)
		}
		return v
	}
	op, _ := lookup("operationType").StringValueOK()
	coll, _ := lookup("ns", "coll").StringValueOK()
	id, _ := lookup("documentKey", "_id").StringValueOK()
	e := core.Event{Coll: coll, ID: id, Token: slices.Clone(parts[len(parts)-1].Lookup("_id").Value)}
	if after, ok := lookup("fullDocument").DocumentOK(); ok {
		e.After = doc(slices.Clone(after))
	}
	if before, ok := lookup("fullDocumentBeforeChange").DocumentOK(); ok {
		e.Before = doc(slices.Clone(before))
	}
	if (e.Before == nil) != (op == "insert") || (e.After == nil) != (op == "delete") {
		return core.Event{}, core.ErrTokenLost
	}
	return e, nil
}
