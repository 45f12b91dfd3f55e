package core

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/grapnel/grapnel/core/value"
)

// Migration is what a start changes in the store because the types are not
// declared as they were at the last start, by [PlanMigration].
type Migration struct {
	// Steps are what is done, a sentence each.
	Steps []string
	// Warnings are what nobody will see any more, although it is kept.
	Warnings []string
	// Refusals are why nothing is done, each with its remedy.
	Refusals []string

	docs      DocStore
	specs     map[string]Spec
	forget    []string
	forgotten []string // of forget, those that were there
	fills     map[string][]*watch
	hides     []Spec // whose documents get other hidden fields
	records   []Op   // bring the snapshots to what is declared now
}

// snapshot is a type as the last start that succeeded had it. Its id is the
// name of its collection, since that is where the documents are, whatever the
// type is called.
type snapshot struct {
	Head   `bson:",inline"`
	Type   string          `bson:"type"`
	Prefix string          `bson:"prefix"`
	Fields []snapshotField `bson:"fields"`
	// Embedded are the types inside the documents; nil in a snapshot of a version
	// that did not look inside.
	Embedded []snapshotType `bson:"embedded"`
	// Layout is the rest of what Ensure acts upon, as text.
	Layout string `bson:"layout"`
	// Audience is what the hidden fields of the documents are made by, as text.
	Audience string `bson:"audience"`
	// Places are where documents are looked at for files to which they refer; nil in a
	// snapshot of a version that did not look.
	Places []string `bson:"places"`
	// Removed: no start since then has declared the type.
	Removed bool `bson:"removed"`
	// Singleton: of the documents only the one is shown.
	Singleton bool `bson:"singleton"`
}

// snapshotType is an embedded type.
type snapshotType struct {
	Name   string          `bson:"name"`
	Fields []snapshotField `bson:"fields"`
}

// snapshotField is a field whose values the documents hold.
type snapshotField struct {
	Name     string   `bson:"name"`
	Kind     string   `bson:"kind"`
	Array    bool     `bson:"array"`
	Required bool     `bson:"required"`
	Unique   bool     `bson:"unique"`
	Values   []string `bson:"values"`
	// Reference is the collection that ids lead to.
	Reference string `bson:"reference"`
	// Type is an embedded one.
	Type       string `bson:"type"`
	Constraint string `bson:"constraint"`
	// Removed: values may be left from when it was declared.
	Removed bool `bson:"removed"`
}

// snapshotSpec describes the collection of snapshots. No type of a schema can
// have a name with an underscore first.
func snapshotSpec() Spec {
	return Spec{Name: "_schema", Prefix: "schema", Fields: []Field{{Name: "version", Kind: Int}}}
}

// maxTypes bounds the snapshots that are read.
const maxTypes = 10_000

// PlanMigration finds out what a start with the declared specs would change in
// the store, and what stands in its way. It writes nothing. A store that is nil
// counts as an empty one. The types named in forget are no longer missed when
// they are not declared; their documents stay.
func PlanMigration(ctx context.Context, docs DocStore, declared []Spec, forget ...string) (*Migration, error) {
	specs, err := CompleteSpecs(declared)
	if err != nil {
		return nil, err
	}
	if docs == nil {
		docs = nothing{}
	}
	m, err := planMigration(ctx, docs, specs, forget)
	if err != nil {
		return nil, err
	}
	for _, typ := range forget {
		if !slices.Contains(m.forgotten, typ) {
			return nil, Errorf(Invalid, "There is no type %s to forget: only one that an earlier start knew and that is no longer declared.", typ)
		}
	}
	return m, nil
}

// nothing is a store without documents.
type nothing struct{ DocStore }

func (nothing) Find(context.Context, string, Query) iter.Seq2[Doc, error] {
	return func(func(Doc, error) bool) {}
}

func (nothing) Count(context.Context, string, Query) (int64, error) { return 0, nil }

// Err is the refusals as one error, a line each; nil when there are none.
func (m *Migration) Err() error {
	if len(m.Refusals) == 0 {
		return nil
	}
	return Errorf(Conflict, "The stored documents do not fit the declared types. Nothing was changed.\n- %s", strings.Join(m.Refusals, "\n- "))
}

