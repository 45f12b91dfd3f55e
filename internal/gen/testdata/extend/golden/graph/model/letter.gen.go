// Code generated from schema/letter.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Letter is the type Letter of the schema.
type Letter struct {
	core.Head `bson:",inline"`
	Text      string  `bson:"text"`
	SenderID  *string `bson:"senderId"`
}

// The pages, their edges and the changes of letters.
type (
	LetterConnection = core.Page[Letter]
	LetterEdge       = core.Edge[Letter]
	LetterChange     = core.Change[Letter]
)

// Constraints reports what breaks the constraints of the schema.
func (d *Letter) Constraints(c *core.Checker) {
	c.Text("text", d.Text, 0, 10000)
}
