package gen

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/internal/naming"
)

// hints checks @admin, wherever it stands: the management page reads it as it is.
func (r *reader) hints() {
	for _, def := range r.doc.types {
		d := def.Directives.ForName("admin")
		m, e := r.models[def.Name], r.embeds[def.Name]
		switch {
		case def.Kind == ast.Enum:
			for _, v := range def.EnumValues {
				r.hint(v.Directives.ForName("admin"), "a value of an enum", "label")
			}
		case m != nil:
			r.hint(d, "a stored type", "label", "group", "order", "hidden", "preview")
			r.previewHint(d, m)
			for _, f := range def.Fields {
				allowed := []string{"label", "group", "order", "widget", "hidden", "listed", "role"}
				is := "a field of a stored type"
				if m.single {
					allowed, is = without(allowed, "listed"), "a field of a type of which there is only one"
				}
				r.hint(f.Directives.ForName("admin"), is, allowed...)
				r.fieldHint(m.name, f, m.field(f.Name), m.create)
			}
		case e != nil:
			r.hint(d, "a type inside documents", "label")
			for _, f := range def.Fields {
				r.hint(f.Directives.ForName("admin"), "a field inside documents", "label", "group", "order", "widget", "hidden")
				i := slices.IndexFunc(e.fields, func(other *field) bool { return other.name == f.Name })
				r.fieldHint(e.name, f, e.fields[i], true)
			}
		case def.Name == "Mutation":
			for _, f := range def.Fields {
				d := f.Directives.ForName("admin")
				r.hint(d, "a mutation", "label", "order", "hidden", "role", "when", "start", "creates")
				r.actionHint(d, f)
			}
		case d != nil:
			r.problems.add(d.Position, "@admin has no meaning here, for %s is neither stored nor part of what is: remove it.", def.Name)
		}
	}
}

// actionHint checks what @admin says of when a mutation is offered, and with what it starts.
func (r *reader) actionHint(d *ast.Directive, def *ast.FieldDefinition) {
	when, start := argument(d, "when"), argument(d, "start")
	if when == nil && start == nil {
		return
	}
	var m *model
	if payload := r.doc.types[def.Type.Name()]; payload != nil {
		for _, f := range payload.Fields {
			if m == nil && f.Type.Elem == nil {
				m = r.models[f.Type.Name()]
			}
		}
	}
	input := r.input(def)
	if m == nil || input == nil || input.Fields.ForName("id") == nil {
		for _, name := range []string{"when", "start"} {
			if v := argument(d, name); v != nil {
				r.problems.add(v.Position, "%s is for a mutation of one record, with an id in its input and the record in its payload: remove it.", name)
			}
		}
		return
	}
	if when != nil {
		r.where(m, when)
	}
	if start == nil {
		return
	}
	if start.Kind != ast.ObjectValue {
		r.problems.add(start.Position, "start is written like {at: publishedAt}.")
	}
	for _, c := range start.Children {
		switch {
		case input.Fields.ForName(c.Name) == nil:
			r.problems.add(c.Position, "start names %q, which is no field of %s: name one.", c.Name, input.Name)
		case m.field(c.Value.Raw) == nil && !(&field{name: c.Value.Raw}).isHead():
			r.problems.add(c.Value.Position, "start names %q, which is no field of %s: name one.", c.Value.Raw, m.name)
		}
	}
}

// input is the type of the one argument of a mutation; nil when it has none.
func (r *reader) input(def *ast.FieldDefinition) *ast.Definition {
	if a := def.Arguments.ForName("input"); a != nil {
		return r.doc.types[a.Type.Name()]
	}
	return nil
}

func without(list []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == name })
}

