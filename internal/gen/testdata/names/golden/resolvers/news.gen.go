// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/names/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) News(ctx context.Context, id string) (*model.News, error) {
	return r.models.AllNews.Get(ctx, id)
}

func (r *queryResolver) AllNews(ctx context.Context, where *model.NewsWhere, orderBy *model.NewsOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.News], error) {
	return translate.Page(ctx, r.models.AllNews.Page, where, newsWhere, core.PageArgs{
		OrderBy: newsOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func newsWhere(w *translate.Reader, at string, in *model.NewsWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, newsWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
		translate.Time(w, at, "updatedAt", "updatedAt", in.UpdatedAt),
	)
}

func newsOrder(by *model.NewsOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "updatedAt", Desc: true}}
	}
	switch by.Field {
	case model.NewsOrderFieldCreatedAt:
		return translate.Order(by.Direction, "createdAt")
	}
	return translate.Order(by.Direction, "updatedAt")
}
