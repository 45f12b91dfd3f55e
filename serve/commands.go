package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/config"
	"github.com/grapnel/grapnel/internal/trusted"
)

// printSchema prints the schema as one SDL document.
func (p Project) printSchema(w io.Writer) error {
	formatter.NewFormatter(w, formatter.WithIndent("  ")).FormatSchema(p.Schema(nil).Schema())
	return nil
}

// collectDocuments writes the manifest of a frontend's operations, or says
// everything that is wrong with them.
func (p Project) collectDocuments(c config.Documents, stdout, stderr io.Writer) error {
	m, err := trusted.Collect(p.Schema(nil).Schema(), c.Paths, c.AddTypename)
	var mistakes gqlerror.List
	if errors.As(err, &mistakes) {
		fmt.Fprint(stderr, mistakes)
		return fmt.Errorf("%s; no manifest was written", count(len(mistakes), "mistake"))
	}
	if err != nil {
		return err
	}
	if c.Out == "" {
		err = m.Write(stdout)
	} else {
		err = writeFile(c.Out, 0o644, m.Write)
	}
	if err == nil {
		fmt.Fprintf(stderr, "The manifest has %s.\n", count(len(m), "operation"))
	}
	return err
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// writeFile writes a file whole or not at all.
func writeFile(name string, mode os.FileMode, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := errors.Join(write(f), f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// healthcheck asks /healthz of the server that the settings describe.
func healthcheck(ctx context.Context, s config.Settings, h config.Healthcheck) error {
	url := h.URL
	if url == "" {
		url = localURL(s.Addr).String()
	}
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/")+"/healthz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answers %s", res.Status)
	}
	return nil
}

// migrate brings the store to the declared types, or only says what a start
// would change.
func (p Project) migrate(ctx context.Context, s config.Settings, c config.Migrate, log *slog.Logger, w io.Writer) (err error) {
	var docs core.DocStore // nil stands for an empty store: a look does not make the file
	_, missing := os.Stat(embeddedDocs(s))
	if !c.DryRun || s.MongoDBURI != "" || missing == nil {
		if docs, _, err = openDocs(ctx, s, log); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, docs.Close()) }()
	}
	m, err := core.PlanMigration(ctx, docs, p.Specs, c.Forget...)
	if err != nil {
		return err
	}
	refused := len(m.Refusals) > 0
	if !refused && !c.DryRun {
		if err := m.Apply(ctx); err != nil {
			return err
		}
	}
	list := func(title string, sentences []string) {
		if len(sentences) > 0 {
			fmt.Fprintf(w, "%s\n  - %s\n", title, strings.Join(sentences, "\n  - "))
		}
	}
	switch {
	case refused:
		list("In the way:", m.Refusals)
		list("Once that is mended, a start would make these changes:", m.Steps)
	case len(m.Steps) == 0 && len(m.Warnings) > 0:
		fmt.Fprintln(w, "The store is left as it is, which is not all as the types are declared.")
	case len(m.Steps) == 0:
		fmt.Fprintln(w, "Nothing to change: the types are declared as the store knows them. Whether each document fits its type, the command check tells.")
	case c.DryRun:
		list("A start would make these changes:", m.Steps)
	default:
		list("Made these changes:", m.Steps)
	}
	list("Worth knowing:", m.Warnings)
	if refused {
		return errors.New("the stored documents do not fit the declared types; nothing was changed")
	}
	return nil
}

// plain is an error as a person at a terminal should read it: what to do, then
// the cause.
func plain(err error) error {
	var e *core.Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Code == core.Conflict && len(e.Fields) > 0:
		return fmt.Errorf("this %s is already taken", e.Fields[0].Path)
	case e.Unwrap() != nil:
		return fmt.Errorf("%s: %w", strings.TrimSuffix(e.Message, "."), e.Unwrap())
	}
	return errors.New(e.Message)
}

// isGoRun reports whether a program lies where `go run` builds it.
func isGoRun(exe string) bool {
	return strings.Contains(exe, string(filepath.Separator)+"go-build")
}
