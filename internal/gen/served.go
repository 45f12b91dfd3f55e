package gen

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// directives are those that this package understands. They and the types of
// their arguments are for those who write a schema, not for its clients.
var directives = []string{
	"model", "auth", "index", "filterable", "unique", "searchable", "reference", "hasMany", "default", "constraint", "exactlyOne", "settable", "bulk", "markdown", "customResolver", "admin",
}

var directiveTypes = []string{"ModelMutation", "ModelOrder", "AuthRule", "AuthAllow", "AuthOperation", "Literal"}

// markdownCost is the @cost of a rendered text that says nothing of it.
var markdownCost = &ast.Directive{Name: "cost", Arguments: ast.ArgumentList{{Name: "weight", Value: &ast.Value{Kind: ast.StringValue, Raw: "50"}}}}

// served is the schema without our directives, and with the arguments of connections,
// which a @hasMany field leaves out. Published is what of it clients get: without what
// no operation uses.
func served(doc *document, sources []*ast.Source) (all, published []*ast.Source, err error) {
	var docs []*ast.SchemaDocument
	lists := map[string]ast.ArgumentDefinitionList{} // arguments by plural
	for _, s := range sources {
		d, err := parser.ParseSchema(s)
		if err != nil {
			return nil, nil, err
		}
		docs = append(docs, d)
		if query := d.Extensions.ForName("Query"); query != nil {
			for _, f := range query.Fields {
				lists[f.Name] = f.Arguments
			}
		}
	}
	for i, d := range docs {
		d.Directives = slices.DeleteFunc(d.Directives, func(d *ast.DirectiveDefinition) bool { return slices.Contains(directives, d.Name) })
		d.Definitions = slices.DeleteFunc(d.Definitions, func(d *ast.Definition) bool { return slices.Contains(directiveTypes, d.Name) })
		for _, def := range slices.Concat(d.Definitions, d.Extensions) {
			def.Directives = withoutOurs(def.Directives)
			writable(&def.Description, nil)
			for _, v := range def.EnumValues {
				v.Directives = withoutOurs(v.Directives)
				writable(&v.Description, nil)
			}
			for _, f := range def.Fields {
				if f.Directives.ForName("markdown") != nil && f.Directives.ForName("cost") == nil {
					f.Directives = append(f.Directives, markdownCost)
				}
				f.Directives = withoutOurs(f.Directives)
				writable(&f.Description, f.DefaultValue)
				for _, a := range f.Arguments {
					writable(&a.Description, a.DefaultValue)
				}
			}
		}
		for _, m := range doc.models {
			for _, f := range m.fields {
				if f.kind == hasMany {
					setArguments(d, m.name, f.name, lists[f.to.plural])
				}
			}
		}
		all = append(all, printed(sources[i].Name, d))
		unused := func(def *ast.Definition) bool { return !doc.used[def.Name] }
		d.Definitions, d.Extensions = slices.DeleteFunc(d.Definitions, unused), slices.DeleteFunc(d.Extensions, unused)
		published = append(published, printed(sources[i].Name, d))
	}
	return all, published, nil
}

func printed(name string, d *ast.SchemaDocument) *ast.Source {
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchemaDocument(d)
	return &ast.Source{Name: name, Input: b.String()}
}

// writable makes up for what the formatter forgets: to escape the end of a
// block string, and to quote texts as GraphQL does instead of Go.
func writable(description *string, v *ast.Value) {
	*description = block(*description)
	if v == nil {
		return
	}
	if v.Kind == ast.StringValue || v.Kind == ast.BlockValue {
		v.Kind, v.Raw = ast.EnumValue, quote(v.Raw) // an enum is written as it stands
	}
	for _, c := range v.Children {
		writable(new(string), c.Value)
	}
}

func withoutOurs(list ast.DirectiveList) ast.DirectiveList {
	return slices.DeleteFunc(list, func(d *ast.Directive) bool { return slices.Contains(directives, d.Name) })
}

func setArguments(d *ast.SchemaDocument, object, field string, args ast.ArgumentDefinitionList) {
	for _, def := range slices.Concat(d.Definitions, d.Extensions) {
		if f := def.Fields.ForName(field); def.Name == object && f != nil {
			f.Arguments = args
		}
	}
}
