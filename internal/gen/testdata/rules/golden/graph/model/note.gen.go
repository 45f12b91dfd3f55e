// Code generated from schema/note.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"time"

	"github.com/grapnel/grapnel/core"
)

// Note is the type Note of the schema.
type Note struct {
	core.Head `bson:",inline"`
	Title     string      `bson:"title"`
	State     NoteState   `bson:"state"`
	States    []NoteState `bson:"states"`
	Date      time.Time   `bson:"date"`
	Due       *time.Time  `bson:"due"`
	Count     int32       `bson:"count"`
	Size      *int64      `bson:"size"`
	Rating    *float64    `bson:"rating"`
	Pinned    bool        `bson:"pinned"`
	Tags      []string    `bson:"tags"`
	ParentID  *string     `bson:"parentId"`
	WriterID  *string     `bson:"writerId"`
	Secret    *string     `bson:"secret"`
	Secrets   []string    `bson:"secrets"`
	Limit     *int32      `bson:"limit"`
	Price     float64     `bson:"price"`
	Place     *Place      `bson:"place"`
	Story     *string     `bson:"story"`
}

// The pages, their edges and the changes of notes.
type (
	NoteConnection = core.Page[Note]
	NoteEdge       = core.Edge[Note]
	NoteChange     = core.Change[Note]
)

// Constraints reports what breaks the constraints of the schema.
func (d *Note) Constraints(c *core.Checker) {
	c.Text("title", d.Title, 0, 10000)
	c.Items("states", len(d.States), 0, 100)
	c.Items("tags", len(d.Tags), 0, 100)
	for i, e := range d.Tags {
		c.Text(core.At("tags", i), e, 0, 10000)
	}
	if d.Secret != nil {
		c.Text("secret", *d.Secret, 0, 10000)
	}
	c.Items("secrets", len(d.Secrets), 0, 100)
	for i, e := range d.Secrets {
		c.Text(core.At("secrets", i), e, 0, 10000)
	}
	if d.Story != nil {
		c.Text("story", *d.Story, 0, 10000)
	}
	if d.Place != nil {
		c.Inside("place", d.Place)
	}
}
