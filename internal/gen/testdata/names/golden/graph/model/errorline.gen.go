// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"regexp"

	"github.com/grapnel/grapnel/core"
)

// ErrorLine is the type ErrorLine of the schema.
type ErrorLine struct {
	core.Head `bson:",inline"`
	Name      *string `bson:"name"`
}

// The pages, their edges and the changes of errorLines.
type (
	ErrorLineConnection = core.Page[ErrorLine]
	ErrorLineEdge       = core.Edge[ErrorLine]
	ErrorLineChange     = core.Change[ErrorLine]
)

var errorLine_NameForm = regexp.MustCompile("^(?:d)$")

// Constraints reports what breaks the constraints of the schema.
func (d *ErrorLine) Constraints(c *core.Checker) {
	if d.Name != nil {
		c.Text("name", *d.Name, 0, 10000)
		c.Pattern("name", *d.Name, errorLine_NameForm)
	}
}
