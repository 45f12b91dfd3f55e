package core

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/grapnel/grapnel/core/value"
)

// FilterOp is the operator of a [Filter].
type FilterOp uint8

// The operators. OpAll, of the zero Filter, matches every document.
const (
	OpAll FilterOp = iota
	OpNone
	OpAnd
	OpOr
	OpNot
	OpEq
	OpNe
	OpIn
	OpLt
	OpLte
	OpGt
	OpGte
	OpPrefix
	OpSearch
)

// Filter is a typed predicate over documents. It is the only way to say which
// documents a read or a write is about, and every adapter serves all of it
// exactly; [Filter.Match] gives the same answer in memory.
//
// A field is named by its BSON name. Null and missing are the same. Eq(f, nil)
// matches null; a range, a prefix or In never matches null; logic is
// two-valued, so Not(Lt(f, x)) and Ne(f, x) match null.
// On an array field Eq and In match when any element does, Ne and Not are
// their exact opposites, and no other operator is allowed.
// Strings compare by bytes, as in MongoDB's simple collation.
type Filter struct {
	Op    FilterOp
	Field string   // of a comparison; of OpSearch empty, or the first of the searched fields
	Value any      // its operand: nil, string (of a Date, too), bool, int64, float64, value.Decimal, time.Time (UTC, ms); []any of these for OpIn; string for OpSearch
	Args  []Filter // of And, Or and (one) Not

	// gone are the fields of conditions that were simplified away, for whoever may
	// not name them.
	gone []string
}

// All matches every document, None not one.
var (
	All  = Filter{}
	None = Filter{Op: OpNone}
)

// And matches what all of its arguments match; without arguments, everything.
func And(args ...Filter) Filter { return join(OpAnd, OpAll, OpNone, args) }

// Or matches what any of its arguments matches; without arguments, nothing.
func Or(args ...Filter) Filter { return join(OpOr, OpNone, OpAll, args) }

// join flattens nested uses of op, drops its neutral element and lets its
// absorbing one win, so that adapters never meet a degenerate tree.
func join(op, neutral, absorbing FilterOp, args []Filter) Filter {
	told, last := 0, 0
	for i := range args {
		if args[i].Op != neutral || args[i].gone != nil {
			told, last = told+1, i
		}
	}
	switch told {
	case 0:
		return Filter{Op: neutral}
	case 1:
		return args[last]
	}
	out := make([]Filter, 0, len(args))
	var gone []string
	for _, a := range args {
		switch a.Op {
		case neutral:
			gone = append(gone, a.gone...)
		case absorbing:
			f := Filter{Op: absorbing}
			for _, a := range args {
				a.names(func(name string) { f.gone = append(f.gone, name) })
			}
			return f
		case op:
			gone = append(gone, a.gone...)
			out = append(out, a.Args...)
		default:
			out = append(out, a)
		}
	}
	switch len(out) {
	case 0:
		return Filter{Op: neutral, gone: gone}
	case 1:
		out[0].gone = append(out[0].gone[:len(out[0].gone):len(out[0].gone)], gone...)
		return out[0]
	}
	return Filter{Op: op, Args: out, gone: gone}
}

// Nothing is a condition on a field that says nothing.
func Nothing(field string) Filter { return Filter{gone: []string{field}} }

// names calls visit for every field that f names, and for those of conditions that
// were simplified away: a caller may not have named them.
func (f Filter) names(visit func(string)) {
	f.Walk(func(f Filter) {
		if f.Field != "" {
			visit(f.Field)
		}
		for _, name := range f.gone {
			visit(name)
		}
	})
}

// Not matches what f does not.
func Not(f Filter) Filter {
	switch f.Op {
	case OpAll:
		return Filter{Op: OpNone, gone: f.gone}
	case OpNone:
		return Filter{Op: OpAll, gone: f.gone}
	case OpNot:
		inner := f.Args[0]
		inner.gone = append(inner.gone[:len(inner.gone):len(inner.gone)], f.gone...)
		return inner
	}
	return Filter{Op: OpNot, Args: []Filter{f}}
}

// Eq matches a field that equals v, or an array that holds it.
func Eq(field string, v any) Filter { return Filter{Op: OpEq, Field: field, Value: operand(v)} }

// Ne is the opposite of Eq.
func Ne(field string, v any) Filter { return Filter{Op: OpNe, Field: field, Value: operand(v)} }

// Lt matches a field that is less than v.
func Lt(field string, v any) Filter { return Filter{Op: OpLt, Field: field, Value: operand(v)} }

// Lte matches a field that is v or less.
func Lte(field string, v any) Filter { return Filter{Op: OpLte, Field: field, Value: operand(v)} }

// Gt matches a field that is greater than v.
func Gt(field string, v any) Filter { return Filter{Op: OpGt, Field: field, Value: operand(v)} }

// Gte matches a field that is v or greater.
func Gte(field string, v any) Filter { return Filter{Op: OpGte, Field: field, Value: operand(v)} }

// Prefix matches strings that begin with p; the empty prefix, every string.
func Prefix(field, p string) Filter { return Filter{Op: OpPrefix, Field: field, Value: p} }

