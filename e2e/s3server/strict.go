package s3server

import (
	"context"
	"errors"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"
)

// strict refuses bodies that end before their declared length. The backend
// alone takes the end of a cut connection for the end of the body, and stores
// the truncated object as complete; S3 stores nothing.
type strict struct{ backend.Backend }

func (b strict) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	in.Body = whole(in.Body, in.ContentLength)
	return b.Backend.PutObject(ctx, in)
}

func (b strict) UploadPart(ctx context.Context, in *s3.UploadPartInput) (*s3.UploadPartOutput, error) {
	copied := *in
	copied.Body = whole(in.Body, in.ContentLength)
	return b.Backend.UploadPart(ctx, &copied)
}

func whole(r io.Reader, length *int64) io.Reader {
	if r == nil || length == nil {
		return r
	}
	return &wholeReader{r: r, left: *length}
}

type wholeReader struct {
	r    io.Reader
	left int64
}

func (w *wholeReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.left -= int64(n)
	// Errors of the protocol, such as a wrong checksum, stay as they are. All
	// others mean that the client went away, which the gateway would print.
	if said := s3err.S3Error(nil); w.left > 0 && err != nil && !errors.As(err, &said) {
		err = s3err.GetAPIError(s3err.ErrIncompleteBody)
	}
	return n, err
}
