package serve_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/internal/trusted"
	"github.com/grapnel/grapnel/internal/ui"
	"github.com/grapnel/grapnel/resolvers"
	"github.com/grapnel/grapnel/serve"
)

// project is Grapnel itself.
var project = serve.Project{
	Specs: model.Specs(),
	Schema: func(app *core.App) graphql.ExecutableSchema {
		return graph.NewExecutableSchema(graph.Config{Resolvers: resolvers.New(app)})
	},
}

// The command writes a manifest when all is right, and else says what is not.
func TestDocuments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source, manifest := filepath.Join(dir, "a.ts"), filepath.Join(dir, "manifest.json")
	run := func(text string, args ...string) (stdout, stderr string, err error) {
		t.Helper()
		if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, log bytes.Buffer
		err = project.Run(t.Context(), append([]string{"documents", dir}, args...), nil, &out, &log)
		return out.String(), log.String(), err
	}

	right := "gql`query Me { viewer { id ...Name } } fragment Name on User { username }`"
	out, log, err := run(right)
	if err != nil || log != "The manifest has 1 operation.\n" || !strings.Contains(out, `query Me {\n  viewer {\n    id\n    ... Name\n  }\n}\nfragment Name`) {
		t.Errorf("%s%s%v", out, log, err)
	}
	if out, _, err = run(right, "--out="+manifest); err != nil || out != "" {
		t.Errorf("%s%v", out, err)
	}
	before, err := os.ReadFile(manifest)
	if err != nil || !strings.Contains(string(before), `"name": "Me"`) {
		t.Fatalf("%s%v", before, err)
	}

	out, log, err = run("gql`query Me { viewer { id, nam } }`\ngql`{ viewer { id } }`", "--out="+manifest)
	want := source + `:1:29: Cannot query field "nam" on type "User".` + "\n" +
		source + ":2:5: An operation needs a name: clients find its id by it.\n"
	if out != "" || log != want || err == nil || err.Error() != "2 mistakes; no manifest was written" {
		t.Errorf("%s%s%v", out, log, err)
	}
	if after, err := os.ReadFile(manifest); err != nil || !bytes.Equal(before, after) {
		t.Errorf("%s%v", after, err)
	}
	if files, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(files) > 0 {
		t.Error(files, err)
	}
}

// A start reads the manifests first, tells what does not fit, and ends when
// there is none to read.
func TestTrustedDocuments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	manifest := filepath.Join(dir, "manifest.json")
	run := func(text string) (string, error) {
		t.Helper()
		if err := os.WriteFile(manifest, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // the start gets no further than to the stores
		var log bytes.Buffer
		err := project.Run(ctx, []string{"serve", "--addr=127.0.0.1:0", "--data=" + filepath.Join(dir, "data"), "--trusted-documents=" + manifest}, nil, &log, &log)
		return log.String(), err
	}

	_, err := run(`{"a": "query A { viewer { id } }", "b": ""}`)
	if want := "GRAPNEL_TRUSTED_DOCUMENTS: " + manifest + `: the document of the id "b" is empty`; err == nil || err.Error() != want {
		t.Error(err)
	}
	log, _ := run(`{"a": "query A { viewer { id } }", "b": "query Old { viewer { id age } }", "c": "query {"}`)
	if strings.Count(log, "a trusted document does not fit the schema") != 2 ||
		!strings.Contains(log, `id=b operation=Old reason="Cannot query field \"age\" on type \"User\"."`) ||
		!strings.Contains(log, `id=c operation="" reason="Expected Name, found <EOF>"`) {
		t.Error(log)
	}
}

// What the dashboard sends before somebody has signed in fits the schema of any server.
func TestDashboardDocument(t *testing.T) {
	t.Parallel()
	name, err := trusted.Check(project.Schema(nil).Schema(), ui.AdminDocument())
	if name != "Start" || err != nil {
		t.Error(name, err)
	}
}
