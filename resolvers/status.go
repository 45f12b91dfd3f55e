package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
)

func (r *queryResolver) ServerStatus(ctx context.Context) (*core.ServerStatus, error) {
	return r.app.Status(ctx)
}
