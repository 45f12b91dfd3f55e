// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// News is the type News of the schema. The plural, the collection and the prefix have names of their own.
type News struct {
	core.Head `bson:",inline"`
	Text      string `bson:"text"`
}

// The pages, their edges and the changes of allNews.
type (
	NewsConnection = core.Page[News]
	NewsEdge       = core.Edge[News]
)

// Constraints reports what breaks the constraints of the schema.
func (d *News) Constraints(c *core.Checker) {
	c.Text("text", d.Text, 0, 10000)
}
