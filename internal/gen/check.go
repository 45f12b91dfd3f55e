package gen

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/internal/naming"
)

// places are where our directives can stand, and what to call them.
var places = map[ast.DirectiveLocation]string{
	ast.LocationObject: "a type", ast.LocationFieldDefinition: "a field of a type", ast.LocationEnumValue: "a value of an enum",
}

// given checks what the directives of a definition are given against how the
// schema declares them, so that whoever reads them need not.
func (r *reader) given(def *ast.Definition) {
	if def.Kind == ast.Enum && len(def.EnumValues) == 0 {
		r.problems.add(def.Position, "%s has no values: give it some.", def.Name)
	}
	for _, v := range def.EnumValues {
		if strings.HasPrefix(v.Name, "__") {
			r.problems.add(v.Position, "The name %s is kept for GraphQL itself: choose another one.", v.Name)
		}
		r.givenAt(v.Directives, ast.LocationEnumValue)
	}
	r.givenAt(def.Directives, ast.DirectiveLocation(def.Kind))
	at := ast.LocationFieldDefinition
	if def.Kind == ast.InputObject {
		at = ast.LocationInputFieldDefinition
	}
	for _, f := range def.Fields {
		r.givenAt(f.Directives, at)
	}
}

func (r *reader) givenAt(list ast.DirectiveList, at ast.DirectiveLocation) {
	for i, d := range list {
		def := r.directives[d.Name]
		switch {
		case def == nil && !slices.Contains([]string{"deprecated", "specifiedBy", "oneOf"}, d.Name):
			r.problems.add(d.Position, "There is no directive @%s.", d.Name)
			continue
		case !slices.Contains(directives, d.Name): // gqlparser checks the others
			continue
		case !slices.Contains(def.Locations, at):
			var where []string
			for _, l := range def.Locations {
				where = append(where, places[l])
			}
			r.problems.add(d.Position, "@%s can only stand at %s.", d.Name, strings.Join(where, " or "))
			continue
		case !def.IsRepeatable && list.ForName(d.Name) != list[i]:
			r.problems.add(d.Position, "@%s stands here twice: remove one.", d.Name)
		}
		for _, a := range d.Arguments {
			if want := def.Arguments.ForName(a.Name); want == nil {
				r.problems.add(a.Position, "@%s has no argument %s: %s.", d.Name, a.Name, those(def.Arguments, func(a *ast.ArgumentDefinition) string { return a.Name }))
			} else {
				r.literal(a.Name, a.Value, want.Type)
			}
		}
		for _, want := range def.Arguments {
			if want.Type.NonNull && want.DefaultValue == nil && d.Arguments.ForName(want.Name) == nil {
				r.problems.add(d.Position, "@%s needs the argument %s.", d.Name, want.Name)
			}
		}
	}
}

// those is half a sentence that lists names, if there are any.
func those[T any](list []T, name func(T) string) string {
	if len(list) == 0 {
		return "it has none"
	}
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = name(e)
	}
	return "it has " + strings.Join(names, ", ")
}

// literal checks that a value, called what, is of a type.
func (r *reader) literal(what string, v *ast.Value, t *ast.Type) {
	switch {
	case v.Kind == ast.NullValue:
		if t.NonNull {
			r.problems.add(v.Position, "%s cannot be null.", what)
		}
		return
	case t.Elem != nil:
		for _, e := range listed(v) {
			r.literal(what, e, t.Elem)
		}
		return
	}
	def := r.doc.types[t.Name()]
	fits := false
	switch name := t.Name(); {
	case name == "String":
		fits = v.Kind == ast.StringValue || v.Kind == ast.BlockValue
	case name == "Int":
		fits = v.Kind == ast.IntValue
	case name == "Float":
		fits = v.Kind == ast.IntValue || v.Kind == ast.FloatValue
	case name == "Boolean":
		fits = v.Kind == ast.BooleanValue
	case def == nil, def.Kind == ast.Scalar:
		fits = true
	case def.Kind == ast.Enum:
		if v.Kind != ast.EnumValue || def.EnumValues.ForName(v.Raw) == nil {
			r.problems.add(v.Position, "%s must be one of %s, and is written %s.", what, values(def), v)
		}
		return
	case def.Kind == ast.InputObject && v.Kind == ast.ObjectValue:
		for _, c := range v.Children {
			if f := def.Fields.ForName(c.Name); f == nil {
				r.problems.add(c.Position, "%s has no field %s: %s.", what, c.Name, those(def.Fields, func(f *ast.FieldDefinition) string { return f.Name }))
			} else {
				r.literal(c.Name, c.Value, f.Type)
			}
		}
		for _, f := range def.Fields {
			if f.Type.NonNull && f.DefaultValue == nil && v.Children.ForName(f.Name) == nil {
				r.problems.add(v.Position, "%s needs the field %s.", what, f.Name)
			}
		}
		return
	}
	if !fits {
		r.problems.add(v.Position, "%s must be of type %s, and is written %s.", what, strings.TrimSuffix(t.String(), "!"), v)
	}
}

