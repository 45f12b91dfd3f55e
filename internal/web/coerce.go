package web

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	validation "github.com/vektah/gqlparser/v2/validator/core"

	"github.com/grapnel/grapnel/core/value"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
	"github.com/grapnel/grapnel/internal/literal"
)

// gqlparser takes any whole number, and a text that looks like one, for an Int, any
// number for a text, and names of enum values in any case, but no 1.0 for an Int. The
// GraphQL specification (sections 3.5 and 3.9) has it the other way, so we look
// first: at literals within the validation, at variables before it. Custom scalars, of
// which gqlparser takes anything, are looked at in the same places by their own code.

// Scalars say of the custom scalars of a schema, by name, why a value is none of it: one
// that came as JSON, or as a literal in the form that [literal.Exact] reads. The
// error is a *core.Error. What a scalar that is not among them takes is found out when a
// field is executed.
type Scalars map[string]func(v any) error

// problem is why v is no value of a scalar; "" when it is one.
func (s Scalars) problem(scalar string, v any) string {
	check := s[scalar]
	if check == nil {
		return ""
	}
	if err := check(v); err != nil {
		return graphqlhttp.Present(err).Message
	}
	return ""
}

// literalRule settles the scalars that stand in a document before check, the rule of
// gqlparser, looks at them.
func literalRule(check validation.RuleFunc, scalars Scalars) validation.RuleFunc {
	return func(observers *validation.Events, addError validation.AddErrFunc) {
		observers.OnValue(func(_ *validation.Walker, v *ast.Value) {
			if problem := settle(v, scalars); problem != "" {
				addError(validation.Message("%s", problem), validation.At(v.Position))
			}
		})
		check(observers, addError)
	}
}

// settle is why a literal is no value of its scalar, where gqlparser does not say
// so, or would fail to read it; "" when it is one. The numbers of a custom scalar are
// kept digit by digit for its code.
func settle(v *ast.Value, scalars Scalars) string {
	if v.Definition == nil || v.Definition.Kind != ast.Scalar {
		return ""
	}
	isWide := v.Kind == ast.IntValue && !isWhole(v.Raw, 64)
	switch scalar := v.Definition.Name; scalar {
	case "Int":
		if v.Kind == ast.IntValue && !isWide && !isWhole(v.Raw, 32) {
			return cannot("Int", json.Number(v.Raw), intForm)
		}
	case "Float":
		if isWide {
			v.Kind = ast.FloatValue
		}
	case "String", "ID", "Boolean":
	default:
		if v.Kind == ast.Variable || v.Kind == ast.NullValue || v.Kind == ast.ListValue && v.ExpectedType != nil && v.ExpectedType.Elem != nil {
			return "" // the entries of a list are looked at each
		}
		if scalar == "Int64" && v.Kind == ast.FloatValue { // literals tell whole numbers from others
			return cannot(scalar, json.Number(v.Raw), "it must be a whole number of 64 bits.")
		}
		if scalars[scalar] != nil {
			literal.KeepNumbers(v)
		}
		value, err := v.Value(nil)
		if err != nil {
			return cannot(scalar, json.Number(v.Raw), "it must be a number of 64 bits.")
		}
		return scalars.problem(scalar, value)
	}
	return ""
}

// isWhole reports whether a literal is a whole number of so many bits.
func isWhole(raw string, bits int) bool {
	_, err := strconv.ParseInt(raw, 10, bits)
	return err == nil
}

const intForm = "it must be a whole number of 32 bits."

// coerceLeaf is v as a value of a scalar or an enum; problem says why it is none.
func coerceLeaf(def *ast.Definition, v any, scalars Scalars) (_ any, problem string) {
	text, isText := v.(string)
	number, isNumber := v.(json.Number)
	if def.Kind == ast.Enum {
		if !isText || def.EnumValues.ForName(text) == nil {
			return nil, cannot(def.Name, v, "it must be one of its values.")
		}
		return v, ""
	}
	switch def.Name {
	case "Int":
		n, ok := whole(number)
		if !isNumber || !ok || !isWhole(string(n), 32) {
			return nil, cannot("Int", v, intForm)
		}
		return n, ""
	case "Float":
		if _, err := number.Float64(); !isNumber || err != nil {
			return nil, cannot("Float", v, "it must be a number of 64 bits.")
		}
	case "String":
		if !isText {
			return nil, cannot("String", v, "it must be a text.")
		}
	case "Boolean":
		if _, ok := v.(bool); !ok {
			return nil, cannot("Boolean", v, "it must be true or false.")
		}
	case "ID":
		if isText || isNumber && !strings.ContainsAny(string(number), ".eE") {
			return v, ""
		}
		n, ok := whole(number)
		if !isNumber || !ok {
			return nil, cannot("ID", v, "it must be a text or a whole number.")
		}
		return n, ""
	default:
		return v, scalars.problem(def.Name, v)
	}
	return v, ""
}

// whole writes a whole number without point and power: 1.0, 1e3 and 1E+2 are such
// numbers in JSON, which tells no integers from others.
func whole(number json.Number) (_ json.Number, ok bool) {
	if isWhole(string(number), 64) {
		return number, true
	}
	d, err := value.ParseDecimal(string(number))
	if err != nil {
		return "", false
	}
	n, ok := d.Int64()
	return json.Number(strconv.FormatInt(n, 10)), ok
}

// cannot says that a value, as it was written, is none of a type.
func cannot(typ string, v any, form string) string {
	return typ + " cannot represent " + graphqlhttp.Written(v) + ": " + form
}
