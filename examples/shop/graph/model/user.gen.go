// Code generated from schema/user.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// UserExtension is what the project adds to users.
type UserExtension struct {
	// Where to send things; only the user and editors see it.
	Address *Address `bson:"address"`
	// Whether the user wants to hear from the shop.
	Newsletter bool `bson:"newsletter"`
	// What the user likes best.
	FavouriteID *string `bson:"favouriteId"`
}

// NewUserExtension is one with its defaults.
func NewUserExtension() *UserExtension {
	return &UserExtension{Newsletter: false}
}

// Constraints reports what breaks the constraints of the schema.
func (d *UserExtension) Constraints(c *core.Checker) {
	if d.Address != nil {
		c.Inside("address", d.Address)
	}
}
