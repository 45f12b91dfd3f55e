package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *mutationResolver) UpdateUser(ctx context.Context, input model.UpdateUserInput) (*model.UpdateUserPayload, error) {
	user, err := r.app.Users.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), core.UserPatch{
		Username: translate.Given(input.Username), DisplayName: translate.Opt(input.DisplayName), Bio: translate.Opt(input.Bio), AvatarID: translate.Opt(input.AvatarID),
	})
	return &model.UpdateUserPayload{User: user}, err
}

func (r *mutationResolver) SetUserRole(ctx context.Context, input model.SetUserRoleInput) (*model.SetUserRolePayload, error) {
	user, err := r.app.Users.SetRole(ctx, input.ID, translate.Version(input.ExpectedVersion), input.Role)
	return &model.SetUserRolePayload{User: user}, err
}

func (r *mutationResolver) SuspendUser(ctx context.Context, input model.SuspendUserInput) (*model.SuspendUserPayload, error) {
	user, err := r.app.Users.Suspend(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.SuspendUserPayload{User: user}, err
}

func (r *mutationResolver) UnsuspendUser(ctx context.Context, input model.UnsuspendUserInput) (*model.UnsuspendUserPayload, error) {
	user, err := r.app.Users.Unsuspend(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.UnsuspendUserPayload{User: user}, err
}

func (r *queryResolver) Viewer(ctx context.Context) (*core.User, error) {
	return r.app.Users.Viewer(ctx)
}

func (r *queryResolver) UserByUsername(ctx context.Context, username string) (*core.User, error) {
	return r.app.Users.ByUsername(ctx, username)
}

func (r *queryResolver) UserByEmail(ctx context.Context, email string) (*core.User, error) {
	return r.app.Users.ByEmail(ctx, email)
}

func (r *userResolver) Email(ctx context.Context, obj *core.User) (*string, error) {
	if r.app.Users.Withholds(ctx, obj, "email") {
		return nil, nil
	}
	return &obj.Email, nil
}
