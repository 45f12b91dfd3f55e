package s3server_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	aws3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/e2e/s3server"
	"github.com/grapnel/grapnel/storage/s3"
	"github.com/grapnel/grapnel/storage/storagetest"
)

// TestContract holds the adapter to the contract against this server, through
// the environment as in production. The tests of storage/s3, with their
// faults, run against it too when TEST_S3_ENDPOINT names it.
func TestContract(t *testing.T) {
	server, err := s3server.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Setenv("AWS_ACCESS_KEY_ID", server.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", server.SecretKey)
	t.Setenv("AWS_REGION", server.Region)

	storagetest.RunObjects(t, func(t *testing.T) core.ObjectStore {
		store, err := s3.Open(t.Context(), s3.Config{Bucket: server.Bucket, Endpoint: server.Endpoint})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
		return store
	}, storagetest.Leftovers(func(t *testing.T, _ core.ObjectStore, key string) []string {
		out, err := client(server).ListMultipartUploads(t.Context(), &aws3.ListMultipartUploadsInput{Bucket: &server.Bucket, Prefix: &key})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, u := range out.Uploads {
			ids = append(ids, aws.ToString(u.UploadId))
		}
		return ids
	}))
}
