package gen

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/internal/naming"
)

// binder writes the resolvers of declared types: one line each. A method that
// the project has written itself takes the place of the generated one.
type binder struct {
	goNames
	written map[string]bool // "queryResolver.Products": methods written by hand
	methods map[string]bool // these and the generated ones
}

// resolvers writes one file for each model and one for what joins them.
func (b *binder) resolvers() map[string]*goFile {
	files := map[string]*goFile{}
	for _, m := range b.doc.models {
		if m.inCore && !b.p.home && !m.extended {
			continue
		}
		g := b.file()
		g.from = m.def.Position.Src.Name
		if !m.inCore || b.p.home || len(m.added()) > 0 {
			b.queries(g, m)
			b.mutations(g, m)
			b.subscriptions(g, m)
			b.conversions(g, m)
		}
		b.links(g, m)
		if g.Len() > 0 {
			files[fileName(m.name)+".gen.go"] = g
		}
	}
	for _, e := range b.doc.embedded {
		g := b.file()
		g.from = e.def.Position.Src.Name
		b.inside(g, e)
		b.inputs(g, e)
		if g.Len() > 0 {
			files[fileName(e.name)+".gen.go"] = g
		}
	}
	files["resolvers.gen.go"] = b.root()
	return files
}

func (b *binder) file() *goFile {
	g := &goFile{pkg: "resolvers", imports: map[string]string{
		"cmp": "cmp", "context": "context", "time": "time", "core": grapnel + "/core", "value": grapnel + "/core/value", "translate": grapnel + "/resolvers/translate",
		"graphql": "github.com/99designs/gqlgen/graphql", "graph": b.p.module + "/graph", "model": b.p.module + "/graph/model",
	}}
	if !b.p.home {
		g.imports["basegraph"], g.imports["basemodel"], g.imports["base"] = grapnel+"/graph", grapnel+"/graph/model", grapnel+"/resolvers"
		g.imports["schema"] = b.p.module + "/schema"
	}
	return g
}

// method writes a method unless the project has it.
func (b *binder) method(g *goFile, receiver, name, format string, args ...any) {
	key := receiver + "." + name
	b.methods[key] = true
	if b.written[key] {
		return
	}
	g.printf("\nfunc (r *%s) %s%s\n", receiver, name, fmt.Sprintf(format, args...))
}

