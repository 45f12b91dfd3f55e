package core

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"slices"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"
)

// MaxArms bounds the alternatives of an OR that stores read side by side, each
// from an index of its own. A longer OR is tested document by document.
const MaxArms = 4

// Unserved says in one sentence why no index of s serves a list of the
// documents that where matches, for a caller whom the rules give rule, in this
// order ("_id" always follows it), and which index would; "" when one serves.
// It depends on fields and operators alone, and on values only where they are
// null or an In holds several.
//
// A list is served when the store walks an index in the wanted order and stops
// at the limit. Conditions joined by AND are looked at one by one.
// The first OR, with at most [MaxArms] arms, is taken apart, and every arm must
// be served together with the conditions beside it; the OR of where comes
// before that of rule. One arm is served by
//
//   - an index whose last fields are the keys of the order, in their sequence
//     and all in one direction, either one, and whose fields before those are
//     each bound by an equality: Eq, of null too, of one element of an array,
//     or In of one value. When where says anything, one of its conditions must
//     bound the walk: such an equality, or any equality, In, range or Prefix on
//     the first key of the order. Rules may bring equalities; a bound of
//     theirs is neither needed nor enough.
//   - a unique field or _id that is equal to a value or to one of several: so
//     few documents need no index for their order. The index of a unique field
//     serves nothing else, for it holds neither nulls nor "_id".
//   - the index of words, when Search is among the conditions.
//
// Documents are sorted by "_id" in the end, so several values of an In cannot
// stand before the keys of the order: each has an order of its own. Ne, Not and
// an OR that is not taken apart bound nothing. Without where, an index for the
// order is enough.
func (s Spec) Unserved(where, rule Filter, order []Order) string {
	if where.Op == OpNone || rule.Op == OpNone {
		return "" // nothing is read
	}
	if i := slices.IndexFunc(order, func(o Order) bool { return o.Field == "_id" }); i >= 0 && order[i].Desc == order[0].Desc {
		order = order[:i] // it is unique: what follows has no effect
	}
	for _, arm := range arms(slices.Concat(conditions(where, true), conditions(rule, false))) {
		if !s.few(arm) && !s.walks(arm, order) {
			return s.explain(arm, order)
		}
	}
	return ""
}

// condition is one part of a conjunction. The list must be bounded by its own
// ones, those of where; the others are of the rule.
type condition struct {
	Filter
	own bool
}

// conditions takes f apart in AND.
func conditions(f Filter, own bool) (out []condition) {
	switch f.Op {
	case OpAll:
		return nil
	case OpAnd:
		for _, a := range f.Args {
			out = append(out, conditions(a, own)...)
		}
		return out
	}
	return []condition{{f, own}}
}

// arms takes the first OR of a conjunction apart, as the stores do.
func arms(all []condition) [][]condition {
	i := slices.IndexFunc(all, func(c condition) bool { return c.Op == OpOr && len(c.Args) <= MaxArms })
	if i < 0 {
		return [][]condition{all}
	}
	var out [][]condition
	for _, a := range all[i].Args {
		out = append(out, slices.Concat(all[:i], conditions(a, all[i].own), all[i+1:]))
	}
	return out
}

// values is how many values the field may have for c to match: 1, 2 for
// several, and 0 for no limit.
func (c condition) values() int {
	switch c.Op {
	case OpEq:
		return 1
	case OpIn:
		return min(len(c.Value.([]any)), 2)
	}
	return 0
}

// few reports whether a condition leaves few documents to look at, whatever
// their order.
func (s Spec) few(arm []condition) bool {
	return slices.ContainsFunc(arm, func(c condition) bool {
		if c.Op == OpSearch {
			return len(s.Search) > 0
		}
		unique := c.Field == "_id" || slices.ContainsFunc(s.Fields, func(f Field) bool { return f.Unique && f.Name == c.Field })
		return unique && c.values() > 0 && c.Value != nil
	})
}

// walks reports whether an index serves arm in this order; that of _id has no
// other field.
func (s Spec) walks(arm []condition, order []Order) bool {
	return serves(nil, arm, order) || slices.ContainsFunc(s.Indexes, func(index []string) bool { return serves(index, arm, order) })
}

// serves reports whether index, which "_id" follows, gives the order when the
// fields before the keys are constant, and whether arm bounds the walk.
func serves(index []string, arm []condition, order []Order) bool {
	before := len(index) - len(order)
	if before < 0 || !slices.EqualFunc(index[before:], order, func(field string, o Order) bool { return field == o.Field && o.Desc == order[0].Desc }) {
		return false
	}
	bounded := !slices.ContainsFunc(arm, func(c condition) bool { return c.own })
	for i, field := range append(slices.Clone(index), "_id")[:before+1] {
		constant := false
		for _, c := range arm {
			if c.Field == field && (c.values() == 1 || i == before && c.bounds()) {
				constant = constant || c.values() == 1
				bounded = bounded || c.own
			}
		}
		if i < before && !constant {
			return false
		}
	}
	return bounded
}

