package web

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// coster estimates how many fields an operation may answer with. Each field
// costs 1, or what @cost(weight: "5") on its definition says. The selections
// below a field count once for each object that it may return: for a page,
// first or last, or the size of a page without them; for a plain list, what
// @listSize(assumedSize: 5) says or listSize. The lists inside a connection
// (edges, nodes) are its page and are not multiplied again.
//
// A fragment is computed once, however often it is spread. Sums saturate.
type coster struct {
	variables map[string]any
	page      int // size of a page when first and last are left out
	list      int // size of a list that has no page
	fragments map[*ast.FragmentDefinition]int
}

func (c *coster) set(set ast.SelectionSet) int {
	sum := 0
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			sum = plus(sum, c.field(s))
		case *ast.InlineFragment:
			sum = plus(sum, c.set(s.SelectionSet))
		case *ast.FragmentSpread:
			sum = plus(sum, c.fragment(s.Definition))
		}
	}
	return sum
}

func (c *coster) fragment(f *ast.FragmentDefinition) int {
	n, ok := c.fragments[f]
	if !ok {
		n = c.set(f.SelectionSet)
		if c.fragments == nil {
			c.fragments = map[*ast.FragmentDefinition]int{}
		}
		c.fragments[f] = n
	}
	return n
}

func (c *coster) field(f *ast.Field) int {
	if f.Name == "__schema" || f.Name == "__type" {
		return 1 // bounded by shapeRule
	}
	weight := 1
	if d := f.Definition.Directives.ForName("cost"); d != nil {
		weight = constant(d, "weight", weight)
	}
	if len(f.SelectionSet) == 0 {
		return weight
	}
	return plus(weight, times(c.size(f), c.set(f.SelectionSet)))
}

// size is how many objects a field may return.
func (c *coster) size(f *ast.Field) int {
	def := f.Definition
	paged := false
	for _, name := range [...]string{"first", "last"} {
		arg := def.Arguments.ForName(name)
		if arg == nil {
			continue
		}
		paged = true
		value := arg.DefaultValue
		if given := f.Arguments.ForName(name); given != nil {
			value = given.Value
		}
		if n, ok := c.number(value); ok {
			return max(n, 1)
		}
	}
	switch {
	case paged:
		return c.page
	case def.Type.Elem == nil, strings.HasSuffix(f.ObjectDefinition.Name, "Connection"):
		return 1
	}
	if d := def.Directives.ForName("listSize"); d != nil {
		return max(constant(d, "assumedSize", c.list), 1)
	}
	return c.list
}

// number is the whole number that v stands for.
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
	}
	return 0, false
}

// constant is a whole number in a directive of the schema; weights are strings
// there, as in the IBM cost specification.
func constant(d *ast.Directive, name string, otherwise int) int {
	arg := d.Arguments.ForName(name)
	if arg == nil {
		return otherwise
	}
	n, err := strconv.Atoi(arg.Value.Raw)
	if err != nil {
		return otherwise
	}
	return n
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