func (b *binder) queries(g *goFile, m *model) {
	one, t := templates.ToGo(naming.Lower(m.name)), b.typ(m.name)
	if m.single {
		b.method(g, "queryResolver", one, `(ctx context.Context) (*%s, error) {
	return translate.Maybe(%s.Only(ctx))
}`, t, m.service())
		return
	}
	own := !m.inCore || b.p.home // otherwise Grapnel's resolvers answer, but for what the project adds
	if own {
		b.method(g, "queryResolver", one, `(ctx context.Context, id string) (*%s, error) {
	return %s.Get(ctx, id)
}`, t, m.service())
	}
	for _, f := range m.listed() {
		if f.unique && !f.list && (own || f.extension) {
			v := b.value(&field{typ: f.typ, kind: f.kind})
			b.method(g, "queryResolver", templates.ToGo(m.byName(f)), `(ctx context.Context, value %s) (*%s, error) {
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
	return fmt.Sprintf("ctx context.Context, where *%s, orderBy *%s, %sfirst *int32, after *string, last *int32, before *string", b.input(m.name+"Where"), b.input(m.name+"Order"), search)
}

// input is the Go name of a type that the expansion of a model makes.
func (b *binder) input(name string) string {
	if b.doc.isBase(name) {
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
		if f.bulk || f.kind == custom || f.kind == markdown && f.text.bulk {
			names = append(names, fmt.Sprintf("%q", f.name))
		}
	}
	return strings.Join(names, ", ")
}

func (b *binder) mutations(g *goFile, m *model) {
	if len(m.added()) > 0 {
		b.extended(g, m)
	}
	name, field := templates.ToGo(m.name), templates.ToGo(naming.Lower(m.name))
	mutation := func(verb, body string, args ...any) {
		payload := b.input(templates.UcFirst(verb) + m.name + "Payload")
		b.method(g, "mutationResolver", templates.ToGo(verb+m.name), "(ctx context.Context, input %s) (*%s, error) {\n\t%s\n\treturn &%s{%s}, err\n}",
			b.verbInput(verb, m), payload, fmt.Sprintf(body, args...), payload, map[bool]string{true: "DeletedID: input.ID", false: field + ": doc"}[verb == "delete"])
	}
	if m.create {
		mutation("create", "doc, err := %s.Create(ctx, create%s(ctx, &input))", m.service(), name)
	}
	if m.update {
		id := "input.ID"
		if m.single {
			id = m.service() + ".OnlyID()"
		}
		mutation("update", "doc, err := %s.Update(ctx, %s, translate.Version(input.ExpectedVersion), update%s(&input))", m.service(), id, name)
	}
	if m.remove {
		mutation("delete", "err := %s.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))", m.service())
	}
}

// verbInput is the Go name of the input of a mutation.
func (b *binder) verbInput(verb string, m *model) string {
	return b.input(templates.UcFirst(verb) + m.name + "Input")
}

// extended is the mutation that also writes what the project adds to a type of
// Grapnel.
func (b *binder) extended(g *goFile, m *model) {
	input := "Update" + m.name + "Input"
	def := b.doc.types[input]
	var copies []string
	for _, f := range def.Fields {
		copies = append(copies, fmt.Sprintf("%[1]s: input.%[1]s", templates.ToGo(f.Name)))
	}
	name := templates.ToGo(m.name)
	b.method(g, "mutationResolver", "Update"+name, `(ctx context.Context, input model.%[1]s) (*basemodel.Update%[2]sPayload, error) {
	return r.MutationResolver.Update%[2]s(core.WithEdits(ctx, update%[2]s(&input)), basemodel.%[1]s{%[3]s})
}`, templates.ToGo(input), name, strings.Join(copies, ", "))
}

func (b *binder) subscriptions(g *goFile, m *model) {
	switch {
	case !m.spec.Live:
	case m.single:
		b.method(g, "subscriptionResolver", templates.ToGo(naming.Lower(m.name)+"Changed"), `(ctx context.Context) (<-chan *core.Change[%s], error) {
	return %s.Changed(ctx, core.All)
}`, b.typ(m.name), m.service())
	default:
		b.method(g, "subscriptionResolver", templates.ToGo(naming.Lower(m.name)+"Changed"), `(ctx context.Context, where *%s) (<-chan *core.Change[%s], error) {
	return translate.Changes(ctx, %s.Changed, where, %sWhere)
}`, b.input(m.name+"Where"), b.typ(m.name), m.service(), templates.ToGoPrivate(m.name))
	}
}

// conversions writes the functions that turn inputs into values of core.
func (b *binder) conversions(g *goFile, m *model) {
	if !m.single {
		b.listing(g, m)
	}
	if m.create {
		b.edits(g, m, "create", "ctx context.Context, ", m.fields, func(f *field) bool { return f.onCreate }, b.draft)
	}
	switch {
	case m.update:
		b.edits(g, m, "update", "", m.fields, func(f *field) bool { return f.onUpdate }, b.patch)
	case len(m.added()) > 0:
		b.edits(g, m, "update", "", m.added(), func(f *field) bool { return f.onUpdate }, b.patch)
	}
}

// listing writes those that turn the filter and the order of a list.
func (b *binder) listing(g *goFile, m *model) {
	private := templates.ToGoPrivate(m.name)
	g.printf("\nfunc %[1]sWhere(w *translate.Reader, at string, in *%[2]s) core.Filter {\n\treturn core.And(\n\t\ttranslate.Logic(w, at, in.And, in.Or, in.Not, %[1]sWhere),\n\t\ttranslate.ID(w, at, \"id\", \"_id\", in.ID),\n", private, b.input(m.name+"Where"))
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
	g.printf("\nfunc %sOrder(by *%s) []core.Order {\n\tif by == nil {\n\t\treturn []core.Order{{Field: %q%s}}\n\t}\n\tswitch by.Field {\n", private, b.input(m.name+"Order"), m.order.Field, set("Desc", m.order.Desc))
	if len(m.spec.Search) > 0 {
		g.printf("\tcase %s%s:\n\t\treturn translate.Relevance(by.Direction, core.Order{Field: %q%s})\n", b.input(m.name+"OrderField"), templates.ToGo(relevance), m.order.Field, set("Desc", m.order.Desc))
	}
	var last string
	for _, f := range m.listed() {
		if !f.orderable {
			continue
		}
		if last != "" {
			g.printf("\tcase %s%s:\n\t\treturn translate.Order(by.Direction, %q)\n", b.input(m.name+"OrderField"), templates.ToGo(naming.Screaming(last)), m.stored(last))
		}
		last = f.name
	}
	g.printf("\t}\n\treturn translate.Order(by.Direction, %q)\n}\n", m.stored(last))
}

// edits writes the function that turns an input into core.Edits.
func (b *binder) edits(g *goFile, m *model, verb, more string, fields []*field, takes func(*field) bool, line func(f *field) string) {
	name, t := templates.ToGo(m.name), b.typ(m.name)
	if m.inCore {
		t = "model." + extensionName(m)
	}
	g.printf("\nfunc %s%s(%sin *%s) core.Edits[%s] {\n", verb, name, more, b.verbInput(verb, m), t)
	g.printf("\te := core.Edits[%s]{Apply: func(d *%s, c *core.Checker) {\n", t, t)
	var guarded strings.Builder
	for _, f := range fields {
		switch {
		case !f.isStored() || f.isHead():
		case takes(f):
			g.printf("\t\t%s\n", line(f))
			if len(f.guard) == 0 {
				continue
			}
			named := fmt.Sprintf("e.Guarded = append(e.Guarded, %q)\n", f.stored)
			switch {
			case verb == "create" && f.mustBeGiven():
				guarded.WriteString(named)
			case verb == "update" && f.null:
				fmt.Fprintf(&guarded, "if in.%s.IsSet() {\n%s}\n", templates.ToGo(f.input), named)
			default: // null is as left out
				fmt.Fprintf(&guarded, "if in.%s.Value() != nil {\n%s}\n", templates.ToGo(f.input), named)
			}
		case verb == "create" && f.owner:
			g.printf("\t\t%s\n", b.owned(f, map[bool]string{false: "graphql.Omittable[*string]{}", true: "graphql.Omittable[[]string]{}"}[f.list]))
		case verb == "create" && f.fallback != nil && !f.list:
			g.printf("\t\t%s\n", b.defaulted(f))
		}
	}
	g.printf("\t}}\n%s\treturn e\n}\n", guarded.String())
}

// draft sets a field of a new document.
func (b *binder) draft(f *field) string {
	to, in := "d."+f.goName(), "in."+templates.ToGo(f.input)
	switch {
	case f.owner:
		return b.owned(f, in)
	case f.fallback != nil && f.null:
		return fmt.Sprintf("%s = cmp.Or(%s.Value(), %s)", to, in, b.fallback(f))
	case f.fallback != nil && !f.list:
		return b.defaulted(f) + "\n\t\t" + b.patch(f)
	case !f.mustBeGiven():
		in += ".Value()"
	case f.null:
		in = "&" + in
	}
	if f.byPointer() {
		in = fmt.Sprintf("translate.Values(%s)", in)
	}
	return fmt.Sprintf("%s = %s", to, in)
}

// owned sets the owner of a new document: the one in an input, or the caller.
func (b *binder) owned(f *field, in string) string {
	switch {
	case f.list:
		in = fmt.Sprintf("translate.OrCallers(ctx, %s)", in)
	case f.null:
		in = fmt.Sprintf("translate.OrCaller(ctx, %s)", in)
	default:
		in = fmt.Sprintf("translate.Or(%s, core.PrincipalOf(ctx).UserID)", in)
	}
	return fmt.Sprintf("d.%s = %s", f.goName(), in)
}

// defaulted sets a field to its default.
func (b *binder) defaulted(f *field) string {
	return fmt.Sprintf("d.%s = %s", f.goName(), b.fallback(f))
}

// patch changes a field of a document.
func (b *binder) patch(f *field) string {
	to, in := "&d."+f.goName(), "in."+templates.ToGo(f.input)
	switch {
	case f.byPointer():
		return fmt.Sprintf("translate.ReplaceList(%s, translate.OptValues(%s))", to, in)
	case f.list:
		return fmt.Sprintf("translate.ReplaceList(%s, %s)", to, in)
	case f.null:
		return fmt.Sprintf("translate.Set(%s, %s)", to, in)
	case f.kind == inline:
		return fmt.Sprintf("translate.ReplaceDocument(%s, %s)", to, in)
	}
	return fmt.Sprintf("translate.Replace(%s, %s)", to, in)
}

// links writes the resolvers of fields that lead to other documents, that are
// guarded, or that lists leave out.
func (b *binder) links(g *goFile, m *model) {
	receiver, t := templates.ToGoPrivate(m.name)+"Resolver", b.typ(m.name)
	for _, f := range m.fields {
		if m.inCore && !b.p.home && !f.extension {
			continue
		}
		name := templates.ToGo(f.name)
		of := func(doc string) string { return m.value(f, doc) }
		guard := m.withholds(f)
		switch {
		case f.kind == hasMany && f.to != nil:
			b.method(g, receiver, name, `(%s) (*core.Page[%s], error) {
	%s
}`, strings.Replace(b.listParameters(f.to), "ctx context.Context,", fmt.Sprintf("ctx context.Context, obj *%s,", t), 1), b.typ(f.to.name),
				b.page(f.to, fmt.Sprintf("func(ctx context.Context, args core.PageArgs) (*core.Page[%s], error) {\n\t\treturn core.Children(ctx, obj, %q, %s, %q, args)\n\t}", b.typ(f.to.name), f.name, f.to.collection(), f.via.stored)))
		case f.kind == reference && f.list:
			b.method(g, receiver, name, `(ctx context.Context, obj *%[1]s) ([]*%[2]s, error) {
	%[3]sreturn core.FollowAll(ctx, obj, %[4]q, func(d *%[1]s) []string { return %[5]s }, %[6]s)
}`, t, b.typ(f.typ), guard, f.name, of("d"), f.to.collection())
		case f.kind == reference:
			follow := fmt.Sprintf("core.Follow(ctx, obj, %q, func(d *%s) string { return %s }, %s)", f.name, t, f.id(of("d")), f.to.collection())
			b.method(g, receiver, name, "(ctx context.Context, obj *%s) (*%s, error) {\n\t%sreturn %s\n}", t, b.typ(f.typ), guard, f.maybe(follow))
		case f.kind == markdown:
			b.html(g, receiver, m, f)
		case f.bulk:
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
}`, t, b.value(f), guard, m.service(), zero, f.goName())
		case f.hidden():
			b.method(g, receiver, name, `(ctx context.Context, obj *%s) (%s, error) {
	%sreturn %s, nil
}`, t, b.value(f), guard, of("obj"))
		case f.extension && f.isStored():
			b.method(g, receiver, name, `(_ context.Context, obj *%s) (%s, error) {
	return %s, nil
}`, t, b.value(f), of("obj"))
		}
	}
}

