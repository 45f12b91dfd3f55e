package web

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// mergeRule is the rule "Field Selection Merging" of the GraphQL specification
// (section 5.3.2) in near-linear time. gqlparser's own compares every pair of
// fields: 10,000 times `__typename` keep it busy for 20 seconds. This one
// compares sets: fields that share a response name form a group, each member
// is held against the first, and the children of all members are merged and
// checked once. A group that comes up again, through a fragment spread in
// several places, is not looked at again.
//
// Nested fragments can still make many different groups, so the selections
// looked at are counted, and the document is refused beyond budget of them.
func mergeRule(budget int) core.RuleFunc {
	return func(observers *core.Events, addError core.AddErrFunc) {
		m := &merger{left: budget, seen: map[groupKey]bool{}, arguments: map[*ast.Field]string{}, ids: map[*ast.Field]uint32{}}
		observers.OnOperation(func(w *core.Walker, op *ast.OperationDefinition) {
			if m.stopped {
				return // the first finding is enough
			}
			m.schema = w.Schema
			m.fail = func(f *ast.Field, message string) {
				if !m.stopped {
					m.stopped = true
					at := op.Position
					if f != nil {
						at = f.Position
					}
					addError(core.Message("%s", message), core.At(at))
				}
			}
			m.check(m.collect(op.SelectionSet), true)
		})
	}
}

type merger struct {
	schema    *ast.Schema
	left      int // selections that may still be looked at
	stopped   bool
	fail      func(at *ast.Field, message string)
	seen      map[groupKey]bool
	arguments map[*ast.Field]string
	ids       map[*ast.Field]uint32
}

// groupKey names a set of fields and how strictly it was checked.
type groupKey struct {
	fields string
	full   bool
}

// check examines the fields of one merged selection set. When full is false,
// the fields can never occur in one object, and only the shapes of their
// values must agree (SameResponseShape in the specification).
func (m *merger) check(fields []*ast.Field, full bool) {
	byName := map[string][]*ast.Field{}
	var names []string
	for _, f := range fields {
		if byName[f.Alias] == nil {
			names = append(names, f.Alias)
		}
		byName[f.Alias] = append(byName[f.Alias], f)
	}
	for _, name := range names {
		if m.stopped {
			return
		}
		m.group(byName[name], full)
	}
}

// group examines fields that share a response name.
func (m *merger) group(group []*ast.Field, full bool) {
	key := groupKey{m.key(group), full}
	if m.seen[key] || !m.spend(len(group)) {
		return
	}
	m.seen[key] = true
	var parts [][]*ast.Field // what may meet in one object
	if full {
		parts = byParent(group)
	}
	for _, part := range parts {
		for _, f := range part[1:] {
			switch first := part[0]; {
			case first.Name != f.Name:
				m.conflict(f, first.Name+" and "+f.Name+" are different fields")
				return
			case m.args(first) != m.args(f):
				m.conflict(f, "they have differing arguments")
				return
			}
		}
	}
	for _, f := range group[1:] {
		if have, want := f.Definition.Type, group[0].Definition.Type; !m.sameShape(want, have) {
			m.conflict(f, "they return conflicting types "+want.String()+" and "+have.String())
			return
		}
	}
	for _, part := range parts {
		m.check(m.children(part), true)
	}
	if len(parts) != 1 {
		m.check(m.children(group), false)
	}
}

// byParent splits a group into the sets of fields that may meet in one object:
// those of one object type, each with those of the interfaces.
func byParent(group []*ast.Field) [][]*ast.Field {
	if len(group) == 1 {
		return [][]*ast.Field{group}
	}
	var abstract []*ast.Field
	var types []string
	byType := map[string][]*ast.Field{}
	for _, f := range group {
		if f.ObjectDefinition.Kind != ast.Object {
			abstract = append(abstract, f)
			continue
		}
		name := f.ObjectDefinition.Name
		if byType[name] == nil {
			types = append(types, name)
		}
		byType[name] = append(byType[name], f)
	}
	if len(types) == 0 {
		return [][]*ast.Field{abstract}
	}
	parts := make([][]*ast.Field, 0, len(types))
	for _, name := range types {
		parts = append(parts, append(byType[name], abstract...))
	}
	return parts
}

