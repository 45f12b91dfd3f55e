// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// HTTPRoute is the type HTTPRoute of the schema.
type HTTPRoute struct {
	core.Head `bson:",inline"`
	Type      string   `bson:"type"`
	Func      int32    `bson:"func"`
	Error     *string  `bson:"error"`
	String    string   `bson:"string"`
	UserID    string   `bson:"userId"`
	URLPath   string   `bson:"url_path"`
	HTMLURL2  string   `bson:"htmlURL2"`
	KindOf    IDKind   `bson:"kindOf"`
	Kinds     []IDKind `bson:"kinds"`
	Range     *Range   `bson:"range"`
}

// The pages, their edges and the changes of httpRoutes.
type (
	HTTPRouteConnection = core.Page[HTTPRoute]
	HTTPRouteEdge       = core.Edge[HTTPRoute]
)

// Constraints reports what breaks the constraints of the schema.
func (d *HTTPRoute) Constraints(c *core.Checker) {
	c.Text("type", d.Type, 0, 10000)
	if d.Error != nil {
		c.Text("error", *d.Error, 0, 10000)
	}
	c.Text("string", d.String, 0, 10000)
	c.Text("userId", d.UserID, 0, 10000)
	c.Text("url_path", d.URLPath, 0, 10000)
	c.Text("htmlURL2", d.HTMLURL2, 0, 10000)
	c.Items("kinds", len(d.Kinds), 0, 100)
	if d.Range != nil {
		c.Inside("range", d.Range)
	}
}
