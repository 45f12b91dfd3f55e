// Code generated from schema/product.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"regexp"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// Product is the type Product of the schema. Every kind of field: "quoted", a \back\slash, and `code`.
//
// A second paragraph. In its time. And core. And """ too.
type Product struct {
	core.Head `bson:",inline"`
	// Says "hello", with a \backslash.
	Name        string          `bson:"name"`
	Sku         string          `bson:"sku"`
	Ean         *string         `bson:"ean"`
	Price       int32           `bson:"price"`
	Views       int64           `bson:"views"`
	Weight      *float64        `bson:"weight"`
	Ratio       float64         `bson:"ratio"`
	Stock       *int32          `bson:"stock"`
	Published   bool            `bson:"published"`
	Featured    *bool           `bson:"featured"`
	AvailableAt *time.Time      `bson:"availableAt"`
	MadeAt      time.Time       `bson:"madeAt"`
	MadeOn      value.Date      `bson:"madeOn"`
	SoldOn      *value.Date     `bson:"soldOn"`
	Holidays    []value.Date    `bson:"holidays"`
	Cost        value.Decimal   `bson:"cost"`
	Discount    *value.Decimal  `bson:"discount"`
	Rates       []value.Decimal `bson:"rates"`
	Meta        *value.JSON     `bson:"meta"`
	Settings    value.JSON      `bson:"settings"`
	More        []value.JSON    `bson:"more"`
	Kind        ProductKind     `bson:"kind"`
	OtherKind   *ProductKind    `bson:"otherKind"`
	// A bell .
	Kinds        []ProductKind     `bson:"kinds"`
	Visibility   core.Visibility   `bson:"visibility"`
	Visibilities []core.Visibility `bson:"visibilities"`
	Mail         *string           `bson:"mail"`
	Site         *string           `bson:"site"`
	Slug         string            `bson:"slug"`
	Token        *string           `bson:"token"`
	Tags         []string          `bson:"tags"`
	Codes        []string          `bson:"codes"`
	Numbers      []int32           `bson:"numbers"`
	Floats       []float64         `bson:"floats"`
	Flags        []bool            `bson:"flags"`
	Days         []time.Time       `bson:"days"`
	// A bell , and a line
	// broken.
	Greeting string      `bson:"greeting"`
	Size     *Dimensions `bson:"size"`
	Box      *Dimensions `bson:"box"`
	Parts    []*Part     `bson:"parts"`
	Story    *string     `bson:"story"`
	Manual   string      `bson:"manual"`
}

// The pages, their edges and the changes of products.
type (
	ProductConnection = core.Page[Product]
	ProductEdge       = core.Edge[Product]
	ProductChange     = core.Change[Product]
)

var product_SkuForm = regexp.MustCompile("^(?:[A-Z]{2}-\\d{3,8})$")

var product_PriceBounds = core.Bounds{Min: new(value.MustDecimal("0")), Max: new(value.MustDecimal("1000000000"))}

var product_ViewsBounds = core.Bounds{Above: new(value.MustDecimal("-1"))}

var product_WeightBounds = core.Bounds{Above: new(value.MustDecimal("0")), Below: new(value.MustDecimal("1000.5")), MultipleOf: new(value.MustDecimal("0.5"))}

var product_CostBounds = core.Bounds{Min: new(value.MustDecimal("0")), Below: new(value.MustDecimal("100000000000000000000")), MultipleOf: new(value.MustDecimal("0.01"))}

var product_RatesBounds = core.Bounds{Max: new(value.MustDecimal("12345678901234567890.12"))}

var product_TagsForm = regexp.MustCompile("^(?:[a-z]+)$")

var product_NumbersBounds = core.Bounds{Min: new(value.MustDecimal("1")), Max: new(value.MustDecimal("9"))}

// Constraints reports what breaks the constraints of the schema.
func (d *Product) Constraints(c *core.Checker) {
	c.Text("name", d.Name, 1, 200)
	c.Text("sku", d.Sku, 0, 10000)
	c.Pattern("sku", d.Sku, product_SkuForm)
	if d.Ean != nil {
		c.Text("ean", *d.Ean, 0, 10000)
	}
	c.Number("price", value.DecimalOf(d.Price), product_PriceBounds)
	c.Number("views", value.DecimalOf(d.Views), product_ViewsBounds)
	if d.Weight != nil {
		c.Number("weight", value.DecimalOf(*d.Weight), product_WeightBounds)
	}
	c.Value("madeOn", d.MadeOn)
	if d.SoldOn != nil {
		c.Value("soldOn", *d.SoldOn)
	}
	c.Items("holidays", len(d.Holidays), 0, 100)
	for i, e := range d.Holidays {
		c.Value(core.At("holidays", i), e)
	}
	c.Number("cost", d.Cost, product_CostBounds)
	c.Items("rates", len(d.Rates), 0, 100)
	core.Distinct(c, "rates", d.Rates)
	for i, e := range d.Rates {
		c.Number(core.At("rates", i), e, product_RatesBounds)
	}
	if d.Meta != nil {
		c.Value("meta", *d.Meta)
	}
	c.Value("settings", d.Settings)
	c.Items("more", len(d.More), 0, 100)
	for i, e := range d.More {
		c.Value(core.At("more", i), e)
	}
	c.Items("kinds", len(d.Kinds), 0, 3)
	core.Distinct(c, "kinds", d.Kinds)
	c.Items("visibilities", len(d.Visibilities), 0, 100)
	if d.Mail != nil {
		c.Text("mail", *d.Mail, 0, 10000)
		c.Format("mail", *d.Mail, core.Email)
	}
	if d.Site != nil {
		c.Text("site", *d.Site, 0, 10000)
		c.Format("site", *d.Site, core.URL)
	}
	c.Text("slug", d.Slug, 0, 10000)
	c.Format("slug", d.Slug, core.Slug)
	if d.Token != nil {
		c.Text("token", *d.Token, 0, 10000)
		c.Format("token", *d.Token, core.UUID)
	}
	c.Items("tags", len(d.Tags), 1, 10)
	core.Distinct(c, "tags", d.Tags)
	for i, e := range d.Tags {
		c.Text(core.At("tags", i), e, 1, 30)
		c.Pattern(core.At("tags", i), e, product_TagsForm)
	}
	c.Items("codes", len(d.Codes), 0, 100)
	for i, e := range d.Codes {
		c.Text(core.At("codes", i), e, 0, 10000)
	}
	c.Items("numbers", len(d.Numbers), 0, 100)
	core.Distinct(c, "numbers", d.Numbers)
	for i, e := range d.Numbers {
		c.Number(core.At("numbers", i), value.DecimalOf(e), product_NumbersBounds)
	}
	c.Items("floats", len(d.Floats), 0, 100)
	c.Items("flags", len(d.Flags), 0, 100)
	c.Items("days", len(d.Days), 0, 100)
	c.Text("greeting", d.Greeting, 0, 50)
	if d.Size != nil {
		c.Inside("size", d.Size)
	}
	if d.Box != nil {
		c.Inside("box", d.Box)
	} else {
		c.Add("box", "REQUIRED", "must not be null", nil)
	}
	c.Items("parts", len(d.Parts), 0, 7)
	for i, e := range d.Parts {
		c.Inside(core.At("parts", i), e)
	}
	if d.Story != nil {
		c.Text("story", *d.Story, 0, 100000)
	}
	c.Text("manual", d.Manual, 0, 10000)
}
