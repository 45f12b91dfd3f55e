// Package gen is what `go generate` runs: it turns the types that a schema
// declares with @model into a backend. First it expands the schema: what a
// declared type stands for is written to schema/gen/, as SDL that people read
// and review. Then it binds it: Go structs, core.Spec values and resolvers of
// one line each. The rest is gqlgen's work. Behaviour is nowhere in generated
// code; it is in package core, once.
package gen

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	gql "github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/mod/modfile"

	"github.com/grapnel/grapnel/schema"
)

// grapnel is the module that projects build on.
const grapnel = "github.com/grapnel/grapnel"

// project is a module with a schema.
type project struct {
	dir    string
	module string
	home   bool // Grapnel itself
}

// Run generates everything in the module at dir and reports to log how long
// each step took. Mistakes in the schema come back as [Problems].
func Run(dir string, log io.Writer) error {
	p, err := open(dir)
	if err != nil {
		return err
	}
	began := time.Now()
	sources, err := p.sources()
	if err != nil {
		return err
	}
	written, err := p.methods()
	if err != nil {
		return err
	}
	b, err := p.build(sources, written)
	if err != nil {
		return err
	}
	for _, n := range notes(b.doc) {
		fmt.Fprintln(log, n)
	}
	if err := p.write(b.files); err != nil {
		return err
	}
	fmt.Fprintf(log, "expanded %d models in %s\n", len(b.doc.models), time.Since(began).Round(time.Millisecond))
	began = time.Now()
	if err := p.gqlgen(b); err != nil {
		return err
	}
	fmt.Fprintf(log, "generated graph/ in %s\n", time.Since(began).Round(100*time.Millisecond))
	return nil
}

// built is all that a schema makes, before gqlgen.
type built struct {
	doc     *document
	schema  []*gql.Source     // the whole schema, with directives
	files   map[string][]byte // to write, by name
	methods map[string]bool   // of resolvers, written or generated: "queryResolver.Products"
}

// build touches nothing; written are the resolvers that the project has.
func (p project) build(sources []source, written map[string]bool) (*built, error) {
	doc, err := read(sources, p.home)
	if err != nil {
		return nil, err
	}
	doc.base = baseTypes(doc)
	expanded, err := expand(doc)
	if err != nil {
		return nil, err
	}
	b := &built{doc: doc, files: map[string][]byte{}, methods: map[string]bool{}}
	maps.Copy(b.methods, written)
	for _, s := range sources {
		if s.base {
			b.files[s.Name] = []byte(s.Input)
		}
		b.schema = append(b.schema, s.Source)
	}
	for _, name := range slices.Sorted(maps.Keys(expanded)) {
		name, sdl := path.Join("schema/gen", name), expanded[name]
		b.files[name] = []byte(sdl)
		b.schema = append(b.schema, &gql.Source{Name: name, Input: sdl})
	}
	whole, err := validate(b.schema)
	if err != nil {
		return nil, err
	}
	doc.used = used(whole)
	if !p.home {
		if b.files["schema/schema.gen.go"], err = schemaFiles(b.schema).source(); err != nil {
			return nil, err
		}
	}
	return b, p.structsAndResolvers(b, written)
}

// open finds out which module dir is.
func open(dir string) (project, error) {
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return project{}, fmt.Errorf("run this in the folder of a Go module: %w", err)
	}
	p := project{dir: dir, module: modfile.ModulePath(data)}
	if p.module == "" {
		return project{}, errors.New("go.mod names no module")
	}
	p.home = p.module == grapnel
	return p, nil
}

// sources reads schema/*.graphqls, and Grapnel's own schema in a project.
func (p project) sources() ([]source, error) {
	var list []source
	read := func(fsys fs.FS, pattern, to string, base bool) error {
		files, err := fs.Glob(fsys, pattern)
		if err != nil {
			return err
		}
		for _, f := range files {
			data, err := fs.ReadFile(fsys, f)
			if err != nil {
				return err
			}
			list = append(list, source{&gql.Source{Name: path.Join(to, path.Base(f)), Input: string(data)}, base})
		}
		return nil
	}
	if !p.home {
		if err := read(schema.Files, "*.graphqls", baseFolder, true); err != nil {
			return nil, err
		}
	}
	if err := p.checkFiles(); err != nil {
		return nil, err
	}
	err := read(os.DirFS(p.dir), "schema/*.graphqls", "schema", false)
	return list, err
}

