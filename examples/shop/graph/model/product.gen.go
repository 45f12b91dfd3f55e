// Code generated from schema/product.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"regexp"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// Product is the type Product of the schema. Something the shop sells.
type Product struct {
	core.Head `bson:",inline"`
	// What it is called.
	Name string `bson:"name"`
	// Stock keeping unit: two letters, a hyphen, digits.
	Sku string `bson:"sku"`
	// In cents.
	Price int32 `bson:"price"`
	// Tax on the price, as a fraction: 0.20 is 20 %.
	TaxRate value.Decimal `bson:"taxRate"`
	// The first day on which it is sold.
	AvailableFrom *value.Date `bson:"availableFrom"`
	// Whatever else there is to say, in a form of one's own.
	Attributes *value.JSON `bson:"attributes"`
	// What kind of thing it is.
	Kind ProductKind `bson:"kind"`
	// Whether everybody sees it.
	Published bool `bson:"published"`
	// Its outer measures; null for what has none.
	Dimensions *Dimensions `bson:"dimensions"`
	// What it is made of, part by part.
	Parts []*Part `bson:"parts"`
	// Words to find it by.
	Tags []string `bson:"tags"`
	// Pictures of it, the best one first.
	PhotoIds []string `bson:"photoIds"`
	// Who makes it.
	MakerID *string `bson:"makerId"`
	// What the shop pays, in cents. Only admins know it.
	CostPrice *int32 `bson:"costPrice"`
	// Everything there is to say, in Markdown.
	Story *string `bson:"story"`
}

// The pages, their edges and the changes of products.
type (
	ProductConnection = core.Page[Product]
	ProductEdge       = core.Edge[Product]
	ProductChange     = core.Change[Product]
)

var product_SkuForm = regexp.MustCompile("^(?:[A-Z]{2}-[0-9]{3,8})$")

var product_PriceBounds = core.Bounds{Min: new(value.MustDecimal("0"))}

var product_TaxRateBounds = core.Bounds{Min: new(value.MustDecimal("0")), Max: new(value.MustDecimal("1")), MultipleOf: new(value.MustDecimal("0.001"))}

// Constraints reports what breaks the constraints of the schema.
func (d *Product) Constraints(c *core.Checker) {
	c.Text("name", d.Name, 1, 200)
	c.Text("sku", d.Sku, 0, 10000)
	c.Pattern("sku", d.Sku, product_SkuForm)
	c.Number("price", value.DecimalOf(d.Price), product_PriceBounds)
	c.Number("taxRate", d.TaxRate, product_TaxRateBounds)
	if d.AvailableFrom != nil {
		c.Value("availableFrom", *d.AvailableFrom)
	}
	if d.Attributes != nil {
		c.Value("attributes", *d.Attributes)
	}
	if d.Dimensions != nil {
		c.Inside("dimensions", d.Dimensions)
	}
	c.Items("parts", len(d.Parts), 0, 100)
	for i, e := range d.Parts {
		c.Inside(core.At("parts", i), e)
	}
	c.Items("tags", len(d.Tags), 0, 10)
	core.Distinct(c, "tags", d.Tags)
	for i, e := range d.Tags {
		c.Text(core.At("tags", i), e, 0, 30)
	}
	if d.Story != nil {
		c.Text("story", *d.Story, 0, 100000)
	}
	c.Items("photoIds", len(d.PhotoIds), 0, 100)
}
