package core

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// maxArms bounds the alternatives of an OR that stores read side by side, each
// from an index of its own. A longer OR is tested document by document.
const maxArms = 4

// maxBranches bounds the arms of one query.
const maxBranches = 32

// Arm is one of the ways to the documents of a query. A store that reads all of them
// side by side, each in the wanted order, merges them and stops at the limit; what two
// arms find counts once.
type Arm struct {
	// Filter is all that is to be tested of the documents of the arm. Those that match
	// it match the Filter of the query, and every document of that is in an arm. In a
	// list the filter itself says so; in a count, the hidden fields may.
	Filter Filter
	// Index is the fields of the index to walk, which "_id" follows: one of
	// [Spec.Indexes], or empty for "_id" alone. Nil leaves the way to the store: for
	// few documents, which their ids, unique values or words find, or where no index
	// serves.
	//
	// Beside a search it is the index that has the wanted order: a store walks it, or
	// sorts what the words find.
	Index []string
}

// Plan is the ways to the documents of q: its own, or, where it has none, those to
// whatever matches its filter.
func (s *Spec) Plan(q Query) []Arm {
	if q.Arms != nil {
		return q.Arms
	}
	if len(q.Order) == 0 {
		return []Arm{{Filter: q.Filter}}
	}
	arms, _ := s.plan(q.Filter, scope{arms: []Filter{All}}, q.Order)
	return arms
}

// PlanList is the first page of a list as core asks a store for it on behalf of p, and why
// no index serves it.
func (s Spec) PlanList(p Principal, now time.Time, where Filter, order []Order) (q Query, problem string) {
	q, why := s.listing(where, s.scope(p, now), order)
	if why != nil {
		problem = why()
	}
	q.Order, q.Limit = withID(order), DefaultPage+1
	return q, problem
}

// listing lists what where matches within a scope, in an order without "_id"; problem
// says why no index serves it.
func (s *Spec) listing(where Filter, in scope, order []Order) (q Query, problem func() string) {
	arms, problem := s.plan(where, in, order)
	return Query{Filter: And(where, in.rule), Arms: arms}, problem
}

// withID is an order that tells all documents apart.
func withID(order []Order) []Order {
	return append(slices.Clone(order), Order{Field: "_id", Desc: len(order) > 0 && order[len(order)-1].Desc})
}

// Unserved says in one sentence why no index of s serves a list of the
// documents that where matches, for a caller whom the rules give rule, in this
// order ("_id" always follows it), and which index would; "" when one serves.
// It depends on fields and operators alone, and on values only where they are
// null or an In holds several.
//
// A list is served when the store walks an index in the wanted order and stops
// at the limit. Conditions joined by AND are looked at one by one.
// The first OR of where and the first of rule, each with at most 4 arms, are
// taken apart, and every arm must be served together with the conditions beside it.
// One arm is served by
//
//   - an index whose last fields are the keys of the order, in their sequence
//     and all in one direction, either one, and whose fields before those are
//     each bound by an equality: Eq, of null too, of one element of an array,
//     or In of one value. When where says anything, one of its conditions must
//     bound the walk: such an equality, or any equality, In, range or Prefix on
//     the first key of the order. Rules may bring equalities; a bound of
//     theirs is neither needed nor enough.
//   - several such walks, one for each value of an In with at most 4 values.
//   - a unique field or _id that is equal to a value or to one of several: so
//     few documents need no index for their order. The index of a unique field
//     serves nothing else, for it holds neither nulls nor "_id".
//   - the index of words, when Search is among the conditions.
//
// Documents are sorted by "_id" in the end, so values of an In that stand before the
// keys of the order each have an order of their own. Ne, Not and
// an OR that is not taken apart bound nothing. Without where, an index for the
// order is enough.
func (s Spec) Unserved(where, rule Filter, order []Order) string {
	_, problem := s.plan(where, scope{rule, alternatives(rule)}, order)
	if problem == nil {
		return ""
	}
	return problem()
}

