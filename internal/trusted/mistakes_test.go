package trusted

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// mistakes are files with all that is said of them.
var mistakes = []struct {
	name  string
	files map[string]string
	want  string
}{
	{"syntax", map[string]string{"a.graphql": "query A {\n  viewer { id }\n"},
		`a.graphql:3:1: Expected Name, found <EOF>`},
	{"syntax in a template", map[string]string{"a.ts": "const a = 1\nconst q = gql`\n  query A { viewer { id } ] }`"},
		`a.ts:3:27: Expected Name, found ]`},
	{"columns are characters, lines of Windows are lines", map[string]string{"a.ts": "\ufeff'ä';\r\n'ä'; gql`query A { viewer { nam } }`\r\ngql`query B {\r\n  viewr { id } }`"},
		`a.ts:2:29: Cannot query field "nam" on type "User". Did you mean "name"?
a.ts:4:3: Cannot query field "viewr" on type "Query". Did you mean "viewer"?`},
	{"component", map[string]string{"a.vue": "<template>it's {{ x }}</template>\n<script>gql`query A { x }`</script>"},
		`a.vue:2:23: Cannot query field "x" on type "Query".`},
	{"anonymous", map[string]string{"a.ts": "gql`{ viewer { id } }`; gql`query { x }`"},
		`a.ts:1:5: An operation needs a name: clients find its id by it.
a.ts:1:29: An operation needs a name: clients find its id by it.
a.ts:1:37: Cannot query field "x" on type "Query".`},
	{"two operations of one name", map[string]string{
		"a.ts": "gql`query A { viewer { id } }`", "b.ts": "gql`query A { viewer { id } }`", "c.ts": "\n gql`query A { viewer { name x } }`"},
		`c.ts:2:6: Another operation is named A, too: the one at a.ts:1:5.
c.ts:2:30: Cannot query field "x" on type "User".`},
	{"two fragments of one name", map[string]string{
		"a.ts": "gql`query A { viewer { ...F } } fragment F on User { id }`", "b.ts": "gql`fragment F on User { name }`"},
		`b.ts:1:5: Another fragment is named F, too: the one at a.ts:1:33.`},
	{"unknown fragment", map[string]string{"a.ts": "gql`query A { viewer { ...F } }`"},
		`a.ts:1:27: Unknown fragment "F".`},
	{"fragment that could not be read", map[string]string{"a.ts": "gql`query A($x: ID!) { viewer { ...F } }`; gql`query B { viewer { x } }`", "b.ts": "gql`fragment F on User {`"},
		`a.ts:1:67: Cannot query field "x" on type "User".
b.ts:1:25: Expected Name, found <EOF>`},
	{"a mistake in a fragment is told once", map[string]string{
		"a.ts": "gql`query A { viewer { ...F } } query B { viewer { ...F } } fragment F on User { x }`"},
		`a.ts:1:82: Cannot query field "x" on type "User".`},
	{"fragment that nothing uses", map[string]string{"a.ts": "gql`fragment F on User { x ...G }`; gql`fragment G on Usr { id }`; gql`fragment H on User { ...H }`"},
		`a.ts:1:26: Cannot query field "x" on type "User".
a.ts:1:41: Unknown type "Usr". Did you mean "User"?
a.ts:1:96: Cannot spread fragment "H" within itself.`},
	{"variables", map[string]string{"a.ts": "gql`query A($a: ID!, $b: Nothing) { node(id: $c) { id } }`"},
		`a.ts:1:13: Variable "$a" is never used in operation "A".
a.ts:1:22: Unknown type "Nothing".
a.ts:1:22: Variable "$b" is never used in operation "A".
a.ts:1:46: Variable "$c" is not defined by operation "A".`},
	{"unknown directive", map[string]string{"a.ts": "gql`query A { viewer @foo { id } }`"},
		`a.ts:1:23: Unknown directive "@foo".`},
	{"directives of Relay", map[string]string{"a.ts": "graphql`query A { viewer { ...a_user @arguments(n: 1) } }`; graphql`fragment a_user on User @refetchable(queryName: \"B\") { id posts @connection(key: \"p\") { id } }`"},
		`a.ts:1:39: @arguments is for Relay's compiler: let it write the manifest, to the file of its persistConfig.
a.ts:1:94: @refetchable is for Relay's compiler: let it write the manifest, to the file of its persistConfig.
a.ts:1:134: @connection is for Relay or Apollo Client: let relay-compiler (persistConfig) or Apollo's generate-persisted-query-manifest write the manifest.`},
	{"directive of Apollo", map[string]string{"a.ts": "gql`query A { viewer { id } isOpen @client }`"},
		`a.ts:1:29: Cannot query field "isOpen" on type "Query".
a.ts:1:37: @client is for Apollo Client: let generate-persisted-query-manifest write the manifest.`},
	{"insertions", map[string]string{"a.ts": "gql`\n  query A { viewer { ${fields} } }\n  ${F}\n`\ngql`query ${name} { viewer { id } }`\ngql`query B { node(id: \"${id}\") { id } }`\ngql`fragment F on User { id } ${F} # ${F}`"},
		`a.ts:2:22: ${fields} stands inside of a definition: only fragments can be inserted, before or after whole definitions.
a.ts:5:11: ${name} stands inside of a definition: only fragments can be inserted, before or after whole definitions.
a.ts:6:25: ${id} stands inside of a definition: only fragments can be inserted, before or after whole definitions.`},
	{"no end", map[string]string{"a.ts": "gql`query A { x } ${`\n${gql"},
		`a.ts:1:4: The template that begins here has no end.`},
	{"operations beside types", map[string]string{"a.graphql": "query A { viewer { id } }\ntype T { x: Int }"},
		`a.graphql:2:1: Unexpected Name "type"`},
}

