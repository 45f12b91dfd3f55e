package upload_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/upload"
)

// dial opens a raw connection and sends the head of a request whose body is
// declared to have length bytes, or is chunked if that is -1.
func dial(t *testing.T, url string, length int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	framing := fmt.Sprint("Content-Length: ", length)
	if length < 0 {
		framing = "Transfer-Encoding: chunked"
	}
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Requested-With: x\r\nContent-Type: multipart/form-data; boundary=%s\r\n%s\r\n\r\n", boundary, framing)
	return conn
}

func chunk(b []byte) []byte { return fmt.Appendf(nil, "%x\r\n%s\r\n", len(b), b) }

// receive reads the answer from a raw connection.
func receive(t *testing.T, conn net.Conn) answer {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return read(t, resp)
}

// A client that goes away in the middle of a file.
func TestCutConnection(t *testing.T) {
	t.Parallel()
	body := encode(form(file("a", content(0, 100_000)), file("b", content(1, 100_000))))
	for _, length := range []int{len(body), -1} {
		for _, reverse := range []bool{false, true} {
			half := make(chan struct{})
			ended := make(chan error, 1)
			s := serve(t, newHandler(upload.Transport{TempDir: t.TempDir()}, func(_ context.Context, vars map[string]any) error {
				files := list(vars)
				if reverse {
					slices.Reverse(files)
				} else if _, err := io.CopyN(io.Discard, files[0], 1000); err != nil {
					t.Error(err)
				}
				close(half)
				var err error
				for _, u := range files {
					if _, e := io.Copy(io.Discard, u); e != nil {
						err = e
					}
				}
				ended <- err
				return err
			}))
			conn := dial(t, s.URL, length)
			sent := body[:len(body)/2+len(body)/3]
			if length < 0 {
				sent = chunk(sent)
			}
			_, _ = conn.Write(sent)
			wait(t, "the operation", half)
			conn.Close()
			if err := wait(t, "the error", ended); !core.Is(err, core.Aborted) || errors.Is(err, io.EOF) {
				t.Errorf("length %d: %v", length, err)
			}
		}
	}
}

// A client that goes away before the operation runs, or while nobody reads.
func TestCutElsewhere(t *testing.T) {
	t.Parallel()
	body := encode(form(file("a", content(0, 100_000))))
	for _, n := range []int{0, 10, 100, 200} {
		done := make(chan struct{})
		h := newHandler(upload.Transport{}, nil)
		s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(done)
			h.ServeHTTP(w, r)
		}))
		conn := dial(t, s.URL, len(body))
		_, _ = conn.Write(body[:n])
		conn.Close()
		wait(t, "the end of the request", done)
	}
	done := make(chan struct{})
	h := newHandler(upload.Transport{}, func(context.Context, map[string]any) error { return nil })
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		h.ServeHTTP(w, r)
	}))
	conn := dial(t, s.URL, len(body))
	_, _ = conn.Write(body[:500])
	conn.Close()
	wait(t, "the end of the request", done)
}

// A client that stops, or that sends next to nothing, does not hold a request.
func TestSlowSender(t *testing.T) {
	t.Parallel()
	for _, trickle := range []bool{false, true} {
		for _, n := range []int{20, 1000} { // before and while the operation runs
			got, ran := sendSlowly(t, 500*time.Millisecond, n, trickle)
			for idle := time.Second; n == 1000 && !ran; idle *= 2 { // the machine is too slow to read even that
				got, ran = sendSlowly(t, idle, n, trickle)
			}
			want := map[bool]int{false: 408, true: 200}[ran]
			if got.status != want || len(got.codes) != 1 || got.codes[0] != "ABORTED" || !got.close {
				t.Errorf("trickle %v, after %d bytes: %v, close %v", trickle, n, got, got.close)
			}
		}
	}
}

