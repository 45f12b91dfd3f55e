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

// sum prints how many there are in what was looked at, and how many are left when
// they were to be mended.
func (f *findings) sum(looked string, left *findings) error {
	if more := f.problems + f.deleted - maxProblems; more > 0 {
		fmt.Fprintf(f.w, "%d more are not shown.\n", more)
	}
	found, unmended := count(f.problems, "problem"), f.problems
	fmt.Fprintf(f.w, "Checked %s: %s", looked, found)
	if left != nil {
		unmended = left.problems
		fmt.Fprintf(f.w, ", of which %d are left", unmended)
	}
	if f.deleted > 0 {
		fmt.Fprintf(f.w, ", and %s to what was deleted", count(f.deleted, "reference"))
	}
	fmt.Fprintln(f.w, ".")
	switch {
	case unmended == 0:
		return nil
	case left != nil:
		return fmt.Errorf("%s cannot be mended this way; run the command again without --repair to see what is left", count(unmended, "problem"))
	}
	return fmt.Errorf("%s found; keep a copy of the database before you mend anything", found)
}

// checker is what the command check looks at.
type checker struct {
	p     Project
	specs []core.Spec // with those of core
	docs  core.DocStore
	files *core.FilesCheck // nil unless asked for
}

// check looks at the database, at every document and, if asked, at the files, and
// prints what is wrong. It mends what it can, if asked, and looks once more.
func (p Project) check(ctx context.Context, s config.Settings, c config.Check, log *slog.Logger, w io.Writer) (err error) {
	specs, err := core.CompleteSpecs(p.Specs)
	if err != nil {
		return err
	}
	k := checker{p: p, specs: slices.Collect(maps.Values(specs))}
	if s.MongoDBURI != "" || c.Repair {
		k.docs, _, err = openDocs(ctx, s, log)
	} else {
		k.docs, err = opened[core.DocStore](sqlite.Open(ctx, embeddedDocs(s), sqlite.ReadOnly()))
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.docs.Close()) }()
	if c.Files {
		var opts []filesystem.Option
		if !c.Repair {
			opts = append(opts, filesystem.ReadOnly())
		}
		objects, _, err := openObjects(ctx, s, log, opts...)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, objects.Close()) }()
		k.files = &core.FilesCheck{Specs: p.Specs, Docs: k.docs, Objects: objects, MinAge: c.MinAge}
	}
	f := &findings{w: w}
	looked, err := k.look(ctx, f, c.Repair)
	if err != nil {
		return err
	}
	var left *findings
	if c.Repair && f.problems > 0 {
		left = &findings{w: io.Discard}
		if _, err := k.look(ctx, left, false); err != nil {
			return err
		}
	}
	return f.sum(looked, left)
}

// look finds what is wrong, and tells what it looked at.
func (k *checker) look(ctx context.Context, f *findings, repair bool) (looked string, err error) {
	file, embedded := k.docs.(*sqlite.Store)
	if embedded {
		if err := file.Verify(ctx, k.specs, func(fault string) { f.problem("database: " + fault) }); err != nil {
			f.problem("database: " + plain(err).Error())
		}
	}
	n, err := core.Check(ctx, k.docs, k.p.Specs, f.found)
	if err == nil && repair && f.problems > 0 {
		var tables func(context.Context, []core.Spec) error
		if embedded {
			tables = file.Repair
		}
		err = core.Mend(ctx, k.docs, k.p.Specs, tables) // what follows from the documents
	}
	if err != nil {
		return "", err
	}
	looked = count(int(n), "document")
	if k.files == nil {
		return looked, nil
	}
	k.files.Found = f.found
	if repair {
		n, err = k.files.Repair(ctx)
	} else {
		n, err = k.files.Run(ctx)
	}
	return looked + " and " + count(int(n), "file"), err
}
