package gen

import (
	"maps"
	"slices"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/plugin"
	"github.com/vektah/gqlparser/v2/ast"
)

// inAnswers are types that no field has, but every answer may hold: the codes of its
// errors.
var inAnswers = []string{"ErrorCode"}

// used are the types that operations reach, by name.
func used(s *ast.Schema) map[string]bool {
	seen := map[string]bool{}
	var reach func(name string)
	reach = func(name string) {
		def := s.Types[name]
		if def == nil || seen[name] {
			return
		}
		seen[name] = true
		for _, f := range def.Fields {
			reach(f.Type.Name())
			for _, a := range f.Arguments {
				reach(a.Type.Name())
			}
		}
		for _, i := range def.Interfaces {
			reach(i)
		}
		for _, possible := range s.PossibleTypes[name] {
			reach(possible.Name)
		}
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(roots)), inAnswers) {
		reach(name)
	}
	return seen
}

// publisher leaves what no operation uses out of the schema that is served. It comes
// after gqlgen has made the Go types of all there is: projects use filters of Grapnel
// that its own types do not.
type publisher struct {
	used    map[string]bool
	sources []*ast.Source
}

var _ plugin.ConfigMutator = (*publisher)(nil)

// Name implements plugin.Plugin.
func (*publisher) Name() string { return "publisher" }

// MutateConfig implements plugin.ConfigMutator.
func (p *publisher) MutateConfig(cfg *config.Config) error {
	cfg.Sources = p.sources
	maps.DeleteFunc(cfg.Schema.Types, func(name string, def *ast.Definition) bool { return !def.BuiltIn && !p.used[name] })
	return nil
}
