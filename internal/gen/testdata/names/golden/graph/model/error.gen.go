// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"regexp"

	"github.com/grapnel/grapnel/core"
)

// Error is the type Error of the schema.
type Error struct {
	core.Head   `bson:",inline"`
	TypeID      *string `bson:"typeId"`
	LineName    *string `bson:"lineName"`
	ContextText *string `bson:"contextText"`
}

// The pages, their edges and the changes of errors.
type (
	ErrorConnection = core.Page[Error]
	ErrorEdge       = core.Edge[Error]
	ErrorChange     = core.Change[Error]
)

var error_LineNameForm = regexp.MustCompile("^(?:b)$")

var error_ContextTextForm = regexp.MustCompile("^(?:c)$")

// Constraints reports what breaks the constraints of the schema.
func (d *Error) Constraints(c *core.Checker) {
	if d.LineName != nil {
		c.Text("lineName", *d.LineName, 0, 10000)
		c.Pattern("lineName", *d.LineName, error_LineNameForm)
	}
	if d.ContextText != nil {
		c.Text("contextText", *d.ContextText, 0, 10000)
		c.Pattern("contextText", *d.ContextText, error_ContextTextForm)
	}
}
