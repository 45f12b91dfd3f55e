package ruletest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/core"
)

// suite is a project with the tables of its types.
type suite struct {
	project Project
	schema  *ast.Schema
	models  []*model
	files   core.ObjectStore    // of all runs: no two of them upload the same asset
	stored  map[string][]string // the fields of each collection, those that core adds among them
	unique  map[string][]string // the unique ones
}

// model is a type with its table and the paths that lead to its records.
type model struct {
	table *Table
	spec  core.Spec
	// Names of root fields.
	byID, list, changed string            // of a singleton, byID needs none, and there is no list
	lookups             map[string]string // the argument of each query by a value
	searches            bool
	where               *ast.Definition
	orders              []string
	links               []link
	nested              []link
	// fields selects every field of a record that holds a value of its own.
	fields string
}

// link is a field of another model that leads to records, by the attribute of
// the side that stores it.
type link struct {
	from *model
	// within are the embedded values in which the field stands, from the outermost on.
	within []core.Attribute
	field  string
	attr   core.Attribute
}

// String is the way from a record of the other model.
func (l link) String() string {
	var b strings.Builder
	for _, a := range l.within {
		b.WriteString(a.Name + ".")
	}
	return b.String() + l.field
}

// selection selects what the link leads to, in a record of the other model.
func (l link) selection() string {
	selection := "{ " + l.field + " { ...all } }"
	for _, a := range slices.Backward(l.within) {
		selection = "{ " + a.Name + " " + selection + " }"
	}
	return selection
}

// path leads on from a record of the other model: through the first of the embedded
// values where there is a list of them.
func (l link) path(path ...any) []any {
	path = slices.Clone(path)
	for _, a := range l.within {
		if path = append(path, a.Name); a.Array {
			path = append(path, 0)
		}
	}
	return append(path, l.field)
}

