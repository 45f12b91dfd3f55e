package s3

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	// Two parts in flight and one being read: 1 GiB raises the peak of
	// resident memory by about 30 MiB. Ten thousand parts of the smallest
	// size that S3 allows make 48 GiB, the largest object.
	partSize    = 5 << 20
	concurrency = 2

	// cleanTimeout bounds the removal of what a failed upload left, which
	// runs also when the caller's context has ended.
	cleanTimeout = 4 * time.Second
	// joinTimeout is how long a store may take to join the parts of a large
	// upload before it answers.
	joinTimeout = 2 * time.Minute
)

// uploader is the only user of the transfer manager, whose interface is not
// yet stable.
type uploader struct{ manager *transfermanager.Client }

func newUploader(client *s3.Client, base *http.Transport) *uploader {
	return &uploader{transfermanager.New(careful{client, base}, func(o *transfermanager.Options) {
		o.PartSizeBytes = partSize
		o.MultipartUploadThreshold = partSize
		o.Concurrency = concurrency
		o.FailTimeout = cleanTimeout
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	})}
}

// put streams r into an object: in one request when it is shorter than a part,
// else as a multipart upload, which is aborted when anything fails.
func (u *uploader) put(ctx context.Context, bucket, key, contentType string, r io.Reader) error {
	in := &transfermanager.UploadObjectInput{Bucket: &bucket, Key: &key, Body: r}
	if contentType != "" {
		in.ContentType = &contentType
	}
	_, err := u.manager.UploadObject(ctx, in)
	return err
}

// careful is a client that leaves no doubt whether an object was stored. The
// requests that store one outlive their context for a moment, since a server
// may carry out what it has received although nobody waits for the answer. If
// there is none at all, the object is taken back.
type careful struct {
	*s3.Client
	base *http.Transport
}

func (c careful) PutObject(ctx context.Context, in *s3.PutObjectInput, opts ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	ctx, cancel := outlive(ctx)
	defer cancel()
	out, err := c.Client.PutObject(ctx, in, opts...)
	if err != nil && statusOf(err) == 0 {
		c.takeBack(ctx, in.Bucket, in.Key)
	}
	return out, err
}

func (c careful) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, opts ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	ctx, cancel := outlive(ctx)
	defer cancel()
	patient := newNetwork(c.base, joinTimeout)
	defer patient.close()
	opts = append(opts, func(o *s3.Options) { o.HTTPClient = patient.client })
	out, err := c.Client.CompleteMultipartUpload(ctx, in, opts...)
	if err != nil && statusOf(err) == 0 {
		c.takeBack(ctx, in.Bucket, in.Key)
	}
	return out, err
}

// takeBack does what it can; the error of the upload is what the caller needs.
func (c careful) takeBack(ctx context.Context, bucket, key *string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTimeout)
	defer cancel()
	_, _ = c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: key})
}

// outlive is ctx, but ends some time after it.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(cleanTimeout, cancel) })
	return longer, func() { stop(); cancel() }
}
