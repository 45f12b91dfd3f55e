// Code generated from the schema by `go generate`. DO NOT EDIT.

package model

import ()

// Found is a union of the schema: a pointer to one of its types.
type Found any

// Named is an interface of the schema: a pointer to one of its types.
type Named any
