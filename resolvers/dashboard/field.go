package dashboard

import (
	"cmp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/internal/naming"
)

// field is a field: what of it is the same for everybody, and who may read and write it.
type field struct {
	model.DashboardField
	stored    string // its name in documents; "" when it is not in them
	attribute core.Attribute
	role      core.Role // the least one that is offered to write it
	order     int32
	shown     *bool // as a hint says, in lists
	searched  bool
}

// owner is the type to which a field belongs, with those of what mutations and lists of
// it are given; nil where there are none.
type owner struct{ def, create, update, where *ast.Definition }

// kinds are those of the scalars.
var kinds = map[string]model.DashboardKind{
	"String": model.DashboardKindString, "ID": model.DashboardKindID, "Int": model.DashboardKindInt, "Int64": model.DashboardKindInt64,
	"Float": model.DashboardKindFloat, "Boolean": model.DashboardKindBoolean, "Time": model.DashboardKindTime, "Date": model.DashboardKindDate,
	"Decimal": model.DashboardKindDecimal, "JSON": model.DashboardKindJSON, "Upload": model.DashboardKindUpload,
}

// field reads a field of a stored or an embedded type; nil when nobody could select it
// without knowing what it is.
func (r *reader) field(def *ast.FieldDefinition, of owner) *field {
	f := r.typed(def)
	if f == nil {
		return nil
	}
	d := def.Directives
	f.stored, f.Unique, f.Bulk, f.searched = f.Name, d.ForName("unique") != nil, d.ForName("bulk") != nil, d.ForName("searchable") != nil
	f.Nullable, f.Required = !def.Type.NonNull && !f.List, def.Type.NonNull && !f.List
	switch f.Kind {
	case model.DashboardKindReference:
		f.stored = reference(def)
		if !f.List {
			f.Required = text(d.ForName("reference").Arguments, "required") == "true"
			f.Nullable = !f.Required
		}
	case model.DashboardKindConnection, model.DashboardKindComputed:
		f.stored, f.Required, f.Nullable = "", false, false
		f.Hidden = f.Hidden || d.ForName("markdown") != nil // for frontends: the page renders the text itself
		return f
	}
	name := cmp.Or(map[bool]string{true: f.stored}[f.Kind == model.DashboardKindReference], f.Name)
	if name == "id" { // of an input it is which document
		f.stored, of.create, of.update = "_id", nil, nil
	}
	f.OnUpdate = f.give(of.update, name)
	if f.OnCreate = f.give(of.create, name); f.OnCreate {
		created := of.create.Fields.ForName(name)
		f.Required = created.Type.NonNull
		f.preset(created.DefaultValue)
	}
	if (name == "createdAt" || name == "updatedAt") && f.role == "" { // what is told of a document, and not entered
		f.OnCreate, f.OnUpdate = false, false
	}
	if d := d.ForName("default"); d != nil && f.Default == nil {
		f.preset(d.Arguments.ForName("value").Value)
	}
	if of.where != nil {
		if by := of.where.Fields.ForName(name); by != nil {
			f.Filter = &name
			for _, c := range r.sdl.Types[by.Type.Name()].Fields {
				f.Operators = append(f.Operators, c.Name)
			}
		}
	}
	if d := d.ForName("constraint"); d != nil {
		f.Constraint = constraintOf(d.Arguments)
	}
	f.Widget = cmp.Or(f.Widget, r.usual(of.def, f))
	f.bound()
	return f
}

// reference is the name of what holds the ids of a @reference, in documents and inputs.
func reference(def *ast.FieldDefinition) string {
	if def.Type.Elem != nil {
		return naming.IDs(def.Name)
	}
	return naming.ID(def.Name)
}

// typed reads what a field is, and what it is called.
func (r *reader) typed(def *ast.FieldDefinition) *field {
	h := hintOf(def.Directives)
	f := &field{role: h.role, order: h.order, shown: h.listed, DashboardField: model.DashboardField{
		Name: def.Name, List: def.Type.Elem != nil, Label: cmp.Or(h.label, naming.Label(def.Name)), Description: def.Description,
		Group: optional(h.group), Widget: h.widget, Hidden: h.hidden, Readable: model.DashboardRightAll,
	}}
	name := def.Type.Name()
	target := r.sdl.Types[name]
	kind, isScalar := kinds[name]
	of := func(kind model.DashboardKind, name string) { f.Kind, f.Of = kind, &name }
	switch {
	case strings.HasPrefix(def.Name, "__") || def.Type.Elem != nil && def.Type.Elem.Elem != nil:
		return nil
	case def.Directives.ForName("reference") != nil:
		of(model.DashboardKindReference, name)
	case def.Directives.ForName("hasMany") != nil:
		of(model.DashboardKindConnection, strings.TrimSuffix(name, "Connection"))
	case def.Directives.ForName("customResolver") != nil, def.Directives.ForName("markdown") != nil:
		f.Kind = model.DashboardKindComputed
		if !target.IsLeafType() || slices.ContainsFunc(def.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull && a.DefaultValue == nil }) {
			return nil
		}
	case isScalar:
		f.Kind = kind
	case target.Kind == ast.Enum:
		of(model.DashboardKindEnum, name)
		r.enum(target)
	case target.Kind == ast.Object:
		of(model.DashboardKindEmbedded, name)
		r.embed(target)
	default:
		return nil
	}
	return f
}

