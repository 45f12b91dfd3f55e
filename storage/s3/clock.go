package s3

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// tolerance is by how much two clocks may differ before it is said and taken into
// account. Stores refuse requests from a quarter of an hour on.
const tolerance = time.Minute

// clock is the time of the store, by the Date of its answers: requests are dated by it,
// also where the clock of this machine is off. The SDK does so for calls alone, not
// for presigned requests, and it learns nothing of a refused HEAD.
type clock struct {
	ahead atomic.Int64 // of ours, in nanoseconds; 0 within the tolerance
	log   *slog.Logger
}

// Now is the time by the clock of the store.
func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// heard takes the date of an answer that has just come.
func (c *clock) heard(date time.Time) {
	ahead, before := time.Until(date), time.Duration(c.ahead.Load())
	if (ahead - before).Abs() <= tolerance {
		return
	}
	if ahead.Abs() <= tolerance {
		ahead = 0
	}
	if c.ahead.CompareAndSwap(int64(before), int64(ahead)) {
		if ahead == 0 {
			c.log.Info("the clocks of this machine and of the S3 server agree again")
			return
		}
		c.log.Warn("the clock of this machine and that of the S3 server differ: set the wrong one; requests are dated by the server's meanwhile", "serverAhead", ahead.Round(time.Minute).String())
	}
}

// listening is a transport that hears the date of each answer.
type listening struct {
	http.RoundTripper
	clock *clock
}

func (l listening) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
			l.clock.heard(date)
		}
	}
	return resp, err
}

// dating signs by the clock of the store, whatever time it is told.
type dating struct {
	signer *v4.Signer
	clock  *clock
}

var (
	_ s3.HTTPSignerV4    = dating{}
	_ s3.HTTPPresignerV4 = dating{}
)

func (d dating) SignHTTP(ctx context.Context, c aws.Credentials, r *http.Request, hash, service, region string, _ time.Time, opts ...func(*v4.SignerOptions)) error {
	return d.signer.SignHTTP(ctx, c, r, hash, service, region, d.clock.Now(), opts...)
}

func (d dating) PresignHTTP(ctx context.Context, c aws.Credentials, r *http.Request, hash, service, region string, _ time.Time, opts ...func(*v4.SignerOptions)) (string, http.Header, error) {
	return d.signer.PresignHTTP(ctx, c, r, hash, service, region, d.clock.Now(), opts...)
}
