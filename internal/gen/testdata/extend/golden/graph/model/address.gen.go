// Code generated from schema/user.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Address is the type Address of the schema, which stands inside documents.
type Address struct {
	Street string `bson:"street"`
}

// Constraints reports what breaks the constraints of the schema.
func (d *Address) Constraints(c *core.Checker) {
	c.Text("street", d.Street, 0, 10000)
}
