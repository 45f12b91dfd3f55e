package web

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// coster estimates what an operation costs, after the cost directives
// specification (https://ibm.github.io/graphql-specs/cost-spec.html): each field
// of the answer costs 1, a page or a mutation 10, for they ask a store, or what
// @cost(weight: "5") on the field says. An argument that is given costs what @cost
// on it says, and each value in it 1, or 10 in the conditions of a page or a
// subscription. The selections below a field count once for each object that it may
// return: for a page, first or last, or the size of a page without them; for a plain
// list, the arguments that @listSize(slicingArguments: ["limit"]) names, what its
// assumedSize says, or list. Of a connection that holds for its lists (edges, nodes):
// what else it has (totalCount, pageInfo) is there once.
//
// A fragment is computed once for each size of page that it is spread in, however
// often that is. Sums saturate.
type coster struct {
	schema    *ast.Schema
	variables map[string]any
	page      int // size of a page when first and last are left out
	list      int // size of a list of which nothing is known
	fragments map[spread]int
	given     map[string]int // values in each variable
}

// spread is a fragment and the size of the page around it.
type spread struct {
	fragment *ast.FragmentDefinition
	page     int
}

// storeWeight is the weight of fields that ask a store.
const storeWeight = 10

// conditionWeight is the weight of each value in the conditions of a page, which the
// store may have to hold against every document, or of a subscription, for which
// each change is.
const conditionWeight = 10

// introspectionPerCost is how many fields of an introspection cost 1: they are at hand.
const introspectionPerCost = 64

// operation is the cost of an operation.
func (c *coster) operation(op *ast.OperationDefinition) int {
	c.fragments, c.given = map[spread]int{}, map[string]int{}
	return c.set(op.SelectionSet, 0)
}

// set is the cost of selections; page is how many objects the lists among them
// have when they are those of a connection.
func (c *coster) set(set ast.SelectionSet, page int) int {
	sum := 0
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			sum = plus(sum, c.field(s, page))
		case *ast.InlineFragment:
			sum = plus(sum, c.set(s.SelectionSet, page))
		case *ast.FragmentSpread:
			key := spread{s.Definition, page}
			n, ok := c.fragments[key]
			if !ok {
				n = c.set(s.Definition.SelectionSet, page)
				c.fragments[key] = n
			}
			sum = plus(sum, n)
		}
	}
	return sum
}

func (c *coster) field(f *ast.Field, page int) int {
	if f.Name == "__schema" || f.Name == "__type" {
		return 1 + introspectionSize(f)/introspectionPerCost
	}
	weight, each := 1, 1 // of the field, and of each value that it is given
	switch {
	case f.ObjectDefinition == c.schema.Mutation:
		weight = storeWeight
	case f.Definition.Arguments.ForName("first") != nil:
		weight, each = storeWeight, conditionWeight
	case f.ObjectDefinition == c.schema.Subscription:
		each = conditionWeight
	}
	weight = constant(f.Definition.Directives, "cost", "weight", weight)
	for _, arg := range f.Arguments {
		if def := f.Definition.Arguments.ForName(arg.Name); def != nil {
			weight = plus(weight, constant(def.Directives, "cost", "weight", 0))
		}
		weight = plus(weight, times(each, c.values(arg.Value)))
	}
	switch {
	case len(f.SelectionSet) == 0:
		return weight
	case isConnection(f.Definition.Type.Name()):
		return plus(weight, c.set(f.SelectionSet, c.size(f)))
	case f.Definition.Type.Elem == nil:
		return plus(weight, c.set(f.SelectionSet, 0))
	case isConnection(f.ObjectDefinition.Name):
		return plus(weight, times(page, c.set(f.SelectionSet, 0)))
	}
	return plus(weight, times(c.size(f), c.set(f.SelectionSet, 0)))
}

// values counts the values in a list or an object, empty ones too. They are read
// anew for each field that they are given to.
func (c *coster) values(v *ast.Value) int {
	switch v.Kind {
	case ast.Variable:
		n, ok := c.given[v.Raw]
		if !ok {
			n = valuesIn(c.variables[v.Raw]) - 1
			c.given[v.Raw] = n
		}
		return n
	case ast.ListValue, ast.ObjectValue:
		n := 0
		for _, child := range v.Children {
			n = plus(n, 1+c.values(child.Value))
		}
		return n
	}
	return 0
}

// valuesIn counts v and the values in it.
func valuesIn(v any) int {
	n := 1
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			n += valuesIn(e)
		}
	case []any:
		for _, e := range v {
			n += valuesIn(e)
		}
	}
	return n
}

func isConnection(typeName string) bool { return strings.HasSuffix(typeName, "Connection") }

// size is how many objects a list or a connection may hold.
func (c *coster) size(f *ast.Field) int {
	slicing := []string{"first", "last"}
	if d := f.Definition.Directives.ForName("listSize"); d != nil {
		if arg := d.Arguments.ForName("slicingArguments"); arg != nil {
			for _, name := range arg.Value.Children {
				slicing = append(slicing, name.Value.Raw)
			}
		}
	}
	size, assumed := 0, c.list
	for _, name := range slicing {
		arg := f.Definition.Arguments.ForName(name)
		if arg == nil {
			continue
		}
		assumed = c.page
		value := arg.DefaultValue
		if given := f.Arguments.ForName(name); given != nil {
			value = given.Value
		}
		if n, ok := c.number(value); ok {
			size = max(size, n, 1)
		}
	}
	if size > 0 {
		return size
	}
	return max(constant(f.Definition.Directives, "listSize", "assumedSize", assumed), 1)
}

// number is the whole number that v stands for, or the length of the list.
func (c *coster) number(v *ast.Value) (int, bool) {
	if v == nil {
		return 0, false
	}
	x, err := v.Value(c.variables)
	if err != nil {
		return 0, false
	}
	switch n := x.(type) {
	case int64:
		return clamp(n), true
	case int:
		return n, true
	case int32:
		return int(n), true
	case float64:
		return clamp(int64(n)), true
	case json.Number:
		i, err := n.Int64()
		return clamp(i), err == nil
	case string: // a variable of type Int may arrive as "5"
		i, err := strconv.ParseInt(n, 10, 64)
		return clamp(i), err == nil
	case []any:
		return len(n), true
	}
	return 0, false
}

// constant is a whole number in a directive of the schema; weights are strings
// there.
func constant(list ast.DirectiveList, directive, argument string, otherwise int) int {
	d := list.ForName(directive)
	if d == nil {
		return otherwise
	}
	arg := d.Arguments.ForName(argument)
	if arg == nil {
		return otherwise
	}
	n, err := strconv.Atoi(arg.Value.Raw)
	if err != nil {
		return otherwise
	}
	return max(n, 0)
}

func clamp(n int64) int { return int(min(max(n, math.MinInt32), math.MaxInt32)) }

// plus and times saturate. Neither operand is negative.
func plus(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

func times(a, b int) int {
	if b != 0 && a > math.MaxInt/b {
		return math.MaxInt
	}
	return a * b
}
