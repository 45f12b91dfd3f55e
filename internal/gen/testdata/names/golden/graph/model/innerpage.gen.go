// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// InnerPage is the type Inner_Page of the schema, which stands inside documents.
type InnerPage struct {
	Func int32 `bson:"func"`
}

// Constraints reports what breaks the constraints of the schema.
func (d *InnerPage) Constraints(c *core.Checker) {
}
