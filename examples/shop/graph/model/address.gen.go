// Code generated from schema/user.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"regexp"

	"github.com/grapnel/grapnel/core"
)

// Address is the type Address of the schema, which stands inside documents. A postal address.
type Address struct {
	Street  string `bson:"street"`
	City    string `bson:"city"`
	Country string `bson:"country"`
}

var address_CountryForm = regexp.MustCompile("^(?:[A-Z]{2})$")

// Constraints reports what breaks the constraints of the schema.
func (d *Address) Constraints(c *core.Checker) {
	c.Text("street", d.Street, 1, 200)
	c.Text("city", d.City, 1, 100)
	c.Text("country", d.Country, 0, 10000)
	c.Pattern("country", d.Country, address_CountryForm)
}
