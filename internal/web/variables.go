package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// maxUnfit bounds the values that one error names.
const maxUnfit = 20

// variables are those of a request on their way to the form that gqlparser takes.
type variables struct {
	schema  *ast.Schema
	scalars Scalars
	unfit   []unfit
	def     *ast.VariableDefinition // of the one that is looked at
}

// unfit is a value that is not of its type.
type unfit struct {
	def           *ast.VariableDefinition
	below         ast.Path // within the variable
	code, problem string   // as [core.FieldError] has them
}

// coerceVariables brings numbers among the variables of a request to the form that
// gqlparser takes. The error is BAD_USER_INPUT and names all values that are not of
// their types, at any depth (GraphQL specification, sections 6.1.2 and 3.10). What is
// wrong with the document itself, which need not be valid, is for gqlparser to say.
func coerceVariables(schema *ast.Schema, scalars Scalars, doc *ast.QueryDocument, params *graphql.RawParams) *gqlerror.Error {
	if doc == nil {
		return nil
	}
	op := doc.Operations.ForName(params.OperationName)
	if op == nil {
		return nil
	}
	c := variables{schema: schema, scalars: scalars}
	for _, c.def = range op.VariableDefinitions {
		v, given := params.Variables[c.def.Variable]
		switch t := c.def.Type; {
		case given:
			params.Variables[c.def.Variable] = c.coerce(t, v, nil)
		case t.NonNull && c.def.DefaultValue == nil:
			c.refuse(nil, "REQUIRED", t.String()+" must be given.")
		}
	}
	if len(c.unfit) == 0 {
		return nil
	}
	return c.err(doc, op)
}

func (c *variables) refuse(below ast.Path, code, problem string) {
	if len(c.unfit) < maxUnfit {
		c.unfit = append(c.unfit, unfit{c.def, slices.Clone(below), code, problem})
	}
}

func (c *variables) coerce(t *ast.Type, v any, below ast.Path) any {
	if v == nil {
		if t.NonNull {
			c.refuse(below, "REQUIRED", t.String()+" must not be null.")
		}
		return nil
	}
	if t.Elem != nil {
		list, isList := v.([]any)
		if !isList { // a single value stands for a list of it
			return []any{c.coerce(t.Elem, v, below)}
		}
		for i, e := range list {
			list[i] = c.coerce(t.Elem, e, append(below, ast.PathIndex(i)))
		}
		return list
	}
	def := c.schema.Types[t.Name()]
	if def == nil {
		return v
	}
	if def.Kind == ast.InputObject {
		return c.object(def, v, below)
	}
	v, problem := coerceLeaf(def, v, c.scalars)
	if problem != "" {
		c.refuse(below, "TYPE", problem)
	}
	return v
}

func (c *variables) object(def *ast.Definition, v any, below ast.Path) any {
	fields, ok := v.(map[string]any)
	if !ok {
		c.refuse(below, "TYPE", cannot(def.Name, v, "it must be an object."))
		return v
	}
	known := 0
	for _, f := range def.Fields {
		in, given := fields[f.Name]
		if given {
			known++
		}
		// No path is made for what is left out: there may be 50,000 values of many fields.
		switch {
		case in != nil:
			fields[f.Name] = c.coerce(f.Type, in, append(below, ast.PathName(f.Name)))
		case f.Type.NonNull && given:
			c.coerce(f.Type, nil, append(below, ast.PathName(f.Name)))
		case f.Type.NonNull && f.DefaultValue == nil:
			c.refuse(append(below, ast.PathName(f.Name)), "REQUIRED", f.Type.String()+" must be given.")
		}
	}
	if known == len(fields) {
		return v
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "__typename" && def.Fields.ForName(name) == nil { // gqlparser lets caches send it
			c.refuse(append(below, ast.PathName(graphqlhttp.Cut(name, 100))), "UNKNOWN", def.Name+" has no such field.")
		}
	}
	return v
}

// err tells of all values that do not fit: where each stands in the input of its
// field, and where its variable is declared.
func (c *variables) err(doc *ast.QueryDocument, op *ast.OperationDefinition) *gqlerror.Error {
	var messages []string
	var locations []gqlerror.Location
	fields := make([]core.FieldError, len(c.unfit))
	for i, u := range c.unfit {
		named := append(ast.Path{ast.PathName(u.def.Variable)}, u.below...)
		messages = append(messages, fmt.Sprintf("Variable $%s: %s", named, u.problem))
		fields[i] = core.FieldError{Path: inputPath(append(useOf(doc, op, u.def.Variable), u.below...)), Code: u.code, Message: u.problem}
		if at := (gqlerror.Location{Line: u.def.Position.Line, Column: u.def.Position.Column}); !slices.Contains(locations, at) {
			locations = append(locations, at)
		}
	}
	err := graphqlhttp.Present(&core.Error{Code: core.Invalid, Message: strings.Join(messages, " "), Fields: fields})
	err.Locations = locations
	return err
}

// useOf is where in the arguments of a field or a directive a variable stands first.
func useOf(doc *ast.QueryDocument, op *ast.OperationDefinition, variable string) ast.Path {
	var inValue func(v *ast.Value, at ast.Path) ast.Path
	inValue = func(v *ast.Value, at ast.Path) ast.Path {
		if v.Kind == ast.Variable && v.Raw == variable {
			return at
		}
		for i, child := range v.Children {
			var step ast.PathElement = ast.PathName(child.Name)
			if v.Kind == ast.ListValue {
				step = ast.PathIndex(i)
			}
			if found := inValue(child.Value, append(slices.Clip(at), step)); found != nil {
				return found
			}
		}
		return nil
	}
	inArguments := func(args ast.ArgumentList, directives ast.DirectiveList) ast.Path {
		for _, d := range directives {
			args = append(slices.Clip(args), d.Arguments...)
		}
		for _, a := range args {
			if found := inValue(a.Value, ast.Path{ast.PathName(a.Name)}); found != nil {
				return found
			}
		}
		return nil
	}
	var inSelections func(set ast.SelectionSet) ast.Path
	inSelections = func(set ast.SelectionSet) ast.Path {
		for _, s := range set {
			var found ast.Path
			switch s := s.(type) {
			case *ast.Field:
				if found = inArguments(s.Arguments, s.Directives); found == nil {
					found = inSelections(s.SelectionSet)
				}
			case *ast.InlineFragment:
				if found = inArguments(nil, s.Directives); found == nil {
					found = inSelections(s.SelectionSet)
				}
			case *ast.FragmentSpread:
				found = inArguments(nil, s.Directives)
			}
			if found != nil {
				return found
			}
		}
		return nil
	}
	found := inSelections(op.SelectionSet)
	for _, f := range doc.Fragments {
		if found == nil {
			found = inSelections(f.SelectionSet)
		}
	}
	return found
}
