package gen

import (
	"cmp"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
	"github.com/grapnel/grapnel/internal/naming"
)

// source is a file of SDL.
type source struct {
	*ast.Source
	base bool // one of Grapnel's own, in a project
}

// reader turns SDL into a document and collects what is wrong with it.
type reader struct {
	doc      *document
	problems Problems
	models   map[string]*model
	embeds   map[string]*embedded
	base     map[string]bool // types that Grapnel declares
	inside   map[string]bool // types of Grapnel that stand inside documents of types of its that are not in core

	directives map[string]*ast.DirectiveDefinition
}

// read understands the declared types. Its error is a [Problems].
func read(sources []source, home bool) (*document, error) {
	r := &reader{
		doc:    &document{enums: map[string]*ast.Definition{}, types: map[string]*ast.Definition{}, home: home},
		models: map[string]*model{}, embeds: map[string]*embedded{}, base: map[string]bool{}, inside: map[string]bool{},
		directives: map[string]*ast.DirectiveDefinition{},
	}
	r.parse(sources)
	if len(r.problems) > 0 {
		return nil, r.problems.err()
	}
	for _, m := range r.doc.models {
		r.fields(m)
	}
	r.strangers()
	for _, e := range r.embeds {
		r.relateInside(e)
	}
	for _, stage := range []func(*model){r.relate, r.model, r.reach, r.lists} {
		if len(r.problems) > 0 { // one mistake is reported once, not for all that follows from it
			return nil, r.problems.err()
		}
		for _, m := range r.doc.models {
			stage(m)
		}
	}
	r.doc.embedded = slices.SortedFunc(maps.Values(r.embeds), func(a, b *embedded) int { return strings.Compare(a.name, b.name) })
	r.cycles()
	r.hints()
	r.names()
	return r.doc, r.problems.err()
}

// parse reads the files, finds the types, and checks what their directives are
// given.
func (r *reader) parse(sources []source) {
	type extension struct {
		*ast.Definition
		base bool
	}
	var extensions []extension
	for _, s := range sources {
		doc, err := parser.ParseSchema(s.Source)
		if err != nil {
			r.problems = append(r.problems, parseProblem(s.Name, err))
			continue
		}
		for _, d := range doc.Directives {
			if r.directives[d.Name] == nil {
				r.directives[d.Name] = d
			}
		}
		for _, def := range slices.Concat(doc.Schema, doc.SchemaExtension) {
			r.problems.add(def.Position, "The operations are always Query, Mutation and Subscription: leave the schema block out.")
		}
		for _, def := range doc.Definitions {
			r.declare(def, s.base)
		}
		for _, e := range doc.Extensions {
			extensions = append(extensions, extension{e, s.base})
		}
	}
	if len(r.problems) > 0 { // what cannot be read would seem not to be there
		return
	}
	for _, m := range r.doc.models {
		if r.base[m.name] && !m.inCore {
			r.holds(m.def)
		}
	}
	for _, e := range extensions {
		r.extend(e.Definition, e.base)
	}
	for _, def := range r.doc.types {
		r.given(def)
	}
	slices.SortFunc(r.doc.models, func(a, b *model) int {
		return cmp.Or(r.baseFirst(a.name, b.name), strings.Compare(a.name, b.name))
	})
}

// declare takes a type in.
func (r *reader) declare(def *ast.Definition, base bool) {
	other := r.doc.types[def.Name]
	switch {
	case other != nil && r.base[def.Name]:
		r.problems.add(def.Position, "Grapnel declares the type %s already: extend it, or choose another name.", def.Name)
		return
	case other != nil:
		r.problems.add(def.Position, "The type %s is declared twice; the other one stands in %s.", def.Name, other.Position.Src.Name)
		return
	case slices.Contains([]string{"Int", "Float", "String", "Boolean", "ID"}, def.Name), strings.HasPrefix(def.Name, "_"):
		r.problems.add(def.Position, "The name %s is kept for GraphQL itself: choose another one.", def.Name)
		return
	}
	r.doc.types[def.Name] = def
	r.base[def.Name] = base
	if def.Kind == ast.Enum {
		r.doc.enums[def.Name] = def
	}
	if d := def.Directives.ForName("model"); def.Kind == ast.Object && d != nil {
		m := &model{def: def, name: def.Name, inCore: inCore[def.Name], head: map[string]bool{}, single: boolean(d, "singleton", false)}
		r.models[def.Name] = m
		r.doc.models = append(r.doc.models, m)
	}
}

// baseFirst sorts Grapnel's types before those of a project.
func (r *reader) baseFirst(a, b string) int {
	order := map[bool]int{true: 0, false: 1}
	return order[r.base[a]] - order[r.base[b]]
}

