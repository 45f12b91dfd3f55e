package gen

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

// binder writes the resolvers of declared types: one line each. A method that
// the project has written itself takes the place of the generated one.
type binder struct {
	goNames
	written map[string]bool // "queryResolver.Products": methods written by hand
	made    map[string]bool // the same for generated ones
}

// resolvers writes one file for each model and one for what joins them.
func (b *binder) resolvers() map[string]*goFile {
	files := map[string]*goFile{}
	for _, m := range b.doc.models {
		if m.base && !b.p.home && !m.extended {
			continue
		}
		g := b.file()
		g.from = m.def.Position.Src.Name
		if !m.base || b.p.home {
			b.queries(g, m)
			b.mutations(g, m)
			b.subscriptions(g, m)
			b.conversions(g, m)
		}
		b.links(g, m)
		if g.Len() > 0 {
			files[strings.ToLower(templates.ToGoPrivate(m.name))+".gen.go"] = g
		}
	}
	files["resolvers.gen.go"] = b.root()
	return files
}

func (b *binder) file() *goFile {
	g := &goFile{pkg: "resolvers", imports: map[string]string{
		"context": "context", "time": "time", "core": grapnel + "/core", "translate": grapnel + "/resolvers/translate",
		"graph": b.p.module + "/graph", "model": b.p.module + "/graph/model",
	}}
	if !b.p.home {
		g.imports["basegraph"], g.imports["basemodel"], g.imports["base"] = grapnel+"/graph", grapnel+"/graph/model", grapnel+"/resolvers"
	}
	return g
}

// method writes a method unless the project has it.
func (b *binder) method(g *goFile, receiver, name, format string, args ...any) {
	key := receiver + "." + name
	b.made[key] = true
	if b.written[key] {
		return
	}
	g.printf("\nfunc (r *%s) %s%s\n", receiver, name, fmt.Sprintf(format, args...))
}

func (b *binder) queries(g *goFile, m *model) {
	one, t := templates.ToGo(lower(m.name)), b.typ(m.name)
	b.method(g, "queryResolver", one, `(ctx context.Context, id string) (*%s, error) {
	return %s.Get(ctx, id)
}`, t, m.service())
	for _, f := range m.listed() {
		if f.unique && !f.list {
			v := b.value(&field{typ: f.typ, kind: f.kind})
			b.method(g, "queryResolver", one+"By"+templates.ToGo(f.input), `(ctx context.Context, value %s) (*%s, error) {
	return %s.By(ctx, %q, value)
}`, v, t, m.service(), f.stored)
		}
	}
	b.method(g, "queryResolver", templates.ToGo(m.plural), `(%s) (*core.Page[%s], error) {
	%s
}`, b.listParameters(m), t, b.page(m, m.service()+".Page"))
}

// listParameters are those of a resolver that answers with a page of m.
func (b *binder) listParameters(m *model) string {
	search := ""
	if len(m.spec.Search) > 0 {
		search = "search *string, "
	}
	return fmt.Sprintf("ctx context.Context, where *%[1]sWhere, orderBy *%[1]sOrder, %[2]sfirst *int32, after *string, last *int32, before *string", b.input(m.name), search)
}

// input is the Go name of a type that the expansion of a model makes.
func (b *binder) input(name string) string {
	if b.p.isBase(name) {
		return "basemodel." + templates.ToGo(name)
	}
	return "model." + templates.ToGo(name)
}

// page is the statement that answers with a page of m, read by from.
func (b *binder) page(m *model, from string) string {
	more := ""
	if len(m.spec.Search) > 0 {
		more += "Search: search, "
	}
	if names := m.bulk(); names != "" {
		more += "Brief: !translate.Asks(ctx, " + names + "), "
	}
	private := templates.ToGoPrivate(m.name)
	return fmt.Sprintf(`return translate.Page(ctx, %s, where, %sWhere, core.PageArgs{
		OrderBy: %sOrder(orderBy), %sFirst: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})`, from, private, private, more)
}

// bulk lists the fields that need a Bulk one: those, and what is computed.
func (m *model) bulk() string {
	if len(m.spec.Bulk) == 0 {
		return ""
	}
	var names []string
	for _, f := range m.fields {
		if f.bulk || f.kind == custom {
			names = append(names, fmt.Sprintf("%q", f.name))
		}
	}
	return strings.Join(names, ", ")
}

