package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/grapnel/grapnel/e2e/child"
)

// client sends operations to one server over a fixed number of connections.
type client struct {
	url, token string
	http       *http.Client
}

func newClient(s *child.Server, conns int) *client {
	return &client{url: s.URL + "/graphql", http: &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{MaxConnsPerHost: conns, MaxIdleConnsPerHost: conns, DisableCompression: true},
	}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// operation is the body of a request.
func operation(query string, variables any) []byte {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		panic(err) // only strings and numbers are sent
	}
	return body
}

// send sends one operation and reads the answer, which must be free of errors,
// into buf.
func (c *client) send(ctx context.Context, body []byte, buf *bytes.Buffer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	return c.do(req, buf)
}

func (c *client) do(req *http.Request, buf *bytes.Buffer) error {
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	buf.Reset()
	if _, err := buf.ReadFrom(res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || bytes.Contains(buf.Bytes(), []byte(`"errors":`)) {
		return fmt.Errorf("%s: %.300s", res.Status, buf.Bytes())
	}
	return nil
}

// ask sends one operation and decodes its data.
func (c *client) ask(ctx context.Context, query string, variables, data any) error {
	var buf bytes.Buffer
	if err := c.send(ctx, operation(query, variables), &buf); err != nil {
		return err
	}
	return json.Unmarshal(buf.Bytes(), &struct{ Data any }{data})
}

// signIn makes the client act as an account.
func (c *client) signIn(ctx context.Context, email, password string) error {
	var data struct {
		SignIn struct{ Tokens struct{ AccessToken string } }
	}
	err := c.ask(ctx, `mutation($email: String!, $password: String!) { signIn(input: {email: $email, password: $password}) { tokens { accessToken } } }`,
		map[string]string{"email": email, "password": password}, &data)
	c.token = data.SignIn.Tokens.AccessToken
	return err
}

// load is n operations by a number of clients at once. It returns the median
// time of an answer and the time of all together.
func (c *client) load(ctx context.Context, n, clients int, body func(i int) []byte) (typical, all time.Duration, err error) {
	times := make([]time.Duration, n)
	var next atomic.Int64
	begin := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range clients {
		group.Go(func() error {
			var buf bytes.Buffer
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return nil
				}
				at := time.Now()
				if err := c.send(ctx, body(i), &buf); err != nil {
					return err
				}
				times[i] = time.Since(at)
			}
		})
	}
	err = group.Wait()
	all = time.Since(begin)
	slices.Sort(times)
	return times[n/2], all, err
}

// repeated is an endless reader of a repeated block.
type repeated struct {
	block []byte
	at    int
}

var _ io.Reader = (*repeated)(nil)

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.block[r.at:])
	r.at = (r.at + n) % len(r.block)
	return n, nil
}
