package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/config"
	"github.com/grapnel/grapnel/storage/filesystem"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// maxProblems bounds what check prints; it counts the others.
const maxProblems = 1000

// check looks at the database, at every document and, if asked, at the files, and
// prints what is wrong.
func (p Project) check(ctx context.Context, s config.Settings, c config.Check, log *slog.Logger, w io.Writer) (err error) {
	problems := 0
	found := func(what string) {
		if problems++; problems <= maxProblems {
			fmt.Fprintln(w, what)
		}
	}
	var docs core.DocStore
	if s.MongoDBURI != "" || c.Repair {
		docs, _, err = openDocs(ctx, s, log)
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
	looked := count(int(n), "document")
	if c.Files {
		n, err := p.checkFiles(ctx, s, c, docs, func(p core.Problem) { found(p.String()) })
		if err != nil {
			return err
		}
		looked += " and " + count(int(n), "file")
	}
	if problems > maxProblems {
		fmt.Fprintf(w, "%d more are not shown.\n", problems-maxProblems)
	}
	fmt.Fprintf(w, "Checked %s: %s.\n", looked, count(problems, "problem"))
	if problems > 0 {
		return fmt.Errorf("%s found; keep a copy of the database before you mend anything", count(problems, "problem"))
	}
	return nil
}

// checkFiles compares the file store with the records, and repairs if asked.
func (p Project) checkFiles(ctx context.Context, s config.Settings, c config.Check, docs core.DocStore, found func(core.Problem)) (n int64, err error) {
	var opts []filesystem.Option
	if !c.Repair {
		opts = append(opts, filesystem.ReadOnly())
	}
	objects, _, err := openObjects(ctx, s, opts...)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, objects.Close()) }()
	check := core.FilesCheck{Specs: p.Specs, Docs: docs, Objects: objects, MinAge: c.MinAge, Found: found}
	if c.Repair {
		return check.Repair(ctx)
	}
	return check.Run(ctx)
}
