package upload

import (
	"context"
	"errors"
	"io"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/grapnel/grapnel/core"
)

// maxHead bounds the bytes between two parts and in the head of a part.
const maxHead = 8 << 10

// form is a multipart body that its readers pull forward, with no goroutine of
// its own: whoever wants bytes takes the mutex and reads them from the socket.
type form struct {
	limits Transport
	length int64       // of the request; -1 unknown
	tail   int64       // bytes of the closing boundary
	files  []*file     // as mapped, in the order of the map
	finish func() bool // ends the interruption by the context

	mu     sync.Mutex // whoever holds it may read the body
	socket *socket
	feed   *feed
	reader *multipart.Reader
	part   *multipart.Part // where the body stands
	held   spool
	err    error // why no part follows; io.EOF after the closing boundary
	closed bool
}

func newForm(t Transport, w http.ResponseWriter, r *http.Request) (*form, error) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	boundary := params["boundary"]
	if err != nil || boundary == "" || len(boundary) > 70 { // RFC 2046, 5.1.1
		return nil, core.Errorf(core.Invalid, "The Content-Type has no valid boundary.")
	}
	s := &socket{body: r.Body, rc: http.NewResponseController(w), idle: t.IdleTimeout, left: t.MaxRequest}
	feed := newFeed(s, r.ContentLength)
	return &form{
		limits: t,
		length: r.ContentLength,
		tail:   int64(len("\r\n--" + boundary + "--\r\n")),
		// net/http ends the context of a client that left only once the body
		// was read; this is for limits that others set.
		finish: context.AfterFunc(r.Context(), s.interrupt),
		socket: s,
		feed:   feed,
		reader: multipart.NewReader(feed, boundary),
		held:   spool{dir: t.TempDir, limit: t.MaxHeld},
	}, nil
}

// next moves the body to the head of the next part. After the closing boundary
// the error is io.EOF; all errors stay.
func (m *form) next() (*multipart.Part, error) {
	if m.err != nil {
		return nil, m.err
	}
	if m.part != nil {
		m.part.Close() // skips what is left of it; an error shows below
	}
	m.feed.left = maxHead
	part, err := m.reader.NextRawPart()
	m.feed.left = math.MaxInt64
	switch {
	case err == io.EOF: // only ever the closing boundary: see socket.Read
		m.err = err
	case err != nil:
		m.err = m.malformed(err)
	}
	m.part = part
	return part, m.err
}

// close ends all reading. It must come before the answer is written, which waits
// for the rest of the body, and may be called again.
func (m *form) close() {
	if !m.mu.TryLock() {
		// A reader that outlives the operation: do not wait for its client.
		m.socket.interrupt()
		m.mu.Lock()
	}
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	m.closed = true
	m.finish()
	m.held.close()
	m.socket.release()
}

// file is one mapped file; everything in it is guarded by the form's mutex.
type file struct {
	form     *form
	key      string // its part's name
	variable string // of the operation

	reached bool // its part's head was read
	name    string
	size    int64 // as declared; -1
	exact   bool  // the size was declared for this part

	n    int64             // bytes read of the part
	held *io.SectionReader // bytes of it that are held back
	err  error             // how the part ended; io.EOF = well
}

func (f *file) open() (name string, size int64, err error) {
	m := f.form
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.seek(f); err != nil {
		return "", -1, err
	}
	if f.err != nil && f.err != io.EOF {
		err = f.err
	}
	return f.name, f.size, err
}

