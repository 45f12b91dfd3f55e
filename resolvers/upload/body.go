package upload

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"net/http"
	"sync"
	"time"
)

// stride is what a client must send within the idle timeout. It is more than
// one byte so that a trickle cannot hold a request forever.
const stride = 16 << 10

// socket is the body of a request as the network brings it: counted, limited
// and under deadlines. Its errors are *core.Error and stay.
type socket struct {
	body io.Reader
	rc   *http.ResponseController
	idle time.Duration
	left int64 // bytes that the request may still bring
	read int64 // bytes that it has brought

	patience time.Duration // time left for the rest of the stride
	progress int64         // bytes of the stride
	tail     string        // comes after the body's end, see Read
	ended    bool          // the body was read to its end
	err      error

	mu      sync.Mutex // guards the connection's deadline
	stopped bool       // the deadline is no longer ours to set
}

// Read reads the body. A multipart reader must never see io.EOF: it would take
// a body that ends inside the head of a part for a complete one. So after the
// end comes a line break, which completes a closing boundary without one, and
// then an error, which nobody sees who stops at the closing boundary.
func (s *socket) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.ended {
		n := copy(p, s.tail)
		if s.tail = s.tail[n:]; s.tail == "" {
			s.err = unread(io.ErrUnexpectedEOF)
		}
		return n, nil
	}
	if int64(len(p))-1 > s.left {
		p = p[:s.left+1]
	}
	if s.patience == 0 {
		s.patience = s.idle
	}
	start := time.Now()
	s.deadline(start.Add(s.patience))
	n, err := s.body.Read(p)
	// No deadline while nobody waits: HTTP/2 would end the stream, and after
	// the end of the body net/http itself reads on to notice when the client
	// leaves.
	s.deadline(time.Time{})
	waited := time.Since(start)
	late := waited >= s.patience
	s.read += int64(n)
	if s.progress += int64(n); s.progress >= stride {
		s.progress, s.patience = 0, s.idle
	} else {
		s.patience = max(s.patience-waited, 1)
	}
	if s.left -= int64(n); s.left < 0 {
		s.err = errRequestTooLarge(s.read - 1)
		return n - 1, s.err
	}
	if err == io.EOF {
		s.ended, s.tail = true, "\r\n"
		if n == 0 {
			return s.Read(p)
		}
		return n, nil
	}
	if err != nil {
		// A deadline that has passed also ends the request's context, and that interrupts (see
		// findings/go-net-http-ends-a-request-whose-read-deadline-passes.sh):
		// the client was too slow all the same.
		if !late && s.interrupted() {
			err = errors.New("interrupted")
		}
		s.err = unread(err)
	}
	return n, s.err
}

// deadline bounds the next read; a connection that cannot do so is left alone.
func (s *socket) deadline(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped {
		_ = s.rc.SetReadDeadline(t)
	}
}

// interrupt ends the current read and all later ones.
func (s *socket) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped {
		s.stopped = true
		_ = s.rc.SetReadDeadline(time.Unix(1, 0))
	}
}

func (s *socket) interrupted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

// release gives the connection back to net/http, without a deadline.
func (s *socket) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	_ = s.rc.SetReadDeadline(time.Time{})
}

// feed hands the body to a multipart reader. The reader buffers, so its place in
// the body is unknown from outside, except in line mode: there it gets one line
// at a time and never holds more than it has asked for.
type feed struct {
	r      *bufio.Reader
	lines  bool
	offset int64 // bytes handed out
	left   int64 // bytes that may be handed out
}

// feedSize is how much of a body is read from the network at once: in large pieces, for
// few system calls.
const feedSize = 256 << 10

// newFeed feeds a body of so many bytes, or of -1 when nobody knows.
func newFeed(s *socket, length int64) *feed {
	size := int64(feedSize)
	if length >= 0 {
		size = min(size, length+1) // and to see its end
	}
	return &feed{r: bufio.NewReaderSize(s, int(size)), lines: true, left: math.MaxInt64}
}

// waits says whether the next read would wait for the network.
func (f *feed) waits() bool { return f.r.Buffered() == 0 }

var errHeadTooLong = errors.New("the head of a part is too long")

func (f *feed) Read(p []byte) (int, error) {
	if f.left <= 0 {
		return 0, errHeadTooLong
	}
	if int64(len(p)) > f.left {
		p = p[:f.left]
	}
	if f.lines {
		if _, err := f.r.Peek(1); err != nil {
			return 0, err
		}
		line, _ := f.r.Peek(min(f.r.Buffered(), len(p)))
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			p = p[:i+1]
		}
	}
	n, err := f.r.Read(p)
	f.offset += int64(n)
	f.left -= int64(n)
	return n, err
}
