package s3_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/s3"
)

// fault says what a gate does with a request.
type fault int32

const (
	pass   fault = iota // hands it on
	refuse              // closes the connection at once
	hang                // never answers
	lose                // hands it on, and closes the connection before the answer
)

// gate stands between a store and the server and brings faults on.
type gate struct {
	*httptest.Server // not started
	choose           atomic.Pointer[func(*http.Request) fault]
}

// startGate is a started gate.
func startGate(t *testing.T, s server) *gate {
	t.Helper()
	g := newGate(t, s)
	g.Start()
	return g
}

func newGate(t *testing.T, s server) *gate {
	t.Helper()
	target, err := url.Parse(s.endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // it is signed
		},
		Transport:    &http.Transport{DisableKeepAlives: true},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	g := &gate{}
	g.set(func(*http.Request) fault { return pass })
	closing := make(chan struct{})
	g.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch (*g.choose.Load())(r) {
		case refuse:
			panic(http.ErrAbortHandler)
		case hang:
			select {
			case <-r.Context().Done():
			case <-closing:
			}
			panic(http.ErrAbortHandler)
		case lose:
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() { close(closing); g.Close() })
	return g
}

func (g *gate) set(choose func(*http.Request) fault) { g.choose.Store(&choose) }

// away is the longest that a call may take when the store is away: one stall,
// or the tries to connect, and the clean-up after them; with room for a busy
// machine.
const away = 25 * time.Second

// unavailable makes every call of the port at once and expects UNAVAILABLE
// from each.
func unavailable(t *testing.T, store *s3.Store) {
	t.Helper()
	var calls sync.WaitGroup
	for name, call := range map[string]func(context.Context) error{
		"Ping":   store.Ping,
		"Stat":   func(ctx context.Context) error { _, err := store.Stat(ctx, "a"); return err },
		"Delete": func(ctx context.Context) error { return store.Delete(ctx, "a") },
		"Open": func(ctx context.Context) error {
			r, err := store.Open(ctx, "a", 0, -1)
			if err == nil {
				r.Close()
			}
			return err
		},
		"Put":       func(ctx context.Context) error { return store.Put(ctx, "a", zeros(10), core.ObjectMeta{}) },
		"large Put": func(ctx context.Context) error { return store.Put(ctx, "a", zeros(20<<20), core.ObjectMeta{}) },
	} {
		calls.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), away)
			defer cancel()
			err := call(ctx)
			if !core.Is(err, core.Unavailable) {
				t.Errorf("%s: %v, want UNAVAILABLE", name, err)
			}
			if ctx.Err() != nil {
				t.Errorf("%s: no answer within %s", name, away)
			}
		})
	}
	calls.Wait()
}

// TestAway takes the server away in two ways; the store says so in time, and
// works again as soon as the server is back.
func TestAway(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault{"refuse": refuse, "hang": hang} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testServer(t)
			g := startGate(t, s)
			store := openStore(t, g.URL, s.bucket)
			g.set(func(*http.Request) fault { return f })
			unavailable(t, store)
			g.set(func(*http.Request) fault { return pass })

			key, want := newKey(), noise(1000)
			if err := store.Put(t.Context(), key, bytes.NewReader(want), core.ObjectMeta{}); err != nil {
				t.Fatalf("after the return: %v", err)
			}
			holds(t, store, key, want)
		})
	}
}

// TestRetry loses single requests and answers: the store tries again, and the
// object is whole.
func TestRetry(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	for name, f := range map[string]fault{"refuse": refuse, "lose": lose} {
		for _, size := range []int{1000, 18 << 20} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				g := startGate(t, s)
				store := openStore(t, g.URL, s.bucket)
				var puts atomic.Int32
				g.set(func(r *http.Request) fault {
					if r.Method == http.MethodPut && puts.Add(1) == 1 {
						return f
					}
					return pass
				})
				key, want := newKey(), noise(size)
				if err := store.Put(t.Context(), key, bytes.NewReader(want), core.ObjectMeta{}); err != nil {
					t.Fatal(err)
				}
				if puts.Load() < 2 {
					t.Error("nothing was lost")
				}
				holds(t, store, key, want)
				if left := s.pending(t, key); len(left) > 0 {
					t.Errorf("left over: %q", left)
				}
			})
		}
	}
}

// TestAwayMidway refuses all parts of an upload but the first: the upload is
// aborted.
func TestAwayMidway(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	g := startGate(t, s)
	store := openStore(t, g.URL, s.bucket)
	g.set(func(r *http.Request) fault {
		if part := r.URL.Query().Get("partNumber"); part != "" && part != "1" {
			return refuse
		}
		return pass
	})
	key := newKey()
	if err := store.Put(t.Context(), key, zeros(18<<20), core.ObjectMeta{}); !core.Is(err, core.Unavailable) {
		t.Errorf("Put: %v, want UNAVAILABLE", err)
	}
	absent(t, s, store, key)
}