// holds notes the types that stand inside documents of a type.
func (r *reader) holds(def *ast.Definition) {
	for _, f := range def.Fields {
		in := r.doc.types[f.Type.Name()]
		if in == nil || in.Kind != ast.Object || r.models[in.Name] != nil || r.inside[in.Name] || f.Directives.ForName("customResolver") != nil {
			continue
		}
		r.inside[in.Name] = true
		r.holds(in)
	}
}

// stem is a file's name without folder and extension.
func stem(path string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	name, _, _ = strings.Cut(name, ".")
	return name
}

// fields reads the fields of a model. Those that a project adds to a type that is in
// core are extensions.
func (r *reader) fields(m *model) {
	for _, def := range m.def.Fields {
		if i := slices.IndexFunc(headFields, func(h headField) bool { return h.name == def.Name }); i >= 0 {
			r.head(m, def, headFields[i])
			continue
		}
		f := r.field(def)
		if f == nil {
			continue
		}
		m.fields = append(m.fields, f)
		if !m.inCore || r.doc.home || isBaseFile(def.Position.Src.Name) {
			continue
		}
		f.extension, m.extended = true, true
		switch {
		case !f.isStored():
		case hasField(m.name, f.stored):
			r.problems.add(def.Position, "Grapnel itself keeps something as %s in its %s: choose another name.", f.stored, naming.Plural(naming.Words(m.name)))
		case f.bulk:
			r.problems.add(def.Position, "A field that is added to %s, a type of Grapnel, cannot be @bulk.", m.name)
		case f.required || !f.null && !f.list && f.fallback == nil:
			r.problems.add(def.Position, "There are %s without %s already: make it nullable, or give it a @default.", naming.Plural(naming.Words(m.name)), f.name)
		}
	}
}

// hasField reports whether the documents of a type of Grapnel have a field of
// this name, shown in the schema or, as a password, not.
func hasField(typ, stored string) bool {
	t, known := map[string]reflect.Type{"User": reflect.TypeFor[core.User](), "Post": reflect.TypeFor[core.Post](), "Asset": reflect.TypeFor[core.Asset](), "Mail": reflect.TypeFor[core.Mail](), "ApiKey": reflect.TypeFor[core.APIKey](), "Invitation": reflect.TypeFor[core.Invitation]()}[typ]
	return known && slices.ContainsFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool {
		name, _, _ := strings.Cut(f.Tag.Get("bson"), ",")
		return strings.EqualFold(name, stored)
	})
}

// head reads a field of core.Head that the schema declares.
func (r *reader) head(m *model, def *ast.FieldDefinition, h headField) {
	m.head[h.name] = true
	if want := h.typ + "!"; def.Type.String() != want {
		r.problems.add(def.Position, "Every model has the field %s, which is of type %s: write that, or leave it out.", h.name, want)
	}
	if h.typ != "Time" {
		r.meaning(def, "is the same in every model", "admin")
		return
	}
	r.meaning(def, "is the same in every model", "index", "filterable", "admin")
	index := def.Directives.ForName("index") != nil
	if index || def.Directives.ForName("filterable") != nil {
		f := h.field()
		f.def, f.filterable, f.orderable = def, true, index || h.name == "createdAt"
		m.fields = append(m.fields, f)
	}
}

// isHead reports whether core.Head holds the field.
func (f *field) isHead() bool {
	return slices.ContainsFunc(headFields, func(h headField) bool { return h.name == f.name })
}

