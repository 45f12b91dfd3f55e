// Code generated from schema/product.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"cmp"
	"context"

	"example.org/fields/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

func (r *partInputResolver) State(_ context.Context, obj *model.Part, in *string) error {
	obj.State = "ne\"w"
	if in != nil {
		obj.State = *in
	}
	return nil
}

func (r *partInputResolver) OtherKind(_ context.Context, obj *model.Part, in *model.ProductKind) error {
	obj.OtherKind = cmp.Or(in, new(model.ProductKind("ON_DEMAND")))
	return nil
}

func (r *partInputResolver) Visibility(_ context.Context, obj *model.Part, in *core.Visibility) error {
	obj.Visibility = core.Visibility("PRIVATE")
	if in != nil {
		obj.Visibility = *in
	}
	return nil
}

func (r *partInputResolver) Count(_ context.Context, obj *model.Part, in *int32) error {
	obj.Count = 1
	if in != nil {
		obj.Count = *in
	}
	return nil
}

func (r *partInputResolver) Sold(_ context.Context, obj *model.Part, in *int64) error {
	obj.Sold = cmp.Or(in, new(int64(9007199254740993)))
	return nil
}

func (r *partInputResolver) Spare(_ context.Context, obj *model.Part, in *bool) error {
	obj.Spare = true
	if in != nil {
		obj.Spare = *in
	}
	return nil
}

func (r *partInputResolver) Checked(_ context.Context, obj *model.Part, in *value.Date) error {
	obj.Checked = value.Date("2026-03-01")
	if in != nil {
		obj.Checked = *in
	}
	return nil
}

func (r *partInputResolver) Cost(_ context.Context, obj *model.Part, in *value.Decimal) error {
	obj.Cost = value.MustDecimal("1.50")
	if in != nil {
		obj.Cost = *in
	}
	return nil
}

func (r *partInputResolver) Meta(_ context.Context, obj *model.Part, in *value.JSON) error {
	obj.Meta = value.JSON("{\"a\":[1]}")
	if in != nil {
		obj.Meta = *in
	}
	return nil
}