// listed are the entries of a list; a single value stands for a list of it.
func listed(v *ast.Value) []*ast.Value {
	switch {
	case v == nil:
		return nil
	case v.Kind != ast.ListValue:
		return []*ast.Value{v}
	}
	list := make([]*ast.Value, len(v.Children))
	for i, c := range v.Children {
		list[i] = c.Value
	}
	return list
}

// meaning refuses directives other than the allowed ones on a field, which is
// what the sentence says.
func (r *reader) meaning(def *ast.FieldDefinition, is string, allowed ...string) {
	for _, d := range def.Directives {
		if slices.Contains(directives, d.Name) && !slices.Contains(allowed, d.Name) {
			r.problems.add(d.Position, "@%s has no meaning here, for %s %s: remove it.", d.Name, def.Name, is)
		}
	}
}

// strangers refuses directives on types that are not stored.
func (r *reader) strangers() {
	for _, def := range r.doc.types {
		if r.models[def.Name] != nil || r.embeds[def.Name] != nil {
			continue
		}
		if d := def.Directives.ForName("exactlyOne"); d != nil && def.Kind == ast.Object {
			r.problems.add(d.Position, "@exactlyOne stands at stored types, and at those inside them: %s is neither.", def.Name)
		}
		if d := def.Directives.ForName("auth"); d != nil && def.Kind == ast.Object {
			r.problems.add(d.Position, "@auth guards stored types only: give %s @model, or check in its resolvers.", def.Name)
		}
		if def.Kind != ast.Object {
			continue
		}
		for _, f := range def.Fields {
			if roots[def.Name] {
				r.meaning(f, "is a field of "+def.Name, map[string]string{"Mutation": "admin"}[def.Name])
				if def.Name == "Mutation" && f.Type.NonNull {
					r.problems.add(f.Type.Position, "A mutation can be null, so that its error does not hide what others of the request have done: write %s: %s.", f.Name, strings.TrimSuffix(f.Type.String(), "!"))
				}
			} else {
				r.meaning(f, "is not stored", "customResolver")
			}
		}
	}
}

// roots are the types of operations.
var roots = map[string]bool{"Query": true, "Mutation": true, "Subscription": true}

// extend joins extensions with what they extend.
func (r *reader) extend(e *ast.Definition, base bool) {
	def := r.doc.types[e.Name]
	switch {
	case def == nil:
		r.problems.add(e.Position, "There is no type %s that could be extended: only declared types can, not those that are made from them.", e.Name)
	case def.Kind != e.Kind:
		r.problems.add(e.Position, "%s is %s: extend it as that.", e.Name, kinds[def.Kind])
	case !base && r.base[e.Name] && r.models[e.Name] == nil && !r.inside[e.Name] && !roots[e.Name]:
		r.problems.add(e.Position, "%s is Grapnel's and cannot be extended: only its stored types can, what stands inside them, and Query, Mutation and Subscription.", e.Name)
	default:
		if r.models[e.Name] != nil || roots[e.Name] {
			for _, d := range e.Directives {
				r.problems.add(d.Position, "@%s can only stand where %s is declared.", d.Name, e.Name)
			}
		} else {
			def.Directives = append(def.Directives, e.Directives...)
		}
		def.Interfaces = append(def.Interfaces, e.Interfaces...)
		def.Fields = append(def.Fields, e.Fields...)
		def.EnumValues = append(def.EnumValues, e.EnumValues...)
	}
}

