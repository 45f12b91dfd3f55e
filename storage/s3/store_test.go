package s3_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	aws3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/s3"
	"github.com/grapnel/grapnel/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is the S3 server of the test run. The credentials are in the usual
// variables, AWS_ACCESS_KEY_ID and so on.
type server struct{ endpoint, bucket string }

// testServer skips the test when no server is named, unless the run demands
// one. The bucket is created when it is absent.
func testServer(t *testing.T) server {
	t.Helper()
	s := server{os.Getenv("TEST_S3_ENDPOINT"), os.Getenv("TEST_S3_BUCKET")}
	if s.endpoint == "" {
		if os.Getenv("GRAPNEL_TEST_REQUIRE") == "1" {
			t.Fatal("TEST_S3_ENDPOINT is not set, and GRAPNEL_TEST_REQUIRE=1")
		}
		t.Skip("TEST_S3_ENDPOINT is not set")
	}
	if s.bucket == "" {
		s.bucket = "grapnel-test"
	}
	_, err := s.client(t).CreateBucket(t.Context(), &aws3.CreateBucketInput{Bucket: &s.bucket})
	owned, exists := (*types.BucketAlreadyOwnedByYou)(nil), (*types.BucketAlreadyExists)(nil)
	if err != nil && !errors.As(err, &owned) && !errors.As(err, &exists) {
		t.Fatal(err)
	}
	return s
}

// client speaks to the server past the adapter.
func (s server) client(t *testing.T) *aws3.Client {
	t.Helper()
	loaded, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return aws3.NewFromConfig(loaded, func(o *aws3.Options) {
		o.BaseEndpoint, o.UsePathStyle = &s.endpoint, true
		if o.Region == "" {
			o.Region = "us-east-1"
		}
		o.HTTPClient = oneShot{}
	})
}

// pending lists the multipart uploads of exactly this key that were neither completed
// nor aborted: some servers list by prefix, some by key.
func (s server) pending(t *testing.T, key string) []string {
	t.Helper()
	out, err := s.client(t).ListMultipartUploads(t.Context(), &aws3.ListMultipartUploadsInput{Bucket: &s.bucket, Prefix: &key})
	if said := smithy.APIError(nil); errors.As(err, &said) && said.ErrorCode() == "NoSuchUpload" {
		return nil // some answer so when there is none
	}
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, u := range out.Uploads {
		if aws.ToString(u.Key) == key {
			ids = append(ids, aws.ToString(u.UploadId))
		}
	}
	return ids
}

