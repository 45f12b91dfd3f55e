package web_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/grapnel/grapnel/internal/web"
)

// conflicts validates a document with one rule.
func conflicts(t *testing.T, schema *ast.Schema, document string, rule core.RuleFunc) []string {
	t.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: document})
	if err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	var messages []string
	for _, e := range validator.ValidateWithRules(schema, doc, rules.NewRules(core.Rule{Name: "Merge", RuleFunc: rule})) {
		messages = append(messages, e.Message)
	}
	return messages
}

func TestMergeRule(t *testing.T) {
	t.Parallel()
	schema := newFake().schema
	for _, c := range []struct {
		document string
		want     string // part of the message; empty for none
	}{
		{`{hello hello}`, ""},
		{`{a: hello a: hello}`, ""},
		{`{a: hello a: viewer}`, "different fields"},
		{`{hello(name:"x") hello(name:"y")}`, "differing arguments"},
		{`{hello(name:"x") hello}`, "differing arguments"},
		{`{posts(first:1, last:2){totalCount} posts(last:2, first:1){totalCount}}`, ""},
		{`{posts(where:{title:"a"}){totalCount} posts(where:{title:"b"}){totalCount}}`, "differing arguments"},
		{`query($n:Int $m:Int){posts(first:$n){totalCount} posts(first:$m){totalCount}}`, "differing arguments"},
		{`{posts{nodes{a:id}} posts{nodes{a:title}}}`, "different fields"},
		{`{...A ...B} fragment A on Query{a:hello} fragment B on Query{a:viewer}`, "different fields"},
		{`{deep{...A} deep{...A}} fragment A on Deep{name}`, ""},
		{`{deep{...A}} fragment A on Deep{deep{...A} name}`, ""}, // another rule refuses the cycle
		// Dogs are no cats: their fields never meet, only the shapes must agree.
		{`{pets{... on Dog{a:same} ... on Cat{a:name}}}`, ""},
		{`{pets{... on Dog{count} ... on Cat{count}}}`, "conflicting types"},
		{`{pets{... on Dog{x:size} ... on Cat{x:size}}}`, "conflicting types"},
		{`{pets{name ... on Dog{name:same}}}`, "different fields"},
		{`{pets{... on Dog{kin(n:1){name}} ... on Cat{kin(n:2){name}}}}`, ""},
		{`{pets{... on Dog{kin(n:1){a:name}} ... on Cat{kin(n:2){...on Cat{a:count}}}}}`, "conflicting types"},
		{`{pets{kin(n:1){name} ... on Cat{kin(n:2){name}}}}`, "differing arguments"},
		{`{nope nope{x} hello}`, ""}, // unknown fields are another rule's
	} {
		got := strings.Join(conflicts(t, schema, c.document, web.MergeRule(1000)), "\n")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.document, got, c.want)
		}
	}
}

