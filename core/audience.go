package core

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// The hidden fields of a document. Core keeps them in front of every index, so that
// a list walks past nothing that its reader may not see. No name of a schema begins
// with an underscore.
const (
	audienceField = "_audience" // who may read it, as far as the document itself tells
	ownPrefix     = "_own_"     // and a field that holds an owner: that owner, of what members cannot read
)

// What the field of the audience holds: 1 for everybody, then a number for each
// role, which includes those before it.
var nobody = audienceOf(Admin) + 1

func audienceOf(r Role) int64 { return int64(rank[r]) + 1 }

// audience tells who may read a document of one type by what its read rules hold
// constant: by all but the clock and the owner.
type audience struct {
	tiers  []tier
	values []int64  // that documents can have, ascending
	owners []string // the fields of rules with an owner
}

// tier is the documents that a role may read, and not those before it.
type tier struct {
	value int64
	where Filter
}

func newAudience(rules []Rule) *audience {
	a := &audience{}
	for _, r := range rules {
		if r.Verbs&Read != 0 && r.Owner != "" && !slices.Contains(a.owners, r.Owner) {
			a.owners = append(a.owners, r.Owner)
		}
	}
	for value := int64(1); value < nobody; value++ {
		var parts []Filter
		for _, r := range rules {
			if r.Verbs&Read != 0 && r.Owner == "" && audienceOf(r.Role) == value {
				parts = append(parts, lasting(r.Where))
			}
		}
		where := Or(parts...)
		if where.Op == OpNone {
			continue
		}
		a.tiers, a.values = append(a.tiers, tier{value, where}), append(a.values, value)
		if where.Op == OpAll {
			return a
		}
	}
	a.values = append(a.values, nobody)
	return a
}

// lasting is what of f the clock does not change: f matches nothing else.
func lasting(f Filter) Filter {
	switch f.Op {
	case OpAnd, OpOr:
		args := make([]Filter, len(f.Args))
		for i, a := range f.Args {
			args[i] = lasting(a)
		}
		if f.Op == OpAnd {
			return And(args...)
		}
		return Or(args...)
	}
	clock := false
	f.Walk(func(f Filter) {
		_, now := f.Value.(Now)
		clock = clock || now
	})
	if clock {
		return All
	}
	return f
}

// varies reports whether documents of the type have different audiences.
func (a *audience) varies() bool { return a != nil && len(a.values) > 1 }

// isPrivate reports whether only owners, and roles above members, read the type.
func (a *audience) isPrivate() bool { return !a.varies() && a.values[0] > audienceOf(Member) }

// of is the audience of a document.
func (a *audience) of(doc any, search []string) int64 {
	for _, t := range a.tiers {
		if t.where.Match(doc, search) {
			return t.value
		}
	}
	return nobody
}

// String is the same for rules that give all documents the same hidden fields.
func (a *audience) String() string {
	if !a.varies() {
		return ""
	}
	return fmt.Sprint(a.tiers, a.owners)
}

// guarded is s with the hidden fields that its rules ask for, in its indexes. The
// index of an owner holds only what members cannot read, for they find the rest by
// the others: so it is small, however many documents there are.
func (s Spec) guarded() Spec {
	if s.Singleton {
		return s // nobody lists it
	}
	a := newAudience(s.Rules)
	s.audience = a
	var indexes [][]string
	add := func(index []string) {
		if !slices.ContainsFunc(indexes, func(i []string) bool { return slices.Equal(i, index) }) {
			indexes = append(indexes, index)
		}
	}
	declared := append(slices.Clone(s.Indexes), nil) // the last one is that of "_id"
	switch {
	case a.varies():
		s.Fields = append(slices.Clone(s.Fields), Field{Name: audienceField, Kind: Int, Hidden: true})
		for _, index := range declared {
			add(s.under(audienceField, index))
		}
		for _, f := range a.owners {
			s.Fields = append(s.Fields, Field{Name: ownPrefix + f, Kind: String, Hidden: true, Sparse: true})
			for _, index := range declared {
				add(s.under(ownPrefix+f, without(index, f)))
			}
		}
	case a.isPrivate():
		for _, index := range s.Indexes {
			add(index)
		}
		for _, f := range a.owners {
			if f == "_id" {
				continue // one document
			}
			for _, index := range declared {
				add(s.under(f, without(index, f)))
			}
		}
	default:
		return s
	}
	s.Indexes = indexes
	return s
}

