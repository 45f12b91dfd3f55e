// Code generated from schema/user.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/examples/shop/graph/model"
)

func (r *addressInputResolver) Country(_ context.Context, obj *model.Address, in *string) error {
	obj.Country = "DE"
	if in != nil {
		obj.Country = *in
	}
	return nil
}
