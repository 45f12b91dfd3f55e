package s3

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/grapnel/grapnel/core"
)

// busyPause is how long clients are to wait when the store is busy still after all
// tries.
const busyPause = 10 * time.Second

// failed turns an error of the SDK into one of core; nil stays nil.
func failed(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	// The SDK has errors of its own for a context that ended.
	if ended := cancelled(ctx); ended != nil {
		return ended
	}
	if slowedDown(err) {
		busy := core.Wrap(core.Unavailable, err, "The file store is busy and asks for patience; try again in a few seconds.")
		busy.RetryAfter = busyPause
		return busy
	}
	if statusOf(err)/100 == 4 {
		return core.Wrap(core.Unavailable, err, "The file store refused the request.")
	}
	return core.Wrap(core.Unavailable, err, "The file store does not answer.")
}

// missing is failed where 404 means an absent object.
func missing(ctx context.Context, err error) error {
	if noBucket := (*types.NoSuchBucket)(nil); statusOf(err) == 404 && !errors.As(err, &noBucket) {
		return core.Wrap(core.NotFound, err, "The file does not exist.")
	}
	return failed(ctx, err)
}

// cancelled is the error of a context that has ended.
func cancelled(ctx context.Context) error {
	switch err := ctx.Err(); {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return core.Wrap(core.Unavailable, err, "The file store did not answer in time.")
	default:
		return core.Wrap(core.Aborted, err, "The request was cancelled.")
	}
}

// statusOf is the HTTP status of the answer that became err; 0 without one.
func statusOf(err error) int {
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}

// innermost is the last error of a chain: the SDK wraps the cause in several
// layers of requests and operations.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