// fileForm is what files of SDL may be called: Go gives a meaning to what may
// stand behind an underscore, as in note_test.go and note_linux.go.
var fileForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*\.graphqls$`)

// checkFiles refuses SDL that would be left out, or that would become Go files
// which Go leaves out.
func (p project) checkFiles() error {
	var problems Problems
	err := filepath.WalkDir(filepath.Join(p.dir, "schema"), func(file string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a project without types
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(p.dir, file)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		refuse := func(message string) { problems = append(problems, Problem{name, 1, 1, message}) }
		switch ext := path.Ext(name); {
		case d.IsDir() && name == "schema/gen":
			return fs.SkipDir
		case d.IsDir():
		case ext == ".graphql" || ext == ".gql":
			refuse("Only files that end in .graphqls are read: rename it.")
		case ext != ".graphqls":
		case path.Dir(name) != "schema":
			refuse("Only files in schema/ itself are read: move it there.")
		case !fileForm.MatchString(path.Base(name)):
			refuse("Name the file with letters, digits and hyphens, such as order-line.graphqls.")
		}
		return nil
	})
	return errors.Join(err, problems.err())
}

// schemaFiles is the Go package with the whole schema of a project: what is served has
// none of the directives, and the management page is described by them.
func schemaFiles(schema []*gql.Source) *goFile {
	g := &goFile{pkg: "schema", imports: map[string]string{"embed": "embed"}}
	g.printf("\n// Files are the whole schema, with all its directives.\n//\n")
	for _, s := range schema {
		g.printf("//go:embed %s\n", strings.TrimPrefix(s.Name, "schema/"))
	}
	g.printf("var Files embed.FS\n")
	return g
}

// baseTypes are the types of Grapnel's own schema whose Go code a project uses. That of
// types that are not in core, and of what stands inside them, it makes itself, like
// that of its own ones, so that it can extend them and set their hooks.
func baseTypes(doc *document) map[string]bool {
	base := map[string]bool{}
	if doc.home {
		return base
	}
	for name, def := range doc.types {
		base[name] = isBaseFile(def.Position.Src.Name)
	}
	for _, e := range doc.embedded {
		base[e.name] = false
	}
	for _, m := range doc.models {
		if !m.inCore {
			base[m.name] = false
			continue
		}
		if len(m.added()) > 0 { // they differ from Grapnel's own
			base["Update"+m.name+"Input"] = false
			base[m.name+"Connection"], base[m.name+"Edge"], base[m.name+"Change"] = true, true, true
			continue
		}
		for _, suffix := range []string{"Connection", "Edge", "Where", "Order", "OrderField", "Change"} {
			base[m.name+suffix] = true
		}
	}
	for _, m := range doc.models {
		for _, f := range m.fields {
			if m.inCore && f.kind == enum && f.filterable && !f.extension {
				base[f.filter()] = true
			}
		}
	}
	return base
}

// structsAndResolvers adds the Go files and the generated methods.
func (p project) structsAndResolvers(b *built, written map[string]bool) error {
	files := map[string]*goFile{"graph/model/specs.gen.go": specs(b.doc)}
	for name, g := range structs(p, b.doc) {
		files["graph/model/"+name] = g
	}
	bind := &binder{goNames{p, b.doc}, written, b.methods}
	for name, g := range bind.resolvers() {
		files["resolvers/"+name] = g
	}
	for name, g := range files {
		src, err := g.source()
		if err != nil {
			return err
		}
		b.files[name] = src
	}
	return nil
}

// checkGenerated refuses files in schema/gen/ that somebody has put there: they
// are not read, and would be removed.
func (p project) checkGenerated(files map[string][]byte) error {
	var problems Problems
	for _, folder := range []string{"schema/gen", baseFolder} {
		found, err := filepath.Glob(filepath.Join(p.dir, folder, "*"))
		if err != nil {
			return err
		}
		for _, file := range found {
			name := path.Join(folder, filepath.Base(file))
			if _, wanted := files[name]; wanted || name == baseFolder {
				continue
			}
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if first, _, _ := bytes.Cut(data, []byte("\n")); !bytes.Contains(first, []byte("DO NOT EDIT")) {
				problems = append(problems, Problem{name, 1, 1, "This file is not generated, and is not read here: move it to schema/, or remove it."})
			}
		}
	}
	return problems.err()
}

// methods are those that the project has written in resolvers/.
func (p project) methods() (map[string]bool, error) {
	written := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(p.dir, "resolvers", "*.go"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".gen.go") || strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil && len(fn.Recv.List) == 1 {
				t := fn.Recv.List[0].Type
				if star, ok := t.(*ast.StarExpr); ok {
					t = star.X
				}
				if id, ok := t.(*ast.Ident); ok {
					written[id.Name+"."+fn.Name.Name] = true
				}
			}
		}
	}
	return written, nil
}

// write stores the files that differ, and removes generated ones that are not
// made any more.
func (p project) write(files map[string][]byte) error {
	if err := p.checkGenerated(files); err != nil {
		return err
	}
	for _, pattern := range []string{"schema/gen/*.graphqls", baseFolder + "/*.graphqls", "graph/model/*.gen.go", "resolvers/*.gen.go"} {
		old, err := filepath.Glob(filepath.Join(p.dir, pattern))
		if err != nil {
			return err
		}
		for _, file := range old {
			name, err := filepath.Rel(p.dir, file)
			if err != nil {
				return err
			}
			if _, wanted := files[filepath.ToSlash(name)]; !wanted {
				if err := os.Remove(file); err != nil {
					return err
				}
			}
		}
	}
	for name, data := range files {
		file := filepath.Join(p.dir, filepath.FromSlash(name))
		if have, err := os.ReadFile(file); err == nil && bytes.Equal(have, data) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
