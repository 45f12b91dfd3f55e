package gen

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"
	"unicode"

	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/naming"
)

//go:embed templates
var templateFiles embed.FS

// rendered fills in one of the templates.
func rendered(name string, data any) (string, error) {
	t, err := template.ParseFS(templateFiles, "templates/"+name)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = t.Execute(&b, data)
	return strings.TrimRight(b.String(), "\n") + "\n", err
}

// expand makes the SDL that the models stand for, by file name.
func expand(doc *document) (map[string]string, error) {
	files := map[string]string{}
	for _, m := range doc.models {
		sdl, err := rendered("model.graphqls.gotpl", newModelSDL(doc, m))
		if err != nil {
			return nil, err
		}
		files[fileName(m.name)+".graphqls"] = sdl
	}
	if more := shared(doc); more != "" {
		files["shared.graphqls"] = more
	}
	return files, nil
}

// modelSDL is what the template for one model is filled with.
type modelSDL struct {
	Name, File, One, Plural      string
	Label, Labels                string // the name and the plural in words
	NotNode, Single              bool
	Missing, Filters, Uniques    []fieldSDL
	CreateFields, UpdateFields   []fieldSDL
	Orders                       []fieldSDL // the type of each is the value of the enum
	Relevance                    string     // what it means
	Order, Direction, Arguments  string
	Create, Update, Delete, Live bool
	CreateShown, UpdateShown     bool
	Added                        []fieldSDL
}

// fieldSDL is a field in a type or input.
type fieldSDL struct{ Name, Type, Description, Default, Query string }

func newModelSDL(doc *document, m *model) modelSDL {
	s := modelSDL{
		Name: m.name, File: m.def.Position.Src.Name, One: naming.Lower(m.name), Plural: m.plural, Label: naming.Words(m.name), Labels: naming.Words(m.plural),
		Single: m.single, NotNode: !slices.Contains(m.def.Interfaces, "Node"), Arguments: m.arguments(), Order: m.order.Field, Direction: "smallest first",
		Create: m.create, Update: m.update, Delete: m.remove, Live: m.spec.Live,
		CreateShown: m.createShown, UpdateShown: m.updateShown,
	}
	if m.order.Desc {
		s.Direction = "largest first"
	}
	if f := m.byStored(m.order.Field); f == nil || f.typ == "Time" || f.typ == "Date" {
		s.Direction = "earliest first"
		if m.order.Desc {
			s.Direction = "newest first"
		}
	}
	for _, h := range headFields {
		if !m.head[h.name] {
			s.Missing = append(s.Missing, fieldSDL{Name: h.name, Type: h.typ, Description: h.description})
		}
	}
	if s.NotNode && len(s.Missing) == 0 {
		s.Missing = []fieldSDL{}
	}
	if len(m.spec.Search) > 0 {
		s.Relevance = m.relevanceText(s.Direction)
	}
	s.Filters = []fieldSDL{{Name: "id", Type: "IDFilter", Description: description("  ", "Conditions on the id.")}}
	for _, f := range m.listed() {
		if f.filterable {
			d := "Conditions on `" + f.name + "`."
			if f.kind == reference {
				d = "Conditions on the " + f.ids() + " of `" + f.name + "`."
			}
			if f.hidden() {
				d += " FORBIDDEN for those who may not read the field."
			}
			s.Filters = append(s.Filters, fieldSDL{Name: f.input, Type: f.filter(), Description: description("  ", d)})
		}
		if f.orderable {
			s.Orders = append(s.Orders, fieldSDL{Name: f.name, Type: naming.Screaming(f.name)})
		}
		if f.unique && !f.list {
			s.Uniques = append(s.Uniques, fieldSDL{Name: f.input, Type: f.inputType(), Query: m.byName(f)})
		}
	}
	for _, f := range m.fields {
		if !f.isStored() || f.isHead() {
			continue
		}
		if f.onUpdate {
			in := fieldSDL{Name: f.input, Type: f.inputType(), Description: description("  ", f.says(s.Label))}
			s.UpdateFields = append(s.UpdateFields, in)
			if f.extension {
				s.Added = append(s.Added, in)
			}
		}
		if f.onCreate {
			s.CreateFields = append(s.CreateFields, f.ofNew(s.Label))
		}
	}
	return s
}