// sendSlowly sends n bytes of an upload and then no more, or next to nothing. It tells the
// answer, and whether the operation has run.
func sendSlowly(t *testing.T, idle time.Duration, n int, trickle bool) (answer, bool) {
	t.Helper()
	var ran atomic.Bool
	s := serve(t, newHandler(upload.Transport{IdleTimeout: idle}, func(_ context.Context, vars map[string]any) error {
		ran.Store(true)
		_, err := io.Copy(io.Discard, list(vars)[0])
		if !core.Is(err, core.Aborted) {
			t.Error(err)
		}
		return err
	}))
	body := encode(form(file("a", content(0, 100_000))))
	conn := dial(t, s.URL, len(body))
	defer conn.Close()
	_, _ = conn.Write(body[:n])
	if trickle {
		go func() {
			for i := n; i < len(body); i++ {
				if _, err := conn.Write(body[i : i+1]); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond) // is the slowness itself
			}
		}()
	}
	got := receive(t, conn)
	return got, ran.Load()
}

// The idle timeout counts the client's time only: not that of a slow reader,
// and not that after the body.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	const idle = 400 * time.Millisecond
	h := newHandler(upload.Transport{IdleTimeout: idle}, func(ctx context.Context, vars map[string]any) error {
		u := list(vars)[0]
		for range 3 {
			if _, err := io.CopyN(io.Discard, u, 1000); err != nil {
				return err
			}
			time.Sleep(2 * idle) // is the slowness itself
		}
		if _, err := io.Copy(io.Discard, u); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(3 * idle): // nothing may happen
			return nil
		}
	})
	for _, s := range []*httptest.Server{serve(t, h), serve2(t, h)} {
		for range 2 {
			if got := send(t, s.Client(), request(s.URL, bytes.NewReader(encode(form(file("a", content(0, 1<<20))))))); got.String() != `200 {"data":{"run":true}}` || got.close {
				t.Error(got, got.close)
			}
		}
	}
}

// serve2 serves HTTP/2.
func serve2(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Error(r.Proto)
		}
		h.ServeHTTP(w, r)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	files := []part{file("a", content(0, 200_000)), file("b", content(1, 200_000))}
	whole := func(u []upload.Upload) error {
		for i, f := range slices.Backward(u) {
			b, err := io.ReadAll(f)
			if err := expect(b, err, files[i].body); err != nil {
				return err
			}
		}
		return nil
	}
	cut := make(chan error, 1)
	begun := make(chan struct{})
	for _, c := range []struct {
		name string
		run  func([]upload.Upload) error
		want string
	}{
		{"reversed", whole, `200 {"data":{"run":true}}`},
		{"never read", func([]upload.Upload) error { return nil }, `200 {"data":{"run":true}}`},
		{"midway", func(u []upload.Upload) error {
			_, _ = io.CopyN(io.Discard, u[0], 1000)
			return core.Errorf(core.Forbidden, "no")
		}, `200 {"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}],"data":{"run":null}}`},
		{"idle", func(u []upload.Upload) error {
			_, err := io.Copy(io.Discard, u[0])
			return err
		}, `200 {"errors":[{"message":"The request was sent too slowly.","extensions":{"code":"ABORTED"}}],"data":{"run":null}}`},
		{"cut", func(u []upload.Upload) error {
			_, _ = io.CopyN(io.Discard, u[0], 1000)
			close(begun)
			_, err := io.Copy(io.Discard, u[0])
			cut <- err
			return err
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := upload.Transport{TempDir: t.TempDir()}
			if c.name == "idle" {
				tr.IdleTimeout = 100 * time.Millisecond
			}
			s := serve2(t, newHandler(tr, func(_ context.Context, vars map[string]any) error { return c.run(list(vars)) }))
			body := encode(form(files...))
			switch c.name {
			case "idle", "cut":
				pr, pw := io.Pipe()
				defer pw.Close()
				go func() { _, _ = pw.Write(body[:2000]) }()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				r := request(s.URL, pr).WithContext(ctx)
				if c.name == "idle" {
					if got := send(t, s.Client(), r); got.String() != c.want {
						t.Error(got)
					}
					return
				}
				go func() {
					<-begun
					cancel()
				}()
				if _, err := s.Client().Do(r); err == nil {
					t.Error("there was an answer")
				}
				if err := wait(t, "the error", cut); !core.Is(err, core.Aborted) {
					t.Error(err)
				}
			default:
				for range 2 {
					if got := send(t, s.Client(), request(s.URL, bytes.NewReader(body))); got.String() != c.want {
						t.Error(got)
					}
				}
			}
		})
	}
}

