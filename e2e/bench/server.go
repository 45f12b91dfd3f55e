package main

import (
	"context"

	"github.com/grapnel/grapnel/e2e/child"
)

// startProduct runs the product on a data folder.
func (b *bench) startProduct(ctx context.Context, data string, env ...string) (*child.Server, error) {
	return child.Start(ctx, append(productEnv(data), env...), b.product)
}

// productEnv are the settings of the product: those of a deployment, for loads of clients.
func productEnv(data string) []string {
	return []string{"GRAPNEL_ADDR=127.0.0.1:0", "GRAPNEL_PRODUCTION=true", "GRAPNEL_DATA=" + data,
		"GRAPNEL_USER_COST=100000000", "GRAPNEL_ADDRESS_COST=100000000", // metered, but never refused
		"MONGODB_URI=", "S3_BUCKET=", "S3_ENDPOINT="}
}