// relevance is the order by how well documents fit the search. No field may have
// an order of this name in a type that is searched.
const relevance = "RELEVANCE"

// relevanceText says what relevance means in a list of m.
func (m *model) relevanceText(direction string) string {
	where := "`" + `search` + "`"
	first := fmt.Sprintf("those that hold all words of %s before those in which the last word goes on", where)
	if fields := m.spec.Search; len(fields) > 1 {
		first = fmt.Sprintf("those whose `%s` alone holds all words of %s before those that need %s too; among each of them, those that hold the last word whole before those in which it goes on",
			fields[0], where, listing(fields[1:]))
	}
	return description("  ", fmt.Sprintf("How well they fit %s, best first with DESC: %s. Those that fit alike, and all without a search, are sorted by `%s`, %s; with ASC the other way round.", where, first, m.order.Field, direction))
}

// says is the description of the field, or the best that can be made of its name and
// that of its type, in words.
func (f *field) says(owner string) string {
	switch {
	case f.def.Description != "":
		return f.def.Description
	case f.kind == reference:
		return "The " + f.ids() + " of `" + f.name + "`."
	}
	return "The `" + f.name + "` of the " + owner + "."
}

// ofNew is the field in the input of something new: whatever can be left out can be
// null, which means the same.
func (f *field) ofNew(owner string) fieldSDL {
	in, says := fieldSDL{Name: f.input, Type: f.inputType()}, f.says(owner)
	switch {
	case len(f.guard) > 0 && !f.mustBeGiven(): // without a default, so that it can be left out
	case f.fallback != nil:
		in.Default = f.literal()
	case f.owner:
		says += " You when left out."
	case f.mustBeGiven():
		in.Type += "!"
	case f.list:
		in.Default = "[]"
	}
	in.Description = description("  ", says)
	return in
}

// ids is what a reference holds.
func (f *field) ids() string {
	if f.list {
		return "ids"
	}
	return "id"
}

// listed are the fields that filters and orders may name, those of core.Head
// last.
func (m *model) listed() []*field {
	var own, head []*field
	for _, f := range m.fields {
		if f.isHead() {
			head = append(head, f)
		} else if f.isStored() {
			own = append(own, f)
		}
	}
	if !slices.ContainsFunc(head, func(f *field) bool { return f.name == "createdAt" }) {
		f := headFields[1].field()
		f.filterable, f.orderable = true, true
		head = append([]*field{f}, head...)
	}
	return append(own, head...)
}

// arguments are those of a list of m.
func (m *model) arguments() string {
	var b strings.Builder
	fmt.Fprintf(&b, "(\n    \"Which of them; all that you may see when left out.\"\n    where: %sWhere\n    \"How they are sorted.\"\n    orderBy: %sOrder\n", m.name, m.name)
	if len(m.spec.Search) > 0 {
		fmt.Fprintf(&b, `    """
    Words that %s must hold%s, whatever their case and accents. The last one may be
    the beginning of a word, unless a space or a sign follows it. At most %d
    characters and %d words; where a script writes no spaces, each three characters
    count as a word, and what stands inside a text is found too. A longer search is
    refused with the code TOO_LONG. Blank: no condition. Without a letter or digit
    nothing is found.
    """
    search: String @cost(weight: "400")
`, listing(m.spec.Search), map[bool]string{true: " together"}[len(m.spec.Search) > 1], core.MaxSearch, core.MaxSearchWords)
	}
	b.WriteString(`    "How many, from the start or after ` + "`after`" + `: 20 when omitted, at most 100."
    first: Int
    "Only what follows the edge with this ` + "`cursor`" + `. Empty: from the start."
    after: String
    "How many, from the end or before ` + "`before`" + `: at most 100. Not together with ` + "`first`" + `."
    last: Int
    "Only what precedes the edge with this ` + "`cursor`" + `. Empty: to the end."
    before: String
  )`)
	return b.String()
}

// listing is "a, b and c", as code.
func listing(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = "`" + n + "`"
	}
	if n := len(quoted); n > 1 {
		return strings.Join(quoted[:n-1], ", ") + " and " + quoted[n-1]
	}
	return strings.Join(quoted, "")
}

