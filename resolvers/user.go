package resolvers

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

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

func (r *mutationResolver) CreateUser(ctx context.Context, input model.CreateUserInput) (*model.CreateUserPayload, error) {
	hash := input.PasswordHash.Value()
	password, told := translate.Or(input.Password, ""), (*string)(nil)
	if hash == nil {
		password, told = givenOrMade(input.Password)
	}
	user, err := r.app.Users.Create(ctx, core.UserDraft{
		Username: translate.Or(input.Username, core.UsernameFor(input.Email)), Email: input.Email, Password: password, PasswordHash: hash, DisplayName: input.DisplayName.Value(),
	}, translate.Or(input.Role, core.Member))
	return &model.CreateUserPayload{User: user, Password: told}, err
}

func (r *mutationResolver) SetUserPassword(ctx context.Context, input model.SetUserPasswordInput) (*model.SetUserPasswordPayload, error) {
	password, told := givenOrMade(input.Password)
	user, err := r.app.Users.SetPassword(ctx, input.ID, translate.Version(input.ExpectedVersion), password)
	return &model.SetUserPasswordPayload{User: user, Password: told}, err
}

func (r *mutationResolver) EndUserSessions(ctx context.Context, input model.EndUserSessionsInput) (*model.EndUserSessionsPayload, error) {
	user, err := r.app.Users.EndSessions(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.EndUserSessionsPayload{User: user}, err
}

// givenOrMade is a password, and the same to be told when it was not given.
func givenOrMade(given graphql.Omittable[*string]) (password string, told *string) {
	if v := given.Value(); v != nil {
		return *v, nil
	}
	password = core.RandomPassword()
	return password, &password
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

func (r *userResolver) Identities(ctx context.Context, obj *core.User) ([]*core.Identity, error) {
	return r.app.Providers.Of(ctx, obj)
}

func (r *userResolver) Sessions(ctx context.Context, obj *core.User) ([]*core.Session, error) {
	return r.app.Sessions.Of(ctx, obj)
}
