package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/grapnel/grapnel/core"
)

// Receiver takes direct uploads; [core.Assets] is one.
type Receiver interface {
	// Receive stores the body under the id that the signature in query allows.
	// Length is -1 when the client did not declare it.
	Receive(ctx context.Context, id string, query url.Values, body io.Reader, length int64) error
}

var _ Receiver = (*core.Assets)(nil)

// Uploads serves PUT of /uploads/{id}, the address that createAssetUpload
// signs: the body is the file, the answer 201 without a body. The receiver
// bounds its size, and a client that stops sending for patience, or trickles,
// is cut off.
func Uploads(to Receiver, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		unhurried(w)
		body := &patientReader{body: r.Body, control: http.NewResponseController(w)}
		if err := to.Receive(r.Context(), r.PathValue("id"), r.URL.Query(), body, r.ContentLength); err != nil {
			if body.err != nil && !core.Is(err, core.TooLarge) {
				err = core.Wrap(core.Aborted, body.err, "The file did not arrive.")
			}
			refuse(w, r, log, err)
			return
		}
		w.WriteHeader(http.StatusCreated)
	})
}

// stride is what must arrive within patience, not counting the time in which
// the receiver does not want to read.
const stride = 16 << 10

// patientReader moves the read deadline on with every stride, and lifts it at
// the end of the body; see bodyRead.
type patientReader struct {
	body    io.Reader
	control *http.ResponseController
	bytes   int           // left of the stride
	time    time.Duration // left for it
	err     error         // why the body did not arrive
}

func (p *patientReader) Read(b []byte) (int, error) {
	if p.bytes <= 0 {
		p.bytes, p.time = stride, patience
	}
	start := time.Now()
	_ = p.control.SetReadDeadline(start.Add(p.time))
	n, err := p.body.Read(b)
	p.bytes -= n
	p.time -= time.Since(start)
	switch {
	case err == io.EOF:
		_ = p.control.SetReadDeadline(time.Time{})
	case err != nil:
		p.err = err
	}
	return n, err
}