// TestLostAnswer never lets the last answer of an upload through: the upload
// fails, and what the server had stored is taken back.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	for name, test := range map[string]struct {
		size int
		last func(*http.Request) bool
	}{
		"one request": {1000, func(r *http.Request) bool { return r.Method == http.MethodPut }},
		"multipart": {18 << 20, func(r *http.Request) bool {
			return r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := startGate(t, s)
			store := openStore(t, g.URL, s.bucket)
			var lost atomic.Int32
			g.set(func(r *http.Request) fault {
				if test.last(r) {
					lost.Add(1)
					return lose
				}
				return pass
			})
			key := newKey()
			err := store.Put(t.Context(), key, zeros(test.size), core.ObjectMeta{})
			if !core.Is(err, core.Unavailable) {
				t.Errorf("Put: %v, want UNAVAILABLE", err)
			}
			if lost.Load() == 0 {
				t.Error("nothing was lost")
			}
			absent(t, s, store, key)
		})
	}
}

// TestCancelWhileStoring ends the context while the server has the whole body
// and works on it. Whatever Put then says is true.
func TestCancelWhileStoring(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	for _, f := range []fault{pass, lose} {
		for _, size := range []int{1000, 18 << 20} {
			t.Run(fmt.Sprintf("%d/%d", f, size), func(t *testing.T) {
				t.Parallel()
				g := startGate(t, s)
				store := openStore(t, g.URL, s.bucket)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				g.set(func(r *http.Request) fault {
					single := r.Method == http.MethodPut && size == 1000
					complete := r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
					if single || complete {
						cancel()
						return f
					}
					return pass
				})
				key, want := newKey(), noise(size)
				switch err := store.Put(ctx, key, bytes.NewReader(want), core.ObjectMeta{}); {
				case err == nil && f == pass:
					holds(t, store, key, want)
				case err == nil:
					t.Error("Put succeeded without an answer")
				case !errors.Is(err, context.Canceled):
					t.Errorf("Put: %v, want context.Canceled", err)
				default:
					absent(t, s, store, key)
				}
			})
		}
	}
}

// TestTLS goes through a server with a private certificate, which AWS_CA_BUNDLE
// names. It changes the environment, so it is not parallel.
func TestTLS(t *testing.T) {
	s := testServer(t)
	g := newGate(t, s)
	g.StartTLS()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: g.Certificate().Raw}
	if err := os.WriteFile(bundle, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	store := openStore(t, g.URL, s.bucket)
	for _, size := range []int{1000, 6 << 20} {
		key, want := newKey(), noise(size)
		if err := store.Put(t.Context(), key, bytes.NewReader(want), core.ObjectMeta{}); err != nil {
			t.Fatal(err)
		}
		holds(t, store, key, want)
	}
}

// TestSignedBody: without TLS, the signature of each request holds for its
// body too.
func TestSignedBody(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	g := startGate(t, s)
	store := openStore(t, g.URL, s.bucket)
	var sums sync.Map
	g.set(func(r *http.Request) fault {
		sums.Store(r.Header.Get("X-Amz-Content-Sha256"), true)
		return pass
	})
	for _, size := range []int{1000, 6 << 20} {
		body := noise(size)
		if err := store.Put(t.Context(), newKey(), bytes.NewReader(body), core.ObjectMeta{}); err != nil {
			t.Fatal(err)
		}
		first := sha256.Sum256(body[:min(size, 5<<20)]) // a part
		if _, ok := sums.Load(hex.EncodeToString(first[:])); !ok {
			t.Errorf("%d bytes: the checksum of the body was not signed", size)
		}
	}
}

// TestCutDownload: an object that ends too early must not look whole.
func TestCutDownload(t *testing.T) {
	t.Parallel()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "half")
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}))
	defer front.Close()
	s := testServer(t) // for the credentials
	r, err := openStore(t, front.URL, s.bucket).Open(t.Context(), "a", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); !core.Is(err, core.Unavailable) {
		t.Errorf("read %q, %v, want UNAVAILABLE", got, err)
	}
}

func absent(t *testing.T, s server, store *s3.Store, key string) {
	t.Helper()
	if _, err := store.Stat(t.Context(), key); !core.Is(err, core.NotFound) {
		t.Errorf("Stat: %v, want NOT_FOUND", err)
	}
	if left := s.pending(t, key); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
}

func holds(t *testing.T, store *s3.Store, key string, want []byte) {
	t.Helper()
	r, err := store.Open(t.Context(), key, 0, -1)
	if err != nil {
		t.Error(err)
		return
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, %v, want %d, or their content differs", len(got), err, len(want))
	}
}

func sendSigned(t *testing.T, store *s3.Store, key string, body []byte) (sum []byte) {
	t.Helper()
	hash := sha256.Sum256(body)
	signed, err := store.SignUpload(t.Context(), key, core.UploadWant{
		Size: int64(len(body)), SHA256: hash[:], ContentType: "text/plain", Expires: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), signed.Method, signed.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range signed.Headers {
		req.Header.Set(h.Name, h.Value)
	}
	resp, err := oneShot{}.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the signed request: %s", resp.Status)
	}
	return hash[:]
}

// oneShot is an HTTP client that keeps no connection, and so no goroutine.
type oneShot struct{}

func (oneShot) Do(r *http.Request) (*http.Response, error) {
	return (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
}

func newKey() string { return "assets/ast_" + uuid.Must(uuid.NewV7()).String() }

func zeros(n int) io.Reader { return bytes.NewReader(make([]byte, n)) }

func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// closedPort is an address at which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// checkSentence expects one line that contains want.
func checkSentence(t *testing.T, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) || strings.Contains(got, "\n") {
		t.Errorf("the error is\n\t%s\nwant one line with\n\t%s", got, want)
	}
}
