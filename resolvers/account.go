package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
)

func (r *mutationResolver) DeleteAccount(ctx context.Context, input model.DeleteAccountInput) (*model.DeleteAccountPayload, error) {
	id, err := r.app.Departures.DeleteAccount(ctx, input.Password.Value(), core.Content(input.Content))
	if cookies := core.ClientOf(ctx).Cookies; err == nil && cookies != nil {
		cookies.Clear()
	}
	return &model.DeleteAccountPayload{DeletedUserID: id}, err
}
