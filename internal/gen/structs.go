package gen

import (
	"fmt"
	"strings"

	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// structs writes the Go types of a project's own models and embedded types,
// one file each.
func structs(p project, doc *document) map[string]*goFile {
	files := map[string]*goFile{}
	n := goNames{p, doc}
	file := func(from *ast.Position, name string) *goFile {
		g := &goFile{pkg: "model", from: from.Src.Name, imports: map[string]string{
			"time": "time", "regexp": "regexp", "core": grapnel + "/core", "value": grapnel + "/core/value", "basemodel": grapnel + "/graph/model",
		}}
		files[fileName(name)+".gen.go"] = g
		return g
	}
	for _, m := range doc.models {
		if m.inCore {
			if len(m.added()) > 0 {
				n.extension(file(m.added()[0].def.Position, m.name), m)
			}
			continue
		}
		g := file(m.def.Position, m.name)
		name := templates.ToGo(m.name)
		g.printf("\n")
		g.comment("", name+" is the type "+m.name+" of the schema. "+m.def.Description)
		g.printf("type %s struct {\n\tcore.Head `bson:\",inline\"`\n", name)
		for _, bulk := range []bool{false, true} { // those last, so that a store can stop before them
			for _, f := range m.fields {
				if f.isStored() && !f.isHead() && f.bulk == bulk {
					n.member(g, f)
				}
			}
		}
		g.printf("}\n\n")
		aliases := []string{"Connection = core.Page", "Edge = core.Edge"}
		if m.spec.Live {
			aliases = append(aliases, "Change = core.Change")
		}
		g.printf("// The pages, their edges and the changes of %s.\ntype (\n", m.plural)
		for _, a := range aliases {
			suffix, generic, _ := strings.Cut(a, " = ")
			g.printf("\t%s = %s[%s]\n", templates.ToGo(m.name+suffix), generic, name)
		}
		g.printf(")\n")
		n.constraints(g, name, m.fields, m.choice)
	}
	for _, e := range doc.embedded {
		g := file(e.def.Position, e.name)
		name := templates.ToGo(e.name)
		g.printf("\n")
		g.comment("", name+" is the type "+e.name+" of the schema, which stands inside documents. "+e.def.Description)
		g.printf("type %s struct {\n", name)
		for _, f := range e.stored() {
			n.member(g, f)
		}
		g.printf("}\n")
		n.constraints(g, name, e.fields, e.choice)
	}
	if g := abstract(doc); g != nil {
		files["abstract.gen.go"] = g
	}
	return files
}

// abstract writes the Go types of interfaces and unions. They ask for nothing:
// the types of package core could not have the methods that gqlgen would want.
func abstract(doc *document) *goFile {
	g := &goFile{pkg: "model"}
	for _, def := range doc.abstract() {
		name := templates.ToGo(def.Name)
		g.printf("\n")
		g.comment("", name+" is "+kinds[def.Kind]+" of the schema: a pointer to one of its types. "+def.Description)
		g.printf("type %s any\n", name)
	}
	if g.Len() == 0 {
		return nil
	}
	return g
}

// extension writes the struct of the fields that the project adds to a type of
// Grapnel.
func (n goNames) extension(g *goFile, m *model) {
	name := extensionName(m)
	g.printf("\n// %s is what the project adds to %s.\ntype %s struct {\n", name, m.plural, name)
	for _, f := range m.added() {
		n.member(g, f)
	}
	g.printf("}\n\n// New%[1]s is one with its defaults.\nfunc New%[1]s() *%[1]s {\n\treturn &%[1]s{", name)
	for _, f := range m.added() {
		if f.fallback != nil && !f.list {
			g.printf("%s: %s, ", f.goName(), own(n.fallback(f)))
		}
	}
	g.printf("}\n}\n")
	n.constraints(g, name, m.added(), nil)
}

func extensionName(m *model) string { return templates.ToGo(m.name) + "Extension" }

// fallback is the value of @default in Go.
func (n goNames) fallback(f *field) string {
	v := f.fallback.Raw
	switch f.storeKind() {
	case core.String:
		v = fmt.Sprintf("%q", v)
	case core.Date, core.Decimal, core.JSON:
		x, _ := (&reader{doc: n.doc}).value(f, f.fallback) // it was read before
		v = goLiteral(x)
		if f.null {
			v = "new(" + v + ")"
		}
		return v
	}
	if f.kind == enum || f.null {
		v = fmt.Sprintf("%s(%s)", n.typ(f.typ), v)
	}
	if f.null {
		v = "new(" + v + ")"
	}
	return v
}

func (n goNames) member(g *goFile, f *field) {
	if f.def.Description != "" {
		g.comment("\t", f.def.Description)
	}
	g.printf("\t%s %s `bson:%q`\n", f.goName(), own(n.value(f)), f.stored)
}

// own is a type as the package model itself names it.
func own(t string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(t, "basemodel.", "\x00"), "model.", ""), "\x00", "basemodel.")
}

