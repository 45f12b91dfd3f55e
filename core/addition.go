package core

import (
	"context"
	"reflect"
)

// Addition is a struct whose fields a project adds to the documents of one of
// Grapnel's own types, by [NewAddition]: a part of its [Spec].
type Addition struct {
	fields reflect.Type
	make   func() any // a new one, with its defaults
	// edit carries out what the context asks for on a copy of one; ok is false
	// when it asks for nothing.
	edit func(ctx context.Context, added any, check *Checker) (after any, guarded []string, ok bool)
}

// NewAddition adds the fields of E, a struct with bson tags; make gives one with
// its defaults.
func NewAddition[E any](make func() *E) *Addition {
	return &Addition{
		fields: reflect.TypeFor[E](),
		make:   func() any { return make() },
		edit: func(ctx context.Context, added any, check *Checker) (any, []string, bool) {
			edits, ok := ctx.Value(editsKey[E]{}).(Edits[E])
			if !ok {
				return nil, nil, false
			}
			after := *added.(*E)
			edits.Apply(&after, check)
			check.constraints(added, &after)
			return &after, edits.Guarded, true
		},
	}
}

// empty is a new struct of the fields; nil for no addition.
func (a *Addition) empty() any {
	if a == nil {
		return nil
	}
	return a.make()
}

type editsKey[E any] struct{}

// WithEdits lets an update of one of Grapnel's own types, made with the context
// through its service, change added fields too.
func WithEdits[E any](ctx context.Context, e Edits[E]) context.Context {
	return context.WithValue(ctx, editsKey[E]{}, e)
}

// AddedFields is the fields of E in a document that was stored or read, of a type
// whose Spec adds them. It panics for another one.
func AddedFields[E any](doc Node) *E { return doc.head().added.(*E) }

// extend makes the edits of added fields that the context asks for.
func (c *Collection[T]) extend(ctx context.Context, before, after *T) error {
	if c.spec.Added == nil {
		return nil
	}
	var check Checker
	added, guarded, ok := c.spec.Added.edit(ctx, headOf(after).added, &check)
	if !ok {
		return nil
	}
	headOf(after).added = added
	if err := c.mayWrite(ctx, Update, guarded, before, after); err != nil {
		return err
	}
	if err := c.checkReferences(ctx, &check, before, after); err != nil {
		return err
	}
	return check.Err()
}

// diffAdded lists the added fields in which two documents differ.
func diffAdded(before, after *Head) Patch {
	if before.added == after.added {
		return nil
	}
	return diff(before.added, after.added)
}
