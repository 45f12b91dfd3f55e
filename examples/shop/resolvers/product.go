package resolvers

import (
	"context"
	"math/big"

	"github.com/grapnel/grapnel/examples/shop/graph/model"
)

// PriceWithTax is computed whenever it is asked for.
func (r *productResolver) PriceWithTax(_ context.Context, p *model.Product) (int64, error) {
	rate := new(big.Rat).Add(big.NewRat(1, 1), p.TaxRate.Rat())
	price := rate.Mul(rate, big.NewRat(int64(p.Price), 1))
	cents, rest := new(big.Int).QuoRem(price.Num(), price.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		cents.Add(cents, big.NewInt(1))
	}
	return cents.Int64(), nil
}
