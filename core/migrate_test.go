package core_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/storage/filesystem"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// item is a document of any declared type.
type item struct {
	core.Head `bson:",inline"`
	Values    map[string]any `bson:",inline"`
}

type values = map[string]any

// product declares a type with the attributes given; those with an exclamation
// mark in unique are so.
func product(change func(*core.Spec), attributes ...core.Attribute) core.Spec {
	s := core.Spec{Type: "Product", Name: "products", Prefix: "product", Attributes: attributes, Rules: []core.Rule{{Verbs: core.AnyVerb}}}
	if change != nil {
		change(&s)
	}
	return s
}

// column makes fields of attributes, as @index and @unique do.
func column(name string, kind core.Kind, unique bool) func(*core.Spec) {
	return func(s *core.Spec) {
		s.Fields = append(s.Fields, core.Field{Name: name, Kind: kind, Unique: unique})
	}
}

// yard is an installation that starts again and again.
type yard struct {
	docs core.DocStore
	log  bytes.Buffer
	dir  string
}

func newYard(t testing.TB) *yard {
	t.Helper()
	y := &yard{dir: t.TempDir()}
	docs, err := sqlite.Open(t.Context(), filepath.Join(y.dir, "grapnel.db"))
	if err != nil {
		t.Fatal(err)
	}
	y.docs = docs
	t.Cleanup(func() {
		if err := docs.Close(); err != nil {
			t.Error(err)
		}
	})
	return y
}

// start is one start of a server with these types beside our own.
func (y *yard) start(t testing.TB, specs ...core.Spec) error {
	t.Helper()
	app, err := y.open(t, specs...)
	if err == nil {
		app.Close()
	}
	return err
}

// open is a start of a server that goes on.
func (y *yard) open(t testing.TB, specs ...core.Spec) (*core.App, error) {
	t.Helper()
	y.log.Reset()
	objects, err := filesystem.Open(filepath.Join(y.dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { objects.Close() })
	return core.New(t.Context(), core.Config{
		Specs: append(model.Specs(), specs...), Docs: y.docs, Objects: objects,
		Key: bytes.Repeat([]byte("k"), 32), BaseURL: "http://localhost", Log: slog.New(slog.NewTextHandler(&y.log, nil)),
	})
}

func (y *yard) mustStart(t testing.TB, specs ...core.Spec) {
	t.Helper()
	if err := y.start(t, specs...); err != nil {
		t.Fatal(err)
	}
}

func (y *yard) insert(t testing.TB, coll string, docs ...values) {
	t.Helper()
	for i, v := range docs {
		doc := &item{Head: core.Head{ID: fmt.Sprintf("%s_%03d", strings.TrimSuffix(coll, "s"), i+1), Version: 7}, Values: v}
		if err := y.docs.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: coll, Doc: doc}); err != nil {
			t.Fatal(err)
		}
	}
}

// read is all documents of a collection, without their heads.
func (y *yard) read(t testing.TB, coll string) (out []values) {
	t.Helper()
	for doc, err := range y.docs.Find(t.Context(), coll, core.Query{Order: []core.Order{{Field: "_id"}}, Limit: 10_000}) {
		if err != nil {
			t.Fatal(err)
		}
		var d item
		if err := doc.Decode(&d); err != nil {
			t.Fatal(err)
		}
		if d.Version != 7 {
			t.Errorf("%s has version %d", d.ID, d.Version)
		}
		out = append(out, d.Values)
	}
	return out
}

func (y *yard) plan(t testing.TB, specs []core.Spec, forget ...string) *core.Migration {
	t.Helper()
	m, err := core.PlanMigration(t.Context(), y.docs, append(model.Specs(), specs...), forget...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// contains reports whether text has all parts, in any order.
func contains(text string, parts ...string) bool {
	return !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(text, p) })
}

// boxed is a type with another one inside, one or a list.
func boxed(list bool, inside ...core.Attribute) core.Spec {
	return product(func(s *core.Spec) { s.Embedded = map[string][]core.Attribute{"Box": inside} },
		core.Attribute{Name: "box", Kind: core.Document, Array: list, Type: "Box"})
}

var (
	width = core.Attribute{Name: "w", Kind: core.Int}
	deep  = core.Attribute{Name: "boxes", Kind: core.Document, Array: true, Type: "Box"}
)

// crate is a type with constraints, here and inside.
type crate struct {
	core.Head `bson:",inline"`
	Name      string  `bson:"name"`
	Boxes     []*slat `bson:"boxes"`
}

