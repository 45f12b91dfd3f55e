package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/grapnel/grapnel/core"
	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// failure turns what the driver or a context reports into a *core.Error.
// Errors of core pass. What has to be done about the file is for whoever runs the
// server: it stands where no client reads it.
func (s *Store) failure(err error) error {
	if err == nil {
		return nil
	}
	var known *core.Error
	var none *core.NoMatch
	switch {
	case errors.As(err, &known), errors.As(err, &none):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return core.Wrap(core.Unavailable, err, "The request ended before the database answered.")
	}
	var e *modernc.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_ERROR:
			if strings.Contains(e.Error(), "no such table: "+tablePrefix("")) {
				return core.ErrOutdated
			}
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return core.Wrap(core.Internal, err, fmt.Sprintf("The database %[1]s is damaged. Stop the server, keep a copy of the file, and put a backup in its place; "+
				"without one, save what can be read of it: sqlite3 %[1]s .recover | sqlite3 recovered.db. The command check says what is damaged.", s.path))
		case sqlite3.SQLITE_FULL:
			return cannotWrite(fmt.Errorf("the disk of %s is full; make room on it: %w", s.path, err))
		case sqlite3.SQLITE_READONLY:
			return cannotWrite(fmt.Errorf("%s, its folder or its disk is read-only; let this user write there: %w", s.path, err))
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT,
			sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_CANTOPEN:
			return core.Wrap(core.Unavailable, err, "The database does not answer; try again.")
		}
	}
	return core.Wrap(core.Internal, err, "The database failed.")
}

func cannotWrite(cause error) error {
	return core.Wrap(core.Unavailable, cause, "The database cannot be written at the moment; nothing was changed.")
}

// taken names the field of a broken unique index of c; nil for other errors.
// SQLite names the index by its columns: "UNIQUE constraint failed: c_posts$FINGERPRINT.x_slug".
func taken(c *collection, err error) error {
	var e *modernc.Error
	if !errors.As(err, &e) || e.Code()&0xff != sqlite3.SQLITE_CONSTRAINT {
		return nil
	}
	_, column, ok := strings.Cut(e.Error(), "UNIQUE constraint failed: ")
	if !ok {
		return nil
	}
	column, _, _ = strings.Cut(column, " (")
	if field, ok := c.uniques[column]; ok {
		return core.Taken(field, err)
	}
	return nil
}

func errReadOnly() error {
	return core.Errorf(core.Internal, "The database was opened only to look at it.")
}

func errClosed() error { return core.Errorf(core.Unavailable, "The database is closed.") }