// constraints writes the method that checks a struct.
func (n goNames) constraints(g *goFile, name string, fields, choice []*field) {
	var vars, body strings.Builder
	for _, f := range fields {
		if f.isStored() && !f.isHead() {
			n.constraint(&vars, &body, name, f)
		}
	}
	if len(choice) > 0 {
		var paths, given []string
		for _, f := range choice {
			paths, given = append(paths, f.input), append(given, "d."+f.goName()+" != nil")
		}
		fmt.Fprintf(&body, "\tc.ExactlyOne(%s, %s)\n", goStrings(paths), strings.Join(given, ", "))
	}
	g.printf("\n%s", vars.String())
	g.printf("// Constraints reports what breaks the constraints of the schema.\nfunc (d *%s) Constraints(c *core.Checker) {\n%s}\n", name, body.String())
}

// constraint writes the checks of one field.
func (n goNames) constraint(vars, body *strings.Builder, owner string, f *field) {
	v, path, indent := "d."+f.goName(), fmt.Sprintf("%q", f.input), "\t"
	line := func(format string, args ...any) { fmt.Fprintf(body, indent+format+"\n", args...) }
	if f.list {
		c := f.constraint
		line("c.Items(%s, len(%s), %d, %d)", path, v, c.minItems, c.maxItems)
		if c.unique && f.kind != inline {
			line("core.Distinct(c, %s, %s)", path, v)
		}
		checks := n.checks(vars, owner, f, "e", fmt.Sprintf("core.At(%s, i)", path))
		if len(checks) == 0 {
			return
		}
		line("for i, e := range %s {", v)
		for _, c := range checks {
			line("\t%s", c)
		}
		line("}")
		return
	}
	missing := fmt.Sprintf("c.Add(%s, \"REQUIRED\", \"must not be null\", nil)", path)
	if !f.null && f.kind == reference {
		line("if %s == \"\" {\n%s\n}", v, missing)
		return
	}
	one := v
	if f.null && f.kind != inline {
		one = "*" + v
	}
	checks := strings.Join(n.checks(vars, owner, f, one, path), "\n")
	required := f.required || !f.null
	switch {
	case !f.null && f.kind != inline:
		if checks != "" {
			line("%s", checks)
		}
	case checks != "" && required:
		line("if %s != nil {\n%s\n} else {\n%s\n}", v, checks, missing)
	case checks != "":
		line("if %s != nil {\n%s\n}", v, checks)
	case required:
		line("if %s == nil {\n%s\n}", v, missing)
	}
}

// checks are the calls that check one value.
func (n goNames) checks(vars *strings.Builder, owner string, f *field, v, path string) []string {
	c := f.constraint
	var out []string
	switch {
	case f.kind == inline:
		return []string{fmt.Sprintf("c.Inside(%s, %s)", path, v)}
	case f.kind != scalar:
		return nil
	case f.storeKind() == core.Date || f.storeKind() == core.JSON:
		return []string{fmt.Sprintf("c.Value(%s, %s)", path, v)}
	case f.typ == "String" || f.typ == "ID":
		out = append(out, fmt.Sprintf("c.Text(%s, %s, %d, %d)", path, v, c.minLength, c.maxLength))
		if c.pattern != "" {
			name := templates.ToGoPrivate(owner) + "_" + f.goName() + "Form"
			fmt.Fprintf(vars, "var %s = regexp.MustCompile(%q)\n\n", name, whole(c.pattern))
			out = append(out, fmt.Sprintf("c.Pattern(%s, %s, %s)", path, v, name))
		}
		if c.format != "" {
			out = append(out, fmt.Sprintf("c.Format(%s, %s, %s)", path, v, formats[c.format].code))
		}
	case c.min != nil || c.max != nil || c.above != nil || c.below != nil || c.multipleOf != nil:
		name := templates.ToGoPrivate(owner) + "_" + f.goName() + "Bounds"
		fmt.Fprintf(vars, "var %s = core.Bounds{", name)
		for _, b := range []struct {
			name  string
			bound *value.Decimal
		}{{"Min", c.min}, {"Max", c.max}, {"Above", c.above}, {"Below", c.below}, {"MultipleOf", c.multipleOf}} {
			if b.bound != nil {
				fmt.Fprintf(vars, "%s: new(value.MustDecimal(%q)),", b.name, b.bound)
			}
		}
		fmt.Fprintf(vars, "}\n\n")
		if f.storeKind() != core.Decimal {
			v = "value.DecimalOf(" + v + ")"
		}
		out = append(out, fmt.Sprintf("c.Number(%s, %s, %s)", path, v, name))
	}
	return out
}

// goFloat is a number as a float64 in Go.
func goFloat(n float64) string { return fmt.Sprintf("float64(%v)", n) }