type slat struct {
	W int64 `bson:"w"`
}

func (c *crate) Constraints(check *core.Checker) {
	check.Text("name", c.Name, 0, 5)
	for i, b := range c.Boxes {
		check.Inside(core.At("boxes", i), b)
	}
}

func (s *slat) Constraints(check *core.Checker) {
	check.Number("w", value.DecimalOf(s.W), core.Bounds{Max: new(value.MustDecimal("10"))})
}

func crated(constraint string) core.Spec {
	return product(func(s *core.Spec) {
		s.New = func() any { return new(crate) }
		s.Embedded = map[string][]core.Attribute{"Box": {{Name: "w", Kind: core.Int, Constraint: constraint}}}
	}, core.Attribute{Name: "name"}, core.Attribute{Name: "boxes", Kind: core.Document, Array: true, Type: "Box"})
}

func TestMigration(t *testing.T) {
	t.Parallel()
	renamed := func(s *core.Spec) { s.Type = "Good" }
	moved := func(s *core.Spec) { s.Type, s.Name, s.Prefix = "Good", "goods", "good" }
	name := core.Attribute{Name: "name"}
	for _, test := range []struct {
		name   string
		before core.Spec
		docs   []values
		after  []core.Spec
		// refused are the parts of each refusal; without one, the start works.
		refused [][]string
		steps   [][]string
		warned  []string
		// mended is what starts after a refusal.
		mended []core.Spec
		want   []values // the documents afterwards; docs when nil
		inside []string // what the first has twice each in its box afterwards
	}{
		{
			name: "new type", before: product(nil, name), docs: []values{{"name": "a"}},
			after: []core.Spec{product(nil, name), product(moved, name)},
			steps: [][]string{{`The collection "goods" is made`, "the new type Good"}},
		},
		{
			name: "renamed", before: product(nil, name), docs: []values{{"name": "a"}, {"name": "b"}},
			after:   []core.Spec{product(moved, name)},
			refused: [][]string{{"The type Product is gone, whose 2 documents are", "Good is new", `@model(collection: "products", idPrefix: "product") on Good`, "migrate --forget Product"}},
			mended:  []core.Spec{product(renamed, name)},
		},
		{
			name: "one of two may be the new name", before: product(nil, name), docs: []values{{"name": "a"}},
			after:   []core.Spec{product(moved, name), product(func(s *core.Spec) { s.Type, s.Name, s.Prefix = "Part", "parts", "part" }, name)},
			refused: [][]string{{"whose 1 document is", "these are new: Good, Part. If one of them"}},
			mended:  []core.Spec{product(nil, name)},
		},
		{
			name: "collection renamed", before: product(nil, name), docs: []values{{"name": "a"}},
			after:   []core.Spec{product(func(s *core.Spec) { s.Name = "goods" }, name)},
			refused: [][]string{{"Product is declared with another collection", `"products"`, `@model(collection: "products", idPrefix: "product") on Product`}},
			mended:  []core.Spec{product(nil, name)},
		},
		{
			name: "prefix changed", before: product(nil, name), docs: []values{{"name": "a"}},
			after:   []core.Spec{product(func(s *core.Spec) { s.Prefix = "item" }, name)},
			refused: [][]string{{`The ids of Product begin with "product_"`, `"item"`, `@model(idPrefix: "product")`}},
			mended:  []core.Spec{product(nil, name)},
		},
		{
			name: "removed type", before: product(nil, name), docs: []values{{"name": "a"}},
			warned: []string{"Product is no longer declared", `1 document is in the collection \"products\"`},
		},
		{
			name: "removed empty type", before: product(nil, name), after: []core.Spec{product(moved, name)},
			steps: [][]string{{"Product is no longer declared, and had no documents"}, {`The collection "goods" is made`}},
		},
		{
			name: "nullable field", before: product(nil, name), docs: []values{{"name": "a"}},
			after: []core.Spec{product(nil, name, core.Attribute{Name: "stock", Kind: core.Int})},
		},
		{
			name: "required field", before: product(nil, name), docs: []values{{"name": "a"}, {"name": "b"}},
			after:   []core.Spec{product(nil, name, core.Attribute{Name: "stock", Kind: core.Int, Required: true})},
			refused: [][]string{{"The field stock of Product must have a value", "2 documents have", "product_001", "@default(value: …)", "let it be null"}},
			mended:  []core.Spec{product(nil, name, core.Attribute{Name: "stock", Kind: core.Int, Required: true, Default: int64(3)})},
			want:    []values{{"name": "a", "stock": int64(3)}, {"name": "b", "stock": int64(3)}},
		},
		{
			name: "required reference", before: product(nil, name), docs: []values{{"name": "a"}},
			after:   []core.Spec{product(nil, name, core.Attribute{Name: "makerId", Required: true, Reference: "users"})},
			refused: [][]string{{"The field makerId of Product must have a value", "Let it be null, or give each"}},
			mended:  []core.Spec{product(nil, name, core.Attribute{Name: "makerId", Reference: "users"})},
		},
		{
			name: "no longer null", before: product(nil, name), docs: []values{{"name": "a"}, {"name": nil}},
			after: []core.Spec{product(nil, core.Attribute{Name: "name", Required: true, Default: "none"})},
			steps: [][]string{{"The field name of Product", `its default, "none", in 1 document.`}},
			want:  []values{{"name": "a"}, {"name": "none"}},
		},
		{
			name: "kind changed", before: product(nil, core.Attribute{Name: "size"}), docs: []values{{"size": "XL"}, {"size": nil}},
			after:   []core.Spec{product(column("size", core.Int, false), core.Attribute{Name: "size", Kind: core.Int})},
			refused: [][]string{{"The field size of Product is declared as an Int", "1 document holds", "a String in product_001", "under another name"}},
			mended:  []core.Spec{product(nil, core.Attribute{Name: "size"}, core.Attribute{Name: "sizeNumber", Kind: core.Int})},
		},
		{
			name: "kind changed without values", before: product(nil, core.Attribute{Name: "size"}), docs: []values{{"size": nil}},
			after: []core.Spec{product(column("size", core.Int, false), core.Attribute{Name: "size", Kind: core.Int})},
			steps: [][]string{{"The indexes of Product"}, {"The files to which its"}},
		},
		{
			name: "Int to Float", before: product(nil, core.Attribute{Name: "size", Kind: core.Int}), docs: []values{{"size": int64(3)}},
			after: []core.Spec{product(nil, core.Attribute{Name: "size", Kind: core.Float})},
		},
		{
			name: "Int to Decimal", before: product(nil, core.Attribute{Name: "cost", Kind: core.Int}), docs: []values{{"cost": int64(3)}},
			after: []core.Spec{product(column("cost", core.Decimal, true), core.Attribute{Name: "cost", Kind: core.Decimal})},
			steps: [][]string{{"The indexes of Product"}},
		},
		{
			name: "Float to Decimal", before: product(nil, core.Attribute{Name: "cost", Kind: core.Float}), docs: []values{{"cost": 0.1}},
			after:   []core.Spec{product(column("cost", core.Decimal, false), core.Attribute{Name: "cost", Kind: core.Decimal})},
			refused: [][]string{{"The field cost of Product is declared as a Decimal", "a Float in product_001"}},
			mended:  []core.Spec{product(nil, core.Attribute{Name: "cost", Kind: core.Float}, core.Attribute{Name: "exactCost", Kind: core.Decimal})},
		},
		{
			name: "Decimals that are equal", before: product(nil, core.Attribute{Name: "cost", Kind: core.Decimal}),
			docs:    []values{{"cost": value.MustDecimal("1.5")}, {"cost": value.MustDecimal("2")}, {"cost": value.MustDecimal("1.50")}},
			after:   []core.Spec{product(column("cost", core.Decimal, true), core.Attribute{Name: "cost", Kind: core.Decimal})},
			refused: [][]string{{"must be unique", "both product_001 and product_003", `"1.5"`}},
			mended:  []core.Spec{product(nil, core.Attribute{Name: "cost", Kind: core.Decimal})},
		},
		{
			name: "required Decimal", before: product(nil, name), docs: []values{{"name": "a"}},
			after: []core.Spec{product(nil, name, core.Attribute{Name: "cost", Kind: core.Decimal, Required: true, Default: value.MustDecimal("9.90")},
				core.Attribute{Name: "on", Kind: core.Date, Required: true, Default: value.Date("2026-03-01")}, core.Attribute{Name: "meta", Kind: core.JSON, Required: true, Default: value.JSON(`{"a":1.0}`)})},
			steps: [][]string{{`its default, "9.90", in 1 document.`}, {`its default, "2026-03-01", in 1 document.`}, {`its default, {"a":1.0}, in 1 document.`}},
			want:  []values{{"name": "a", "on": "2026-03-01", "meta": `{"a":1.0}`}},
		},
		{
			name: "String to Date and JSON", before: product(nil, core.Attribute{Name: "on"}, core.Attribute{Name: "meta"}), docs: []values{{"on": "2026-03-01", "meta": `{"a":1.0}`}, {"on": nil, "meta": "7"}},
			after: []core.Spec{product(column("on", core.Date, false), core.Attribute{Name: "on", Kind: core.Date}, core.Attribute{Name: "meta", Kind: core.JSON})},
			steps: [][]string{{"The indexes of Product"}, {"The files to which its"}},
		},
		{
			name: "String that is no Date or JSON", before: product(nil, core.Attribute{Name: "on"}, core.Attribute{Name: "meta"}), docs: []values{{"on": "1 March", "meta": "hello"}},
			after:   []core.Spec{product(column("on", core.Date, false), core.Attribute{Name: "on", Kind: core.Date}, core.Attribute{Name: "meta", Kind: core.JSON})},
			refused: [][]string{{"The field on of Product is declared as a Date", "a String in product_001"}, {"The field meta of Product is declared as a JSON", "a String in product_001"}},
			mended:  []core.Spec{product(nil, core.Attribute{Name: "on"}, core.Attribute{Name: "meta"})},
		},
		{
			name: "Date and JSON to String", before: product(nil, core.Attribute{Name: "on", Kind: core.Date}, core.Attribute{Name: "meta", Kind: core.JSON}), docs: []values{{"on": "2026-03-01", "meta": "[]"}},
			after: []core.Spec{product(column("on", core.String, false), core.Attribute{Name: "on"}, core.Attribute{Name: "meta"})},
			steps: [][]string{{"The indexes of Product"}, {"The files to which its"}},
		},
		{
			name: "Time to Date", before: product(nil, core.Attribute{Name: "on", Kind: core.Time}), docs: []values{{"on": time.UnixMilli(0)}},
			after:   []core.Spec{product(nil, core.Attribute{Name: "on", Kind: core.Date})},
			refused: [][]string{{"is declared as a Date", "a Time in product_001"}},
			mended:  []core.Spec{product(nil, core.Attribute{Name: "on", Kind: core.Time})},
		},
		{
			name: "Int64 to Int", before: product(nil, core.Attribute{Name: "size", Kind: core.Int}), docs: []values{{"size": int64(3)}, {"size": int64(1 << 40)}},
			after:   []core.Spec{product(nil, core.Attribute{Name: "size", Kind: core.Int, Bits: 32})},
			refused: [][]string{{"is declared as an Int,", "1 document holds", "an Int64 of more than 32 bits"}},
			mended:  []core.Spec{product(nil, core.Attribute{Name: "size", Kind: core.Int})},
		},
		{
			name: "a reference to another type", before: product(nil, core.Attribute{Name: "owner", Reference: "users"}), docs: []values{{"owner": "user_1"}},
			after:   []core.Spec{product(nil, core.Attribute{Name: "owner", Reference: "assets"})},
			refused: [][]string{{"a reference to ids that begin with \"asset_\"", "the id \"user_1\" in product_001"}},
			mended:  []core.Spec{product(nil, core.Attribute{Name: "owner", Reference: "users"})},
		},
		{
			name: "inside: a field retyped", before: boxed(false, width), docs: []values{{"box": values{"w": int64(1)}}, {"box": nil}},
			after:   []core.Spec{boxed(false, core.Attribute{Name: "w"})},
			refused: [][]string{{"The field w of Box inside Product is declared as a String", "1 document holds", "an Int in product_001"}},
			mended:  []core.Spec{boxed(false, width)},
		},
		{
			name: "inside: a new required field, in a list", before: boxed(true, width), docs: []values{{"box": []values{{"w": int64(1)}, {"w": int64(2)}}}, {"box": []values{}}},
			after:   []core.Spec{boxed(true, width, core.Attribute{Name: "colour", Required: true})},
			refused: [][]string{{"The field colour of Box inside Product must have a value", "1 document has", "product_001"}},
			mended:  []core.Spec{boxed(true, width)},
		},
		{
			name: "inside: a default, at all levels of a tree", before: boxed(true, width, deep),
			docs:   []values{{"box": []values{{"w": int64(1), "boxes": []values{{"w": int64(2), "boxes": []values{}}}}}}},
			after:  []core.Spec{boxed(true, width, deep, core.Attribute{Name: "n", Kind: core.Int, Required: true, Default: int64(7)})},
			steps:  [][]string{{"The field n of Box inside Product gets its default, 7, in 1 document."}},
			inside: []string{`"n":{"$numberLong":"7"}`},
		},
		{
			name: "inside: defaults of every kind, in a list", before: boxed(true, width),
			docs: []values{{"box": []values{{"w": int64(1)}, {"w": int64(2)}}}, {"box": []values{}}},
			after: []core.Spec{boxed(true, width,
				core.Attribute{Name: "text", Required: true, Default: "DE"}, core.Attribute{Name: "on", Kind: core.Bool, Default: true},
				core.Attribute{Name: "day", Kind: core.Date, Required: true, Default: value.Date("2026-03-01")},
				core.Attribute{Name: "cost", Kind: core.Decimal, Required: true, Default: value.MustDecimal("1.50")},
				core.Attribute{Name: "more", Kind: core.JSON, Required: true, Default: value.JSON(`[1]`)})},
			steps: [][]string{
				{"The indexes of Product"}, {"The field text of Box inside Product gets its default, \"DE\", in 1 document."},
				{"The field on of Box inside Product gets its default, true"}, {"The field day of Box", "2026-03-01"},
				{"The field cost of Box", "1.50"}, {"The field more of Box", "[1]"},
			},
			inside: []string{`"text":"DE"`, `"on":true`, `"day":"2026-03-01"`, `"cost":{"$numberDecimal":"1.50"}`, `"more":"[1]"`},
		},
		{
			name: "inside: a default of what is no longer null", before: boxed(false, core.Attribute{Name: "name"}, core.Attribute{Name: "box", Kind: core.Document, Type: "Box"}),
			docs:   []values{{"box": values{"name": nil, "box": values{"name": nil, "box": nil}}}, {"box": nil}},
			after:  []core.Spec{boxed(false, core.Attribute{Name: "name", Required: true, Default: "a"}, core.Attribute{Name: "box", Kind: core.Document, Type: "Box"})},
			steps:  [][]string{{"The field name of Box inside Product gets its default, \"a\", in 1 document."}},
			inside: []string{`"name":"a"`},
		},
		{
			name: "inside: no longer null, at the depth of a tree", before: boxed(true, core.Attribute{Name: "name"}, deep),
			docs:    []values{{"box": []values{{"name": "a", "boxes": []values{{"name": nil, "boxes": []values{}}}}}}},
			after:   []core.Spec{boxed(true, core.Attribute{Name: "name", Required: true}, deep)},
			refused: [][]string{{"The field name of Box inside Product must have a value", "product_001"}},
			mended:  []core.Spec{boxed(true, core.Attribute{Name: "name"}, deep)},
		},
		{
			name: "inside: an enum value removed", before: boxed(false, core.Attribute{Name: "w", Values: []string{"S", "L"}}), docs: []values{{"box": values{"w": "S"}}},
			after:   []core.Spec{boxed(false, core.Attribute{Name: "w", Values: []string{"L"}})},
			refused: [][]string{{"The value S is not declared for the field w of Box inside Product"}},
			mended:  []core.Spec{boxed(false, core.Attribute{Name: "w", Values: []string{"L", "S"}})},
		},
		{
			name: "inside: what allows more", before: boxed(false, core.Attribute{Name: "w", Kind: core.Int, Bits: 32, Required: true}), docs: []values{{"box": values{"w": int32(1)}}},
			after: []core.Spec{boxed(false, core.Attribute{Name: "w", Kind: core.Float}, core.Attribute{Name: "h", Kind: core.Float})},
		},
		{
			name: "inside: a field removed", before: boxed(false, width, core.Attribute{Name: "h", Kind: core.Int}), docs: []values{{"box": values{"w": int64(1), "h": int64(1)}}},
			after:  []core.Spec{boxed(false, width)},
			warned: []string{"The type Box no longer has the field h"},
		},
		{
			name: "one made a list of embedded", before: boxed(false, width), docs: []values{{"box": values{"w": int64(1)}}},
			after:   []core.Spec{boxed(true, width)},
			refused: [][]string{{"The field box of Product is declared as a list", "product_001"}},
			mended:  []core.Spec{boxed(false, width)},
		},
		{
			name: "a tighter constraint", before: crated(""), docs: []values{{"name": "long name", "boxes": []values{{"w": int64(1)}}}, {"name": "ok", "boxes": []values{{"w": int64(99)}, {"w": int64(98)}}}},
			after:  []core.Spec{crated("max: 10")},
			warned: []string{"A constraint of Product is broken by 1 document, such as product_002: boxes.w must be at most 10", "name must have at most 5"},
		},
		{
			name: "made a list", before: product(nil, name), docs: []values{{"name": "a"}},
			after:   []core.Spec{product(nil, core.Attribute{Name: "name", Array: true})},
			refused: [][]string{{"is declared as a list of String", "a String in product_001"}},
			mended:  []core.Spec{product(nil, name)},
		},
		{
			name: "enum value removed", before: product(nil, core.Attribute{Name: "state", Values: []string{"NEW", "OLD", "GONE"}}),
			docs:    []values{{"state": "OLD"}, {"state": "OLD"}, {"state": "NEW"}},
			after:   []core.Spec{product(nil, core.Attribute{Name: "state", Values: []string{"NEW"}})},
			refused: [][]string{{"The value OLD is not declared for the field state of Product", "2 documents hold it", "Declare it again"}},
			mended:  []core.Spec{product(nil, core.Attribute{Name: "state", Values: []string{"NEW", "OLD"}})},
		},
		{
			name: "field removed", before: product(nil, name, core.Attribute{Name: "size", Kind: core.Int}), docs: []values{{"name": "a", "size": int64(3)}},
			after:  []core.Spec{product(nil, name)},
			warned: []string{"The type Product no longer has the field size; its values stay"},
		},
		{
			name: "unique", before: product(nil, name), docs: []values{{"name": "x"}, {"name": nil}, {"name": "same"}, {"name": nil}, {"name": "same"}},
			after:   []core.Spec{product(column("name", core.String, true), name)},
			refused: [][]string{{"The field name of Product must be unique", "both product_003 and product_005", `"same"`}},
			mended:  []core.Spec{product(column("name", core.String, false), name)},
		},
		{
			name: "unique in a guarded field", before: product(nil, name), docs: []values{{"name": "same"}, {"name": "same"}},
			after:   []core.Spec{product(column("name", core.String, true), core.Attribute{Name: "name", Guard: []core.Rule{{Verbs: core.Read, Role: core.Admin}}})},
			refused: [][]string{{"both product_001 and product_002 hold the same value in it."}},
			mended:  []core.Spec{product(nil, name)},
		},
		{
			name: "all at once", before: product(nil, name, core.Attribute{Name: "size"}), docs: []values{{"name": "a", "size": "L"}},
			after:   []core.Spec{product(nil, core.Attribute{Name: "name", Kind: core.Bool}, core.Attribute{Name: "size", Values: []string{"XL"}}, core.Attribute{Name: "stock", Kind: core.Int, Required: true, Default: int64(0)})},
			refused: [][]string{{"name of Product"}, {"The value L"}},
			mended:  []core.Spec{product(nil, name, core.Attribute{Name: "size"})},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			y := newYard(t)
			y.mustStart(t, test.before)
			coll := "products"
			y.insert(t, coll, test.docs...)
			stored := y.read(t, coll)

			m := y.plan(t, test.after)
			if len(m.Refusals) != len(test.refused) || len(test.refused) == 0 && len(m.Steps) != len(test.steps) {
				t.Fatalf("steps %q, refusals %q", m.Steps, m.Refusals)
			}
			for i, parts := range test.refused {
				if !contains(m.Refusals[i], parts...) {
					t.Errorf("refused: %s\nwant %q", m.Refusals[i], parts)
				}
			}
			for i, parts := range test.steps {
				if !contains(m.Steps[i], parts...) {
					t.Errorf("step: %s\nwant %q", m.Steps[i], parts)
				}
			}
			err := y.start(t, test.after...)
			if test.refused != nil {
				if !core.Is(err, core.Conflict) || strings.Count(err.Error(), "\n- ") != len(test.refused) || !contains(err.Error(), m.Refusals...) {
					t.Fatalf("started: %v", err)
				}
				if got := y.read(t, coll); !reflect.DeepEqual(got, stored) {
					t.Errorf("a refused start left %v", got)
				}
				y.mustStart(t, test.mended...)
			} else if err != nil {
				t.Fatal(err)
			} else if !contains(y.log.String(), test.warned...) {
				t.Errorf("the log is %s", y.log.String())
			}
			for _, part := range test.inside {
				if got := fmt.Sprint(y.read(t, coll)[0]["box"]); strings.Count(got, part) != 2 {
					t.Errorf("box is %s, want %s twice", got, part)
				}
			}
			if test.inside != nil {
				return
			}
			want := test.want
			if want == nil {
				want = stored
			}
			got := y.read(t, coll)
			for i := range want {
				for k, v := range want[i] {
					if !reflect.DeepEqual(got[i][k], v) {
						t.Errorf("document %d: %s is %#v, want %#v", i, k, got[i][k], v)
					}
				}
			}
			// What was brought about is known at the next start.
			last := test.after
			if test.refused != nil {
				last = test.mended
			}
			if m := y.plan(t, last); len(m.Steps)+len(m.Warnings)+len(m.Refusals) > 0 {
				t.Errorf("once more: %q %q %q", m.Steps, m.Warnings, m.Refusals)
			}
		})
	}
}

