package core

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// references looks up where those that documents hold lead, a page together, and
// reports those that lead nowhere.
type references struct {
	docs  DocStore
	specs map[string]Spec
	found func(Problem)
	open  map[string][]reference // not yet looked up, by the collection that they lead to
}

// reference is an id in a document.
type reference struct {
	coll, holder, field string
	to                  string
}

// of takes those that a document holds in the declared fields.
func (r *references) of(ctx context.Context, coll string, doc storedDoc, fields []*watch) error {
	var full []string
	visit(fields, "", doc.fields, func(w *watch, path string, v any) {
		if w.prefix == "" {
			return
		}
		list, isList := elementsOf(v)
		for i, e := range list {
			id, ok := e.(string)
			if !ok || w.isForeign(e) {
				continue // found by its form
			}
			at := path
			if isList {
				at = At(path, i)
			}
			r.open[w.Reference] = append(r.open[w.Reference], reference{coll, doc.id, at, id})
			if len(r.open[w.Reference]) == surveyPage {
				full = append(full, w.Reference)
			}
		}
	})
	for _, to := range full {
		if err := r.look(ctx, to); err != nil {
			return err
		}
	}
	return nil
}

// settle looks up what is left.
func (r *references) settle(ctx context.Context) error {
	for _, to := range slices.Sorted(maps.Keys(r.open)) {
		if err := r.look(ctx, to); err != nil {
			return err
		}
	}
	return nil
}

// look looks up the open references to a collection: mostly all lead to something,
// which a count tells.
func (r *references) look(ctx context.Context, to string) error {
	open := r.open[to]
	r.open[to] = open[:0]
	missing := map[string]bool{}
	for _, ref := range open {
		missing[ref.to] = true
	}
	ids := slices.Sorted(maps.Keys(missing))
	for chunk := range slices.Chunk(ids, surveyPage) {
		there, err := r.there(ctx, to, chunk)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil { // others can be looked up all the same
			r.found(Problem{Collection: to, What: "it cannot be found out whether references lead there: " + err.Error()})
		}
		for _, id := range there {
			delete(missing, id)
		}
	}
	for _, ref := range open {
		if !missing[ref.to] {
			continue
		}
		p := Problem{Collection: ref.coll, ID: ref.holder, Field: ref.field, What: fmt.Sprintf("leads to %q, which is not there", ref.to)}
		if p.Expected = r.specs[to].deletable(); p.Expected {
			p.What += " any more"
		}
		r.found(p)
	}
	return nil
}

// there are those of ids that documents have; all where that cannot be found out.
func (r *references) there(ctx context.Context, coll string, ids []string) (there []string, err error) {
	n, err := r.docs.Count(ctx, coll, Query{Filter: In("_id", ids)})
	if err != nil || n == int64(len(ids)) {
		return ids, err
	}
	for doc, err := range r.docs.Find(ctx, coll, Query{Filter: In("_id", ids), Limit: len(ids), Identify: true}) {
		if err != nil {
			return ids, err
		}
		there = append(there, doc.ID())
	}
	return there, nil
}

// deletable reports whether some rule lets somebody delete documents.
func (s Spec) deletable() bool {
	return slices.ContainsFunc(s.Rules, func(r Rule) bool { return r.Verbs&Delete != 0 })
}
