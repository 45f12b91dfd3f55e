package upload

import (
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/grapnel/grapnel/core"
)

// unread is the error of a body that cannot be read on. It hides io.EOF and
// io.ErrUnexpectedEOF, which many readers take for the end of a short file: a
// cut file must not look like a whole one, however callers test.
func unread(err error) error {
	var max *http.MaxBytesError
	switch {
	case errors.As(err, &max):
		return errRequestTooLarge(max.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return core.Wrap(core.Aborted, err, "The request was sent too slowly.")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("the body ended too early")
	}
	return core.Wrap(core.Aborted, err, "The request was cut off.")
}

// malformed is the error of a form that breaks the rules of multipart/form-data,
// unless the fault lies deeper: in the body, or in that the body is over.
func (m *form) malformed(err error) error {
	var e *core.Error
	switch {
	case errors.As(err, &e):
		return e
	case m.socket.err != nil:
		return m.socket.err
	}
	return core.Wrap(core.Invalid, err, "The form is malformed.")
}

func errRequestTooLarge(limit int64) error {
	return core.Errorf(core.TooLarge, "The request is larger than %d bytes.", limit)
}

func errFileTooLarge(limit int64) error {
	return core.Errorf(core.TooLarge, "The file is larger than %d bytes.", limit)
}
