package gen

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
)

// verbs are the operations of a rule.
var verbs = map[string]core.Verb{"CREATE": core.Create, "READ": core.Read, "UPDATE": core.Update, "DELETE": core.Delete}

// rules reads @auth; all is what a rule allows that names no operations.
func (r *reader) rules(m *model, d *ast.Directive, all core.Verb) []core.Rule {
	list := argument(d, "rules")
	if list == nil || list.Kind != ast.ListValue || len(list.Children) == 0 {
		r.problems.add(d.Position, "@auth needs rules: [{allow: …}].")
		return nil
	}
	var rules []core.Rule
	for _, c := range list.Children {
		rules = append(rules, r.rule(m, c.Value, all))
	}
	return rules
}

func (r *reader) rule(m *model, v *ast.Value, all core.Verb) core.Rule {
	parts := entries(v)
	rule := core.Rule{Verbs: all}
	for name, part := range parts {
		switch name {
		case "allow", "ownerField", "role", "operations", "where":
		default:
			r.problems.add(part.Position, "A rule has no part %q: it has allow, ownerField, role, operations and where.", name)
		}
	}
	if ops := parts["operations"]; ops != nil {
		rule.Verbs = 0
		for _, c := range ops.Children {
			verb := verbs[c.Value.Raw]
			if verb&all == 0 {
				r.problems.add(c.Value.Position, "%s is no operation that can be allowed here.", c.Value.Raw)
			}
			rule.Verbs |= verb
		}
	}
	if role := parts["role"]; role != nil {
		rule.Role = core.Role(role.Raw)
		if !core.Admin.AtLeast(rule.Role) || !rule.Role.AtLeast(core.Member) {
			r.problems.add(role.Position, "There is no role %s: there are MEMBER, AUTHOR, EDITOR and ADMIN.", role.Raw)
		}
	}
	allow := parts["allow"]
	owner := parts["ownerField"]
	switch {
	case allow == nil:
		r.problems.add(v.Position, "A rule needs allow: PUBLIC, SIGNED_IN, OWNER or ROLE.")
	case allow.Raw == "PUBLIC":
		if rule.Role != "" {
			r.problems.add(allow.Position, "A rule for everybody has no role: write allow: ROLE.")
		}
	case allow.Raw == "SIGNED_IN":
		if rule.Role == "" {
			rule.Role = core.Member
		}
	case allow.Raw == "ROLE":
		if rule.Role == "" {
			r.problems.add(allow.Position, "allow: ROLE needs a role, such as role: EDITOR.")
		}
	case allow.Raw == "OWNER":
		if owner == nil {
			r.problems.add(allow.Position, "allow: OWNER needs ownerField: the field that holds the id of the owner.")
			break
		}
		rule.Owner = r.ownerField(m, owner, rule.Verbs)
	default:
		r.problems.add(allow.Position, "A rule allows PUBLIC, SIGNED_IN, OWNER or ROLE, not %s.", allow.Raw)
	}
	if owner != nil && allow != nil && allow.Raw != "OWNER" {
		r.problems.add(owner.Position, "ownerField goes with allow: OWNER.")
	}
	if where := parts["where"]; where != nil {
		rule.Where = r.where(m, where)
	}
	return rule
}

// ownerField is the stored name of the field that holds the owner's id.
func (r *reader) ownerField(m *model, v *ast.Value, verbs core.Verb) string {
	if v.Raw == "id" && m.name == "User" {
		return "_id"
	}
	f := m.field(v.Raw)
	switch {
	case f == nil:
		r.problems.add(v.Position, "%s has no field %q to hold the owner: add one, such as %s: User @reference, or name another.", m.name, v.Raw, v.Raw)
		return ""
	case f.kind == reference && f.typ == "User", f.kind == scalar && f.storeKind() == core.String:
		if verbs&core.Create != 0 {
			f.owner = true
		}
		return f.stored
	}
	r.problems.add(v.Position, "%s cannot hold an owner: it must be a User with @reference.", v.Raw)
	return ""
}

