package core

import (
	"context"
	"runtime/debug"
)

// Model is the service of a type that the schema declares with @model. What is
// special about a type goes into its [Hooks]; all else is the same for each.
type Model[T any] struct {
	*Collection[T]
	Hooks[T]
	app *App
}

// Hooks are what a project adds to a type in Go; set them before serving. An
// error of a Before hook refuses the write and reaches the caller as it stands,
// when it is an *[Error]. Before hooks may run several times for one write.
type Hooks[T any] struct {
	// BeforeCreate may complete doc. It is called before rules, constraints and
	// references are checked: the write may still be refused, so what has effects
	// elsewhere belongs into AfterChange.
	BeforeCreate func(ctx context.Context, doc *T) error
	// BeforeUpdate may change after, and must not change before. Slices and
	// embedded documents are replaced, never edited. It is called before rules,
	// constraints and references are checked, too.
	BeforeUpdate func(ctx context.Context, before, after *T) error
	BeforeDelete func(ctx context.Context, doc *T) error
	// AfterChange is told what was written, once, in the process that wrote
	// it: before is nil for a create, after for a delete. A panic of it is logged.
	AfterChange func(ctx context.Context, before, after *T)
}

// NewModel is the service of a declared type by the name of its collection. It
// panics when no [Spec] describes it, or twice for one: mistakes in the program.
// Without an App it serves nothing: for those who only look at the schema.
func NewModel[T any](app *App, collection string) *Model[T] {
	if app == nil {
		return &Model[T]{}
	}
	m := &Model[T]{app: app}
	register(app, collection, func(c *Collection[T]) {
		m.Collection = c
		c.remove = func(ctx context.Context, id string) error { return m.Delete(ctx, id, nil) }
	})
	return m
}

// Edits is what a caller wants to write into a document.
type Edits[T any] struct {
	// Guarded are the guarded fields that the caller names, by their stored names.
	Guarded []string
	// Apply writes the values into the document, and reports what cannot be.
	Apply func(*T, *Checker)
}

// constrained is a document, or a struct inside one, that knows the constraints
// of its fields.
type constrained interface{ Constraints(*Checker) }

// Create stores a new document. It is nil without an error when the caller may
// write it but not read it.
func (m *Model[T]) Create(ctx context.Context, e Edits[T]) (*T, error) {
	if m.may(ctx, Create).Op == OpNone {
		return nil, denied(ctx)
	}
	doc := new(T)
	var check Checker
	e.Apply(doc, &check)
	if err := m.mayWrite(ctx, Create, e.Guarded, doc); err != nil {
		return nil, err
	}
	if err := check.Err(); err != nil {
		return nil, err
	}
	if m.BeforeCreate != nil {
		if err := m.BeforeCreate(ctx, doc); err != nil {
			return nil, err
		}
	}
	if err := m.check(ctx, nil, doc); err != nil {
		return nil, err
	}
	if err := m.create(ctx, doc); err != nil {
		return nil, err
	}
	m.changed(ctx, nil, doc)
	return m.shown(ctx, doc), nil
}

// Update changes a document. expected, when not nil, is the version that the
// caller knows: CONFLICT when it differs. The document is nil without an error
// when the caller may no longer read it.
func (m *Model[T]) Update(ctx context.Context, id string, expected *int64, e Edits[T]) (*T, error) {
	var before *T
	after, err := m.update(ctx, id, expected, func(doc *T) ([]Op, error) {
		was := *doc
		before = &was
		var check Checker
		e.Apply(doc, &check)
		if err := m.mayWrite(ctx, Update, e.Guarded, before, doc); err != nil {
			return nil, err
		}
		if err := check.Err(); err != nil {
			return nil, err
		}
		if m.BeforeUpdate != nil {
			if err := m.BeforeUpdate(inTurn(ctx), before, doc); err != nil {
				return nil, err
			}
		}
		return nil, m.check(ctx, before, doc)
	})
	if err != nil {
		return nil, err
	}
	if headOf(after).Version != headOf(before).Version {
		m.changed(ctx, before, after)
	}
	return m.shown(ctx, after), nil
}

// Delete removes a document for good.
func (m *Model[T]) Delete(ctx context.Context, id string, expected *int64) error {
	doc, err := m.delete(ctx, id, expected, m.BeforeDelete)
	if err == nil {
		m.changed(ctx, doc, nil)
	}
	return err
}

// Changed streams the changes of the documents that the caller may see and
// that where finds.
func (m *Model[T]) Changed(ctx context.Context, where Filter) (<-chan *Change[T], error) {
	return m.watch(ctx, where, m.app.Sessions.refresh)
}

// check validates a document before it is stored: the constraints of what is
// new in it, and that what it newly refers to is there for the caller. Values
// from before a constraint was declared stay; before is nil for a new document.
func (m *Model[T]) check(ctx context.Context, before, doc *T) error {
	var check Checker
	if before == nil {
		check.constraints(nil, doc)
		before = new(T)
	} else {
		check.constraints(before, doc)
	}
	if err := m.checkReferences(ctx, &check, before, doc); err != nil {
		return err
	}
	return check.Err()
}

// shown is doc as the caller may read it after its own write; nil when not.
func (m *Model[T]) shown(ctx context.Context, doc *T) *T {
	if m.may(ctx, Read).Match(doc, m.spec.Search) {
		return doc
	}
	return nil
}

// changed calls AfterChange. The write has happened: whatever goes wrong from
// here on must not look as if it had not.
func (m *Model[T]) changed(ctx context.Context, before, after *T) {
	if m.AfterChange == nil {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			m.app.log.ErrorContext(ctx, "AfterChange panicked", "collection", m.spec.Name, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	m.AfterChange(ctx, before, after)
}
