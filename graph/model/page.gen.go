// Code generated from schema/page.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Page is the type Page of the schema. A page that stands by itself, such as about, contact or imprint.
type Page struct {
	core.Head `bson:",inline"`
	// What stands above it: 1 to 200 characters.
	Title string `bson:"title"`
	// The last part of its address, unique among pages: `a-z 0-9` in runs joined by `-`, at most 100 characters.
	Slug string `bson:"slug"`
	// What search engines and previews tell of it, at most 300 characters of plain text.
	Description *string `bson:"description"`
	// Whether it is a draft or published.
	Status PageStatus `bson:"status"`
	// The text, at most 200,000 characters: CommonMark with tables, task lists,
	// strikethrough, autolinks and footnotes as GitHub has them, and raw HTML.
	Body string `bson:"body"`
}

// The pages, their edges and the changes of pages.
type (
	PageConnection = core.Page[Page]
	PageEdge       = core.Edge[Page]
	PageChange     = core.Change[Page]
)

// Constraints reports what breaks the constraints of the schema.
func (d *Page) Constraints(c *core.Checker) {
	c.Text("title", d.Title, 1, 200)
	c.Text("slug", d.Slug, 0, 10000)
	c.Format("slug", d.Slug, core.Slug)
	if d.Description != nil {
		c.Text("description", *d.Description, 0, 300)
	}
	c.Text("body", d.Body, 0, 200000)
}
