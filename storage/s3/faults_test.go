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
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	aws3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/uuid"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/faults"
	"github.com/grapnel/grapnel/storage/s3"
)

// startGate is a proxy before a server, started.
func startGate(t *testing.T, s server) *faults.Proxy {
	t.Helper()
	g := newGate(t, s)
	g.Start()
	return g
}

func newGate(t *testing.T, s server) *faults.Proxy {
	t.Helper()
	g, err := faults.New(s.endpoint)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.End)
	return g
}

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
	for name, f := range map[string]faults.Fault{"refuse": faults.Refuse, "hang": faults.Hang} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testServer(t)
			g := startGate(t, s)
			store := openStore(t, g.URL, s.bucket)
			g.Set(func(*http.Request) faults.Fault { return f })
			unavailable(t, store)
			g.Set(func(*http.Request) faults.Fault { return faults.Pass })

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
	for name, f := range map[string]faults.Fault{"refuse": faults.Refuse, "lose": faults.Lose} {
		for _, size := range []int{1000, 18 << 20} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				g := startGate(t, s)
				store := openStore(t, g.URL, s.bucket)
				var puts atomic.Int32
				g.Set(func(r *http.Request) faults.Fault {
					if r.Method == http.MethodPut && puts.Add(1) == 1 {
						return f
					}
					return faults.Pass
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
	g.Set(func(r *http.Request) faults.Fault {
		if part := r.URL.Query().Get("partNumber"); part != "" && part != "1" {
			return faults.Refuse
		}
		return faults.Pass
	})
	key := newKey()
	if err := store.Put(t.Context(), key, zeros(18<<20), core.ObjectMeta{}); !core.Is(err, core.Unavailable) {
		t.Errorf("Put: %v, want UNAVAILABLE", err)
	}
	absent(t, s, store, key)
}

// stores says whether a request ends the upload of a file, by one request or in parts.
func stores(r *http.Request) bool {
	q := r.URL.Query()
	return r.Method == http.MethodPut && !q.Has("partNumber") || r.Method == http.MethodPost && q.Has("uploadId")
}

// TestLostAnswer lets the last answer of an upload through once it was lost, never, or as
// a store that has forgotten the upload gives it: the object is there, and whole.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	for _, size := range []int{1000, 18 << 20} {
		for name, again := range map[string]faults.Fault{"once": faults.Pass, "always": faults.Lose, "forgotten": faults.Forget} {
			t.Run(fmt.Sprint(size, " ", name), func(t *testing.T) {
				t.Parallel()
				g := startGate(t, s)
				store := openStore(t, g.URL, s.bucket)
				var last atomic.Int32
				g.Set(func(r *http.Request) faults.Fault {
					switch {
					case !stores(r):
						return faults.Pass
					case last.Add(1) == 1:
						return faults.Lose
					}
					return again
				})
				key, want := newKey(), noise(size)
				if err := store.Put(t.Context(), key, bytes.NewReader(want), core.ObjectMeta{}); err != nil {
					t.Errorf("Put: %v", err)
				}
				if last.Load() < 2 {
					t.Error("nothing was tried again")
				}
				holds(t, store, key, want)
				if left := s.pending(t, key); len(left) > 0 {
					t.Errorf("left over: %q", left)
				}
			})
		}
	}
}

// TestOtherObject: where other bytes are found than were sent, the upload has failed.
func TestOtherObject(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	for _, size := range []int{1000, 18 << 20} {
		for _, other := range []int{size, size - 1} {
			t.Run(fmt.Sprint(size, " ", other), func(t *testing.T) {
				t.Parallel()
				g := startGate(t, s)
				store, key := openStore(t, g.URL, s.bucket), newKey()
				g.Set(func(r *http.Request) faults.Fault {
					if !stores(r) {
						return faults.Pass
					}
					_, err := s.client(t).PutObject(t.Context(), &aws3.PutObjectInput{Bucket: &s.bucket, Key: &key, Body: bytes.NewReader(noise(other))})
					if err != nil {
						t.Error(err)
					}
					return faults.Refuse
				})
				if err := store.Put(t.Context(), key, zeros(size), core.ObjectMeta{}); !core.Is(err, core.Unavailable) {
					t.Errorf("Put: %v, want UNAVAILABLE", err)
				}
				absent(t, s, store, key)
			})
		}
	}
}

// TestLostBeginning loses the answer to the first request of an upload in parts: of the
// two that have begun, one is left over by nobody.
func TestLostBeginning(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	g := startGate(t, s)
	store := openStore(t, g.URL, s.bucket)
	var lost atomic.Bool
	g.Set(func(r *http.Request) faults.Fault {
		if r.URL.Query().Has("uploads") && r.Method == http.MethodPost && lost.CompareAndSwap(false, true) {
			return faults.Lose
		}
		return faults.Pass
	})
	key, want := newKey(), noise(12<<20)
	if err := store.Put(t.Context(), key, bytes.NewReader(want), core.ObjectMeta{}); err != nil || !lost.Load() {
		t.Fatalf("Put: %v, lost: %v", err, lost.Load())
	}
	holds(t, store, key, want)
	if left := s.pending(t, key); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
}

