// Package upload receives files by the GraphQL multipart request specification
// (https://github.com/jaydenseric/graphql-multipart-request-spec) and hands
// them to resolvers as streams: bytes go from the socket to whoever reads the
// [Upload], and rest nowhere in between.
//
// [Transport] reads the fields operations and map and runs the operation at
// once, so that rights, quota and declared size can refuse a file before its
// first byte was read. Reading an Upload moves the request's body to the file's
// own part; back-pressure is TCP's. Read files in the order of the form, which
// is the order of the map for every usual client: then nothing touches the
// disk. In any other order the parts in between are held back in a temporary
// file, within a limit, so that no order can deadlock.
//
// The reduction to one path per file is ours: a stream is read once.
package upload

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
)

// Upload is the Go type of the scalar Upload: one file, read once, as it
// arrives, by several goroutines if they like. It lives as long as its
// operation. The zero Upload is no file; every use of it is an error.
//
// It is a struct that holds a pointer because the coercion of variables strips
// a pointer from the values of scalars.
//
// All errors are *core.Error: TOO_LARGE over a limit, ABORTED when the client
// stopped sending, BAD_USER_INPUT for a malformed or incomplete form,
// UNAVAILABLE when a part could not be held back. Only a file that arrived
// whole, and whose form goes on correctly after it, ends with io.EOF.
type Upload struct{ file *file }

// Open waits for the head of the file's part. The name is what the client says,
// made harmless by [core.CleanFilename]. Its content type is of no interest:
// sniff it.
//
// size is the declared length, -1 if there is none: what the part's own
// Content-Length says (then Read holds the file to it) or else, for the only
// file of a request, what the request's Content-Length leaves for it (then the
// real length may still differ). Use it to refuse early and never instead of
// counting.
//
// Open may be called again; it does not move the file.
func (u Upload) Open() (filename string, size int64, err error) {
	if u.file == nil {
		return "", -1, errNoFile()
	}
	return u.file.open()
}

// Read reads the file's next bytes as they arrive.
func (u Upload) Read(p []byte) (int, error) {
	if u.file == nil {
		return 0, errNoFile()
	}
	return u.file.read(p)
}

// MarshalUpload writes null: an Upload is never part of an answer.
func MarshalUpload(Upload) graphql.Marshaler { return graphql.Null }

// UnmarshalUpload accepts what the transport put into the variables and
// refuses everything that a client can write as JSON.
func UnmarshalUpload(v any) (Upload, error) {
	switch v := v.(type) {
	case Upload:
		return v, nil
	case []Upload: // a single file for a list, as gqlparser leaves it
		if len(v) == 1 {
			return v[0], nil
		}
	}
	return Upload{}, core.Errorf(core.Invalid, "A file must be sent as a part of a multipart/form-data request.")
}

func errNoFile() error { return core.Errorf(core.Invalid, "There is no file.") }
