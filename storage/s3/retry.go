package s3

import (
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	// tries is how often a call is tried, as the SDK does, with short pauses.
	tries = 3
	// slowTries is the same where the store asks for patience, whose first pause is
	// firstPause and each of the next twice as long, as AWS advises.
	slowTries  = 4
	firstPause = 2 * time.Second
)

// newRetryer tries a call again unless a connection stalled: another try would only
// double the wait. It ends with the context of the call.
func newRetryer() aws.Retryer {
	short := retry.NewExponentialJitterBackoff(time.Second)
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = slowTries
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, err error) (time.Duration, error) {
			switch {
			case slowedDown(err):
				return firstPause << (attempt - 1), nil
			case attempt >= tries:
				return 0, err
			}
			return short.BackoffDelay(attempt, err)
		})
		o.Retryables = append([]retry.IsErrorRetryable{
			retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
				switch {
				case errors.Is(err, os.ErrDeadlineExceeded):
					return aws.FalseTernary
				case slowedDown(err), wronglyDated(err):
					return aws.TrueTernary
				}
				return aws.UnknownTernary
			}),
		}, o.Retryables...)
	})
}

// slowedDown says that the store has more to do than it can: SlowDown and its kin.
func slowedDown(err error) bool {
	status := statusOf(err)
	return status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests
}

// wronglyDated says that the store may have refused a request for its date alone. The
// answer to a HEAD has no body that would tell.
func wronglyDated(err error) bool {
	var answer *smithyhttp.ResponseError
	if !errors.As(err, &answer) || answer.HTTPStatusCode() != http.StatusForbidden || answer.Response.Request == nil {
		return false
	}
	theirs, err := http.ParseTime(answer.Response.Header.Get("Date"))
	if err != nil {
		return false
	}
	ours, err := time.Parse("20060102T150405Z", answer.Response.Request.Header.Get("X-Amz-Date"))
	return err == nil && theirs.Sub(ours).Abs() > tolerance
}