// Apply brings the store to what is declared, unless there are refusals. It may
// be cut short, and several servers may apply at once: what was declared is
// noted last, so that the next start does again whatever was not finished.
func (m *Migration) Apply(ctx context.Context) error {
	if err := m.Err(); err != nil {
		return err
	}
	if err := m.docs.Ensure(ctx, slices.Collect(maps.Values(m.specs))); err != nil {
		return err
	}
	for _, s := range m.specs {
		if s.Singleton {
			if err := makeOnly(ctx, m.docs, s); err != nil {
				return err
			}
		}
	}
	for coll, fields := range m.fills {
		if err := fillDefaults(ctx, m.docs, coll, fields); err != nil {
			return err
		}
	}
	for _, s := range m.hides {
		if err := fillHidden(ctx, m.docs, s); err != nil {
			return err
		}
	}
	if len(m.records) == 0 {
		return nil
	}
	if err := m.docs.Ensure(ctx, []Spec{snapshotSpec()}); err != nil {
		return err
	}
	err := m.docs.Write(ctx, m.records...)
	if !raced(err) && !isTaken(err, "_id") {
		return err
	}
	// Another server has started meanwhile; most likely it is of the same kind
	// and nothing is left to do.
	again, err := planMigration(ctx, m.docs, m.specs, m.forget)
	if err != nil || len(again.records) == 0 {
		return err
	}
	return again.Apply(ctx)
}

// migrate is what a start does.
func migrate(ctx context.Context, docs DocStore, specs map[string]Spec, log *slog.Logger) error {
	m, err := planMigration(ctx, docs, specs, nil)
	if err != nil {
		return err
	}
	for _, w := range m.Warnings {
		log.WarnContext(ctx, w)
	}
	if len(m.Refusals) == 0 {
		for _, s := range m.Steps { // before, since some take long
			log.InfoContext(ctx, s)
		}
	}
	return m.Apply(ctx)
}