// hint checks the arguments of one @admin, which may be missing: those that mean
// something at such a place are allowed.
func (r *reader) hint(d *ast.Directive, is string, allowed ...string) {
	if d == nil {
		return
	}
	for _, a := range d.Arguments {
		switch {
		case !slices.Contains(allowed, a.Name):
			r.problems.add(a.Position, "%s has no meaning at %s: remove it.", a.Name, is)
		case (a.Name == "label" || a.Name == "group") && a.Value.Kind != ast.NullValue && strings.TrimSpace(a.Value.Raw) == "":
			r.problems.add(a.Value.Position, "%s cannot be empty: write a text, or leave it out.", a.Name)
		}
	}
}

// placeholders are the fields that an address of @admin(preview:) names.
var placeholders = regexp.MustCompile(`\{([^{}]*)\}`)

// previewHint checks where @admin says that records of a type stand.
func (r *reader) previewHint(d *ast.Directive, m *model) {
	if d == nil {
		return
	}
	a := argument(d, "preview")
	if a == nil || a.Kind == ast.NullValue {
		return
	}
	plain := placeholders.ReplaceAllString(a.Raw, "x")
	u, err := url.Parse(plain)
	isPath := strings.HasPrefix(plain, "/") && !strings.HasPrefix(plain, "//")
	isAddress := err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && strings.HasPrefix(a.Raw, "https://"+u.Host)
	if err != nil || strings.ContainsAny(plain, "{}\\") || !isPath && !isAddress {
		r.problems.add(a.Position, "preview is a path such as \"/posts/{slug}\", or an https address whose host is written out: write one.")
		return
	}
	for _, name := range placeholders.FindAllStringSubmatch(a.Raw, -1) {
		if name[1] == "id" {
			continue
		}
		f := m.field(name[1])
		if f == nil || !f.isStored() || f.list || f.kind != scalar || f.typ != "String" || len(f.guard) > 0 {
			r.problems.add(a.Position, "preview names {%s}, which is no text of %s that whoever reads one may read: name another field, or {id}.", name[1], m.name)
		}
	}
}

// fieldHint checks what @admin says of a field, which is nil for one of core.Head.
func (r *reader) fieldHint(owner string, def *ast.FieldDefinition, f *field, made bool) {
	d := def.Directives.ForName("admin")
	if d == nil {
		return
	}
	hidden, listed := boolean(d, "hidden", false), boolean(d, "listed", false)
	switch {
	case hidden && listed:
		r.problems.add(d.Position, "%s cannot be shown in lists and left out at once: remove hidden or listed.", def.Name)
	case hidden && made && f != nil && f.isStored() && f.onCreate && f.mustBeGiven():
		r.problems.add(d.Position, "%s must be given, so nobody could make %s on a page without it: show it, or give it a @default.", def.Name, article(naming.Words(owner)))
	case listed && f != nil && f.kind == hasMany:
		r.problems.add(argument(d, "listed").Position, "A list cannot show %s, which is a list of its own for each entry: remove listed.", def.Name)
	}
	w := argument(d, "widget")
	if w == nil {
		return
	}
	isText := f != nil && (f.kind == scalar || f.kind == custom) && f.typ == "String"
	fits, wants := isText, "a String"
	switch w.Raw {
	case "IMAGE":
		fits, wants = isText || f != nil && f.kind == reference && f.typ == "Asset", "a @reference to Asset, or a String"
	case "TREE":
		fits, wants = f != nil && f.kind == inline && f.list && slices.ContainsFunc(r.embeds[f.typ].fields, func(inside *field) bool { return inside.list && inside.typ == f.typ }),
			"a list of a type that holds a list of itself"
	case "BYTES":
		fits, wants = f != nil && f.kind == scalar && !f.list && (f.typ == "Int" || f.typ == "Int64"), "an Int or Int64"
	case "MULTILINE", "MARKDOWN":
		fits, wants = isText && !f.list, "one String"
	}
	if !fits {
		r.problems.add(w.Position, "%s is for %s, and %s is %s: choose another widget, or leave it out.", w.Raw, wants, def.Name, def.Type)
	}
}

func article(name string) string {
	if strings.ContainsAny(name[:1], "aeiou") {
		return "an " + name
	}
	return "a " + name
}
