package gen

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/99designs/gqlgen/codegen/templates"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// specs writes the core.Spec of every model.
func specs(doc *document) *goFile {
	g := &goFile{pkg: "model", imports: map[string]string{"core": grapnel + "/core", "value": grapnel + "/core/value", "time": "time"}}
	g.printf("\n// Specs describes the stored types that the schema declares.\nfunc Specs() []core.Spec {\n\treturn []core.Spec{\n")
	for _, m := range doc.models {
		s := m.spec
		g.printf("\t\t{\n\t\t\tType: %q, Name: %q, Prefix: %q,\n", s.Type, s.Name, s.Prefix)
		g.printf("\t\t\tAttributes: []core.Attribute{\n")
		for _, a := range s.Attributes {
			g.printf("\t\t\t\t{Name: %q%s},\n", a.Name, attributeParts(a))
		}
		g.printf("\t\t\t},\n")
		if len(s.Embedded) > 0 {
			g.printf("\t\t\tEmbedded: map[string][]core.Attribute{\n")
			for _, name := range slices.Sorted(maps.Keys(s.Embedded)) {
				g.printf("\t\t\t\t%q: {\n", name)
				for _, a := range s.Embedded[name] {
					g.printf("\t\t\t\t\t{Name: %q%s},\n", a.Name, attributeParts(a))
				}
				g.printf("\t\t\t\t},\n")
			}
			g.printf("\t\t\t},\n")
		}
		if !m.inCore {
			g.printf("\t\t\tNew: func() any { return new(%s) },\n", templates.ToGo(m.name))
		}
		if len(m.added()) > 0 {
			g.printf("\t\t\tAdded: core.NewAddition(New%s),\n", extensionName(m))
		}
		g.printf("\t\t\tFields: []core.Field{\n")
		for _, f := range s.Fields {
			g.printf("\t\t\t\t{Name: %q%s%s%s},\n", f.Name, goKind(f.Kind), set("Array", f.Array), set("Unique", f.Unique))
		}
		g.printf("\t\t\t},\n\t\t\tIndexes: [][]string{")
		for _, i := range s.Indexes {
			g.printf("%s, ", strings.TrimPrefix(goStrings(i), "[]string"))
		}
		g.printf("},\n")
		if len(s.Bulk) > 0 {
			g.printf("\t\t\tBulk: %s,\n", goStrings(s.Bulk))
		}
		if len(s.Search) > 0 {
			g.printf("\t\t\tSearch: %s,\n", goStrings(s.Search))
		}
		if s.Live {
			g.printf("\t\t\tLive: true,\n")
		}
		if s.Singleton {
			g.printf("\t\t\tSingleton: true,\n")
		}
		g.printf("\t\t\tRules: %s,\n\t\t},\n", goRules(s.Rules, "\n"))
	}
	g.printf("\t}\n}\n")
	return g
}

func attributeParts(a core.Attribute) string {
	s := goKind(a.Kind)
	if a.Bits != 0 {
		s += fmt.Sprintf(", Bits: %d", a.Bits)
	}
	s += set("Array", a.Array) + set("Required", a.Required)
	if a.Default != nil {
		s += ", Default: " + goLiteral(a.Default)
	}
	if len(a.Values) > 0 {
		s += ", Values: " + goStrings(a.Values)
	}
	if a.Reference != "" {
		s += fmt.Sprintf(", Reference: %q", a.Reference)
	}
	if a.Type != "" {
		s += fmt.Sprintf(", Type: %q", a.Type)
	}
	if a.Constraint != "" {
		s += fmt.Sprintf(", Constraint: %q", a.Constraint)
	}
	if len(a.Guard) > 0 {
		s += ", Guard: " + goRules(a.Guard, "")
	}
	return s
}

func set(name string, is bool) string {
	if is {
		return ", " + name + ": true"
	}
	return ""
}

func goKind(k core.Kind) string {
	if k == core.String {
		return ""
	}
	return ", Kind: core." + [...]string{core.Int: "Int", core.Float: "Float", core.Bool: "Bool", core.Time: "Time", core.Date: "Date", core.Decimal: "Decimal", core.JSON: "JSON", core.Document: "Document"}[k]
}

func goStrings(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = fmt.Sprintf("%q", s)
	}
	return "[]string{" + strings.Join(quoted, ", ") + "}"
}

func goRules(rules []core.Rule, newline string) string {
	var b strings.Builder
	b.WriteString("[]core.Rule{" + newline)
	for i, r := range rules {
		if i > 0 && newline == "" {
			b.WriteString(", ")
		}
		b.WriteString("{Verbs: " + goVerbs(r.Verbs))
		if r.Role != "" {
			fmt.Fprintf(&b, ", Role: core.%s", roleNames[r.Role])
		}
		if r.Owner != "" {
			fmt.Fprintf(&b, ", Owner: %q", r.Owner)
		}
		if r.Where.Op != core.OpAll {
			b.WriteString(", Where: " + goFilter(r.Where))
		}
		b.WriteString("}")
		if newline != "" {
			b.WriteString("," + newline)
		}
	}
	return b.String() + "}"
}

var roleNames = map[core.Role]string{core.Member: "Member", core.Author: "Author", core.Editor: "Editor", core.Admin: "Admin"}

func goVerbs(v core.Verb) string {
	if v == core.AnyVerb {
		return "core.AnyVerb"
	}
	var names []string
	for _, known := range []struct {
		verb core.Verb
		name string
	}{{core.Create, "Create"}, {core.Read, "Read"}, {core.Update, "Update"}, {core.Delete, "Delete"}} {
		if v&known.verb != 0 {
			names = append(names, "core."+known.name)
		}
	}
	return strings.Join(names, " | ")
}

// goFilter is the expression that makes a filter.
func goFilter(f core.Filter) string {
	args := func() string {
		parts := make([]string, len(f.Args))
		for i, a := range f.Args {
			parts[i] = goFilter(a)
		}
		return strings.Join(parts, ", ")
	}
	compare := map[core.FilterOp]string{core.OpEq: "Eq", core.OpNe: "Ne", core.OpLt: "Lt", core.OpLte: "Lte", core.OpGt: "Gt", core.OpGte: "Gte", core.OpPrefix: "Prefix"}
	switch f.Op {
	case core.OpAll:
		return "core.All"
	case core.OpNone:
		return "core.None"
	case core.OpAnd:
		return "core.And(" + args() + ")"
	case core.OpOr:
		return "core.Or(" + args() + ")"
	case core.OpNot:
		return "core.Not(" + args() + ")"
	case core.OpIn:
		list, _ := f.Value.([]any)
		parts := make([]string, len(list))
		for i, v := range list {
			parts[i] = goLiteral(v)
		}
		return fmt.Sprintf("core.In(%q, []any{%s})", f.Field, strings.Join(parts, ", "))
	}
	return fmt.Sprintf("core.%s(%q, %s)", compare[f.Op], f.Field, goLiteral(f.Value))
}

func goLiteral(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case string:
		return fmt.Sprintf("%q", v)
	case core.Now:
		return "core.Now{}"
	case time.Time:
		return fmt.Sprintf("time.UnixMilli(%d).UTC()", v.UnixMilli())
	case int64:
		return fmt.Sprintf("int64(%d)", v)
	case value.Date:
		return fmt.Sprintf("value.Date(%q)", string(v))
	case value.Decimal:
		return fmt.Sprintf("value.MustDecimal(%q)", v)
	case value.JSON:
		return fmt.Sprintf("value.JSON(%q)", string(v))
	case float64:
		return goFloat(v)
	}
	return fmt.Sprint(v)
}
