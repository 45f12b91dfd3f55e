package resolvers

import (
	"context"

	"expeditions/graph/model"
)

// Days is computed whenever it is asked for.
func (r *expeditionResolver) Days(_ context.Context, e *model.Expedition) (int32, error) {
	return int32(e.ReturnsOn.Time().Sub(e.LeavesAt).Hours()/24) + 1, nil
}
