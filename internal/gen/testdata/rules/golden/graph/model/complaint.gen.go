// Code generated from schema/note.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Complaint is the type Complaint of the schema. Whoever may create one need not be able to read it.
type Complaint struct {
	core.Head `bson:",inline"`
	Text      string `bson:"text"`
}

// The pages, their edges and the changes of complaints.
type (
	ComplaintConnection = core.Page[Complaint]
	ComplaintEdge       = core.Edge[Complaint]
	ComplaintChange     = core.Change[Complaint]
)

// Constraints reports what breaks the constraints of the schema.
func (d *Complaint) Constraints(c *core.Checker) {
	c.Text("text", d.Text, 0, 10000)
}
