package core

import (
	"context"
	"reflect"
)

// addition is a struct whose fields a project adds to the documents of one of
// Grapnel's own types.
type addition struct {
	make func() any // a new one, with its defaults
	// edit carries out what the context asks for on a copy of one; ok is false
	// when it asks for nothing.
	edit func(ctx context.Context, added any, check *Checker) (after any, guarded []string, ok bool)
	// stored is a struct of a document and of its added fields, both inline.
	stored reflect.Type
}

// Extend adds the fields of E, a struct with bson tags, to the documents of c.
// make gives one with its defaults. Call it before anything is read.
func Extend[T, E any](c *Collection[T], make func() *E) {
	inline := func(name string, t reflect.Type) reflect.StructField {
		return reflect.StructField{Name: name, Type: t, Tag: `bson:",inline"`}
	}
	c.added = &addition{
		make:   func() any { return make() },
		stored: reflect.StructOf([]reflect.StructField{inline("Document", reflect.TypeFor[T]()), inline("Added", reflect.TypeFor[E]())}),
		edit: func(ctx context.Context, added any, check *Checker) (any, []string, bool) {
			edits, ok := ctx.Value(editsKey[E]{}).(Edits[E])
			if !ok {
				return nil, nil, false
			}
			after := *added.(*E)
			edits.Apply(&after, check)
			if v, ok := any(&after).(constrained); ok {
				v.Constraints(check)
			}
			return &after, edits.Guarded, true
		},
	}
}

type editsKey[E any] struct{}

// WithEdits lets an update of one of Grapnel's own types, made with the context
// through its service, change added fields too.
func WithEdits[E any](ctx context.Context, e Edits[E]) context.Context {
	return context.WithValue(ctx, editsKey[E]{}, e)
}

// AddedFields is the fields of E in a document whose type [Extend] was told to add.
func AddedFields[E any](doc Node) *E {
	added, ok := doc.head().added.(*E)
	if !ok {
		return new(E)
	}
	return added
}

// extend makes the edits of added fields that the context asks for.
func (c *Collection[T]) extend(ctx context.Context, before, after *T) error {
	if c.added == nil {
		return nil
	}
	var check Checker
	added, guarded, ok := c.added.edit(ctx, headOf(after).added, &check)
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

// whole is what is stored of a new document.
func (e *addition) whole(doc any, h *Head) any {
	if e == nil {
		return doc
	}
	if h.added == nil {
		h.added = e.make()
	}
	v := reflect.New(e.stored)
	v.Elem().Field(0).Set(reflect.ValueOf(doc).Elem())
	v.Elem().Field(1).Set(reflect.ValueOf(h.added).Elem())
	return v.Interface()
}

// diff lists the added fields in which two documents differ.
func (e *addition) diff(before, after *Head) Patch {
	if e == nil || before.added == after.added {
		return nil
	}
	return diff(before.added, after.added)
}
