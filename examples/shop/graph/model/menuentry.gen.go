// Code generated from schema/shop.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// MenuEntry is the type MenuEntry of the schema, which stands inside documents. An entry of a menu.
type MenuEntry struct {
	// What it says.
	Label string `bson:"label"`
	// Where it leads.
	URL *string `bson:"url"`
	// The entries below it.
	Entries []*MenuEntry `bson:"entries"`
}

// Constraints reports what breaks the constraints of the schema.
func (d *MenuEntry) Constraints(c *core.Checker) {
	c.Text("label", d.Label, 1, 60)
	if d.URL != nil {
		c.Text("url", *d.URL, 0, 10000)
		c.Format("url", *d.URL, core.URL)
	}
	c.Items("entries", len(d.Entries), 0, 20)
	for i, e := range d.Entries {
		c.Inside(core.At("entries", i), e)
	}
}
