// Code generated from schema/product.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// Dimensions is the type Dimensions of the schema, which stands inside documents. Outer measures in millimetres.
type Dimensions struct {
	// From left to right.
	Width float64 `bson:"width"`
	// From bottom to top.
	Height float64 `bson:"height"`
	// From front to back.
	Depth float64 `bson:"depth"`
}

var dimensions_WidthBounds = core.Bounds{Above: new(value.MustDecimal("0"))}

var dimensions_HeightBounds = core.Bounds{Above: new(value.MustDecimal("0"))}

var dimensions_DepthBounds = core.Bounds{Above: new(value.MustDecimal("0"))}

// Constraints reports what breaks the constraints of the schema.
func (d *Dimensions) Constraints(c *core.Checker) {
	c.Number("width", value.DecimalOf(d.Width), dimensions_WidthBounds)
	c.Number("height", value.DecimalOf(d.Height), dimensions_HeightBounds)
	c.Number("depth", value.DecimalOf(d.Depth), dimensions_DepthBounds)
}