// plan finds the ways to what where matches within a scope; problem explains
// the first that no index serves.
func (s *Spec) plan(where Filter, in scope, order []Order) (arms []Arm, problem func() string) {
	if where.Op == OpNone || in.rule.Op == OpNone {
		return nil, nil // nothing is read
	}
	if i := slices.IndexFunc(order, func(o Order) bool { return o.Field == "_id" }); i >= 0 && order[i].Desc == order[0].Desc {
		order = order[:i] // it is unique: what follows has no effect
	}
	for _, w := range alternatives(where) {
		asked := conditions(w, true)
		if s.few(asked) {
			arms = append(arms, Arm{Filter: And(w, in.rule)})
			continue
		}
		for _, r := range in.arms {
			arm := append(slices.Clip(asked), conditions(r, false)...)
			if ofAnother(arm) {
				continue
			}
			walks := s.walks(arm, order)
			if len(arms)+len(walks) > maxBranches {
				walks = nil
			}
			if walks == nil {
				walks = []Arm{{Filter: joined(arm)}}
				if problem == nil && !s.few(arm) {
					problem = func() string { return s.explain(arm, order) }
				}
			}
			arms = append(arms, walks...)
		}
	}
	return arms, problem
}

// condition is one part of a conjunction. The list must be bounded by what is asked
// for: by where, or by who kept it. The others are of the rule.
type condition struct {
	Filter
	asked bool
}

// conditions takes f apart in AND.
func conditions(f Filter, asked bool) (out []condition) {
	switch f.Op {
	case OpAll:
		return nil
	case OpAnd:
		for _, a := range f.Args {
			out = append(out, conditions(a, asked)...)
		}
		return out
	}
	return []condition{{f, asked || isOwn(f)}}
}

// joined is the conjunction of conditions.
func joined(arm []condition) Filter {
	args := make([]Filter, len(arm))
	for i, c := range arm {
		args[i] = c.Filter
	}
	return And(args...)
}

// alternatives takes the first OR of f apart, unless it is too long.
func alternatives(f Filter) []Filter {
	all := conditions(f, true)
	i := slices.IndexFunc(all, func(c condition) bool { return c.Op == OpOr && len(c.Args) <= maxArms })
	if i < 0 {
		return []Filter{f}
	}
	var out []Filter
	for _, a := range all[i].Args {
		out = append(out, And(joined(all[:i]), a, joined(all[i+1:])))
	}
	return out
}

// ofAnother reports whether an arm asks for what one owner keeps from members and
// another owns.
func ofAnother(arm []condition) bool {
	return slices.ContainsFunc(arm, func(o condition) bool {
		return isOwn(o.Filter) && slices.ContainsFunc(arm, func(c condition) bool {
			return c.Op == OpEq && ownPrefix+c.Field == o.Field && c.Value != o.Value
		})
	})
}

