package s3_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/s3"
)

// The servers of this file do what some servers of S3 do, and those of the test run do
// not.

// odd opens a store at a server, whose log is kept.
func odd(t *testing.T, c s3.Config, answer http.HandlerFunc) (*s3.Store, *logged) {
	t.Helper()
	s := testServer(t) // for the credentials
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	log := &logged{}
	c.Bucket, c.Endpoint, c.Log = s.bucket, server.URL, slog.New(slog.NewTextHandler(log, nil))
	store, err := s3.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store, log
}

// logged is what a store has logged.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestClock: a server whose clock differs refuses what is dated by ours. What is sent to
// it and signed for it is dated by its own, from the first answer on, and it is said once.
func TestClock(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{20 * time.Minute, -20 * time.Minute} {
		t.Run(off.String(), func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			ahead := off
			theirs := func() time.Time {
				mu.Lock()
				defer mu.Unlock()
				return time.Now().Add(ahead)
			}
			store, log := odd(t, s3.Config{}, func(w http.ResponseWriter, r *http.Request) {
				now := theirs()
				w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
				dated := r.Header.Get("X-Amz-Date")
				if at, err := time.Parse("20060102T150405Z", dated); err != nil || at.Sub(now).Abs() > 15*time.Minute {
					w.WriteHeader(http.StatusForbidden)
					if r.Method != http.MethodHead {
						io.WriteString(w, `<Error><Code>RequestTimeTooSkewed</Code></Error>`)
					}
				}
			})
			if err := store.Ping(t.Context()); err != nil {
				t.Errorf("Ping: %v", err)
			}
			if strings.Count(log.String(), "clock") != 1 || !strings.Contains(log.String(), "serverAhead="+strings.TrimSuffix(off.String(), "0s")) {
				t.Errorf("the log:\n%s", log)
			}
			signedBy := func(want time.Time) {
				t.Helper()
				signed, err := store.SignUpload(t.Context(), "a", core.UploadWant{Size: 1, SHA256: make([]byte, 32), Expires: time.Hour})
				if err != nil {
					t.Fatal(err)
				}
				u, err := url.Parse(signed.URL)
				if err != nil {
					t.Fatal(err)
				}
				at, err := time.Parse("20060102T150405Z", u.Query().Get("X-Amz-Date"))
				if err != nil || at.Sub(want).Abs() > 2*time.Minute || signed.ExpiresAt.Sub(at.Add(time.Hour)).Abs() > 2*time.Minute {
					t.Errorf("signed at %s (%v) until %s, want %s", at, err, signed.ExpiresAt, want)
				}
			}
			signedBy(theirs())

			// Somebody sets the clock; a HEAD hears of it too.
			mu.Lock()
			ahead = 0
			mu.Unlock()
			if _, err := store.Stat(t.Context(), "a"); err != nil {
				t.Errorf("Stat: %v", err)
			}
			signedBy(time.Now())
			if !strings.Contains(log.String(), "agree again") {
				t.Errorf("the log:\n%s", log)
			}
		})
	}
}