// give reports whether an input takes the field, under this name.
func (f *field) give(in *ast.Definition, name string) bool {
	if in == nil || in.Fields.ForName(name) == nil {
		return false
	}
	f.Input = &name
	return true
}

// preset sets the default: a Decimal as a text, which loses no digit.
func (f *field) preset(v *ast.Value) {
	if v == nil || v.Kind == ast.NullValue {
		return
	}
	x, err := v.Value(nil)
	switch {
	case v.Kind == ast.ListValue && len(v.Children) == 0:
		x = []any{}
	case f.Kind == model.DashboardKindDecimal && v.Kind != ast.ListValue:
		x = v.Raw
	}
	if j, wrong := value.NewJSON(x); err == nil && wrong == nil {
		f.Default = &j
	}
}

// Bounds that hold where @constraint says nothing of them.
const (
	maxLength = 10_000
	maxItems  = 100
)

// constraintOf reads @constraint.
func constraintOf(list ast.ArgumentList) *model.DashboardConstraint {
	decimal := func(name string) *value.Decimal {
		d, err := value.ParseDecimal(text(list, name))
		if err != nil {
			return nil // left out: the generator has checked it
		}
		return &d
	}
	c := &model.DashboardConstraint{
		MinLength: number(list, "minLength"), MaxLength: number(list, "maxLength"), Pattern: optional(text(list, "pattern")),
		Min: decimal("min"), Max: decimal("max"), ExclusiveMin: decimal("exclusiveMin"), ExclusiveMax: decimal("exclusiveMax"), MultipleOf: decimal("multipleOf"),
		MinItems: number(list, "minItems"), MaxItems: number(list, "maxItems"), UniqueItems: text(list, "uniqueItems") == "true",
	}
	if form := model.ConstraintFormat(text(list, "format")); form != "" {
		c.Format = &form
	}
	return c
}

// bound adds the bounds that hold beside those of @constraint.
func (f *field) bound() {
	c := f.Constraint
	if c == nil {
		return
	}
	bound := func(to **int32, n int32) {
		if *to == nil {
			*to = &n
		}
	}
	if f.Kind == model.DashboardKindString || f.Kind == model.DashboardKindID {
		bound(&c.MaxLength, maxLength)
	}
	if f.List {
		bound(&c.MaxItems, maxItems)
	}
}

// usual is the widget that follows from what is declared.
func (r *reader) usual(of *ast.Definition, f *field) *model.AdminWidget {
	is := func(w model.AdminWidget) *model.AdminWidget { return &w }
	c := f.Constraint
	if c == nil {
		c = &model.DashboardConstraint{}
	}
	rendered := slices.ContainsFunc(of.Fields, func(other *ast.FieldDefinition) bool {
		d := other.Directives.ForName("markdown")
		return d != nil && text(d.Arguments, "field") == f.Name
	})
	isText := f.Kind == model.DashboardKindString
	switch {
	case isText && rendered:
		return is(model.AdminWidgetMarkdown)
	case isText && c.Format != nil && *c.Format == model.ConstraintFormatURL:
		return is(model.AdminWidgetURL)
	case isText && c.Format != nil && *c.Format == model.ConstraintFormatEmail:
		return is(model.AdminWidgetEmail)
	case isText && !f.List && c.Pattern == nil && c.Format == nil && (f.Bulk || c.MaxLength != nil && *c.MaxLength > oneLine):
		return is(model.AdminWidgetMultiline)
	case f.Kind == model.DashboardKindEmbedded && f.List && r.nests(*f.Of):
		return is(model.AdminWidgetTree)
	}
	return nil
}

// oneLine is how long a text may be that is entered on one line.
const oneLine = 300

// nests reports whether values of an embedded type hold lists of such values.
func (r *reader) nests(name string) bool {
	return slices.ContainsFunc(r.sdl.Types[name].Fields, func(f *ast.FieldDefinition) bool { return f.Type.Elem != nil && f.Type.Name() == name })
}

// embed reads a type inside documents.
func (r *reader) embed(def *ast.Definition) {
	if r.embedded[def.Name] != nil {
		return
	}
	hint, input := hintOf(def.Directives), r.sdl.Types[def.Name+"Input"]
	e := &model.DashboardEmbedded{Name: def.Name, Label: cmp.Or(hint.label, naming.Label(def.Name)), Description: def.Description}
	r.embedded[def.Name] = e // before its fields: they may be of it
	var fields []*field
	for _, f := range def.Fields {
		if f := r.field(f, owner{def: def, create: input, update: input}); f != nil {
			fields = append(fields, f)
		}
	}
	arrange(fields)
	for _, f := range fields {
		e.Fields = append(e.Fields, &f.DashboardField)
	}
}

