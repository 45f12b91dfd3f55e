package resolvers

import (
	"context"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph"
	"github.com/grapnel/grapnel/graph/model"
)

func (r *mutationResolver) UpdateUser(ctx context.Context, input model.UpdateUserInput) (*model.UpdateUserPayload, error) {
	user, err := r.app.Users.Update(ctx, input.ID, version(input.ExpectedVersion), core.UserPatch{
		Username: opt(input.Username), DisplayName: opt(input.DisplayName), Bio: opt(input.Bio), AvatarID: opt(input.AvatarID),
	})
	return &model.UpdateUserPayload{User: user}, err
}

func (r *mutationResolver) SetUserRole(ctx context.Context, input model.SetUserRoleInput) (*model.SetUserRolePayload, error) {
	user, err := r.app.Users.SetRole(ctx, input.ID, version(input.ExpectedVersion), input.Role)
	return &model.SetUserRolePayload{User: user}, err
}

func (r *mutationResolver) SuspendUser(ctx context.Context, input model.SuspendUserInput) (*model.SuspendUserPayload, error) {
	user, err := r.app.Users.Suspend(ctx, input.ID, version(input.ExpectedVersion))
	return &model.SuspendUserPayload{User: user}, err
}

func (r *mutationResolver) UnsuspendUser(ctx context.Context, input model.UnsuspendUserInput) (*model.UnsuspendUserPayload, error) {
	user, err := r.app.Users.Unsuspend(ctx, input.ID, version(input.ExpectedVersion))
	return &model.UnsuspendUserPayload{User: user}, err
}

func (r *queryResolver) Viewer(ctx context.Context) (*core.User, error) {
	return r.app.Users.Viewer(ctx)
}

func (r *queryResolver) User(ctx context.Context, id string) (*core.User, error) {
	return r.app.Users.Get(ctx, id)
}

func (r *queryResolver) UserByUsername(ctx context.Context, username string) (*core.User, error) {
	return r.app.Users.ByUsername(ctx, username)
}

func (r *queryResolver) Users(ctx context.Context, where *model.UserWhere, orderBy *model.UserOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[core.User], error) {
	filter, err := read(where, userWhere)
	if err != nil {
		return nil, err
	}
	return r.app.Users.Page(ctx, core.PageArgs{
		Where: filter, Search: search, OrderBy: userOrder(orderBy),
		First: size(first), After: after, Last: size(last), Before: before,
	})
}

func (r *userResolver) Avatar(ctx context.Context, obj *core.User) (*core.Asset, error) {
	return maybe(r.app.Users.Avatar(ctx, obj))
}

func (r *userResolver) Email(ctx context.Context, obj *core.User) (*string, error) {
	return &obj.Email, r.app.Users.CanRead(ctx, obj, "email")
}

func (r *userResolver) SuspendedAt(ctx context.Context, obj *core.User) (*time.Time, error) {
	return obj.SuspendedAt, r.app.Users.CanRead(ctx, obj, "suspendedAt")
}

func (r *Resolver) User() graph.UserResolver { return &userResolver{r} }

type userResolver struct{ *Resolver }