func TestForget(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	name := core.Attribute{Name: "name"}
	y.mustStart(t, product(nil, name))
	y.insert(t, "products", values{"name": "a"})
	good := product(func(s *core.Spec) { s.Type, s.Name, s.Prefix = "Good", "goods", "good" }, name)
	if err := y.start(t, good); err == nil {
		t.Fatal("started")
	}
	for _, typ := range []string{"Nonsense", "Good"} {
		if _, err := core.PlanMigration(t.Context(), y.docs, append(model.Specs(), good), typ); !core.Is(err, core.Invalid) || !strings.Contains(err.Error(), "no type "+typ+" to forget") {
			t.Errorf("forget %s: %v", typ, err)
		}
	}
	m := y.plan(t, []core.Spec{good}, "Product")
	if len(m.Refusals) != 0 || len(m.Steps) != 2 || !contains(m.Steps[0], "Product is forgotten", `1 document is in the collection "products" still`) {
		t.Fatalf("%q %q", m.Steps, m.Refusals)
	}
	if err := m.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	y.mustStart(t, good)
	// Declared again, the type finds its documents, whatever happened to them.
	strict := product(nil, core.Attribute{Name: "name", Kind: core.Int})
	if err := y.start(t, good, strict); err == nil || !contains(err.Error(), "The field name of Product is declared as an Int") {
		t.Errorf("started: %v", err)
	}
	m = y.plan(t, []core.Spec{good, product(nil, name)})
	if len(m.Steps) != 2 || !contains(m.Steps[0], "The 1 document is", "become those of the type Product") || !contains(m.Steps[1], "The files to which") {
		t.Errorf("%q", m.Steps)
	}
	y.mustStart(t, good, product(nil, name))
	if got := y.read(t, "products"); len(got) != 1 || got[0]["name"] != "a" {
		t.Errorf("left %v", got)
	}
}

