// Code generated from schema/shop.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Shop is the type Shop of the schema. What the shop tells of itself.
type Shop struct {
	core.Head `bson:",inline"`
	// What it is called.
	Name string `bson:"name"`
	// What stands above every page, if anything.
	Notice *string `bson:"notice"`
	// The picture beside the name.
	LogoID *string `bson:"logoId"`
	// Whether orders are taken.
	Open bool `bson:"open"`
	// The menu.
	Menu []*MenuEntry `bson:"menu"`
}

// The pages, their edges and the changes of shop.
type (
	ShopConnection = core.Page[Shop]
	ShopEdge       = core.Edge[Shop]
	ShopChange     = core.Change[Shop]
)

// Constraints reports what breaks the constraints of the schema.
func (d *Shop) Constraints(c *core.Checker) {
	c.Text("name", d.Name, 1, 80)
	if d.Notice != nil {
		c.Text("notice", *d.Notice, 0, 500)
	}
	c.Items("menu", len(d.Menu), 0, 20)
	for i, e := range d.Menu {
		c.Inside(core.At("menu", i), e)
	}
}
