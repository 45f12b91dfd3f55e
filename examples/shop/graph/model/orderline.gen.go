// Code generated from schema/order.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// OrderLine is the type OrderLine of the schema, which stands inside documents. One line of an order.
type OrderLine struct {
	// The id of the product.
	ProductID string `bson:"productId"`
	// How many of it.
	Quantity int32 `bson:"quantity"`
}

var orderLine_QuantityBounds = core.Bounds{Min: new(value.MustDecimal("1")), Max: new(value.MustDecimal("1000"))}

// Constraints reports what breaks the constraints of the schema.
func (d *OrderLine) Constraints(c *core.Checker) {
	c.Text("productId", d.ProductID, 0, 10000)
	c.Number("quantity", value.DecimalOf(d.Quantity), orderLine_QuantityBounds)
}