// under puts a field in front of an index, but behind an array.
func (s Spec) under(field string, index []string) []string {
	at := 0
	if len(index) > 0 && s.isArray(index[0]) {
		at = 1
	}
	return slices.Insert(slices.Clone(index), at, field)
}

func (s Spec) isArray(field string) bool {
	return slices.ContainsFunc(s.Fields, func(f Field) bool { return f.Name == field && f.Array })
}

func without(list []string, v string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == v })
}

// Hidden is the hidden fields of a document, for who writes past the collections.
func (s Spec) Hidden(doc any) (p Patch) {
	if s.mentions != nil && !s.Singleton {
		p = append(p, s.hiddenFiles(doc))
	}
	if !s.audience.varies() {
		return p
	}
	who := s.audience.of(doc, s.Search)
	p = append(p, Set(audienceField, who))
	for _, f := range s.audience.owners {
		var owner any
		if id, _ := fieldOf(doc, f).(string); id != "" && who > audienceOf(Member) {
			owner = id
		}
		p = append(p, Set(ownPrefix+f, owner))
	}
	return p
}

// hides reports whether documents have hidden fields.
func (s Spec) hides() bool {
	return slices.ContainsFunc(s.Fields, func(f Field) bool { return f.Hidden })
}

// unhidden is s as if its documents had no hidden fields.
func (s Spec) unhidden() Spec {
	s.audience, s.mentions = nil, nil
	return s
}

// diffHidden lists the hidden fields in which two documents differ.
func (s Spec) diffHidden(before, after any) (p Patch) {
	was := s.Hidden(before)
	for i, e := range s.Hidden(after) {
		if !reflect.DeepEqual(e, was[i]) {
			p = append(p, e)
		}
	}
	return p
}

// Audience names the hidden field by which an index of words is to be parted, as other
// indexes are by their first field, and all that it may hold; "" for none. What has a
// value in a Sparse field is to be found by that too.
func (s *Spec) Audience() (field string, values []int64) {
	if !s.audience.varies() {
		return "", nil
	}
	for v := range nobody + 1 { // with 0, for null
		values = append(values, v)
	}
	return audienceField, values
}

// scope is what a caller may read.
type scope struct {
	rule Filter
	// arms match the same documents together, each of an audience or an owner.
	arms []Filter
}

// scope is what p may read at a moment.
func (s *Spec) scope(p Principal, now time.Time) scope {
	rule := s.allowed(p, Read, now)
	if !s.audience.varies() || rule.Op == OpNone {
		return scope{rule, alternatives(rule)}
	}
	may := audienceOf(p.Role)
	if p.system {
		may = nobody
	}
	var arms []Filter
	var beyond []int64
	for _, v := range s.audience.values {
		if v <= may {
			arms = append(arms, And(Eq(audienceField, v), rule))
		} else {
			beyond = append(beyond, v)
		}
	}
	if len(beyond) > 0 && p.SignedIn() {
		for _, f := range s.audience.owners {
			arms = append(arms, And(Eq(ownPrefix+f, p.UserID), In(audienceField, beyond), rule))
		}
	}
	return scope{rule, arms}
}

// isOwn reports whether a condition leaves what one owner keeps from members.
func isOwn(f Filter) bool { return f.Op == OpEq && strings.HasPrefix(f.Field, ownPrefix) }
