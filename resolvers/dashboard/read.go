package dashboard

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/internal/naming"
)

// catalog is what the schema tells of the types, for whoever asks.
type catalog struct {
	types    []*stored
	embedded map[string]*model.DashboardEmbedded
	enums    map[string]*model.DashboardEnum
}

// stored is a stored type: what of it is the same for everybody, and its rules.
type stored struct {
	model.DashboardType
	spec    core.Spec
	offered map[core.Verb]core.Role // the least roles of mutations whose hints tell one
	owner   string                  // the stored name of the field that holds the owner
	fields  []*field
	actions []*action
	upload  *action // the mutation that makes one of a file; nil when there is none
}

// action is a mutation of one document, and who is offered it.
type action struct {
	model.DashboardAction
	role  core.Role
	order int32
}

// reader turns the schema into a catalog.
type reader struct {
	catalog
	sdl   *ast.Schema
	specs func(typ string) (core.Spec, bool)
}

// read understands the schema in files; specs tells how core describes a type.
func read(files fs.FS, specs func(typ string) (core.Spec, bool)) (*catalog, error) {
	sdl, err := load(files)
	if err != nil {
		return nil, err
	}
	r := &reader{catalog{embedded: map[string]*model.DashboardEmbedded{}, enums: map[string]*model.DashboardEnum{}}, sdl, specs}
	for _, def := range declared(sdl) {
		t, err := r.stored(def)
		if err != nil {
			return nil, err
		}
		r.types = append(r.types, t)
	}
	slices.SortStableFunc(r.types, func(a, b *stored) int { return cmp.Compare(a.Order, b.Order) })
	for i, t := range r.types {
		t.Order = int32(i)
		r.act(t)
	}
	return &r.catalog, nil
}

func load(files fs.FS) (*ast.Schema, error) {
	var sources []*ast.Source
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".graphqls" {
			return err
		}
		text, err := fs.ReadFile(files, name)
		sources = append(sources, &ast.Source{Name: name, Input: string(text)})
		return err
	})
	if err != nil {
		return nil, err
	}
	return gqlparser.LoadSchema(sources...)
}

// declared are the stored types as they are declared: those of a project, then those of
// Grapnel.
func declared(sdl *ast.Schema) []*ast.Definition {
	var list []*ast.Definition
	for _, def := range sdl.Types {
		if def.Kind == ast.Object && def.Directives.ForName("model") != nil {
			list = append(list, def)
		}
	}
	base := func(def *ast.Definition) int {
		if strings.HasPrefix(def.Position.Src.Name, "gen/") {
			return 1
		}
		return 0
	}
	slices.SortFunc(list, func(a, b *ast.Definition) int {
		return cmp.Or(base(a)-base(b), strings.Compare(a.Position.Src.Name, b.Position.Src.Name), a.Position.Line-b.Position.Line)
	})
	return list
}

// stored reads a type, but for its actions.
func (r *reader) stored(def *ast.Definition) (*stored, error) {
	spec, ok := r.specs(def.Name)
	if !ok {
		return nil, fmt.Errorf("dashboard: the schema declares %s, and no Spec describes it", def.Name)
	}
	hint, d := hintOf(def.Directives), def.Directives.ForName("model")
	t := &stored{spec: spec, DashboardType: model.DashboardType{
		Name: def.Name, Label: cmp.Or(hint.label, naming.Label(def.Name)), Description: def.Description,
		Group: optional(hint.group), Preview: optional(hint.preview), Uses: uses(def), Order: hint.order, Hidden: hint.hidden, Singleton: spec.Singleton,
		One: naming.Lower(def.Name), DefaultDirection: model.OrderDirectionDesc,
		Changed:        has(r.sdl.Subscription, naming.Lower(def.Name)+"Changed"),
		CreateMutation: r.creates(def.Name), UpdateMutation: has(r.sdl.Mutation, "update"+def.Name), DeleteMutation: has(r.sdl.Mutation, "delete"+def.Name),
	}}
	t.offered = map[core.Verb]core.Role{}
	for verb, mutation := range map[core.Verb]*string{core.Create: t.CreateMutation, core.Update: t.UpdateMutation, core.Delete: t.DeleteMutation} {
		if mutation == nil {
			continue
		}
		if role := hintOf(r.sdl.Mutation.Fields.ForName(*mutation).Directives).role; role != "" {
			t.offered[verb] = role
		}
	}
	if t.CreateMutation != nil {
		t.CreateTells = r.tells(r.sdl.Mutation.Fields.ForName(*t.CreateMutation))
	}
	t.Labels = t.Label
	if !spec.Singleton {
		r.list(t, d, hint)
	}
	of := owner{def, r.input(t.CreateMutation), r.input(t.UpdateMutation), r.sdl.Types[def.Name+"Where"]}
	for _, fd := range def.Fields {
		if f := r.field(fd, of); f != nil {
			f.attribute = r.attribute(spec, fd, f)
			t.fields = append(t.fields, f)
		}
	}
	arrange(t.fields)
	t.Title = title(t.fields)
	choose(t.fields, t)
	for _, rule := range spec.Rules {
		if rule.Owner != "" {
			t.owner = rule.Owner
			break
		}
	}
	t.Rules = t.sentences()
	return t, nil
}

// uses is the field of a type that lists what refers to one.
func uses(def *ast.Definition) *string {
	for _, f := range def.Fields {
		if f.Type.Elem != nil && f.Type.Name() == "AssetUse" {
			return &f.Name
		}
	}
	return nil
}

