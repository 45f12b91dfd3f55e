// Package literal carries the values of custom scalars through gqlparser as their
// clients wrote them.
package literal

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// numberMark begins the text that a number of a literal travels in through gqlparser,
// which would make a float64 of it. It is no UTF-8, so no text of a client begins with
// it: encoding/json puts U+FFFD in its place.
const numberMark = "\xff"

// KeepNumbers lets the numbers of a literal of a custom scalar, at any depth, come to
// its code digit by digit; see [Exact].
func KeepNumbers(v *ast.Value) {
	if v.Kind == ast.IntValue || v.Kind == ast.FloatValue {
		v.Kind, v.Raw = ast.StringValue, numberMark+v.Raw
	}
	for _, c := range v.Children {
		KeepNumbers(c.Value)
	}
}

// Exact is the value of a custom scalar as the client wrote it, of a literal or a
// variable: its numbers are json.Number, and its empty lists are lists, where gqlparser
// has nil. Nothing of v is changed: other fields may read it at the same time.
func Exact(v any) any {
	x, _ := exact(v)
	return x
}

func exact(v any) (_ any, changed bool) {
	switch v := v.(type) {
	case string:
		if digits, isNumber := strings.CutPrefix(v, numberMark); isNumber {
			return json.Number(digits), true
		}
	case []any:
		if v == nil {
			return []any{}, true
		}
		list := v
		for i, e := range v {
			if x, other := exact(e); other {
				if !changed {
					list, changed = slices.Clone(v), true
				}
				list[i] = x
			}
		}
		return list, changed
	case map[string]any:
		object := v
		for name, e := range v {
			if x, other := exact(e); other {
				if !changed {
					object, changed = maps.Clone(v), true
				}
				object[name] = x
			}
		}
		return object, changed
	}
	return v, false
}