// kinds are what to call the kinds of types.
var kinds = map[ast.DefinitionKind]string{
	ast.Scalar: "a scalar", ast.Object: "a type", ast.Interface: "an interface", ast.Union: "a union", ast.Enum: "an enum", ast.InputObject: "an input",
}

// names finds names that two things would have: in the schema, in Go, in the
// store, or as files.
func (r *reader) names() {
	for _, m := range r.doc.models {
		r.fieldNames(m.name, m.fields)
	}
	for _, e := range r.doc.embedded {
		r.fieldNames(e.name, e.fields)
	}
	r.storeNames()
	r.typeNames()
	r.rootNames()
}

func (r *reader) fieldNames(owner string, fields []*field) {
	seen := map[string]*field{}
	for _, f := range fields {
		for _, name := range []string{f.name, f.input} {
			key := folded(name)
			switch other := seen[key]; {
			case other == nil || other == f:
			case other.name == f.name:
				r.problems.add(f.def.Position, "%s has the field %s already: remove one.", owner, f.name)
			default:
				r.problems.add(f.def.Position, "%s and %s of %s would share the name %s in inputs, in Go or in the store: rename one.", f.name, other.name, owner, name)
			}
			seen[key] = f
		}
	}
}

// folded is what two names have in common that are too alike: in Go, or in
// letters without their case.
func folded(name string) string { return strings.ToLower(templates.ToGo(name)) }

func (r *reader) storeNames() {
	owners := map[string]string{"collection sessions": "Grapnel's sessions", "idPrefix sess": "Grapnel's sessions",
		"collection leftovers": "Grapnel's deleted files", "idPrefix left": "Grapnel's deleted files",
		"collection fileusages": "Grapnel's sums of files", "idPrefix fileusage": "Grapnel's sums of files",
		"idPrefix administration": "Grapnel's count of administrators"}
	for _, m := range r.doc.models {
		for _, key := range []string{"collection " + strings.ToLower(m.spec.Name), "idPrefix " + m.spec.Prefix} {
			if other := owners[key]; other != "" {
				what, name, _ := strings.Cut(key, " ")
				r.problems.add(m.def.Directives.ForName("model").Position, "%s and %s would share the name %q in the store: give one another, @model(%s: …).", m.name, other, name, what)
			}
			owners[key] = m.name
		}
	}
}