// id is the expression of what a reference holds in Go, as a text.
func (f *field) id(value string) string {
	if f.null {
		return "translate.Deref(" + value + ")"
	}
	return value
}

// maybe is an expression that follows a reference: null where it leads nowhere, unless
// that is damage.
func (f *field) maybe(follow string) string {
	if f.null || !f.to.everybodyReads() {
		return "translate.Maybe(" + follow + ")"
	}
	return follow
}

// inside writes the resolvers of fields of an embedded type that lead to documents or are
// made of another one.
func (b *binder) inside(g *goFile, e *embedded) {
	receiver, t := templates.ToGoPrivate(e.name)+"Resolver", b.typ(e.name)
	for _, f := range e.fields {
		name := templates.ToGo(f.name)
		switch {
		case f.kind == reference && f.list:
			b.method(g, receiver, name, "(ctx context.Context, obj *%s) ([]*%s, error) {\n\treturn core.FollowAllInside(ctx, translate.Document(ctx), %q, obj.%s, %s)\n}",
				t, b.typ(f.typ), e.name+"."+f.stored, f.goName(), f.to.collection())
		case f.kind == reference:
			follow := fmt.Sprintf("core.FollowInside(ctx, translate.Document(ctx), %q, %s, %s)", e.name+"."+f.stored, f.id("obj."+f.goName()), f.to.collection())
			b.method(g, receiver, name, "(ctx context.Context, obj *%s) (*%s, error) {\n\treturn %s\n}", t, b.typ(f.typ), f.maybe(follow))
		case f.kind == markdown:
			made := "r.app.HTML(ctx, "
			if f.null {
				made = "translate.HTML(ctx, r.app, "
			}
			b.method(g, receiver, name, "(ctx context.Context, obj *%s) (%s, error) {\n\treturn %stranslate.Place(ctx)+%q, obj.%s)\n}",
				t, b.value(f.text), made, "-"+f.text.name, f.text.goName())
		}
	}
}

