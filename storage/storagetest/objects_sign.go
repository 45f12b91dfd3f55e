package storagetest

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

const signedType = "image/png"

// signUpload sends what SignUpload describes, as it is and changed in every
// way that a client must not change it.
func (o *objects) signUpload(t *testing.T) {
	store := o.open(t)
	signer, ok := store.(core.UploadSigner)
	if !ok {
		t.Skip("the store is no core.UploadSigner")
	}
	for _, size := range []int{1, 70_000, 6 << 20} {
		body := objectBytes(size)
		key := objectKey()
		signed := sign(t, signer, key, body)
		if status := signed.send(t, body); status/100 != 2 {
			t.Errorf("%d bytes: the signed request was refused with %d", size, status)
			continue
		}
		o.holds(t, store, key, body)

		// The same request again, and a new one for the same key.
		if status := signed.send(t, body); status/100 != 4 {
			t.Errorf("the second request got %d, want a refusal", status)
		}
		other := objectBytes(size + 1)
		if status := sign(t, signer, key, other).send(t, other); status/100 != 4 {
			t.Errorf("a request for an existing key got %d, want a refusal", status)
		}
		o.holds(t, store, key, body)
	}

	body := objectBytes(70_000)
	for name, change := range map[string]func(*signedUpload){
		"shorter body":  func(s *signedUpload) { s.body = body[:len(body)-1] },
		"longer body":   func(s *signedUpload) { s.body = append(bytes.Clone(body), 0) },
		"empty body":    func(s *signedUpload) { s.body = nil },
		"other content": func(s *signedUpload) { s.body = bytes.Repeat([]byte{7}, len(body)) },
		"no length":     func(s *signedUpload) { s.chunked = true },
		"other type":    func(s *signedUpload) { s.header.Set("Content-Type", "text/html") },
		"no type":       func(s *signedUpload) { s.header.Del("Content-Type") },
		"every header dropped": func(s *signedUpload) {
			s.header = http.Header{"Content-Type": {signedType}}
		},
		"other method": func(s *signedUpload) { s.method = http.MethodPost },
		"no query":     func(s *signedUpload) { s.url.RawQuery = "" },
		"tampered signature": func(s *signedUpload) {
			q := s.url.Query()
			for name, v := range q {
				if strings.HasSuffix(name, "Signature") {
					q.Set(name, flip(v[0]))
				}
			}
			s.url.RawQuery = q.Encode()
		},
		"longer expiry": func(s *signedUpload) {
			q := s.url.Query()
			for name, v := range q {
				if strings.HasSuffix(name, "Expires") {
					q.Set(name, v[0]+"0")
				}
			}
			s.url.RawQuery = q.Encode()
		},
	} {
		t.Run(name, func(t *testing.T) {
			key := objectKey()
			s := sign(t, signer, key, body)
			s.body = body
			before := s.String()
			change(s)
			if s.String() == before {
				t.Fatal("the case changes nothing")
			}
			if status := s.send(t, s.body); status/100 == 2 {
				t.Errorf("accepted with %d", status)
			}
			o.absent(t, store, key)
			o.clean(t, store, key)
		})
	}
	t.Run("other key", func(t *testing.T) {
		key, other := objectKey(), objectKey()
		s := sign(t, signer, key, body)
		if s.url.Path = strings.Replace(s.url.Path, key, other, 1); !strings.Contains(s.url.Path, other) {
			t.Fatalf("the key is not in the path %s", s.url.Path)
		}
		if status := s.send(t, body); status/100 != 4 {
			t.Errorf("got %d, want a refusal", status)
		}
		o.absent(t, store, other)
	})
}

// signedUpload is a core.SignedRequest on its way.
type signedUpload struct {
	method  string
	url     *url.URL
	header  http.Header
	body    []byte
	chunked bool
}

func sign(t *testing.T, signer core.UploadSigner, key string, body []byte) *signedUpload {
	t.Helper()
	sum := sha256.Sum256(body)
	signed, err := signer.SignUpload(t.Context(), key, core.UploadWant{
		Size: int64(len(body)), SHA256: sum[:], ContentType: signedType, Expires: time.Minute,
	})
	if err != nil {
		t.Fatalf("SignUpload: %v", err)
	}
	u, err := url.Parse(signed.URL)
	if err != nil {
		t.Fatal(err)
	}
	s := &signedUpload{method: signed.Method, url: u, header: http.Header{}}
	for _, h := range signed.Headers {
		// Browsers set these themselves and refuse them from scripts.
		if name := http.CanonicalHeaderKey(h.Name); name == "Host" || name == "Content-Length" {
			t.Errorf("the signed request lists the header %s", name)
		}
		s.header.Add(h.Name, h.Value)
	}
	return s
}

// send returns the status of the answer.
func (s *signedUpload) send(t *testing.T, body []byte) int {
	t.Helper()
	var r io.Reader = bytes.NewReader(body)
	if s.chunked {
		r = io.MultiReader(r)
	}
	req, err := http.NewRequestWithContext(t.Context(), s.method, s.url.String(), r)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = s.header
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		// A server may close the connection on a body that it does not want.
		t.Logf("send: %v", err)
		return http.StatusBadRequest
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if resp.StatusCode/100 == 5 {
		t.Errorf("the server answers %d: %s", resp.StatusCode, answer)
	}
	return resp.StatusCode
}

// String identifies the request, so that a test can tell that it changed it.
func (s *signedUpload) String() string {
	var b strings.Builder
	sum := sha256.Sum256(s.body)
	b.WriteString(s.method + s.url.String() + string(sum[:]))
	if s.chunked {
		b.WriteString("chunked")
	}
	_ = s.header.Write(&b) // a strings.Builder takes everything
	return b.String()
}

// flip changes the last character of a signature.
func flip(s string) string {
	last := byte('0')
	if s[len(s)-1] == '0' {
		last = '1'
	}
	return s[:len(s)-1] + string(last)
}
