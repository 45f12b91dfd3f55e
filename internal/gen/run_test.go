package gen

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// shop is a project that a test makes and generates code for.
type shop struct {
	t   *testing.T
	dir string
}

func (s shop) write(name, data string) {
	s.t.Helper()
	path := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s shop) read(name string) string {
	s.t.Helper()
	data, err := os.ReadFile(filepath.Join(s.dir, filepath.FromSlash(name)))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(data)
}

func (s shop) remove(names ...string) {
	s.t.Helper()
	for _, name := range names {
		if err := os.Remove(filepath.Join(s.dir, filepath.FromSlash(name))); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s shop) generate() {
	s.t.Helper()
	if err := Run(s.dir, io.Discard); err != nil {
		s.t.Fatal(err)
	}
}

// compile proves that the project compiles. It checks the types of what is
// generated, and leaves out to make machine code of it, which takes far longer.
func (s shop) compile() {
	s.t.Helper()
	fset := token.NewFileSet()
	sources := map[string][]*ast.File{} // by path of the package
	outside := map[string]bool{}
	for name := range s.files() {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		f, err := parser.ParseFile(fset, filepath.Join(s.dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			s.t.Fatal(err)
		}
		pkg := path.Join(module, path.Dir(name))
		sources[pkg] = append(sources[pkg], f)
		for _, i := range f.Imports {
			if p, _ := strconv.Unquote(i.Path.Value); !strings.HasPrefix(p, module) {
				outside[p] = true
			}
		}
	}
	compiled := s.exported(slices.Sorted(maps.Keys(outside)))
	gc := importer.ForCompiler(fset, "gc", func(p string) (io.ReadCloser, error) { return os.Open(compiled[p]) })
	checked := map[string]*types.Package{}
	var imports importerFunc
	imports = func(p string) (*types.Package, error) {
		if !strings.HasPrefix(p, module) {
			return gc.Import(p)
		}
		if checked[p] == nil {
			c := types.Config{Importer: imports, Error: func(err error) { s.t.Error(err) }}
			checked[p], _ = c.Check(p, fset, sources[p], nil) // the errors are reported above
		}
		return checked[p], nil
	}
	for pkg := range sources {
		_, _ = imports(pkg)
	}
	if s.t.Failed() {
		s.t.FailNow()
	}
}

type importerFunc func(string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }

// exported are the files with the types of packages and all that they import.
func (s shop) exported(packages []string) map[string]string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "go", append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}"}, packages...)...)
	cmd.Dir = s.dir
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("go list: %v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, file, _ := strings.Cut(strings.TrimSpace(line), "=")
		files[name] = file
	}
	return files
}

// files are those of the project with their contents.
func (s shop) files() map[string]string {
	s.t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(s.dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files[path] = s.read(path)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return files
}

// TestRun generates a project from all cases together, and works on it.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command for some seconds")
	}
	s := newShop(t)
	for _, dir := range cases(t) {
		for name, text := range sdl(t, dir) {
			s.write("schema/"+name, text)
		}
	}
	// Nothing is fetched: the cache has what this module needs.
	t.Setenv("GOFLAGS", "-mod=mod")
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOWORK", "off")
	s.generate()
	s.compile()

	t.Run("again", func(t *testing.T) {
		before := s.files()
		s.generate()
		after := s.files()
		for name, text := range after {
			if before[name] != text {
				t.Errorf("a second run changed %s", name)
			}
		}
		if len(before) != len(after) {
			t.Errorf("a second run made %d files of %d", len(after), len(before))
		}
	})

	const written = "func (r *queryResolver) Products("
	if !strings.Contains(s.read("resolvers/product.gen.go"), written) {
		t.Fatal("there is no generated resolver of products")
	}
	s.write("resolvers/product.go", s.read("resolvers/product.go")+` // begun for priceWithTax
func (r *queryResolver) Products(ctx context.Context, where *model.ProductWhere, orderBy *model.ProductOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[model.Product], error) {
	return r.models.Products.Page(ctx, core.PageArgs{})
}
`)
	s.remove("schema/letter.graphqls", "resolvers/letter.go")
	s.write("schema/note.graphqls", "extend type User {\n  pet: String\n}\n") // and no model any more
	s.write("schema/user.graphqls", "extend type User {\n  nickname: String @customResolver\n}\n")
	s.remove("resolvers/user.go")
	s.generate()
	s.compile()

	if strings.Contains(s.read("resolvers/product.gen.go"), written) {
		t.Error("the generated resolver stands beside the written one")
	}
	for name := range s.files() {
		for _, gone := range []string{"note", "complaint", "letter", "address", "place"} {
			if base := filepath.Base(name); strings.HasPrefix(base, gone+".") && name != "schema/note.graphqls" {
				t.Errorf("%s is still there", name)
			}
		}
	}
}

const module = "example.org/shop"

// newShop lays a project out as scaffold does, on top of this checkout.
func newShop(t *testing.T) shop {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	s := shop{t, t.TempDir()}
	here := shop{t, root}
	scaffold := func(name string) string {
		text := here.read("internal/scaffold/files/" + name)
		return strings.NewReplacer("{{.Module}}", module, "{{.Name}}", path.Base(module)).Replace(text)
	}
	requires := here.read("go.mod")
	requires = requires[strings.Index(requires, "require"):]
	s.write("go.mod", "module "+module+"\n\ngo 1.26.0\n\nrequire "+grapnel+" v0.0.0\n\nreplace "+grapnel+" => "+root+"\n\n"+requires)
	s.write("go.sum", here.read("go.sum"))
	s.write("main.go", scaffold("main.go.tmpl"))
	s.write("resolvers/resolver.go", scaffold("resolvers/resolver.go.tmpl"))
	return s
}

// Files that would be left out, by us or by Go, are refused.
func TestFileNames(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"schema/note.graphqls":         "",
		"schema/order-line.graphqls":   "",
		"schema/gen/x_test.graphqls":   "",
		"schema/README.md":             "",
		"schema/note.graphql":          "end in .graphqls",
		"schema/more/note.graphqls":    "schema/ itself",
		"schema/note_windows.graphqls": "letters, digits and hyphens",
		"schema/note_test.graphqls":    "letters, digits and hyphens",
		"schema/a.b.graphqls":          "letters, digits and hyphens",
	} {
		s := shop{t, t.TempDir()}
		s.write(file, "")
		err := project{dir: s.dir}.checkFiles()
		if (err == nil) != (want == "") || err != nil && (!strings.HasPrefix(err.Error(), file+":1:1: ") || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", file, err)
		}
	}
	if err := (project{dir: t.TempDir()}).checkFiles(); err != nil {
		t.Errorf("no schema: %v", err)
	}
}

// A file that somebody has put among the generated ones is neither read nor lost.
func TestForeignFile(t *testing.T) {
	t.Parallel()
	s := shop{t, t.TempDir()}
	s.write("schema/gen/mine.graphqls", "type Mine { x: Int }")
	s.write("schema/gen/old.graphqls", "# Code generated from schema/old.graphqls by `go generate`. DO NOT EDIT.\n")
	p := project{dir: s.dir}
	if err := p.write(nil); err == nil || !strings.HasPrefix(err.Error(), "schema/gen/mine.graphqls:1:1: ") {
		t.Errorf("%v", err)
	}
	if _, there := s.files()["schema/gen/old.graphqls"]; !there {
		t.Error("something was removed all the same")
	}
	s.remove("schema/gen/mine.graphqls")
	if err := p.write(nil); err != nil || len(s.files()) != 0 {
		t.Errorf("%v, %v", s.files(), err)
	}
}
