package core

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// CountArms is the ways to the documents that a count of q counts: its own, or, where
// it has none, those to whatever matches its filter. No document is on two of them.
func (s *Spec) CountArms(q Query) []Arm {
	if q.Arms != nil {
		return q.Arms
	}
	return s.planCount(q.Filter, scope{arms: []Filter{All}})
}

// PlanCount is a count as core asks a store for it on behalf of p.
func (s Spec) PlanCount(p Principal, now time.Time, where Filter) Query {
	return s.counting(where, s.scope(p, now))
}

// counting counts what where matches within a scope.
func (s *Spec) counting(where Filter, in scope) Query {
	return Query{Filter: And(where, in.rule), Arms: s.planCount(where, in)}
}

// planCount finds the ways to count what where matches within a scope. No order is
// wanted, so each walks the index that is bounded best, where possible one that has all
// that is tested: then no document is fetched. To this end an arm does not test what
// its hidden field tells.
func (s *Spec) planCount(where Filter, in scope) (arms []Arm) {
	if where.Op == OpNone || in.rule.Op == OpNone {
		return nil
	}
	if in.rule.Op == OpAll {
		in.arms = []Filter{All} // whatever their audience
	}
	ways := alternatives(where)
	if len(ways)*len(in.arms) > maxBranches {
		ways = []Filter{where}
	}
	apart := len(ways)*len(in.arms)*maxArms <= maxBranches
	var all []counted
	add := func(c counted) {
		if disjoint(s, c.known, c.known) {
			return
		}
		tests := slices.Clip(c.tests)
		for _, before := range all {
			if disjoint(s, before.known, c.known) {
				continue
			}
			rest := slices.DeleteFunc(slices.Clone(before.tests), func(t condition) bool { return contains(c.known, t.Filter) })
			if len(rest) == 0 {
				return // they are counted there
			}
			tests = append(tests, condition{Filter: s.not(rest)})
		}
		tests, index := s.lead(tests)
		all, arms = append(all, c), append(arms, Arm{joined(tests), index})
	}
	for _, w := range ways {
		asked := conditions(w, true)
		if s.few(asked) {
			tests := slices.Concat(asked, conditions(in.rule, false))
			add(counted{tests, tests})
			continue
		}
		for _, r := range in.arms {
			told := s.told(r)
			rest := assuming(And(w, r), told)
			parts := []Filter{rest}
			if apart && !s.searches(asked) { // each would be a search of its own
				parts = alternatives(rest)
			}
			for _, part := range parts {
				tests := conditions(part, false)
				for i := range tests {
					tests[i].asked = tests[i].asked || contains(asked, tests[i].Filter)
				}
				add(counted{tests, slices.Concat(told, conditions(And(w, r), false), tests)})
			}
		}
	}
	return arms
}

// not matches what a conjunction does not. Of a field that is never null, what is not in
// one range is in the other, which bounds a walk.
func (s *Spec) not(arm []condition) Filter {
	f := joined(arm)
	i := slices.IndexFunc(s.Attributes, func(a Attribute) bool { return a.Name == f.Field && a.Required && a.Kind == Time })
	_, isTime := f.Value.(time.Time)
	if op, ok := opposite[f.Op]; ok && i >= 0 && isTime {
		return Filter{Op: op, Field: f.Field, Value: f.Value}
	}
	return Not(f)
}

var opposite = map[FilterOp]FilterOp{OpLt: OpGte, OpGte: OpLt, OpLte: OpGt, OpGt: OpLte}

// counted is an arm of a count: what is tested of its documents, and that with all else
// that is known of them.
type counted struct{ tests, known []condition }

// told is what the hidden field of an arm of a scope tells of its documents.
func (s *Spec) told(arm Filter) (known []condition) {
	for _, c := range conditions(arm, false) {
		switch {
		case c.Op == OpEq && c.Field == audienceField:
			for _, t := range s.audience.tiers {
				if c.Value == t.value {
					known = append(known, conditions(t.where, false)...)
				}
			}
		case isOwn(c.Filter):
			from := slices.IndexFunc(s.audience.values, func(v int64) bool { return v > audienceOf(Member) })
			known = append(known, condition{Filter: Eq(c.Field[len(ownPrefix):], c.Value)}, condition{Filter: In(audienceField, s.audience.values[from:])})
		}
	}
	return known
}

