// Code generated from schema/order.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Order is the type Order of the schema. An order of a customer.
type Order struct {
	core.Head `bson:",inline"`
	// Who ordered.
	BuyerID *string `bson:"buyerId"`
	// What was ordered.
	Lines []*OrderLine `bson:"lines"`
	// The sum of the lines, in cents, at the prices of the moment of the order.
	Total int32 `bson:"total"`
	// How far it has come.
	Status OrderStatus `bson:"status"`
	// For the shop.
	Note *string `bson:"note"`
}

// The pages, their edges and the changes of orders.
type (
	OrderConnection = core.Page[Order]
	OrderEdge       = core.Edge[Order]
	OrderChange     = core.Change[Order]
)

// Constraints reports what breaks the constraints of the schema.
func (d *Order) Constraints(c *core.Checker) {
	c.Items("lines", len(d.Lines), 1, 50)
	for i, e := range d.Lines {
		c.Inside(core.At("lines", i), e)
	}
	if d.Note != nil {
		c.Text("note", *d.Note, 0, 1000)
	}
}
