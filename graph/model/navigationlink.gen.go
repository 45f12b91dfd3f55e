// Code generated from schema/site.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// NavigationLink is the type NavigationLink of the schema, which stands inside documents. An entry of a menu: it leads to exactly one of a post, a page, a tag and an address.
type NavigationLink struct {
	// What it says: 1 to 60 characters.
	Label string `bson:"label"`
	// The post that it leads to; null when there is none that you may see.
	PostID *string `bson:"postId"`
	// The page that it leads to; null when there is none that you may see.
	PageID *string `bson:"pageId"`
	// The tag whose posts it leads to, as `Post.tags` holds it.
	Tag *string `bson:"tag"`
	// The address that it leads to: http or https, `mailto:`, `tel:`, or a path of the site such as `/archive`.
	URL *string `bson:"url"`
	// The entries below it, in their order.
	Children []*NavigationLink `bson:"children"`
}

// Constraints reports what breaks the constraints of the schema.
func (d *NavigationLink) Constraints(c *core.Checker) {
	c.Text("label", d.Label, 1, 60)
	if d.Tag != nil {
		c.Text("tag", *d.Tag, 1, 50)
		c.Format("tag", *d.Tag, core.Tag)
	}
	if d.URL != nil {
		c.Text("url", *d.URL, 0, 10000)
		c.Format("url", *d.URL, core.Link)
	}
	c.Items("children", len(d.Children), 0, 50)
	for i, e := range d.Children {
		c.Inside(core.At("children", i), e)
	}
	c.ExactlyOne([]string{"postId", "pageId", "tag", "url"}, d.PostID != nil, d.PageID != nil, d.Tag != nil, d.URL != nil)
}