// children are the merged selections of all fields.
func (m *merger) children(fields []*ast.Field) []*ast.Field {
	sets := make([]ast.SelectionSet, len(fields))
	for i, f := range fields {
		sets[i] = f.SelectionSet
	}
	return m.collect(sets...)
}

// collect lists the fields of the sets and of the fragments in them, each
// fragment once. What other rules refuse, such as unknown fields, is left out.
func (m *merger) collect(sets ...ast.SelectionSet) []*ast.Field {
	var fields []*ast.Field
	fragments := map[string]bool{}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			if !m.spend(1) {
				return
			}
			switch s := s.(type) {
			case *ast.Field:
				if s.Definition != nil && s.ObjectDefinition != nil {
					fields = append(fields, s)
				}
			case *ast.InlineFragment:
				walk(s.SelectionSet)
			case *ast.FragmentSpread:
				if s.Definition != nil && !fragments[s.Name] {
					fragments[s.Name] = true
					walk(s.Definition.SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		walk(set)
	}
	return fields
}

func (m *merger) spend(n int) bool {
	m.left -= n
	if m.left < 0 {
		m.fail(nil, "The document repeats its fields too often.")
	}
	return !m.stopped
}

func (m *merger) conflict(f *ast.Field, why string) {
	m.fail(f, `Fields "`+f.Alias+`" conflict because `+why+`. Use different aliases to fetch both.`)
}

// key names a set of fields, whatever their order.
func (m *merger) key(fields []*ast.Field) string {
	ids := make([]uint32, len(fields))
	for i, f := range fields {
		id, ok := m.ids[f]
		if !ok {
			id = uint32(len(m.ids))
			m.ids[f] = id
		}
		ids[i] = id
	}
	slices.Sort(ids)
	b := make([]byte, 0, 4*len(ids))
	for _, id := range ids {
		b = append(b, byte(id), byte(id>>8), byte(id>>16), byte(id>>24))
	}
	return string(b)
}

// args is the canonical text of a field's arguments.
func (m *merger) args(f *ast.Field) string {
	if len(f.Arguments) == 0 {
		return ""
	}
	s, ok := m.arguments[f]
	if !ok {
		list := make([]string, len(f.Arguments))
		for i, a := range f.Arguments {
			list[i] = a.Name + ":" + canonical(a.Value)
		}
		slices.Sort(list)
		s = strings.Join(list, ",")
		m.arguments[f] = s
	}
	return s
}

// canonical is the text of a value with the fields of objects sorted: their order
// means nothing.
func canonical(v *ast.Value) string {
	if v.Kind != ast.ObjectValue && v.Kind != ast.ListValue {
		return v.String()
	}
	list := make([]string, len(v.Children))
	for i, c := range v.Children {
		list[i] = c.Name + ":" + canonical(c.Value)
	}
	if v.Kind == ast.ListValue {
		return "[" + strings.Join(list, ",") + "]"
	}
	slices.Sort(list)
	return "{" + strings.Join(list, ",") + "}"
}

// sameShape reports whether values of both types can be merged.
func (m *merger) sameShape(a, b *ast.Type) bool {
	if a.NonNull != b.NonNull || (a.Elem == nil) != (b.Elem == nil) {
		return false
	}
	if a.Elem != nil {
		return m.sameShape(a.Elem, b.Elem)
	}
	ta, tb := m.schema.Types[a.NamedType], m.schema.Types[b.NamedType]
	if ta == nil || tb == nil {
		return true // another rule's finding
	}
	if ta.IsLeafType() || tb.IsLeafType() {
		return ta.Name == tb.Name
	}
	return true
}
