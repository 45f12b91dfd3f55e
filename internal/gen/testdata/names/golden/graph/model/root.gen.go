// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Root is the type Root of the schema.
type Root struct {
	core.Head  `bson:",inline"`
	ResolverID *string `bson:"resolverId"`
}

// The pages, their edges and the changes of roots.
type (
	RootConnection = core.Page[Root]
	RootEdge       = core.Edge[Root]
	RootChange     = core.Change[Root]
)

// Constraints reports what breaks the constraints of the schema.
func (d *Root) Constraints(c *core.Checker) {
}
