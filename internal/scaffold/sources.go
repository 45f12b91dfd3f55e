package scaffold

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// copySources copies into to what projects need of the checkout: its packages
// without their tests, as a module of its own.
func copySources(ctx context.Context, checkout, to string) error {
	list := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Dir,Module,GoFiles,IgnoredGoFiles,EmbedFiles",
		"./core", "./generate", "./graph/model", "./resolvers/...", "./schema", "./serve")
	list.Dir = checkout
	var faults bytes.Buffer
	list.Stderr = &faults
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("go list in %s: %w\n%s", checkout, err, faults.Bytes())
	}
	files := []string{"go.mod", "go.sum", "LICENSE"}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct {
			Dir                                 string
			Module                              *struct{ Path string }
			GoFiles, IgnoredGoFiles, EmbedFiles []string
		}
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		if pkg.Module == nil || pkg.Module.Path != grapnel {
			continue
		}
		dir, err := filepath.Rel(checkout, pkg.Dir)
		if err != nil {
			return err
		}
		for _, name := range slices.Concat(pkg.GoFiles, pkg.IgnoredGoFiles, pkg.EmbedFiles) {
			files = append(files, filepath.Join(dir, name))
		}
	}
	for _, name := range files {
		content, err := os.ReadFile(filepath.Join(checkout, name))
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
