// Code generated from schema/order.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/examples/shop/graph/model"
)

func (r *orderLineInputResolver) Quantity(_ context.Context, obj *model.OrderLine, in *int32) error {
	obj.Quantity = 1
	if in != nil {
		obj.Quantity = *in
	}
	return nil
}
