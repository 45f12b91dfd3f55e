// Code generated from schema/names.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/names/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) APIKey(ctx context.Context, id string) (*model.APIKey, error) {
	return r.models.APIKeys.Get(ctx, id)
}

func (r *queryResolver) APIKeyByType(ctx context.Context, value string) (*model.APIKey, error) {
	return r.models.APIKeys.By(ctx, "type", value)
}

func (r *queryResolver) APIKeyByString(ctx context.Context, value string) (*model.APIKey, error) {
	return r.models.APIKeys.By(ctx, "string", value)
}

func (r *queryResolver) APIKeys(ctx context.Context, where *model.APIKeyWhere, orderBy *model.APIKeyOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.APIKey], error) {
	return translate.Page(ctx, r.models.APIKeys.Page, where, apiKeyWhere, core.PageArgs{
		OrderBy: apiKeyOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateAPIKey(ctx context.Context, input model.CreateAPIKeyInput) (*model.CreateAPIKeyPayload, error) {
	doc, err := r.models.APIKeys.Create(ctx, createAPIKey(ctx, &input))
	return &model.CreateAPIKeyPayload{APIKey: doc}, err
}

func (r *mutationResolver) UpdateAPIKey(ctx context.Context, input model.UpdateAPIKeyInput) (*model.UpdateAPIKeyPayload, error) {
	doc, err := r.models.APIKeys.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateAPIKey(&input))
	return &model.UpdateAPIKeyPayload{APIKey: doc}, err
}

func (r *mutationResolver) DeleteAPIKey(ctx context.Context, input model.DeleteAPIKeyInput) (*model.DeleteAPIKeyPayload, error) {
	err := r.models.APIKeys.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteAPIKeyPayload{DeletedID: input.ID}, err
}

func apiKeyWhere(w *translate.Reader, at string, in *model.APIKeyWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, apiKeyWhere),
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

func apiKeyOrder(by *model.APIKeyOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	case model.APIKeyOrderFieldType:
		return translate.Order(by.Direction, "type")
	case model.APIKeyOrderFieldFunc:
		return translate.Order(by.Direction, "func")
	case model.APIKeyOrderFieldUserID:
		return translate.Order(by.Direction, "userId")
	case model.APIKeyOrderFieldURLPath:
		return translate.Order(by.Direction, "url_path")
	case model.APIKeyOrderFieldHTMLURL2:
		return translate.Order(by.Direction, "htmlURL2")
	case model.APIKeyOrderFieldKindOf:
		return translate.Order(by.Direction, "kindOf")
	}
	return translate.Order(by.Direction, "createdAt")
}

func createAPIKey(ctx context.Context, in *model.CreateAPIKeyInput) core.Edits[model.APIKey] {
	e := core.Edits[model.APIKey]{Apply: func(d *model.APIKey, c *core.Checker) {
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

func updateAPIKey(in *model.UpdateAPIKeyInput) core.Edits[model.APIKey] {
	e := core.Edits[model.APIKey]{Apply: func(d *model.APIKey, c *core.Checker) {
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
