package scaffold_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/internal/scaffold"
)

// What cannot work is refused before anything is written. That a project works
// is tested in e2e, where it is built.
func TestRefusals(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "notes.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		plan scaffold.Plan
		want string
	}{
		"a folder with something in it": {scaffold.Plan{Dir: full}, "is not empty"},
		"a name that is no module":      {scaffold.Plan{Dir: filepath.Join(t.TempDir(), "my shop")}, "--module"},
		"no checkout":                   {scaffold.Plan{Dir: filepath.Join(t.TempDir(), "shop"), Grapnel: t.TempDir()}, "is no checkout"},
	} {
		err := scaffold.New(t.Context(), test.plan, io.Discard)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
		if test.plan.Dir != full {
			if _, err := os.Stat(test.plan.Dir); err == nil {
				t.Errorf("%s: the folder was made", name)
			}
		}
	}
}
