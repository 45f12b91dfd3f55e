// Code generated from schema/mail.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Mail(ctx context.Context, id string) (*core.Mail, error) {
	return r.app.Mails.Get(ctx, id)
}

func (r *queryResolver) Mails(ctx context.Context, where *model.MailWhere, orderBy *model.MailOrder, first *int32, after *string, last *int32, before *string) (*core.Page[core.Mail], error) {
	return translate.Page(ctx, r.app.Mails.Page, where, mailWhere, core.PageArgs{
		OrderBy: mailOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func mailWhere(w *translate.Reader, at string, in *model.MailWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, mailWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.String(w, at, "to", "to", in.To),
		translate.Field(w, at, "state", "state", in.State, func(c *translate.Conditions, f *model.MailStateFilter) { translate.Equality(c, f.Eq, f.Ne, f.In) }),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func mailOrder(by *model.MailOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	}
	return translate.Order(by.Direction, "createdAt")
}
