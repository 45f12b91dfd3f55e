package s3

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/grapnel/grapnel/core"
)

// Open implements core.ObjectStore. The object is read from the network while
// the caller reads.
func (s *Store) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if offset < 0 || length < -1 {
		return nil, core.Errorf(core.Internal, "There is no range of %d bytes at %d.", length, offset)
	}
	if length == 0 {
		// HTTP has no empty range, but the object must exist.
		_, err := s.Stat(ctx, key)
		return io.NopCloser(strings.NewReader("")), err
	}
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: &key}
	if offset > 0 || length > 0 {
		in.Range = aws.String(byteRange(offset, length))
	}
	out, err := s.client.GetObject(ctx, in)
	if statusOf(err) == 416 {
		return io.NopCloser(strings.NewReader("")), nil // starts past the end
	}
	if err != nil {
		return nil, missing(ctx, err)
	}
	b := &body{ctx, out.Body, out.Body}
	if in.Range != nil {
		if err := b.narrow(out, offset, length); err != nil {
			b.Close()
			return nil, err
		}
	}
	return b, nil
}

// byteRange is the Range header of RFC 9110, section 14.1.2.
func byteRange(offset, length int64) string {
	from := "bytes=" + strconv.FormatInt(offset, 10) + "-"
	if length == -1 || length > math.MaxInt64-offset { // to the end, or past what int64 holds
		return from
	}
	return from + strconv.FormatInt(offset+length-1, 10)
}

// body is an object on its way from the store.
type body struct {
	ctx context.Context
	io.Reader
	io.Closer
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = failed(b.ctx, err)
	}
	return n, err
}

// narrow makes of an answer exactly the range that was asked for. A server may ignore
// that a range is wanted (RFC 9110, section 14.2), and some answer with another one.
func (b *body) narrow(out *s3.GetObjectOutput, offset, length int64) error {
	if out.ContentRange == nil { // all of it
		if _, err := io.CopyN(io.Discard, b, offset); err != nil && err != io.EOF {
			return err
		}
		if length > 0 {
			b.Reader = io.LimitReader(b.Reader, length)
		}
		return nil
	}
	var first, last int64
	_, err := fmt.Sscanf(*out.ContentRange, "bytes %d-%d/", &first, &last)
	n := last - first + 1
	if err != nil || first != offset || n < 1 || length > 0 && n > length || out.ContentLength != nil && *out.ContentLength != n {
		return core.Errorf(core.Unavailable, "The file store answers with other bytes than were asked for.")
	}
	b.Reader = &exactly{b.Reader, n}
	return nil
}

// exactly reads n bytes, and fails when there are fewer.
type exactly struct {
	r io.Reader
	n int64
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.n == 0 {
		return 0, io.EOF
	}
	n, err := e.r.Read(p[:min(int64(len(p)), e.n)])
	if e.n -= int64(n); err == io.EOF && e.n > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
