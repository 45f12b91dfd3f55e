// Code generated from schema/product.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
	"github.com/grapnel/grapnel/examples/shop/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Product(ctx context.Context, id string) (*model.Product, error) {
	return r.models.Products.Get(ctx, id)
}

func (r *queryResolver) ProductBySku(ctx context.Context, value string) (*model.Product, error) {
	return r.models.Products.By(ctx, "sku", value)
}

func (r *queryResolver) Products(ctx context.Context, where *model.ProductWhere, orderBy *model.ProductOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[model.Product], error) {
	return translate.Page(ctx, r.models.Products.Page, where, productWhere, core.PageArgs{
		OrderBy: productOrder(orderBy), Search: search, Brief: !translate.Asks(ctx, "story", "storyHtml", "priceWithTax"), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateProduct(ctx context.Context, input model.CreateProductInput) (*model.CreateProductPayload, error) {
	doc, err := r.models.Products.Create(ctx, createProduct(ctx, &input))
	return &model.CreateProductPayload{Product: doc}, err
}

func (r *mutationResolver) UpdateProduct(ctx context.Context, input model.UpdateProductInput) (*model.UpdateProductPayload, error) {
	doc, err := r.models.Products.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateProduct(&input))
	return &model.UpdateProductPayload{Product: doc}, err
}

func (r *mutationResolver) DeleteProduct(ctx context.Context, input model.DeleteProductInput) (*model.DeleteProductPayload, error) {
	err := r.models.Products.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteProductPayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) ProductChanged(ctx context.Context, where *model.ProductWhere) (<-chan *core.Change[model.Product], error) {
	return translate.Changes(ctx, r.models.Products.Changed, where, productWhere)
}

func productWhere(w *translate.Reader, at string, in *model.ProductWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, productWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.String(w, at, "sku", "sku", in.Sku),
		translate.Int(w, at, "price", "price", in.Price),
		translate.Decimal(w, at, "taxRate", "taxRate", in.TaxRate),
		translate.Date(w, at, "availableFrom", "availableFrom", in.AvailableFrom),
		translate.Field(w, at, "kind", "kind", in.Kind, func(c *translate.Conditions, f *model.ProductKindFilter) { translate.Equality(c, f.Eq, f.Ne, f.In) }),
		translate.Boolean(w, at, "published", "published", in.Published),
		translate.StringList(w, at, "tags", "tags", in.Tags),
		translate.ID(w, at, "makerId", "makerId", in.MakerID),
		translate.Int(w, at, "costPrice", "costPrice", in.CostPrice),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func productOrder(by *model.ProductOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	case model.ProductOrderFieldRelevance:
		return translate.Relevance(by.Direction, core.Order{Field: "createdAt", Desc: true})
	case model.ProductOrderFieldPrice:
		return translate.Order(by.Direction, "price")
	case model.ProductOrderFieldTaxRate:
		return translate.Order(by.Direction, "taxRate")
	}
	return translate.Order(by.Direction, "createdAt")
}

func createProduct(ctx context.Context, in *model.CreateProductInput) core.Edits[model.Product] {
	e := core.Edits[model.Product]{Apply: func(d *model.Product, c *core.Checker) {
		d.Name = in.Name
		d.Sku = in.Sku
		d.Price = in.Price
		d.TaxRate = value.MustDecimal("0.20")
		translate.Replace(&d.TaxRate, in.TaxRate)
		d.AvailableFrom = in.AvailableFrom.Value()
		d.Attributes = in.Attributes.Value()
		d.Kind = model.ProductKind("GOODS")
		translate.Replace(&d.Kind, in.Kind)
		d.Published = false
		translate.Replace(&d.Published, in.Published)
		d.Dimensions = in.Dimensions.Value()
		d.Parts = in.Parts.Value()
		d.Tags = in.Tags.Value()
		d.Story = in.Story.Value()
		d.PhotoIds = in.PhotoIds.Value()
		d.MakerID = translate.OrCaller(ctx, in.MakerID)
		d.CostPrice = in.CostPrice.Value()
	}}
	if in.CostPrice.Value() != nil {
		e.Guarded = append(e.Guarded, "costPrice")
	}
	return e
}

func updateProduct(in *model.UpdateProductInput) core.Edits[model.Product] {
	e := core.Edits[model.Product]{Apply: func(d *model.Product, c *core.Checker) {
		translate.Replace(&d.Name, in.Name)
		translate.Replace(&d.Sku, in.Sku)
		translate.Replace(&d.Price, in.Price)
		translate.Replace(&d.TaxRate, in.TaxRate)
		translate.Set(&d.AvailableFrom, in.AvailableFrom)
		translate.Set(&d.Attributes, in.Attributes)
		translate.Replace(&d.Kind, in.Kind)
		translate.Replace(&d.Published, in.Published)
		translate.Set(&d.Dimensions, in.Dimensions)
		translate.ReplaceList(&d.Parts, in.Parts)
		translate.ReplaceList(&d.Tags, in.Tags)
		translate.Set(&d.Story, in.Story)
		translate.ReplaceList(&d.PhotoIds, in.PhotoIds)
		translate.Set(&d.MakerID, in.MakerID)
		translate.Set(&d.CostPrice, in.CostPrice)
	}}
	if in.CostPrice.IsSet() {
		e.Guarded = append(e.Guarded, "costPrice")
	}
	return e
}

func (r *productResolver) Story(ctx context.Context, obj *model.Product) (*string, error) {
	whole, err := r.models.Products.Whole(ctx, obj)
	if err != nil {
		return nil, err
	}
	return whole.Story, nil
}

func (r *productResolver) StoryHTML(ctx context.Context, obj *model.Product) (*string, error) {
	whole, err := r.models.Products.Whole(ctx, obj)
	if err != nil {
		return nil, err
	}
	return translate.HTML(ctx, r.app, obj.ID+"-story", whole.Story)
}

func (r *productResolver) Photos(ctx context.Context, obj *model.Product) ([]*core.Asset, error) {
	return core.FollowAll(ctx, obj, "photos", func(d *model.Product) []string { return d.PhotoIds }, r.app.Assets.Collection)
}

func (r *productResolver) Maker(ctx context.Context, obj *model.Product) (*core.User, error) {
	return translate.Maybe(core.Follow(ctx, obj, "maker", func(d *model.Product) string { return translate.Deref(d.MakerID) }, r.app.Users.Collection))
}

func (r *productResolver) Reviews(ctx context.Context, obj *model.Product, where *model.ReviewWhere, orderBy *model.ReviewOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[model.Review], error) {
	return translate.Page(ctx, func(ctx context.Context, args core.PageArgs) (*core.Page[model.Review], error) {
		return core.Children(ctx, obj, "reviews", r.models.Reviews.Collection, "productId", args)
	}, where, reviewWhere, core.PageArgs{
		OrderBy: reviewOrder(orderBy), Search: search, First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *productResolver) CostPrice(ctx context.Context, obj *model.Product) (*int32, error) {
	if r.models.Products.Withholds(ctx, obj, "costPrice") {
		return nil, nil
	}
	return obj.CostPrice, nil
}
