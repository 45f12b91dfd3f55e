// Code generated from schema/review.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// Review is the type Review of the schema. What a customer says of a product.
type Review struct {
	core.Head `bson:",inline"`
	// What it is about.
	ProductID string `bson:"productId"`
	// Who wrote it.
	AuthorID *string `bson:"authorId"`
	// 1 to 5, the more the better.
	Stars int32 `bson:"stars"`
	// What the customer says, in plain text.
	Text string `bson:"text"`
	// Set by editors: then only they and the author see it.
	Hidden bool `bson:"hidden"`
}

// The pages, their edges and the changes of reviews.
type (
	ReviewConnection = core.Page[Review]
	ReviewEdge       = core.Edge[Review]
	ReviewChange     = core.Change[Review]
)

var review_StarsBounds = core.Bounds{Min: new(value.MustDecimal("1")), Max: new(value.MustDecimal("5"))}

// Constraints reports what breaks the constraints of the schema.
func (d *Review) Constraints(c *core.Checker) {
	if d.ProductID == "" {
		c.Add("productId", "REQUIRED", "must not be null", nil)
	}
	c.Number("stars", value.DecimalOf(d.Stars), review_StarsBounds)
	c.Text("text", d.Text, 1, 5000)
}
