// Package s3 keeps objects in a bucket of Amazon S3 or of a server that speaks
// its protocol.
//
// The credentials come from the AWS chain: environment, profile, role. They
// need s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload,
// s3:ListBucketMultipartUploads, so that uploads of a killed process are found, and
// s3:ListBucket, for listings and so that a missing object is told from a forbidden
// one.
package s3

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/grapnel/grapnel/core"
)

const (
	// callTimeout bounds a call that moves no file, with its retries.
	callTimeout = 10 * time.Second
	// pingTimeout is shorter, for a health check is asked often.
	pingTimeout = 3 * time.Second
)

// Config says where the bucket is.
type Config struct {
	Bucket string
	// Endpoint is the URL of an S3-compatible server, which is then addressed
	// by path. Empty: Amazon S3.
	Endpoint string
	// PublicEndpoint is the URL under which clients reach the same server, for
	// signed uploads. Empty: Endpoint.
	PublicEndpoint string
	// Region, when empty, is that of the AWS chain, and us-east-1 when there
	// is none either but an Endpoint is given.
	Region string
}

// Store is a core.ObjectStore in a bucket.
type Store struct {
	client  *s3.Client
	bucket  string
	upload  *uploader
	signer  *s3.PresignClient
	network *network
}

var (
	_ core.ObjectStore  = (*Store)(nil)
	_ core.UploadSigner = (*Store)(nil)
)

// Open connects to the bucket and makes sure that it is there. Its error is
// one sentence for whoever starts the server.
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.Bucket == "" {
		return nil, errors.New("the name of the S3 bucket is missing")
	}
	for _, endpoint := range []string{c.Endpoint, c.PublicEndpoint} {
		u, err := url.Parse(endpoint)
		if endpoint != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			return nil, fmt.Errorf("the S3 endpoint %q is no URL such as https://s3.example.org", endpoint)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	loaded, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("the AWS settings cannot be read: %w", err)
	}
	s := connect(loaded, c)
	if err := s.check(ctx, loaded, c); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func connect(loaded aws.Config, c Config) *Store {
	base := transportOf(loaded)
	n := newNetwork(base, stallTimeout)
	client := s3.NewFromConfig(loaded, func(o *s3.Options) {
		if c.Region != "" {
			o.Region = c.Region
		}
		if c.Endpoint != "" {
			o.BaseEndpoint = aws.String(strings.TrimSuffix(c.Endpoint, "/"))
			o.UsePathStyle = true
			if o.Region == "" {
				o.Region = "us-east-1"
			}
		}
		o.HTTPClient = n.client
		o.Retryer = newRetryer()
		// TLS protects the bodies on their way; without TLS the SHA-256 of
		// the body is part of the signature. The checksums that the SDK would
		// add are not understood by all servers.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	public := func(o *s3.Options) {
		if c.PublicEndpoint != "" {
			o.BaseEndpoint = aws.String(strings.TrimSuffix(c.PublicEndpoint, "/"))
		}
	}
	return &Store{
		client:  client,
		bucket:  c.Bucket,
		upload:  newUploader(client, base),
		signer:  s3.NewPresignClient(client, keepHeaders, s3.WithPresignClientFromClientOptions(public)),
		network: n,
	}
}

// check finds out at the start what would otherwise fail the first request.
func (s *Store) check(ctx context.Context, loaded aws.Config, c Config) error {
	where := c.Endpoint
	if where == "" {
		where = "Amazon S3"
		if s.client.Options().Region == "" {
			return errors.New("no region is set for the S3 bucket")
		}
	}
	if loaded.Credentials == nil {
		return errors.New("there are no AWS credentials for the S3 bucket: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role")
	}
	if _, err := loaded.Credentials.Retrieve(ctx); err != nil {
		return fmt.Errorf("there are no AWS credentials for the S3 bucket: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role (%w)", innermost(err))
	}
	_, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &s.bucket})
	switch {
	case err == nil:
		return nil
	case statusOf(err) == 404:
		return fmt.Errorf("the S3 bucket %q does not exist at %s", s.bucket, where)
	case statusOf(err) == 403:
		return fmt.Errorf("the AWS credentials may not use the S3 bucket %q at %s", s.bucket, where)
	case statusOf(err) == 301:
		return fmt.Errorf("the S3 bucket %q is not in the region %s", s.bucket, s.client.Options().Region)
	default:
		return fmt.Errorf("the S3 bucket %q cannot be reached at %s (%w)", s.bucket, where, innermost(err))
	}
}

// Close ends idle connections.
func (s *Store) Close() error {
	s.network.close()
	return nil
}

// Put implements core.ObjectStore. An object of the same key is replaced in
// one step.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, meta core.ObjectMeta) error {
	src := &source{ctx: ctx, r: r}
	err := s.upload.put(ctx, s.bucket, key, meta.ContentType, src)
	switch {
	case err == nil:
		return nil
	case src.err != nil:
		return src.err
	default:
		return failed(ctx, err)
	}
}

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
	return &body{ctx, out.Body}, nil
}

// byteRange is the Range header of RFC 9110, section 14.1.2.
func byteRange(offset, length int64) string {
	from := "bytes=" + strconv.FormatInt(offset, 10) + "-"
	last := offset + length - 1
	if length == -1 || last < offset { // to the end, or past what int64 holds
		return from
	}
	return from + strconv.FormatInt(last, 10)
}

// Stat implements core.ObjectStore. The checksum is known for objects that
// came by a signed upload.
func (s *Store) Stat(ctx context.Context, key string) (core.ObjectInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: &s.bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled,
	})
	if err != nil {
		return core.ObjectInfo{}, missing(ctx, err)
	}
	info := core.ObjectInfo{Size: aws.ToInt64(out.ContentLength)}
	// The checksum of a multipart upload is one of checksums, "…-3".
	if sum, err := base64.StdEncoding.DecodeString(aws.ToString(out.ChecksumSHA256)); err == nil && len(sum) == 32 {
		info.SHA256 = sum
	}
	return info, nil
}

// Delete implements core.ObjectStore.
func (s *Store) Delete(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := s.abort(ctx, key); err != nil {
		return err
	}
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key})
	// Amazon S3 answers 204 for an absent key, some servers 404.
	if err = missing(ctx, err); core.Is(err, core.NotFound) {
		return nil
	}
	return err
}

// Ping asks for the bucket.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	_, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &s.bucket})
	return failed(ctx, err)
}

// Kind implements core.ObjectStore.
func (s *Store) Kind() core.StoreKind { return core.S3 }

// source reads r until ctx ends, and remembers why it broke off, to tell the
// errors of the reader from those of the store.
type source struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err = cancelled(s.ctx); s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = fmt.Errorf("reading the upload: %w", err)
		err = s.err
	}
	return n, err
}

// body is an object on its way from the store.
type body struct {
	ctx context.Context
	io.ReadCloser
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = failed(b.ctx, err)
	}
	return n, err
}
