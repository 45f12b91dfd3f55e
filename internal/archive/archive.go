// Package archive is the file of a backup: a tar, compressed with Zstandard (RFC 8878),
// that other tools can read:
//
//	documents/posts/000001.bson   documents of a collection, one BSON after the other
//	files/assets/asset_….…        the bytes of a file under their key
//	SHA256SUMS/000001             digests of the entries since the one before, in the
//	                              form of sha256sum
//	MANIFEST.json                 at the end: what there is, and the digest of all
//	                              SHA256SUMS together
//
// So a digest covers each byte, and an archive that was cut short has no manifest. Both
// sides hold some MiB, however much there is.
package archive

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"path"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/grapnel/grapnel/core"
)

const (
	format = 1

	documents = "documents/"
	files     = "files/"
	sums      = "SHA256SUMS/"
	manifest  = "MANIFEST.json"
	// typeRecord is the PAX record with the media type of a file.
	typeRecord = "GRAPNEL.contentType"

	chunkBytes = 8 << 20 // of documents in one entry, unless one is larger
	mostBytes  = 64 << 20
	sumsEach   = 500     // entries
	window     = 8 << 20 // of the compression
)

// Manifest says what an archive has.
type Manifest struct {
	Format    int       `json:"format"`
	Made      time.Time `json:"made"`
	Documents int64     `json:"documents"`
	Files     int64     `json:"files"`
	LeftOut   int64     `json:"leftOut,omitempty"` // documents and files that could not be read
	Sums      string    `json:"sums"`              // SHA-256 of all SHA256SUMS, in hex
}

// Writer writes an archive.
type Writer struct {
	zip   *zstd.Encoder
	tar   *tar.Writer
	m     Manifest
	coll  string
	chunk bytes.Buffer // documents of coll
	n     int          // chunks of coll
	digests
}

// digests are what both sides know of the entries.
type digests struct {
	pending bytes.Buffer // lines that no SHA256SUMS has yet
	lines   int
	parts   int // SHA256SUMS
	all     hash.Hash
}

func newDigests() digests { return digests{all: sha256.New()} }

func (d *digests) add(name string, sum []byte) {
	fmt.Fprintf(&d.pending, "%x  %s\n", sum, name)
	d.lines++
}

// NewWriter begins an archive.
func NewWriter(w io.Writer) (*Writer, error) {
	zip, err := zstd.NewWriter(w, zstd.WithWindowSize(window), zstd.WithEncoderConcurrency(2))
	if err != nil {
		return nil, err
	}
	return &Writer{zip: zip, tar: tar.NewWriter(zip), m: Manifest{Format: format, Made: time.Now().UTC().Truncate(time.Second)}, digests: newDigests()}, nil
}

// Write adds an entry and returns the digest of a file. The documents of a collection
// follow each other.
func (w *Writer) Write(e core.BackupEntry) ([]byte, error) {
	if e.Coll != w.coll || w.chunk.Len()+len(e.Doc) > chunkBytes {
		if err := w.flush(); err != nil {
			return nil, err
		}
	}
	if e.Coll != "" {
		if e.Coll != w.coll {
			w.coll, w.n = e.Coll, 0
		}
		w.m.Documents++
		w.chunk.Write(e.Doc)
		return nil, nil
	}
	w.coll = ""
	w.m.Files++
	return w.entry(files+e.Key, e.ContentType, e.Size, e.Body)
}

// LeaveOut counts a document or file that cannot be read.
func (w *Writer) LeaveOut() { w.m.LeftOut++ }

// flush writes the documents that are held.
func (w *Writer) flush() error {
	if w.chunk.Len() == 0 {
		return nil
	}
	w.n++
	_, err := w.entry(fmt.Sprintf("%s%s/%06d.bson", documents, w.coll, w.n), "", int64(w.chunk.Len()), &w.chunk)
	w.chunk.Reset()
	return err
}

func (w *Writer) entry(name, contentType string, size int64, body io.Reader) ([]byte, error) {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: w.m.Made, Format: tar.FormatPAX}
	if contentType != "" {
		h.PAXRecords = map[string]string{typeRecord: contentType}
	}
	if err := w.tar.WriteHeader(h); err != nil {
		return nil, err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(w.tar, sum), io.LimitReader(body, size))
	if err == nil && n < size {
		err = fmt.Errorf("%s has %d bytes, where %d were due", name, n, size)
	}
	if err != nil {
		return nil, err
	}
	if w.add(name, sum.Sum(nil)); w.lines == sumsEach {
		err = w.sumUp()
	}
	return sum.Sum(nil), err
}

// sumUp writes the digests that are held.
func (w *Writer) sumUp() error {
	if w.lines == 0 {
		return nil
	}
	w.parts++
	err := w.small(fmt.Sprintf("%s%06d", sums, w.parts), w.pending.Bytes())
	w.all.Write(w.pending.Bytes())
	w.pending.Reset()
	w.lines = 0
	return err
}

func (w *Writer) small(name string, data []byte) error {
	err := w.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(data)), Mode: 0o600, ModTime: w.m.Made, Format: tar.FormatPAX})
	if err == nil {
		_, err = w.tar.Write(data)
	}
	return err
}

// Close ends the archive, which is good only after that.
func (w *Writer) Close() (Manifest, error) {
	err := w.flush()
	if err == nil {
		err = w.sumUp()
	}
	w.m.Sums = hex.EncodeToString(w.all.Sum(nil))
	if err == nil {
		var text []byte
		if text, err = json.MarshalIndent(w.m, "", "  "); err == nil {
			err = w.small(manifest, append(text, '\n'))
		}
	}
	return w.m, errors.Join(err, w.tar.Close(), w.zip.Close())
}