// The cases of graphql-js for this rule, as gqlparser's module brings them along.
func TestMergeRuleOfGraphQLJS(t *testing.T) {
	t.Parallel()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/vektah/gqlparser/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	read := func(file string, into any) {
		data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "validator/imported/spec", file))
		if err == nil {
			err = yaml.Unmarshal(data, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var schemas []string
	var cases []struct {
		Name   string
		Schema int
		Query  string
		Errors []any
	}
	read("schemas.yml", &schemas)
	read("OverlappingFieldsCanBeMergedRule.spec.yml", &cases)
	refused := 0
	for _, c := range cases {
		if strings.HasSuffix(c.Name, "reports correctly when a non-exclusive follows an exclusive") {
			continue // its schema lacks a field that the document asks for
		}
		document, sdl := c.Query, schemas[c.Schema]
		doc, err := parser.ParseQuery(&ast.Source{Input: document})
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		plain := gqlparser.MustLoadSchema(&ast.Source{Input: sdl})
		// Ours looks at operations alone; fragments that none spreads are another
		// rule's finding.
		for i, f := range doc.Fragments {
			if plain.Types[f.TypeCondition] == nil {
				continue
			}
			sdl += fmt.Sprintf("\nextend type %s { reach%d: %s }", plain.Query.Name, i, f.TypeCondition)
			document += fmt.Sprintf("\nquery Reach%d { reach%d { ...%s } }", i, i, f.Name)
		}
		schema := gqlparser.MustLoadSchema(&ast.Source{Input: sdl})
		got := conflicts(t, schema, document, web.MergeRule(100_000))
		switch c.Name {
		case "reports deep conflict after nested fragments", "finds invalid cases even with field named after fragment":
			// They ask fields of types that do not have them, in this schema.
			got = conflicts(t, schema, document, rules.FieldsOnCorrectTypeRule.RuleFunc)
		}
		if (len(got) > 0) != (len(c.Errors) > 0) {
			t.Errorf("%s: %v, want %v\n%s", c.Name, got, c.Errors, document)
		}
		if len(got) > 0 {
			refused++
		}
	}
	if len(cases) < 49 || refused < 20 {
		t.Errorf("%d cases, %d refused: not the ones we know", len(cases), refused)
	}
}

// Whatever gqlparser's rule refuses, ours does too, and nothing else.
func TestMergeRuleAgrees(t *testing.T) {
	t.Parallel()
	schema := newFake().schema
	refused := 0
	const n = 20_000
	for seed := range uint64(n) {
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		document := g.document()
		theirs := conflicts(t, schema, document, rules.OverlappingFieldsCanBeMergedRule.RuleFunc)
		ours := conflicts(t, schema, document, web.MergeRule(1_000_000))
		if (len(theirs) == 0) != (len(ours) == 0) {
			t.Fatalf("%s\ntheirs: %v\nours: %v", document, theirs, ours)
		}
		if len(ours) > 0 {
			refused++
		}
	}
	if refused < n/20 || refused > n*19/20 {
		t.Errorf("%d of %d documents refused: the generator is lopsided", refused, n)
	}
}

// generator makes documents over pets with few names, so that they clash.
type generator struct{ *rand.Rand }

func (g generator) document() string {
	s := "{pets{" + g.selections("Pet", 3) + "}}"
	// Fragments may use later ones only: no cycles.
	for i, on := range fragmentTypes {
		if strings.Contains(s, fmt.Sprint("...F", i)) {
			s += fmt.Sprintf(" fragment F%d on %s{%s}", i, on, g.selections(on, 1+i%2))
		}
	}
	return s
}

var fragmentTypes = []string{"Pet", "Dog", "Cat"}

func (g generator) selections(on string, depth int) string {
	var b strings.Builder
	for range 1 + g.IntN(4) {
		switch k := g.IntN(10); {
		case k < 5 || depth == 0:
			names := []string{"name"}
			if on != "Pet" {
				names = append(names, "same", "count", "size")
			}
			name := names[g.IntN(len(names))]
			if g.IntN(3) == 0 {
				name = string(rune('a'+g.IntN(2))) + ":" + name
			}
			b.WriteString(name + " ")
		case k < 7:
			fmt.Fprintf(&b, "kin%s{%s} ", []string{"", "(n:1)", "(n:1)", "(n:2)"}[g.IntN(4)], g.selections("Pet", depth-1))
		case k < 9:
			to := fragmentTypes[g.IntN(3)]
			fmt.Fprintf(&b, "...on %s{%s} ", to, g.selections(to, depth-1))
		case depth == 3:
			fmt.Fprintf(&b, "...F%d ", g.IntN(3))
		default:
			b.WriteString("name ")
		}
	}
	return b.String()
}

func TestMergeBudget(t *testing.T) {
	t.Parallel()
	schema := newFake().schema
	// Linear work: the budget is a small multiple of the document.
	for name, document := range map[string]string{
		"typenames":   "{" + strings.Repeat("__typename ", 10_000) + "}",
		"connections": "{" + strings.Repeat("posts{edges{node{id}}} ", 2_000) + "}",
		"doubling":    doubling(30),
	} {
		if got := conflicts(t, schema, document, web.MergeRule(100_000)); len(got) > 0 {
			t.Errorf("%s: %v", name, got)
		}
		if got := conflicts(t, schema, document, web.MergeRule(50)); len(got) != 1 || !strings.Contains(got[0], "too often") {
			t.Errorf("%s with a small budget: %v", name, got)
		}
	}
}

// doubling is a document of n fragments, each of which spreads the next one twice.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString("{deep{...F0}}")
	for i := range n {
		fmt.Fprintf(&b, " fragment F%d on Deep{a:deep{...F%d} b:deep{...F%d}}", i, i+1, i+1)
	}
	fmt.Fprintf(&b, " fragment F%d on Deep{name}", n)
	return b.String()
}
