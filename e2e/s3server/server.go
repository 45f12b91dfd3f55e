// Package s3server has the S3 servers of the tests, on free loopback ports: versitygw over
// a folder, in this process, and programs that are installed, for each answers in its own
// way where the protocol leaves room.
//
// The gateway changes the working directory of the process to its folder and
// keeps global state. So one server runs at a time in a process, and whoever
// starts it uses absolute paths until Close.
package s3server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
)

const region = "us-east-1"

// Server is a running S3 server with one bucket.
type Server struct {
	Endpoint  string // "http://127.0.0.1:40713"
	Region    string
	AccessKey string
	SecretKey string
	Bucket    string

	close func() error
}

// Start runs a server that keeps its objects under dir, which is created when
// it is absent and whose file system must support extended attributes. ctx
// bounds the start only; Close ends the server.
func Start(ctx context.Context, dir string) (*Server, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	back, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := (meta.XattrMeta{}).Test(dir); err != nil {
		return nil, fmt.Errorf("s3server: %s: %w", dir, err)
	}
	s := newServer()
	// The gateway cannot say which port it got, so a free one is chosen
	// first. Another process may take it in between: then try the next.
	for range 5 {
		if err = s.serve(ctx, dir, back); !errors.Is(err, errPort) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, os.Chdir(back))
	}
	if err := s.createBucket(ctx, s.Bucket); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func newServer() *Server {
	return &Server{Region: region, AccessKey: "test" + rand.Text()[:16], SecretKey: rand.Text(), Bucket: "grapnel-test"}
}

// Close stops the server, waits for it, and goes back to the working directory
// of before. The objects stay in the folder.
func (s *Server) Close() error { return s.close() }

// Environ is what tests and programs need to use this server, as NAME=value.
func (s *Server) Environ() []string {
	return []string{
		"TEST_S3_ENDPOINT=" + s.Endpoint,
		"TEST_S3_BUCKET=" + s.Bucket,
		"AWS_REGION=" + s.Region,
		"AWS_ACCESS_KEY_ID=" + s.AccessKey,
		"AWS_SECRET_ACCESS_KEY=" + s.SecretKey,
	}
}

// errPort says that the chosen port was taken by another process.
var errPort = errors.New("s3server: the port was taken")

// serve starts the gateway on a free port and returns when it listens.
// Close goes back to the folder back.
func (s *Server) serve(ctx context.Context, dir, back string) error {
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	store, err := posix.New(dir, meta.XattrMeta{}, posix.PosixOpts{CopyObjectThreshold: 5 << 30})
	if err != nil {
		return err
	}
	root := auth.Account{Access: s.AccessKey, Secret: s.SecretKey, Role: auth.RoleAdmin}
	listening := make(chan struct{})
	cfg := &embedgw.Config{
		RootUserAccess:    root.Access,
		RootUserSecret:    root.Secret,
		IAMService:        auth.NewIAMServiceSingle(root), // given, for the default one prints a line
		Region:            s.Region,
		Ports:             []string{addr},
		MaxConnections:    1024,
		MaxRequests:       1024,
		MultipartMaxParts: 10000,
		KeepAlive:         true,
		Quiet:             true,
		S3Options:         []s3api.Option{s3api.WithOnListen(func() { close(listening) })},
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- embedgw.RunVersityGW(run, strict{store}, cfg) }()

	select {
	case <-listening:
		s.Endpoint = "http://" + addr
		s.close = func() error {
			stop()
			err := <-done
			if errors.Is(err, context.Canceled) {
				err = nil
			}
			return errors.Join(err, os.Chdir(back))
		}
		return nil
	case err := <-done:
		stop()
		return fmt.Errorf("%w: %w", errPort, err)
	case <-ctx.Done():
		stop()
		return errors.Join(ctx.Err(), <-done)
	}
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// NewBucket makes a further bucket, which nobody else uses.
func (s *Server) NewBucket(ctx context.Context) (name string, err error) {
	name = "grapnel-" + strings.ToLower(rand.Text())
	return name, s.createBucket(ctx, name)
}

func (s *Server) createBucket(ctx context.Context, name string) error {
	client := s3.New(s3.Options{
		BaseEndpoint: &s.Endpoint,
		Region:       s.Region,
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider(s.AccessKey, s.SecretKey, ""),
	})
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name})
	// The credentials are new with every start, so a bucket of an earlier
	// start in the same folder has another owner. The root account may use it.
	if taken := (*types.BucketAlreadyExists)(nil); errors.As(err, &taken) {
		return nil
	}
	return err
}
