// Code generated from schema/order.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/examples/shop/graph/model"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Order(ctx context.Context, id string) (*model.Order, error) {
	return r.models.Orders.Get(ctx, id)
}

func (r *queryResolver) Orders(ctx context.Context, where *model.OrderWhere, orderBy *model.OrderOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.Order], error) {
	return translate.Page(ctx, r.models.Orders.Page, where, orderWhere, core.PageArgs{
		OrderBy: orderOrder(orderBy), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateOrder(ctx context.Context, input model.CreateOrderInput) (*model.CreateOrderPayload, error) {
	doc, err := r.models.Orders.Create(ctx, createOrder(ctx, &input))
	return &model.CreateOrderPayload{Order: doc}, err
}

func (r *mutationResolver) UpdateOrder(ctx context.Context, input model.UpdateOrderInput) (*model.UpdateOrderPayload, error) {
	doc, err := r.models.Orders.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateOrder(&input))
	return &model.UpdateOrderPayload{Order: doc}, err
}

func (r *subscriptionResolver) OrderChanged(ctx context.Context, where *model.OrderWhere) (<-chan *core.Change[model.Order], error) {
	return translate.Changes(ctx, r.models.Orders.Changed, where, orderWhere)
}

func orderWhere(w *translate.Reader, at string, in *model.OrderWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, orderWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.ID(w, at, "buyerId", "buyerId", in.BuyerID),
		translate.Int(w, at, "total", "total", in.Total),
		translate.Field(w, at, "status", "status", in.Status, func(c *translate.Conditions, f *model.OrderStatusFilter) { translate.Equality(c, f.Eq, f.Ne, f.In) }),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func orderOrder(by *model.OrderOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	case model.OrderOrderFieldTotal:
		return translate.Order(by.Direction, "total")
	}
	return translate.Order(by.Direction, "createdAt")
}

func createOrder(ctx context.Context, in *model.CreateOrderInput) core.Edits[model.Order] {
	e := core.Edits[model.Order]{Apply: func(d *model.Order, c *core.Checker) {
		d.BuyerID = translate.OrCaller(ctx, in.BuyerID)
		d.Lines = in.Lines
		d.Status = model.OrderStatus("NEW")
		d.Note = in.Note.Value()
	}}
	return e
}

func updateOrder(in *model.UpdateOrderInput) core.Edits[model.Order] {
	e := core.Edits[model.Order]{Apply: func(d *model.Order, c *core.Checker) {
		translate.Replace(&d.Status, in.Status)
		translate.Set(&d.Note, in.Note)
	}}
	return e
}

func (r *orderResolver) Buyer(ctx context.Context, obj *model.Order) (*core.User, error) {
	return translate.Maybe(core.Follow(ctx, obj, "buyer", func(d *model.Order) string { return translate.Deref(d.BuyerID) }, r.app.Users.Collection))
}
