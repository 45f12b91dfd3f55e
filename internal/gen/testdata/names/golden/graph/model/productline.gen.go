// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// ProductLine is the type Product_Line of the schema.
type ProductLine struct {
	core.Head `bson:",inline"`
	X1        *int32    `bson:"x1"`
	RootID    *string   `bson:"rootId"`
	Page      *HTMLPage `bson:"page"`
}

// The pages, their edges and the changes of product_Lines.
type (
	ProductLineConnection = core.Page[ProductLine]
	ProductLineEdge       = core.Edge[ProductLine]
	ProductLineChange     = core.Change[ProductLine]
)

// Constraints reports what breaks the constraints of the schema.
func (d *ProductLine) Constraints(c *core.Checker) {
	if d.Page != nil {
		c.Inside("page", d.Page)
	}
}
