// Code generated from schema/apikey.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) APIKey(ctx context.Context, id string) (*core.APIKey, error) {
	return r.app.APIKeys.Get(ctx, id)
}

func (r *queryResolver) APIKeys(ctx context.Context, where *model.APIKeyWhere, orderBy *model.APIKeyOrder, first *int32, after *string, last *int32, before *string) (*core.Page[core.APIKey], error) {
	return translate.Page(ctx, r.app.APIKeys.Page, where, apiKeyWhere, core.PageArgs{
		OrderBy: apiKeyOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func apiKeyWhere(w *translate.Reader, at string, in *model.APIKeyWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, apiKeyWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.ID(w, at, "userId", "userId", in.UserID),
		translate.Time(w, at, "revokedAt", "revokedAt", in.RevokedAt),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func apiKeyOrder(by *model.APIKeyOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	}
	return translate.Order(by.Direction, "createdAt")
}

func (r *apiKeyResolver) User(ctx context.Context, obj *core.APIKey) (*core.User, error) {
	return translate.Maybe(core.Follow(ctx, obj, "user", func(d *core.APIKey) string { return translate.Deref(d.UserID) }, r.app.Users.Collection))
}

func (r *apiKeyResolver) CreatedBy(ctx context.Context, obj *core.APIKey) (*core.User, error) {
	return translate.Maybe(core.Follow(ctx, obj, "createdBy", func(d *core.APIKey) string { return translate.Deref(d.CreatedByID) }, r.app.Users.Collection))
}