// bounds reports whether c keeps its field within bounds.
func (c condition) bounds() bool {
	switch c.Op {
	case OpEq, OpIn, OpLt, OpLte, OpGt, OpGte, OpPrefix:
		return true
	}
	return false
}

// explain says what is missing for arm.
func (s Spec) explain(arm []condition, order []Order) string {
	var where, keys []byte
	for _, c := range arm {
		if c.own {
			where = c.appendShape(append(where, " and "...))
		}
	}
	for _, o := range order {
		keys = append(append(keys, ", "...), o.Field...)
	}
	text := s.Name
	if len(where) > maxShape {
		where = append(where[:maxShape], "…"...)
	}
	if where != nil {
		text += " where " + string(where[len(" and "):])
	}
	if keys != nil {
		text += ", ordered by " + string(keys[len(", "):])
	}
	text += ": no index serves it"
	index := s.wanted(arm, order)
	switch {
	case serves(index, arm, order):
		return text + "; an index on (" + strings.Join(index, ", ") + ") would"
	case slices.ContainsFunc(order, func(o Order) bool { return o.Desc != order[0].Desc }):
		return text + ", and none could: the order has two directions"
	}
	return text + ", and none could: no condition is an equality beside the order or bounds its first key"
}

// maxShape bounds what is told of a filter that a client wrote.
const maxShape = 200

// wanted is the best index for arm, if any serves: the fields that where holds
// constant, of arrays only one and in front, before the keys of the order.
func (s Spec) wanted(arm []condition, order []Order) []string {
	var array, index, keys []string
	for _, o := range order {
		keys = append(keys, o.Field)
	}
	for _, c := range arm {
		switch {
		case !c.own || c.values() != 1 || slices.Contains(keys, c.Field) || slices.Contains(index, c.Field):
		case slices.ContainsFunc(s.Fields, func(f Field) bool { return f.Array && f.Name == c.Field }):
			array = []string{c.Field}
		default:
			index = append(index, c.Field)
		}
	}
	return slices.Concat(array, index, keys)
}

// appendShape appends the fields and operators of f, in words: two filters of
// one shape differ only in values that matter to no index.
func (f Filter) appendShape(b []byte) []byte {
	switch f.Op {
	case OpNot:
		b = append(b, "not "...)
		return f.Args[0].appendShape(b)
	case OpAnd, OpOr:
		between := " and "
		if f.Op == OpOr {
			between = " or "
		}
		for i, a := range f.Args {
			if i == 0 {
				b = append(b, '(')
			} else {
				b = append(b, between...)
			}
			b = a.appendShape(b)
		}
		return append(b, ')')
	}
	b = append(b, f.Field...)
	if c := (condition{Filter: f}); c.values() == 1 && f.Value != nil {
		return b // an equality needs no word
	}
	return append(b, operatorWords[f.Op]...)
}

// operatorWords are the names of the operators in the schema, where they have one.
var operatorWords = [...]string{
	OpAll: "all", OpNone: "none", OpEq: " null", OpNe: " ne", OpIn: " in", OpLt: " lt", OpLte: " lte",
	OpGt: " gt", OpGte: " gte", OpPrefix: " prefix", OpSearch: "search",
}

// advisor looks at each shape of a list once, before it is read, and logs or
// refuses the one that no index serves. A nil advisor has no objection.
type advisor struct {
	strict bool
	log    *slog.Logger
	seen   *lru.Cache[string, string] // problems by shape
}

func newAdvisor(strict bool, log *slog.Logger) *advisor {
	return &advisor{strict: strict, log: log, seen: newCache[string](maxShapes)}
}

// maxShapes bounds how many shapes an advisor remembers; one that comes back
// after it was forgotten is logged again.
const maxShapes = 1000

// check looks at a list of the documents that where matches, for a caller whom
// the rules give rule, and reports whether an index serves it. The system may read
// what it wants.
func (a *advisor) check(ctx context.Context, s *Spec, where, rule Filter, order []Order) (served bool, err error) {
	if a == nil || PrincipalOf(ctx).system {
		return true, nil
	}
	var buf [256]byte
	shape := append(append(buf[:0], s.Name...), ' ')
	shape = append(where.appendShape(shape), " | "...)
	shape = append(rule.appendShape(shape), " | "...)
	for _, o := range order {
		if shape = append(append(shape, o.Field...), '+'); o.Desc {
			shape[len(shape)-1] = '-'
		}
	}
	if len(shape) > len(buf) { // a client may write what it wants
		sum := sha256.Sum256(shape)
		shape = sum[:]
	}
	key := string(shape)
	problem, seen := a.seen.Get(key)
	if !seen {
		problem = s.Unserved(where, rule, order)
		_, seen, _ = a.seen.PeekOrAdd(key, problem)
	}
	switch {
	case problem == "":
		return true, nil
	case a.strict:
		return false, Errorf(Invalid, "This list is refused: %s.", problem)
	case !seen:
		a.log.WarnContext(ctx, "no index serves this query", "collection", s.Name, "problem", problem)
	}
	return false, nil
}
