// Code generated from schema/user.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// UserExtension is what the project adds to users.
type UserExtension struct {
	// Where to send things; only the user and editors see it.
	Address *Address `bson:"address"`
	// Whether the user sells things here.
	Seller bool `bson:"seller"`
	// What the user likes best.
	FavouriteID *string `bson:"favouriteId"`
}

// NewUserExtension is one with its defaults.
func NewUserExtension() *UserExtension {
	return &UserExtension{Seller: false}
}

// Constraints reports what breaks the constraints of the schema.
func (d *UserExtension) Constraints(c *core.Checker) {
	if d.Address != nil {
		c.Inside("address", d.Address)
	}
}
