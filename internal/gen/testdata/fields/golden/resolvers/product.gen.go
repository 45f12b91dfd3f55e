// Code generated from schema/product.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"cmp"
	"context"

	"example.org/fields/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
	basemodel "github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Product(ctx context.Context, id string) (*model.Product, error) {
	return r.models.Products.Get(ctx, id)
}

func (r *queryResolver) ProductBySku(ctx context.Context, value string) (*model.Product, error) {
	return r.models.Products.By(ctx, "sku", value)
}

func (r *queryResolver) ProductByEan(ctx context.Context, value string) (*model.Product, error) {
	return r.models.Products.By(ctx, "ean", value)
}

func (r *queryResolver) ProductBySoldOn(ctx context.Context, value value.Date) (*model.Product, error) {
	return r.models.Products.By(ctx, "soldOn", value)
}

func (r *queryResolver) ProductByDiscount(ctx context.Context, value value.Decimal) (*model.Product, error) {
	return r.models.Products.By(ctx, "discount", value)
}

func (r *queryResolver) ProductBySlug(ctx context.Context, value string) (*model.Product, error) {
	return r.models.Products.By(ctx, "slug", value)
}

func (r *queryResolver) Products(ctx context.Context, where *model.ProductWhere, orderBy *model.ProductOrder, search *string, first *int32, after *string, last *int32, before *string) (*core.Page[model.Product], error) {
	return translate.Page(ctx, r.models.Products.Page, where, productWhere, core.PageArgs{
		OrderBy: productOrder(orderBy), Search: search, Brief: !translate.Asks(ctx, "story", "storyHtml", "manual", "manualHtml", "priceWithTax"), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
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
		translate.ID(w, at, "ean", "ean", in.Ean),
		translate.Int(w, at, "price", "price", in.Price),
		translate.Int64(w, at, "views", "views", in.Views),
		translate.Float(w, at, "weight", "weight", in.Weight),
		translate.Float(w, at, "ratio", "ratio", in.Ratio),
		translate.Int(w, at, "stock", "stock", in.Stock),
		translate.Boolean(w, at, "published", "published", in.Published),
		translate.Time(w, at, "availableAt", "availableAt", in.AvailableAt),
		translate.Time(w, at, "madeAt", "madeAt", in.MadeAt),
		translate.Date(w, at, "madeOn", "madeOn", in.MadeOn),
		translate.Date(w, at, "soldOn", "soldOn", in.SoldOn),
		translate.Decimal(w, at, "cost", "cost", in.Cost),
		translate.Decimal(w, at, "discount", "discount", in.Discount),
		translate.Field(w, at, "kind", "kind", in.Kind, func(c *translate.Conditions, f *model.ProductKindFilter) { translate.Equality(c, f.Eq, f.Ne, f.In) }),
		translate.Field(w, at, "kinds", "kinds", in.Kinds, func(c *translate.Conditions, f *model.ProductKindListFilter) { translate.Has(c, f.Has, f.HasSome) }),
		translate.Field(w, at, "visibility", "visibility", in.Visibility, func(c *translate.Conditions, f *basemodel.VisibilityFilter) { translate.Equality(c, f.Eq, f.Ne, f.In) }),
		translate.Field(w, at, "visibilities", "visibilities", in.Visibilities, func(c *translate.Conditions, f *model.VisibilityListFilter) { translate.Has(c, f.Has, f.HasSome) }),
		translate.String(w, at, "slug", "slug", in.Slug),
		translate.StringList(w, at, "tags", "tags", in.Tags),
		translate.IDList(w, at, "codes", "codes", in.Codes),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
		translate.Time(w, at, "updatedAt", "updatedAt", in.UpdatedAt),
	)
}

func productOrder(by *model.ProductOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "price"}}
	}
	switch by.Field {
	case model.ProductOrderFieldRelevance:
		return translate.Relevance(by.Direction, core.Order{Field: "price"})
	case model.ProductOrderFieldPrice:
		return translate.Order(by.Direction, "price")
	case model.ProductOrderFieldViews:
		return translate.Order(by.Direction, "views")
	case model.ProductOrderFieldMadeAt:
		return translate.Order(by.Direction, "madeAt")
	case model.ProductOrderFieldMadeOn:
		return translate.Order(by.Direction, "madeOn")
	case model.ProductOrderFieldCost:
		return translate.Order(by.Direction, "cost")
	case model.ProductOrderFieldKind:
		return translate.Order(by.Direction, "kind")
	}
	return translate.Order(by.Direction, "createdAt")
}

