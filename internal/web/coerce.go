package web

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"

	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// gqlparser takes any whole number, and a text that looks like one, for an
// Int. The GraphQL specification (section 3.5.1) knows 32 bits and no texts, so
// we look again: at literals with the validation, at variables after it.

// intRule refuses literals that do not fit an Int.
func intRule(observers *core.Events, addError core.AddErrFunc) {
	observers.OnValue(func(_ *core.Walker, v *ast.Value) {
		if v.Kind == ast.IntValue && v.Definition != nil && v.Definition.Name == "Int" && !isInt(json.Number(v.Raw)) {
			addError(core.Message("Int cannot represent a number beyond 32 bits."), core.At(v.Position))
		}
	})
}

// checkInts refuses variables of type Int, at any depth, that are none.
func checkInts(schema *ast.Schema, op *ast.OperationDefinition, variables map[string]any) *gqlerror.Error {
	for _, def := range op.VariableDefinitions {
		path := ast.Path{ast.PathName("variable"), ast.PathName(def.Variable)}
		if err := checkInt(schema, def.Type, variables[def.Variable], path); err != nil {
			return err
		}
	}
	return nil
}

func checkInt(schema *ast.Schema, t *ast.Type, v any, path ast.Path) *gqlerror.Error {
	if v == nil {
		return nil
	}
	// The parser has made a list of one element of what stood in its place, with
	// the element's Go type.
	if list := reflect.ValueOf(v); t.Elem != nil && list.Kind() == reflect.Slice {
		for i := range list.Len() {
			if err := checkInt(schema, t.Elem, list.Index(i).Interface(), append(path, ast.PathIndex(i))); err != nil {
				return err
			}
		}
		return nil
	}
	def := schema.Types[t.Name()]
	switch {
	case def == nil:
	case def.Name == "Int":
		if !isInt(v) {
			err := graphqlhttp.NewError(errcode.ValidationFailed, "Int must be a whole number of 32 bits.")
			err.Path = append(ast.Path(nil), path...)
			return err
		}
	case def.Kind == ast.InputObject:
		fields, _ := v.(map[string]any)
		for _, f := range def.Fields {
			if err := checkInt(schema, f.Type, fields[f.Name], append(path, ast.PathName(f.Name))); err != nil {
				return err
			}
		}
	}
	return nil
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
