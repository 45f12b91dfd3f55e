// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/names/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) HTTPRoute(ctx context.Context, id string) (*model.HTTPRoute, error) {
	return r.models.HTTPRoutes.Get(ctx, id)
}

func (r *queryResolver) HTTPRouteByType(ctx context.Context, value string) (*model.HTTPRoute, error) {
	return r.models.HTTPRoutes.By(ctx, "type", value)
}

func (r *queryResolver) HTTPRouteByString(ctx context.Context, value string) (*model.HTTPRoute, error) {
	return r.models.HTTPRoutes.By(ctx, "string", value)
}

func (r *queryResolver) HTTPRoutes(ctx context.Context, where *model.HTTPRouteWhere, orderBy *model.HTTPRouteOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.HTTPRoute], error) {
	return translate.Page(ctx, r.models.HTTPRoutes.Page, where, httpRouteWhere, core.PageArgs{
		OrderBy: httpRouteOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateHTTPRoute(ctx context.Context, input model.CreateHTTPRouteInput) (*model.CreateHTTPRoutePayload, error) {
	doc, err := r.models.HTTPRoutes.Create(ctx, createHTTPRoute(ctx, &input))
	return &model.CreateHTTPRoutePayload{HTTPRoute: doc}, err
}

func (r *mutationResolver) UpdateHTTPRoute(ctx context.Context, input model.UpdateHTTPRouteInput) (*model.UpdateHTTPRoutePayload, error) {
	doc, err := r.models.HTTPRoutes.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateHTTPRoute(&input))
	return &model.UpdateHTTPRoutePayload{HTTPRoute: doc}, err
}

func (r *mutationResolver) DeleteHTTPRoute(ctx context.Context, input model.DeleteHTTPRouteInput) (*model.DeleteHTTPRoutePayload, error) {
	err := r.models.HTTPRoutes.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteHTTPRoutePayload{DeletedID: input.ID}, err
}

func httpRouteWhere(w *translate.Reader, at string, in *model.HTTPRouteWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, httpRouteWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.String(w, at, "type", "type", in.Type),
		translate.Int(w, at, "func", "func", in.Func),
		translate.String(w, at, "error", "error", in.Error),
		translate.String(w, at, "string", "string", in.String),
		translate.ID(w, at, "userId", "userId", in.UserID),
		translate.String(w, at, "url_path", "url_path", in.URLPath),
		translate.String(w, at, "htmlURL2", "htmlURL2", in.HTMLURL2),
		translate.Field(w, at, "kindOf", "kindOf", in.KindOf, func(c *translate.Conditions, f *model.IDKindFilter) { translate.Equality(c, f.Eq, f.Ne, f.In) }),
		translate.Field(w, at, "kinds", "kinds", in.Kinds, func(c *translate.Conditions, f *model.IDKindListFilter) { translate.Has(c, f.Has, f.HasSome) }),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func httpRouteOrder(by *model.HTTPRouteOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	case model.HTTPRouteOrderFieldType:
		return translate.Order(by.Direction, "type")
	case model.HTTPRouteOrderFieldFunc:
		return translate.Order(by.Direction, "func")
	case model.HTTPRouteOrderFieldUserID:
		return translate.Order(by.Direction, "userId")
	case model.HTTPRouteOrderFieldURLPath:
		return translate.Order(by.Direction, "url_path")
	case model.HTTPRouteOrderFieldHTMLURL2:
		return translate.Order(by.Direction, "htmlURL2")
	case model.HTTPRouteOrderFieldKindOf:
		return translate.Order(by.Direction, "kindOf")
	}
	return translate.Order(by.Direction, "createdAt")
}

func createHTTPRoute(ctx context.Context, in *model.CreateHTTPRouteInput) core.Edits[model.HTTPRoute] {
	e := core.Edits[model.HTTPRoute]{Apply: func(d *model.HTTPRoute, c *core.Checker) {
		d.Type = in.Type
		d.Func = in.Func
		d.Error = in.Error.Value()
		d.String = in.String
		d.UserID = in.UserID
		d.URLPath = in.URLPath
		d.HTMLURL2 = in.HTMLURL2
		d.KindOf = in.KindOf
		d.Kinds = in.Kinds.Value()
		d.Range = in.Range.Value()
	}}
	return e
}

func updateHTTPRoute(in *model.UpdateHTTPRouteInput) core.Edits[model.HTTPRoute] {
	e := core.Edits[model.HTTPRoute]{Apply: func(d *model.HTTPRoute, c *core.Checker) {
		translate.Replace(&d.Type, in.Type)
		translate.Replace(&d.Func, in.Func)
		translate.Set(&d.Error, in.Error)
		translate.Replace(&d.String, in.String)
		translate.Replace(&d.UserID, in.UserID)
		translate.Replace(&d.URLPath, in.URLPath)
		translate.Replace(&d.HTMLURL2, in.HTMLURL2)
		translate.Replace(&d.KindOf, in.KindOf)
		translate.ReplaceList(&d.Kinds, in.Kinds)
		translate.Set(&d.Range, in.Range)
	}}
	return e
}
