package gen

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/grapnel/grapnel/core"
	basemodel "github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/dashboard"
)

// described is what the management page of a role knows of a schema.
func described(t *testing.T, files map[string]string, role core.Role) *basemodel.DashboardSchema {
	t.Helper()
	b, err := project{module: module}.build(sourcesOf(t, files), nil)
	if err != nil {
		t.Fatal(err)
	}
	schema := fstest.MapFS{}
	for _, s := range b.schema {
		schema[strings.TrimPrefix(s.Name, "schema/")] = &fstest.MapFile{Data: []byte(s.Input)}
	}
	d := dashboard.New(schema, func(typ string) (core.Spec, bool) {
		i := slices.IndexFunc(b.doc.models, func(m *model) bool { return m.name == typ })
		return b.doc.models[i].spec, true
	})
	s, err := d.Schema(core.Principal{UserID: "user_1", Role: role})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// named is one of the types.
func named(t *testing.T, s *basemodel.DashboardSchema, name string) *basemodel.DashboardType {
	t.Helper()
	i := slices.IndexFunc(s.Types, func(d *basemodel.DashboardType) bool { return d.Name == name })
	if i < 0 {
		t.Fatalf("%s is not described", name)
	}
	return s.Types[i]
}

func lines(fields []*basemodel.DashboardField) string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = line(f)
		if int(f.Position) != i {
			list[i] += fmt.Sprintf(" AT %d", f.Position)
		}
	}
	return strings.Join(list, "\n")
}

// The management page knows everything that a form and a list need of every kind of field.
func TestDashboardFields(t *testing.T) {
	t.Parallel()
	s := described(t, sdl(t, "testdata/fields"), core.Admin)
	d := named(t, s, "Product")
	if d.Label != "Ware" || d.Labels != "Wares" || *d.Group != "Catalogue" || d.Order != 0 || *d.Title != "name" || *d.List != "products" || d.One != "product" ||
		*d.DefaultOrder != "price" || d.DefaultDirection != basemodel.OrderDirectionAsc || *d.Changed != "productChanged" || !d.Search || d.Owner != nil {
		t.Errorf("Product is %+v", d)
	}
	var orders []string
	for _, o := range d.Orders {
		field := "nothing"
		if o.Field != nil {
			field = *o.Field
		}
		orders = append(orders, o.Value+" by "+field)
	}
	const wantOrders = "PRICE by price, VIEWS by views, MADE_AT by madeAt, MADE_ON by madeOn, COST by cost, KIND by kind, CREATED_AT by createdAt, RELEVANCE by nothing"
	if got := strings.Join(orders, ", "); got != wantOrders {
		t.Errorf("orders\n got %s\nwant %s", got, wantOrders)
	}
	compare(t, "Product", lines(d.Fields), productLines)
	var names []string
	for _, e := range s.Embedded {
		names = append(names, e.Name)
		if e.Name == "Part" {
			compare(t, "Part", lines(e.Fields), partLines)
		}
	}
	if !slices.Equal(names, []string{"Dimensions", "NavigationLink", "Part", "SocialLink"}) {
		t.Errorf("embedded are %v", names)
	}
	names = nil
	for _, e := range s.Enums {
		for _, v := range e.Values {
			names = append(names, e.Name+"."+v.Value+" "+v.Label)
		}
	}
	if got := strings.Join(names, ", "); !strings.HasSuffix(got, "ProductKind.GOODS Goods to send, ProductKind.SERVICE Service, ProductKind.ON_DEMAND On demand, Registration.OPEN Open, Registration.CLOSED Closed, Role.MEMBER Member, Role.AUTHOR Author, Role.EDITOR Editor, Role.ADMIN Admin, Visibility.PUBLIC Public, Visibility.PRIVATE Private") {
		t.Errorf("enums are %s", got)
	}
	if lower := named(t, described(t, sdl(t, "testdata/fields"), core.Editor), "Product"); strings.Contains(lines(lower.Fields), `"Made at" create`) {
		t.Error("madeAt is offered to editors")
	}
}

