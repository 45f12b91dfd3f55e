package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/grapnel/grapnel/core"
)

const (
	// Two parts in flight and one being read. Ten thousand parts of the smallest
	// size that S3 allows make 48 GiB, the largest object.
	partSize = 5 << 20
	inFlight = 2
	maxParts = 10_000
	// headSize is read before a buffer for a part is taken: most files are smaller.
	headSize = 64 << 10

	// cleanTimeout bounds a look at what a failed upload has made, and its removal,
	// which happen also when the caller's context has ended.
	cleanTimeout = 4 * time.Second
	// joinTimeout is how long a store may take to join the parts of a large
	// upload before it answers.
	joinTimeout = 2 * time.Minute
)

// upload is an object on its way into the store.
//
// A request whose answer is lost may have been carried out, and a server may carry out
// what it has received although nobody waits for the answer. So the requests that store
// an object outlive their context for a moment, and when they fail, the object itself is
// looked at: its key is used by this upload alone.
type upload struct {
	*Store
	key, contentType *string
}

// put streams r into the object: in one request when it is shorter than a part, else as
// a multipart upload. When anything fails, nothing is left, as far as the store answers.
func (u *upload) put(ctx context.Context, r io.Reader) error {
	head := make([]byte, headSize)
	n, err := io.ReadFull(r, head)
	if ended(err) {
		return u.whole(ctx, head[:n])
	}
	if err != nil {
		return err
	}
	first := parts.Get().(*part)
	first.n = copy(first.b[:], head)
	n, err = io.ReadFull(r, first.b[first.n:])
	first.n += n
	if err == nil {
		return u.multipart(ctx, first, r)
	}
	defer parts.Put(first)
	if ended(err) {
		return u.whole(ctx, first.bytes())
	}
	return err
}

// part is a buffer for a part of an upload.
type part struct {
	b [partSize]byte
	n int
}

func (p *part) bytes() []byte { return p.b[:p.n] }

// parts are the buffers of all uploads.
var parts = sync.Pool{New: func() any { return new(part) }}

// ended says that io.ReadFull found the end of what it read.
func ended(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// whole stores the object by one request.
func (u *upload) whole(ctx context.Context, body []byte) error {
	ctx, cancel := outlive(ctx)
	defer cancel()
	_, err := u.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &u.bucket, Key: u.key, ContentType: u.contentType, Body: bytes.NewReader(body)})
	if err == nil || u.stored(ctx, int64(len(body)), []string{digest(body)}) {
		return nil
	}
	u.takeBack(ctx, nil)
	return err
}

// multipart stores the object in parts.
func (u *upload) multipart(ctx context.Context, first *part, r io.Reader) error {
	id, err := u.begin(ctx)
	if err != nil {
		parts.Put(first)
		return err
	}
	sent, size, err := u.send(ctx, id, first, r)
	if err == nil {
		err = u.complete(ctx, id, sent, size)
	}
	if err != nil {
		u.takeBack(ctx, id)
	}
	return err
}

// begin makes a multipart upload, the only one of the key: the answer to an earlier try
// may have been lost.
func (u *upload) begin(ctx context.Context) (id *string, err error) {
	out, err := u.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &u.bucket, Key: u.key, ContentType: u.contentType})
	if err == nil {
		id = out.UploadId
		if tried, _ := retry.GetAttemptResults(out.ResultMetadata); len(tried.Results) > 1 {
			err = u.abort(ctx, *u.key, id)
		}
	}
	if err != nil {
		u.takeBack(ctx, id)
	}
	return id, err
}

// send sends first and what r has as the parts of an upload, and says what it has sent.
func (u *upload) send(ctx context.Context, id *string, first *part, r io.Reader) (sent []types.CompletedPart, size int64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sending, ctx := errgroup.WithContext(ctx)
	sending.SetLimit(inFlight)
	var etags []*string
	next := first
	for next != nil && ctx.Err() == nil {
		p, etag := next, new(string)
		size, etags = size+int64(p.n), append(etags, etag)
		number := int32(len(etags))
		sending.Go(func() (err error) {
			defer parts.Put(p)
			*etag, err = u.sendPart(ctx, id, number, p.bytes())
			return err
		})
		if next, err = nextPart(r); err == nil && next != nil && number == maxParts {
			err = core.Errorf(core.TooLarge, "The file store takes no file of more than %d bytes.", int64(maxParts)*partSize)
		}
		if err != nil {
			cancel()
		}
	}
	cut := ctx.Err() // Wait ends ctx, too
	if failed := sending.Wait(); err == nil {
		err = failed
	}
	if err == nil && next != nil { // all parts arrived, but not this one
		err = cut
	}
	for i, etag := range etags {
		sent = append(sent, types.CompletedPart{PartNumber: aws.Int32(int32(i + 1)), ETag: etag})
	}
	return sent, size, err
}

