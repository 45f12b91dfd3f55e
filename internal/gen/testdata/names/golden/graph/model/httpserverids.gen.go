// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// HTTPServerIDs is the type HTTPServerIDs of the schema.
type HTTPServerIDs struct {
	core.Head `bson:",inline"`
	AbC       *int32 `bson:"ab_c"`
}

// The pages, their edges and the changes of serverIDs.
type (
	HTTPServerIDsConnection = core.Page[HTTPServerIDs]
	HTTPServerIDsEdge       = core.Edge[HTTPServerIDs]
	HTTPServerIDsChange     = core.Change[HTTPServerIDs]
)

var httpServerIDs_AbCBounds = core.Bounds{Min: new(value.MustDecimal("1"))}

// Constraints reports what breaks the constraints of the schema.
func (d *HTTPServerIDs) Constraints(c *core.Checker) {
	if d.AbC != nil {
		c.Number("ab_c", value.DecimalOf(*d.AbC), httpServerIDs_AbCBounds)
	}
}
