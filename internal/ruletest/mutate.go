package ruletest

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// mutant is the rules of a project with one thing missing.
type mutant struct {
	name  string
	specs []core.Spec
}

// try runs the table of m against the mutant: it must fail somewhere, unless the
// table says that nobody can tell the difference.
func (x mutant) try(t *testing.T, s *suite, m *model) {
	reason, equivalent := "", false
	for pattern, why := range m.table.Equivalent {
		if ok, err := path.Match(pattern, x.name); err != nil {
			t.Fatal(err)
		} else if ok {
			reason, equivalent = why, true
		}
	}
	r := newRun(t, s, m, x.specs, true)
	r.all()
	switch noticed := len(r.failures) > 0; {
	case noticed && equivalent:
		t.Errorf("is said to make no difference (%s), but the table notices it: %s", reason, r.failures[0])
	case !noticed && !equivalent:
		t.Errorf("the table does not notice it: %s", x.name)
	case noticed:
		t.Log(r.failures[0])
	}
}

// mutants removes from the rules of m, one at a time, each rule, each of its
// verbs, and each of its conditions; of the guards also each as a whole. What
// the project says to be proven elsewhere stays.
func (s *suite) mutants(m *model) (list []mutant) {
	var proven core.Spec
	for _, p := range s.project.Proven {
		if p.Type == m.spec.Type {
			proven = p
		}
	}
	add := func(name string, change func(*core.Spec)) {
		specs := slices.Clone(s.project.Specs)
		for i := range specs {
			if specs[i].Type == m.spec.Type {
				specs[i].Rules = slices.Clone(specs[i].Rules)
				specs[i].Attributes = slices.Clone(specs[i].Attributes)
				change(&specs[i])
			}
		}
		list = append(list, mutant{m.spec.Type + name, specs})
	}
	if !reflect.DeepEqual(proven.Rules, m.spec.Rules) {
		for i, rule := range m.spec.Rules {
			for _, v := range variants(rule) {
				add(fmt.Sprintf(" rule %d %s", i+1, v.name), func(spec *core.Spec) { spec.Rules[i] = v.rule })
			}
		}
	}
	for i, a := range m.spec.Attributes {
		same := func(p core.Attribute) bool { return p.Name == a.Name && reflect.DeepEqual(p.Guard, a.Guard) }
		if a.Guard == nil || slices.ContainsFunc(proven.Attributes, same) {
			continue
		}
		add("."+a.Name+" without its guard", func(spec *core.Spec) { spec.Attributes[i].Guard = nil })
		for j, rule := range a.Guard {
			for _, v := range variants(rule) {
				add(fmt.Sprintf(".%s rule %d %s", a.Name, j+1, v.name), func(spec *core.Spec) {
					guard := slices.Clone(a.Guard)
					guard[j] = v.rule
					spec.Attributes[i].Guard = guard
				})
			}
		}
	}
	return list
}

// variant is a rule with one thing missing.
type variant struct {
	name string
	rule core.Rule
}

func variants(rule core.Rule) (list []variant) {
	add := func(name string, change func(*core.Rule)) {
		r := rule
		change(&r)
		list = append(list, variant{name, r})
	}
	add("removed", func(r *core.Rule) { r.Verbs = 0 })
	for _, v := range verbs {
		if rule.Verbs&v.verb != 0 && rule.Verbs != v.verb {
			add("without "+v.name, func(r *core.Rule) { r.Verbs &^= v.verb })
		}
	}
	if rule.Where.Op != core.OpAll {
		add("without where", func(r *core.Rule) { r.Where = core.All })
	}
	if rule.Where.Op == core.OpAnd {
		for i := range rule.Where.Args {
			add(fmt.Sprintf("without condition %d of where", i+1), func(r *core.Rule) {
				r.Where = core.And(slices.Delete(slices.Clone(rule.Where.Args), i, i+1)...)
			})
		}
	}
	if rule.Owner != "" {
		add("without owner", func(r *core.Rule) { r.Owner = "" })
	}
	if rule.Role != "" {
		add("without role", func(r *core.Rule) { r.Role = "" })
	}
	roles := []core.Role{core.Member, core.Author, core.Editor, core.Admin}
	if i := slices.Index(roles, rule.Role); i > 0 {
		add("with "+string(roles[i-1]), func(r *core.Rule) { r.Role = roles[i-1] })
	}
	return list
}
