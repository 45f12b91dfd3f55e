package core

import (
	"context"
	"crypto/rand"
	"strings"
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

// takeHold takes a hold, as spec describes it, and returns a context that ends when it can no longer be renewed,
// and what gives it back.
func takeHold(ctx context.Context, docs DocStore, spec Spec) (context.Context, func(), error) {
	h := &hold{Head: Head{ID: "hold_" + strings.ToLower(rand.Text()), Version: 1}, Until: Millis(time.Now().Add(holdLife))}
	coll, this := spec.Name, Eq("_id", h.ID)
	if err := docs.Ensure(ctx, []Spec{spec}); err != nil {
		return nil, nil, err
	}
	if err := docs.Write(ctx, Op{Kind: OpInsert, Coll: coll, Doc: h}); err != nil {
		return nil, nil, err
	}
	held, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		last := time.Now()
		for {
			select {
			case <-held.Done():
				return
			case <-time.After(holdRenew):
			}
			now := time.Now()
			err := docs.Write(held, Op{Kind: OpUpdate, Coll: coll, Filter: this, Patch: Patch{Set("until", Millis(now.Add(holdLife)))}})
			if err == nil {
				last = now
			} else if time.Since(last) > holdLife-2*holdRenew {
				cancel(Wrap(Unavailable, err, "The hold on files could not be renewed; begin again."))
			}
		}
	}()
	release := func() {
		cancel(nil)
		<-done
		ctx, cancel := aside(ctx)
		defer cancel()
		_ = docs.Write(ctx, Op{Kind: OpDelete, Coll: coll, Filter: this, Optional: true}) // else it expires
	}
	return held, release, nil
}

// heldBack reports whether somebody has a hold at a time.
func heldBack(ctx context.Context, docs DocStore, now time.Time) (bool, error) {
	for _, err := range docs.Find(ctx, holdSpec().Name, Query{Filter: Gt("until", Millis(now)), Limit: 1}) {
		return err == nil, err
	}
	return false, nil
}