func openStore(t *testing.T, endpoint, bucket string) *s3.Store {
	t.Helper()
	store, err := s3.Open(t.Context(), s3.Config{Bucket: bucket, Endpoint: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return store
}

func TestObjects(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	storagetest.RunObjects(t,
		func(t *testing.T) core.ObjectStore { return openStore(t, s.endpoint, s.bucket) },
		storagetest.Leftovers(func(t *testing.T, _ core.ObjectStore, key string) []string { return s.pending(t, key) }),
	)
}

// A signed upload works under the address that clients use.
func TestPublicEndpoint(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	public := strings.Replace(s.endpoint, "127.0.0.1", "localhost", 1)
	store, err := s3.Open(t.Context(), s3.Config{Bucket: s.bucket, Endpoint: s.endpoint, PublicEndpoint: public})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	key, body := newKey(), noise(1000)
	signed, err := store.SignUpload(t.Context(), key, core.UploadWant{Size: 1, SHA256: make([]byte, 32), Expires: time.Minute})
	if err != nil || !strings.HasPrefix(signed.URL, public) {
		t.Errorf("%q, %v", signed.URL, err)
	}
	sendSigned(t, store, key, body)
	holds(t, store, key, body)
}

// TestChecksum: the store itself vouches for what came by a signed upload, once it is
// known to verify it.
func TestChecksum(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	store := openStore(t, s.endpoint, s.bucket)
	store.Probe(t.Context(), nil)
	key, body := newKey(), []byte("signed and sent")
	sum := sendSigned(t, store, key, body)
	info, err := store.Stat(t.Context(), key)
	if err != nil || string(info.SHA256) != string(sum) {
		t.Errorf("Stat: %x, %v, want %x", info.SHA256, err, sum)
	}
}

// TestDeleteAborts: the parts of an upload that nobody completed or aborted go with
// the object, and those of its neighbours stay.
func TestDeleteAborts(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	store := openStore(t, s.endpoint, s.bucket)
	key := newKey()
	for _, key := range []string{key, key, key + "0"} {
		up, err := s.client(t).CreateMultipartUpload(t.Context(), &aws3.CreateMultipartUploadInput{Bucket: &s.bucket, Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		part := int32(1)
		if _, err := s.client(t).UploadPart(t.Context(), &aws3.UploadPartInput{
			Bucket: &s.bucket, Key: &key, UploadId: up.UploadId, PartNumber: &part, Body: strings.NewReader("part"),
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if own, neighbour := s.pending(t, key), s.pending(t, key+"0"); len(own) > 0 || len(neighbour) != 1 {
		t.Errorf("left: %q and %q", own, neighbour)
	}
	if err := store.Delete(t.Context(), key+"0"); err != nil {
		t.Fatal(err)
	}
	if left := s.pending(t, key+"0"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// TestContentType: what the bucket itself serves has the type that core gave.
func TestContentType(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	store := openStore(t, s.endpoint, s.bucket)
	for _, size := range []int{10, 9 << 20} {
		key := newKey()
		if err := store.Put(t.Context(), key, zeros(size), core.ObjectMeta{ContentType: "image/webp"}); err != nil {
			t.Fatal(err)
		}
		out, err := s.client(t).HeadObject(t.Context(), &aws3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
		if err != nil || aws.ToString(out.ContentType) != "image/webp" {
			t.Errorf("%d bytes: %v, %v", size, aws.ToString(out.ContentType), err)
		}
	}
}

// TestOpen names what is wrong in one sentence. It changes the environment, so
// it is not parallel.
func TestOpen(t *testing.T) {
	t.Run("settings", func(t *testing.T) {
		withoutProfile(t)
		t.Setenv("AWS_ACCESS_KEY_ID", "key")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
		refused(t, s3.Config{}, "the name of the S3 bucket is missing")
		refused(t, s3.Config{Bucket: "b", Endpoint: "localhost:9000"}, `the S3 endpoint "localhost:9000" is no URL`)
		refused(t, s3.Config{Bucket: "b", Endpoint: "ftp://localhost"}, "is no URL")
		refused(t, s3.Config{Bucket: "b", Endpoint: "http://" + closedPort(t)}, "cannot be reached at http://127.0.0.1:")
		refused(t, s3.Config{Bucket: "b"}, "no region is set")
	})
	t.Run("no credentials", func(t *testing.T) {
		withoutProfile(t)
		refused(t, s3.Config{Bucket: "b", Endpoint: "http://" + closedPort(t)}, "there are no AWS credentials")
	})
	t.Run("server", func(t *testing.T) {
		s := testServer(t)
		refused(t, s3.Config{Bucket: "grapnel-absent", Endpoint: s.endpoint}, `the S3 bucket "grapnel-absent" does not exist at http`)
		t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong")
		refused(t, s3.Config{Bucket: s.bucket, Endpoint: s.endpoint}, "the AWS credentials may not use the S3 bucket")
	})
}

// withoutProfile hides the settings of this machine from the AWS chain.
func withoutProfile(t *testing.T) {
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
}

func refused(t *testing.T, c s3.Config, want string) {
	t.Helper()
	store, err := s3.Open(context.WithoutCancel(t.Context()), c)
	if err == nil {
		store.Close()
		t.Errorf("%+v: no error", c)
		return
	}
	checkSentence(t, err.Error(), want)
}
