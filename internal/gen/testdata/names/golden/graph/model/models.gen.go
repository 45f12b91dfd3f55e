// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Models is the type Models of the schema.
type Models struct {
	core.Head `bson:",inline"`
	RootID    *string `bson:"rootId"`
}

// The pages, their edges and the changes of theModels.
type (
	ModelsConnection = core.Page[Models]
	ModelsEdge       = core.Edge[Models]
	ModelsChange     = core.Change[Models]
)

// Constraints reports what breaks the constraints of the schema.
func (d *Models) Constraints(c *core.Checker) {
}