// TestRanges: a server may ignore a range, and some answer with another one.
func TestRanges(t *testing.T) {
	t.Parallel()
	const all = "0123456789"
	reply := func(status int, contentRange, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				return
			}
			if contentRange != "" {
				w.Header().Set("Content-Range", contentRange)
			}
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	for _, c := range []struct {
		name           string
		offset, length int64
		answer         http.HandlerFunc
		want           string // "": an error
	}{
		{"as asked", 5, 3, reply(206, "bytes 5-7/10", "567"), "567"},
		{"to the end", 5, -1, reply(206, "bytes 5-9/10", "56789"), "56789"},
		{"shorter than asked", 8, 5, reply(206, "bytes 8-9/*", "89"), "89"},
		{"ignored", 5, 3, reply(200, "", all), "567"},
		{"ignored, to the end", 5, -1, reply(200, "", all), "56789"},
		{"ignored, from the beginning", 0, 3, reply(200, "", all), "012"},
		{"ignored, past the end", 5, 100, reply(200, "", all), "56789"},
		{"from the beginning instead", 5, 3, reply(206, "bytes 0-2/10", "012"), ""},
		{"more than asked", 5, 3, reply(206, "bytes 5-9/10", "56789"), ""},
		{"all, under the range", 0, 1, reply(206, "bytes 0-0/10", all), ""},
		{"no range that can be read", 5, 3, reply(206, "5-7", "567"), ""},
		{"cut", 5, 3, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				w.Header().Set("Content-Range", "bytes 5-7/10")
				w.WriteHeader(206)
				http.NewResponseController(w).Flush() // its length is not told
				io.WriteString(w, "56")
			}
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store, _ := odd(t, s3.Config{}, c.answer)
			r, err := store.Open(t.Context(), "a", c.offset, c.length)
			var got []byte
			if err == nil {
				defer r.Close()
				got, err = io.ReadAll(r)
			}
			if c.want == "" && !core.Is(err, core.Unavailable) || c.want != "" && (err != nil || string(got) != c.want) {
				t.Errorf("read %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

// TestChecksumsAreProbed: the word of a store on a checksum counts when it refuses bytes
// that have another one, or when the settings say so.
func TestChecksumsAreProbed(t *testing.T) {
	t.Parallel()
	believing := func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.Header().Set("X-Amz-Checksum-Sha256", strings.Repeat("A", 43)+"=")
		}
	}
	refusing := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			believing(w, r)
			if body, _ := io.ReadAll(r.Body); r.Method == http.MethodPut && string(body) != "signed" {
				w.WriteHeader(status)
			}
		}
	}
	for _, c := range []struct {
		name    string
		setting s3.Checksums
		answer  http.HandlerFunc
		known   bool
		says    string
	}{
		{"verifies", "", refusing(400), true, ""},
		{"verifies nothing", "", believing, false, "does not verify"},
		{"refuses all for another reason", "", refusing(403), false, "could not be found out"},
		{"refuses whatever it is", "", func(w http.ResponseWriter, r *http.Request) {
			if believing(w, r); r.Method == http.MethodPut {
				w.WriteHeader(400)
			}
		}, false, "could not be found out"},
		{"is trusted", s3.TrustChecksums, believing, true, ""},
		{"is not trusted", s3.IgnoreChecksums, refusing(400), false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			kept := map[string]bool{}
			store, log := odd(t, s3.Config{Checksums: c.setting}, func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				switch r.Method {
				case http.MethodPut:
					kept[r.URL.Path] = true
				case http.MethodDelete:
					delete(kept, r.URL.Path)
				}
				mu.Unlock()
				c.answer(w, r)
			})
			store.Probe(t.Context(), nil)
			info, err := store.Stat(t.Context(), "a")
			if err != nil || (info.SHA256 != nil) != c.known {
				t.Errorf("Stat: %x, %v; known: %v", info.SHA256, err, c.known)
			}
			if c.says == "" && log.String() != "" || !strings.Contains(log.String(), c.says) {
				t.Errorf("the log:\n%s", log)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(kept) > 0 {
				t.Errorf("left over: %v", kept)
			}
		})
	}
}

// TestOriginsAreProbed: what a browser would ask is asked at the start.
func TestOriginsAreProbed(t *testing.T) {
	t.Parallel()
	const origin = "https://app.example.org"
	allow := func(origin, methods, headers string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodOptions {
				return
			}
			for name, v := range map[string]string{"Origin": origin, "Methods": methods, "Headers": headers} {
				w.Header().Set("Access-Control-Allow-"+name, v)
			}
			w.WriteHeader(http.StatusNoContent)
		}
	}
	const headers = "If-None-Match, content-type, X-Amz-Checksum-Sha256, x-amz-sdk-checksum-algorithm"
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		says   string
	}{
		{"all", allow("*", "*", "*"), ""},
		{"just what is needed", allow(origin, "GET, PUT", headers), ""},
		{"another origin", allow("https://other.example.org", "PUT", headers), "the origin"},
		{"refused", func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodOptions {
				w.WriteHeader(http.StatusForbidden)
			}
		}, "the origin"},
		{"no PUT", allow(origin, "GET, POST", headers), "the method PUT"},
		{"no checksum", allow(origin, "PUT", "Content-Type, If-None-Match"), "the header x-amz-checksum-sha256"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store, log := odd(t, s3.Config{Checksums: s3.IgnoreChecksums}, c.answer)
			store.Probe(t.Context(), []string{origin})
			if c.says == "" && log.String() != "" || !strings.Contains(log.String(), c.says) {
				t.Errorf("the log:\n%s", log)
			}
		})
	}
	t.Run("not reached", func(t *testing.T) {
		t.Parallel()
		store, log := odd(t, s3.Config{Checksums: s3.IgnoreChecksums, PublicEndpoint: fmt.Sprintf("http://%s", closedPort(t))}, allow("*", "*", "*"))
		store.Probe(context.WithoutCancel(t.Context()), []string{origin})
		if !strings.Contains(log.String(), "could not be found out") {
			t.Errorf("the log:\n%s", log)
		}
	})
}
