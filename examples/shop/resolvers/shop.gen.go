// Code generated from schema/shop.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/examples/shop/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Shop(ctx context.Context) (*model.Shop, error) {
	return translate.Maybe(r.models.Shop.Only(ctx))
}

func (r *mutationResolver) UpdateShop(ctx context.Context, input model.UpdateShopInput) (*model.UpdateShopPayload, error) {
	doc, err := r.models.Shop.Update(ctx, r.models.Shop.OnlyID(), translate.Version(input.ExpectedVersion), updateShop(&input))
	return &model.UpdateShopPayload{Shop: doc}, err
}

func (r *subscriptionResolver) ShopChanged(ctx context.Context) (<-chan *core.Change[model.Shop], error) {
	return r.models.Shop.Changed(ctx, core.All)
}

func updateShop(in *model.UpdateShopInput) core.Edits[model.Shop] {
	e := core.Edits[model.Shop]{Apply: func(d *model.Shop, c *core.Checker) {
		translate.Replace(&d.Name, in.Name)
		translate.Set(&d.Notice, in.Notice)
		translate.Set(&d.LogoID, in.LogoID)
		translate.Replace(&d.Open, in.Open)
		translate.ReplaceList(&d.Menu, in.Menu)
	}}
	return e
}

func (r *shopResolver) Logo(ctx context.Context, obj *model.Shop) (*core.Asset, error) {
	return translate.Maybe(core.Follow(ctx, obj, "logo", func(d *model.Shop) string { return translate.Deref(d.LogoID) }, r.app.Assets.Collection))
}