// field reads one field of a model or an embedded type; nil when nothing can
// be made of it.
func (r *reader) field(def *ast.FieldDefinition) *field {
	f := &field{
		def: def, name: def.Name, input: def.Name, stored: def.Name, typ: def.Type.Name(), null: !def.Type.NonNull,
		onCreate: true, onUpdate: true, constraint: r.constraint(def),
	}
	bad := func(format string, args ...any) *field {
		r.problems.add(def.Position, format, args...)
		return nil
	}
	if strings.HasPrefix(def.Name, "_") {
		return bad("The field %s begins with _, which is kept for Grapnel: choose another name.", def.Name)
	}
	if slices.Contains([]string{"and", "or", "not", "id", "createdat", "updatedat", "version", "expectedversion", "constraints", "head"}, folded(def.Name)) {
		return bad("The field name %s has a meaning of its own in filters, inputs or the code: choose another one.", def.Name)
	}
	switch {
	case def.Directives.ForName("customResolver") != nil:
		f.kind = custom
		r.meaning(def, "is not stored, a resolver gives it", "customResolver", "admin")
		return f
	case def.Directives.ForName("hasMany") != nil:
		f.kind = hasMany
		r.meaning(def, "is not stored, it lists other documents", "hasMany", "admin")
		return f
	case def.Directives.ForName("markdown") != nil:
		f.kind = markdown
		r.meaning(def, "is not stored, it is made of another field", "markdown", "admin")
		if def.Type.Elem != nil || f.typ != "String" || len(def.Arguments) > 0 {
			return bad("@markdown makes the HTML of one text: write %s: String!, without arguments.", def.Name)
		}
		return f
	}
	if len(def.Arguments) > 0 {
		return bad("A stored field has no arguments: add @customResolver and write its resolver, or leave them out.")
	}
	if f.list = def.Type.Elem != nil; f.list {
		switch {
		case def.Type.Elem.Elem != nil:
			return bad("A list of lists cannot be stored: put the inner list into a type.")
		case !def.Type.NonNull && def.Directives.ForName("auth") == nil || !def.Type.Elem.NonNull:
			return bad("A list is never null, and neither are its entries: write [%s!]!.", f.typ)
		}
	}
	target := r.doc.types[f.typ]
	_, isScalar := scalars[f.typ]
	connected := strings.TrimSuffix(f.typ, "Connection")
	switch {
	case target == nil && !isScalar && r.models[connected] != nil:
		return bad("A connection needs @hasMany(field: …): the @reference field of %s that leads here.", connected)
	case target == nil && !isScalar:
		return bad("There is no type %s.", f.typ)
	case def.Directives.ForName("reference") != nil:
		if r.models[f.typ] == nil {
			remedy := "give " + f.typ + " @model"
			if target == nil || target.Kind != ast.Object || r.base[f.typ] || roots[f.typ] {
				remedy = "refer to one of " + strings.Join(r.targets(), ", ")
			}
			return bad("@reference leads to %s, which is no stored type: %s, or remove @reference.", f.typ, remedy)
		}
		f.kind, f.input, f.stored = reference, naming.ID(f.name), naming.ID(f.name)
		if f.list {
			f.input = naming.IDs(f.name)
			f.stored = f.input
		}
		if v := argument(def.Directives.ForName("reference"), "required"); v != nil {
			f.required = v.Raw == "true"
		}
		if !f.list {
			if def.Type.NonNull {
				return bad("What a reference leads to may be deleted, hidden or damaged, and then it is null: write %[1]s: %[2]s @reference(required: true), so that one must be given.", f.name, f.typ)
			}
			f.null = !f.required // in the store and in inputs
		}
	case isScalar:
	case target.Kind == ast.Enum:
		f.kind = enum
	case r.models[f.typ] != nil:
		return bad("%s is a stored type of its own: add @reference to hold its id, or @hasMany and a connection for those that lead here.", f.typ)
	case target.Kind == ast.Object && r.base[f.typ] && !r.inside[f.typ], roots[f.typ]:
		return bad("%s is a type of Grapnel that cannot stand inside documents: declare one of your own.", f.typ)
	case target.Kind == ast.Object:
		f.kind = inline
		r.embed(target)
	case target.Kind == ast.Scalar:
		return bad("The scalar %s cannot be stored. Those that can: %s.", f.typ, strings.Join(slices.Sorted(maps.Keys(scalars)), ", "))
	default:
		return bad("%s is %s and cannot be stored: use a scalar, an enum, a type with fields, or add @customResolver.", f.typ, kinds[target.Kind])
	}
	f.searchable = def.Directives.ForName("searchable") != nil
	f.unique = def.Directives.ForName("unique") != nil
	f.bulk = def.Directives.ForName("bulk") != nil
	f.filterable = f.unique || def.Directives.ForName("filterable") != nil || def.Directives.ForName("index") != nil
	if d := def.Directives.ForName("settable"); d != nil {
		f.onCreate = boolean(d, "onCreate", true)
		f.onUpdate = boolean(d, "onUpdate", true)
	}
	if f.searchable && (f.typ != "String" || f.list) {
		r.problems.add(def.Position, "Only a String can be searched: remove @searchable from %s.", def.Name)
	}
	if f.filterable && (!f.isComparable() || f.list && f.storeKind() != core.String) {
		r.problems.add(def.Position, "%s cannot be filtered: only scalars but JSON, enums, references, and lists of texts, ids and enums can. Remove @index, @unique and @filterable.", def.Name)
	}
	if f.bulk && (f.kind != scalar || f.typ != "String" || f.list || f.filterable) {
		r.problems.add(def.Position, "Only a String that is not filtered can be @bulk.")
	}
	r.fallback(f)
	return f
}

