package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *subscriptionResolver) RecordViewers(ctx context.Context, id string) (<-chan *core.RecordViewers, error) {
	viewers, err := r.app.Presence.Watch(ctx, id)
	if err != nil {
		return nil, err
	}
	return translate.Stream(ctx, viewers, func(v *core.RecordViewers) error { return v.Err }), nil
}
