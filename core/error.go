package core

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// Code classifies an [Error]. Its text is what clients read in
// extensions.code; schema/base.graphqls lists the same codes as an enum.
type Code string

// The codes of the product. Whatever is not one of these is Internal.
const (
	Invalid         Code = "BAD_USER_INPUT"  // the input breaks a rule; Fields says which
	Unauthenticated Code = "UNAUTHENTICATED" // no session, or one that has ended
	// InvalidCredentials is apart from Unauthenticated, at which clients refresh their
	// session and send the operation again: a wrong password would count twice.
	InvalidCredentials Code = "INVALID_CREDENTIALS" // the address or the password is wrong
	// ReauthenticationRequired asks who is signed in to show once more who they are.
	ReauthenticationRequired Code = "REAUTHENTICATION_REQUIRED"
	Forbidden                Code = "FORBIDDEN"    // visible to the caller, but not allowed
	NotFound                 Code = "NOT_FOUND"    // absent, or not visible to the caller
	Conflict                 Code = "CONFLICT"     // a unique value is taken, or the version differs
	TooLarge                 Code = "TOO_LARGE"    // a file, text or body over its limit
	RateLimited              Code = "RATE_LIMITED" // too many tries; RetryAfter says how long to wait
	Aborted                  Code = "ABORTED"      // the client stopped sending
	Unreadable               Code = "UNREADABLE"   // a stored document is damaged; ID names it
	Unavailable              Code = "UNAVAILABLE"  // a store does not answer; try again
	Internal                 Code = "INTERNAL"     // everything else; the cause is only logged
)

// Error is the one error type that crosses the boundaries of core. Message and
// Fields are always safe to show to the caller; the cause never leaves the log.
type Error struct {
	Code    Code
	Message string
	// Fields lists every invalid or conflicting input at once.
	Fields []FieldError
	// CurrentVersion is the stored version when Code is Conflict because
	// expectedVersion differed; 0 otherwise.
	CurrentVersion int64
	// RetryAfter is how long to wait when Code is RateLimited, or Unavailable and that is
	// known.
	RetryAfter time.Duration

	// ID is that of the document when Code is Unreadable, or of the one to which a
	// link leads in vain.
	ID string

	cause error
}

// FieldError names one input that broke a rule. Path is relative to the input
// object of the mutation ("title", "tags.2"); Limit is the bound that was
// broken, where there is one.
type FieldError struct {
	Path    string `json:"path"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Limit   any    `json:"limit,omitempty"`
}

func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

func (e *Error) Unwrap() error { return e.cause }

// Errorf returns an Error whose message is safe to show to the caller.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap returns an Error with a safe message and a cause that is only logged.
func Wrap(code Code, cause error, message string) *Error {
	return &Error{Code: code, Message: message, cause: cause}
}

// Taken is the Conflict of a unique field whose value another document holds.
// Adapters return it with the document's field name.
func Taken(field string, cause error) *Error {
	return &Error{Code: Conflict, Message: "This value is already taken.", cause: cause,
		Fields: []FieldError{takenField(field)}}
}

func takenField(field string) FieldError {
	return FieldError{Path: field, Code: "TAKEN", Message: "is already taken"}
}

// CodeOf is the code of err; Internal when err is no *Error.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// Is reports whether err is a *Error with this code.
func Is(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// isTaken reports whether err is the Conflict of this unique field.
func isTaken(err error, field string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == Conflict && len(e.Fields) == 1 && e.Fields[0].Path == field
}

// NoMatch is what [DocStore.Write] returns when an operation matched no
// document: nothing was written. Op is the operation's position.
type NoMatch struct{ Op int }

func (e *NoMatch) Error() string { return fmt.Sprintf("operation %d matched no document", e.Op) }

// recovered makes of a panic the error of a function above which nobody does: it is
// deferred there.
func recovered(err *error) {
	if fault := recover(); fault != nil {
		*err = Wrap(Internal, fmt.Errorf("panic: %v\n%s", fault, debug.Stack()), "Something went wrong on the server.")
	}
}
