// Code generated from schema/product.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Dimensions is the type Dimensions of the schema, which stands inside documents. Outer measures in millimetres.
type Dimensions struct {
	Width  float64 `bson:"width"`
	Height float64 `bson:"height"`
	Depth  float64 `bson:"depth"`
}

var dimensionsWidthBounds = core.Bounds{Above: new(float64(0))}

var dimensionsHeightBounds = core.Bounds{Above: new(float64(0))}

var dimensionsDepthBounds = core.Bounds{Above: new(float64(0))}

// Constraints reports what breaks the constraints of the schema.
func (d *Dimensions) Constraints(c *core.Checker) {
	c.Number("width", float64(d.Width), dimensionsWidthBounds)
	c.Number("height", float64(d.Height), dimensionsHeightBounds)
	c.Number("depth", float64(d.Depth), dimensionsDepthBounds)
}
