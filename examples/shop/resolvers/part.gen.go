// Code generated from schema/product.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/examples/shop/graph/model"
)

func (r *partInputResolver) Quantity(_ context.Context, obj *model.Part, in *int32) error {
	obj.Quantity = 1
	if in != nil {
		obj.Quantity = *in
	}
	return nil
}
