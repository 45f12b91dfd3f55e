package web

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"

	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// gqlparser takes any whole number, and a text that looks like one, for an Int, any
// number for a text, and names of enum values in any case. The GraphQL
// specification (sections 3.5 and 3.9) does not, so we look again: at literals with
// the validation, at variables after it.

// intRule refuses literals that do not fit an Int.
func intRule(observers *core.Events, addError core.AddErrFunc) {
	observers.OnValue(func(_ *core.Walker, v *ast.Value) {
		if v.Kind == ast.IntValue && v.Definition != nil && v.Definition.Name == "Int" && !isInt(json.Number(v.Raw)) {
			addError(core.Message("Int cannot represent a number beyond 32 bits."), core.At(v.Position))
		}
	})
}

// checkVariableTypes refuses variables that are not of their type, at any depth.
func checkVariableTypes(schema *ast.Schema, op *ast.OperationDefinition, variables map[string]any) *gqlerror.Error {
	for _, def := range op.VariableDefinitions {
		path := ast.Path{ast.PathName("variable"), ast.PathName(def.Variable)}
		if err := checkType(schema, def.Type, variables[def.Variable], path); err != nil {
			return err
		}
	}
	return nil
}

func checkType(schema *ast.Schema, t *ast.Type, v any, path ast.Path) *gqlerror.Error {
	if v == nil {
		return nil
	}
	// The parser has made a list of one element of what stood in its place, with
	// the element's Go type.
	if list := reflect.ValueOf(v); t.Elem != nil && list.Kind() == reflect.Slice {
		for i := range list.Len() {
			if err := checkType(schema, t.Elem, list.Index(i).Interface(), append(path, ast.PathIndex(i))); err != nil {
				return err
			}
		}
		return nil
	}
	def := schema.Types[t.Name()]
	if def == nil {
		return nil
	}
	if def.Kind == ast.InputObject {
		fields, _ := v.(map[string]any)
		for _, f := range def.Fields {
			v := fields[f.Name]
			if v == nil {
				continue // before a path is made: there may be 50,000 values of many fields
			}
			if err := checkType(schema, f.Type, v, append(path, ast.PathName(f.Name))); err != nil {
				return err
			}
		}
		return nil
	}
	if problem := mismatch(def, v); problem != "" {
		err := graphqlhttp.NewError(errcode.ValidationFailed, problem)
		err.Path = append(ast.Path(nil), path...)
		return err
	}
	return nil
}

// mismatch is why v, as the parser left it, is no value of a scalar or an enum; ""
// when it is one. What a scalar of ours takes is for its own code to say.
func mismatch(def *ast.Definition, v any) string {
	text, isText := v.(string)
	switch {
	case def.Kind == ast.Enum:
		if !isText || def.EnumValues.ForName(text) == nil {
			return "must be one of the values of " + def.Name + "."
		}
	case def.Name == "Int" && !isInt(v):
		return "Int must be a whole number of 32 bits."
	case def.Name == "Float" && isText:
		return "Float must be a number."
	case def.Name == "String" && !isText:
		return "String must be a text."
	case def.Name == "ID" && !isText:
		if n, ok := v.(json.Number); ok && strings.ContainsAny(string(n), ".eE") {
			return "ID must be a text or a whole number."
		}
	}
	return ""
}

// isInt reports whether v, as the parser left it, is a value of type Int.
func isInt(v any) bool {
	var n int64
	switch v := v.(type) {
	case json.Number:
		var err error
		if n, err = strconv.ParseInt(string(v), 10, 32); err != nil {
			return false
		}
	case int64:
		n = v
	case int:
		n = int64(v)
	default:
		return false
	}
	return n >= math.MinInt32 && n <= math.MaxInt32
}