func TestMistakes(t *testing.T) {
	schema := testSchema(t)
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			dir := write(t, m.files)
			_, err := Collect(schema, []string{dir}, false)
			var list gqlerror.List
			if !errors.As(err, &list) {
				t.Fatal(err)
			}
			got := strings.TrimSpace(strings.ReplaceAll(list.Error(), dir+string(filepath.Separator), ""))
			if got != m.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, m.want)
			}
		})
	}
}

// FuzzCollect holds that any script is either understood, or refused with a
// place in it; that a template with any text is found; and that what is
// collected fits the schema.
func FuzzCollect(f *testing.F) {
	for _, m := range mistakes {
		for _, text := range m.files {
			f.Add(text)
		}
	}
	for _, file := range []string{"components/card.tsx", "components/tags.ts", "posts.graphql"} {
		data, err := os.ReadFile("testdata/frontend/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	schema := testSchema(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"a.tsx", "a.vue", "a.graphql"} {
			c := newCollector(schema)
			c.read(name, text)
			c.validate()
			if c.err() == nil {
				for _, op := range c.manifest(true) {
					if name, err := Check(schema, op.Body); err != nil || name != op.Name {
						t.Errorf("%s: %v", op.Body, err)
					}
				}
			}
			for _, p := range c.problems {
				// The parser errs in the column of a block string.
				if p.Locations[0].Line < 1 || p.Extensions["file"] != name || p.Message == "" {
					t.Errorf("%+v", p)
				}
			}
		}

		if strings.ContainsAny(text, "\r") {
			return // a template has lines of its own
		}
		escaped := strings.NewReplacer(`\`, `\\`, "`", "\\`", `$`, `\$`).Replace(text)
		sources, problems := sourcesOf("a.ts", "\n\n  gql`"+escaped+"`;")
		want := ast.Source{Name: "a.ts", Input: "\n\n" + strings.Repeat(" ", 6) + text}
		if len(problems) > 0 || len(sources) != 1 || *sources[0] != want {
			t.Errorf("%v, %v", sources, problems)
		}
	})
}