// A type that was removed earlier is not taken for the old name of another.
func TestRemovedEarlier(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	size := core.Attribute{Name: "size"}
	y.mustStart(t, product(nil, size))
	y.insert(t, "products", values{"size": "L"})
	y.mustStart(t)
	y.mustStart(t, product(func(s *core.Spec) { s.Type, s.Name, s.Prefix = "Good", "goods", "good" }))
	// Neither is a field that comes back as something else.
	y.mustStart(t, product(nil))
	if err := y.start(t, product(nil, core.Attribute{Name: "size", Kind: core.Int})); err == nil || !contains(err.Error(), "The field size of Product is declared as an Int") {
		t.Errorf("started: %v", err)
	}
	y.mustStart(t, product(nil, size))
}

// A plan writes nothing, and needs no store to say what a first start makes.
func TestPlanWritesNothing(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	for _, docs := range []core.DocStore{y.docs, nil} {
		m, err := core.PlanMigration(t.Context(), docs, model.Specs())
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Steps) != 8 || !contains(m.Steps[5], `The collection "posts" is made`) || m.Err() != nil {
			t.Errorf("%q", m.Steps)
		}
	}
	if err := y.docs.Write(t.Context(), core.Op{Kind: core.OpDelete, Coll: "posts", Optional: true}); err == nil {
		t.Error("the collection is there")
	}
}

