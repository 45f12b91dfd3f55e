// Code generated from schema/user.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// UserExtension is what the project adds to users.
type UserExtension struct {
	Nickname   *string `bson:"nickname"`
	Newsletter bool    `bson:"newsletter"`
	// Where to send things.
	Address   *Address `bson:"address"`
	FriendIds []string `bson:"friendIds"`
	About     *string  `bson:"about"`
}

// NewUserExtension is one with its defaults.
func NewUserExtension() *UserExtension {
	return &UserExtension{Newsletter: true}
}

// Constraints reports what breaks the constraints of the schema.
func (d *UserExtension) Constraints(c *core.Checker) {
	if d.Nickname != nil {
		c.Text("nickname", *d.Nickname, 2, 10000)
	}
	if d.Address != nil {
		c.Inside("address", d.Address)
	}
	c.Items("friendIds", len(d.FriendIds), 0, 100)
	if d.About != nil {
		c.Text("about", *d.About, 0, 10000)
	}
}
