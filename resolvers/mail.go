package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
)

func (r *mailResolver) Text(ctx context.Context, obj *core.Mail) (*string, error) {
	return r.app.Mails.Text(ctx, obj)
}
