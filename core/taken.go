package core

import (
	"context"
	"time"
)

// taken is something that may be used once and was: its id says what. It goes when the thing
// would not be good any more.
type taken struct {
	Head      `bson:",inline"`
	ExpiresAt time.Time `bson:"expiresAt"`
}

// takenSpec describes them. No type of a schema can have a name with an underscore first.
func takenSpec() Spec {
	return Spec{
		Name: "_taken", Prefix: "_taken",
		Fields:  []Field{{Name: "expiresAt", Kind: Time}},
		Expires: "expiresAt",
	}
}

func takenID(what string) string { return takenSpec().Prefix + "_" + sum(what) }

// take notes that something was used; CONFLICT when it was before.
func (a *App) take(ctx context.Context, what string, until time.Time) error {
	return a.docs.Write(ctx, a.taking(what, until))
}

// taking is the operation that does so.
func (a *App) taking(what string, until time.Time) Op {
	t := &taken{ExpiresAt: Millis(until)}
	t.ID = takenID(what)
	a.taken.stamp(t)
	return a.taken.insert(t)
}

// isTaken reports whether something was used.
func (a *App) isTaken(ctx context.Context, what string) (bool, error) {
	return exists(AsSystem(ctx), a.docs, a.taken.spec.Name, Eq("_id", takenID(what)))
}