// list reads how the type is listed.
func (r *reader) list(t *stored, d *ast.Directive, hint hint) {
	plural := cmp.Or(text(d.Arguments, "plural"), naming.List(t.Name))
	t.Labels = naming.Label(plural)
	if hint.label != "" {
		t.Labels = naming.Plural(hint.label)
	}
	t.List = has(r.sdl.Query, plural)
	list := r.sdl.Query.Fields.ForName(plural)
	t.Search = list != nil && list.Arguments.ForName("search") != nil
	order := "createdAt"
	if by := argument(d.Arguments, "orderBy"); by != nil {
		order = by.Children.ForName("field").Raw
		if way := by.Children.ForName("direction"); way != nil {
			t.DefaultDirection = model.OrderDirection(way.Raw)
		}
	}
	t.DefaultOrder = &order
	if values := r.sdl.Types[t.Name+"OrderField"]; values != nil {
		for _, v := range values.EnumValues {
			o := &model.DashboardOrder{Value: v.Name}
			for _, f := range r.sdl.Types[t.Name].Fields {
				if naming.Screaming(f.Name) == v.Name {
					o.Field = &f.Name
				}
			}
			t.Orders = append(t.Orders, o)
		}
	}
}

// act finds the mutations of one document that are neither its creation, nor its change,
// nor its removal: they take an id, and answer with the document. One that takes a file
// and no id makes the document of it.
func (r *reader) act(t *stored) {
	if r.sdl.Mutation == nil {
		return
	}
	for _, m := range r.sdl.Mutation.Fields {
		if slices.Contains([]string{"create" + t.Name, "update" + t.Name, "delete" + t.Name}, m.Name) || len(m.Arguments) != 1 || m.Arguments[0].Name != "input" {
			continue
		}
		input, payload, hint := r.sdl.Types[m.Arguments[0].Type.Name()], r.sdl.Types[m.Type.Name()], hintOf(m.Directives)
		if input == nil || payload == nil || hint.hidden {
			continue
		}
		takesFile := slices.ContainsFunc(input.Fields, func(f *ast.FieldDefinition) bool { return f.Type.Name() == "Upload" })
		changes := input.Fields.ForName("id") != nil
		if !changes && !takesFile {
			continue
		}
		i := slices.IndexFunc(payload.Fields, func(f *ast.FieldDefinition) bool { return f.Type.Elem == nil && f.Type.Name() == t.Name })
		if i < 0 {
			continue
		}
		a := &action{role: hint.role, order: hint.order, DashboardAction: model.DashboardAction{
			Name: m.Name, Label: cmp.Or(hint.label, naming.Label(m.Name)), Description: m.Description, Payload: payload.Fields[i].Name,
			Versioned: input.Fields.ForName("expectedVersion") != nil, Tells: r.tells(m), When: hint.when,
		}}
		fields, ok := r.arguments(t, input, hint.start)
		if a.Fields = fields; !ok {
			continue
		}
		if changes {
			t.actions = append(t.actions, a)
		} else {
			t.upload = a
		}
	}
	slices.SortStableFunc(t.actions, func(a, b *action) int { return cmp.Compare(a.order, b.order) })
}

// creates is the mutation that makes records of a type: by its name, or as its hint says.
func (r *reader) creates(typ string) *string {
	if r.sdl.Mutation != nil {
		for _, m := range r.sdl.Mutation.Fields {
			payload := r.sdl.Types[m.Type.Name()]
			if hintOf(m.Directives).creates && payload != nil && slices.ContainsFunc(payload.Fields, func(f *ast.FieldDefinition) bool { return f.Type.Name() == typ }) {
				return &m.Name
			}
		}
	}
	return has(r.sdl.Mutation, "create"+typ)
}

// tells are the plain values that a mutation answers with, beside a document.
func (r *reader) tells(mutation *ast.FieldDefinition) []string {
	names := []string{}
	payload := r.sdl.Types[mutation.Type.Name()]
	for _, f := range payload.Fields {
		if r.sdl.Types[f.Type.Name()].IsLeafType() && len(f.Arguments) == 0 && !strings.HasPrefix(f.Name, "__") {
			names = append(names, f.Name)
		}
	}
	return names
}

// input is the input of a mutation; nil when there is none.
func (r *reader) input(mutation *string) *ast.Definition {
	if mutation == nil {
		return nil
	}
	in := r.sdl.Mutation.Fields.ForName(*mutation).Arguments.ForName("input")
	if in == nil {
		return nil
	}
	return r.sdl.Types[in.Type.Name()]
}

// has is the name when the type has a field of it.
func has(def *ast.Definition, name string) *string {
	if def == nil || def.Fields.ForName(name) == nil {
		return nil
	}
	return &name
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// attribute is what is stored of a field: its guard is that of the field. A text that is
// rendered has the guard of its source, and a connection that of the reference by which
// it goes.
func (r *reader) attribute(spec core.Spec, def *ast.FieldDefinition, f *field) core.Attribute {
	name := f.stored
	if d := def.Directives.ForName("markdown"); d != nil {
		name = text(d.Arguments, "field")
	}
	if d := def.Directives.ForName("hasMany"); d != nil {
		spec, _ = r.specs(*f.Of)
		via := r.sdl.Types[*f.Of].Fields.ForName(text(d.Arguments, "field"))
		name = reference(via)
	}
	return attribute(spec.Attributes, name)
}

func attribute(list []core.Attribute, name string) core.Attribute {
	if i := slices.IndexFunc(list, func(a core.Attribute) bool { return a.Name == name }); i >= 0 {
		return list[i]
	}
	return core.Attribute{}
}
