package filesystem

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"github.com/grapnel/grapnel/core"
)

// failed turns an error of the file system into one of core; nil stays nil.
func failed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return core.Wrap(core.Unavailable, err, "The file store is full.")
	default:
		return core.Wrap(core.Unavailable, err, "The file store does not answer.")
	}
}

// missing is failed where an absent file means an absent object.
func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return core.Wrap(core.NotFound, err, "The file does not exist.")
	}
	return failed(err)
}

// cancelled is the error of a context that has ended.
func cancelled(ctx context.Context) error {
	switch err := ctx.Err(); {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return core.Wrap(core.Unavailable, err, "The file store did not answer in time.")
	default:
		return core.Wrap(core.Aborted, err, "The request was cancelled.")
	}
}
