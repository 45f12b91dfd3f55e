// Code generated from schema/product.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"regexp"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// Part is the type Part of the schema, which stands inside documents. A part, which may have parts of its own.
type Part struct {
	// How it is called.
	Name       string          `bson:"name"`
	Kind       ProductKind     `bson:"kind"`
	Kinds      []ProductKind   `bson:"kinds"`
	State      string          `bson:"state"`
	OtherKind  *ProductKind    `bson:"otherKind"`
	Visibility core.Visibility `bson:"visibility"`
	Count      int32           `bson:"count"`
	Sold       *int64          `bson:"sold"`
	Spare      bool            `bson:"spare"`
	Checked    value.Date      `bson:"checked"`
	Cost       value.Decimal   `bson:"cost"`
	Meta       value.JSON      `bson:"meta"`
	Tags       []string        `bson:"tags"`
	Since      *time.Time      `bson:"since"`
	Serial     *int64          `bson:"serial"`
	Made       value.Date      `bson:"made"`
	Worth      *value.Decimal  `bson:"worth"`
	Notes      *value.JSON     `bson:"notes"`
	Best       *Part           `bson:"best"`
	Parts      []*Part         `bson:"parts"`
	Size       *Dimensions     `bson:"size"`
}

var part_NameForm = regexp.MustCompile("^(?:[A-Z].*)$")

var part_WorthBounds = core.Bounds{Min: new(value.MustDecimal("0.05"))}

// Constraints reports what breaks the constraints of the schema.
func (d *Part) Constraints(c *core.Checker) {
	c.Text("name", d.Name, 1, 100)
	c.Pattern("name", d.Name, part_NameForm)
	c.Items("kinds", len(d.Kinds), 1, 100)
	c.Text("state", d.State, 0, 10)
	c.Value("checked", d.Checked)
	c.Value("meta", d.Meta)
	c.Items("tags", len(d.Tags), 0, 100)
	for i, e := range d.Tags {
		c.Text(core.At("tags", i), e, 0, 10000)
	}
	c.Value("made", d.Made)
	if d.Worth != nil {
		c.Number("worth", *d.Worth, part_WorthBounds)
	}
	if d.Notes != nil {
		c.Value("notes", *d.Notes)
	}
	if d.Best != nil {
		c.Inside("best", d.Best)
	}
	c.Items("parts", len(d.Parts), 0, 100)
	for i, e := range d.Parts {
		c.Inside(core.At("parts", i), e)
	}
	if d.Size != nil {
		c.Inside("size", d.Size)
	} else {
		c.Add("size", "REQUIRED", "must not be null", nil)
	}
}
