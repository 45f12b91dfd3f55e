package graphqlhttp_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// refuse answers 401 after it has read n bytes of the body.
func refuse(n int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(io.Discard, r.Body, n)
		graphqlhttp.Refuse(w, r, core.Errorf(core.Unauthenticated, "no"))
	})
}

func tooLarge(w http.ResponseWriter, r *http.Request) {
	_, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, 1000))
	graphqlhttp.RefuseWith(w, r, http.StatusRequestEntityTooLarge, core.Wrap(core.TooLarge, err, "no"))
}

// sender is a connection to a server that lingers within bounds.
type sender struct {
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, h http.Handler, bounds graphqlhttp.Lingering) sender {
	t.Helper()
	s := httptest.NewServer(graphqlhttp.Linger(h, bounds))
	t.Cleanup(s.Close)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return sender{conn, bufio.NewReader(conn)}
}

// head begins a request whose body has length bytes; negative: in chunks.
func (s sender) head(length int, more string) {
	framing := fmt.Sprint("Content-Length: ", length)
	if length < 0 {
		framing = "Transfer-Encoding: chunked"
	}
	fmt.Fprintf(s, "POST / HTTP/1.1\r\nHost: x\r\n%s\r\n%s\r\n", framing, more)
}

func (s sender) body(size int, chunked bool) error {
	if chunked {
		fmt.Fprintf(s, "%x\r\n", size)
	}
	_, err := io.CopyN(s, zeros{}, int64(size))
	if chunked {
		_, err = io.WriteString(s, "\r\n0\r\n\r\n")
	}
	return err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// answer is the status, and whether the server ends the connection.
func (s sender) answer(t *testing.T) (status int, closes bool) {
	t.Helper()
	resp, err := http.ReadResponse(s.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Error(err)
	}
	return resp.StatusCode, resp.Close
}

var bounds = graphqlhttp.Lingering{Bytes: 4 << 20, Time: 20 * time.Second, Last: 10 * time.Second}

// A client that looks at the answer only when it has sent everything gets it, and
// its connection serves the next request.
func TestLingerReadsOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		h      http.Handler
		status int
	}{
		"nothing read": {refuse(0), 401},
		"some read":    {refuse(300_000), 401},
		"too large":    {http.HandlerFunc(tooLarge), 413},
		"a flush alone": {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
		}), 200},
		"a status alone": {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
		}), 403},
	} {
		for _, size := range []int{1, 200 << 10, 1 << 20, 4 << 20} {
			for _, chunked := range []bool{false, true} {
				t.Run(fmt.Sprint(name, " ", size, " ", chunked), func(t *testing.T) {
					t.Parallel()
					s := dial(t, c.h, bounds)
					for range 2 {
						length := size
						if chunked {
							length = -1
						}
						s.head(length, "")
						if err := s.body(size, chunked); err != nil {
							t.Fatal(err)
						}
						if status, closes := s.answer(t); status != c.status || closes {
							t.Fatalf("%d, closes %v", status, closes)
						}
					}
				})
			}
		}
	}
}

// Over the bounds the answer comes first, and still arrives when what is left can
// be read in a last while.
func TestLingerEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		size    int
		chunked bool
		bounds  graphqlhttp.Lingering
	}{
		{"declared", 3 << 20, false, graphqlhttp.Lingering{Bytes: 2 << 20, Time: 20 * time.Second, Last: 10 * time.Second}},
		{"chunked", 3 << 20, true, graphqlhttp.Lingering{Bytes: 2 << 20, Time: 20 * time.Second, Last: 10 * time.Second}},
		{"slow", 3 << 20, true, graphqlhttp.Lingering{Bytes: 4 << 20, Time: time.Nanosecond, Last: 10 * time.Second}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := dial(t, refuse(0), c.bounds)
			length := c.size
			if c.chunked {
				length = -1
			}
			s.head(length, "")
			if err := s.body(c.size, c.chunked); err != nil {
				t.Fatal(err)
			}
			if status, closes := s.answer(t); status != 401 || !closes {
				t.Errorf("%d, closes %v", status, closes)
			}
		})
	}
}

// A client that sends no more is not waited for longer than the bounds say.
func TestLingerGivesUp(t *testing.T) {
	t.Parallel()
	for _, length := range []int{100_000, 1 << 20, 1 << 30, -1} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			t.Parallel()
			s := dial(t, refuse(0), graphqlhttp.Lingering{Bytes: 4 << 20, Time: 50 * time.Millisecond, Last: 50 * time.Millisecond})
			s.head(length, "")
			if status, closes := s.answer(t); status != 401 || !closes {
				t.Errorf("%d, closes %v", status, closes)
			}
			if _, err := s.in.ReadByte(); err != io.EOF {
				t.Error("the connection is still open:", err)
			}
		})
	}
}

// A client that asks before it sends is answered at once, and not asked to send.
func TestLingerExpect(t *testing.T) {
	t.Parallel()
	s := dial(t, refuse(0), graphqlhttp.Lingering{Bytes: 4 << 20, Time: time.Hour, Last: time.Hour})
	s.head(1<<20, "Expect: 100-continue\r\n")
	if status, closes := s.answer(t); status != 401 || !closes {
		t.Errorf("%d, closes %v", status, closes)
	}
	if _, err := s.in.ReadByte(); err != io.EOF {
		t.Error("the connection is still open:", err)
	}

	s = dial(t, refuse(1), bounds)
	s.head(1<<20, "Expect: 100-continue\r\n")
	if status, _ := s.answer(t); status != http.StatusContinue {
		t.Fatal(status)
	}
	if err := s.body(1<<20, false); err != nil {
		t.Fatal(err)
	}
	if status, closes := s.answer(t); status != 401 || closes {
		t.Errorf("%d, closes %v", status, closes)
	}
}
