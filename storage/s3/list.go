package s3

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/grapnel/grapnel/core"
)

// List implements core.ObjectStore by ListObjectsV2, a thousand keys at a time. S3
// lists in the order of keys, except for directory buckets, which are refused: who
// compares two lists would take half of the objects for lost.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[core.Object, error] {
	return func(yield func(core.Object, error) bool) {
		pages, last := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix}), ""
		for pages.HasMorePages() {
			page, err := nextPage(ctx, pages)
			if err != nil {
				yield(core.Object{}, failed(ctx, err))
				return
			}
			for _, o := range page.Contents {
				object := core.Object{Key: aws.ToString(o.Key), Size: aws.ToInt64(o.Size), Modified: aws.ToTime(o.LastModified)}
				if object.Key < last {
					yield(core.Object{}, core.Errorf(core.Internal, "The file store does not list its objects in the order of their keys."))
					return
				}
				last = object.Key
				if !yield(object, nil) {
					return
				}
			}
		}
	}
}

func nextPage(ctx context.Context, pages *s3.ListObjectsV2Paginator) (*s3.ListObjectsV2Output, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return pages.NextPage(ctx)
}

// abort ends the multipart uploads of a key that neither were completed nor could be
// aborted when they failed, but for one: their parts are in the bucket, and in no
// listing. What cannot tell of them has none to us.
func (s *Store) abort(ctx context.Context, key string, but *string) error {
	in := &s3.ListMultipartUploadsInput{Bucket: &s.bucket, Prefix: &key}
	for {
		out, err := s.client.ListMultipartUploads(ctx, in)
		switch {
		case statusOf(err)/100 == 4 && !slowedDown(err), statusOf(err) == 501:
			return nil // without a right to list, or a way to do so; some answer 404 for none
		case err != nil:
			return failed(ctx, err)
		}
		for _, u := range out.Uploads {
			if aws.ToString(u.Key) != key || but != nil && aws.ToString(u.UploadId) == *but {
				continue
			}
			_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: &key, UploadId: u.UploadId})
			if err = missing(ctx, err); err != nil && !core.Is(err, core.NotFound) {
				return err
			}
		}
		if !aws.ToBool(out.IsTruncated) {
			return nil
		}
		in.KeyMarker, in.UploadIdMarker = out.NextKeyMarker, out.NextUploadIdMarker
	}
}
