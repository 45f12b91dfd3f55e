package gen

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/99designs/gqlgen/plugin"
	"golang.org/x/tools/go/ast/astutil"
)

// stubs begins the resolvers that only the project can write: of its own
// queries and mutations, and of fields with @customResolver. It appends what is
// missing to resolvers/<file of the schema>.go.
type stubs struct {
	known map[string]bool // methods that are written or generated: "queryResolver.Products"
}

var _ plugin.CodeGenerator = (*stubs)(nil)

// Name implements plugin.Plugin.
func (*stubs) Name() string { return "stubs" }

// GenerateCode implements plugin.CodeGenerator.
func (s *stubs) GenerateCode(data *codegen.Data) error {
	files := map[string]*stubFile{}
	for _, o := range data.Objects {
		for _, f := range o.Fields {
			if !f.IsResolver || f.Position == nil || f.Position.Src == nil || strings.HasPrefix(f.Position.Src.Name, "schema/gen/") {
				continue
			}
			receiver := templates.ToGoPrivate(o.Name) + "Resolver"
			if s.known[receiver+"."+f.GoFieldName] {
				continue
			}
			name := stem(f.Position.Src.Name)
			if files[name] == nil {
				files[name] = &stubFile{imports: map[string]string{grapnel + "/core": "core", "context": "context"}}
			}
			files[name].add(receiver, f)
		}
	}
	for name, f := range files {
		if err := f.appendTo(filepath.Join("resolvers", name+".go")); err != nil {
			return err
		}
	}
	return nil
}

// stubFile is what one file of resolvers lacks.
type stubFile struct {
	code    strings.Builder
	imports map[string]string // names by path
}

func (f *stubFile) add(receiver string, field *codegen.Field) {
	var args strings.Builder
	args.WriteString("ctx context.Context")
	if !field.Object.Root {
		args.WriteString(", obj " + f.typ(field.Object.Reference()))
	}
	for _, a := range field.Args {
		args.WriteString(", " + a.VarName + " " + f.typ(a.TypeReference.GO))
	}
	result := f.typ(field.TypeReference.GO)
	if field.Object.Stream {
		result = "<-chan " + result
	}
	fmt.Fprintf(&f.code, `
// %[1]s resolves %[2]s.%[3]s of the schema.
func (r *%[4]s) %[1]s(%[5]s) (result %[6]s, err error) {
	return result, core.Errorf(core.Internal, "The field %[3]s has no resolver yet.")
}
`, field.GoFieldName, field.Object.Name, field.Name, receiver, args.String(), result)
}

// typ is a type as the file names it; its package is imported.
func (f *stubFile) typ(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		name, known := f.imports[p.Path()]
		if !known {
			name = p.Name()
			for _, other := range f.imports {
				if other == name {
					name = "base" + name
				}
			}
			f.imports[p.Path()] = name
		}
		return name
	})
}

// appendTo adds the stubs to a file, or begins it.
func (f *stubFile) appendTo(path string) error {
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		old = []byte("package resolvers\n")
	} else if err != nil {
		return err
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, append(old, f.code.String()...), parser.ParseComments)
	if err != nil {
		return err
	}
	for path, name := range f.imports {
		if path[strings.LastIndexByte(path, '/')+1:] == name {
			name = ""
		}
		astutil.AddNamedImport(fset, file, name, path)
	}
	var out bytes.Buffer
	if err := format.Node(&out, fset, file); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}