// The end of the request's context ends a read that waits for the client.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	h := newHandler(upload.Transport{}, func(_ context.Context, vars map[string]any) error {
		u := list(vars)[0]
		if _, err := io.CopyN(io.Discard, u, 100); err != nil {
			t.Error(err)
		}
		cancel()
		_, err := io.Copy(io.Discard, u)
		ended <- err
		return err
	})
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r.WithContext(ctx)) }))
	body := encode(form(file("a", content(0, 100_000))))
	conn := dial(t, s.URL, len(body))
	_, _ = conn.Write(body[:1000])
	if err := wait(t, "the error", ended); !core.Is(err, core.Aborted) {
		t.Error(err)
	}
	if got := receive(t, conn); !got.close {
		t.Error(got)
	}
}

// open counts files of a folder that this process has open, named or not.
func open(t *testing.T, dir string) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("counts open files in /proc")
	}
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, l := range links {
		if target, err := os.Readlink(l); err == nil && strings.HasPrefix(target, dir) {
			n++
		}
	}
	return n
}

// Panics pass through the transport, which cleans up behind them.
func TestPanic(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"resolver", "interceptor", "while another goroutine reads"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var kept []upload.Upload
			reader := make(chan error, 1)
			h := newHandler(upload.Transport{TempDir: dir}, func(_ context.Context, vars map[string]any) error {
				kept = list(vars)
				if _, err := io.CopyN(io.Discard, kept[1], 10); err != nil {
					t.Error(err)
				}
				if n := open(t, dir); n != 1 {
					t.Errorf("%d files are open", n)
				}
				if names, _ := os.ReadDir(dir); len(names) != 0 {
					t.Error("the held part has a name:", names)
				}
				switch where {
				case "resolver":
					panic("here")
				case "while another goroutine reads":
					go func() {
						_, err := io.Copy(io.Discard, kept[1])
						reader <- err
					}()
				}
				return nil
			})
			h.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
				answer := next(ctx)
				return func(ctx context.Context) *graphql.Response {
					_ = answer(ctx)
					panic("here")
				}
			})
			body := encode(form(file("a", content(0, 100_000)), file("b", content(1, 100_000))))
			s := lingering(t, h, 100*time.Millisecond)
			conn := dial(t, s.URL, len(body))
			if where == "while another goroutine reads" {
				_, _ = conn.Write(body[:len(body)-50_000]) // and no more
			} else {
				_, _ = conn.Write(body)
			}
			got := receive(t, conn)
			if got.status != 500 || !slices.Equal(got.codes, []string{"INTERNAL"}) {
				t.Error(got)
			}
			if where == "while another goroutine reads" {
				if err := wait(t, "the reader's end", reader); !core.Is(err, core.Aborted) {
					t.Error(err)
				}
			} else if got.close {
				t.Error("the rest was not drained")
			}
			if n := open(t, dir); n != 0 {
				t.Errorf("%d files are still open", n)
			}
			if _, err := kept[0].Read(make([]byte, 1)); !core.Is(err, core.Aborted) {
				t.Error(err)
			}
		})
	}
}

// zeros is an endless body.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// big is a form with one file of n bytes, and its length.
func big(n int64) (io.Reader, int64) {
	whole := encode(form(file("a", []byte("@@"))))
	head, tail, _ := bytes.Cut(whole, []byte("@@"))
	return io.MultiReader(bytes.NewReader(head), io.LimitReader(zeros{}, n), bytes.NewReader(tail)), int64(len(head)+len(tail)) + n
}

