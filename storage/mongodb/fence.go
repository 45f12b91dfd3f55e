package mongodb

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/grapnel/grapnel/core"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// The fence keeps programs that declare a type otherwise from its collection. One
// document for each collection holds the fingerprint of the Spec that is in force. No
// read and no write asks for it: each store looks several times within a lease, and works
// for a lease after each look. So who has noted another fingerprint need only wait for
// somewhat longer than that, until nobody works by the old one.
const (
	fenceCollection = "_fence"
	fenceLease      = 2 * time.Second
)

// fence is what a store knows of it.
type fence struct {
	lease   time.Duration
	looked  atomic.Pointer[moment] // when the last look that succeeded was begun
	stop    context.CancelFunc
	stopped chan struct{}
}

// moment is one by both clocks. The monotonic one stands still while the machine is
// suspended; the other one may be set back.
type moment struct{ steady, wall time.Time }

func now() moment {
	t := time.Now()
	return moment{t, t.Round(0)}
}

// over reports whether the lease is, by either clock.
func (f *fence) over(now moment) bool {
	at := f.looked.Load()
	return max(now.steady.Sub(at.steady), now.wall.Sub(at.wall)) > f.lease
}

// every is the time from one look to the next.
func (f *fence) every() time.Duration { return f.lease / 4 }

// settle is until nobody works by what was in force before: it leaves time to what was
// sent at the end of a lease.
func (f *fence) settle() time.Duration { return f.lease * 3 / 2 }

// raise notes the Specs of collections that are being ensured. Where others were
// in force it waits until no store works by them.
func (s *Store) raise(ctx context.Context, colls []*collection) error {
	start := now()
	noted, err := s.fingerprints(ctx)
	if err != nil {
		return err
	}
	settle, changed := false, false
	for _, c := range colls {
		was := noted[c.spec.Name]
		if was == c.fingerprint {
			continue
		}
		settle, changed = settle || was != "", true
		if err := s.put(ctx, fenceCollection, c.spec.Name, bson.D{{Key: "spec", Value: c.fingerprint}}); err != nil {
			return err
		}
	}
	if settle {
		select {
		case <-time.After(s.fence.settle()):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if !changed {
		s.compare(start, noted, colls)
	} else if err := s.look(ctx, colls...); err != nil {
		return err
	}
	return outdated(colls) // others may have begun since
}

// fingerprints are those in force, by the names of the collections.
func (s *Store) fingerprints(ctx context.Context) (map[string]string, error) {
	cur, err := s.db.Collection(fenceCollection).Find(ctx, bson.D{}, options.Find().SetProjection(bson.D{{Key: "spec", Value: 1}}))
	if err != nil {
		return nil, err
	}
	var list []struct {
		Coll string `bson:"_id"`
		Spec string `bson:"spec"`
	}
	err = cur.All(ctx, &list)
	noted := make(map[string]string, len(list))
	for _, f := range list {
		noted[f.Coll] = f.Spec
	}
	return noted, err
}

// look marks collections, and all that were ensured, that are outdated.
func (s *Store) look(ctx context.Context, colls ...*collection) error {
	start := now()
	noted, err := s.fingerprints(ctx)
	if err == nil {
		s.compare(start, noted, colls)
	}
	return err
}

// compare does so by what was in force at a moment.
func (s *Store) compare(at moment, noted map[string]string, colls []*collection) {
	for _, c := range append(s.ensured(), colls...) {
		if spec, ok := noted[c.spec.Name]; ok && spec != c.fingerprint {
			c.stale.Store(true)
		}
	}
	s.fence.looked.Store(&at)
}

func outdated(colls []*collection) error {
	for _, c := range colls {
		if c.stale.Load() {
			return core.ErrOutdated
		}
	}
	return nil
}

// follow looks again and again, until Close.
func (s *Store) follow(ctx context.Context) {
	defer close(s.fence.stopped)
	tick := time.NewTicker(s.fence.every())
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if len(s.ensured()) > 0 {
			_ = s.look(ctx) // what fails now is tried again, at the latest by who needs it
		}
	}
}

// lease lets a call go to the server, for collections that were ensured and whose Specs
// were in force within the lease.
func (s *Store) lease(ctx context.Context, colls ...*collection) error {
	if s.fence.over(now()) {
		if err := s.look(ctx); err != nil {
			return err
		}
	}
	return outdated(colls)
}
