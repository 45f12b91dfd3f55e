package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/examples/shop/graph/model"
)

// PriceWithTax is computed whenever it is asked for.
func (r *productResolver) PriceWithTax(_ context.Context, p *model.Product) (int64, error) {
	return (int64(p.Price)*120 + 99) / 100, nil
}
