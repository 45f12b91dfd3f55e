// Code generated from schema/note.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Place is the type Place of the schema, which stands inside documents.
type Place struct {
	City string `bson:"city"`
}

// Constraints reports what breaks the constraints of the schema.
func (d *Place) Constraints(c *core.Checker) {
	c.Text("city", d.City, 0, 10000)
}
