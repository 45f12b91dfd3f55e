package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/grapnel/grapnel/core"
)

// probeTimeout bounds the look at how a store keeps its promises.
const probeTimeout = 30 * time.Second

// Probe finds out what the store does with signed uploads, beside a running server, and
// logs what stands in their way: whether it verifies the checksums that it names, unless
// the settings tell, and whether browsers may send files to it from pages of these
// origins. Until it is known that it verifies them, checksums are not believed.
func (s *Store) Probe(ctx context.Context, origins []string) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	if s.checksums == ProbeChecksums {
		s.probeChecksum(ctx)
	}
	for _, origin := range origins {
		s.probeOrigin(ctx, origin)
	}
}

// probeChecksum sends other bytes than were signed, as a client might, and then the right
// ones: a store that refuses the first alone verifies.
func (s *Store) probeChecksum(ctx context.Context) {
	key, body := "probe/"+uuid.NewString(), []byte("signed")
	sum := sha256.Sum256(body)
	want := core.UploadWant{Size: int64(len(body)), SHA256: sum[:], Expires: time.Minute}
	wrong, err := s.sendSigned(ctx, key, want, []byte("forged"))
	right := 0
	if err == nil && wrong == http.StatusBadRequest {
		right, err = s.sendSigned(ctx, key, want, body)
	}
	const reread = "files that are sent straight to it are read once more when they are completed"
	switch {
	case right/100 == 2:
		s.verifies.Store(true)
	case err == nil && wrong/100 == 2:
		s.log.Info("the S3 server does not verify the checksums that it keeps: " + reread)
	default:
		s.log.Info("whether the S3 server verifies checksums could not be found out: "+reread, "answers", []int{wrong, right}, "error", err)
	}
	if err := s.Delete(context.WithoutCancel(ctx), key); err != nil {
		s.log.Warn("an object that was sent to the S3 server to see whether it verifies checksums is left there: delete it", "key", key, "error", err)
	}
}

func (s *Store) sendSigned(ctx context.Context, key string, want core.UploadWant, body []byte) (status int, err error) {
	signed, err := sign(ctx, s.inside, s.uploadOf(key, want), want.Expires)
	if err != nil {
		return 0, err
	}
	status, _, err = s.send(ctx, signed.Method, signed.URL, signed.SignedHeader, body)
	return status, err
}

// probeOrigin asks what a browser asks before it sends a file from a page of origin.
func (s *Store) probeOrigin(ctx context.Context, origin string) {
	want := core.UploadWant{Size: 1, SHA256: make([]byte, sha256.Size), ContentType: "image/png", Expires: time.Minute}
	signed, err := s.SignUpload(ctx, "probe/cors", want)
	if err != nil {
		return // there are no signed uploads
	}
	var names []string
	for _, h := range signed.Headers {
		names = append(names, strings.ToLower(h.Name))
	}
	status, answer, err := s.send(ctx, http.MethodOptions, signed.URL, http.Header{
		"Origin": {origin}, "Access-Control-Request-Method": {signed.Method}, "Access-Control-Request-Headers": {strings.Join(names, ",")},
	}, nil)
	if err != nil {
		s.log.Info("whether browsers may send files straight to the S3 server could not be found out: it is not reached from here under the address for clients", "origin", origin, "error", err)
		return
	}
	lacks := ""
	switch allowed := answer.Get("Access-Control-Allow-Origin"); {
	case status/100 != 2 || allowed != "*" && allowed != origin:
		lacks = "the origin"
	case !allows(answer, "Methods", signed.Method):
		lacks = "the method " + signed.Method
	default:
		for _, name := range names {
			if !allows(answer, "Headers", name) {
				lacks = "the header " + name
			}
		}
	}
	if lacks != "" {
		s.log.Warn("browsers cannot send files straight to the S3 server from pages of an origin: allow it in the CORS settings of the bucket, see docs/guides/files.md", "origin", origin, "bucket", s.bucket, "lacks", lacks)
	}
}

// allows says whether the answer to a preflight lists a name, or all (Fetch, section 3.3).
func allows(h http.Header, what, name string) bool {
	for _, value := range h.Values("Access-Control-Allow-" + what) {
		for listed := range strings.SplitSeq(value, ",") {
			if listed = strings.TrimSpace(listed); listed == "*" || strings.EqualFold(listed, name) {
				return true
			}
		}
	}
	return false
}

// send is one request past the SDK, of whose answer only the head is wanted.
func (s *Store) send(ctx context.Context, method, url string, header http.Header, body []byte) (status int, answer http.Header, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	for name, values := range header {
		if name != "Host" && name != "Content-Length" { // of the request itself
			req.Header[name] = values
		}
	}
	resp, err := s.network.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	return resp.StatusCode, resp.Header, resp.Body.Close()
}
