// Code generated from schema/user.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"regexp"

	"github.com/grapnel/grapnel/core"
)

// Address is the type Address of the schema, which stands inside documents. A postal address.
type Address struct {
	// Street and number.
	Street string `bson:"street"`
	// The city, with its postal code.
	City string `bson:"city"`
	// The code of the country (ISO 3166-1 alpha-2), such as `DE`.
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
