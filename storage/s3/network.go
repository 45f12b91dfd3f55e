package s3

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const (
	dialTimeout = 2 * time.Second
	// stallTimeout is how long a connection may make no progress, in either
	// direction, while it is in use. A slow transfer goes on; one to a store
	// that went away ends.
	stallTimeout = 8 * time.Second
)

// network is an HTTP client of a store and its connections.
type network struct {
	client    *http.Client
	transport *http.Transport
}

// transportOf is what the AWS settings say about connections, such as the
// certificates of AWS_CA_BUNDLE.
func transportOf(loaded aws.Config) *http.Transport {
	if b, ok := loaded.HTTPClient.(*awshttp.BuildableClient); ok {
		return b.GetTransport()
	}
	return awshttp.NewBuildableClient().GetTransport()
}

func newNetwork(base *http.Transport, stall time.Duration, c *clock) *network {
	dialer := &net.Dialer{Timeout: dialTimeout}
	t := base.Clone()
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &conn{c, stall}, nil
	}
	t.WriteBufferSize = 64 << 10
	return &network{
		transport: t,
		client:    &http.Client{Transport: listening{t, c}, CheckRedirect: sameMethod},
	}
}

func (n *network) close() { n.transport.CloseIdleConnections() }

// sameMethod follows only the redirects that keep method and body.
func sameMethod(req *http.Request, via []*http.Request) error {
	switch {
	case len(via) >= 3:
		return errors.New("too many redirects")
	case req.Response.StatusCode == http.StatusTemporaryRedirect, req.Response.StatusCode == http.StatusPermanentRedirect:
		return nil
	default:
		return http.ErrUseLastResponse
	}
}

// conn is a connection with a deadline that moves with each step.
type conn struct {
	net.Conn
	stall time.Duration
}

func (c *conn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.stall)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write moves the deadline of reading too: the answer may take its time from
// the end of the request on.
func (c *conn) Write(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.stall)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