func createProduct(ctx context.Context, in *model.CreateProductInput) core.Edits[model.Product] {
	e := core.Edits[model.Product]{Apply: func(d *model.Product, c *core.Checker) {
		d.Name = in.Name
		d.Sku = in.Sku
		d.Ean = in.Ean.Value()
		d.Price = in.Price
		d.Views = 9007199254740993
		d.Weight = in.Weight.Value()
		d.Ratio = 1
		translate.Replace(&d.Ratio, in.Ratio)
		d.Stock = cmp.Or(in.Stock.Value(), new(int32(-3)))
		d.Published = false
		translate.Replace(&d.Published, in.Published)
		d.Featured = cmp.Or(in.Featured.Value(), new(bool(true)))
		d.AvailableAt = in.AvailableAt.Value()
		d.MadeAt = in.MadeAt
		d.MadeOn = value.Date("2026-03-01")
		translate.Replace(&d.MadeOn, in.MadeOn)
		d.SoldOn = in.SoldOn.Value()
		d.Holidays = in.Holidays.Value()
		d.Cost = value.MustDecimal("1.50")
		translate.Replace(&d.Cost, in.Cost)
		d.Discount = cmp.Or(in.Discount.Value(), new(value.MustDecimal("0.00")))
		d.Rates = translate.Values(in.Rates.Value())
		d.Meta = cmp.Or(in.Meta.Value(), new(value.JSON("{\"a\":[1,2.5,\"\\\"\",null],\"on\":true}")))
		d.Settings = in.Settings
		d.More = in.More.Value()
		d.Kind = model.ProductKind("GOODS")
		translate.Replace(&d.Kind, in.Kind)
		d.OtherKind = new(model.ProductKind("ON_DEMAND"))
		d.Kinds = in.Kinds.Value()
		d.Visibility = core.Visibility("PRIVATE")
		translate.Replace(&d.Visibility, in.Visibility)
		d.Visibilities = in.Visibilities.Value()
		d.Mail = in.Mail.Value()
		d.Site = in.Site.Value()
		d.Slug = in.Slug
		d.Token = in.Token.Value()
		d.Tags = in.Tags
		d.Codes = in.Codes.Value()
		d.Numbers = in.Numbers.Value()
		d.Floats = in.Floats.Value()
		d.Flags = in.Flags.Value()
		d.Days = translate.Values(in.Days.Value())
		d.Greeting = "Say \"hi\" — 😀\\"
		translate.Replace(&d.Greeting, in.Greeting)
		d.Size = in.Size.Value()
		d.Box = in.Box
		d.Parts = in.Parts.Value()
		d.Story = in.Story.Value()
		d.Manual = in.Manual
	}}
	return e
}

func updateProduct(in *model.UpdateProductInput) core.Edits[model.Product] {
	e := core.Edits[model.Product]{Apply: func(d *model.Product, c *core.Checker) {
		translate.Replace(&d.Name, in.Name)
		translate.Replace(&d.Sku, in.Sku)
		translate.Set(&d.Ean, in.Ean)
		translate.Replace(&d.Price, in.Price)
		translate.Set(&d.Weight, in.Weight)
		translate.Replace(&d.Ratio, in.Ratio)
		translate.Set(&d.Stock, in.Stock)
		translate.Replace(&d.Published, in.Published)
		translate.Set(&d.Featured, in.Featured)
		translate.Set(&d.AvailableAt, in.AvailableAt)
		translate.Replace(&d.MadeAt, in.MadeAt)
		translate.Replace(&d.MadeOn, in.MadeOn)
		translate.Set(&d.SoldOn, in.SoldOn)
		translate.ReplaceList(&d.Holidays, in.Holidays)
		translate.Replace(&d.Cost, in.Cost)
		translate.Set(&d.Discount, in.Discount)
		translate.ReplaceList(&d.Rates, translate.OptValues(in.Rates))
		translate.Set(&d.Meta, in.Meta)
		translate.Replace(&d.Settings, in.Settings)
		translate.ReplaceList(&d.More, in.More)
		translate.Replace(&d.Kind, in.Kind)
		translate.Set(&d.OtherKind, in.OtherKind)
		translate.ReplaceList(&d.Kinds, in.Kinds)
		translate.Replace(&d.Visibility, in.Visibility)
		translate.ReplaceList(&d.Visibilities, in.Visibilities)
		translate.Set(&d.Mail, in.Mail)
		translate.Set(&d.Site, in.Site)
		translate.Set(&d.Token, in.Token)
		translate.ReplaceList(&d.Tags, in.Tags)
		translate.ReplaceList(&d.Codes, in.Codes)
		translate.ReplaceList(&d.Numbers, in.Numbers)
		translate.ReplaceList(&d.Floats, in.Floats)
		translate.ReplaceList(&d.Flags, in.Flags)
		translate.ReplaceList(&d.Days, translate.OptValues(in.Days))
		translate.Replace(&d.Greeting, in.Greeting)
		translate.Set(&d.Size, in.Size)
		translate.ReplaceDocument(&d.Box, in.Box)
		translate.ReplaceList(&d.Parts, in.Parts)
		translate.Set(&d.Story, in.Story)
		translate.Replace(&d.Manual, in.Manual)
	}}
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

func (r *productResolver) Manual(ctx context.Context, obj *model.Product) (string, error) {
	whole, err := r.models.Products.Whole(ctx, obj)
	if err != nil {
		return "", err
	}
	return whole.Manual, nil
}

func (r *productResolver) ManualHTML(ctx context.Context, obj *model.Product) (string, error) {
	whole, err := r.models.Products.Whole(ctx, obj)
	if err != nil {
		return "", err
	}
	return r.app.HTML(ctx, obj.ID+"-manual", whole.Manual)
}

func (r *productResolver) GreetingHTML(ctx context.Context, obj *model.Product) (string, error) {
	return r.app.HTML(ctx, obj.ID+"-greeting", obj.Greeting)
}
