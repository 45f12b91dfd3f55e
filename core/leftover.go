package core

import (
	"context"
	"crypto/rand"
	"strings"
	"time"
)

const (
	// objectPrefix begins the keys of all files.
	objectPrefix = "assets/"
	// attemptLife bounds the time in which one attempt may write its bytes.
	attemptLife = 2 * time.Hour
	// attemptGrace is left to what an attempt has set going, and to clocks that
	// differ, before its bytes are taken for abandoned.
	attemptGrace = time.Hour
	// signedGrace is the same behind the end of a signature: a store may still take
	// what was begun before, for as long as it comes.
	signedGrace = 24 * time.Hour
	// readGrace lets those read on who have begun with bytes that others replace.
	readGrace = time.Minute
	// sweepEvery is the pause of the sweep; what this process leaves wakes it.
	sweepEvery = time.Minute
	// sweepRetry is the pause before bytes are tried again that could not be deleted.
	sweepRetry = 10 * time.Minute
)

// LeftoverState says what is to become of bytes.
type LeftoverState string

// The states. Reserved bytes are those of an attempt, which an asset may take until
// they are Deleting; from then on nobody can.
const (
	Reserved LeftoverState = "RESERVED"
	Deleting LeftoverState = "DELETING"
)

// Leftover names an object that no asset names: the bytes of a file that was deleted,
// of an upload that failed, or those that are made to replace others. Every object is
// named by an asset or a leftover from before it exists until it is gone, and the sweep
// of leftovers alone deletes bytes. Its id tells the key.
type Leftover struct {
	Head  `bson:",inline"`
	State LeftoverState `bson:"state"`
	// Due is when the sweep comes for the bytes.
	Due time.Time `bson:"due"`
	// Until is when nobody can write them any more: they are deleted once more then,
	// and the record with them.
	Until time.Time `bson:"until"`
	// OwnerID is whose quota they count for still, and Held how much: a signed request
	// to the store can bring them back until then.
	OwnerID string `bson:"ownerId"`
	Held    int64  `bson:"held"`
}

// leftoverSpec describes leftovers, which no schema declares and only the system knows.
func leftoverSpec() Spec {
	return Spec{
		Name: "leftovers", Prefix: "left",
		Fields:  []Field{{Name: "state"}, {Name: "due", Kind: Time}, {Name: "ownerId"}},
		Indexes: [][]string{{"due"}, {"ownerId"}},
	}
}

func leftoverID(key string) string { return "left_" + strings.TrimPrefix(key, objectPrefix) }

func (l *Leftover) key() string { return objectPrefix + strings.TrimPrefix(l.ID, "left_") }

// newKey is where one attempt to store the bytes of an asset puts them: no two share
// a key, so that nothing that comes late can meet the bytes of another. Keys sort as
// the ids of their assets do.
func newKey(asset string) string { return objectPrefix + asset + "." + strings.ToLower(rand.Text()) }

// leftovers keeps the records, and deletes the bytes that they name.
type leftovers struct {
	docs    *Collection[Leftover]
	objects ObjectStore
	now     func() time.Time
	wake    bell   // of the sweep of this process
	quota   *quota // nil where nothing is held
}

func newLeftovers(docs *Collection[Leftover], objects ObjectStore, now func() time.Time) *leftovers {
	return &leftovers{docs: docs, objects: objects, now: now, wake: newBell()}
}

func (l *leftovers) make(key string, state LeftoverState, due, until time.Time) *Leftover {
	now := Millis(l.now())
	return &Leftover{
		Head:  Head{ID: leftoverID(key), Version: 1, CreatedAt: now, UpdatedAt: now},
		State: state, Due: Millis(due), Until: Millis(until),
	}
}

// reserve names an object that is about to be written, beside the one that its asset
// has. The attempt must end within attemptLife.
func (l *leftovers) reserve(ctx context.Context, key string) error {
	end := l.now().Add(attemptLife + attemptGrace)
	return l.docs.docs.Write(ctx, l.docs.insert(l.make(key, Reserved, end, end)))
}

