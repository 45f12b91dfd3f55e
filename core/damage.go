package core

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// maxDamaged bounds the documents that one page leaves out because they cannot be
// read: where there are more, something else is wrong.
const maxDamaged = 100

// DecodeError is the error of [Doc.Decode] for a stored document that does not
// fit what it is decoded into, or is no document any more.
type DecodeError struct {
	Field string // where, as far as it is known: "lines.2.price"
	cause error
}

// NewDecodeError wraps the error of a decoder; one with a method Keys tells where
// it arose.
func NewDecodeError(cause error) *DecodeError {
	var at interface {
		error
		Keys() []string
	}
	e := &DecodeError{cause: cause}
	if errors.As(cause, &at) {
		e.Field = strings.Join(at.Keys(), ".")
	}
	return e
}

func (e *DecodeError) Error() string { return "a stored document cannot be read: " + e.cause.Error() }

func (e *DecodeError) Unwrap() error { return e.cause }

// damaged is the error of a document that was found for the caller and cannot be
// decoded: it names the id, since the caller may see the document. Where the
// system reads on somebody's behalf, nothing is known of what that may see.
func (c *Collection[T]) damaged(ctx context.Context, id string, err error) *Error {
	var at *DecodeError
	if !errors.As(err, &at) {
		at = &DecodeError{}
	}
	c.log.ErrorContext(ctx, "a stored document cannot be read; see the command check", "collection", c.spec.Name, "id", id, "field", at.Field, "error", err)
	e := Wrap(Unreadable, err, fmt.Sprintf("The %s %q cannot be read: what is stored of it is damaged. Whoever runs the server finds the reason in its log.", c.spec.Prefix, id))
	e.ID = id
	if PrincipalOf(ctx).system {
		e.Code = Internal
	}
	return e
}

type reportKey struct{}

// WithReport has report called for each document that an answer leaves out because
// it cannot be read, with the context of whoever asked for it: an error about a part
// of an answer, beside those that calls return. Without it they are only logged.
func WithReport(ctx context.Context, report func(context.Context, error)) context.Context {
	return context.WithValue(ctx, reportKey{}, report)
}

// report tells the caller of documents that are missing from what it gets.
func report(ctx context.Context, damaged []*Error) {
	if len(damaged) == 0 || PrincipalOf(ctx).system {
		return
	}
	if f, ok := ctx.Value(reportKey{}).(func(context.Context, error)); ok {
		for _, err := range damaged {
			f(ctx, err)
		}
	}
}
