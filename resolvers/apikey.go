package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *mutationResolver) CreateAPIKey(ctx context.Context, input model.CreateAPIKeyInput) (*model.CreateAPIKeyPayload, error) {
	made, key, err := r.app.APIKeys.Create(ctx, core.APIKeyDraft{
		Name: input.Name, Role: input.Role, Types: input.Types, Operations: input.Operations, UserID: input.UserID.Value(), ExpiresAt: input.ExpiresAt.Value(),
	})
	return &model.CreateAPIKeyPayload{APIKey: made, Key: key}, err
}

func (r *mutationResolver) RevokeAPIKey(ctx context.Context, input model.RevokeAPIKeyInput) (*model.RevokeAPIKeyPayload, error) {
	key, err := r.app.APIKeys.Revoke(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.RevokeAPIKeyPayload{APIKey: key}, err
}