// values is how many values the field may have for c to match: 1, 2 for
// several, and 0 for no limit.
func (c *condition) values() int {
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
func (s *Spec) few(arm []condition) bool {
	return slices.ContainsFunc(arm, func(c condition) bool {
		unique := c.Field == "_id" || slices.ContainsFunc(s.Fields, func(f Field) bool { return f.Unique && f.Name == c.Field })
		return unique && c.values() > 0 && c.Value != nil
	})
}

// searches reports whether words find the documents of an arm.
func (s *Spec) searches(arm []condition) bool {
	return len(s.Search) > 0 && slices.ContainsFunc(arm, func(c condition) bool { return c.Op == OpSearch })
}

// walks are the walks that serve arm in this order: one, or one for each value of a
// field that has few; nil when none does.
func (s *Spec) walks(arm []condition, order []Order) []Arm {
	if index, ok := s.walk(arm, order); ok {
		return []Arm{{joined(arm), index}}
	}
	if s.few(arm) {
		return nil
	}
	if s.audience.varies() && !slices.ContainsFunc(arm, func(c condition) bool { return c.Field == audienceField }) {
		arm = append(slices.Clip(arm), condition{In(audienceField, s.audience.values), false})
	}
	for i := range arm {
		if out := s.walkEach(arm, i, order); out != nil {
			return out
		}
	}
	return nil
}

// walkEach takes the In at place i of arm apart, when a walk serves each of its values.
func (s *Spec) walkEach(arm []condition, i int, order []Order) (out []Arm) {
	if arm[i].Op != OpIn {
		return nil
	}
	list := arm[i].Value.([]any)
	if len(list) > maxArms && arm[i].Field != audienceField {
		return nil
	}
	for _, v := range list {
		one := slices.Clone(arm)
		one[i].Filter = Eq(arm[i].Field, v)
		walks := s.walks(one, order)
		if walks == nil || len(out)+len(walks) > maxBranches {
			return nil
		}
		out = append(out, walks...)
	}
	return out
}

// walk is the index that serves arm in this order, the one that more conditions
// bound. ok is false when none does; beside a search, index may be nil.
func (s *Spec) walk(arm []condition, order []Order) (index []string, ok bool) {
	most := -1
	searches := s.searches(arm)
	consider := func(candidate []string) {
		weight, bounded, serves := serves(candidate, arm, order)
		if len(candidate) > 0 && s.isArray(candidate[0]) {
			weight++ // an element is in few documents
		}
		if serves && weight > most && (bounded || searches) {
			index, most = candidate, weight
		}
	}
	consider([]string{})
	for _, candidate := range s.Indexes {
		consider(candidate)
	}
	if most >= 0 || searches {
		return index, true
	}
	// What an owner keeps from members is little, and can be sorted.
	if i := slices.IndexFunc(arm, func(c condition) bool { return isOwn(c.Filter) }); i >= 0 {
		return []string{arm[i].Field}, true
	}
	return nil, false
}

// serves reports whether index, which "_id" follows, gives the order when the
// fields before the keys are constant, and whether a condition of where bounds the
// walk. The more conditions lead it, the more it weighs, those of where above those of
// the rule.
func serves(index []string, arm []condition, order []Order) (weight int, bounded, ok bool) {
	before := len(index) - len(order)
	if before < 0 {
		return 0, false, false
	}
	for i, o := range order {
		if index[before+i] != o.Field || o.Desc != order[0].Desc {
			return 0, false, false
		}
	}
	bounded = true
	for i := range arm {
		bounded = bounded && !arm[i].asked
	}
	for i := range before + 1 {
		field, constant := "_id", false
		if i < len(index) {
			field = index[i]
		}
		for j := range arm {
			c := &arm[j]
			if c.Field == field && (c.values() == 1 || i == before && c.bounds()) {
				constant = constant || c.values() == 1
				bounded = bounded || c.asked
				weight += c.weight()
			}
		}
		if i < before && !constant {
			return 0, false, false
		}
	}
	return weight, bounded, true
}

// weight is how much c narrows a walk that it leads, by rule of thumb: to what one owner
// hides, to what a client asks for, to what a rule allows.
func (c *condition) weight() int {
	switch {
	case isOwn(c.Filter):
		return 8
	case c.asked:
		return 2
	}
	return 1
}

// bounds reports whether c keeps its field within bounds.
func (c *condition) bounds() bool {
	switch c.Op {
	case OpEq, OpIn, OpLt, OpLte, OpGt, OpGte, OpPrefix:
		return true
	}
	return false
}

// explain says what is missing for arm.
func (s *Spec) explain(arm []condition, order []Order) string {
	var where, keys []byte
	for _, c := range arm {
		if c.asked {
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
	_, bounded, ok := serves(index, arm, order)
	switch {
	case ok && bounded:
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
func (s *Spec) wanted(arm []condition, order []Order) []string {
	var array, index, keys []string
	for _, o := range order {
		keys = append(keys, o.Field)
	}
	for _, c := range arm {
		switch {
		case !c.asked || c.values() != 1 || slices.Contains(keys, c.Field) || slices.Contains(index, c.Field):
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

// advisor logs or refuses the lists that no index serves. A nil advisor has no
// objection.
type advisor struct {
	strict bool
	log    *slog.Logger
	seen   *lru.Cache[string, bool] // problems that were logged
}

func newAdvisor(strict bool, log *slog.Logger) *advisor {
	return &advisor{strict: strict, log: log, seen: newCache[string, bool](maxProblems)}
}

// maxProblems bounds how many problems an advisor remembers; one that comes back
// after it was forgotten is logged again.
const maxProblems = 1000

// check is told why no index serves a list of a collection, and refuses it when it
// is strict. The system may read what it wants.
func (a *advisor) check(ctx context.Context, coll string, problem func() string) error {
	if a == nil || problem == nil || PrincipalOf(ctx).system {
		return nil
	}
	text := problem()
	if a.strict {
		return Errorf(Invalid, "This list is refused: %s.", text)
	}
	if seen, _ := a.seen.ContainsOrAdd(text, true); !seen {
		a.log.WarnContext(ctx, "no index serves this query", "collection", coll, "problem", text)
	}
	return nil
}
