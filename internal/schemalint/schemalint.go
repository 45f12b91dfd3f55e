// Package schemalint holds a served schema to what its readers need.
package schemalint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Undescribed lists what has no description, by coordinates such as
// "Query.posts(first:)": types, fields, arguments, input fields, values of enums, and
// directives with their arguments.
func Undescribed(s *ast.Schema) []string {
	var missing []string
	need := func(description, format string, args ...any) {
		if strings.TrimSpace(description) == "" {
			missing = append(missing, fmt.Sprintf(format, args...))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Types)) {
		def := s.Types[name]
		if def.BuiltIn {
			continue
		}
		need(def.Description, "%s", name)
		describeFields(need, def)
		for _, v := range def.EnumValues {
			need(v.Description, "%s.%s", name, v.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Directives)) {
		d := s.Directives[name]
		if d.Position != nil && d.Position.Src != nil && d.Position.Src.BuiltIn {
			continue
		}
		need(d.Description, "@%s", name)
		for _, a := range d.Arguments {
			need(a.Description, "@%s(%s:)", name, a.Name)
		}
	}
	return missing
}

func describeFields(need func(description, format string, args ...any), def *ast.Definition) {
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		need(f.Description, "%s.%s", def.Name, f.Name)
		for _, a := range f.Arguments {
			need(a.Description, "%s.%s(%s:)", def.Name, f.Name, a.Name)
		}
	}
}

// Unused lists the types that no operation reaches, but for the codes of errors, which
// every answer may hold.
func Unused(s *ast.Schema) []string {
	seen := map[string]bool{"ErrorCode": true}
	queue := []*ast.Definition{s.Query, s.Mutation, s.Subscription}
	for len(queue) > 0 {
		def := queue[0]
		queue = queue[1:]
		if def == nil || seen[def.Name] {
			continue
		}
		seen[def.Name] = true
		queue = append(queue, s.PossibleTypes[def.Name]...)
		for _, i := range def.Interfaces {
			queue = append(queue, s.Types[i])
		}
		for _, f := range def.Fields {
			queue = append(queue, s.Types[f.Type.Name()])
			for _, a := range f.Arguments {
				queue = append(queue, s.Types[a.Type.Name()])
			}
		}
	}
	var unused []string
	for _, name := range slices.Sorted(maps.Keys(s.Types)) {
		if !seen[name] && !s.Types[name].BuiltIn {
			unused = append(unused, name)
		}
	}
	return unused
}
