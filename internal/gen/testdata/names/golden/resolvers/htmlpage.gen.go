// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/names/graph/model"
)

func (r *htmlPageInputResolver) PageURL(_ context.Context, obj *model.HTMLPage, in *string) error {
	obj.PageURL = ""
	if in != nil {
		obj.PageURL = *in
	}
	return nil
}
