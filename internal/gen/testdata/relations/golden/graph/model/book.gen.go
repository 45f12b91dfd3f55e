// Code generated from schema/book.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Book is the type Book of the schema.
type Book struct {
	core.Head   `bson:",inline"`
	Title       string   `bson:"title"`
	ShelfID     string   `bson:"shelfId"`
	PublisherID string   `bson:"publisherId"`
	WriterIds   []string `bson:"writerIds"`
	// Who looks after it.
	KeeperIds []string `bson:"keeperIds"`
	ReaderID  string   `bson:"readerId"`
	LenderID  *string  `bson:"lenderId"`
	// Its name is that of the Go type that resolvers embed.
	ResolverID *string  `bson:"resolverId"`
	PhotoIds   []string `bson:"photoIds"`
	CoverID    *string  `bson:"coverId"`
	AddedByID  string   `bson:"addedById"`
	Blurb      *string  `bson:"blurb"`
}

// The pages, their edges and the changes of books.
type (
	BookConnection = core.Page[Book]
	BookEdge       = core.Edge[Book]
	BookChange     = core.Change[Book]
)

// Constraints reports what breaks the constraints of the schema.
func (d *Book) Constraints(c *core.Checker) {
	c.Text("title", d.Title, 0, 10000)
	if d.Blurb != nil {
		c.Text("blurb", *d.Blurb, 0, 10000)
	}
	if d.ShelfID == "" {
		c.Add("shelfId", "REQUIRED", "must not be null", nil)
	}
	if d.PublisherID == "" {
		c.Add("publisherId", "REQUIRED", "must not be null", nil)
	}
	c.Items("writerIds", len(d.WriterIds), 0, 100)
	c.Items("keeperIds", len(d.KeeperIds), 0, 100)
	if d.ReaderID == "" {
		c.Add("readerId", "REQUIRED", "must not be null", nil)
	}
	c.Items("photoIds", len(d.PhotoIds), 0, 5)
	c.Text("addedById", d.AddedByID, 0, 10000)
}
