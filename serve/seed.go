package serve

import (
	"context"
	"io"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/config"
	"github.com/grapnel/grapnel/internal/seed"
)

// runSeed fills the store and shows how far it is.
func runSeed(ctx context.Context, app *core.App, s config.Seed, stderr io.Writer) error {
	return seed.Run(ctx, app, seed.Plan{Users: s.Users, Posts: s.Posts, Images: s.Images, Random: s.Random}, stderr)
}