func (b *binder) mutations(g *goFile, m *model) {
	name, field := templates.ToGo(m.name), templates.ToGo(lower(m.name))
	if m.create {
		b.method(g, "mutationResolver", "Create"+name, `(ctx context.Context, input model.Create%[1]sInput) (*model.Create%[1]sPayload, error) {
	doc, err := %[2]s.Create(ctx, create%[1]s(ctx, &input))
	return &model.Create%[1]sPayload{%[3]s: doc}, err
}`, name, m.service(), field)
	}
	if m.update {
		b.method(g, "mutationResolver", "Update"+name, `(ctx context.Context, input model.Update%[1]sInput) (*model.Update%[1]sPayload, error) {
	doc, err := %[2]s.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), update%[1]s(&input))
	return &model.Update%[1]sPayload{%[3]s: doc}, err
}`, name, m.service(), field)
	}
	if m.remove {
		b.method(g, "mutationResolver", "Delete"+name, `(ctx context.Context, input model.Delete%[1]sInput) (*model.Delete%[1]sPayload, error) {
	err := %[2]s.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.Delete%[1]sPayload{DeletedID: input.ID}, err
}`, name, m.service())
	}
}

func (b *binder) subscriptions(g *goFile, m *model) {
	if m.spec.Live {
		b.method(g, "subscriptionResolver", templates.ToGo(lower(m.name))+"Changed", `(ctx context.Context, where *%sWhere) (<-chan *core.Change[%s], error) {
	return translate.Changes(ctx, %s.Changed, where, %sWhere)
}`, b.input(m.name), b.typ(m.name), m.service(), templates.ToGoPrivate(m.name))
	}
}

// conversions writes the functions that turn inputs into values of core.
func (b *binder) conversions(g *goFile, m *model) {
	private := templates.ToGoPrivate(m.name)
	g.printf("\nfunc %[1]sWhere(w *translate.Reader, at string, in *%[2]sWhere) core.Filter {\n\treturn core.And(\n\t\ttranslate.Logic(w, at, in.And, in.Or, in.Not, %[1]sWhere),\n\t\ttranslate.ID(w, at, \"id\", \"_id\", in.ID),\n", private, b.input(m.name))
	for _, f := range m.listed() {
		if !f.filterable {
			continue
		}
		args := fmt.Sprintf("(w, at, %q, %q, in.%s", f.input, f.stored, templates.ToGo(f.input))
		switch {
		case f.kind == enum && f.list:
			g.printf("\t\ttranslate.Field%s, func(c *translate.Conditions, f *%s) { translate.Has(c, f.Has, f.HasSome) }),\n", args, b.input(f.filter()))
		case f.kind == enum:
			g.printf("\t\ttranslate.Field%s, func(c *translate.Conditions, f *%s) { translate.Equality(c, f.Eq, f.Ne, f.In) }),\n", args, b.input(f.filter()))
		default:
			g.printf("\t\ttranslate.%s%s),\n", strings.TrimSuffix(f.filter(), "Filter"), args)
		}
	}
	g.printf("\t)\n}\n")
	g.printf("\nfunc %sOrder(by *%sOrder) []core.Order {\n\tif by == nil {\n\t\treturn []core.Order{{Field: %q%s}}\n\t}\n\tswitch by.Field {\n", private, b.input(m.name), m.order.Field, flag("Desc", m.order.Desc))
	var last string
	for _, f := range m.listed() {
		if !f.orderable {
			continue
		}
		if last != "" {
			g.printf("\tcase %sOrderField%s:\n\t\treturn translate.Order(by.Direction, %q)\n", b.input(m.name), templates.ToGo(strings.ToLower(screaming(last))), m.stored(last))
		}
		last = f.name
	}
	g.printf("\t}\n\treturn translate.Order(by.Direction, %q)\n}\n", m.stored(last))
	if m.create {
		b.edits(g, m, "create", "ctx context.Context, ", func(f *field) bool { return f.onCreate }, b.draft)
	}
	if m.update {
		b.edits(g, m, "update", "", func(f *field) bool { return f.onUpdate }, b.patch)
	}
}

// edits writes the function that turns an input into core.Edits.
func (b *binder) edits(g *goFile, m *model, verb, more string, takes func(*field) bool, line func(f *field) string) {
	name := templates.ToGo(m.name)
	g.printf("\nfunc %[1]s%[2]s(%[3]sin *model.%[4]s%[2]sInput) core.Edits[model.%[2]s] {\n", verb, name, more, templates.ToGo(verb))
	guarded := slices.ContainsFunc(m.fields, func(f *field) bool { return takes(f) && len(f.guard) > 0 })
	g.printf("\te := core.Edits[model.%s]{Apply: func(d *model.%s, c *core.Checker) {\n", name, name)
	for _, f := range m.fields {
		if !f.isStored() || f.isHead() {
			continue
		}
		switch {
		case takes(f):
			g.printf("\t\t%s\n", line(f))
		case verb == "create" && f.fallback != nil && !f.list:
			g.printf("\t\t%s\n", b.defaulted(f))
		}
	}
	g.printf("\t}}\n")
	if guarded {
		for _, f := range m.fields {
			if takes(f) && len(f.guard) > 0 {
				g.printf("\tif in.%s.IsSet() {\n\t\te.Guarded = append(e.Guarded, %q)\n\t}\n", templates.ToGo(f.input), f.stored)
			}
		}
	}
	g.printf("\treturn e\n}\n")
}

