package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph"
	"github.com/grapnel/grapnel/graph/model"
)

func (r *assetResolver) Owner(ctx context.Context, obj *core.Asset) (*core.User, error) {
	return r.app.Assets.Owner(ctx, obj)
}

func (r *assetResolver) URL(ctx context.Context, obj *core.Asset) (*string, error) {
	return r.app.Assets.URL(obj), nil
}

func (r *mutationResolver) UploadAsset(ctx context.Context, input model.UploadAssetInput) (*model.UploadAssetPayload, error) {
	if err := r.app.Assets.MayUpload(ctx); err != nil {
		return nil, err
	}
	name, size, err := input.File.Open()
	if err != nil {
		return nil, err
	}
	asset, err := r.app.Assets.Upload(ctx, core.Upload{
		Filename: name, Declared: size, Body: input.File, Visibility: input.Visibility, Alt: input.Alt.Value(),
	})
	return &model.UploadAssetPayload{Asset: asset}, err
}

func (r *mutationResolver) CreateAssetUpload(ctx context.Context, input model.CreateAssetUploadInput) (*model.CreateAssetUploadPayload, error) {
	asset, request, err := r.app.Assets.Promise(ctx, core.Promise{
		Filename: input.Filename, ContentType: input.ContentType, Size: input.Size, SHA256: input.Sha256,
		Visibility: input.Visibility, Alt: input.Alt.Value(),
	})
	return &model.CreateAssetUploadPayload{Asset: asset, Request: request}, err
}

func (r *mutationResolver) CompleteAssetUpload(ctx context.Context, input model.CompleteAssetUploadInput) (*model.CompleteAssetUploadPayload, error) {
	asset, err := r.app.Assets.Complete(ctx, input.ID)
	return &model.CompleteAssetUploadPayload{Asset: asset}, err
}

func (r *mutationResolver) UpdateAsset(ctx context.Context, input model.UpdateAssetInput) (*model.UpdateAssetPayload, error) {
	asset, err := r.app.Assets.Update(ctx, input.ID, version(input.ExpectedVersion), core.AssetPatch{
		Filename: opt(input.Filename), Alt: opt(input.Alt), Visibility: opt(input.Visibility),
	})
	return &model.UpdateAssetPayload{Asset: asset}, err
}

func (r *mutationResolver) DeleteAsset(ctx context.Context, input model.DeleteAssetInput) (*model.DeleteAssetPayload, error) {
	return &model.DeleteAssetPayload{DeletedID: input.ID}, r.app.Assets.Delete(ctx, input.ID, version(input.ExpectedVersion))
}

func (r *queryResolver) Asset(ctx context.Context, id string) (*core.Asset, error) {
	return r.app.Assets.Get(ctx, id)
}

func (r *queryResolver) Assets(ctx context.Context, where *model.AssetWhere, orderBy *model.AssetOrder, first *int32, after *string, last *int32, before *string) (*core.Page[core.Asset], error) {
	filter, err := read(where, assetWhere)
	if err != nil {
		return nil, err
	}
	return r.app.Assets.Page(ctx, core.PageArgs{
		Where: filter, OrderBy: assetOrder(orderBy),
		First: size(first), After: after, Last: size(last), Before: before,
	})
}

func (r *Resolver) Asset() graph.AssetResolver { return &assetResolver{r} }

type assetResolver struct{ *Resolver }