// planMigration compares the specs with the snapshots, and looks at documents
// only where they differ.
func planMigration(ctx context.Context, docs DocStore, specs map[string]Spec, forget []string) (*Migration, error) {
	m := &Migration{docs: docs, specs: specs, forget: forget, fills: map[string][]*watch{}}
	old, err := m.snapshots(ctx)
	if err != nil {
		return nil, err
	}
	var types, added []Spec
	for _, s := range specs {
		if s.Type == "" {
			continue // of core alone
		}
		types = append(types, s)
		if old[s.Name] == nil {
			added = append(added, s)
		}
	}
	byType := func(a, b Spec) int { return cmp.Compare(a.Type, b.Type) }
	slices.SortFunc(types, byType)
	slices.SortFunc(added, byType)
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if s, declared := specs[name]; !declared || s.Type == "" {
			if err := m.missing(ctx, old[name], added); err != nil {
				return nil, err
			}
		}
	}
	for _, s := range types {
		if err := m.compare(ctx, old[s.Name], s); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// snapshots are what the last start declared, by the name of the collection.
func (m *Migration) snapshots(ctx context.Context) (map[string]*snapshot, error) {
	old := map[string]*snapshot{}
	for doc, err := range m.docs.Find(ctx, snapshotSpec().Name, Query{Limit: maxTypes}) {
		if err != nil {
			return nil, err
		}
		s := new(snapshot)
		if err := doc.Decode(s); err != nil {
			return nil, fmt.Errorf("core: decode from %s: %w", snapshotSpec().Name, err)
		}
		old[s.ID] = s
	}
	return old, nil
}

// missing deals with a type whose collection no type has any more.
func (m *Migration) missing(ctx context.Context, old *snapshot, added []Spec) error {
	count, err := m.docs.Count(ctx, old.ID, Query{})
	if err != nil {
		return err
	}
	are := fmt.Sprintf("%s in the collection %q", plural(count, "document is", "documents are"), old.ID)
	names := make([]string, len(added))
	moved := false
	for i, s := range added {
		names[i] = s.Type
		moved = moved || s.Type == old.Type
	}
	directive := fmt.Sprintf("@model(collection: %q, idPrefix: %q)", old.ID, old.Prefix)
	switch {
	case slices.Contains(m.forget, old.Type):
		m.forgotten = append(m.forgotten, old.Type)
		m.step("The type %s is forgotten; its %s still.", old.Type, are)
		m.erase(old)
	case old.Removed:
	case count == 0:
		m.step("The type %s is no longer declared, and had no documents.", old.Type)
		m.erase(old)
	case moved:
		m.refuse("The type %[1]s is declared with another collection, and its %[2]s. To keep them, write %[3]s on %[1]s. To begin without them, run the command: migrate --forget %[1]s",
			old.Type, are, directive)
	case len(added) == 1:
		m.refuse("The type %[1]s is gone, whose %[2]s, and the type %[3]s is new. If that is its new name, keep the documents: write %[4]s on %[3]s. If %[1]s was removed, run the command: migrate --forget %[1]s",
			old.Type, are, names[0], directive)
	case len(added) > 1:
		m.refuse("The type %[1]s is gone, whose %[2]s, and these are new: %[3]s. If one of them is its new name, keep the documents: write %[4]s on it. If %[1]s was removed, run the command: migrate --forget %[1]s",
			old.Type, are, strings.Join(names, ", "), directive)
	default:
		m.warn("The type %s is no longer declared; its %s still.", old.Type, are)
		now := *old
		now.Removed = true
		m.record(old, &now)
	}
	return nil
}

// compare deals with a declared type; old is nil for a new one.
func (m *Migration) compare(ctx context.Context, old *snapshot, spec Spec) error {
	now := newSnapshot(spec)
	if old != nil {
		now.Head = old.Head
		now.Fields = keepRemoved(old.Fields, now.Fields)
		for i, t := range now.Embedded {
			now.Embedded[i].Fields = keepRemoved(old.embedded(t.Name), t.Fields)
		}
		if reflect.DeepEqual(old, now) {
			return nil
		}
	}
	count, err := m.docs.Count(ctx, spec.Name, Query{})
	if err != nil {
		return err
	}
	m.record(old, now)
	switch {
	case old == nil && count == 0:
		m.step("The collection %q is made, for the new type %s.", spec.Name, spec.Type)
		return nil
	case old == nil:
		m.step("The %s in the collection %q, and become those of the type %s.", plural(count, "document is", "documents are"), spec.Name, spec.Type)
		old = &snapshot{Type: spec.Type, Prefix: spec.Prefix, Layout: now.Layout}
		for _, f := range now.Fields { // they may hold anything
			old.Fields = append(old.Fields, snapshotField{Name: f.Name})
		}
	case old.Type != spec.Type:
		m.step("The documents of %s, in the collection %q, become those of %s.", old.Type, spec.Name, spec.Type)
	}
	if old.Layout != now.Layout {
		m.step("The indexes of %s are brought to what it declares.", spec.Type)
	}
	if count == 0 {
		return nil
	}
	if now.Singleton && !old.Singleton {
		m.warn("There is only one %s from now on; its %s, but nobody will see any but %s.", spec.Type, plural(count, "document is kept", "documents are kept"), spec.OnlyID())
	}
	otherAudience, otherPlaces := old.Audience != now.Audience, now.otherPlaces(old)
	if otherAudience {
		m.step("Who may read %s is written into its %s.", spec.Type, plural(count, "document", "documents"))
	}
	if otherPlaces {
		m.step("The files to which its %s are written into them.", plural(count, "document refers", "documents refer"))
	}
	if otherAudience || otherPlaces {
		m.hides = append(m.hides, spec)
	}
	if old.Prefix != spec.Prefix {
		m.refuse(`The ids of %[1]s begin with "%[2]s_", and with the idPrefix %[3]q that is declared now nobody would find the %[4]s. Write @model(idPrefix: %[2]q) on %[1]s.`,
			spec.Type, old.Prefix, spec.Prefix, plural(count, "document", "documents"))
	}
	for _, f := range now.Fields {
		if f.Removed && !old.field(f.Name).Removed {
			m.warn("The type %s no longer has the field %s; its values stay in the documents.", spec.Type, f.Name)
		}
	}
	for _, t := range now.Embedded {
		for _, f := range t.Fields {
			if f.Removed && !fieldIn(old.embedded(t.Name), f.Name).Removed {
				m.warn("The type %s no longer has the field %s; its values stay in the documents of %s until they are written anew.", t.Name, f.Name, spec.Type)
			}
		}
	}
	w := watcher{old: old, spec: spec, specs: m.specs, interiors: map[[2]string]*interior{}}
	return m.look(ctx, spec, w.watches(old.Fields, now.Fields, spec.Attributes, spec.Type), now.tighter(old))
}

// look finds out whether the documents fit what the watched fields declare.
func (m *Migration) look(ctx context.Context, spec Spec, fields []*watch, constraints bool) error {
	if len(fields) == 0 && !constraints {
		return nil
	}
	s, err := survey(ctx, m.docs, spec, fields, constraints)
	if err != nil {
		return err
	}
	for _, f := range s.found {
		m.Refusals = append(m.Refusals, f.refusals()...)
		if f.fill && f.lacking.n > 0 {
			m.step("%s gets its default, %s, in %s.", capital(f.where()), literal(f.Default), plural(f.lacking.n, "document", "documents"))
			m.fills[spec.Name] = fields
		}
	}
	for _, said := range slices.Sorted(maps.Keys(s.broken)) {
		c := s.broken[said]
		m.warn("A constraint of %s is broken by %s, such as %s: %s. They can be read; whoever changes them there must mend it.", spec.Type, plural(c.n, "document", "documents"), c.first, said)
	}
	if s.damaged.n > 0 {
		m.warn("%s of %s cannot be read at all, such as %s: run the command check.", plural(s.damaged.n, "document", "documents"), spec.Type, s.damaged.first)
	}
	return nil
}

// literal writes a default as the schema does, except that enums get quotes.
func literal(v any) string {
	switch v := v.(type) {
	case value.JSON:
		return string(v)
	case string:
		return strconv.Quote(v)
	case value.Date, value.Decimal:
		return strconv.Quote(fmt.Sprint(v))
	}
	return fmt.Sprint(v)
}

// watcher finds the fields of a type that allow less than they did.
type watcher struct {
	old       *snapshot
	spec      Spec
	specs     map[string]Spec
	interiors map[[2]string]*interior // by the names of an embedded type, then and now
}

// watches are these fields, and those that have such fields inside.
func (b *watcher) watches(old, now []snapshotField, attributes []Attribute, owner string) []*watch {
	return slices.DeleteFunc(b.fields(old, now, attributes, owner), func(w *watch) bool {
		return !slices.ContainsFunc(every([]*watch{w}), func(w *watch) bool { return w.look })
	})
}

func (b *watcher) fields(old, now []snapshotField, attributes []Attribute, owner string) []*watch {
	var out []*watch
	for _, f := range now {
		was := fieldIn(old, f.Name)
		a := attributeOf(attributes, b.spec.Fields, f.Name)
		w := &watch{Attribute: a, owner: owner, unique: f.Unique, prefix: b.specs[f.Reference].Prefix}
		w.Required = f.Required
		// Values that must differ cannot all be the default.
		w.fill = a.Default != nil && !f.Unique && (was == nil || was.Removed || f.Required && !was.Required)
		switch {
		case f.Removed:
			continue
		case was == nil && !f.Required && !w.fill: // no document can hold it
			continue
		case was == nil || f.narrower(*was):
			w.look = true
		}
		if f.Type != "" && was != nil {
			w.inside = b.interior(was.Type, f.Type)
		}
		out = append(out, w)
	}
	return out
}

// interior is what to look at inside an embedded type that was the type then.
func (b *watcher) interior(then, now string) *interior {
	names := [2]string{then, now}
	if i := b.interiors[names]; i != nil {
		return i
	}
	i := &interior{}
	b.interiors[names] = i
	fields := newFields(b.spec.Embedded[now], nil)
	old := b.old.embedded(then)
	if old == nil { // the documents may hold anything
		for _, f := range fields {
			old = append(old, snapshotField{Name: f.Name})
		}
	}
	i.fields = b.fields(old, fields, b.spec.Embedded[now], now+" inside "+b.spec.Type)
	return i
}

// keepRemoved is now with the fields of old that are declared no more.
func keepRemoved(old, now []snapshotField) []snapshotField {
	for _, f := range old {
		if fieldIn(now, f.Name) == nil {
			f.Removed = true
			now = append(now, f)
		}
	}
	return now
}

// tighter reports whether a constraint is declared otherwise than it was.
func (s *snapshot) tighter(old *snapshot) bool {
	if old.Embedded == nil {
		return false
	}
	changed := func(old, now []snapshotField) bool {
		return slices.ContainsFunc(now, func(f snapshotField) bool {
			was := fieldIn(old, f.Name)
			return was != nil && !f.Removed && f.Constraint != "" && f.Constraint != was.Constraint
		})
	}
	return changed(old.Fields, s.Fields) || slices.ContainsFunc(s.Embedded, func(t snapshotType) bool {
		return changed(old.embedded(t.Name), t.Fields)
	})
}

// narrower reports whether documents that fitted was may not fit f.
func (f snapshotField) narrower(was snapshotField) bool {
	if was.Removed || f.Kind != was.Kind || f.Reference != was.Reference && f.Reference != "" || f.Array != was.Array || f.Required && !was.Required || f.Unique && !was.Unique {
		return true
	}
	return len(f.Values) > 0 && (len(was.Values) == 0 || slices.ContainsFunc(was.Values, func(v string) bool { return !slices.Contains(f.Values, v) }))
}

func newSnapshot(s Spec) *snapshot {
	now := &snapshot{Head: Head{ID: s.Name, Version: 1}, Type: s.Type, Prefix: s.Prefix, Singleton: s.Singleton}
	unique, columns := map[string]bool{}, []string{}
	for _, f := range s.Fields {
		unique[f.Name] = f.Unique
		columns = append(columns, f.Name+" "+kindNames[f.Kind])
	}
	now.Fields = newFields(s.Attributes, unique)
	for _, f := range s.Fields {
		if f.Unique && now.field(f.Name) == nil {
			now.Fields = append(now.Fields, newFields([]Attribute{attributeOf(nil, s.Fields, f.Name)}, unique)...)
		}
	}
	now.Embedded = []snapshotType{}
	for _, name := range slices.Sorted(maps.Keys(s.Embedded)) {
		now.Embedded = append(now.Embedded, snapshotType{Name: name, Fields: newFields(s.Embedded[name], nil)})
	}
	slices.Sort(columns)
	now.Layout = fmt.Sprint(columns, s.Indexes, s.Search, s.Bulk, s.Expires)
	now.Audience = s.audience.String()
	now.Places = s.places()
	return now
}

// newFields are declared attributes as a snapshot has them.
func newFields(attributes []Attribute, unique map[string]bool) []snapshotField {
	fields := []snapshotField{}
	for _, a := range attributes {
		fields = append(fields, snapshotField{
			Name: a.Name, Kind: a.kindName(), Array: a.Array, Unique: unique[a.Name],
			Required: a.Required && !a.Array, // an absent list is an empty one
			Values:   append([]string{}, a.Values...), Reference: a.Reference, Type: a.Type, Constraint: a.Constraint,
		})
	}
	return fields
}

func (s *snapshot) field(name string) *snapshotField { return fieldIn(s.Fields, name) }

// embedded is the fields of an embedded type; nil when it is not known.
func (s *snapshot) embedded(name string) []snapshotField {
	for _, t := range s.Embedded {
		if t.Name == name {
			return t.Fields
		}
	}
	return nil
}

func fieldIn(fields []snapshotField, name string) *snapshotField {
	i := slices.IndexFunc(fields, func(f snapshotField) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return &fields[i]
}

// attributeOf is a declared attribute, or a field that only core knows as one.
func attributeOf(attributes []Attribute, fields []Field, name string) Attribute {
	for _, a := range attributes {
		if a.Name == name {
			return a
		}
	}
	for _, f := range fields {
		if f.Name == name {
			return Attribute{Name: f.Name, Kind: f.Kind, Array: f.Array}
		}
	}
	return Attribute{Name: name}
}

func (m *Migration) step(format string, args ...any) {
	m.Steps = append(m.Steps, fmt.Sprintf(format, args...))
}

func (m *Migration) warn(format string, args ...any) {
	m.Warnings = append(m.Warnings, fmt.Sprintf(format, args...))
}

func (m *Migration) refuse(format string, args ...any) {
	m.Refusals = append(m.Refusals, fmt.Sprintf(format, args...))
}

// record has Apply note what is declared now. It is pinned to the snapshot that
// was read: when several servers start at once, one of them notes it.
func (m *Migration) record(old, now *snapshot) {
	coll := snapshotSpec().Name
	if old == nil {
		m.records = append(m.records, Op{Kind: OpInsert, Coll: coll, Doc: now})
		return
	}
	m.records = append(m.records, Op{Kind: OpUpdate, Coll: coll, Filter: And(Eq("_id", old.ID), Eq("version", old.Version)), Patch: append(diff(old, now), Inc("version", 1))})
}

func (m *Migration) erase(old *snapshot) {
	m.records = append(m.records, Op{Kind: OpDelete, Coll: snapshotSpec().Name, Filter: And(Eq("_id", old.ID), Eq("version", old.Version))})
}