// html writes the resolver of a field with the HTML of a text.
func (b *binder) html(g *goFile, receiver string, m *model, f *field) {
	read, doc, made, zero := m.withholds(f.text), "obj", "r.app.HTML(ctx, ", `""`
	if f.null {
		made, zero = "translate.HTML(ctx, r.app, ", "nil"
	}
	if f.text.bulk {
		doc = "whole"
		read += fmt.Sprintf("whole, err := %s.Whole(ctx, obj)\n\tif err != nil {\n\t\treturn %s, err\n\t}\n\t", m.service(), zero)
	}
	b.method(g, receiver, templates.ToGo(f.name), "(ctx context.Context, obj *%s) (%s, error) {\n\t%sreturn %sobj.ID+%q, %s)\n}",
		b.typ(m.name), b.value(f.text), read, made, "-"+f.text.name, m.value(f.text, doc))
}

// value is the expression of a stored field of a document.
func (m *model) value(f *field, doc string) string {
	if f.extension {
		return fmt.Sprintf("core.AddedFields[model.%s](%s).%s", extensionName(m), doc, f.goName())
	}
	return doc + "." + f.goName()
}

// withholds is the statement that ends the resolver of a field which some may not read.
func (m *model) withholds(f *field) string {
	if !f.hidden() {
		return ""
	}
	return fmt.Sprintf("if %s.Withholds(ctx, obj, %q) {\n\t\treturn nil, nil\n\t}\n\t", m.service(), f.stored)
}

