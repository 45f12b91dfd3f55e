// Code generated from schema/shelf.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Shelf is the type Shelf of the schema. A shelf is public and never goes away, so that what stands on it can lead to it without null.
type Shelf struct {
	core.Head `bson:",inline"`
	Name      string `bson:"name"`
}

// The pages, their edges and the changes of shelves.
type (
	ShelfConnection = core.Page[Shelf]
	ShelfEdge       = core.Edge[Shelf]
	ShelfChange     = core.Change[Shelf]
)

// Constraints reports what breaks the constraints of the schema.
func (d *Shelf) Constraints(c *core.Checker) {
	c.Text("name", d.Name, 0, 10000)
}
