package gen

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/codegen/templates"
)

// goFile is a Go file that is being written. Packages are imported when a name
// of theirs is used.
type goFile struct {
	strings.Builder
	pkg     string
	from    string // what it is generated from; "" for all of the schema
	imports map[string]string
}

// printf appends code.
func (g *goFile) printf(format string, args ...any) { fmt.Fprintf(g, format, args...) }

// comment appends a doc comment.
func (g *goFile) comment(indent, text string) {
	for line := range strings.SplitSeq(strings.TrimSpace(plain(text)), "\n") {
		if line == "" && text == "" {
			return
		}
		g.printf("%s// %s\n", indent, line)
	}
}

// source is the whole file, formatted.
func (g *goFile) source() ([]byte, error) {
	var out strings.Builder
	from := "the schema"
	if g.from != "" {
		from = g.from
	}
	fmt.Fprintf(&out, "// Code generated from %s by `go generate`. DO NOT EDIT.\n\npackage %s\n\nimport (\n", from, g.pkg)
	body := g.String()
	used, err := packages(body)
	if err != nil {
		return nil, fmt.Errorf("the generated code cannot be read: %w\n%s", err, body)
	}
	var std, others []string
	for name, path := range g.imports {
		if !used[name] {
			continue
		}
		line := strconv.Quote(path)
		if path[strings.LastIndexByte(path, '/')+1:] != name {
			line = name + " " + line
		}
		if strings.Contains(path, "/") {
			others = append(others, line)
		} else {
			std = append(std, line)
		}
	}
	slices.Sort(std)
	slices.SortFunc(others, func(a, b string) int {
		return strings.Compare(a[strings.IndexByte(a, '"'):], b[strings.IndexByte(b, '"'):])
	})
	out.WriteString(strings.Join(std, "\n") + "\n\n" + strings.Join(others, "\n") + "\n)\n" + body)
	return format.Source([]byte(out.String()))
}

// packages are the names before a dot in code; those of packages are among them.
func packages(code string) (map[string]bool, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+code, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				used[x.Name] = true
			}
		}
		return true
	})
	return used, nil
}

// goNames tells how types of the schema are called in Go.
type goNames struct {
	p   project
	doc *document
}

// typ is the Go type of a schema type, without pointer.
func (n goNames) typ(name string) string {
	if s, ok := scalars[name]; ok {
		return s.goType
	}
	if inCore[name] {
		return "core." + templates.ToGo(name)
	}
	if n.doc.isBase(name) {
		return "basemodel." + templates.ToGo(name)
	}
	return "model." + templates.ToGo(name)
}

// value is the Go type of a stored field in a struct.
func (n goNames) value(f *field) string {
	t := n.typ(f.typ)
	switch f.kind {
	case reference:
		t = "string"
	case inline:
		t = "*" + t
	}
	switch {
	case f.list:
		return "[]" + t
	case f.null && f.kind != inline:
		return "*" + t
	}
	return t
}

// goName is the name of a stored field in its struct.
func (f *field) goName() string { return templates.ToGo(f.stored) }

// service is the expression of the service of a model.
func (m *model) service() string {
	if m.inCore {
		return "r.app." + templates.ToGo(m.plural)
	}
	return "r.models." + templates.ToGo(m.plural)
}

// collection is the expression of the core.Collection of a model.
func (m *model) collection() string { return m.service() + ".Collection" }
