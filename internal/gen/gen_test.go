package gen

import (
	"bytes"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gql "github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/schema"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sourcesOf are files of SDL in a project, with Grapnel's own schema.
func sourcesOf(t testing.TB, files map[string]string) []source {
	t.Helper()
	var list []source
	names, err := fs.Glob(schema.Files, "*.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(schema.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, source{&gql.Source{Name: baseFolder + "/" + name, Input: string(data)}, true})
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		list = append(list, source{&gql.Source{Name: "schema/" + name, Input: files[name]}, false})
	}
	return list
}

// sdl reads the *.graphqls files of a folder.
func sdl(t testing.TB, dir string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.graphqls"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", dir, len(files), err)
	}
	out := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(file)] = string(data)
	}
	return out
}

// cases are the folders of testdata with a project's schema.
func cases(t testing.TB) []string {
	t.Helper()
	dirs, err := filepath.Glob("testdata/*/*.graphqls")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("%d cases, %v", len(dirs), err)
	}
	for i := range dirs {
		dirs[i] = filepath.Dir(dirs[i])
	}
	return slices.Compact(dirs)
}

func TestGolden(t *testing.T) {
	for _, dir := range cases(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			p := project{module: "example.org/" + filepath.Base(dir)}
			b, err := p.build(sourcesOf(t, sdl(t, dir)), nil)
			if err != nil {
				t.Fatal(err)
			}
			out := b.files
			golden := filepath.Join(dir, "golden")
			for name := range out {
				if isBaseFile(name) || sameAsHome(t, name, out[name]) {
					delete(out, name)
				}
			}
			if *update {
				if err := os.RemoveAll(golden); err != nil {
					t.Fatal(err)
				}
				if err := (project{dir: golden}).write(out); err != nil {
					t.Fatal(err)
				}
			}
			for name, data := range out {
				want, err := os.ReadFile(filepath.Join(golden, name))
				if err != nil {
					t.Error(err)
				} else if !bytes.Equal(data, want) {
					t.Errorf("%s differs; run go test ./internal/gen -update and see git diff. It is now:\n%s", name, data)
				}
			}
			err = filepath.WalkDir(golden, func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				name, err := filepath.Rel(golden, path)
				if out[filepath.ToSlash(name)] == nil {
					t.Errorf("%s is not generated any more", name)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// sameAsHome reports whether a file is, but for its first line, one of
// Grapnel's own.
func sameAsHome(t *testing.T, name string, data []byte) bool {
	t.Helper()
	home, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		return false
	}
	body := func(s string) string { _, rest, _ := strings.Cut(s, "\n"); return rest }
	return body(string(home)) == body(string(data))
}