// targets are the types that references can lead to.
func (r *reader) targets() (names []string) {
	for name, m := range r.models {
		if !m.single {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// fallback reads @default.
func (r *reader) fallback(f *field) {
	d := f.def.Directives.ForName("default")
	if d == nil {
		return
	}
	v := d.Arguments.ForName("value").Value
	switch {
	case f.list:
		if v.Kind != ast.ListValue || len(v.Children) > 0 {
			r.problems.add(v.Position, "The default of a list can only be the empty list: write value: [].")
			return
		}
		if f.constraint.minItems > 0 {
			r.problems.add(v.Position, "The default of %s breaks its own @constraint.", f.name)
		}
	case f.kind == scalar && f.typ != "Time" && f.typ != "ID", f.kind == enum:
		x, err := r.value(f, v)
		if err != "" {
			r.problems.add(v.Position, "The default of %s %s", f.name, err)
			return
		}
		if f.kind == scalar && f.constraint.breaks(x) {
			r.problems.add(v.Position, "The default of %s breaks its own @constraint.", f.name)
		}
	default:
		r.problems.add(v.Position, "%s cannot have a default: only texts, numbers, days, truth values, JSON, enums and lists can.", f.name)
		return
	}
	f.fallback = v
}

// value is a literal of the schema as a filter holds it; problem completes a
// sentence that begins with what the value is.
func (r *reader) value(f *field, v *ast.Value) (_ any, problem string) {
	isNumber := v.Kind == ast.IntValue || v.Kind == ast.FloatValue
	if f.storeKind() == core.Decimal && (isNumber || v.Kind == ast.StringValue) {
		d, err := value.ParseDecimal(v.Raw)
		if err != nil {
			return nil, err.Error() + ", and is written " + v.String() + "."
		}
		return d, ""
	}
	x, err := v.Value(nil)
	if err != nil {
		return nil, "is out of bounds: " + v.Raw + "."
	}
	switch {
	case f.storeKind() == core.JSON && v.Kind != ast.NullValue:
		j, err := value.NewJSON(x)
		if err != nil {
			return nil, err.Error() + "."
		}
		return j, ""
	case f.storeKind() == core.Date && v.Kind == ast.StringValue:
		d, err := value.ParseDate(v.Raw)
		if err != nil {
			return nil, err.Error() + ", and is written " + v.String() + "."
		}
		return d, ""
	case f.kind == enum:
		def := r.doc.enums[f.typ]
		if v.Kind != ast.EnumValue || def.EnumValues.ForName(v.Raw) == nil {
			return nil, "must be one of the values of " + f.typ + ": " + values(def) + "."
		}
		return v.Raw, ""
	case f.storeKind() == core.Time && v.Kind == ast.EnumValue && v.Raw == "NOW":
		return core.Now{}, ""
	case f.storeKind() == core.Time && v.Kind == ast.StringValue:
		if t, err := time.Parse(time.RFC3339, v.Raw); err == nil {
			return core.Millis(t), ""
		}
		return nil, "must be a moment such as \"2026-03-01T12:00:00Z\", or NOW, and is written " + v.String() + "."
	case f.storeKind() == core.String && (v.Kind == ast.StringValue || v.Kind == ast.BlockValue):
		return v.Raw, ""
	case f.typ == "Int" && v.Kind == ast.IntValue && x.(int64) != int64(int32(x.(int64))):
		return nil, "must fit into 32 bits: make it an Int64."
	case f.storeKind() == core.Bool && v.Kind == ast.BooleanValue, f.storeKind() == core.Int && v.Kind == ast.IntValue:
		return x, ""
	case f.storeKind() == core.Float && isNumber:
		if n, ok := x.(int64); ok {
			x = float64(n)
		}
		return x, ""
	}
	return nil, "must be of type " + f.typ + ", and is written " + v.String() + "."
}

func values(def *ast.Definition) string {
	names := make([]string, len(def.EnumValues))
	for i, v := range def.EnumValues {
		names[i] = v.Name
	}
	return strings.Join(names, ", ")
}

// embed reads a type that stands inside documents.
func (r *reader) embed(def *ast.Definition) {
	if r.embeds[def.Name] != nil {
		return
	}
	e := &embedded{def: def, name: def.Name}
	r.embeds[def.Name] = e
	for _, fd := range def.Fields {
		r.meaning(fd, "is stored inside other documents", "constraint", "default", "reference", "markdown", "admin")
		if f := r.field(fd); f != nil {
			e.fields = append(e.fields, f)
		}
	}
	if len(def.Fields) == 0 {
		r.problems.add(def.Position, "%s has no fields: give it some.", def.Name)
	}
	if d := def.Directives.ForName("auth"); d != nil {
		r.problems.add(d.Position, "%s is stored inside other documents, whose rules hold for it: remove @auth, or put it at the field.", def.Name)
	}
}

// argument is what a directive was given; nil when it was left out, or null.
func argument(d *ast.Directive, name string) *ast.Value {
	if d == nil {
		return nil
	}
	if a := d.Arguments.ForName(name); a != nil && a.Value.Kind != ast.NullValue {
		return a.Value
	}
	return nil
}

func boolean(d *ast.Directive, name string, otherwise bool) bool {
	if v := argument(d, name); v != nil {
		return v.Raw == "true"
	}
	return otherwise
}

func text(d *ast.Directive, name, otherwise string) string {
	if v := argument(d, name); v != nil && v.Raw != "" {
		return v.Raw
	}
	return otherwise
}

// entries are the fields of an object value by name.
func entries(v *ast.Value) map[string]*ast.Value {
	out := map[string]*ast.Value{}
	if v != nil && v.Kind == ast.ObjectValue {
		for _, c := range v.Children {
			out[c.Name] = c.Value
		}
	}
	return out
}

// relate finds the other side of references and of @hasMany, and the texts of @markdown.
func (r *reader) relate(m *model) {
	for _, f := range m.fields {
		switch f.kind {
		case reference:
			r.target(f)
		case markdown:
			r.source(m.name, f, m.fields)
		case hasMany:
			name, isConnection := strings.CutSuffix(f.typ, "Connection")
			other := r.models[name]
			if !isConnection || other == nil || f.def.Type.Elem != nil {
				r.problems.add(f.def.Position, "@hasMany needs the connection of a stored type, such as ReviewConnection!; %s is none.", f.def.Type)
				continue
			}
			if len(f.def.Arguments) > 0 {
				r.problems.add(f.def.Position, "Leave the arguments of %s out: a connection has the same ones everywhere.", f.name)
			}
			d := f.def.Directives.ForName("hasMany")
			by := text(d, "field", "")
			f.to, f.via = other, other.field(by)
			if f.via == nil || f.via.kind != reference || f.via.typ != m.name {
				r.problems.add(d.Position, "%s has no @reference field %q that leads to %s.", other.name, by, m.name)
				f.via = nil
			}
		}
	}
}

// relateInside does so for a type that stands inside documents.
func (r *reader) relateInside(e *embedded) {
	for _, f := range e.fields {
		switch f.kind {
		case reference:
			r.target(f)
		case markdown:
			r.source(e.name, f, e.fields)
			r.rendered(f)
		}
	}
	e.choice = r.choice(e.def, e.fields)
}

// target finds what a reference leads to.
func (r *reader) target(f *field) {
	f.to = r.models[f.typ]
	if f.to.single {
		r.problems.add(f.def.Position, "There is only one %s, to which everything could refer: ask for it by the query %s.", f.typ, naming.Lower(f.typ))
	}
}

// choice reads @exactlyOne: which fields of a type it means.
func (r *reader) choice(def *ast.Definition, fields []*field) (list []*field) {
	d := def.Directives.ForName("exactlyOne")
	if d == nil {
		return nil
	}
	names := listed(argument(d, "of"))
	for _, v := range names {
		i := slices.IndexFunc(fields, func(f *field) bool { return f.name == v.Raw })
		switch {
		case i < 0 || !fields[i].isStored() || fields[i].isHead():
			r.problems.add(v.Position, "@exactlyOne names %q, which is no stored field of %s.", v.Raw, def.Name)
		case !fields[i].null || fields[i].list || fields[i].fallback != nil:
			r.problems.add(v.Position, "Of the fields of @exactlyOne all but one are null: make %s nullable, without a @default.", v.Raw)
		default:
			list = append(list, fields[i])
		}
	}
	if len(names) < 2 {
		r.problems.add(d.Position, "@exactlyOne needs at least two fields.")
	}
	return list
}

// source finds the text of which a @markdown field is made, among those of its type.
func (r *reader) source(owner string, f *field, fields []*field) {
	d := f.def.Directives.ForName("markdown")
	name := text(d, "field", "")
	i := slices.IndexFunc(fields, func(other *field) bool {
		return other.name == name && other.kind == scalar && other.typ == "String" && !other.list
	})
	if i < 0 {
		r.problems.add(d.Position, "%s has no stored field %q of type String, of which %s could be made.", owner, name, f.name)
		return
	}
	f.text = fields[i]
}

// rendered checks that a @markdown field can be null exactly where its text can.
func (r *reader) rendered(f *field) {
	switch {
	case f.text == nil || f.null == (f.text.null || f.text.hidden()):
	case f.null:
		r.problems.add(f.def.Position, "%s is never null, so neither is its HTML: write %s: String!.", f.text.name, f.name)
	default:
		r.problems.add(f.def.Position, "%s may be null, and its HTML with it: write %s: String.", f.text.name, f.name)
	}
}

// model reads what the directives of the type say.
func (r *reader) model(m *model) {
	d := m.def.Directives.ForName("model")
	m.choice = r.choice(m.def, m.fields)
	m.plural = text(d, "plural", naming.List(m.name))
	if m.single {
		r.single(m)
		m.plural = naming.Lower(m.name)
	} else if m.plural == naming.Lower(m.name) {
		r.problems.add(d.Position, "The plural of %s would be the same word: name another one, @model(plural: %q).", m.name, "all"+m.name)
	}
	m.spec = core.Spec{
		Type: m.name, Name: text(d, "collection", m.plural), Prefix: text(d, "idPrefix", strings.ToLower(m.name)),
		Live: boolean(d, "subscription", true), Singleton: m.single,
	}
	for _, n := range []struct {
		name, argument string
		form           *regexp.Regexp
	}{{m.plural, "plural", pluralForm}, {m.spec.Name, "collection", collectionForm}, {m.spec.Prefix, "idPrefix", prefixForm}} {
		if !n.form.MatchString(n.name) {
			r.problems.add(d.Position, "%q cannot be the %s of %s, which has the form %s: name another one, @model(%s: …).", n.name, n.argument, m.name, n.form, n.argument)
			return
		}
	}
	if len(m.def.Fields) == len(m.head) {
		r.problems.add(m.def.Position, "%s has no fields: give it some.", m.name)
		return
	}
	m.order = core.Order{Field: "createdAt", Desc: true}
	if v := argument(d, "orderBy"); v != nil {
		by := entries(v)
		m.order.Field = by["field"].Raw
		if dir, ok := by["direction"]; ok {
			m.order.Desc = dir.Raw == "DESC"
		}
	}
	for _, a := range m.fields {
		if a.isStored() && !a.isHead() {
			m.spec.Attributes = append(m.spec.Attributes, r.attribute(m.def, a))
			if m.spec.Embedded == nil {
				m.spec.Embedded = map[string][]core.Attribute{}
			}
			r.embedded(m.spec.Embedded, a)
		}
		if a.searchable {
			m.spec.Search = append(m.spec.Search, a.stored)
		}
		if a.bulk {
			m.spec.Bulk = append(m.spec.Bulk, a.stored)
		}
	}
	auth := m.def.Directives.ForName("auth")
	if auth == nil {
		r.problems.add(m.def.Position, "%s has no @auth, so nobody could use it: say who may do what, for example @auth(rules: [{allow: PUBLIC, operations: [READ]}, {allow: ROLE, role: EDITOR}]).", m.name)
		return
	}
	m.spec.Rules = r.rules(m, auth, core.AnyVerb)
	for _, f := range m.fields {
		if d := f.def.Directives.ForName("auth"); d != nil {
			f.guard = r.rules(m, d, core.Create|core.Read|core.Update)
			if f.def.Type.NonNull && f.hidden() {
				r.problems.add(f.def.Position, "A guarded field is null for those who may not read it: write %s: %s.", f.name, strings.TrimSuffix(f.def.Type.String(), "!"))
			}
			for j := range m.spec.Attributes {
				if m.spec.Attributes[j].Name == f.stored {
					m.spec.Attributes[j].Guard = f.guard
				}
			}
		}
	}
	wanted := map[string]bool{"CREATE": true, "UPDATE": true, "DELETE": true}
	if v := argument(d, "mutations"); v != nil {
		wanted = map[string]bool{}
		for _, name := range listed(v) {
			wanted[name.Raw] = true
		}
	}
	if m.single {
		wanted["CREATE"], wanted["DELETE"] = false, false
	}
	m.createShown, m.updateShown = true, true
	for _, rule := range m.spec.Rules {
		shown := rule.Verbs&core.Read != 0
		if rule.Verbs&core.Create != 0 {
			m.create, m.createShown = wanted["CREATE"], m.createShown && shown
		}
		if rule.Verbs&core.Update != 0 {
			m.update, m.updateShown = wanted["UPDATE"], m.updateShown && shown
		}
		if rule.Verbs&core.Delete != 0 {
			m.remove = wanted["DELETE"]
		}
	}
	if m.create && !slices.ContainsFunc(m.fields, func(f *field) bool { return f.isStored() && !f.isHead() && f.onCreate }) {
		r.problems.add(m.def.Position, "%s has no field that a create could set: add one, or leave CREATE out of its mutations.", m.name)
	}
}

// single checks what a type declares of which there is exactly one.
func (r *reader) single(m *model) {
	d := m.def.Directives.ForName("model")
	for _, name := range []string{"plural", "orderBy"} {
		if v := argument(d, name); v != nil {
			r.problems.add(v.Position, "There is only one %s, and no list: leave %s out.", m.name, name)
		}
	}
	for _, v := range listed(argument(d, "mutations")) {
		if v.Raw != "UPDATE" {
			r.problems.add(v.Position, "There is always one %s, that is neither made nor removed: leave %s out.", m.name, v.Raw)
		}
	}
	for _, f := range m.fields {
		for _, d := range f.def.Directives {
			if slices.Contains([]string{"index", "filterable", "unique", "searchable", "bulk"}, d.Name) {
				r.problems.add(d.Position, "@%s has no meaning here, for there is only one %s: remove it.", d.Name, m.name)
			}
		}
		switch {
		case !f.isStored() || !f.mustBeGiven():
		case f.list:
			r.problems.add(f.def.Position, "The %s is there before anybody has written it, and %s is empty then: leave minItems out.", naming.Words(m.name), f.name)
		default:
			r.problems.add(f.def.Position, "The %s is there before anybody has written it: make %s nullable, or give it a @default.", naming.Words(m.name), f.name)
		}
	}
}

// The forms of names; a root field may not begin with _.
var (
	pluralForm     = regexp.MustCompile(`^[a-z][A-Za-z0-9_]*$`)
	collectionForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	prefixForm     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)
)

func (r *reader) attribute(owner *ast.Definition, f *field) core.Attribute {
	a := core.Attribute{Name: f.stored, Kind: f.storeKind(), Array: f.list, Required: !f.null && !f.list && f.kind != reference}
	if f.kind == reference && f.to != nil {
		a.Required = f.required || !f.null && !f.list
		a.Reference = f.to.name // made a collection by lists
	}
	if f.kind == scalar && f.typ == "Int" {
		a.Bits = 32
	}
	if f.kind == inline {
		a.Type = f.typ
	}
	if d := f.def.Directives.ForName("constraint"); d != nil {
		a.Constraint = constraintText(d)
	}
	if d := owner.Directives.ForName("exactlyOne"); d != nil && slices.ContainsFunc(listed(argument(d, "of")), func(v *ast.Value) bool { return v.Raw == f.name }) {
		a.Constraint = strings.TrimPrefix(a.Constraint+", exactlyOne "+constraintText(d), ", ")
	}
	if f.kind == enum {
		for _, v := range r.doc.enums[f.typ].EnumValues {
			a.Values = append(a.Values, v.Name)
		}
	}
	if f.fallback != nil && !f.list {
		a.Default, _ = r.value(f, f.fallback)
	}
	return a
}

// embedded adds the embedded types that a field holds, at any depth.
func (r *reader) embedded(to map[string][]core.Attribute, f *field) {
	if f.kind != inline || to[f.typ] != nil || r.embeds[f.typ] == nil {
		return
	}
	to[f.typ] = []core.Attribute{}
	e := r.embeds[f.typ]
	for _, inside := range e.stored() {
		to[f.typ] = append(to[f.typ], r.attribute(e.def, inside))
		r.embedded(to, inside)
	}
}

// reach checks what depends on the rules of other models.
func (r *reader) reach(m *model) {
	for _, f := range m.fields {
		if f.kind == markdown {
			r.rendered(f)
		}
		switch {
		case f.kind != hasMany || f.via == nil || f.null == f.via.hidden():
		case f.null:
			r.problems.add(f.def.Position, "@hasMany needs the connection of a stored type, such as ReviewConnection!; %s is none.", f.def.Type)
		default:
			r.problems.add(f.def.Position, "%s goes by %s.%s, which some may not read: write %s: %s, for it is null for them.", f.name, f.to.name, f.via.name, f.name, f.typ)
		}
	}
}

// everybodyReads reports whether a document of m is there for every caller
// once it was: it is public, and nobody can delete it.
func (m *model) everybodyReads() bool {
	public := false
	for _, rule := range m.spec.Rules {
		if rule.Verbs&core.Delete != 0 {
			return false
		}
		public = public || forAll(rule)
	}
	return public
}

// lists settles what lists can be filtered and sorted by, and which indexes
// serve that.
func (r *reader) lists(m *model) {
	var indexes [][]string
	add := func(fields ...string) {
		if !slices.ContainsFunc(indexes, func(have []string) bool { return slices.Equal(have, fields) }) {
			indexes = append(indexes, fields)
		}
	}
	columns := map[string]bool{}
	add("createdAt")
	columns["createdAt"] = true
	for _, f := range m.fields {
		for _, d := range f.def.Directives.ForNames("index") {
			keys := []string{f.stored}
			if v := argument(d, "sortKeyFields"); v != nil {
				for _, c := range listed(v) {
					key := m.stored(c.Raw)
					switch k := m.byStored(key); {
					case key == "":
						r.problems.add(c.Position, "@index names %q, which is no stored field of %s.", c.Raw, m.name)
					case k != nil && (k.list || !k.isComparable()):
						r.problems.add(c.Position, "A list, JSON or an embedded type cannot be a sort key; %s is one.", k.name)
					default:
						keys = append(keys, key)
						columns[key] = true
					}
				}
			} else if !f.null && !f.list && f.kind != reference && f.storeKind() != core.Bool {
				f.orderable = true
			}
			add(keys...)
		}
		if f.filterable {
			columns[f.stored] = true
		}
	}
	// What rules and connections ask for is indexed together with the order of
	// the list.
	for _, rule := range m.spec.Rules {
		rule.Where.Walk(func(w core.Filter) {
			if w.Field != "" && w.Field != "_id" {
				columns[w.Field] = true
			}
			if _, isNow := w.Value.(core.Now); isNow && m.spec.Live && rule.Verbs&core.Read != 0 {
				add(w.Field) // subscriptions wait for the next one
				if f := m.byStored(w.Field); f != nil && f.null {
					r.problems.add(f.def.Position, "A rule lets callers read by comparing %[1]s with NOW, and subscriptions wait for that moment: write %[1]s: Time!, or @model(subscription: false).", f.name)
				}
			}
		})
		if f := m.byStored(rule.Owner); f != nil {
			columns[f.stored] = true
			if rule.Verbs&core.Read != 0 {
				f.filterable = true
				add(f.stored, m.order.Field)
			}
		}
	}
	for _, other := range r.doc.models {
		for _, f := range other.fields {
			if f.kind == hasMany && f.via != nil && f.to == m {
				f.via.filterable = true
				columns[f.via.stored] = true
				add(f.via.stored, m.order.Field)
			}
		}
	}
	if key := m.order.Field; !slices.ContainsFunc(m.listed(), func(f *field) bool { return f.name == key && f.orderable }) {
		at := argument(m.def.Directives.ForName("model"), "orderBy").Position
		switch f := m.field(key); {
		case m.stored(key) == "":
			r.problems.add(at, "%s is sorted by %q, which is no stored field of it.", m.name, key)
		case f != nil && (f.null || f.list || !f.isComparable() || f.kind == reference || f.storeKind() == core.Bool):
			r.problems.add(at, "%s cannot be sorted by %s: only by a text, a number, a day, a moment or an enum that is never null.", m.name, key)
		default:
			r.problems.add(at, "%s is sorted by %q, which has no index of its own: add @index to that field.", m.name, key)
		}
	}
	for _, f := range m.fields {
		if f.orderable && len(m.spec.Search) > 0 && naming.Screaming(f.name) == relevance {
			r.problems.add(f.def.Position, "%s is searched, so its list has an order %s already: give the field %s another name, or leave its @index out.", m.name, relevance, f.name)
		}
		if columns[f.stored] && f.isStored() && !f.isHead() {
			m.spec.Fields = append(m.spec.Fields, core.Field{Name: f.stored, Kind: f.storeKind(), Array: f.list, Unique: f.unique})
		}
	}
	for _, name := range []string{"createdAt", "updatedAt"} {
		if columns[name] {
			m.spec.Fields = append(m.spec.Fields, core.Field{Name: name, Kind: core.Time})
		}
	}
	m.spec.Indexes = indexes
	for i, a := range m.spec.Attributes {
		if to := r.models[a.Reference]; to != nil {
			m.spec.Attributes[i].Reference = to.spec.Name
		}
	}
	for _, inside := range m.spec.Embedded {
		for i, a := range inside {
			if to := r.models[a.Reference]; to != nil {
				inside[i].Reference = to.spec.Name
			}
		}
	}
}

// stored is the stored name of a field by the names that the schema has for
// it; "" when it is no stored field.
func (m *model) stored(name string) string {
	for _, h := range headFields {
		if h.name == name {
			return h.stored
		}
	}
	for _, f := range m.fields {
		if (f.name == name || f.input == name) && f.isStored() {
			return f.stored
		}
	}
	return ""
}

func (m *model) byStored(name string) *field {
	for _, f := range m.fields {
		if f.stored == name && f.isStored() {
			return f
		}
	}
	return nil
}

// cycles finds embedded types that would have to hold each other for ever.
func (r *reader) cycles() {
	for _, e := range r.doc.embedded {
		for _, f := range e.fields {
			if f.kind == inline && !f.null && !f.list {
				if r.alwaysHolds(f.typ, e.name, map[string]bool{}) {
					r.problems.add(f.def.Position, "%s would hold itself for ever through %s: make the field nullable or a list.", e.name, f.name)
				}
			}
		}
	}
}

// alwaysHolds reports whether a value of the embedded type from always holds one of to.
func (r *reader) alwaysHolds(from, to string, seen map[string]bool) bool {
	if from == to {
		return true
	}
	if seen[from] || r.embeds[from] == nil {
		return false
	}
	seen[from] = true
	for _, f := range r.embeds[from].fields {
		if f.kind == inline && !f.null && !f.list && r.alwaysHolds(f.typ, to, seen) {
			return true
		}
	}
	return false
}