// nextPart reads a part; nil when there is nothing more.
func nextPart(r io.Reader) (_ *part, err error) {
	p := parts.Get().(*part)
	p.n, err = io.ReadFull(r, p.b[:])
	if ended(err) {
		err = nil
	}
	if err != nil || p.n == 0 {
		parts.Put(p)
		return nil, err
	}
	return p, nil
}

func (u *upload) sendPart(ctx context.Context, id *string, number int32, body []byte) (etag string, err error) {
	out, err := u.client.UploadPart(ctx, &s3.UploadPartInput{Bucket: &u.bucket, Key: u.key, UploadId: id, PartNumber: &number, Body: bytes.NewReader(body)})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.ETag), nil
}

// complete joins what was sent. Some stores know an upload no more that they have joined:
// a second try ends with NoSuchUpload, and the object is whole.
func (u *upload) complete(ctx context.Context, id *string, sent []types.CompletedPart, size int64) error {
	ctx, cancel := outlive(ctx)
	defer cancel()
	_, err := u.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &u.bucket, Key: u.key, UploadId: id, MultipartUpload: &types.CompletedMultipartUpload{Parts: sent},
	}, func(o *s3.Options) { o.HTTPClient = u.patient.client })
	if err == nil {
		return nil
	}
	digests := make([]string, len(sent))
	for i, p := range sent {
		digests[i] = entityTag(p.ETag)
	}
	if u.stored(ctx, size, digests) {
		return nil
	}
	return err
}

// stored says whether the object is there after all, of this size and with the MD5
// digests of its parts, though no answer said so: in a moment perhaps, for a store may be
// at work on it still.
func (u *upload) stored(ctx context.Context, size int64, digests []string) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), joinTimeout)
	defer cancel()
	for pause := 250 * time.Millisecond; ; pause *= 2 {
		out, err := u.look(ctx)
		switch {
		case err == nil:
			return aws.ToInt64(out.ContentLength) == size && (entityTag(out.ETag) == joined(digests) || u.holds(ctx, digests))
		case statusOf(err) != 404 || pause > 2*time.Second:
			return false
		}
		time.Sleep(pause)
	}
}

func (u *upload) look(ctx context.Context) (*s3.HeadObjectOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, cleanTimeout)
	defer cancel()
	return u.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &u.bucket, Key: u.key})
}

// holds reads the object and compares what it holds: the entity tag of an object is made
// of the digests of its parts in most stores, but not in all.
func (u *upload) holds(ctx context.Context, digests []string) bool {
	r, err := u.Open(ctx, *u.key, 0, -1)
	if err != nil {
		return false
	}
	defer r.Close()
	for _, want := range digests {
		sum := md5.New()
		if _, err := io.CopyN(sum, r, partSize); err != nil && err != io.EOF || hex.EncodeToString(sum.Sum(nil)) != want {
			return false
		}
	}
	return true
}

// takeBack does what it can; the error of the upload is what the caller needs.
func (u *upload) takeBack(ctx context.Context, id *string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTimeout)
	defer cancel()
	if id != nil { // where uploads may not be listed, Delete does not find it
		_, _ = u.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &u.bucket, Key: u.key, UploadId: id})
	}
	_ = u.Delete(ctx, *u.key)
}

func digest(body []byte) string {
	sum := md5.Sum(body)
	return hex.EncodeToString(sum[:])
}

// joined is the usual entity tag of an object that came in parts with these digests; "" when
// they are none.
func joined(digests []string) string {
	if len(digests) == 1 {
		return digests[0]
	}
	all := md5.New()
	for _, d := range digests {
		sum, err := hex.DecodeString(d)
		if err != nil {
			return ""
		}
		all.Write(sum)
	}
	return fmt.Sprintf("%x-%d", all.Sum(nil), len(digests))
}

func entityTag(header *string) string { return strings.Trim(aws.ToString(header), `"`) }

// outlive is ctx, but ends some time after it.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(cleanTimeout, cancel) })
	return longer, func() { stop(); cancel() }
}
