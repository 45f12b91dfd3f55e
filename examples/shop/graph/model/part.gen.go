// Code generated from schema/product.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// Part is the type Part of the schema, which stands inside documents. A part, which may have parts of its own.
type Part struct {
	// What the part is called.
	Name string `bson:"name"`
	// How many of it there are.
	Quantity int32 `bson:"quantity"`
	// The parts that it is made of.
	Parts []*Part `bson:"parts"`
}

var part_QuantityBounds = core.Bounds{Min: new(value.MustDecimal("1"))}

// Constraints reports what breaks the constraints of the schema.
func (d *Part) Constraints(c *core.Checker) {
	c.Text("name", d.Name, 1, 100)
	c.Number("quantity", value.DecimalOf(d.Quantity), part_QuantityBounds)
	c.Items("parts", len(d.Parts), 0, 100)
	for i, e := range d.Parts {
		c.Inside(core.At("parts", i), e)
	}
}
