package gen

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/internal/naming"
)

// inCore are the types of the schema that package core has as Go types, of the same
// name but for [otherwise].
var inCore = map[string]bool{
	"Node": true, "PageInfo": true, "ChangeKind": true,
	"User": true, "UserConnection": true, "UserEdge": true, "Role": true, "UserSession": true, "UserIdentity": true, "SessionTokens": true,
	"Post": true, "PostConnection": true, "PostEdge": true, "PostChange": true, "PostStatus": true,
	"Asset": true, "AssetConnection": true, "AssetEdge": true, "Visibility": true, "AssetState": true,
	"AssetUse": true, "ApiKey": true, "ApiKeyConnection": true, "ApiKeyEdge": true, "ApiKeyOperation": true,
	"Mail": true, "MailConnection": true, "MailEdge": true, "MailState": true, "SignedRequest": true, "StorageUsage": true, "HTTPHeader": true,
	"ServerStatus": true, "StoreStatus": true, "StoreKind": true, "StorageTotals": true,
	"RecordViewers": true, "OwnRecord": true,
	"Invitation": true, "InvitationConnection": true, "InvitationEdge": true,
	"Passkey": true, "SecondFactorRequest": true, "AuthenticatorSetUp": true,
}

// otherwise are the names that some of them have there: core has no need to tell them
// from the types of a project.
var otherwise = map[string]string{"SessionTokens": "Tokens", "UserSession": "Session", "UserIdentity": "Identity", "SecondFactorRequest": "SecondFactorNeeded"}

// valued are what the names of constants there begin with, where it is not the value.
var valued = map[string]string{"ApiKeyOperation": "May"}

// bound are the scalars with Go types of their own.
var bound = map[string][]string{
	"Int": {
		"github.com/99designs/gqlgen/graphql.Int32", "github.com/99designs/gqlgen/graphql.Int", "github.com/99designs/gqlgen/graphql.Int64",
	},
	"Int64":   {grapnel + "/resolvers/scalar.Int64"},
	"ID":      {"github.com/99designs/gqlgen/graphql.ID"},
	"Time":    {grapnel + "/resolvers/scalar.Time"},
	"Date":    {grapnel + "/resolvers/scalar.Date"},
	"Decimal": {grapnel + "/resolvers/scalar.Decimal"},
	"JSON":    {grapnel + "/resolvers/scalar.JSON"},
	"Upload":  {grapnel + "/resolvers/upload.Upload"},
}

// validate loads the whole schema, for what only that can find.
func validate(sources []*ast.Source) (*ast.Schema, error) {
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		return nil, Problems{parseProblem("schema", err)}
	}
	return schema, nil
}

// gqlgen makes the executor, and the inputs that no Go type stands for yet.
func (p project) gqlgen(b *built) error {
	all, published, err := served(b.doc, b.schema)
	if err != nil {
		return err
	}
	back, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := os.Chdir(p.dir); err != nil { // gqlgen works in the present folder
		return err
	}
	defer func() { _ = os.Chdir(back) }()
	cfg, err := p.config(b.doc, all)
	if err != nil {
		return err
	}
	restore, err := setAside()
	if err == nil {
		err = api.Generate(cfg, api.AddPlugin(&publisher{b.doc.used, published}), api.AddPlugin(&stubs{b.methods}))
	}
	if err != nil {
		return errors.Join(err, restore())
	}
	return nil
}

