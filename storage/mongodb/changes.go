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
		return nil, fail(ctx, err)
	}
	return st, nil
}

func (st *stream) open(ctx context.Context) error {
	pipeline := mongo.Pipeline{
		{{Key: "$match", Value: bson.D{
			{Key: "operationType", Value: bson.D{{Key: "$in", Value: bson.A{"insert", "update", "replace", "delete"}}}},
			{Key: "ns.coll", Value: bson.D{{Key: "$in", Value: st.live}}},
		}}},
		{{Key: "$unset", Value: bson.A{"fullDocument." + wordsField, "fullDocumentBeforeChange." + wordsField}}},
	}
	o := options.ChangeStream().
		SetFullDocument(options.WhenAvailable).
		SetFullDocumentBeforeChange(options.WhenAvailable).
		SetMaxAwaitTime(awaitTime)
	if st.token != nil {
		o.SetResumeAfter(st.token)
	}
	cs, err := st.store.db.Watch(ctx, pipeline, o)
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
			return core.Event{}, fail(ctx, err)
		}
	}
	for {
		if err := st.advance(ctx); err != nil {
			return core.Event{}, err
		}
		st.token = st.cs.ResumeToken()
		e, err := readEvent(st.cs.Current)
		if err == nil && e.Before != nil && e.After != nil && bytes.Equal(e.Before.BSON(), e.After.BSON()) {
			continue // only hidden words were made anew
		}
		return e, err
	}
}

// advance waits for the next event.
func (st *stream) advance(ctx context.Context) error {
	for !st.cs.TryNext(ctx) {
		// Also without an event the position moves on, so that a quiet stream
		// does not fall out of the oplog.
		st.token = st.cs.ResumeToken()
		err := st.cs.Err()
		if err == nil && st.cs.ID() != 0 {
			continue
		}
		st.close()
		if err == nil {
			return core.ErrTokenLost // the database was dropped
		}
		return fail(ctx, err)
	}
	return nil
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
func readEvent(raw bson.Raw) (core.Event, error) {
	op, _ := raw.Lookup("operationType").StringValueOK()
	coll, _ := raw.Lookup("ns", "coll").StringValueOK()
	id, _ := raw.Lookup("documentKey", "_id").StringValueOK()
	e := core.Event{Coll: coll, ID: id, Token: slices.Clone(raw.Lookup("_id").Value)}
	if after, ok := raw.Lookup("fullDocument").DocumentOK(); ok {
		e.After = doc(slices.Clone(after))
	}
	if before, ok := raw.Lookup("fullDocumentBeforeChange").DocumentOK(); ok {
		e.Before = doc(slices.Clone(before))
	}
	if (e.Before == nil) != (op == "insert") || (e.After == nil) != (op == "delete") {
		return core.Event{}, core.ErrTokenLost
	}
	return e, nil
}
