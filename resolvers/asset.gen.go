// Code generated from schema/asset.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Asset(ctx context.Context, id string) (*core.Asset, error) {
	return r.app.Assets.Get(ctx, id)
}

func (r *queryResolver) Assets(ctx context.Context, where *model.AssetWhere, orderBy *model.AssetOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[core.Asset], error) {
	return translate.Page(ctx, r.app.Assets.Page, where, assetWhere, core.PageArgs{
		OrderBy: assetOrder(orderBy), Search: search, First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func assetWhere(w *translate.Reader, at string, in *model.AssetWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, assetWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.String(w, at, "filename", "filename", in.Filename),
		translate.String(w, at, "contentType", "contentType", in.ContentType),
		translate.Int64(w, at, "size", "size", in.Size),
		translate.ID(w, at, "ownerId", "ownerId", in.OwnerID),
		translate.Field(w, at, "visibility", "visibility", in.Visibility, func(c *translate.Conditions, f *model.VisibilityFilter) { translate.Equality(c, f.Eq, f.Ne, f.In) }),
		translate.Field(w, at, "state", "state", in.State, func(c *translate.Conditions, f *model.AssetStateFilter) { translate.Equality(c, f.Eq, f.Ne, f.In) }),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func assetOrder(by *model.AssetOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	case model.AssetOrderFieldRelevance:
		return translate.Relevance(by.Direction, core.Order{Field: "createdAt", Desc: true})
	case model.AssetOrderFieldFilename:
		return translate.Order(by.Direction, "filename")
	case model.AssetOrderFieldSize:
		return translate.Order(by.Direction, "size")
	}
	return translate.Order(by.Direction, "createdAt")
}

func (r *assetResolver) Owner(ctx context.Context, obj *core.Asset) (*core.User, error) {
	return translate.Maybe(core.Follow(ctx, obj, "owner", func(d *core.Asset) string { return d.OwnerID }, r.app.Users.Collection))
}
