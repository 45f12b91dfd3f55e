package resolvers

import (
	"context"
	"math"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"

	"github.com/grapnel/grapnel/examples/shop/graph/model"
)

// price gives a new order its total, at the prices that the buyer sees.
func (r *Resolver) price(ctx context.Context, order *model.Order) error {
	ids := make([]string, len(order.Lines))
	for i, line := range order.Lines {
		ids[i] = line.ProductID
	}
	products, err := r.models.Products.GetMany(ctx, ids)
	if err != nil {
		return err
	}
	var check core.Checker
	total := int64(0)
	for i, p := range products {
		if p == nil {
			check.Add(core.At("lines", i)+".productId", "UNKNOWN", "is no product that is for sale", nil)
			continue
		}
		total += int64(p.Price) * int64(order.Lines[i].Quantity)
	}
	if total > math.MaxInt32 {
		check.Add("lines", "RANGE", "cost more than one order may", math.MaxInt32)
	}
	order.Total = int32(min(total, math.MaxInt32))
	return check.Err()
}

// CancelOrder lets buyers do what the rules of orders leave to editors: to
// change one, as long as it is new.
func (r *mutationResolver) CancelOrder(ctx context.Context, id string) (*model.Order, error) {
	order, err := r.models.Orders.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if translate.Deref(order.BuyerID) != core.PrincipalOf(ctx).UserID {
		return nil, core.Errorf(core.Forbidden, "Only the buyer can cancel an order.")
	}
	_, err = r.models.Orders.Update(core.AsSystem(ctx), id, nil, core.Edits[model.Order]{
		Apply: func(o *model.Order, c *core.Checker) {
			if o.Status != model.OrderStatusNew {
				c.Add("id", "STATE", "is an order that was shipped or cancelled already", nil)
			}
			o.Status = model.OrderStatusCancelled
		},
	})
	if err != nil {
		return nil, err
	}
	return r.models.Orders.Get(ctx, id)
}
