// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Range is the type Range of the schema, which stands inside documents.
type Range struct {
	From    int32    `bson:"from"`
	Default []*Range `bson:"default"`
}

// Constraints reports what breaks the constraints of the schema.
func (d *Range) Constraints(c *core.Checker) {
	c.Items("default", len(d.Default), 0, 100)
	for i, e := range d.Default {
		c.Inside(core.At("default", i), e)
	}
}
