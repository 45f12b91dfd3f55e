package s3server_test

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/grapnel/grapnel/e2e/s3server"
)

func client(s *s3server.Server) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &s.Endpoint,
		Region:       s.Region,
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider(s.AccessKey, s.SecretKey, ""),
	})
}

// The working directory belongs to the process, so this test is not parallel.
func TestStartTwice(t *testing.T) {
	before, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new")
	for range 2 {
		s, err := s3server.Start(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client(s).HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: &s.Bucket})
		if err != nil {
			t.Errorf("the bucket: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if now, _ := os.Getwd(); now != before {
			t.Errorf("working directory after Close: %s, want %s", now, before)
		}
		if c, err := net.Dial("tcp", s.Endpoint[len("http://"):]); err == nil {
			c.Close()
			t.Error("the port still answers after Close")
		}
	}
}

// TestCutConnection sends half of a presigned PUT and goes away: nothing may
// be stored.
func TestCutConnection(t *testing.T) {
	s, err := s3server.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := client(s)
	key := "cut"
	size := int64(10_000_000)
	signed, err := s3.NewPresignClient(c).PresignPutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &s.Bucket, Key: &key, ContentLength: &size,
	}, s3.WithPresignExpires(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(signed.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n", u.RequestURI(), u.Host, size)
	if _, err := conn.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	// Half-close and read the answer, so that the server has finished with
	// the request when we look.
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	answer := make([]byte, 64)
	n, _ := conn.Read(answer)
	conn.Close()
	if got, want := string(answer[:n]), "HTTP/1.1 400 "; !strings.HasPrefix(got, want) {
		t.Errorf("answer to the cut request: %q, want %q", got, want)
	}

	_, err = c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &s.Bucket, Key: &key})
	if missing := (*types.NotFound)(nil); !errors.As(err, &missing) {
		t.Errorf("the truncated object: %v, want not found", err)
	}
}
