package gen

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// document is all that a project declares: its models, and the types that
// stand inside their documents.
type document struct {
	models   []*model
	embedded []*embedded
	enums    map[string]*ast.Definition
	types    map[string]*ast.Definition
	home     bool // the schema of Grapnel itself
	base     map[string]bool
	used     map[string]bool // types that operations reach
}

// abstract are the interfaces and unions of a project.
func (d *document) abstract() []*ast.Definition {
	var list []*ast.Definition
	for _, name := range slices.Sorted(maps.Keys(d.types)) {
		if def := d.types[name]; def.IsAbstractType() && !isBaseFile(def.Position.Src.Name) && !d.home {
			list = append(list, def)
		}
	}
	return list
}

// isBase reports whether a type is Grapnel's, seen from another project.
func (d *document) isBase(name string) bool { return d.base[name] }

// model is a type with @model.
type model struct {
	def      *ast.Definition
	name     string // Product
	plural   string // products
	inCore   bool   // package core has its Go type and its service, written by hand
	extended bool   // one of those to which the project adds fields
	fields   []*field
	head     map[string]bool // which fields of core.Head are declared
	spec     core.Spec
	order    core.Order // of a list that is asked for none

	single bool     // there is exactly one
	choice []*field // of @exactlyOne

	create, update, remove bool // mutations to make
	// createShown and updateShown tell that whoever may write may read the result.
	createShown, updateShown bool
}

// kind says what the value of a field is.
type kind uint8

const (
	scalar    kind = iota
	enum           // of the schema
	inline         // a type inside the document
	reference      // the id of another document
	hasMany        // other documents that refer to this one
	markdown       // the HTML of a text beside it
	custom         // whatever a resolver in Go gives
)

// field is a field of a model or of an embedded type.
type field struct {
	def    *ast.FieldDefinition
	name   string // in the schema: maker
	input  string // in inputs and filters: makerId
	stored string // in documents: makerId
	kind   kind
	typ    string // name of its type or, for a reference, of the other model
	list   bool
	null   bool

	filterable, orderable, searchable, unique, bulk bool
	onCreate, onUpdate                              bool
	required                                        bool // must be given at creation
	owner                                           bool // the caller's id when left out at creation
	guard                                           []core.Rule
	fallback                                        *ast.Value // of @default
	constraint                                      constraint
	extension                                       bool // added to a base type by the project

	via  *field // of hasMany: the reference on the other side
	to   *model // of hasMany and reference
	text *field // of markdown: the field that holds it
}

// constraint is @constraint, with its defaults.
type constraint struct {
	minLength, maxLength, minItems, maxItems int
	pattern, format                          string
	min, max, above, below, multipleOf       *value.Decimal
	unique                                   bool
}

// embedded is a type that is stored inside documents.
type embedded struct {
	def    *ast.Definition
	name   string
	fields []*field
	choice []*field // of @exactlyOne
}

// stored are the fields that are part of documents.
func (e *embedded) stored() []*field {
	return slices.DeleteFunc(slices.Clone(e.fields), func(f *field) bool { return !f.isStored() })
}

// defaulted are the fields with a default that Go's zero value is not.
func (e *embedded) defaulted() []*field {
	var list []*field
	for _, f := range e.fields {
		if f.fallback != nil && !f.list {
			list = append(list, f)
		}
	}
	return list
}

// storeKind is the kind that the stores see.
func (f *field) storeKind() core.Kind {
	switch {
	case f.kind == inline:
		return core.Document
	case f.kind == scalar:
		return scalars[f.typ].kind
	}
	return core.String
}

// isComparable reports whether values of the field have an order, and filters and
// rules can name it.
func (f *field) isComparable() bool { return f.storeKind().IsComparable() }

// byPointer reports whether gqlgen hands the values of a list over as pointers.
func (f *field) byPointer() bool { return f.list && f.kind == scalar && scalars[f.typ].isStruct }

// mustBeGiven reports whether a create has to name the field.
func (f *field) mustBeGiven() bool {
	switch {
	case f.fallback != nil, f.owner:
		return false
	case f.list:
		return f.required || f.constraint.minItems > 0
	}
	return f.required || !f.null
}

// hidden reports whether some may not read the field who may read its document.
func (f *field) hidden() bool {
	return len(f.guard) > 0 && !slices.ContainsFunc(f.guard, forAll)
}

// forAll reports whether a rule lets everybody read everything.
func forAll(r core.Rule) bool {
	return r.Verbs&core.Read != 0 && r.Role == "" && r.Owner == "" && r.Where.Op == core.OpAll
}

// isStored reports whether the field is part of documents.
func (f *field) isStored() bool { return f.kind < hasMany }

// goScalar is how a scalar of the schema is kept in Go.
type goScalar struct {
	goType   string
	kind     core.Kind
	filter   string // the input with its conditions, also a function of package translate
	isStruct bool   // gqlgen hands lists of it over as pointers
}

// scalars are those that documents can hold.
var scalars = map[string]goScalar{
	"ID":      {goType: "string", kind: core.String, filter: "ID"},
	"String":  {goType: "string", kind: core.String, filter: "String"},
	"Int":     {goType: "int32", kind: core.Int, filter: "Int"},
	"Int64":   {goType: "int64", kind: core.Int, filter: "Int64"},
	"Float":   {goType: "float64", kind: core.Float, filter: "Float"},
	"Boolean": {goType: "bool", kind: core.Bool, filter: "Boolean"},
	"Time":    {goType: "time.Time", kind: core.Time, filter: "Time", isStruct: true},
	"Date":    {goType: "value.Date", kind: core.Date, filter: "Date"},
	"Decimal": {goType: "value.Decimal", kind: core.Decimal, filter: "Decimal", isStruct: true},
	"JSON":    {goType: "value.JSON", kind: core.JSON},
}

// headField is a field of core.Head.
type headField struct{ name, stored, typ, description string }

// headFields are in the order in which they are shown.
var headFields = []headField{
	{"id", "_id", "ID", "Names the object among those of all types."},
	{"createdAt", "createdAt", "Time", "When the record was made."},
	{"updatedAt", "updatedAt", "Time", "When the record last changed."},
	{"version", "version", "Int", "Counts the changes of the record; for `expectedVersion`."},
}

// added are the stored fields that the project adds to a type of Grapnel.
func (m *model) added() []*field {
	var list []*field
	for _, f := range m.fields {
		if f.extension && f.isStored() {
			list = append(list, f)
		}
	}
	return list
}

func (m *model) field(name string) *field {
	for _, f := range m.fields {
		if f.name == name {
			return f
		}
	}
	return nil
}

// field is one that filters and orders may name.
func (h headField) field() *field {
	return &field{name: h.name, input: h.name, stored: h.stored, typ: h.typ}
}