// typeNames finds types, declared or made, that would have one name in Go, and
// files of one name.
func (r *reader) typeNames() {
	taken := map[string]string{"Specs": "the list of all types"}
	files := map[string]string{"specs": "the list of all types", "resolvers": "what joins the resolvers", "shared": "what types share", "abstract": "interfaces and unions"}
	claim := func(at *ast.Position, name, goName, what string) {
		if other := taken[goName]; other != "" {
			if name != goName {
				name += ", in Go " + goName + ","
			}
			r.problems.add(at, "The name %s is that of %s: choose another one.", name, other)
			return
		}
		taken[goName] = what
	}
	declared := slices.SortedFunc(maps.Values(r.doc.types), func(a, b *ast.Definition) int {
		return cmp.Or(r.baseFirst(a.Name, b.Name), strings.Compare(a.Name, b.Name))
	})
	for _, def := range declared {
		if r.base[def.Name] {
			taken[templates.ToGo(def.Name)] = "Grapnel's type " + def.Name
		}
	}
	filters := map[string]bool{}
	for _, m := range r.doc.models {
		at, what := m.def.Position, "a type that the model "+m.name+" makes"
		var made []string
		if !m.single {
			made = append(made, m.name+"Connection", m.name+"Edge", m.name+"Where", m.name+"Order", m.name+"OrderField")
		}
		if m.spec.Live {
			made = append(made, m.name+"Change")
		}
		for verb, makes := range map[string]bool{"Create": m.create, "Update": m.update, "Delete": m.remove} {
			if makes {
				made = append(made, verb+m.name+"Input", verb+m.name+"Payload")
			}
		}
		slices.Sort(made)
		for _, name := range made {
			claim(at, name, templates.ToGo(name), what)
		}
		if len(m.added()) > 0 {
			claim(at, extensionName(m), extensionName(m), "a Go type of what "+m.name+" is extended with")
			claim(at, "New"+extensionName(m), "New"+extensionName(m), "a Go function for what "+m.name+" is extended with")
		}
		for _, f := range m.fields {
			if name := f.filter(); f.kind == enum && f.filterable && !filters[name] {
				filters[name] = true
				claim(f.def.Position, name, templates.ToGo(name), "the conditions on the field "+f.name+" of "+m.name)
			}
		}
	}
	for _, e := range r.doc.embedded {
		name := e.name + "Input"
		claim(e.def.Position, name, templates.ToGo(name), "the input of the type "+e.name)
	}
	for _, def := range declared {
		if !r.base[def.Name] && def.Kind != ast.Scalar && !roots[def.Name] {
			name := templates.ToGo(def.Name)
			claim(def.Position, def.Name, name, "the type "+def.Name)
			if def.Kind == ast.Enum {
				claim(def.Position, "All"+def.Name, "All"+name, "the list of the values of "+def.Name)
				for _, v := range def.EnumValues {
					claim(v.Position, v.Name, name+templates.ToGo(v.Name), "the value "+v.Name+" of "+def.Name)
				}
			}
		}
		if r.models[def.Name] == nil && r.embeds[def.Name] == nil {
			continue
		}
		if def.Name[0] < 'A' || def.Name[0] > 'Z' {
			r.problems.add(def.Position, "The name of a stored type begins with a capital letter: rename %s.", def.Name)
		}
		file := fileName(def.Name)
		if other := files[file]; other != "" {
			r.problems.add(def.Position, "The files of %s would have the name of those of %s, %s: choose another name.", def.Name, other, file)
		}
		files[file] = def.Name
	}
}

// fileName is how the files begin that are made for a type.
func fileName(typ string) string { return strings.ToLower(templates.ToGo(typ)) }

// rootNames finds queries, mutations and subscriptions, declared or made, that
// would have one name.
func (r *reader) rootNames() {
	taken := map[string]string{}
	claim := func(at *ast.Position, root, name, what string) {
		key := root + " " + templates.ToGo(name)
		if other := taken[key]; other != "" {
			r.problems.add(at, "%s would have two fields %s: one is %s, the other one %s.", root, name, other, what)
			return
		}
		taken[key] = what
	}
	declared := func(base bool, what string) {
		for root := range roots {
			if def := r.doc.types[root]; def != nil {
				for _, f := range def.Fields {
					if isBaseFile(f.Position.Src.Name) == base {
						claim(f.Position, root, f.Name, what)
					}
				}
			}
		}
	}
	declared(true, "Grapnel's")
	for _, m := range r.doc.models {
		at, what := m.def.Position, "made from "+m.name
		claim(at, "Query", naming.Lower(m.name), what)
		if !m.single {
			claim(at, "Query", m.plural, what+", as its plural")
		}
		for _, f := range m.fields {
			if f.unique && !f.list && f.isStored() {
				claim(f.def.Position, "Query", m.byName(f), what)
			}
		}
		for verb, makes := range map[string]bool{"create": m.create, "update": m.update, "delete": m.remove} {
			if makes {
				claim(at, "Mutation", verb+m.name, what)
			}
		}
		if m.spec.Live {
			claim(at, "Subscription", naming.Lower(m.name)+"Changed", what)
		}
	}
	declared(false, "declared")
}

// isBaseFile reports whether a file of SDL is Grapnel's, in a project.
func isBaseFile(name string) bool { return strings.HasPrefix(name, baseFolder+"/") }

// baseFolder is where a project keeps Grapnel's own schema.
const baseFolder = "schema/gen/grapnel"