func compare(t *testing.T, what, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(strings.TrimSpace(want), "\n")
	for i := range max(len(g), len(w)) {
		switch {
		case i >= len(g):
			t.Errorf("%s lacks\n%s", what, w[i])
		case i >= len(w):
			t.Errorf("%s has also\n%s", what, g[i])
		case g[i] != w[i]:
			t.Errorf("%s\n got %s\nwant %s", what, g[i], w[i])
		}
	}
}

// What is guarded is named, and no more: no default, no value of a rule, no filter.
func TestDashboardSecrets(t *testing.T) {
	t.Parallel()
	files := map[string]string{"vault.graphqls": `
type Vault @model @auth(rules: [{allow: ROLE, role: AUTHOR, operations: [READ], where: {code: {in: ["swordfish", "other"]}}}, {allow: ROLE, role: EDITOR}]) {
  name: String! @searchable
  code: String @default(value: "swordfish") @index(sortKeyFields: ["createdAt"]) @searchable @auth(rules: [{allow: ROLE, role: ADMIN}])
  note: String @default(value: "swordfish") @filterable @auth(rules: [{allow: ROLE, role: EDITOR, operations: [CREATE, UPDATE]}, {allow: ROLE, role: ADMIN}])
  pin: Int @filterable @auth(rules: [{allow: OWNER, ownerField: "keeper"}])
  keeper: User @reference
  doors: DoorConnection @hasMany(field: "vault")
  noteHtml: String @markdown(field: "note")
}
type Door @model @auth(rules: [{allow: ROLE, role: EDITOR}]) {
  name: String!
  vault: Vault @reference @auth(rules: [{allow: ROLE, role: ADMIN}])
}`}
	for role, want := range map[core.Role]string{
		core.Author: "code STRING input code nullable \"Code\" readable NONE\nnote STRING input note nullable \"Note\" widget MARKDOWN readable NONE\npin INT input pin nullable \"Pin\" readable OWN\ndoors CONNECTION of Door \"Doors\" readable NONE\nnoteHtml COMPUTED \"Note html\" hidden readable NONE",
		core.Editor: "code STRING input code nullable \"Code\" readable NONE\nnote STRING input note nullable \"Note\" widget MARKDOWN readable NONE create update\npin INT input pin nullable \"Pin\" readable OWN create update\ndoors CONNECTION of Door \"Doors\" readable NONE\nnoteHtml COMPUTED \"Note html\" hidden readable NONE",
		core.Admin:  "code STRING input code filter code eq,ne,in,prefix nullable default \"swordfish\" \"Code\" create update\nnote STRING input note filter note eq,ne,in,prefix nullable default \"swordfish\" \"Note\" widget MARKDOWN create update\npin INT input pin nullable \"Pin\" readable OWN create update\ndoors CONNECTION of Door \"Doors\"\nnoteHtml COMPUTED \"Note html\" hidden",
	} {
		s := described(t, files, role)
		d := named(t, s, "Vault")
		var guarded []*basemodel.DashboardField
		for _, f := range d.Fields {
			if slices.Contains([]string{"code", "note", "pin", "doors", "noteHtml"}, f.Name) {
				f := *f
				f.Position = int32(len(guarded))
				guarded = append(guarded, &f)
			}
		}
		compare(t, string(role), lines(guarded), want)
		whole, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(string(whole), "swordfish"); told != (role == core.Admin) {
			t.Errorf("%s is told the secret: %v", role, told)
		}
		if d.Search != (role == core.Admin) {
			t.Errorf("%s may search: %v", role, d.Search)
		}
		if got, want := d.Rules[0], "Authors, editors and admins may read those whose code is as the rule has it."; got != want {
			t.Errorf("%s", got)
		}
	}
	if s := described(t, files, core.Member); slices.ContainsFunc(s.Types, func(d *basemodel.DashboardType) bool { return d.Name == "Vault" }) {
		t.Error("members know of vaults")
	}
}

