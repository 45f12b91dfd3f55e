package resolvers_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/grapnel/grapnel/graph"
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
