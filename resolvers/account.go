package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) ExportMyData(ctx context.Context, first *int32, after *string) ([]*core.OwnRecord, error) {
	return r.app.OwnRecords(ctx, translate.Size(first), after)
}

func (r *mutationResolver) DeleteAccount(ctx context.Context, input model.DeleteAccountInput) (*model.DeleteAccountPayload, error) {
	id, err := r.app.Departures.DeleteAccount(ctx, input.Password.Value(), core.AccountContent(input.Content))
	if cookies := core.ClientOf(ctx).Cookies; err == nil && cookies != nil {
		cookies.Clear()
	}
	return &model.DeleteAccountPayload{DeletedUserID: id}, err
}
