package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Problem is something that is wrong with a stored document.
type Problem struct {
	Collection, ID string
	Field          string // its path; empty for the document as a whole
	What           string // "holds a String, where an Int is declared"
	// Expected: it may be so without anything being wrong, as a reference to what was
	// deleted later.
	Expected bool
}

func (p Problem) String() string {
	s := p.Collection
	if p.ID != "" {
		s += " " + p.ID
	}
	if p.Field != "" {
		s += ", " + p.Field
	}
	return s + ": " + p.What
}

// Check reads every document of the declared types, a page at a time, and hands to
// found what does not fit its type: what cannot be read, is missing, is of another
// kind, breaks a constraint, or refers to what is not there. It writes nothing, and
// counts the documents.
func Check(ctx context.Context, docs DocStore, declared []Spec, found func(Problem)) (n int64, err error) {
	specs, err := CompleteSpecs(declared)
	if err != nil {
		return 0, err
	}
	old, err := (&Migration{docs: docs}).snapshots(ctx)
	if err != nil {
		return 0, err
	}
	refs := references{docs: docs, specs: specs, found: found, open: map[string][]reference{}}
	for _, name := range slices.Sorted(maps.Keys(specs)) {
		spec := specs[name]
		if last := old[name]; last == nil || last.Audience != spec.audience.String() || newSnapshot(spec).otherPlaces(last) {
			spec = spec.unhidden() // the next start makes the hidden fields anew
		}
		fields := everything(spec, specs)
		for doc, err := range everyDocument(ctx, docs, name) {
			if ctx.Err() != nil {
				return n, ctx.Err()
			}
			if err != nil { // of the collection: the others may be whole
				found(Problem{Collection: name, What: "the documents behind this one cannot be read: " + err.Error()})
				break
			}
			n++
			for _, p := range spec.check(doc, fields) {
				p.Collection, p.ID = name, doc.id
				found(p)
			}
			if err := refs.of(ctx, name, doc, fields); err != nil {
				return n, err
			}
		}
		if err := refs.settle(ctx); err != nil {
			return n, err
		}
	}
	return n, nil
}

// everything is all that a type declares, to be looked at.
func everything(spec Spec, specs map[string]Spec) []*watch {
	declared := newFields(spec.Attributes, nil)
	old := make([]snapshotField, len(declared)) // the documents may hold anything
	for i, f := range declared {
		old[i].Name = f.Name
	}
	w := watcher{old: &snapshot{}, spec: spec, specs: specs, interiors: map[[2]string]*interior{}}
	fields := w.watches(old, declared, spec.Attributes, spec.Type)
	for _, head := range []Attribute{{Name: "version", Kind: Int, Required: true}, {Name: "createdAt", Kind: Time, Required: true}, {Name: "updatedAt", Kind: Time, Required: true}} {
		fields = append(fields, &watch{Attribute: head, look: true})
	}
	return fields
}

// check is what is wrong with one document.
func (s Spec) check(doc storedDoc, fields []*watch) (found []Problem) {
	add := func(field, what string) {
		if !slices.ContainsFunc(found, func(p Problem) bool { return p.Field == field }) { // one thing at a time
			found = append(found, Problem{Field: field, What: what})
		}
	}
	if doc.err != nil {
		add("", doc.err.Error())
		return found
	}
	switch id, ok := doc.fields["_id"].(string); {
	case !ok || id != doc.id:
		add("_id", fmt.Sprintf("the bytes of the document hold the id %q", fmt.Sprint(doc.fields["_id"])))
	case typeOf(id) != s.Prefix:
		add("_id", fmt.Sprintf("does not begin with %q", s.Prefix+"_"))
	}
	visit(fields, "", doc.fields, func(w *watch, path string, v any) {
		if v == nil {
			if w.Required {
				add(path, "has no value, and must have one")
			}
			return
		}
		if what := w.unfit(v); what != "" {
			add(path, fmt.Sprintf("holds %s, where %s is declared", what, w.wants()))
			return
		}
		if n, ok := v.(int64); ok && path == "version" && n < 1 {
			add(path, fmt.Sprintf("holds %d, where 1 or more is due", n))
		}
		list, _ := elementsOf(v)
		for _, s := range w.foreign(list) {
			add(path, fmt.Sprintf("holds %q, which is no declared value", s))
		}
	})
	for _, v := range []any{s.empty(), s.Added.empty()} {
		var at *DecodeError
		if v == nil {
			continue
		}
		if err := doc.Decode(v); errors.As(err, &at) {
			add(cmp.Or(at.Field, "_id"), err.Error())
			continue
		}
		if f := newInspector(reflect.TypeOf(v).Elem(), s).look(reflect.ValueOf(v).Elem()); f != nil {
			add(f.path, f.what)
		}
		if u, ok := v.(*User); ok {
			if _, err := parseHash(u.PasswordHash); err != nil {
				add("passwordHash", "is no hash of a password")
			}
		}
	}
	for _, f := range s.broken(doc) {
		add(f.Path, f.Message)
	}
	if len(found) > 0 {
		return found // what hidden fields are made of may be wrong
	}
	for _, e := range s.mendHidden(doc) {
		add(e.Field, fmt.Sprintf("holds %v, where %v is due: lists do not find the document as they should", doc.fields[e.Field], e.Value))
	}
	return found
}

// Mend gives all documents the hidden fields that the rules ask for; see
// [Spec.Hidden]. The store must be as the declared types have it, or the error says so.
// Before, tables mends what the store finds documents by, if it keeps such beside them.
func Mend(ctx context.Context, docs DocStore, declared []Spec, tables func(context.Context, []Spec) error) error {
	m, err := PlanMigration(ctx, docs, declared)
	if err != nil {
		return err
	}
	if len(m.Steps)+len(m.Refusals) > 0 {
		return Errorf(Conflict, "The database is not as the schema declares it; see the command migrate.")
	}
	if err := m.Apply(ctx); err != nil {
		return err
	}
	if tables != nil {
		if err := tables(ctx, slices.Collect(maps.Values(m.specs))); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.specs)) {
		if s := m.specs[name]; s.hides() {
			if err := fillHidden(ctx, docs, s); err != nil {
				return err
			}
		}
	}
	return nil
}
