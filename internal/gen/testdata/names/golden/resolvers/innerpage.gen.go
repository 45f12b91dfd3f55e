// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/names/graph/model"
)

func (r *innerPageInputResolver) Func(_ context.Context, obj *model.InnerPage, in *int32) error {
	obj.Func = 1
	if in != nil {
		obj.Func = *in
	}
	return nil
}
