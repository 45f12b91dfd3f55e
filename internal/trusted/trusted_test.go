package trusted

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

var update = flag.Bool("update", false, "write the golden files anew")

func testSchema(t testing.TB) *ast.Schema {
	t.Helper()
	data, err := os.ReadFile("testdata/schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	return gqlparser.MustLoadSchema(&ast.Source{Input: string(data)})
}

// write makes files in a folder of their own.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestGolden(t *testing.T) {
	schema := testSchema(t)
	for golden, typename := range map[string]bool{"manifest.json": false, "typename.json": true} {
		m, err := Collect(schema, []string{"testdata/frontend"}, typename)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := m.Write(&b); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", golden)
		if *update {
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(path); err != nil || b.String() != string(want) {
			t.Errorf("%s differs (%v); run go test ./internal/trusted -update and see git diff. It is now:\n%s", golden, err, &b)
		}
		docs, err := Read(&b)
		if err != nil || len(docs) != len(m) {
			t.Errorf("%d of %d documents, %v", len(docs), len(m), err)
		}
		for _, op := range m {
			if name, err := Check(schema, docs[op.ID]); err != nil || name != op.Name {
				t.Errorf("%s: %q %v", op.Name, name, err)
			}
			if sum := sha256.Sum256([]byte(op.Body)); hex.EncodeToString(sum[:]) != op.ID {
				t.Errorf("%s: %s is not the hash of the body", op.Name, op.ID)
			}
		}
	}
}

// Files in any order, and named twice, give the same manifest.
func TestOrder(t *testing.T) {
	dir := write(t, map[string]string{
		"a.graphql":                 `query A { viewer { ...F } } query C { viewer { id } }`,
		"b/b.ts":                    "gql`query B { viewer { ...F } } fragment F on User { id ...G } fragment G on User { name }`",
		"b/node_modules/x/index.js": "gql`query X { nothing }`",
		"b/c.txt":                   "gql`query X { nothing }`",
	})
	var first Manifest
	for _, paths := range [][]string{{""}, {"b", "a.graphql"}, {"a.graphql", "b/b.ts", "b", "."}} {
		for i := range paths {
			paths[i] = filepath.Join(dir, paths[i])
		}
		m, err := Collect(testSchema(t), paths, false)
		if err != nil || len(m) != 3 {
			t.Fatal(m, err)
		}
		if first == nil {
			first = m
		}
		if !slices.Equal(m, first) {
			t.Errorf("%v: %v", paths, m)
		}
	}
}

// What a document says, the body in the manifest says too.
func TestStrings(t *testing.T) {
	for _, value := range []string{
		`"plain"`, `"\"\\\/\b\f\n\r\t"`, `"\u0007\u007f\u00ad"`, "\"\U000E0067 \U0001F600 \u2028\"", `"<a href='x'>&"`,
		`""`, `""""""`, "\"\"\"\n  one\n    two \\\"\"\" \\n\n\"\"\"", "\"\x7f\"",
	} {
		text := `query A { post(slug: ` + value + `) { id } }`
		dir := write(t, map[string]string{"a.graphql": text})
		m, err := Collect(testSchema(t), []string{dir}, false)
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		var got [2]string
		for i, text := range []string{text, m[0].Body} {
			doc, err := parser.ParseQuery(&ast.Source{Input: text})
			if err != nil {
				t.Fatalf("%s: %s: %v", value, text, err)
			}
			got[i] = doc.Operations[0].SelectionSet[0].(*ast.Field).Arguments[0].Value.Raw
		}
		if got[0] != got[1] {
			t.Errorf("%s: %q became %q", value, got[0], got[1])
		}
	}
}

func TestNothingToCollect(t *testing.T) {
	dir := write(t, map[string]string{"a.ts": "export const a = `query A { viewer { id } }`", "b.txt": "", "f.graphql": "fragment F on User { id }"})
	for path, want := range map[string]string{
		"":       "there are no operations in ",
		"b.txt":  "b.txt is not a file in which operations are looked for: those end in .astro .cjs .cts .gql .graphql .js .jsx .mjs .mts .svelte .ts .tsx .vue",
		"absent": "no such file",
	} {
		_, err := Collect(testSchema(t), []string{filepath.Join(dir, path)}, false)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestManifests(t *testing.T) {
	want := map[string]int{"apollo.json": 4, "codegen.json": 4, "relay.json": 1}
	for name, n := range want {
		docs, err := Load([]string{"testdata/manifests/" + name, "testdata/manifests/" + name})
		if err != nil || len(docs) != n {
			t.Errorf("%s: %d documents, %v", name, len(docs), err)
		}
		for id, text := range docs {
			if _, err := parser.ParseQuery(&ast.Source{Input: text}); err != nil || len(id) != 64 {
				t.Errorf("%s: %s: %v", name, id, err)
			}
		}
	}
	all, err := Load(slices.Collect(func(yield func(string) bool) {
		for name := range want {
			if !yield("testdata/manifests/" + name) {
				return
			}
		}
	}))
	if err != nil || len(all) != 9 {
		t.Errorf("%d documents of all, %v", len(all), err)
	}

	dir := write(t, map[string]string{"a.json": `{"sha256:a1":"{a}","b":"{b}"}`, "b.json": `{"a1":"{a}","b":"{c}"}`})
	_, err = Load([]string{filepath.Join(dir, "a.json"), filepath.Join(dir, "b.json")})
	if want := filepath.Join(dir, "b.json") + `: the id "b" has another document here than in the files before`; err == nil || err.Error() != want {
		t.Error(err)
	}
	if _, err = Load([]string{filepath.Join(dir, "c.json")}); err == nil || strings.Count(err.Error(), "c.json") != 1 {
		t.Error(err)
	}
}

var wrongManifests = map[string]string{
	``:                             "the manifest is not valid JSON: unexpected EOF",
	`[]`:                           "the manifest is not a JSON object",
	`{} {}`:                        "the manifest has text after its JSON object",
	`{"a":"{a}"`:                   "the manifest is not valid JSON: unexpected EOF",
	`{"a":"{a}",}`:                 "the manifest is not valid JSON: invalid character '}'",
	`{}`:                           "the manifest has no documents",
	`{"a":{"b":"{a}"}}`:            `what the id "a" stands for is not the text of a document`,
	`{"a":null}`:                   `what the id "a" stands for is not the text of a document`,
	`{"a":" "}`:                    `the document of the id "a" is empty`,
	`{"":"{a}"}`:                   `the document of the id "" has no id`,
	`{"sha256:":"{a}"}`:            `the document of the id "sha256:" has no id`,
	`{"a":"{a}","a":"{b}"}`:        `the document of the id "a" is there twice, with different texts`,
	`{"a":"{a}","sha256:a":"{b}"}`: `the document of the id "sha256:a" is there twice, with different texts`,
	`{"format":"other"}`:           `the format of the manifest is "other", and only "apollo-persisted-query-manifest" is known`,
	`{"format":"apollo-persisted-query-manifest","version":2}`:                                                                                      "the version of the manifest is 2, and only 1 is known",
	`{"format":"apollo-persisted-query-manifest","version":1}`:                                                                                      "the manifest has no operations",
	`{"format":"apollo-persisted-query-manifest","version":1,"operations":{}}`:                                                                      "the manifest is not in Apollo's format: operations cannot be of the type object",
	`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"a","name":"A","body":"{a}"},{"id":"b","name":"B"}]}`:              `operation 2 ("B", with the id "b") is empty`,
	`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"name":"A","body":"{a}"}]}`:                                             `operation 1 ("A", with the id "") has no id`,
	`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"a","name":"A","body":"{a}"},{"id":"a","name":"B","body":"{b}"}]}`: `operation 2 ("B", with the id "a") is there twice, with different texts`,
}

func TestWrongManifests(t *testing.T) {
	for text, want := range wrongManifests {
		if docs, err := Read(strings.NewReader(text)); err == nil || docs != nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	large := `{"a":"` + strings.Repeat(" ", maxManifest) + `{a}"}`
	if _, err := Read(strings.NewReader(large)); err == nil || err.Error() != "the manifest has more than 32 MiB" {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	for text, want := range map[string][2]string{
		`query A { viewer { id } }`:           {"A", ""},
		`{ viewer { id nam } } query B { x }`: {"", `Cannot query field "nam" on type "User". Did you mean "name"? This anonymous operation must be the only defined operation. Cannot query field "x" on type "Query".`},
		`query A { viewer {`:                  {"", "Expected Name, found <EOF>"},
		`fragment F on User { id }`:           {"", "it holds no operation"},
		`query A { viewer { ...F ...F } }`:    {"A", `Unknown fragment "F". Unknown fragment "F".`},
	} {
		name, err := Check(testSchema(t), text)
		if got := ""; err != nil {
			got = err.Error()
			if name != want[0] || got != want[1] {
				t.Errorf("%s: %q %q", text, name, got)
			}
		} else if name != want[0] || want[1] != "" {
			t.Errorf("%s: %q %v", text, name, err)
		}
	}
}

// FuzzRead holds that whatever is read has ids and texts, and that what was
// read can be written and read again.
func FuzzRead(f *testing.F) {
	for text := range wrongManifests {
		f.Add(text)
	}
	files, err := filepath.Glob("testdata/manifests/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		docs, err := Read(strings.NewReader(text))
		if err != nil {
			return
		}
		var m Manifest
		for id, text := range docs {
			if id == "" || strings.TrimSpace(text) == "" {
				t.Errorf("%q: %q", id, text)
			}
			m = append(m, Operation{ID: "sha256:" + id, Body: text})
		}
		var b bytes.Buffer
		if err := m.Write(&b); err != nil {
			t.Fatal(err)
		}
		if again, err := Read(&b); err != nil || len(again) == 0 || !maps.Equal(docs, again) {
			t.Errorf("%v became %v, %v", docs, again, err)
		}
	})
}