// config is gqlgen.yml, where there is one, with what Grapnel relies on.
func (p project) config(doc *document, sources []*ast.Source) (*config.Config, error) {
	settings, err := os.ReadFile("gqlgen.yml")
	if os.IsNotExist(err) { // a project needs none
		settings, err = templateFiles.ReadFile("templates/gqlgen.yml")
	}
	if err != nil {
		return nil, err
	}
	cfg, err := config.ReadConfig(bytes.NewReader(settings))
	if err != nil {
		return nil, fmt.Errorf("gqlgen.yml: %w", err)
	}
	cfg.Sources = sources
	cfg.OmitRootModels, cfg.OmitResolverFields = true, true
	cfg.OmitGQLGenFileNotice, cfg.OmitGQLGenVersionInFileNotice = true, true
	cfg.ResolversAlwaysReturnPointers, cfg.StructFieldsAlwaysPointers = true, true
	cfg.NullableInputOmittable, cfg.CallArgumentDirectivesWithNull = true, true
	cfg.SkipModTidy, cfg.SkipValidation = true, true
	for _, name := range []string{"cost", "listSize"} { // read before the execution, by internal/web
		cfg.Directives[name] = config.DirectiveConfig{SkipRuntime: true}
	}
	for name, to := range bound {
		if !cfg.Models.UserDefined(name) {
			for _, t := range to {
				cfg.Models.Add(name, t)
			}
		}
	}
	resolver := func(object string, f string) {
		entry := cfg.Models[object]
		if entry.Fields == nil {
			entry.Fields = map[string]config.TypeMapField{}
		}
		entry.Fields[f] = config.TypeMapField{Resolver: true}
		cfg.Models[object] = entry
	}
	for name := range inCore {
		cfg.Models.Add(name, grapnel+"/core."+cmp.Or(otherwise[name], templates.ToGo(name)))
		if def := doc.types[name]; def != nil && def.Kind == ast.Enum {
			entry := cfg.Models[name]
			entry.EnumValues = map[string]config.EnumValue{}
			for _, v := range def.EnumValues {
				entry.EnumValues[v.Name] = config.EnumValue{Value: grapnel + "/core." + valued[name] + templates.ToGo(strings.ToLower(v.Name))}
			}
			cfg.Models[name] = entry
		}
	}
	for name, isBase := range doc.base {
		if isBase && !slices.Contains(directiveTypes, name) && !inCore[name] && !cfg.Models.UserDefined(name) && !roots[name] {
			cfg.Models.Add(name, grapnel+"/graph/model."+templates.ToGo(name))
		}
	}
	n := goNames{p, doc}
	full := func(name string) string {
		pkg, t, _ := strings.Cut(n.typ(name), ".")
		return map[string]string{"core": grapnel + "/core", "model": p.module + "/graph/model", "basemodel": grapnel + "/graph/model"}[pkg] + "." + t
	}
	for _, m := range doc.models {
		if !m.inCore {
			cfg.Models.Add(m.name, full(m.name))
			for _, suffix := range []string{"Connection", "Edge", "Change"} {
				if suffix != "Change" || m.spec.Live {
					cfg.Models.Add(m.name+suffix, full(m.name+suffix))
				}
			}
		}
		for _, f := range m.fields {
			if f.needsResolver() {
				resolver(m.name, f.name)
			}
		}
		if m.spec.Live {
			entry := cfg.Models[m.name+"Change"]
			entry.Fields = map[string]config.TypeMapField{naming.Lower(m.name): {FieldName: "Doc"}, "changedId": {FieldName: "ID"}}
			cfg.Models[m.name+"Change"] = entry
		}
	}
	for _, def := range doc.abstract() {
		cfg.Models.Add(def.Name, full(def.Name))
	}
	for _, e := range doc.embedded {
		cfg.Models.Add(e.name, full(e.name))
		cfg.Models.Add(e.name+"Input", full(e.name))
		for _, f := range e.fields {
			if f.needsResolver() {
				resolver(e.name, f.name)
			}
		}
		for _, f := range e.defaulted() {
			resolver(e.name+"Input", f.name)
		}
	}
	for name, def := range doc.types {
		for _, f := range def.Fields {
			if def.Kind == ast.Object && f.Directives.ForName("customResolver") != nil {
				resolver(name, f.Name)
			}
		}
	}
	return cfg, nil
}

// setAside removes the generated files of graph/, since gqlgen leaves those of
// types that are gone; restore puts them back.
func setAside() (restore func() error, err error) {
	old := map[string][]byte{}
	files, err := filepath.Glob("graph/*.generated.go")
	for _, file := range files {
		var data []byte
		if data, err = os.ReadFile(file); err != nil {
			break
		}
		old[file] = data
		if err = os.Remove(file); err != nil {
			break
		}
	}
	return func() error {
		var errs []error
		for file, data := range old {
			errs = append(errs, os.WriteFile(file, data, 0o644))
		}
		return errors.Join(errs...)
	}, err
}
