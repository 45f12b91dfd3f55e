package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/config"
	"github.com/grapnel/grapnel/storage/filesystem"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// maxProblems bounds the lines that check prints; it counts the others.
const maxProblems = 1000

// findings prints what check finds, and counts it.
type findings struct {
	w                 io.Writer
	problems, deleted int // deleted: references to what was deleted, which are no fault
}

func (f *findings) problem(what string) {
	f.problems++
	f.print(what)
}

func (f *findings) found(p core.Problem) {
	if !p.Expected {
		f.problem(p.String())
		return
	}
	f.deleted++
	f.print(p.String())
}

func (f *findings) print(what string) {
	if f.problems+f.deleted <= maxProblems {
		fmt.Fprintln(f.w, what)
	}
}

// sum prints how many there are in what was looked at.
func (f *findings) sum(looked string) error {
	if more := f.problems + f.deleted - maxProblems; more > 0 {
		fmt.Fprintf(f.w, "%d more are not shown.\n", more)
	}
	found := count(f.problems, "problem")
	fmt.Fprintf(f.w, "Checked %s: %s", looked, found)
	if f.deleted > 0 {
		fmt.Fprintf(f.w, ", and %s to what was deleted", count(f.deleted, "reference"))
	}
	fmt.Fprintln(f.w, ".")
	if f.problems > 0 {
		return fmt.Errorf("%s found; keep a copy of the database before you mend anything", found)
	}
	return nil
}

// check looks at the database, at every document and, if asked, at the files, and
// prints what is wrong.
func (p Project) check(ctx context.Context, s config.Settings, c config.Check, log *slog.Logger, w io.Writer) (err error) {
	f := &findings{w: w}
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
	specs, err := core.CompleteSpecs(p.Specs)
	if err != nil {
		return err
	}
	if file, ok := docs.(*sqlite.Store); ok {
		if err := file.Verify(ctx, slices.Collect(maps.Values(specs)), func(fault string) { f.problem("database: " + fault) }); err != nil {
			f.problem("database: " + plain(err).Error())
		}
	}
	n, err := core.Check(ctx, docs, p.Specs, f.found)
	if err == nil && c.Repair && f.problems > 0 {
		err = p.repair(ctx, docs)
	}
	if err != nil {
		return err
	}
	looked := count(int(n), "document")
	if c.Files {
		n, err := p.checkFiles(ctx, s, c, docs, f.found)
		if err != nil {
			return err
		}
		looked += " and " + count(int(n), "file")
	}
	return f.sum(looked)
}

// repair makes anew what follows from the documents.
func (p Project) repair(ctx context.Context, docs core.DocStore) error {
	var tables func(context.Context, []core.Spec) error
	if file, ok := docs.(*sqlite.Store); ok {
		tables = file.Repair
	}
	return core.Mend(ctx, docs, p.Specs, tables)
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
