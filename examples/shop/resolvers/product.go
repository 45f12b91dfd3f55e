package resolvers

import (
	"context"

	"github.com/grapnel/grapnel/examples/shop/graph/model"
)

// PriceWithTax is computed whenever it is asked for.
func (r *productResolver) PriceWithTax(_ context.Context, p *model.Product) (int32, error) {
	return (p.Price*120 + 99) / 100, nil
}
