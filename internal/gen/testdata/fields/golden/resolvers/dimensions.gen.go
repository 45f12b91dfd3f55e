// Code generated from schema/product.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"cmp"
	"context"

	"example.org/fields/graph/model"
)

func (r *dimensionsInputResolver) Height(_ context.Context, obj *model.Dimensions, in *float64) error {
	obj.Height = cmp.Or(in, new(float64(1)))
	return nil
}
