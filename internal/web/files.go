package web

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/grapnel/grapnel/core"
)

// FileSource finds files and opens them; [core.Assets] is one.
type FileSource interface {
	// File is the file behind an address: a public one, or one whose signature
	// in query is good. Who asks plays no part.
	File(ctx context.Context, id string, query url.Values) (core.File, error)
	// OpenFile reads what a File has under its key, from offset to the end.
	OpenFile(ctx context.Context, key string, offset int64) (io.ReadCloser, error)
}

var _ FileSource = (*core.Assets)(nil)

// Files serves GET and HEAD of /files/{id}/{name}: one range of bytes, ETag and
// the conditional headers (RFC 9110). The bytes were sent by users, so nothing
// in them may run on this origin: the type is the sniffed one, what a browser
// could execute is a download, and the rest is sandboxed.
func Files(source FileSource, log *slog.Logger) http.Handler {
	return &files{source: source, log: log}
}

type files struct {
	source FileSource
	log    *slog.Logger
}

func (f *files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	file, err := f.source.File(r.Context(), id, r.URL.Query())
	if err != nil {
		refuse(w, r, f.log, err)
		return
	}
	if header := r.Header.Get("Range"); header != "" {
		r.Header.Del("Range")
		// A range is of GET alone (RFC 9110, section 14.2).
		if only := byteRange(header, file.Size); only != "" && r.Method == http.MethodGet {
			r.Header.Set("Range", only)
		}
	}
	content := &lazy{size: file.Size, open: func(offset int64) (io.ReadCloser, error) {
		return f.source.OpenFile(r.Context(), file.Key, offset)
	}}
	defer content.Close()
	h := w.Header()
	h.Set("Content-Type", file.ContentType)
	h.Set("Content-Disposition", disposition(file.ContentType, file.Name))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; img-src 'self'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if file.ETag != "" {
		h.Set("ETag", file.ETag)
	}
	if file.Private {
		h.Set("Cache-Control", "private, no-store")
	} else {
		// The bytes behind an id never change, but the file may become private.
		h.Set("Cache-Control", "public, max-age=86400")
	}
	out := &patientWriter{ResponseWriter: w, control: http.NewResponseController(w)}
	http.ServeContent(out, r, "", file.Modified, content)
	switch {
	case content.err == nil:
		out.begin()
	case !out.begun:
		for _, name := range []string{"Content-Length", "Content-Range", "Content-Disposition", "Accept-Ranges", "ETag", "Last-Modified"} {
			h.Del(name)
		}
		h.Set("Cache-Control", "no-store")
		refuse(w, r, f.log, content.err)
	default:
		if r.Context().Err() == nil {
			f.log.WarnContext(r.Context(), "file cut short", "request", RequestID(r.Context()), "file", id, "error", content.err)
		}
		panic(http.ErrAbortHandler) // the client must not take this for the end
	}
}

// lazy is a file as [http.ServeContent] wants it. It is opened at the first
// read, at the offset sought: a range costs one read of the store, and HEAD or
// a 304 none.
type lazy struct {
	size   int64
	open   func(offset int64) (io.ReadCloser, error)
	offset int64
	body   io.ReadCloser
	err    error // the store's, the first one
}

var _ io.ReadSeekCloser = (*lazy)(nil)

func (l *lazy) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += l.offset
	case io.SeekEnd:
		offset += l.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the start")
	}
	if offset != l.offset {
		if err := l.Close(); err != nil {
			return 0, err
		}
		l.offset = offset
	}
	return offset, nil
}

func (l *lazy) Read(p []byte) (int, error) {
	if l.offset >= l.size {
		return 0, io.EOF
	}
	if err := l.prepare(); err != nil {
		return 0, err
	}
	n, err := l.body.Read(p[:min(int64(len(p)), l.size-l.offset)])
	l.offset += int64(n)
	if err == io.EOF && l.offset < l.size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF && l.err == nil {
		l.err = err
	}
	return n, err
}

// prepare opens the file where it stands.
func (l *lazy) prepare() error {
	if l.body != nil {
		return nil
	}
	body, err := l.open(l.offset)
	if err != nil {
		l.err = err
		return err
	}
	l.body = body
	return nil
}

func (l *lazy) Close() error {
	if l.body == nil {
		return nil
	}
	body := l.body
	l.body = nil
	return body.Close()
}

// patience is how long a client may take for its next small piece of a file, either
// way.
const patience = 30 * time.Second

// patientWriter moves the write deadline on with every piece: a long video on
// a slow line takes hours, a client that takes nothing is cut off. It holds the
// status back until the first piece, so that a store that does not answer is a
// 503 and not a broken 200.
type patientWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	status  int
	begun   bool
}

func (p *patientWriter) WriteHeader(status int) { p.status = status }

func (p *patientWriter) begin() {
	if !p.begun && p.status != 0 {
		p.begun = true
		p.ResponseWriter.WriteHeader(p.status)
	}
}

func (p *patientWriter) Write(b []byte) (int, error) {
	p.begin()
	_ = p.control.SetWriteDeadline(time.Now().Add(patience * time.Duration(max(1, len(b)/smallPiece))))
	return p.ResponseWriter.Write(b)
}

// A file is on its way in large pieces, for few system calls, while its reader takes them
// at once, and while not too many do: those who are slow hold little memory.
const (
	largePiece = 256 << 10
	smallPiece = 32 << 10
	maxLarge   = 64 // pieces at a time
	atOnce     = 100 * time.Millisecond
)

var (
	largePieces = sync.Pool{New: func() any { return new([largePiece]byte) }}
	largeInUse  = make(chan struct{}, maxLarge)
)

// ReadFrom implements [io.ReaderFrom], for [io.Copy].
func (p *patientWriter) ReadFrom(r io.Reader) (n int64, err error) {
	small, quick := make([]byte, smallPiece), false
	for err == nil {
		var k int
		k, quick, err = p.pass(r, small, quick)
		n += int64(k)
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// pass hands on one piece, a small one unless the last one was taken quickly, and reports
// whether this one was.
func (p *patientWriter) pass(r io.Reader, piece []byte, quick bool) (n int, _ bool, err error) {
	if quick {
		select {
		case largeInUse <- struct{}{}:
			defer func() { <-largeInUse }()
			large := largePieces.Get().(*[largePiece]byte)
			defer largePieces.Put(large)
			piece = large[:]
		default:
		}
	}
	n, end := r.Read(piece)
	if n == 0 {
		return 0, quick, end
	}
	begin := time.Now()
	n, err = p.Write(piece[:n])
	return n, time.Since(begin) < atOnce, cmp.Or(err, end)
}
