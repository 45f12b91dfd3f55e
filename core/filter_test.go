package core_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// Whatever a filter is simplified to, it names what its conditions named: who may
// not name one of them is told so, always.
func TestFilterKeepsNames(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20_000) {
		r := rand.New(rand.NewPCG(seed, 1))
		named := map[string]bool{}
		var draw func(depth int) core.Filter
		draw = func(depth int) core.Filter {
			field := fmt.Sprint("f", r.IntN(6))
			k := r.IntN(9)
			if depth == 0 {
				k %= 4
			}
			switch k {
			case 0:
				named[field] = true
				return core.Eq(field, "x")
			case 1:
				named[field] = true
				return core.In[string](field, nil)
			case 2:
				named[field] = true
				return core.Nothing(field)
			case 3:
				return []core.Filter{core.All, core.None}[r.IntN(2)]
			case 4, 5:
				return core.Not(draw(depth - 1))
			}
			args := make([]core.Filter, r.IntN(4))
			for i := range args {
				args[i] = draw(depth - 1)
			}
			if k == 6 {
				return core.Or(args...)
			}
			return core.And(args...)
		}
		f := draw(4)
		if got := core.Names(f); !maps.Equal(got, named) {
			t.Fatalf("seed %d: %+v names %v of %v", seed, f, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(named)))
		}
	}
}
