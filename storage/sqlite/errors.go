package sqlite

import (
	"context"
	"errors"
	"strings"

	"github.com/grapnel/grapnel/core"
	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// failure turns what the driver or a context reports into a *core.Error.
// Errors of core pass.
func failure(err error) error {
	var known *core.Error
	var none *core.NoMatch
	switch {
	case err == nil, errors.As(err, &known), errors.As(err, &none):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return core.Wrap(core.Unavailable, err, "The request ended before the database answered.")
	}
	var e *modernc.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT,
			sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_CANTOPEN:
			return core.Wrap(core.Unavailable, err, "The database does not answer; try again.")
		}
	}
	return core.Wrap(core.Internal, err, "The database failed.")
}

// taken names the field of a broken unique index of c; nil for other errors.
// SQLite names the index by its columns: "UNIQUE constraint failed: c_posts.x_slug".
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

func errClosed() error { return core.Errorf(core.Unavailable, "The database is closed.") }
