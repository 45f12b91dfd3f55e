package core

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	// holdLife is how long a hold is good that nobody renews: its process was killed.
	holdLife = 5 * time.Minute
	// holdRenew is how often it is renewed.
	holdRenew = time.Minute
)

// hold keeps the sweeps of all processes from deleting bytes while it lasts. A backup
// takes one before it reads the records: then the bytes that they name stay until it has
// read them, too. A sweep that has begun before deletes only what was left before, which
// no such record names.
type hold struct {
	Head  `bson:",inline"`
	Until time.Time `bson:"until"`
}

// holdSpec describes holds, which no schema declares and only the system knows.
func holdSpec() Spec {
	return Spec{Name: "holds", Prefix: "hold", Fields: []Field{{Name: "until", Kind: Time}}, Expires: "until"}
}

// errHeld says that somebody has the hold.
var errHeld = errors.New("somebody else has this hold")

// takeHold takes the hold with this id, as spec describes it; errHeld when it is taken. It
// returns a context that ends when the hold can no longer be renewed, and what gives it back.
func takeHold(ctx context.Context, docs DocStore, spec Spec, id string) (_ context.Context, giveBack func(), err error) {
	now := time.Now()
	h := &hold{Head: Head{ID: id, Version: rand.Int64()}, Until: Millis(now.Add(holdLife))} // the version says whose it is
	coll, mine := spec.Name, And(Eq("_id", id), Eq("version", h.Version))
	if err := docs.Ensure(ctx, []Spec{spec}); err != nil {
		return nil, nil, err
	}
	err = docs.Write(ctx, Op{Kind: OpDelete, Coll: coll, Filter: And(Eq("_id", id), Lte("until", Millis(now))), Optional: true}, Op{Kind: OpInsert, Coll: coll, Doc: h})
	if isTaken(err, "_id") {
		return nil, nil, errHeld
	}
	if err != nil {
		return nil, nil, err
	}
	held, cancel := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		last := now
		for {
			select {
			case <-held.Done():
				return
			case <-time.After(holdRenew):
			}
			now := time.Now()
			err := docs.Write(held, Op{Kind: OpUpdate, Coll: coll, Filter: mine, Patch: Patch{Set("until", Millis(now.Add(holdLife)))}})
			if err == nil {
				last = now
			} else if raced(err) || time.Since(last) > holdLife-2*holdRenew {
				cancel(Wrap(Unavailable, err, "What nobody else may do meanwhile took too long; begin again."))
			}
		}
	}()
	return held, func() {
		cancel(nil)
		<-renewed
		ctx, cancel := aside(ctx)
		defer cancel()
		_ = docs.Write(ctx, Op{Kind: OpDelete, Coll: coll, Filter: mine, Optional: true}) // else it expires
	}, nil
}

// heldBack reports whether somebody has a hold at a time.
func heldBack(ctx context.Context, docs DocStore, now time.Time) (bool, error) {
	return exists(ctx, docs, holdSpec().Name, Gt("until", Millis(now)))
}
