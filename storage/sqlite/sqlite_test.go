package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/sqlite"
	"github.com/grapnel/grapnel/storage/storagetest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a store in a folder of its own; the caller closes it.
func open(t testing.TB, opts ...sqlite.Option) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "data", "grapnel.db"), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	t.Parallel()
	storagetest.RunDocuments(t,
		func(t *testing.T, _ []core.Spec) core.DocStore { return open(t) },
		storagetest.Expire(func(t *testing.T, s core.DocStore) {
			if err := s.(*sqlite.Store).Expire(t.Context()); err != nil {
				t.Fatal(err)
			}
		}),
		storagetest.Forget(func(t *testing.T, s core.DocStore) {
			if err := s.(*sqlite.Store).Forget(t.Context()); err != nil {
				t.Fatal(err)
			}
		}),
	)
}
