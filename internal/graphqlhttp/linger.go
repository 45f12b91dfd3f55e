package graphqlhttp

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// Lingering bounds how long and for how much a refused request is read on.
type Lingering struct {
	Bytes int64         // of a body that nobody wants
	Time  time.Duration // for them to arrive
	Last  time.Duration // once more, after the answer to a body that was too long or too slow
}

// Linger lets an answer reach a client that is still sending: most clients and
// proxies look at it only when they could send everything, and what arrives at a
// closed connection resets it, with the answer in it (RFC 9112, section 9.6). So
// the first byte of every answer waits until the rest of the body has been read
// and thrown away, and the connection serves the next request. A body that is over
// the bounds is answered before, with the end of its connection, and read on for a
// last while.
//
// A client that asked first, with Expect: 100-continue, has sent nothing and is
// answered at once. Nobody may read the body when the answer begins.
func Linger(next http.Handler, l Lingering) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody || r.ProtoMajor != 1 { // HTTP/2 resets the one stream
			next.ServeHTTP(w, r)
			return
		}
		a := &answering{ResponseWriter: w, bounds: l, body: &arriving{ReadCloser: r.Body, left: r.ContentLength}}
		a.body.asks = strings.EqualFold(r.Header.Get("Expect"), "100-continue")
		r = r.WithContext(r.Context()) // net/http looks at the body of its own
		r.Body = a.body
		next.ServeHTTP(a, r)
		if a.begun {
			a.end()
		}
	})
}

// arriving is the body of a request, and how much of it has arrived.
type arriving struct {
	io.ReadCloser
	left int64 // as declared; negative: unknown
	asks bool  // the client waits to be told to send
	err  error // io.EOF: it has arrived
}

func (b *arriving) Read(p []byte) (int, error) {
	b.asks = false // net/http says 100 Continue
	n, err := b.ReadCloser.Read(p)
	if b.left > 0 {
		b.left -= int64(n)
	}
	if err != nil {
		b.err = err
	}
	return n, err
}

// flows reports whether more of the body may come.
func (b *arriving) flows() bool { return b.err == nil && !b.asks }

// discard reads on, for about n bytes and for as long as they may take. Only a
// client that sends nothing meets the deadline, which is later: a body in chunks
// cannot be read on after it.
func (b *arriving) discard(control *http.ResponseController, n int64, may, must time.Duration) {
	start := time.Now()
	if control.SetReadDeadline(start.Add(must)) != nil {
		return
	}
	buf := make([]byte, 32<<10)
	for b.err == nil && n >= 0 && time.Since(start) <= may {
		k, _ := b.Read(buf)
		n -= int64(k)
	}
}

// answering holds an answer back until its request has arrived.
type answering struct {
	http.ResponseWriter
	bounds Lingering
	body   *arriving
	begun  bool
}

// Unwrap lets [http.ResponseController] reach the connection.
func (a *answering) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answering) WriteHeader(status int) {
	if status >= 200 {
		a.begin()
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answering) Write(p []byte) (int, error) {
	a.begin()
	return a.ResponseWriter.Write(p)
}

// FlushError sends what has been answered, as [http.ResponseController] asks.
func (a *answering) FlushError() error {
	a.begin()
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// begin waits for the body before the first byte of the answer.
func (a *answering) begin() {
	if a.begun {
		return
	}
	a.begun = true
	if errors.Is(a.body.err, io.EOF) {
		return
	}
	if a.body.flows() && a.body.left <= a.bounds.Bytes {
		control := http.NewResponseController(a.ResponseWriter)
		a.body.discard(control, a.bounds.Bytes, a.bounds.Time, a.bounds.Time+a.bounds.Last)
		if errors.Is(a.body.err, io.EOF) {
			_ = control.SetReadDeadline(time.Time{}) // net/http reads on, to notice when the client leaves
			return
		}
	}
	a.Header().Set("Connection", "close")
}

// end is the last while of a connection whose request was not read to its end.
func (a *answering) end() {
	if errors.Is(a.body.err, io.EOF) {
		return
	}
	control := http.NewResponseController(a.ResponseWriter)
	if a.body.flows() && control.Flush() == nil {
		a.body.discard(control, a.bounds.Bytes, a.bounds.Last, a.bounds.Last)
	}
	_ = control.SetReadDeadline(time.Unix(1, 0)) // net/http would wait for more
}