// inputs writes the resolvers of fields in the input of an embedded type that null
// sets to their default: the input is the type itself in Go, which has no null there.
func (b *binder) inputs(g *goFile, e *embedded) {
	receiver := templates.ToGoPrivate(e.name+"Input") + "Resolver"
	for _, f := range e.defaulted() {
		set := fmt.Sprintf("obj.%[1]s = %[2]s\n\tif in != nil {\n\t\tobj.%[1]s = *in\n\t}", f.goName(), b.fallback(f))
		if f.null {
			set = fmt.Sprintf("obj.%s = cmp.Or(in, %s)", f.goName(), b.fallback(f))
		}
		b.method(g, receiver, templates.ToGo(f.name), "(_ context.Context, obj *%s, in *%s) error {\n\t%s\n\treturn nil\n}", b.typ(e.name), b.typ(f.typ), set)
	}
}

// resolved lists the objects and inputs that have resolvers.
func (b *binder) resolved() []string {
	names := map[string]bool{}
	for name, def := range b.doc.types {
		if def.Kind == ast.Object && b.doc.used[name] && slices.ContainsFunc(def.Fields, func(f *ast.FieldDefinition) bool { return f.Directives.ForName("customResolver") != nil }) {
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
	for _, e := range b.doc.embedded {
		if slices.ContainsFunc(e.fields, (*field).needsResolver) && b.doc.used[e.name] {
			names[e.name] = true
		}
		if len(e.defaulted()) > 0 && b.doc.used[e.name+"Input"] {
			names[e.name+"Input"] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// needsResolver reports whether a struct alone cannot answer for the field.
func (f *field) needsResolver() bool {
	return f.kind == reference || f.kind == hasMany || f.kind == markdown || f.kind == custom || f.bulk || f.hidden() || f.extension
}

// root writes what joins the resolvers: the services of the project's models,
// and the types that gqlgen asks for.
func (b *binder) root() *goFile {
	g := b.file()
	extended := maps.Clone(roots)
	for _, m := range b.doc.models {
		extended[m.name] = m.extended
	}
	g.printf("\n// Models are the services of the types that the schema declares with @model.\ntype Models struct {\n")
	for _, m := range b.doc.models {
		if !m.inCore {
			g.printf("\t%s *core.Model[%s]\n", templates.ToGo(m.plural), b.typ(m.name))
		}
	}
	g.printf("}\n\n// NewModels makes them; once for each App.\nfunc NewModels(app *core.App) *Models {\n\treturn &Models{\n")
	for _, m := range b.doc.models {
		if !m.inCore {
			g.printf("\t\t%s: core.NewModel[%s](app, %q),\n", templates.ToGo(m.plural), b.typ(m.name), m.spec.Name)
		}
	}
	g.printf("\t}\n}\n")
	g.printf("\n// resolver is a Resolver under a name that no field of the schema can have in Go.\ntype resolver = Resolver\n")
	g.printf("\n// root hands gqlgen the resolvers of each type.\ntype root struct {\n\tr *Resolver\n")
	if !b.p.home {
		g.printf("\tbase basegraph.ResolverRoot\n")
	}
	g.printf("}\n\nfunc newRoot(r *Resolver) graph.ResolverRoot {\n")
	if b.p.home {
		g.printf("\treturn &root{r}\n}\n")
	} else {
		g.printf("\treturn &root{r, base.NewFor(r.app, schema.Files)}\n}\n")
	}
	for _, name := range append([]string{"Query", "Mutation", "Subscription"}, b.resolved()...) {
		goName, private := templates.UcFirst(name), templates.ToGoPrivate(name) // gqlgen keeps the letters of the schema here
		isBase := b.doc.isBase(name) || !b.p.home && roots[name]
		switch {
		case isBase && !extended[name]:
			g.printf("\nfunc (x *root) %[1]s() graph.%[1]sResolver { return x.base.%[1]s() }\n", goName)
		case isBase:
			g.printf("\nfunc (x *root) %[1]s() graph.%[1]sResolver { return &%[2]sResolver{x.r, x.base.%[1]s()} }\n", goName, private)
			g.printf("\ntype %[2]sResolver struct {\n\t*resolver\n\tbasegraph.%[1]sResolver\n}\n", goName, private)
		default:
			g.printf("\nfunc (x *root) %[1]s() graph.%[1]sResolver { return &%[2]sResolver{x.r} }\n", goName, private)
			g.printf("\ntype %[1]sResolver struct{ *resolver }\n", private)
		}
	}
	return g
}