// line is a field in short.
func line(f *basemodel.DashboardField) string {
	words := []string{f.Name, string(f.Kind)}
	add := func(is bool, format string, args ...any) {
		if is {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	add(f.List, "list")
	add(f.Of != nil, "of %s", text(f.Of))
	add(f.Input != nil, "input %s", text(f.Input))
	add(f.Filter != nil, "filter %s %s", text(f.Filter), strings.Join(f.Operators, ","))
	add(f.Required, "required")
	add(f.Nullable, "nullable")
	if f.Default != nil {
		add(true, "default %s", *f.Default)
	}
	add(true, "%q", f.Label)
	add(f.Group != nil, "group %s", text(f.Group))
	if f.Widget != nil {
		add(true, "widget %s", *f.Widget)
	}
	add(f.Hidden, "hidden")
	add(f.Listed, "listed")
	add(f.Bulk, "bulk")
	add(f.Unique, "unique")
	add(f.Readable != basemodel.DashboardRightAll, "readable %s", f.Readable)
	add(f.OnCreate, "create")
	add(f.OnUpdate, "update")
	if c, _ := json.Marshal(f.Constraint); f.Constraint != nil {
		add(true, "%s", c)
	}
	return strings.Join(words, " ")
}

const productLines = `
mail STRING input mail nullable "Mail" widget EMAIL create update {"maxLength":10000,"format":"EMAIL","uniqueItems":false}
id ID filter id eq,ne,in required "Id" hidden
name STRING input name required "Name" listed create update {"minLength":1,"maxLength":200,"uniqueItems":false}
sku STRING input sku filter sku eq,ne,in,prefix required "Sku" unique create update {"maxLength":10000,"pattern":"[A-Z]{2}-\\d{3,8}","uniqueItems":false}
ean ID input ean filter ean eq,ne,in nullable "Ean" unique create update
price INT input price filter price eq,ne,in,lt,lte,gt,gte required "Price" create update {"min":"0","max":"1000000000","uniqueItems":false}
views INT64 filter views eq,ne,in,lt,lte,gt,gte required default 9007199254740993 "Views" {"exclusiveMin":"-1","uniqueItems":false}
ratio FLOAT input ratio filter ratio eq,ne,in,lt,lte,gt,gte default 1 "Ratio" create update
stock INT input stock filter stock eq,ne,in,lt,lte,gt,gte nullable default -3 "Stock" create update
published BOOLEAN input published filter published eq,ne default false "Published" create update
featured BOOLEAN input featured nullable default true "Featured" hidden create update
availableAt TIME input availableAt filter availableAt eq,lt,lte,gt,gte nullable "Available at" create update
madeAt TIME input madeAt filter madeAt eq,lt,lte,gt,gte required "Made at" create update
madeOn DATE input madeOn filter madeOn eq,ne,in,lt,lte,gt,gte default "2026-03-01" "Made on" create update
soldOn DATE input soldOn filter soldOn eq,ne,in,lt,lte,gt,gte nullable "Sold on" unique create update
holidays DATE list input holidays default [] "Holidays" create update
cost DECIMAL input cost filter cost eq,ne,in,lt,lte,gt,gte default "1.50" "Cost" create update {"min":"0","exclusiveMax":"100000000000000000000","multipleOf":"0.01","uniqueItems":false}
discount DECIMAL input discount filter discount eq,ne,in,lt,lte,gt,gte nullable default "0.00" "Discount" unique create update
rates DECIMAL list input rates default [] "Rates" create update {"max":"12345678901234567890.12","maxItems":100,"uniqueItems":true}
meta JSON input meta nullable default {"a":[1,2.5,"\"",null],"on":true} "Meta" create update
settings JSON input settings required "Settings" create update
more JSON list input more default [] "More" create update
kind ENUM of ProductKind input kind filter kind eq,ne,in default "GOODS" "Kind" listed create update
otherKind ENUM of ProductKind input otherKind nullable default "ON_DEMAND" "Other kind" listed update
kinds ENUM list of ProductKind input kinds filter kinds has,hasSome default [] "Kinds" create update {"maxItems":3,"uniqueItems":true}
visibility ENUM of Visibility input visibility filter visibility eq,ne,in default "PRIVATE" "Visibility" listed create update
visibilities ENUM list of Visibility input visibilities filter visibilities has,hasSome default [] "Visibilities" create update
site STRING input site nullable "Site" widget URL create update {"maxLength":10000,"format":"URL","uniqueItems":false}
slug STRING input slug filter slug eq,ne,in,prefix required "Slug" unique create {"maxLength":10000,"format":"SLUG","uniqueItems":false}
token STRING input token nullable "Token" widget COLOR create update {"maxLength":10000,"format":"UUID","uniqueItems":false}
tags STRING list input tags filter tags has,hasSome required "Tags" create update {"minLength":1,"maxLength":30,"pattern":"[a-z]+","minItems":1,"maxItems":10,"uniqueItems":true}
codes ID list input codes filter codes has,hasSome default [] "Codes" create update
numbers INT list input numbers default [] "Numbers" create update {"min":"1","max":"9","maxItems":100,"uniqueItems":true}
floats FLOAT list input floats default [] "Floats" create update
flags BOOLEAN list input flags default [] "Flags" create update
days TIME list input days default [] "Days" create update
greeting STRING input greeting default "Say \"hi\" — 😀\\" "Greeting" widget MARKDOWN create update {"maxLength":50,"uniqueItems":false}
size EMBEDDED of Dimensions input size nullable "Size" create update
box EMBEDDED of Dimensions input box required "Box" create update
parts EMBEDDED list of Part input parts default [] "Parts" widget TREE create update {"maxItems":7,"uniqueItems":false}
story STRING input story nullable "Story" widget MARKDOWN bulk create update {"maxLength":100000,"uniqueItems":false}
storyHtml COMPUTED "Story html" hidden
manual STRING input manual required "Manual" widget MARKDOWN bulk create update
manualHtml COMPUTED "Manual html" hidden
greetingHtml COMPUTED "Greeting html" hidden
createdAt TIME filter createdAt eq,lt,lte,gt,gte required "Created at" listed
updatedAt TIME filter updatedAt eq,lt,lte,gt,gte required "Updated at"
version INT required "Version" hidden
weight FLOAT input weight filter weight eq,ne,in,lt,lte,gt,gte nullable "Weight in grams" group Measures listed create update {"exclusiveMin":"0","exclusiveMax":"1000.5","multipleOf":"0.5","uniqueItems":false}
`

const partLines = `
name STRING input name required "Name" create update {"minLength":1,"maxLength":100,"pattern":"[A-Z].*","uniqueItems":false}
kind ENUM of ProductKind input kind required "Kind" create update
kinds ENUM list of ProductKind input kinds required "Kinds" create update {"minItems":1,"maxItems":100,"uniqueItems":false}
state STRING input state default "ne\"w" "Condition" create update {"maxLength":10,"uniqueItems":false}
otherKind ENUM of ProductKind input otherKind nullable default "ON_DEMAND" "Other kind" create update
visibility ENUM of Visibility input visibility default "PRIVATE" "Visibility" create update
count INT input count default 1 "Count" create update
sold INT64 input sold nullable default 9007199254740993 "Sold" create update
spare BOOLEAN input spare default true "Spare" create update
checked DATE input checked default "2026-03-01" "Checked" create update
cost DECIMAL input cost default "1.50" "Cost" create update
meta JSON input meta default {"a":[1]} "Meta" create update
tags STRING list input tags default [] "Tags" create update
since TIME input since nullable "Since" create update
serial INT64 input serial nullable "Serial" create update
made DATE input made required "Made" create update
worth DECIMAL input worth nullable "Worth" create update {"min":"0.05","uniqueItems":false}
notes JSON input notes nullable "Notes" create update
best EMBEDDED of Part input best nullable "Best" create update
parts EMBEDDED list of Part input parts default [] "Parts" widget TREE create update
size EMBEDDED of Dimensions input size required "Size" create update
`