// TestSlowDown: a store that asks for patience gets it, also in the middle of a file;
// one that goes on asking is told of.
func TestSlowDown(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	t.Run("twice", func(t *testing.T) {
		t.Parallel()
		g := startGate(t, s)
		store := openStore(t, g.URL, s.bucket)
		var asked sync.Map
		g.Set(func(r *http.Request) faults.Fault {
			n, _ := asked.LoadOrStore(r.Method+r.URL.Query().Get("partNumber"), new(atomic.Int32))
			if n.(*atomic.Int32).Add(1) <= 2 {
				return faults.Slow
			}
			return faults.Pass
		})
		key, want := newKey(), noise(12<<20)
		if err := store.Put(t.Context(), key, bytes.NewReader(want), core.ObjectMeta{}); err != nil {
			t.Fatal(err)
		}
		holds(t, store, key, want)
	})
	t.Run("always", func(t *testing.T) {
		t.Parallel()
		g := startGate(t, s)
		store := openStore(t, g.URL, s.bucket)
		g.Set(func(*http.Request) faults.Fault { return faults.Slow })
		for name, err := range map[string]error{
			"Put":  store.Put(t.Context(), newKey(), zeros(1000), core.ObjectMeta{}),
			"Ping": store.Ping(t.Context()),
		} {
			var e *core.Error
			if !errors.As(err, &e) || e.Code != core.Unavailable || name == "Put" && (e.RetryAfter <= 0 || !strings.Contains(e.Message, "busy")) {
				t.Errorf("%s: %+v", name, err)
			}
		}
	})
}

// TestTransfersUnderFaults cuts, loses, slows down and delays a request of one kind once:
// each upload and download is whole. One that is cut may have failed, and then nothing is
// left: a server may have given up in the middle of joining parts.
func TestTransfersUnderFaults(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	for name, f := range map[string]faults.Fault{"refuse": faults.Refuse, "lose": faults.Lose, "cut": faults.Cut, "slow": faults.Slow, "late": faults.Late} {
		for kind, is := range map[string]func(*http.Request) bool{
			"begin":    func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Query().Has("uploads") },
			"part":     func(r *http.Request) bool { return r.URL.Query().Get("partNumber") == "2" },
			"complete": func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Query().Has("uploadId") },
			"get":      func(r *http.Request) bool { return r.Method == http.MethodGet && !r.URL.Query().Has("uploads") },
		} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				g := startGate(t, s)
				store := openStore(t, g.URL, s.bucket)
				var done atomic.Bool
				g.Set(func(r *http.Request) faults.Fault {
					if is(r) && done.CompareAndSwap(false, true) {
						return f
					}
					return faults.Pass
				})
				key, want := newKey(), noise(12<<20)
				switch err := store.Put(t.Context(), key, bytes.NewReader(want), core.ObjectMeta{}); {
				case err == nil && kind == "get" && f == faults.Cut:
					if got, err := read(t, store, key); !core.Is(err, core.Unavailable) && !bytes.Equal(got, want) {
						t.Errorf("got %d bytes, %v", len(got), err)
					}
				case err == nil:
					holds(t, store, key, want)
				case f == faults.Cut && core.Is(err, core.Unavailable):
					absent(t, s, store, key)
				default:
					t.Fatal(err)
				}
				if left := s.pending(t, key); len(left) > 0 || !done.Load() {
					t.Errorf("left over: %q; the fault has come: %v", left, done.Load())
				}
			})
		}
	}
}

// TestCancelWhileStoring ends the context while the server has the whole body
// and works on it. Whatever Put then says is true.
func TestCancelWhileStoring(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	for _, f := range []faults.Fault{faults.Pass, faults.Lose} {
		for _, size := range []int{1000, 18 << 20} {
			t.Run(fmt.Sprintf("%d/%d", f, size), func(t *testing.T) {
				t.Parallel()
				g := startGate(t, s)
				store := openStore(t, g.URL, s.bucket)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				g.Set(func(r *http.Request) faults.Fault {
					single := r.Method == http.MethodPut && size == 1000
					complete := r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
					if single || complete {
						cancel()
						return f
					}
					return faults.Pass
				})
				key, want := newKey(), noise(size)
				switch err := store.Put(ctx, key, bytes.NewReader(want), core.ObjectMeta{}); {
				case err == nil:
					holds(t, store, key, want)
				case !errors.Is(err, context.Canceled):
					t.Errorf("Put: %v, want context.Canceled", err)
				default:
					absent(t, s, store, key)
				}
			})
		}
	}
}

// TestCancelBetweenParts ends the context when a part has arrived and the next one is
// read, but not sent: what is there is not the file.
func TestCancelBetweenParts(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	store, key := openStore(t, s.endpoint, s.bucket), newKey()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rest := readerFunc(func(p []byte) (int, error) {
		for arrived := false; !arrived; { // all but this part
			for _, id := range s.pending(t, key) {
				out, err := s.client(t).ListParts(t.Context(), &aws3.ListPartsInput{Bucket: &s.bucket, Key: &key, UploadId: &id})
				arrived = err == nil && len(out.Parts) == 1
			}
		}
		cancel()
		return len(p), nil
	})
	err := store.Put(ctx, key, io.MultiReader(zeros(5<<20), rest), core.ObjectMeta{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Put: %v, want context.Canceled", err)
	}
	absent(t, s, store, key)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

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
	g.Set(func(r *http.Request) faults.Fault {
		sums.Store(r.Header.Get("X-Amz-Content-Sha256"), true)
		return faults.Pass
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
	got, err := read(t, store, key)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, %v, want %d, or their content differs", len(got), err, len(want))
	}
}

func read(t *testing.T, store *s3.Store, key string) ([]byte, error) {
	t.Helper()
	r, err := store.Open(t.Context(), key, 0, -1)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
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
