// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"time"

	"github.com/grapnel/grapnel/core"
)

// Resolver is the type Resolver of the schema.
type Resolver struct {
	core.Head `bson:",inline"`
	Model     string    `bson:"model"`
	Core      string    `bson:"core"`
	Time      time.Time `bson:"time"`
}

// The pages, their edges and the changes of resolvers.
type (
	ResolverConnection = core.Page[Resolver]
	ResolverEdge       = core.Edge[Resolver]
	ResolverChange     = core.Change[Resolver]
)

// Constraints reports what breaks the constraints of the schema.
func (d *Resolver) Constraints(c *core.Checker) {
	c.Text("model", d.Model, 0, 10000)
	c.Text("core", d.Core, 0, 10000)
}