// Defaults are filled in by several servers that start at once, also when an
// earlier one was cut short, beside clients that write.
func TestFillAtOnce(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	before := product(nil, core.Attribute{Name: "name"})
	y.mustStart(t, before)
	docs := make([]values, 450)
	for i := range docs {
		docs[i] = values{"name": fmt.Sprint(i)}
		if i%3 == 0 { // filled by whoever was cut short, or written by a client
			docs[i]["stock"] = int64(9)
		}
	}
	y.insert(t, "products", docs...)
	after := product(column("stock", core.Int, false), core.Attribute{Name: "name"}, core.Attribute{Name: "stock", Kind: core.Int, Required: true, Default: int64(1)})
	plans := make([]*core.Migration, 3)
	for i := range plans {
		plans[i] = y.plan(t, []core.Spec{after})
		if s := plans[i].Steps; len(s) != 2 || !contains(s[1], "gets its default, 1, in 300 documents") {
			t.Fatalf("%q", s)
		}
	}
	errs := make(chan error)
	for _, m := range plans {
		go func() { errs <- m.Apply(context.WithoutCancel(t.Context())) }()
	}
	for range plans {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	for i, d := range y.read(t, "products") {
		want := int64(1)
		if i%3 == 0 {
			want = 9
		}
		if d["stock"] != want || d["name"] != fmt.Sprint(i) {
			t.Errorf("document %d is %v", i, d)
		}
	}
	if n, err := y.docs.Count(t.Context(), "products", core.Query{Filter: core.Eq("stock", 1)}); n != 300 || err != nil {
		t.Errorf("%d found by their default, %v", n, err)
	}
	if m := y.plan(t, []core.Spec{after}); len(m.Steps) > 0 {
		t.Errorf("once more: %q", m.Steps)
	}
}

// A start at which nothing changed costs one read.
func TestPlanReadsOnce(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	specs := manyTypes(20)
	y.mustStart(t, specs...)
	calls := &callCounter{DocStore: y.docs}
	m, err := core.PlanMigration(t.Context(), calls, append(model.Specs(), specs...))
	if err != nil || len(m.Steps) > 0 || calls.finds != 1 || calls.counts != 0 {
		t.Errorf("%d finds, %d counts, %q, %v", calls.finds, calls.counts, m.Steps, err)
	}
}

// callCounter counts what is asked of a store.
type callCounter struct {
	core.DocStore
	finds, counts int
}

func (c *callCounter) Find(ctx context.Context, coll string, q core.Query) iter.Seq2[core.Doc, error] {
	c.finds++
	return c.DocStore.Find(ctx, coll, q)
}

func (c *callCounter) Count(ctx context.Context, coll string, q core.Query) (int64, error) {
	c.counts++
	return c.DocStore.Count(ctx, coll, q)
}

func manyTypes(n int) (specs []core.Spec) {
	for i := range n {
		s := product(nil)
		s.Type, s.Name, s.Prefix = fmt.Sprint("Type", i), fmt.Sprint("type", i), fmt.Sprint("t", i)
		for k := range 20 {
			s.Attributes = append(s.Attributes, core.Attribute{Name: fmt.Sprint("field", k), Values: []string{"A", "B"}})
		}
		specs = append(specs, s)
	}
	return specs
}

// BenchmarkPlan is what a start pays at which nothing changed, for 100 types of
// 20 fields.
func BenchmarkPlan(b *testing.B) {
	y := newYard(b)
	specs := manyTypes(100)
	y.mustStart(b, specs...)
	for b.Loop() {
		y.plan(b, specs)
	}
}

// BenchmarkSurvey is what a look at 10,000 documents costs.
func BenchmarkSurvey(b *testing.B) {
	y := newYard(b)
	name := core.Attribute{Name: "name"}
	y.mustStart(b, product(nil, name))
	docs := make([]values, 10_000)
	for i := range docs {
		docs[i] = values{"name": fmt.Sprint(i), "text": strings.Repeat("x", 500)}
	}
	for part := range slices.Chunk(docs, 999) {
		ops := make([]core.Op, len(part))
		for i, v := range part {
			ops[i] = core.Op{Kind: core.OpInsert, Coll: "products", Doc: &item{Head: core.Head{ID: "product_" + v["name"].(string), Version: 7}, Values: v}}
		}
		if err := y.docs.Write(b.Context(), ops...); err != nil {
			b.Fatal(err)
		}
	}
	after := product(column("name", core.String, true), core.Attribute{Name: "name", Required: true})
	for b.Loop() {
		if m := y.plan(b, []core.Spec{after}); len(m.Refusals) > 0 {
			b.Fatal(m.Refusals)
		}
	}
}
