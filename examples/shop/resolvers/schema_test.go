package resolvers_test

import (
	"testing"

	"github.com/grapnel/grapnel/examples/shop/graph"
	"github.com/grapnel/grapnel/internal/schemalint"
)

func TestEverythingIsDescribed(t *testing.T) {
	t.Parallel()
	for _, at := range schemalint.Undescribed(graph.NewExecutableSchema(graph.Config{}).Schema()) {
		t.Errorf("%s has no description", at)
	}
}

func TestNothingUnusedIsPublished(t *testing.T) {
	t.Parallel()
	for _, name := range schemalint.Unused(graph.NewExecutableSchema(graph.Config{}).Schema()) {
		t.Errorf("%s is used by no operation", name)
	}
}