// where reads the condition of a rule.
func (r *reader) where(m *model, v *ast.Value) core.Filter {
	if v.Kind != ast.ObjectValue {
		r.problems.add(v.Position, "where is written like {published: {eq: true}}.")
		return core.None
	}
	var all []core.Filter
	for _, c := range v.Children {
		switch c.Name {
		case "and", "or":
			var list []core.Filter
			for _, e := range c.Value.Children {
				list = append(list, r.where(m, e.Value))
			}
			if c.Name == "and" {
				all = append(all, core.And(list...))
			} else {
				all = append(all, core.Or(list...))
			}
		case "not":
			all = append(all, core.Not(r.where(m, c.Value)))
		default:
			all = append(all, r.condition(m, c))
		}
	}
	return core.And(all...)
}

// condition reads the conditions on one field.
func (r *reader) condition(m *model, c *ast.ChildValue) core.Filter {
	name := m.stored(c.Name)
	f := m.byStored(name)
	if f == nil && name != "" {
		for _, h := range headFields {
			if h.stored == name {
				f = &field{name: h.name, stored: h.stored, typ: h.typ}
			}
		}
	}
	if f == nil || f.kind == inline {
		r.problems.add(c.Position, "A rule names %q, which is no field of %s that can be compared.", c.Name, m.name)
		return core.None
	}
	if c.Value.Kind != ast.ObjectValue || len(c.Value.Children) == 0 {
		r.problems.add(c.Value.Position, "The condition on %s is written like {eq: …}.", c.Name)
		return core.None
	}
	var all []core.Filter
	for _, op := range c.Value.Children {
		all = append(all, r.comparison(f, op))
	}
	return core.And(all...)
}

func (r *reader) comparison(f *field, op *ast.ChildValue) core.Filter {
	one := func() any {
		v, problem := r.value(f, op.Value)
		if problem != "" {
			r.problems.add(op.Value.Position, "What %s is compared with %s", f.name, problem)
		}
		return v
	}
	many := func() core.Filter {
		var list []any
		for _, c := range op.Value.Children {
			v, problem := r.value(f, c.Value)
			if problem != "" {
				r.problems.add(c.Value.Position, "What %s is compared with %s", f.name, problem)
			}
			list = append(list, v)
		}
		return core.In(f.stored, list)
	}
	null := op.Value.Kind == ast.NullValue
	switch {
	case f.list && op.Name == "has":
		return core.Eq(f.stored, one())
	case f.list && op.Name == "hasSome", !f.list && op.Name == "in":
		return many()
	case f.list:
	case op.Name == "eq" && null:
		return core.Eq(f.stored, nil)
	case op.Name == "ne" && null:
		return core.Ne(f.stored, nil)
	case op.Name == "eq":
		return core.Eq(f.stored, one())
	case op.Name == "ne":
		return core.Ne(f.stored, one())
	case op.Name == "prefix" && f.typ == "String":
		return core.Prefix(f.stored, op.Value.Raw)
	case op.Name == "lt":
		return core.Lt(f.stored, one())
	case op.Name == "lte":
		return core.Lte(f.stored, one())
	case op.Name == "gt":
		return core.Gt(f.stored, one())
	case op.Name == "gte":
		return core.Gte(f.stored, one())
	}
	r.problems.add(op.Position, "%s knows no condition %q.", f.name, op.Name)
	return core.None
}

// parseProblem is an error of the parser.
func parseProblem(file string, err error) Problem {
	p := Problem{File: file, Message: err.Error()}
	if e, ok := err.(*gqlerror.Error); ok {
		p.Message = fmt.Sprintf("%s.", e.Message)
		if len(e.Locations) > 0 {
			p.Line, p.Column = e.Locations[0].Line, e.Locations[0].Column
		}
	}
	return p
}