func (f *file) read(p []byte) (int, error) {
	m := f.form
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.seek(f); err != nil {
		return 0, err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if f.held != nil {
		n, err := f.held.Read(p)
		if n > 0 {
			return n, nil
		}
		if err != io.EOF {
			return 0, errHeld(err)
		}
		f.held = nil
	}
	return m.fill(f, p)
}

// seek moves the body to the part of f, or past it. What it passes on the way
// is held back for its own readers.
func (m *form) seek(f *file) error {
	for !m.closed && !f.reached {
		if g := m.current(); g != nil {
			m.hold(g)
		} else if m.err == nil {
			m.reach()
		} else if m.err == io.EOF {
			return core.Errorf(core.Invalid, "The form has no part %.100q.", f.key)
		} else {
			return m.err
		}
	}
	if m.closed {
		return core.Errorf(core.Aborted, "The file was read after its operation had ended.")
	}
	return nil
}

// current is the file in whose part the body stands; nil between parts.
func (m *form) current() *file {
	for _, f := range m.files {
		if f.reached && f.err == nil {
			return f
		}
	}
	return nil
}

// reach reads the head of the next part and finds its file.
func (m *form) reach() {
	part, err := m.next()
	if err != nil {
		return
	}
	key := part.FormName()
	for _, f := range m.files {
		if f.key == key && !f.reached {
			f.begin(part)
			return
		}
	}
	if key == "" {
		m.err = m.malformed(errors.New("part without a name"))
		return
	}
	m.err = core.Errorf(core.Invalid, "The form has a part %.100q too many.", key)
}

// begin takes over the head of the file's part.
func (f *file) begin(part *multipart.Part) {
	m := f.form
	f.reached = true
	// Not part.FileName: it cuts names by the rules of the server's own system.
	header := part.Header.Get("Content-Disposition")
	_, disposition, _ := mime.ParseMediaType(header)
	name := disposition["filename"]
	if strings.Contains(strings.ToLower(header), "filename*") { // RFC 8187: its slashes were escaped
		name = strings.ReplaceAll(name, "/", "%2F")
	}
	f.name = core.CleanFilename(name)
	f.size = -1
	if m.feed.lines && len(m.files) == 1 && m.length >= 0 {
		f.size = max(m.length-m.feed.offset-m.tail, 0)
	}
	m.feed.lines = false
	if s := part.Header.Get("Content-Length"); s != "" {
		size, err := strconv.ParseUint(s, 10, 63)
		if err != nil {
			f.err = core.Errorf(core.Invalid, "The part %.100q has an invalid Content-Length.", f.key)
			return
		}
		f.size, f.exact = int64(size), true
	}
	switch strings.ToLower(part.Header.Get("Content-Transfer-Encoding")) {
	case "", "binary", "8bit", "7bit":
	default: // deprecated by RFC 7578, 4.7
		f.err = core.Errorf(core.Invalid, "The part %.100q has a Content-Transfer-Encoding.", f.key)
		return
	}
	if f.size > m.limits.MaxFile {
		f.err = errFileTooLarge(m.limits.MaxFile)
	}
}

// fill reads the file's next bytes from the body, which stands in its part or
// has left it.
func (m *form) fill(f *file, p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := m.arrived(p)
	f.n += int64(n)
	switch {
	case f.n > m.limits.MaxFile:
		f.err = errFileTooLarge(m.limits.MaxFile)
	case f.exact && f.n > f.size || f.exact && err == io.EOF && f.n < f.size:
		f.err = core.Errorf(core.Invalid, "The file has another length than its Content-Length says.")
	case err == io.EOF:
		// The file is whole only if its form goes on as it should.
		f.err = io.EOF
		if m.reach(); m.err != nil && m.err != io.EOF {
			f.err = m.err
		}
	case err != nil:
		f.err = m.malformed(err)
	}
	if f.err != nil && f.err != io.EOF {
		return 0, f.err
	}
	return n, f.err
}

// arrived reads what has arrived of the part, at least a byte. A part gives a few
// kilobytes at a time, and all that is done with each piece would be done as often.
func (m *form) arrived(p []byte) (n int, err error) {
	for err == nil && n < len(p) && (n == 0 || !m.feed.waits()) {
		var more int
		more, err = m.part.Read(p[n:])
		n += more
	}
	return n, err
}

// hold reads the rest of the file's part into the spool. If there is no room,
// this file fails and the others do not.
func (m *form) hold(f *file) {
	start := m.held.n
	buf := make([]byte, 32<<10)
	for f.err == nil {
		n, _ := m.fill(f, buf) // the error is in f.err
		if err := m.held.write(buf[:n]); err != nil {
			f.err = err
		}
	}
	if f.err != io.EOF {
		m.held.n = start
		return
	}
	f.held = io.NewSectionReader(m.held.file, start, m.held.n-start)
}