func newSuite(p Project, tables []Table) (*suite, error) {
	s := &suite{project: p, schema: p.Schema(nil).Schema(), stored: map[string][]string{}, unique: map[string][]string{}}
	complete, err := core.CompleteSpecs(p.Specs)
	if err != nil {
		return nil, err
	}
	for name, spec := range complete {
		for _, f := range spec.Fields {
			s.stored[name] = append(s.stored[name], f.Name)
			if f.Unique {
				s.unique[name] = append(s.unique[name], f.Name)
			}
		}
	}
	for i, t := range tables {
		at := slices.IndexFunc(p.Specs, func(s core.Spec) bool { return s.Type == t.Model })
		if at < 0 {
			return nil, fmt.Errorf("there is a table for %s, which is no model", t.Model)
		}
		s.models = append(s.models, &model{table: &tables[i], spec: p.Specs[at]})
	}
	for _, m := range s.models {
		if err := s.explore(m); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *suite) named(name string) *model {
	at := slices.IndexFunc(s.models, func(m *model) bool { return m.table.Model == name })
	if at < 0 {
		return nil
	}
	return s.models[at]
}

// explore finds the paths to the records of m in the schema.
func (s *suite) explore(m *model) error {
	name := m.spec.Type
	m.lookups = map[string]string{}
	for _, f := range s.schema.Query.Fields {
		switch {
		case f.Type.Name() == name+"Connection":
			m.list = f.Name
			m.searches = f.Arguments.ForName("search") != nil
		case f.Type.Name() == name && m.spec.Singleton:
			m.byID = f.Name
		case f.Type.Name() != name || len(f.Arguments) != 1:
		case f.Arguments[0].Name == "id":
			m.byID = f.Name
		default:
			m.lookups[f.Name] = f.Arguments[0].Name
		}
	}
	if s.schema.Subscription != nil {
		for _, f := range s.schema.Subscription.Fields {
			if f.Type.Name() == name+"Change" {
				m.changed = f.Name
			}
		}
	}
	if m.where = s.schema.Types[name+"Where"]; m.where != nil {
		for _, v := range s.schema.Types[name+"OrderField"].EnumValues {
			m.orders = append(m.orders, v.Name)
		}
	}
	m.fields = s.selection(s.schema.Types[name], 3)
	if m.byID == "" || (m.list == "" || m.where == nil) != m.spec.Singleton || (m.changed != "") != m.spec.Live {
		return fmt.Errorf("the schema lacks a query of %s", name)
	}
	for _, other := range s.models {
		for _, f := range s.schema.Types[other.spec.Type].Fields {
			if f.Type.Name() == name+"Connection" {
				m.nested = append(m.nested, link{from: other, field: f.Name, attr: onlyReference(m.spec, other.spec.Name)})
			}
		}
		if other != m {
			m.links = append(m.links, s.linksTo(name, other, other.spec.Type, other.spec.Attributes, nil)...)
		}
	}
	for _, l := range slices.Concat(m.links, m.nested) {
		if l.attr.Name == "" {
			return fmt.Errorf("%s.%s leads by no known reference", l.from.spec.Type, l)
		}
	}
	for _, a := range m.spec.Attributes {
		if a.Guard != nil && s.schema.Types[name].Fields.ForName(a.Name) == nil {
			return fmt.Errorf("%s.%s is a guarded reference, which ruletest does not know yet", name, a.Name)
		}
	}
	return nil
}

// linksTo finds the links to records of a type in another model: in its own fields, or in
// those of an embedded type.
func (s *suite) linksTo(name string, other *model, in string, attributes, within []core.Attribute) (links []link) {
	for _, f := range s.schema.Types[in].Fields {
		if f.Type.Name() == name {
			links = append(links, link{other, within, f.Name, referenceOf(attributes, f.Name)})
		}
	}
	for _, a := range attributes {
		if a.Type != "" && !slices.ContainsFunc(within, func(outer core.Attribute) bool { return outer.Type == a.Type }) {
			links = append(links, s.linksTo(name, other, a.Type, other.spec.Embedded[a.Type], append(slices.Clone(within), a))...)
		}
	}
	return links
}

// onlyReference is the attribute that leads to a collection; none when several
// do, for the schema does not tell which of them a connection follows.
func onlyReference(spec core.Spec, to string) (found core.Attribute) {
	for _, a := range spec.Attributes {
		if a.Reference != to {
			continue
		}
		if found.Name != "" {
			return core.Attribute{}
		}
		found = a
	}
	return found
}

// referenceOf is the attribute of a type that stores what one of its fields links to.
func referenceOf(attributes []core.Attribute, field string) core.Attribute {
	for _, a := range attributes {
		stem := strings.TrimSuffix(strings.TrimSuffix(a.Name, "s"), "Id")
		if a.Reference != "" && strings.HasPrefix(field, stem) {
			return a
		}
	}
	return core.Attribute{}
}

// selection selects the fields of a type that need no argument and lead to no
// other record.
func (s *suite) selection(d *ast.Definition, depth int) string {
	var b strings.Builder
	for _, f := range d.Fields {
		to := s.schema.Types[f.Type.Name()]
		switch {
		case len(f.Arguments) > 0 || strings.HasPrefix(f.Name, "__"):
		case to.Kind == ast.Scalar || to.Kind == ast.Enum:
			b.WriteString(f.Name + " ")
		case to.Kind == ast.Object && len(to.Interfaces) == 0 && depth > 1:
			b.WriteString(f.Name + " { " + s.selection(to, depth-1) + "} ")
		}
	}
	return cmp.Or(b.String(), "__typename ")
}

// gaps lists what the tables leave out.
func (s *suite) gaps() (problems []string) {
	add := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, spec := range s.project.Specs {
		m := s.named(spec.Type)
		if m == nil {
			add("%s has no table", spec.Type)
			continue
		}
		verbs, tried := core.Verb(0), core.Read
		for _, r := range spec.Rules {
			verbs |= r.Verbs
		}
		for _, w := range m.table.Writes {
			tried |= w.Verb
		}
		if spec.Singleton {
			tried |= core.Create | core.Delete
		}
		if missing := verbs &^ tried; missing != 0 {
			add("%s: no write of the table stands for %s", spec.Type, verbNames(missing))
		}
		for _, a := range spec.Attributes {
			if a.Guard == nil {
				continue
			}
			if _, ok := m.table.Guards[a.Name]; !ok {
				add("%s: the table says nothing of the guarded field %s", spec.Type, a.Name)
			}
			for verb, input := range map[core.Verb]string{core.Create: "Create" + spec.Type + "Input", core.Update: "Update" + spec.Type + "Input"} {
				in := s.schema.Types[input]
				settable := in != nil && in.Fields.ForName(a.Name) != nil
				if settable && !slices.ContainsFunc(m.table.Writes, func(w Write) bool { return w.Verb == verb && w.Guard == a.Name }) {
					add("%s: no write of the table sets the guarded field %s of %s", spec.Type, a.Name, input)
				}
			}
		}
		problems = append(problems, m.strangers()...)
	}
	if m := s.named("User"); m != nil {
		for _, name := range strings.Fields(Users) {
			if _, ok := m.table.Records[name]; !ok {
				add("User: the table lacks the caller %s", name)
			}
		}
	}
	return problems
}

// strangers lists names in the table that mean nothing: a slip of the pen would
// otherwise read as a refusal.
func (m *model) strangers() (problems []string) {
	check := func(what string, a Allow) {
		for record, callers := range a {
			if _, ok := m.table.Records[record]; !ok && record != "*" && record != New {
				problems = append(problems, fmt.Sprintf("%s: %s names the record %q, which there is not", m.table.Model, what, record))
			}
			for _, c := range strings.Fields(callers) {
				if !slices.Contains(strings.Fields(Everybody), c) {
					problems = append(problems, fmt.Sprintf("%s: %s names the caller %q, whom there is not", m.table.Model, what, c))
				}
			}
		}
	}
	check("Read", m.table.Read)
	for name, g := range m.table.Guards {
		if !slices.ContainsFunc(m.spec.Attributes, func(a core.Attribute) bool { return a.Name == name && a.Guard != nil }) {
			problems = append(problems, fmt.Sprintf("%s: %s is not guarded", m.table.Model, name))
		}
		check(name, g.Read)
		check(name, Allow{"*": g.Name})
	}
	for _, w := range m.table.Writes {
		check(w.Call, w.Allow)
		check(w.Call, w.Invalid)
	}
	return problems
}

var verbs = []struct {
	verb core.Verb
	name string
}{{core.Create, "CREATE"}, {core.Read, "READ"}, {core.Update, "UPDATE"}, {core.Delete, "DELETE"}}

func verbNames(v core.Verb) string {
	var names []string
	for _, x := range verbs {
		if v&x.verb != 0 {
			names = append(names, x.name)
		}
	}
	return strings.Join(names, " ")
}
