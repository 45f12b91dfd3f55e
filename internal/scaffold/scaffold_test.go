package scaffold_test

import (
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
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

// A program that was built with a folder in place of Grapnel has no release of it,
// whatever version go.mod names.
func TestOrigin(t *testing.T) {
	t.Parallel()
	const module = "github.com/grapnel/grapnel"
	here, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	replaced := func(path string) *debug.BuildInfo {
		return &debug.BuildInfo{Deps: []*debug.Module{{Path: module, Version: "v0.0.0", Replace: &debug.Module{Path: path, Version: "(devel)"}}}}
	}
	for name, test := range map[string]struct {
		info            *debug.BuildInfo
		version, copyOf string
	}{
		"a release":          {&debug.BuildInfo{Deps: []*debug.Module{{Path: "example.org/a", Version: "v9.0.0"}, {Path: module, Version: "v0.2.0"}}}, "v0.2.0", ""},
		"a candidate":        {&debug.BuildInfo{Main: debug.Module{Path: module, Version: "v0.2.0-rc.1"}}, "v0.2.0-rc.1", ""},
		"a folder":           {replaced("../.."), "v0.0.0", here},
		"an absolute folder": {replaced(here), "v0.0.0", here},
	} {
		version, copyOf, err := scaffold.Origin(test.info)
		if err != nil || version != test.version || copyOf != test.copyOf {
			t.Errorf("%s: %s, a copy of %q, %v", name, version, copyOf, err)
		}
	}
	for name, info := range map[string]*debug.BuildInfo{
		"no information": nil, "no checkout": replaced(t.TempDir()), "a commit": {Main: debug.Module{Path: module, Version: "v0.0.0-20260101000000-abcdefabcdef"}},
	} {
		if version, copyOf, err := scaffold.Origin(info); err == nil && copyOf != here || err != nil && !strings.Contains(err.Error(), "--grapnel") {
			t.Errorf("%s: %s, a copy of %q, %v", name, version, copyOf, err)
		}
	}
}
