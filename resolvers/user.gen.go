// Code generated from schema/user.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) User(ctx context.Context, id string) (*core.User, error) {
	return r.app.Users.Get(ctx, id)
}

func (r *queryResolver) Users(ctx context.Context, where *model.UserWhere, orderBy *model.UserOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[core.User], error) {
	return translate.Page(ctx, r.app.Users.Page, where, userWhere, core.PageArgs{
		OrderBy: userOrder(orderBy), Search: search, First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func userWhere(w *translate.Reader, at string, in *model.UserWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, userWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.String(w, at, "username", "username", in.Username),
		translate.Field(w, at, "role", "role", in.Role, func(c *translate.Conditions, f *model.RoleFilter) { translate.Equality(c, f.Eq, f.Ne, f.In) }),
		translate.String(w, at, "email", "email", in.Email),
		translate.Time(w, at, "emailVerifiedAt", "emailVerifiedAt", in.EmailVerifiedAt),
		translate.Time(w, at, "suspendedAt", "suspendedAt", in.SuspendedAt),
		translate.Time(w, at, "secondFactorAt", "secondFactorAt", in.SecondFactorAt),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func userOrder(by *model.UserOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	case model.UserOrderFieldRelevance:
		return translate.Relevance(by.Direction, core.Order{Field: "createdAt", Desc: true})
	case model.UserOrderFieldUsername:
		return translate.Order(by.Direction, "username")
	}
	return translate.Order(by.Direction, "createdAt")
}

func (r *userResolver) Avatar(ctx context.Context, obj *core.User) (*core.Asset, error) {
	return translate.Maybe(core.Follow(ctx, obj, "avatar", func(d *core.User) string { return translate.Deref(d.AvatarID) }, r.app.Assets.Collection))
}

func (r *userResolver) EmailVerifiedAt(ctx context.Context, obj *core.User) (*time.Time, error) {
	if r.app.Users.Withholds(ctx, obj, "emailVerifiedAt") {
		return nil, nil
	}
	return obj.EmailVerifiedAt, nil
}

func (r *userResolver) SuspendedAt(ctx context.Context, obj *core.User) (*time.Time, error) {
	if r.app.Users.Withholds(ctx, obj, "suspendedAt") {
		return nil, nil
	}
	return obj.SuspendedAt, nil
}

func (r *userResolver) SecondFactorAt(ctx context.Context, obj *core.User) (*time.Time, error) {
	if r.app.Users.Withholds(ctx, obj, "secondFactorAt") {
		return nil, nil
	}
	return obj.SecondFactorAt, nil
}