// filter is the input with the conditions on the field.
func (f *field) filter() string {
	name := f.typ
	switch {
	case f.kind == reference:
		name = "ID"
	case f.kind == scalar:
		name = scalars[f.typ].filter
	}
	if f.list {
		name += "List"
	}
	return name + "Filter"
}

// inputType is the nullable type of the field in inputs.
func (f *field) inputType() string {
	t := f.typ
	switch f.kind {
	case reference:
		t = "ID"
	case inline:
		t += "Input"
	}
	if f.list {
		t = "[" + t + "!]"
	}
	return t
}

// shared is what several models use: the inputs of embedded types, and the
// conditions on enums.
func shared(doc *document) string {
	var b strings.Builder
	for _, e := range doc.embedded {
		fmt.Fprintf(&b, "\n%s\ninput %sInput {\n", description("", cmp.Or(e.def.Description, "The values of one "+naming.Words(e.name)+".")), e.name)
		for _, f := range e.stored() {
			in := f.ofNew(naming.Words(e.name))
			fmt.Fprintf(&b, "%s\n  %s: %s", in.Description, in.Name, in.Type)
			if in.Default != "" {
				fmt.Fprintf(&b, " = %s", in.Default)
			}
			b.WriteString("\n")
		}
		b.WriteString("}\n")
	}
	single, lists := map[string]bool{}, map[string]bool{}
	for _, m := range doc.models {
		for _, f := range m.fields {
			if f.filterable && f.kind == enum {
				map[bool]map[string]bool{false: single, true: lists}[f.list][f.typ] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(single)) {
		fmt.Fprintf(&b, "\n\"Conditions on a value of %[1]s. All that are given must hold.\"\ninput %[1]sFilter {\n  \"Equal to; null finds what has none.\"\n  eq: %[1]s\n  \"Different from; an absent value is different too.\"\n  ne: %[1]s\n  \"One of these, at most 100.\"\n  in: [%[1]s!]\n}\n", name)
	}
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		fmt.Fprintf(&b, "\n\"Conditions on a list of values of %[1]s. All that are given must hold.\"\ninput %[1]sListFilter {\n  \"The list holds this value.\"\n  has: %[1]s\n  \"The list holds at least one of these, at most 100.\"\n  hasSome: [%[1]s!]\n}\n", name)
	}
	if b.Len() == 0 {
		return ""
	}
	return "# Code generated by `go generate`. DO NOT EDIT.\n" + b.String()
}

// description is a description before a field of an input.
func description(indent, d string) string {
	switch {
	case d == "":
		return ""
	case strings.Contains(d, "\n"):
		return indent + `"""` + "\n" + indent + strings.ReplaceAll(block(d), "\n", "\n"+indent) + "\n" + indent + `"""`
	}
	return indent + quote(d)
}

// block is a text as a block string holds it.
func block(s string) string { return strings.ReplaceAll(plain(s), `"""`, `\"""`) }

// plain is a text without control characters, which neither block strings nor
// comments of Go can hold.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

// literal is the default as SDL writes it: a Decimal as a text, which loses no digit.
func (f *field) literal() string {
	if f.storeKind() == core.Decimal {
		return quote(f.fallback.Raw)
	}
	return literal(f.fallback)
}

// literal is a value as SDL writes it.
func literal(v *ast.Value) string {
	var parts []string
	for _, c := range v.Children {
		if part := literal(c.Value); v.Kind == ast.ObjectValue {
			parts = append(parts, c.Name+": "+part)
		} else {
			parts = append(parts, part)
		}
	}
	switch v.Kind {
	case ast.StringValue, ast.BlockValue:
		return quote(v.Raw)
	case ast.ListValue:
		return "[" + strings.Join(parts, ", ") + "]"
	case ast.ObjectValue:
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return v.String()
}

// quote is a text as a string of GraphQL, which escapes as JSON does.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}

// byName is the query for the one document with a value of a @unique field.
func (m *model) byName(f *field) string {
	return naming.Lower(m.name) + "By" + templates.UcFirst(f.input)
}