// assuming is f for documents that match all that is known.
func assuming(f Filter, known []condition) Filter {
	if contains(known, f) {
		return All
	}
	if f.Op != OpAnd && f.Op != OpOr {
		return f
	}
	args := make([]Filter, len(f.Args))
	for i, a := range f.Args {
		args[i] = assuming(a, known)
	}
	if f.Op == OpAnd {
		return And(args...)
	}
	return Or(args...)
}

func contains(list []condition, f Filter) bool {
	return slices.ContainsFunc(list, func(c condition) bool { return same(c.Filter, f) })
}

// same reports whether two filters say the same in the same words.
func same(f, g Filter) bool {
	return f.Op == g.Op && f.Field == g.Field && reflect.DeepEqual(f.Value, g.Value) && slices.EqualFunc(f.Args, g.Args, same)
}

// disjoint reports whether no document can match two conjunctions: they want different
// values of one field.
func disjoint(s *Spec, a, b []condition) bool {
	for _, f := range a {
		mine := f.only()
		if mine == nil || s.isArray(f.Field) {
			continue
		}
		for _, g := range b {
			if g.Field != f.Field || g.only() == nil {
				continue
			}
			if !slices.ContainsFunc(mine, func(v any) bool {
				return slices.ContainsFunc(g.only(), func(w any) bool { return matchValue(OpEq, v, w) })
			}) {
				return true
			}
		}
	}
	return false
}

// only is the values that c leaves its field; nil for no such limit.
func (c *condition) only() []any {
	switch c.Op {
	case OpEq:
		return []any{c.Value}
	case OpIn:
		return c.Value.([]any)
	}
	return nil
}

// lead is the index that tests, which it may complete, bound best. Nil leaves the way
// to the store.
func (s *Spec) lead(tests []condition) (_ []condition, index []string) {
	if s.few(tests) || s.searches(tests) {
		return tests, nil
	}
	led := tests
	if s.audience.varies() && !slices.ContainsFunc(tests, func(c condition) bool { return c.Field == audienceField || isOwn(c.Filter) }) {
		led = append(slices.Clip(tests), condition{Filter: In(audienceField, s.audience.values)})
	}
	most := 0
	for _, candidate := range append([][]string{{}}, s.Indexes...) {
		if slices.ContainsFunc(candidate, func(f string) bool {
			return strings.HasPrefix(f, ownPrefix) && !slices.ContainsFunc(led, func(c condition) bool { return c.Field == f && isOwn(c.Filter) })
		}) {
			continue // it lacks what members may read
		}
		weight := 2 * s.bounded(candidate, led)
		if weight > 0 && covers(candidate, led) {
			weight++
		}
		if weight > most {
			index, most = candidate, weight
		}
	}
	if slices.Contains(index, audienceField) {
		tests = led
	}
	return tests, index
}

// bounded is how well an arm bounds a walk of an index, which "_id" follows: by
// equalities of the first fields, and perhaps a range of the next.
func (s *Spec) bounded(index []string, arm []condition) (weight int) {
	for i := range len(index) + 1 {
		field, most, equal := "_id", 0, false
		if i < len(index) {
			field = index[i]
		}
		for j := range arm {
			c := &arm[j]
			switch {
			case c.Field != field || s.isArray(field) && (c.Op != OpEq || c.Value == nil):
			case c.values() > 0:
				most, equal = max(most, 2*c.weight()), true
			case c.bounds():
				most = max(most, c.weight())
			}
		}
		weight += most
		if equal && s.isArray(field) {
			weight += 2 // an element is in few documents
		}
		if !equal {
			return weight
		}
	}
	return weight
}

// covers reports whether an index has all that is tested.
func covers(index []string, arm []condition) bool {
	covered := true
	for _, c := range arm {
		c.Walk(func(f Filter) {
			covered = covered && f.Op != OpSearch && (f.Field == "" || f.Field == "_id" || slices.Contains(index, f.Field))
		})
	}
	return covered
}
