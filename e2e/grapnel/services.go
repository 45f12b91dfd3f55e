package grapnel

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/grapnel/grapnel/e2e/mongod"
	"github.com/grapnel/grapnel/e2e/s3server"
)

// Stores are a pair of stores to run a server on.
type Stores struct {
	// Env are the settings of a server that uses them.
	Env []string
	// Mongod is the stand-in for MongoDB; nil on the embedded stores.
	Mongod *mongod.Server
	// Files is the folder below which the bytes of files are.
	Files string
}

// Embedded are the stores that need no configuration, in a new folder.
func Embedded(t testing.TB) Stores {
	data := t.TempDir()
	return Stores{Env: []string{"GRAPNEL_DATA=" + data}, Files: filepath.Join(data, "files")}
}

// Services are a new stand-in for MongoDB and a new bucket of the stand-in for S3.
func Services(t testing.TB) Stores {
	t.Helper()
	db, err := mongod.Start(mongod.Newest)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	objects, err := startS3()
	if err != nil {
		t.Fatal(err)
	}
	s3 := objects.Server
	bucket, err := s3.NewBucket(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return Stores{Mongod: db, Files: filepath.Join(objects.dir, bucket), Env: []string{
		"GRAPNEL_DATA=" + t.TempDir(),
		"MONGODB_URI=" + db.URI() + "grapnel", "GRAPNEL_TOKEN_KEY=0123456789012345678901234567890123456789",
		"S3_ENDPOINT=" + s3.Endpoint, "S3_BUCKET=" + bucket, "S3_REGION=" + s3.Region,
		"AWS_ACCESS_KEY_ID=" + s3.AccessKey, "AWS_SECRET_ACCESS_KEY=" + s3.SecretKey,
	}}
}

type s3 struct {
	*s3server.Server
	dir string
}

// startS3 starts the one S3 stand-in of this process; it allows no second one.
var startS3 = sync.OnceValues(func() (s3, error) {
	if _, err := Checkout(); err != nil { // before the working directory changes
		return s3{}, err
	}
	dir, err := os.MkdirTemp("", "grapnel-s3-")
	if err != nil {
		return s3{}, err
	}
	server, err := s3server.Start(context.Background(), dir)
	return s3{server, dir}, err
})

// EachStores runs a test on each pair of stores.
func EachStores(t *testing.T, test func(*testing.T, Stores)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) { test(t, Embedded(t)) })
	t.Run("services", func(t *testing.T) { test(t, Services(t)) })
}