// claim is the operation by which an asset takes reserved bytes; it matches nothing
// once the sweep has come.
func (l *leftovers) claim(key string) Op {
	return Op{Kind: OpDelete, Coll: l.docs.spec.Name, Filter: And(Eq("_id", leftoverID(key)), Eq("state", Reserved))}
}

// abandon leaves bytes, which nobody writes after until, to the sweep, once it is
// inserted.
func (l *leftovers) abandon(key string, due, until time.Time) *Leftover {
	if now := l.now(); until.Before(now) {
		until = now
	}
	return l.make(key, Deleting, due, until)
}

// hurry has the sweep come now for bytes that are left already.
func (l *leftovers) hurry(ctx context.Context, key string) error {
	err := l.docs.docs.Write(ctx, Op{
		Kind: OpUpdate, Coll: l.docs.spec.Name, Filter: Eq("_id", leftoverID(key)), Optional: true,
		Patch: Patch{Set("due", Millis(l.now()))},
	})
	l.wake.ring()
	return err
}

// adopt deletes bytes that no record names, by giving them one: so what is cut short
// goes on.
func (l *leftovers) adopt(ctx context.Context, key string) error {
	now := l.now()
	left := l.abandon(key, now, now)
	if err := l.docs.docs.Write(ctx, l.docs.insert(left)); err != nil {
		return err
	}
	return l.remove(ctx, left)
}

// sweep deletes the bytes that are due, up to a page of them, and says whether there
// may be more. Several processes may do so side by side.
func (l *leftovers) sweep(ctx context.Context) (more bool, err error) {
	ctx = AsSystem(ctx)
	due, _, err := l.docs.find(ctx, Query{
		Filter: Lte("due", Millis(l.now())), Order: []Order{{Field: "due"}, {Field: "_id"}}, Limit: MaxPage,
	})
	if err != nil || len(due) == 0 {
		return false, err
	}
	// In this order: what is due now was left before a hold that is taken later.
	if held, err := heldBack(ctx, l.docs.docs, l.now()); held || err != nil {
		return false, err
	}
	const enough = 3 // failures: the store is away
	failures := 0
	for _, left := range due {
		if failed := l.remove(ctx, left); failed != nil {
			if err = failed; ctx.Err() != nil {
				return false, err
			}
			if failures++; failures == enough {
				return false, err
			}
		}
	}
	return len(due) == MaxPage, err
}

// remove deletes bytes, and their record when nobody can write them again.
func (l *leftovers) remove(ctx context.Context, left *Leftover) error {
	this := Eq("_id", left.ID)
	write := func(op Op) error {
		op.Coll, op.Filter = l.docs.spec.Name, And(this, op.Filter)
		return l.docs.docs.Write(ctx, op)
	}
	if left.State == Reserved {
		err := write(Op{Kind: OpUpdate, Filter: Eq("state", Reserved), Patch: Patch{Set("state", Deleting)}})
		if raced(err) {
			return nil // an asset took them, or another sweep did this step
		}
		if err != nil {
			return err
		}
	}
	now := l.now() // before the bytes go: what is written later is not missed
	if err := l.objects.Delete(ctx, left.key()); err != nil {
		// Others are not to wait behind it.
		_ = write(Op{Kind: OpUpdate, Patch: Patch{Set("due", Millis(now.Add(sweepRetry)))}, Optional: true})
		return err
	}
	if now.Before(left.Until) {
		return write(Op{Kind: OpUpdate, Patch: Patch{Set("due", left.Until)}, Optional: true})
	}
	count, err := l.quota.settle(ctx, left.OwnerID, -left.Held)
	if err != nil {
		return err
	}
	err = l.docs.docs.Write(ctx, append([]Op{{Kind: OpDelete, Coll: l.docs.spec.Name, Filter: this}}, count...)...)
	if raced(err) {
		return nil // another sweep did it
	}
	return err
}