// Damaged is an archive that is not what was written.
type Damaged struct{ What string }

func (d *Damaged) Error() string { return "the archive is damaged: " + d.What }

func damaged(format string, args ...any) error { return &Damaged{fmt.Sprintf(format, args...)} }

// Read yields what an archive has, in the order in which it was written. The bytes of a
// file can be read until the next entry. An error ends it, also when at the end a digest
// is wrong: what came before is good only if there was none. With done, what is in the
// manifest is handed to it then.
func Read(r io.Reader, done func(Manifest)) iter.Seq2[core.BackupEntry, error] {
	return func(yield func(core.BackupEntry, error) bool) {
		zip, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(window), zstd.WithDecoderConcurrency(1))
		if err != nil {
			yield(core.BackupEntry{}, err)
			return
		}
		defer zip.Close()
		a := &reader{zip: zip, tar: tar.NewReader(zip), yield: yield, digests: newDigests()}
		m, err := a.run()
		switch {
		case a.left:
		case err != nil:
			yield(core.BackupEntry{}, err)
		case done != nil:
			done(m)
		}
	}
}

type reader struct {
	zip   io.Reader
	tar   *tar.Reader // of zip
	yield func(core.BackupEntry, error) bool
	left  bool // by the caller
	m     Manifest
	digests
}

func (a *reader) run() (m Manifest, err error) {
	for {
		h, err := a.tar.Next()
		if err == io.EOF {
			return m, damaged("it ends before its manifest")
		}
		if err != nil {
			return m, broken(err)
		}
		if h.Typeflag != tar.TypeReg || path.Clean(h.Name) != h.Name {
			return m, damaged("it has an entry %q", h.Name)
		}
		switch {
		case strings.HasPrefix(h.Name, documents):
			err = a.documents(h)
		case strings.HasPrefix(h.Name, files):
			err = a.file(h)
		case strings.HasPrefix(h.Name, sums):
			err = a.compare(h)
		case h.Name == manifest:
			return a.end()
		default:
			err = damaged("it has an entry %q", h.Name)
		}
		if err != nil || a.left {
			return m, err
		}
		if a.lines > sumsEach {
			return m, damaged("digests are missing")
		}
	}
}

// documents yields those of one entry.
func (a *reader) documents(h *tar.Header) error {
	coll, _, ok := strings.Cut(strings.TrimPrefix(h.Name, documents), "/")
	if !ok || coll == "" || h.Size > mostBytes {
		return damaged("it has an entry %q of %d bytes", h.Name, h.Size)
	}
	sum := sha256.New()
	in := bufio.NewReader(io.TeeReader(a.tar, sum))
	for {
		head, err := in.Peek(4)
		if err == io.EOF && len(head) == 0 {
			break
		}
		size := 0
		if err == nil {
			size = int(binary.LittleEndian.Uint32(head))
		}
		if err == nil && (size < 5 || int64(size) > h.Size) {
			err = damaged("a document of %d bytes in %s", size, h.Name)
		}
		doc := make([]byte, size)
		if err == nil {
			_, err = io.ReadFull(in, doc)
		}
		if err != nil {
			return broken(err)
		}
		a.m.Documents++
		if !a.yield(core.BackupEntry{Coll: coll, Doc: doc}, nil) {
			a.left = true
			return nil
		}
	}
	a.add(h.Name, sum.Sum(nil))
	return nil
}

func (a *reader) file(h *tar.Header) error {
	sum := sha256.New()
	body := io.TeeReader(a.tar, sum)
	a.m.Files++
	if !a.yield(core.BackupEntry{Key: strings.TrimPrefix(h.Name, files), ContentType: h.PAXRecords[typeRecord], Size: h.Size, Body: body}, nil) {
		a.left = true
		return nil
	}
	if _, err := io.Copy(io.Discard, body); err != nil { // what the caller has left
		return broken(err)
	}
	a.add(h.Name, sum.Sum(nil))
	return nil
}

// compare holds the entries since the last digests against these.
func (a *reader) compare(h *tar.Header) error {
	a.parts++
	if want := fmt.Sprintf("%s%06d", sums, a.parts); h.Name != want {
		return damaged("%s stands where %s is due", h.Name, want)
	}
	want, err := io.ReadAll(io.LimitReader(a.tar, int64(a.pending.Len())+1))
	if err != nil {
		return broken(err)
	}
	if !bytes.Equal(want, a.pending.Bytes()) {
		return damaged("entries do not have the digests of %s", h.Name)
	}
	a.all.Write(want)
	a.pending.Reset()
	a.lines = 0
	return nil
}

// end reads the manifest, which nothing follows.
func (a *reader) end() (m Manifest, err error) {
	text, err := io.ReadAll(io.LimitReader(a.tar, 1<<16))
	if err != nil {
		return m, broken(err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, damaged("its manifest: %v", err)
	}
	if m.Format > format {
		return m, fmt.Errorf("the archive has the format %d; this program reads %d", m.Format, format)
	}
	if a.lines > 0 || m.Documents != a.m.Documents || m.Files != a.m.Files || m.Format < 1 || m.Sums != hex.EncodeToString(a.all.Sum(nil)) {
		return m, damaged("it has not what its manifest says")
	}
	_, err = a.tar.Next()
	if err == io.EOF {
		_, err = io.ReadFull(a.zip, make([]byte, 1))
	}
	if err != io.EOF {
		return m, damaged("something follows its manifest")
	}
	return m, nil
}

// broken is an error of one of the formats.
func broken(err error) error {
	var known *Damaged
	if errors.As(err, &known) {
		return err
	}
	return damaged("%v", err)
}
