package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// newClient speaks over connections from one address of the loopback network.
func newClient(from string, conns int) *http.Client {
	d := &net.Dialer{Timeout: 10 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	return &http.Client{
		Timeout:   60 * time.Second,
		Transport: &http.Transport{DialContext: d.DialContext, MaxConnsPerHost: conns, MaxIdleConnsPerHost: max(conns, 64), DisableCompression: true},
	}
}

// request is one request to the endpoint.
type request struct {
	socket bool   // a WebSocket message: the body
	method string // POST, unless said otherwise
	query  string // of the address
	kind   string // of the body; application/json, unless said otherwise
	body   string

	header, value string // one more header
}

// answer is what came of it.
type answer struct {
	status int // 0 of a socket
	code   string
	size   int
}

// operation is the body of a request.
func operation(query string, variables any) string {
	b, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		panic(err) // only what is JSON is sent
	}
	return string(b)
}

// send sends one request and reads its answer into buf.
func send(ctx context.Context, c *http.Client, url, token string, r request, buf *bytes.Buffer) (answer, error) {
	if r.socket {
		return sendSocket(ctx, c, url, r.body, buf)
	}
	method, kind := r.method, r.kind
	if method == "" {
		method = http.MethodPost
	}
	if kind == "" {
		kind = "application/json"
	}
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, method, url+"/graphql"+r.query, body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("GraphQL-Require-Preflight", "1")
	if r.header != "" {
		req.Header.Set(r.header, r.value)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := c.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	buf.Reset()
	_, err = buf.ReadFrom(res.Body)
	return answer{res.StatusCode, codeOf(buf.Bytes()), buf.Len()}, err
}

// sendSocket opens a socket for one message, and waits for what ends its operation.
func sendSocket(ctx context.Context, c *http.Client, url, message string, buf *bytes.Buffer) (answer, error) {
	conn, err := dial(ctx, c, url, "")
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = conn.CloseNow() }()
	if err := conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
		return answer{}, err
	}
	_, text, err := conn.Read(ctx)
	if err != nil {
		return answer{code: fmt.Sprint(int(websocket.CloseStatus(err)))}, nil
	}
	buf.Reset()
	buf.Write(text)
	return answer{code: codeOf(text), size: len(text)}, nil
}

// dial opens a socket, and returns it when the server has acknowledged it.
func dial(ctx context.Context, c *http.Client, url, token string) (*websocket.Conn, error) {
	//nolint:bodyclose // Dial says that there is none to close
	conn, _, err := websocket.Dial(ctx, strings.Replace(url, "http", "ws", 1)+"/graphql",
		&websocket.DialOptions{HTTPClient: c, Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(4 << 20)
	init := `{"type":"connection_init"}`
	if token != "" {
		init = `{"type":"connection_init","payload":{"token":"` + token + `"}}`
	}
	if err := conn.Write(ctx, websocket.MessageText, []byte(init)); err != nil {
		return nil, err
	}
	if _, _, err := conn.Read(ctx); err != nil {
		return nil, err
	}
	return conn, nil
}

// codeOf finds the first error code of an answer without decoding it.
func codeOf(text []byte) string {
	_, rest, ok := bytes.Cut(text[:min(len(text), 64<<10)], []byte(`"code":"`))
	if !ok {
		return ""
	}
	code, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(code)
}
