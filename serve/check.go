package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/config"
	"github.com/grapnel/grapnel/storage/mongodb"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// maxProblems bounds what check prints; it counts the others.
const maxProblems = 1000

// check looks at the database and at every document, and prints what is wrong.
func (p Project) check(ctx context.Context, s config.Settings, log *slog.Logger, w io.Writer) (err error) {
	problems := 0
	found := func(what string) {
		if problems++; problems <= maxProblems {
			fmt.Fprintln(w, what)
		}
	}
	var docs core.DocStore
	if s.MongoDBURI != "" {
		docs, err = opened[core.DocStore](mongodb.Open(ctx, s.MongoDBURI, mongodb.WithLogger(log)))
	} else {
		docs, err = opened[core.DocStore](sqlite.Open(ctx, embeddedDocs(s), sqlite.ReadOnly()))
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, docs.Close()) }()
	if file, ok := docs.(*sqlite.Store); ok {
		if err := file.Verify(ctx, func(fault string) { found("database: " + fault) }); err != nil {
			found("database: " + plain(err).Error())
		}
	}
	n, err := core.Check(ctx, docs, p.Specs, func(p core.Problem) { found(p.String()) })
	if err != nil {
		return err
	}
	if problems > maxProblems {
		fmt.Fprintf(w, "%d more are not shown.\n", problems-maxProblems)
	}
	fmt.Fprintf(w, "Checked %s: %s.\n", count(int(n), "document"), count(problems, "problem"))
	if problems > 0 {
		return fmt.Errorf("%s found; keep a copy of the database before you mend anything", count(problems, "problem"))
	}
	return nil
}