// In matches a field whose value is one of vs; without values, or with nulls
// only, nothing.
func In[V any](field string, vs []V) Filter {
	out := make([]any, 0, len(vs))
	for _, v := range vs {
		if w := operand(v); w != nil {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return Filter{Op: OpNone, gone: []string{field}}
	}
	if len(out) == 1 {
		return Filter{Op: OpEq, Field: field, Value: out[0]} // keeps the order of an index
	}
	return Filter{Op: OpIn, Field: field, Value: out}
}

// Search matches documents whose searchable fields ([Spec.Search]) together
// hold what text asks for, by [SoughtWords]. Text without a word matches nothing.
func Search(text string) Filter {
	if SoughtWords(text).Empty() {
		return None
	}
	return Filter{Op: OpSearch, Value: text}
}

// Now stands for the moment a rule is applied: Lte("date", Now{}). The policy
// puts the clock's time in its place; adapters never see it.
type Now struct{}

// at replaces every Now in f.
func (f Filter) at(now time.Time) Filter {
	if _, ok := f.Value.(Now); ok {
		f.Value = Millis(now)
	}
	if f.Args != nil {
		args := make([]Filter, len(f.Args))
		for i, a := range f.Args {
			args[i] = a.at(now)
		}
		f.Args = args
	}
	return f
}

// Walk calls visit for f and every filter inside it.
func (f Filter) Walk(visit func(Filter)) {
	visit(f)
	for _, a := range f.Args {
		a.Walk(visit)
	}
}

// Millis cuts t to what both stores keep: UTC milliseconds.
func Millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// operand brings v to one of the types that a Filter may hold.
func operand(v any) any {
	switch v := v.(type) {
	case nil, string, bool, int64, float64, value.Decimal, Now:
		return v
	case time.Time:
		return Millis(v)
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Pointer:
		if r.IsNil() {
			return nil
		}
		return operand(r.Elem().Interface())
	case reflect.String:
		return r.String()
	case reflect.Bool:
		return r.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int()
	case reflect.Float32, reflect.Float64:
		return r.Float()
	}
	panic(fmt.Sprintf("core: a filter cannot hold a %T", v))
}

// Match reports whether doc, a struct with bson tags or a pointer to one,
// satisfies f. search lists the fields that OpSearch looks in.
func (f Filter) Match(doc any, search []string) bool {
	switch f.Op {
	case OpAll:
		return true
	case OpNone:
		return false
	case OpAnd:
		for _, a := range f.Args {
			if !a.Match(doc, search) {
				return false
			}
		}
		return true
	case OpOr:
		for _, a := range f.Args {
			if a.Match(doc, search) {
				return true
			}
		}
		return false
	case OpNot:
		return !f.Args[0].Match(doc, search)
	case OpSearch:
		if f.Field != "" {
			search = []string{f.Field}
		}
		return searchMatch(doc, search, f.Value.(string))
	case OpNe:
		return !matchValue(OpEq, fieldOf(doc, f.Field), f.Value)
	case OpIn:
		v := fieldOf(doc, f.Field)
		for _, w := range f.Value.([]any) {
			if matchValue(OpEq, v, w) {
				return true
			}
		}
		return false
	}
	return matchValue(f.Op, fieldOf(doc, f.Field), f.Value)
}

// matchValue compares one stored value, or any element of a stored array.
func matchValue(op FilterOp, have, want any) bool {
	if list, ok := have.([]any); ok {
		for _, e := range list {
			if matchValue(op, e, want) {
				return true
			}
		}
		return false
	}
	if op == OpEq {
		return have == want || equal(have, want)
	}
	if have == nil || want == nil {
		return false
	}
	if op == OpPrefix {
		s, ok := have.(string)
		return ok && strings.HasPrefix(s, want.(string))
	}
	c, ok := compare(have, want)
	if !ok {
		return false
	}
	switch op {
	case OpLt:
		return c < 0
	case OpLte:
		return c <= 0
	case OpGt:
		return c > 0
	default:
		return c >= 0
	}
}

// equal finds values equal that Go does not: 1 and 1.0, 1.50 and 1.5.
func equal(a, b any) bool {
	c, ok := compare(a, b)
	return ok && c == 0
}

// isNaN reports whether v is not a number, which equals and precedes nothing.
func isNaN(v any) bool {
	f, ok := v.(float64)
	return ok && f != f
}

// compare orders two values of one kind; ok is false for different kinds.
func compare(a, b any) (c int, ok bool) {
	if isNaN(a) || isNaN(b) {
		return 0, false
	}
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return strings.Compare(a, b), true
		}
	case time.Time:
		if b, ok := b.(time.Time); ok {
			return a.Compare(b), true
		}
	case value.Decimal:
		if b, ok := b.(value.Decimal); ok {
			return a.Compare(b), true
		}
	case bool:
		if b, ok := b.(bool); ok {
			switch {
			case a == b:
				return 0, true
			case b:
				return -1, true
			}
			return 1, true
		}
	case int64:
		switch b := b.(type) {
		case int64:
			return order(a, b), true
		case float64:
			return order(float64(a), b), true
		}
	case float64:
		switch b := b.(type) {
		case int64:
			return order(a, float64(b)), true
		case float64:
			return order(a, b), true
		}
	}
	return 0, false
}

func order[N int64 | float64](a, b N) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
