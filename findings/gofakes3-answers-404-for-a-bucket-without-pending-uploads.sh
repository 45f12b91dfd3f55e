#!/usr/bin/env bash
# github.com/johannesboyne/gofakes3 v0.0.0-20260208201424-4c385a1f6a73, in memory, with
# aws-sdk-go-v2/service/s3 v1.114.8. The fork in rclone (v0.0.4) does the same.
#
# Expected: ListMultipartUploads of a bucket in which nothing is pending answers 200 with an
#   empty list, as the API reference of S3 has it.
# Found: 404 NoSuchUpload, until the bucket has had its first multipart upload; from then
#   on 200 with an empty list, also when that one has been aborted.
# Why it matters: who looks for forgotten uploads, to abort them, fails on a healthy bucket
#   that is new, and only there.
# Seen on 29 November 2026. Needs Go. Exits 1 if it has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >go.mod <<'MOD'
module pending

go 1.26.0

require (
	github.com/aws/aws-sdk-go-v2/credentials v1.20.15
	github.com/aws/aws-sdk-go-v2/service/s3 v1.114.8
	github.com/johannesboyne/gofakes3 v0.0.0-20260208201424-4c385a1f6a73
)
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

func main() {
	server := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	defer server.Close()
	ctx, bucket, key := context.Background(), "uploads", "a"
	c := s3.New(s3.Options{BaseEndpoint: &server.URL, Region: "us-east-1", UsePathStyle: true, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	if _, err := c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		panic(err)
	}
	list := func(when string) string {
		out, err := c.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &bucket})
		said := ""
		if answered := smithy.APIError(nil); errors.As(err, &answered) {
			said = answered.ErrorCode()
		} else if err != nil {
			panic(err)
		} else {
			said = fmt.Sprintf("200, %d pending", len(out.Uploads))
		}
		fmt.Printf("%s: %s\n", when, said)
		return said
	}
	before := list("a new bucket")
	up, err := c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key})
	if err != nil {
		panic(err)
	}
	if _, err := c.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &bucket, Key: &key, UploadId: up.UploadId}); err != nil {
		panic(err)
	}
	after := list("after one that was aborted")
	if before != "NoSuchUpload" || after != "200, 0 pending" {
		os.Exit(1)
	}
}
GO
go mod tidy >/dev/null 2>&1
go run . 2>/dev/null
