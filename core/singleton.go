package core

import (
	"context"
	"time"
)

// OnlyID is the id of the one document of a Singleton.
func (s Spec) OnlyID() string { return s.Prefix + "_only" }

// OnlyID is the id of the one document of a type that is a singleton.
func (c *Collection[T]) OnlyID() string { return c.spec.OnlyID() }

// Only is the one document of a type that is a singleton; NOT_FOUND when the caller may
// not see it.
func (c *Collection[T]) Only(ctx context.Context) (*T, error) { return c.Get(ctx, c.OnlyID()) }

// makeOnly stores the one document of a singleton, with the defaults of its fields,
// unless it is there.
func makeOnly(ctx context.Context, docs DocStore, s Spec) error {
	if there, err := exists(ctx, docs, s.Name, Eq("_id", s.OnlyID())); there || err != nil {
		return err
	}
	doc, now := s.New(), Millis(time.Now())
	*doc.(Node).head() = Head{ID: s.OnlyID(), Version: 1, CreatedAt: now, UpdatedAt: now}
	ops := []Op{{Kind: OpInsert, Coll: s.Name, Doc: s.Whole(doc)}}
	var defaults Patch
	for _, a := range s.Attributes {
		if a.Default != nil {
			defaults = append(defaults, Set(a.Name, a.Default))
		}
	}
	if len(defaults) > 0 {
		ops = append(ops, Op{Kind: OpUpdate, Coll: s.Name, Filter: Eq("_id", s.OnlyID()), Patch: defaults})
	}
	if err := docs.Write(ctx, ops...); !isTaken(err, "_id") { // by another server that starts
		return err
	}
	return nil
}