// What nobody read of a form does not end its connection.
func TestUnreadFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		t       upload.Transport
		chunked bool
	}{
		{"refused", upload.Transport{}, false},
		{"refused, chunked", upload.Transport{}, true},
		{"request over its limit", upload.Transport{MaxRequest: 1 << 20, MaxFile: 1 << 20}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, newHandler(c.t, func(_ context.Context, vars map[string]any) error {
				_, _ = io.CopyN(io.Discard, list(vars)[0], 2<<20)
				return core.Errorf(core.Forbidden, "no")
			}))
			body, length := big(5 << 20)
			r := request(s.URL, body)
			if !c.chunked {
				r.ContentLength = length
			}
			if got := send(t, s.Client(), r); got.status != 200 || got.close || got.codes[0] != "FORBIDDEN" {
				t.Error(got, got.close)
			}
		})
	}
}

// Memory does not grow with the file, with and without a Content-Length.
func TestMemory(t *testing.T) {
	const size = 300 << 20
	for _, chunked := range []bool{false, true} {
		var peak, base uint64
		s := serve(t, newHandler(upload.Transport{TempDir: t.TempDir() + "/missing"}, func(_ context.Context, vars map[string]any) error {
			u := list(vars)[0]
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			base = m.HeapInuse
			var n int64
			for {
				k, err := io.CopyN(io.Discard, u, 8<<20)
				n += k
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
				if err == io.EOF {
					break
				}
				if err != nil {
					return err
				}
			}
			if n != size {
				return fmt.Errorf("%d bytes", n)
			}
			return nil
		}))
		body, length := big(size)
		r := request(s.URL, body)
		if !chunked {
			r.ContentLength = length
		}
		if got := send(t, s.Client(), r); got.String() != `200 {"data":{"run":true}}` {
			t.Error(got)
		}
		if peak > base+8<<20 {
			t.Errorf("chunked %v: the heap grew by %d bytes", chunked, peak-base)
		}
	}
}

// A client that asks before it sends gets the answer of a refused request
// without sending its file.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	s := serve(t, newHandler(upload.Transport{MaxRequest: 1000}, func(_ context.Context, vars map[string]any) error {
		_, err := io.Copy(io.Discard, list(vars)[0])
		return err
	}))
	r := request(s.URL, untouched{t})
	r.ContentLength = 2000
	r.Header.Set("Expect", "100-continue")
	client := s.Client()
	client.Transport.(*http.Transport).ExpectContinueTimeout = 20 * time.Second
	if got := send(t, client, r); got.status != 413 {
		t.Error(got)
	}
	body := encode(form(file("a", []byte("x"))))
	r = request(s.URL, bytes.NewReader(body))
	r.Header.Set("Expect", "100-continue")
	if got := send(t, client, r); got.String() != `200 {"data":{"run":true}}` {
		t.Error(got)
	}
}

// BenchmarkUpload sends one file of 256 MiB over a loopback connection; client
// and server share the machine.
func BenchmarkUpload(b *testing.B) {
	const size = 256 << 20
	h := newHandler(upload.Transport{}, func(_ context.Context, vars map[string]any) error {
		n, err := io.Copy(io.Discard, list(vars)[0])
		if err == nil && n != size {
			err = fmt.Errorf("%d bytes", n)
		}
		return err
	})
	plain := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write([]byte(`{"data":{"run":true}}`))
	})
	for name, handler := range map[string]http.Handler{"transport": h, "net/http alone": plain} {
		b.Run(name, func(b *testing.B) {
			s := serve(b, handler)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				body, length := big(size)
				r := request(s.URL, body)
				r.ContentLength = length
				resp, err := s.Client().Do(r)
				if err != nil {
					b.Fatal(err)
				}
				text, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				if string(text) != `{"data":{"run":true}}` {
					b.Fatalf("%s", text)
				}
			}
		})
	}
}
