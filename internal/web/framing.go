package web

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync"
)

// A request with both Content-Length and Transfer-Encoding, or with the latter in
// HTTP/1.0, may be an attempt to smuggle a second one past a proxy: its connection
// must end (RFC 9112, section 6.1). net/http takes the one header away and serves
// on, and no handler learns of it, so connections look at the heads that they read.

// framingListener accepts connections that look at heads.
type framingListener struct{ net.Listener }

func (l framingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &framedConn{Conn: conn, looking: true}, nil
}

// framedConn notes how the next request is framed.
type framedConn struct {
	net.Conn

	mu      sync.Mutex
	looking bool // a head may come
	head    head
}

func (c *framedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.looking {
		c.looking = !c.head.scan(p[:n])
	}
	return n, err
}

// CloseWrite lets net/http end a connection in two steps.
func (c *framedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// look begins the next head.
func (c *framedConn) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looking, c.head = true, head{}
}

// doubtful reports whether r, whose head was read last, must end the connection. So
// must a request in chunks whose head was not seen, for it came with the one before.
func (c *framedConn) doubtful(r *http.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.head
	c.looking, c.head = false, head{}
	old := !r.ProtoAtLeast(1, 1)
	if !h.whole {
		return old || len(r.TransferEncoding) > 0
	}
	return h.coding && (h.length || old)
}

// head is what a request's head says of its framing.
type head struct {
	begun          bool // its first line was seen
	whole          bool // from its first line to its end
	length, coding bool // has Content-Length, Transfer-Encoding

	start [24]byte // of a line that is not complete yet
	size  int
}

// scan looks at the next bytes and reports whether the head has ended.
func (h *head) scan(p []byte) bool {
	for {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			h.size += copy(h.start[h.size:], p)
			return false
		}
		line := p[:end]
		if h.size > 0 {
			h.size += copy(h.start[h.size:], line)
			line = h.start[:h.size]
			h.size = 0
		}
		p = p[end+1:]
		switch {
		case !h.begun && isBlank(line): // may stand before a request
		case !h.begun:
			if !startsRequest(line) {
				return true // the rest of a head that came before
			}
			h.begun = true
		case isBlank(line):
			h.whole = true
			return true
		default:
			h.length = h.length || isHeader(line, "content-length:")
			h.coding = h.coding || isHeader(line, "transfer-encoding:")
		}
	}
}

func isBlank(line []byte) bool { return len(line) == 0 || len(line) == 1 && line[0] == '\r' }

func isHeader(line []byte, name string) bool {
	return len(line) >= len(name) && bytes.EqualFold(line[:len(name)], []byte(name))
}

// startsRequest reports whether a line begins with a method, of which net/http may
// have read the first letter before.
func startsRequest(line []byte) bool {
	method, _, ok := bytes.Cut(line, []byte(" "))
	return ok && len(method) > 0 && !bytes.ContainsFunc(method, func(c rune) bool { return c < 'A' || c > 'Z' })
}

type framedConnKey struct{}

// withConn gives the contexts of a connection's requests the connection.
func withConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, framedConnKey{}, conn)
}

// connState has a connection look for the next head.
func connState(conn net.Conn, state http.ConnState) {
	if c, ok := conn.(*framedConn); ok && state == http.StateIdle {
		c.look()
	}
}

// framed ends connections after requests of doubtful framing.
func framed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(framedConnKey{}).(*framedConn); ok && c.doubtful(r) {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
