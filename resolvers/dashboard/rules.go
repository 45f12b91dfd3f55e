package dashboard

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/grapnel/grapnel/core"
)

func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// sentences are the rules of the type in words.
func (t *stored) sentences() []string {
	var list []string
	for _, r := range t.spec.Rules {
		list = append(list, t.sentence(r))
	}
	return list
}

// sentence is one rule: who may do what with which of them.
func (t *stored) sentence(r core.Rule) string {
	var verbs []string
	for _, v := range []struct {
		verb core.Verb
		word string
	}{{core.Read, "read"}, {core.Create, "create"}, {core.Update, "change"}, {core.Delete, "remove"}} {
		if r.Verbs&v.verb != 0 && !(t.Singleton && v.verb&(core.Create|core.Delete) != 0) {
			verbs = append(verbs, v.word)
		}
	}
	var which []string
	switch {
	case r.Owner == "_id":
		which = append(which, "that are themselves")
	case attribute(t.spec.Attributes, r.Owner).Array:
		which = append(which, "among whose "+t.name(r.Owner)+" they are")
	case r.Owner != "":
		which = append(which, "whose "+t.name(r.Owner)+" they are")
	}
	if r.Where.Op != core.OpAll {
		which = append(which, "whose "+t.condition(r.Where))
	}
	object := "all"
	switch {
	case r.Owner == "_id" && len(which) == 1:
		object = "themselves"
	case t.Singleton && len(which) == 0:
		object = "it"
	case t.Singleton:
		object = "it when " + strings.TrimPrefix(strings.Join(which, " and "), "whose ")
	case len(which) > 0:
		object = "those " + strings.Join(which, " and ")
	}
	return fmt.Sprintf("%s may %s %s.", who(r), listing(verbs, "and"), object)
}

// who is whom a rule means.
func who(r core.Rule) string {
	switch {
	case r.Role == core.Author:
		return "Authors, editors and admins"
	case r.Role == core.Editor:
		return "Editors and admins"
	case r.Role == core.Admin:
		return "Admins"
	case r.Role == core.Member || r.Owner != "":
		return "Users"
	}
	return "Everybody"
}

// condition is a filter in words.
func (t *stored) condition(f core.Filter) string {
	var parts []string
	for _, a := range f.Args {
		part := t.condition(a)
		if f.Op == core.OpAnd && a.Op == core.OpOr {
			part = "(" + part + ")"
		}
		parts = append(parts, part)
	}
	switch f.Op {
	case core.OpNone:
		return "condition never holds"
	case core.OpAnd:
		return strings.Join(parts, " and ")
	case core.OpOr:
		return strings.Join(parts, " or ")
	case core.OpNot:
		return "not (" + parts[0] + ")"
	}
	return t.name(f.Field) + " " + t.comparison(f)
}

// comparison is what is asked of a field. What it is compared with is left out where
// not everybody may read the field.
func (t *stored) comparison(f core.Filter) string {
	a := attribute(t.spec.Attributes, f.Field)
	say := func(v any) string {
		switch v := v.(type) {
		case core.Now:
			return "now"
		case time.Time:
			return v.Format(time.RFC3339)
		case string:
			if len(a.Values) == 0 {
				return fmt.Sprintf("%q", v)
			}
		}
		return fmt.Sprint(v)
	}
	values, _ := f.Value.([]any)
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = say(v)
	}
	switch {
	case len(a.Guard) > 0:
		return "is as the rule has it"
	case f.Op == core.OpEq && f.Value == nil:
		return "is empty"
	case f.Op == core.OpNe && f.Value == nil:
		return "is not empty"
	case f.Op == core.OpEq && a.Array:
		return "has " + say(f.Value)
	case f.Op == core.OpIn && a.Array:
		return "has " + listing(words, "or")
	case f.Op == core.OpIn:
		return "is " + listing(words, "or")
	}
	return map[core.FilterOp]string{
		core.OpEq: "is ", core.OpNe: "is not ", core.OpLt: "is less than ", core.OpLte: "is at most ", core.OpGt: "is more than ", core.OpGte: "is at least ", core.OpPrefix: "begins with ",
	}[f.Op] + say(f.Value)
}

// name is what the schema calls a stored field.
func (t *stored) name(stored string) string {
	for _, f := range t.fields {
		if f.stored == stored {
			return f.Name
		}
	}
	return stored
}

// listing is "a, b and c".
func listing(words []string, last string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " " + last + " " + words[n-1]
	}
	return strings.Join(words, "")
}
