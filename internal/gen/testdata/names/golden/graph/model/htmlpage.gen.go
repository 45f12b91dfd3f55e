// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// HTMLPage is the type HtmlPage of the schema, which stands inside documents. Go would write it with other letters.
type HTMLPage struct {
	PageURL   string     `bson:"page_url"`
	InnerPage *InnerPage `bson:"inner_page"`
}

// Constraints reports what breaks the constraints of the schema.
func (d *HTMLPage) Constraints(c *core.Checker) {
	c.Text("page_url", d.PageURL, 0, 10000)
	if d.InnerPage != nil {
		c.Inside("inner_page", d.InnerPage)
	}
}
