package mongodb

import (
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// operators are the comparisons that both sides know by the same meaning.
var operators = map[core.FilterOp]string{
	core.OpEq: "$eq", core.OpNe: "$ne", core.OpIn: "$in",
	core.OpLt: "$lt", core.OpLte: "$lte", core.OpGt: "$gt", core.OpGte: "$gte",
}

// match translates a filter. Field names come from the spec and values are
// scalars behind an operator, so nothing a user wrote can become syntax.
func (c *collection) match(f core.Filter) (bson.D, error) {
	switch f.Op {
	case core.OpAll:
		return bson.D{}, nil
	case core.OpNone:
		return none(), nil
	case core.OpAnd:
		return c.join("$and", f.Args)
	case core.OpOr:
		return c.join("$or", f.Args)
	case core.OpNot:
		return c.join("$nor", f.Args)
	case core.OpSearch:
		return c.search(f), nil
	}
	field, ok := c.fields[f.Field]
	switch {
	case !ok:
		return nil, core.Errorf(core.Internal, "mongodb: the field %q of %q is not declared", f.Field, c.spec.Name)
	case field.Array && f.Op != core.OpEq && f.Op != core.OpNe && f.Op != core.OpIn:
		return nil, core.Errorf(core.Internal, "mongodb: the array %q of %q has no order", f.Field, c.spec.Name)
	}
	switch f.Op {
	case core.OpPrefix:
		return prefix(f.Field, f.Value.(string)), nil
	case core.OpIn:
		list := bson.A{}
		for _, v := range f.Value.([]any) {
			if v == nil { // In never matches null
				continue
			}
			if err := literal(v); err != nil {
				return nil, err
			}
			if isDecimal(v) == (field.Kind == core.Decimal) {
				list = append(list, v)
			}
		}
		return compare(f.Field, "$in", list), nil
	}
	if err := literal(f.Value); err != nil {
		return nil, err
	}
	switch op := operators[f.Op]; {
	case f.Value == nil && field.Array:
		// An absent array is an empty one, so null is looked for inside.
		null := compare(f.Field, "$elemMatch", bson.D{{Key: "$eq", Value: nil}})
		if f.Op == core.OpNe {
			return bson.D{{Key: "$nor", Value: bson.A{null}}}, nil
		}
		return null, nil
	case f.Value == nil && f.Op != core.OpEq && f.Op != core.OpNe:
		return none(), nil // {$lte: null} would match null
	case f.Value != nil && isDecimal(f.Value) != (field.Kind == core.Decimal):
		// The server compares numbers of all types, but not exactly as decimals.
		if f.Op == core.OpNe {
			return bson.D{}, nil
		}
		return none(), nil
	default:
		return compare(f.Field, op, f.Value), nil
	}
}

func isDecimal(v any) bool {
	_, ok := v.(value.Decimal)
	return ok
}

func (c *collection) join(op string, args []core.Filter) (bson.D, error) {
	list := make(bson.A, len(args))
	for i, a := range args {
		m, err := c.match(a)
		if err != nil {
			return nil, err
		}
		list[i] = m
	}
	return bson.D{{Key: op, Value: list}}, nil
}

// search wants each word in one of the searched fields.
func (c *collection) search(f core.Filter) bson.D {
	fields, sought := c.spec.Search, core.SoughtWords(f.Value.(string))
	if f.Field != "" {
		fields = []string{f.Field}
	}
	if sought.Empty() || len(fields) == 0 {
		return none()
	}
	var all bson.A
	want := func(condition bson.D) {
		in := make(bson.A, len(fields))
		for i, field := range fields {
			in[i] = bson.D{{Key: wordsField + "." + field, Value: condition}}
		}
		all = append(all, bson.D{{Key: "$or", Value: in}})
	}
	for _, w := range sought.Words {
		want(bson.D{{Key: "$eq", Value: w}})
	}
	for _, b := range sought.Beginnings {
		// One word must be within both bounds, not one for each.
		want(bson.D{{Key: "$elemMatch", Value: beginning(b)}})
	}
	return bson.D{{Key: "$and", Value: all}}
}

func compare(field, op string, v any) bson.D {
	return bson.D{{Key: field, Value: bson.D{{Key: op, Value: v}}}}
}

// none matches nothing; the server sees that without reading.
func none() bson.D { return compare("_id", "$in", bson.A{}) }

// literal refuses what core never puts into a filter: a document, above all,
// would be taken for operators.
func literal(v any) error {
	switch v.(type) {
	case nil, string, bool, int64, float64, value.Decimal, time.Time:
		return nil
	}
	return core.Errorf(core.Internal, "mongodb: a filter holds a %T", v)
}

// prefix is a range: strings sort by bytes, and a comparison with a string
// matches strings only.
func prefix(field, p string) bson.D {
	if !utf8.ValidString(p) {
		return none() // stored strings are UTF-8
	}
	return bson.D{{Key: field, Value: beginning(p)}}
}

func beginning(p string) bson.D {
	within := bson.D{{Key: "$gte", Value: p}}
	if end, ok := successor(p); ok {
		within = append(within, bson.E{Key: "$lt", Value: end})
	}
	return within
}

// successor is the least valid string above all that begin with p, if there
// is one. UTF-8 sorts by code points.
func successor(p string) (string, bool) {
	for p != "" {
		r, n := utf8.DecodeLastRuneInString(p)
		p = p[:len(p)-n]
		switch r {
		case utf8.MaxRune:
			continue // as last digit at its end: carry
		case 0xD7FF:
			r = 0xE000 // surrogates are no characters
		default:
			r++
		}
		return p + string(r), true
	}
	return "", false
}

// after is the filter of what lies strictly behind the values in the order.
// The range of the first key stands beside the alternatives, where it bounds
// the index.
func after(order []core.Order, values []any) (core.Filter, error) {
	if len(values) != len(order) {
		return core.Filter{}, core.Errorf(core.Internal, "mongodb: %d values for an order of %d keys", len(values), len(order))
	}
	var or, equal []core.Filter
	for i, o := range order {
		beyond := core.Gt(o.Field, values[i])
		if o.Desc {
			beyond = core.Lt(o.Field, values[i])
		}
		or = append(or, core.And(append(slices.Clone(equal), beyond)...))
		equal = append(equal, core.Eq(o.Field, values[i]))
	}
	if len(or) == 1 {
		return or[0], nil
	}
	bound := core.Gte(order[0].Field, values[0])
	if order[0].Desc {
		bound = core.Lte(order[0].Field, values[0])
	}
	return core.And(bound, core.Or(or...)), nil
}

// least is the smallest value of a kind: {$gte: least} holds for every value
// of it, and for no null.
func least(k core.Kind) any {
	switch k {
	case core.String, core.Date:
		return ""
	case core.Decimal:
		return value.Least
	case core.Bool:
		return false
	case core.Time:
		return bson.DateTime(math.MinInt64)
	default:
		return math.Inf(-1)
	}
}
