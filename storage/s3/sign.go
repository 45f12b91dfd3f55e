package s3

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/grapnel/grapnel/core"
)

// keepHeaders leaves what is signed in the headers, where every server looks
// for it, and not in the query.
func keepHeaders(o *v4.SignerOptions) {
	o.DisableHeaderHoisting = true
	o.DisableURIPathEscaping = true // S3 signs the path as it is sent
}

// SignUpload implements core.UploadSigner by a presigned PUT of Signature
// Version 4. Length, type, checksum and "If-None-Match: *" are signed: the
// store itself refuses another body and a second use.
func (s *Store) SignUpload(ctx context.Context, key string, want core.UploadWant) (core.SignedRequest, error) {
	if want.Size <= 0 || len(want.SHA256) != 32 || want.Expires <= 0 {
		return core.SignedRequest{}, core.Errorf(core.Internal, "A signed upload needs a size, a SHA-256 and an expiry.")
	}
	signed, err := sign(ctx, s.signer, s.uploadOf(key, want), want.Expires)
	if err != nil {
		return core.SignedRequest{}, failed(ctx, err)
	}
	return core.SignedRequest{
		Method: signed.Method, URL: signed.URL, Headers: headers(signed.SignedHeader), ExpiresAt: core.Millis(s.clock.Now().Add(want.Expires)),
	}, nil
}

// uploadOf is the request by which a client stores just what is wanted.
func (s *Store) uploadOf(key string, want core.UploadWant) *s3.PutObjectInput {
	in := &s3.PutObjectInput{
		Bucket:         &s.bucket,
		Key:            &key,
		ContentLength:  &want.Size,
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(want.SHA256)),
		IfNoneMatch:    aws.String("*"),
	}
	if want.ContentType != "" {
		in.ContentType = &want.ContentType
	}
	return in
}

func sign(ctx context.Context, by *s3.PresignClient, in *s3.PutObjectInput, expires time.Duration) (*v4.PresignedHTTPRequest, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout) // fresh credentials may be fetched
	defer cancel()
	return by.PresignPutObject(ctx, in, s3.WithPresignExpires(expires))
}

// headers lists what the client sets itself. Host and Content-Length are
// signed too, but every HTTP library sends them of its own accord.
func headers(h http.Header) []core.HTTPHeader {
	var list []core.HTTPHeader
	for name, values := range h {
		if name = http.CanonicalHeaderKey(name); name == "Host" || name == "Content-Length" {
			continue
		}
		for _, v := range values {
			list = append(list, core.HTTPHeader{Name: name, Value: v})
		}
	}
	slices.SortFunc(list, func(a, b core.HTTPHeader) int { return strings.Compare(a.Name, b.Name) })
	return list
}
