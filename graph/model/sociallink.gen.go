// Code generated from schema/site.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// SocialLink is the type SocialLink of the schema, which stands inside documents. A place of the site elsewhere, such as in a social network.
type SocialLink struct {
	// What it is called, such as Mastodon: 1 to 60 characters.
	Label string `bson:"label"`
	// Its address.
	URL string `bson:"url"`
}

// Constraints reports what breaks the constraints of the schema.
func (d *SocialLink) Constraints(c *core.Checker) {
	c.Text("label", d.Label, 1, 60)
	c.Text("url", d.URL, 0, 10000)
	c.Format("url", d.URL, core.URL)
}