// draft sets a field of a new document.
func (b *binder) draft(f *field) string {
	to, in := "d."+f.goName(), "in."+templates.ToGo(f.input)
	switch {
	case f.owner && f.list:
		return fmt.Sprintf("%s = translate.OrCallers(ctx, %s)", to, in)
	case f.owner && f.null:
		return fmt.Sprintf("%s = translate.OrCaller(ctx, %s)", to, in)
	case f.owner:
		return fmt.Sprintf("%s = translate.Deref(translate.OrCaller(ctx, %s))", to, in)
	case f.list, !f.null, f.fallback != nil && !f.null:
		return fmt.Sprintf("%s = %s", to, in)
	case f.required:
		return fmt.Sprintf("%s = &%s", to, in)
	}
	return fmt.Sprintf("%s = %s.Value()", to, in)
}

// defaulted sets a field that no input names to its default.
func (b *binder) defaulted(f *field) string {
	v := f.fallback.Raw
	if f.storeKind() == 0 && f.kind != enum {
		v = fmt.Sprintf("%q", v)
	}
	if f.kind == enum {
		v = fmt.Sprintf("%q", v)
	}
	v = fmt.Sprintf("%s(%s)", b.typ(f.typ), v)
	if f.null {
		v = "new(" + v + ")"
	}
	return fmt.Sprintf("d.%s = %s", f.goName(), v)
}

// patch changes a field of a document.
func (b *binder) patch(f *field) string {
	to, in := "&d."+f.goName(), "in."+templates.ToGo(f.input)
	switch {
	case f.list:
		return fmt.Sprintf("translate.RequireList(c, %q, %s, %s)", f.input, to, in)
	case f.null, f.kind == inline:
		return fmt.Sprintf("translate.Set(%s, %s)", to, in)
	}
	return fmt.Sprintf("translate.Require(c, %q, %s, %s)", f.input, to, in)
}

// links writes the resolvers of fields that lead to other documents, that are
// guarded, or that lists leave out.
func (b *binder) links(g *goFile, m *model) {
	receiver, t := templates.ToGoPrivate(m.name)+"Resolver", b.typ(m.name)
	for _, f := range m.fields {
		if m.base && !b.p.home && !f.extension {
			continue
		}
		name, obj := templates.ToGo(f.name), "obj."+f.goName()
		guard := ""
		if len(f.guard) > 0 {
			guard = fmt.Sprintf("if err := %s.CanRead(ctx, obj, %q); err != nil {\n\t\treturn nil, err\n\t}\n\t", m.service(), f.stored)
		}
		switch {
		case f.kind == hasMany && f.to != nil:
			b.method(g, receiver, name, `(%s) (*core.Page[%s], error) {
	%s
}`, strings.Replace(b.listParameters(f.to), "ctx context.Context,", fmt.Sprintf("ctx context.Context, obj *%s,", t), 1), b.typ(f.to.name),
				b.page(f.to, fmt.Sprintf("func(ctx context.Context, args core.PageArgs) (*core.Page[%s], error) {\n\t\treturn core.Children(ctx, obj, %q, %s, %q, args)\n\t}", b.typ(f.to.name), f.name, f.to.collection(), f.via.stored)))
		case f.kind == reference && f.list:
			b.method(g, receiver, name, `(ctx context.Context, obj *%[1]s) ([]*%[2]s, error) {
	%[3]sreturn core.FollowAll(ctx, obj, %[4]q, func(d *%[1]s) []string { return d.%[5]s }, %[6]s)
}`, t, b.typ(f.typ), guard, f.name, f.goName(), f.to.collection())
		case f.kind == reference && f.null:
			b.method(g, receiver, name, `(ctx context.Context, obj *%[1]s) (*%[2]s, error) {
	%[3]sreturn translate.Maybe(core.Follow(ctx, obj, %[4]q, func(d *%[1]s) string { return translate.Deref(d.%[5]s) }, %[6]s))
}`, t, b.typ(f.typ), guard, f.name, f.goName(), f.to.collection())
		case f.kind == reference:
			b.method(g, receiver, name, `(ctx context.Context, obj *%[1]s) (*%[2]s, error) {
	return core.Follow(ctx, obj, %[3]q, func(d *%[1]s) string { return d.%[4]s }, %[5]s)
}`, t, b.typ(f.typ), f.name, f.goName(), f.to.collection())
		case f.bulk:
			pointer := b.result(f)
			zero := `""`
			if f.null {
				zero = "nil"
			}
			b.method(g, receiver, name, `(ctx context.Context, obj *%s) (%s, error) {
	%swhole, err := %s.Whole(ctx, obj)
	if err != nil {
		return %s, err
	}
	return whole.%s, nil
}`, t, pointer, guard, m.service(), zero, f.goName())
		case len(f.guard) > 0:
			b.method(g, receiver, name, `(ctx context.Context, obj *%s) (%s, error) {
	return %s, %s.CanRead(ctx, obj, %q)
}`, t, b.result(f), obj, m.service(), f.stored)
		}
	}
}

