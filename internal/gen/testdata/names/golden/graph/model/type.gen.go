// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"regexp"

	"github.com/grapnel/grapnel/core"
)

// Type is the type Type of the schema. A keyword of Go, and what is declared in it.
type Type struct {
	core.Head `bson:",inline"`
	Name      string   `bson:"name"`
	KeyID     *string  `bson:"keyId"`
	KeyIds    []string `bson:"keyIds"`
}

// The pages, their edges and the changes of types.
type (
	TypeConnection = core.Page[Type]
	TypeEdge       = core.Edge[Type]
	TypeChange     = core.Change[Type]
)

var typeArg_NameForm = regexp.MustCompile("^(?:a)$")

// Constraints reports what breaks the constraints of the schema.
func (d *Type) Constraints(c *core.Checker) {
	c.Text("name", d.Name, 0, 10000)
	c.Pattern("name", d.Name, typeArg_NameForm)
	c.Items("keyIds", len(d.KeyIds), 0, 100)
}
