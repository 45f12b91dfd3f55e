package gen

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
)

// verbs are the operations of a rule.
var verbs = map[string]core.Verb{"CREATE": core.Create, "READ": core.Read, "UPDATE": core.Update, "DELETE": core.Delete}

// rules reads @auth; all is what a rule allows that names no operations.
func (r *reader) rules(m *model, d *ast.Directive, all core.Verb) []core.Rule {
	list := listed(argument(d, "rules"))
	if len(list) == 0 {
		r.problems.add(d.Position, "@auth needs at least one rule, such as {allow: PUBLIC, operations: [READ]}.")
	}
	var rules []core.Rule
	for _, v := range list {
		rules = append(rules, r.rule(m, v, all))
	}
	return rules
}

func (r *reader) rule(m *model, v *ast.Value, all core.Verb) core.Rule {
	parts := entries(v)
	rule := core.Rule{Verbs: all}
	if ops := parts["operations"]; ops != nil {
		rule.Verbs = 0
		for _, v := range listed(ops) {
			verb := verbs[v.Raw]
			if verb&all == 0 {
				r.problems.add(v.Position, "A field is deleted with its document: leave %s out.", v.Raw)
			}
			rule.Verbs |= verb
		}
		if rule.Verbs == 0 {
			r.problems.add(ops.Position, "A rule that allows no operation has no meaning: name some, or leave operations out to allow all.")
		}
	}
	if role := parts["role"]; role != nil {
		rule.Role = core.Role(role.Raw)
	}
	allow := parts["allow"]
	owner := parts["ownerField"]
	switch allow.Raw {
	case "PUBLIC":
		if rule.Role != "" {
			r.problems.add(allow.Position, "A rule for everybody has no role: write allow: ROLE.")
		}
	case "SIGNED_IN":
		if rule.Role == "" {
			rule.Role = core.Member
		}
	case "ROLE":
		if rule.Role == "" {
			r.problems.add(allow.Position, "allow: ROLE needs a role, such as role: EDITOR.")
		}
	case "OWNER":
		if owner == nil {
			r.problems.add(allow.Position, "allow: OWNER needs ownerField: the field that holds the id of the owner.")
			break
		}
		rule.Owner = r.ownerField(m, owner, rule.Verbs)
	}
	if owner != nil && allow.Raw != "OWNER" {
		r.problems.add(owner.Position, "ownerField goes with allow: OWNER.")
	}
	if where := parts["where"]; where != nil {
		rule.Where = r.where(m, where)
	}
	return rule
}

// fieldName is the form of names that the schema may give to fields.
var fieldName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]*$`)

// ownerField is the stored name of the field that holds the owner's id.
func (r *reader) ownerField(m *model, v *ast.Value, verbs core.Verb) string {
	if v.Raw == "id" && m.name == "User" {
		return "_id"
	}
	f := m.field(v.Raw)
	switch {
	case f == nil && !fieldName.MatchString(v.Raw):
		r.problems.add(v.Position, "%q is no name of a field: ownerField names a field of %s itself, such as owner: User @reference.", v.Raw, m.name)
		return ""
	case f == nil:
		r.problems.add(v.Position, "%s has no field %q to hold the owner: add one, such as %s: User @reference, or name another.", m.name, v.Raw, v.Raw)
		return ""
	case f.bulk:
	case f.kind == reference && f.typ == "User", f.kind == scalar && f.storeKind() == core.String:
		if f.fallback != nil {
			r.problems.add(f.def.Position, "%s holds the owner, who is the caller when it is left out: remove @default.", f.name)
		}
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
			if c.Value.Kind != ast.ListValue {
				r.problems.add(c.Value.Position, "%s is written like [{…}, {…}].", c.Name)
				continue
			}
			var list []core.Filter
			for _, e := range listed(c.Value) {
				list = append(list, r.where(m, e))
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
				f = h.field()
			}
		}
	}
	if f == nil || !f.isComparable() || f.bulk {
		r.problems.add(c.Position, "A condition names %q, which is no field of %s that can be compared.", c.Name, m.name)
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
	exact := func(v any, problem string) (any, string) {
		if _, isNow := v.(core.Now); isNow {
			problem = "is never exactly NOW: use lt, lte, gt or gte."
		}
		return v, problem
	}
	one := func() any {
		v, problem := r.value(f, op.Value)
		if op.Name == "eq" || op.Name == "ne" {
			v, problem = exact(v, problem)
		}
		if problem != "" {
			r.problems.add(op.Value.Position, "What %s is compared with %s", f.name, problem)
		}
		return v
	}
	many := func() core.Filter {
		var list []any
		for _, e := range listed(op.Value) {
			v, problem := exact(r.value(f, e))
			if problem != "" {
				r.problems.add(e.Position, "What %s is compared with %s", f.name, problem)
				return core.None
			}
			list = append(list, v)
		}
		return core.In(f.stored, list)
	}
	if names := conditions(f); !slices.Contains(names, op.Name) {
		r.problems.add(op.Position, "%s knows no condition %s: it has %s.", f.name, op.Name, strings.Join(names, ", "))
		return core.None
	}
	null := op.Value.Kind == ast.NullValue
	switch op.Name {
	case "in", "hasSome":
		return many()
	case "ne":
		if null {
			return core.Ne(f.stored, nil)
		}
		return core.Ne(f.stored, one())
	case "prefix":
		prefix, _ := one().(string)
		return core.Prefix(f.stored, prefix)
	case "lt":
		return core.Lt(f.stored, one())
	case "lte":
		return core.Lte(f.stored, one())
	case "gt":
		return core.Gt(f.stored, one())
	case "gte":
		return core.Gte(f.stored, one())
	}
	if null && !f.list {
		return core.Eq(f.stored, nil)
	}
	return core.Eq(f.stored, one()) // eq, or has
}

// conditions are those that a rule can put on a field.
func conditions(f *field) []string {
	switch {
	case f.list:
		return []string{"has", "hasSome"}
	case f.typ == "String":
		return []string{"eq", "ne", "in", "prefix"}
	case f.storeKind() == core.String, f.storeKind() == core.Bool:
		return []string{"eq", "ne", "in"}
	}
	return []string{"eq", "ne", "in", "lt", "lte", "gt", "gte"}
}

// parseProblem is an error of gqlparser; file is where it stands when the error
// does not say so.
func parseProblem(file string, err error) Problem {
	p := Problem{File: file, Message: err.Error()}
	if e := (*gqlerror.Error)(nil); errors.As(err, &e) {
		p.Message = strings.TrimSuffix(e.Message, ".") + "."
		if name, ok := e.Extensions["file"].(string); ok {
			p.File = name
		}
		if len(e.Locations) > 0 {
			p.Line, p.Column = e.Locations[0].Line, e.Locations[0].Column
		}
	}
	return p
}
