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
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
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
	// Checksums says whether the store verifies the checksums that come with signed
	// uploads, and so whether its word on them is believed.
	Checksums Checksums
	// Log hears what operators should know; nil: nobody does.
	Log *slog.Logger
}

// Checksums is what is known of how a store treats checksums.
type Checksums string

// What may be known of it.
const (
	ProbeChecksums  Checksums = "probe"  // it shows: see [Store.Probe]; the default
	TrustChecksums  Checksums = "trust"  // it verifies them, as Amazon S3 does
	IgnoreChecksums Checksums = "ignore" // it does not
)

// Store is a core.ObjectStore in a bucket.
type Store struct {
	client *s3.Client
	bucket string
	// signer signs for clients, inside for this process.
	signer, inside *s3.PresignClient
	clock          *clock
	log            *slog.Logger
	checksums      Checksums
	verifies       atomic.Bool // checksums that it names were verified
	// patient is for requests that take a store long.
	network, patient *network
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
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Checksums == "" {
		c.Checksums = ProbeChecksums
	}
	if c.Checksums == ProbeChecksums && c.Endpoint == "" { // Amazon S3
		c.Checksums = TrustChecksums
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
	base, now := transportOf(loaded), &clock{log: c.Log}
	n := newNetwork(base, stallTimeout, now)
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
		o.HTTPSignerV4 = dating{v4.NewSigner(), now}
		o.DisableClockSkewCorrection = true // now does it, for signatures too
		// TLS protects the bodies on their way; without TLS the SHA-256 of
		// the body is part of the signature. The checksums that the SDK would
		// add are not understood by all servers.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	signing := func(o *s3.PresignOptions) { o.Presigner = dating{v4.NewSigner(keepHeaders), now} }
	public := func(o *s3.Options) {
		if c.PublicEndpoint != "" {
			o.BaseEndpoint = aws.String(strings.TrimSuffix(c.PublicEndpoint, "/"))
		}
	}
	s := &Store{
		client:    client,
		bucket:    c.Bucket,
		signer:    s3.NewPresignClient(client, signing, s3.WithPresignClientFromClientOptions(public)),
		inside:    s3.NewPresignClient(client, signing),
		clock:     now,
		log:       c.Log,
		checksums: c.Checksums,
		network:   n,
		patient:   newNetwork(base, joinTimeout, now),
	}
	s.verifies.Store(c.Checksums == TrustChecksums)
	return s
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
	s.patient.close()
	return nil
}

// Put implements core.ObjectStore. An object of the same key is replaced in
// one step.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, meta core.ObjectMeta) error {
	src := &source{ctx: ctx, r: r}
	u := &upload{Store: s, key: &key}
	if meta.ContentType != "" {
		u.contentType = &meta.ContentType
	}
	err := u.put(ctx, src)
	switch {
	case err == nil:
		return nil
	case src.err != nil:
		return src.err
	default:
		return failed(ctx, err)
	}
}

// Stat implements core.ObjectStore. The checksum is known for objects that came by a
// signed upload, if the store verifies it.
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
	if sum, err := base64.StdEncoding.DecodeString(aws.ToString(out.ChecksumSHA256)); err == nil && len(sum) == 32 && s.verifies.Load() {
		info.SHA256 = sum
	}
	return info, nil
}

// Delete implements core.ObjectStore.
func (s *Store) Delete(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := s.abort(ctx, key, nil); err != nil {
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