// result is the Go type that a resolver of the field returns.
func (b *binder) result(f *field) string {
	return b.value(f)
}

// resolved lists the objects that have resolvers, with whether they are base
// ones that the project does not extend.
func (b *binder) resolved() []string {
	names := map[string]bool{}
	for name, def := range b.doc.types {
		if def.Kind == ast.Object && slices.ContainsFunc(def.Fields, func(f *ast.FieldDefinition) bool { return f.Directives.ForName("customResolver") != nil }) {
			names[name] = true
		}
	}
	for _, m := range b.doc.models {
		for _, f := range m.fields {
			if f.needsResolver() {
				names[m.name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// needsResolver reports whether a struct alone cannot answer for the field.
func (f *field) needsResolver() bool {
	return f.kind == reference || f.kind == hasMany || f.kind == custom || f.bulk || len(f.guard) > 0
}

// root writes what joins the resolvers: the services of the project's models,
// and the types that gqlgen asks for.
func (b *binder) root() *goFile {
	g := b.file()
	extended := map[string]bool{"Query": true, "Mutation": true, "Subscription": true}
	for _, m := range b.doc.models {
		extended[m.name] = m.extended
	}
	if !b.p.home {
		g.printf("\n// Models are the services of the types that the schema declares with @model.\ntype Models struct {\n")
		for _, m := range b.doc.models {
			if !m.base {
				g.printf("\t%s *core.Model[%s]\n", templates.ToGo(m.plural), b.typ(m.name))
			}
		}
		g.printf("}\n\n// NewModels makes them; once for each App.\nfunc NewModels(app *core.App) *Models {\n\treturn &Models{\n")
		for _, m := range b.doc.models {
			if !m.base {
				g.printf("\t\t%s: core.NewModel[%s](app, %q),\n", templates.ToGo(m.plural), b.typ(m.name), m.spec.Name)
			}
		}
		g.printf("\t}\n}\n")
	}
	g.printf("\n// root hands gqlgen the resolvers of each type.\ntype root struct {\n\tr *Resolver\n")
	if !b.p.home {
		g.printf("\tbase basegraph.ResolverRoot\n")
	}
	g.printf("}\n\nfunc newRoot(r *Resolver) graph.ResolverRoot {\n")
	if b.p.home {
		g.printf("\treturn &root{r}\n}\n")
	} else {
		g.printf("\treturn &root{r, base.New(r.app)}\n}\n")
	}
	for _, name := range append([]string{"Query", "Mutation", "Subscription"}, b.resolved()...) {
		goName, private := templates.ToGo(name), templates.ToGoPrivate(name)
		isBase := b.p.isBase(name) || !b.p.home && slices.Contains([]string{"Query", "Mutation", "Subscription"}, name)
		switch {
		case isBase && !extended[name]:
			g.printf("\nfunc (x *root) %[1]s() graph.%[1]sResolver { return x.base.%[1]s() }\n", goName)
		case isBase:
			g.printf("\nfunc (x *root) %[1]s() graph.%[1]sResolver { return &%[2]sResolver{x.r, x.base.%[1]s()} }\n", goName, private)
			g.printf("\ntype %[2]sResolver struct {\n\t*Resolver\n\tbasegraph.%[1]sResolver\n}\n", goName, private)
		default:
			g.printf("\nfunc (x *root) %[1]s() graph.%[1]sResolver { return &%[2]sResolver{x.r} }\n", goName, private)
			g.printf("\ntype %[1]sResolver struct{ *Resolver }\n", private)
		}
	}
	return g
}