func (r *reader) enum(def *ast.Definition) {
	if r.enums[def.Name] != nil {
		return
	}
	e := &model.DashboardEnum{Name: def.Name, Label: naming.Label(def.Name), Description: def.Description}
	r.enums[def.Name] = e
	for _, v := range def.EnumValues {
		e.Values = append(e.Values, &model.DashboardEnumValue{Value: v.Name, Label: cmp.Or(hintOf(v.Directives).label, naming.Label(v.Name)), Description: v.Description})
	}
}

// arguments reads what the input of an action holds beside the id and the version; false
// when something must be given of which nothing is known. A hint may say with which fields
// of the document they start.
func (r *reader) arguments(t *stored, input *ast.Definition, start map[string]string) ([]*model.DashboardField, bool) {
	var list []*model.DashboardField
	for _, def := range input.Fields {
		if def.Name == "id" || def.Name == "expectedVersion" {
			continue
		}
		f := r.given(t, def)
		if f == nil {
			if def.Type.NonNull && def.DefaultValue == nil {
				return nil, false
			}
			continue
		}
		f.Position, f.Start = int32(len(list)), t.start(f, start[def.Name])
		list = append(list, f)
	}
	return list, true
}

// start is the field of a document with which one of the input of an action begins: the one
// that the hint names, or that is called alike.
func (t *stored) start(f *model.DashboardField, hint string) *string {
	name := cmp.Or(hint, f.Name)
	for _, of := range t.fields {
		if (of.Name == name || of.stored == name) && of.Kind == f.Kind && of.List == f.List {
			return &of.Name
		}
	}
	return nil
}

// given reads a field of the input of an action. One that is called like a field of the
// type is of the same kind.
func (r *reader) given(t *stored, def *ast.FieldDefinition) *model.DashboardField {
	f := &field{DashboardField: model.DashboardField{Label: naming.Label(def.Name), Readable: model.DashboardRightAll}}
	name := def.Type.Name()
	if i := slices.IndexFunc(t.fields, func(f *field) bool { return f.stored == def.Name && f.Kind == model.DashboardKindReference }); i >= 0 {
		f.DashboardField = t.fields[i].DashboardField
		f.Hidden, f.Listed, f.Group, f.Filter, f.Operators, f.Default = false, false, nil, nil, nil, nil
	} else if kind, ok := kinds[name]; ok {
		f.Kind = kind
	} else if target := r.sdl.Types[name]; target != nil && target.Kind == ast.Enum {
		f.Kind, f.Of = model.DashboardKindEnum, &name
		r.enum(target)
	} else if of := strings.TrimSuffix(name, "Input"); r.embedded[of] != nil {
		f.Kind, f.Of = model.DashboardKindEmbedded, &of
	} else {
		return nil
	}
	f.Name, f.Input, f.List, f.Description = def.Name, &def.Name, def.Type.Elem != nil, def.Description
	f.Required, f.Nullable, f.OnCreate, f.OnUpdate = def.Type.NonNull, !def.Type.NonNull, true, true
	f.preset(def.DefaultValue)
	return &f.DashboardField
}

// arrange puts fields in the order in which to show them.
func arrange(fields []*field) {
	slices.SortStableFunc(fields, func(a, b *field) int { return cmp.Compare(a.order, b.order) })
	for i, f := range fields {
		f.Position = int32(i)
	}
}

// title is the field that names a document: a text that everybody reads who reads the
// document.
func title(fields []*field) *string {
	var first *string
	for _, f := range fields {
		switch {
		case f.Kind != model.DashboardKindString || f.List || len(f.attribute.Guard) > 0:
		case f.searched:
			return &f.Name
		case first == nil && !f.Nullable:
			first = &f.Name
		}
	}
	return first
}

// choose tells which fields a list shows from the start, and hides what means nothing to
// people.
func choose(fields []*field, t *stored) {
	left := 6
	for _, f := range fields {
		f.Hidden = f.Hidden || f.Name == "id" || f.Name == "version"
		sortable := slices.ContainsFunc(t.Orders, func(o *model.DashboardOrder) bool { return o.Field != nil && *o.Field == f.Name })
		usual := t.Title != nil && f.Name == *t.Title ||
			!f.List && (f.Kind == model.DashboardKindEnum || f.Kind == model.DashboardKindReference || f.Kind == model.DashboardKindTime && sortable)
		switch {
		case f.shown != nil:
			f.Listed = *f.shown
		case usual && !f.Hidden && left > 0:
			f.Listed = true
			left--
		}
	}
}
