// Code generated from schema/shelf.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Chapter is the type Chapter of the schema, which stands inside documents. What stands inside documents can refer to others, too.
type Chapter struct {
	Text     *string    `bson:"text"`
	EssayID  *string    `bson:"essayId"`
	EditorID string     `bson:"editorId"`
	PhotoIds []string   `bson:"photoIds"`
	Note     string     `bson:"note"`
	Chapters []*Chapter `bson:"chapters"`
}

// Constraints reports what breaks the constraints of the schema.
func (d *Chapter) Constraints(c *core.Checker) {
	if d.Text != nil {
		c.Text("text", *d.Text, 0, 5000)
	}
	if d.EditorID == "" {
		c.Add("editorId", "REQUIRED", "must not be null", nil)
	}
	c.Items("photoIds", len(d.PhotoIds), 0, 100)
	c.Text("note", d.Note, 0, 10000)
	c.Items("chapters", len(d.Chapters), 0, 100)
	for i, e := range d.Chapters {
		c.Inside(core.At("chapters", i), e)
	}
	c.ExactlyOne([]string{"text", "essayId"}, d.Text != nil, d.EssayID != nil)
}
