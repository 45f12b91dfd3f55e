package resolvers_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/graph"
	"github.com/grapnel/grapnel/resolvers"
)

// Introspection names the directives that are served, and no other: those of the
// specification and of the schema.
func TestIntrospectionNamesTheDirectivesThatAreServed(t *testing.T) {
	t.Parallel()
	want := []string{"deprecated", "include", "oneOf", "skip", "specifiedBy"}
	for name, d := range graph.NewExecutableSchema(graph.Config{}).Schema().Directives {
		if !d.Position.Src.BuiltIn {
			want = append(want, name)
		}
	}
	a := newAPI(t)
	got := map[string]bool{}
	for _, d := range a.get("", "{ s: __schema { ...F } } fragment F on __Schema { list: directives { name } }", nil, "s.list").([]any) {
		got[d.(map[string]any)["name"].(string)] = true
	}
	slices.Sort(want)
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	if code := a.code("", "{ ... @defer { viewer { id } } }", nil); code != "GRAPHQL_VALIDATION_FAILED" {
		t.Errorf("@defer: %s", code)
	}
}

// Whatever scalar of ours clients may send is checked before anything runs.
func TestEveryScalarIsChecked(t *testing.T) {
	t.Parallel()
	checks := resolvers.Scalars()
	for name, def := range graph.NewExecutableSchema(graph.Config{}).Schema().Types {
		if def.Kind == ast.Scalar && !def.BuiltIn && checks[name] == nil {
			t.Errorf("nothing checks values of %s", name)
		}
	}
}
