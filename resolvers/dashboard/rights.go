package dashboard

import (
	"slices"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
)

// rights are those of core, as the schema calls them.
var rights = map[core.Right]model.DashboardRight{
	core.RightNone: model.DashboardRightNone, core.RightOwn: model.DashboardRightOwn, core.RightSome: model.DashboardRightSome, core.RightAll: model.DashboardRightAll,
}

// as is what p may see and change; nil when that is nothing but the own account.
func (c *catalog) as(p core.Principal) *model.DashboardSchema {
	s, manages, seen := &model.DashboardSchema{}, false, map[string]bool{}
	for _, t := range c.types {
		most := core.RightNone
		for _, verb := range []core.Verb{core.Create, core.Update, core.Delete} {
			most = max(most, t.right(p, verb))
		}
		manages = manages || most > core.RightOwn || most == core.RightOwn && t.Name != "User"
		if most > core.RightNone || t.right(p, core.Read) > core.RightNone {
			a := t.as(p)
			s.Types = append(s.Types, a)
			c.reach(a.Fields, seen)
			for _, act := range a.Actions {
				c.reach(act.Fields, seen)
			}
			if a.Upload != nil {
				c.reach(a.Upload.Fields, seen)
			}
		}
	}
	if !manages {
		return nil
	}
	for _, name := range sorted(c.embedded) {
		if seen[name] {
			s.Embedded = append(s.Embedded, c.embedded[name])
		}
	}
	for _, name := range sorted(c.enums) {
		if seen[name] {
			s.Enums = append(s.Enums, c.enums[name])
		}
	}
	return s
}

// reach notes the types that fields are of, at any depth.
func (c *catalog) reach(fields []*model.DashboardField, seen map[string]bool) {
	for _, f := range fields {
		if f.Of == nil || seen[*f.Of] {
			continue
		}
		if e := c.embedded[*f.Of]; e != nil {
			seen[*f.Of] = true
			c.reach(e.Fields, seen)
		} else if c.enums[*f.Of] != nil {
			seen[*f.Of] = true
		}
	}
}

// right is how far p may go with a type: a singleton is neither made nor removed. Where no
// rule tells who may run a mutation, its hint does.
func (t *stored) right(p core.Principal, verb core.Verb) core.Right {
	if t.Singleton && verb&(core.Create|core.Delete) != 0 {
		return core.RightNone
	}
	right := t.spec.Right(p, verb)
	role, told := t.offered[verb]
	switch {
	case told && !p.Role.AtLeast(role):
		return core.RightNone
	case told && right == core.RightNone:
		return core.RightAll
	}
	return right
}

// as is the type as p has it.
func (t *stored) as(p core.Principal) *model.DashboardType {
	a := t.DashboardType
	a.Read, a.Create, a.Update, a.Delete = rights[t.right(p, core.Read)], rights[t.right(p, core.Create)], rights[t.right(p, core.Update)], rights[t.right(p, core.Delete)]
	for right, mutation := range map[core.Verb]**string{core.Create: &a.CreateMutation, core.Update: &a.UpdateMutation, core.Delete: &a.DeleteMutation} {
		if t.right(p, right) == core.RightNone {
			*mutation = nil
		}
	}
	open := map[string]bool{} // fields that p may name in filters, orders and searches
	for _, f := range t.fields {
		g := f.as(p)
		g.OnCreate, g.OnUpdate = g.OnCreate && a.Create != model.DashboardRightNone, g.OnUpdate && a.Update != model.DashboardRightNone
		a.Fields = append(a.Fields, g)
		open[f.Name] = g.Readable == model.DashboardRightAll
		if f.Required && f.OnCreate && !g.OnCreate { // it would have to name the field
			a.CreateMutation = nil
		}
		a.Search = a.Search && (!f.searched || open[f.Name])
		if f.stored == t.owner {
			a.Owner = g.Filter
		}
	}
	a.Orders = slices.DeleteFunc(slices.Clone(t.Orders), func(o *model.DashboardOrder) bool { return o.Field != nil && !open[*o.Field] })
	if t.upload != nil && a.Create != model.DashboardRightNone && p.Role.AtLeast(t.upload.role) {
		a.Upload = &t.upload.DashboardAction
	}
	for _, act := range t.actions {
		if a.Update != model.DashboardRightNone && p.Role.AtLeast(act.role) {
			a.Actions = append(a.Actions, &act.DashboardAction)
		}
	}
	return &a
}

// as is the field as p has it.
func (f *field) as(p core.Principal) *model.DashboardField {
	a := f.DashboardField
	may := func(verb core.Verb) bool {
		return p.Role.AtLeast(f.role) && f.attribute.Right(p, verb) > core.RightNone
	}
	a.Readable = rights[f.attribute.Right(p, core.Read)]
	a.OnCreate, a.OnUpdate = f.OnCreate && may(core.Create), f.OnUpdate && may(core.Update)
	if a.Readable != model.DashboardRightAll { // the answer would tell the value
		a.Filter, a.Operators = nil, nil
	}
	if a.Readable == model.DashboardRightNone { // nobody is told a default that it may not read
		a.Default = nil
	}
	return &a
}
