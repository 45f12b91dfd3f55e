package serve_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/serve"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// The command says what a start would change, does it, and fails on refusals.
func TestMigrate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	run := func(spec core.Spec, args ...string) (string, error) {
		t.Helper()
		var out bytes.Buffer
		p := serve.Project{Specs: append(model.Specs(), spec), Schema: project.Schema}
		err := p.Run(t.Context(), append([]string{"migrate", "--data=" + dir, "--addr=127.0.0.1:0"}, args...), nil, &out, &out)
		return out.String(), err
	}
	old := core.Spec{Type: "Product", Name: "products", Prefix: "product"}
	out, err := run(old, "--dry-run")
	if err != nil || !strings.Contains(out, "A start would make these changes:") || !strings.Contains(out, "the new type Product") {
		t.Fatalf("%s %v", out, err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("a look has made the data folder: %v", err)
	}
	if out, err = run(old); err != nil || !strings.Contains(out, "Made these changes:") {
		t.Fatalf("%s %v", out, err)
	}
	if out, err = run(old); err != nil || !strings.Contains(out, "Nothing to change") {
		t.Fatalf("%s %v", out, err)
	}

	docs, err := sqlite.Open(t.Context(), filepath.Join(dir, "grapnel.db"))
	if err != nil {
		t.Fatal(err)
	}
	specs, err := core.CompleteSpecs(append(model.Specs(), old))
	if err != nil {
		t.Fatal(err)
	}
	if err := docs.Ensure(t.Context(), []core.Spec{specs["products"]}); err != nil {
		t.Fatal(err)
	}
	doc := &struct {
		core.Head `bson:",inline"`
	}{core.Head{ID: "product_1", Version: 1}}
	if err := docs.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: "products", Doc: doc}); err != nil {
		t.Fatal(err)
	}
	if err := docs.Close(); err != nil {
		t.Fatal(err)
	}
	good := core.Spec{Type: "Good", Name: "goods", Prefix: "good"}
	for _, args := range [][]string{{"--dry-run"}, nil} {
		if out, err = run(good, args...); err == nil || !strings.Contains(out, "In the way:\n  - The type Product is gone") {
			t.Errorf("%s %v", out, err)
		}
	}
	if out, err = run(good, "--forget", "Product"); err != nil || !strings.Contains(out, "Product is forgotten") {
		t.Errorf("%s %v", out, err)
	}
	if out, err = run(good, "--dry-run"); err != nil || !strings.Contains(out, "Nothing to change") || !strings.Contains(out, "the command check tells") {
		t.Errorf("%s %v", out, err)
	}
}
