// Code generated from schema/product.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// Dimensions is the type Dimensions of the schema, which stands inside documents. Outer measures, in millimetres.
type Dimensions struct {
	Width  float64  `bson:"width"`
	Depth  *float64 `bson:"depth"`
	Height *float64 `bson:"height"`
}

var dimensions_WidthBounds = core.Bounds{Above: new(value.MustDecimal("0"))}

var dimensions_HeightBounds = core.Bounds{Above: new(value.MustDecimal("0"))}

// Constraints reports what breaks the constraints of the schema.
func (d *Dimensions) Constraints(c *core.Checker) {
	c.Number("width", value.DecimalOf(d.Width), dimensions_WidthBounds)
	if d.Height != nil {
		c.Number("height", value.DecimalOf(*d.Height), dimensions_HeightBounds)
	}
}
