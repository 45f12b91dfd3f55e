// Code generated from schema/shelf.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Writer is the type Writer of the schema.
type Writer struct {
	core.Head `bson:",inline"`
	Name      string `bson:"name"`
	// The account of the writer.
	AccountID *string    `bson:"accountId"`
	MentorID  *string    `bson:"mentorId"`
	Chapters  []*Chapter `bson:"chapters"`
}

// The pages, their edges and the changes of writers.
type (
	WriterConnection = core.Page[Writer]
	WriterEdge       = core.Edge[Writer]
	WriterChange     = core.Change[Writer]
)

// Constraints reports what breaks the constraints of the schema.
func (d *Writer) Constraints(c *core.Checker) {
	c.Text("name", d.Name, 0, 10000)
	c.Items("chapters", len(d.Chapters), 0, 100)
	for i, e := range d.Chapters {
		c.Inside(core.At("chapters", i), e)
	}
}
