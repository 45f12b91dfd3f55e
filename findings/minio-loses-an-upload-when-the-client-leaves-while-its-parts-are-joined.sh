#!/usr/bin/env bash
# MinIO RELEASE.2025-09-07T16-13-09Z (v0.0.0-20250907161309-07c3a429bfed), with
# aws-sdk-go-v2/service/s3 v1.114.8.
#
# Expected: when the connection breaks after CompleteMultipartUpload was sent, the upload
#   is either pending still, so that the request can be sent again, or completed.
# Found: mostly it is neither. The second CompleteMultipartUpload ends with InvalidPart,
#   and there is no object: the parts, which the server had acknowledged, are gone.
# Why it matters: a client that retries, as the SDKs do, loses a file that it had sent
#   whole. Only who still has the bytes can send them again.
# Seen on 29 November 2026. Needs Go and curl. Exits 1 if it has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
cd "$dir"
GOBIN=$dir go install github.com/minio/minio@v0.0.0-20250907161309-07c3a429bfed

cat >go.mod <<'MOD'
module leaves

go 1.26.0

require (
	github.com/aws/aws-sdk-go-v2 v1.47.7
	github.com/aws/aws-sdk-go-v2/credentials v1.20.15
	github.com/aws/aws-sdk-go-v2/service/s3 v1.114.8
)
MOD
cat >main.go <<'GO'
// Completes uploads over connections that break, and then again.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// breaking says that connections break when a request has been written to them.
var breaking atomic.Bool

type conn struct{ net.Conn }

func (c conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if breaking.Load() {
		time.AfterFunc(time.Millisecond, func() { c.Close() })
	}
	return n, err
}

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return v
}

func code(err error) string {
	var answered smithy.APIError
	switch {
	case err == nil:
		return "200"
	case errors.As(err, &answered):
		return answered.ErrorCode()
	}
	return "no answer"
}

func main() {
	ctx, bucket := context.Background(), "uploads"
	c := s3.New(s3.Options{
		BaseEndpoint: &os.Args[1], Region: "us-east-1", UsePathStyle: true, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("minioadmin", "minioadmin", ""),
		HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, addr)
			return conn{c}, err
		}}},
	})
	must(c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}))
	lost := 0
	for i := range 8 {
		key := fmt.Sprint("file-", i)
		up := must(c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key}))
		var parts []types.CompletedPart
		for n := int32(1); n <= 3; n++ {
			p := must(c.UploadPart(ctx, &s3.UploadPartInput{Bucket: &bucket, Key: &key, UploadId: up.UploadId, PartNumber: &n, Body: bytes.NewReader(make([]byte, 5<<20))}))
			parts = append(parts, types.CompletedPart{PartNumber: &n, ETag: p.ETag})
		}
		complete := &s3.CompleteMultipartUploadInput{Bucket: &bucket, Key: &key, UploadId: up.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}}
		breaking.Store(true)
		_, first := c.CompleteMultipartUpload(ctx, complete)
		breaking.Store(false)
		time.Sleep(2 * time.Second) // for a server that goes on
		_, second := c.CompleteMultipartUpload(ctx, complete)
		_, object := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
		fmt.Printf("complete: %s; again: %s; the object: %s\n", code(first), code(second), code(object))
		if first != nil && second != nil && object != nil {
			lost++
		}
	}
	fmt.Println("lost:", lost, "of 8")
	if lost == 0 {
		os.Exit(1)
	}
}
GO
go mod tidy >/dev/null 2>&1
go build -o leaves .
port=$((20000 + RANDOM % 10000))
MINIO_UPDATE=off MINIO_BROWSER=off timeout 120 ./minio server --quiet --address "127.0.0.1:$port" --console-address "127.0.0.1:$((port + 1))" "$dir/data" >minio.log 2>&1 &
timeout 60 sh -c 'until curl -fs "$1/minio/health/live"; do sleep 0.2; done' - "http://127.0.0.1:$port"
./leaves "http://127.0.0.1:$port"
