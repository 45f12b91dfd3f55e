package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *assetResolver) URL(ctx context.Context, obj *core.Asset) (*string, error) {
	return r.app.Assets.URL(obj), nil
}

func (r *assetResolver) UsedBy(ctx context.Context, obj *core.Asset, first *int32) ([]*core.AssetUse, error) {
	return r.app.Assets.UsedBy(ctx, obj, translate.Size(first))
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
		Filename: name, Declared: size, Body: input.File, Visibility: translate.Or(input.Visibility, core.Public), Alt: input.Alt.Value(),
		KeepMetadata: translate.Or(input.KeepMetadata, false),
	})
	return &model.UploadAssetPayload{Asset: asset}, err
}

func (r *mutationResolver) CreateAssetUpload(ctx context.Context, input model.CreateAssetUploadInput) (*model.CreateAssetUploadPayload, error) {
	asset, request, err := r.app.Assets.Promise(ctx, core.Promise{
		Filename: input.Filename, ContentType: input.ContentType, Size: input.Size, SHA256: input.Sha256,
		Visibility: translate.Or(input.Visibility, core.Public), Alt: input.Alt.Value(),
		KeepMetadata: translate.Or(input.KeepMetadata, false),
	})
	return &model.CreateAssetUploadPayload{Asset: asset, Request: request}, err
}

func (r *mutationResolver) CompleteAssetUpload(ctx context.Context, input model.CompleteAssetUploadInput) (*model.CompleteAssetUploadPayload, error) {
	asset, err := r.app.Assets.Complete(ctx, input.ID)
	return &model.CompleteAssetUploadPayload{Asset: asset}, err
}

func (r *mutationResolver) ReplaceAssetFile(ctx context.Context, input model.ReplaceAssetFileInput) (*model.ReplaceAssetFilePayload, error) {
	expected := translate.Version(input.ExpectedVersion)
	if err := r.app.Assets.MayReplace(ctx, input.ID, expected); err != nil {
		return nil, err
	}
	_, size, err := input.File.Open()
	if err != nil {
		return nil, err
	}
	asset, err := r.app.Assets.Replace(ctx, input.ID, expected, core.Replacement{
		Declared: size, Body: input.File, KeepMetadata: translate.Or(input.KeepMetadata, false),
	})
	return &model.ReplaceAssetFilePayload{Asset: asset}, err
}

func (r *mutationResolver) UpdateAsset(ctx context.Context, input model.UpdateAssetInput) (*model.UpdateAssetPayload, error) {
	asset, err := r.app.Assets.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), core.AssetPatch{
		Filename: translate.Given(input.Filename), Alt: translate.Opt(input.Alt), Visibility: translate.Given(input.Visibility),
		KeepMetadata: translate.Given(input.KeepMetadata),
	})
	return &model.UpdateAssetPayload{Asset: asset}, err
}

func (r *mutationResolver) DeleteAsset(ctx context.Context, input model.DeleteAssetInput) (*model.DeleteAssetPayload, error) {
	return &model.DeleteAssetPayload{DeletedID: input.ID}, r.app.Assets.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
}

func (r *queryResolver) StorageUsage(ctx context.Context) (*core.StorageUsage, error) {
	return r.app.Assets.Usage(ctx)
}
