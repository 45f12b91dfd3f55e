// Code generated from schema/gen/grapnel/user.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/examples/shop/graph/model"
	basemodel "github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Users(ctx context.Context, where *model.UserWhere, orderBy *model.UserOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[core.User], error) {
	return translate.Page(ctx, r.app.Users.Page, where, userWhere, core.PageArgs{
		OrderBy: userOrder(orderBy), Search: search, First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) UpdateUser(ctx context.Context, input model.UpdateUserInput) (*basemodel.UpdateUserPayload, error) {
	return r.MutationResolver.UpdateUser(core.WithEdits(ctx, updateUser(&input)), basemodel.UpdateUserInput{ID: input.ID, ExpectedVersion: input.ExpectedVersion, Username: input.Username, DisplayName: input.DisplayName, Bio: input.Bio, AvatarID: input.AvatarID})
}

func userWhere(w *translate.Reader, at string, in *model.UserWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, userWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.String(w, at, "username", "username", in.Username),
		translate.Field(w, at, "role", "role", in.Role, func(c *translate.Conditions, f *basemodel.RoleFilter) { translate.Equality(c, f.Eq, f.Ne, f.In) }),
		translate.String(w, at, "email", "email", in.Email),
		translate.Time(w, at, "emailVerifiedAt", "emailVerifiedAt", in.EmailVerifiedAt),
		translate.Time(w, at, "suspendedAt", "suspendedAt", in.SuspendedAt),
		translate.Time(w, at, "secondFactorAt", "secondFactorAt", in.SecondFactorAt),
		translate.Boolean(w, at, "seller", "seller", in.Seller),
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

func updateUser(in *model.UpdateUserInput) core.Edits[model.UserExtension] {
	e := core.Edits[model.UserExtension]{Apply: func(d *model.UserExtension, c *core.Checker) {
		translate.Set(&d.Address, in.Address)
		translate.Replace(&d.Seller, in.Seller)
		translate.Set(&d.FavouriteID, in.FavouriteID)
	}}
	if in.Address.IsSet() {
		e.Guarded = append(e.Guarded, "address")
	}
	return e
}

func (r *userResolver) Orders(ctx context.Context, obj *core.User, where *model.OrderWhere, orderBy *model.OrderOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.Order], error) {
	return translate.Page(ctx, func(ctx context.Context, args core.PageArgs) (*core.Page[model.Order], error) {
		return core.Children(ctx, obj, "orders", r.models.Orders.Collection, "buyerId", args)
	}, where, orderWhere, core.PageArgs{
		OrderBy: orderOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *userResolver) Address(ctx context.Context, obj *core.User) (*model.Address, error) {
	if r.app.Users.Withholds(ctx, obj, "address") {
		return nil, nil
	}
	return core.AddedFields[model.UserExtension](obj).Address, nil
}

func (r *userResolver) Seller(_ context.Context, obj *core.User) (bool, error) {
	return core.AddedFields[model.UserExtension](obj).Seller, nil
}

func (r *userResolver) Favourite(ctx context.Context, obj *core.User) (*model.Product, error) {
	return translate.Maybe(core.Follow(ctx, obj, "favourite", func(d *core.User) string {
		return translate.Deref(core.AddedFields[model.UserExtension](d).FavouriteID)
	}, r.models.Products.Collection))
}
