// Package picture reads the size of images, as a viewer shows them, and removes
// where and with which device they were taken. It looks at the containers only
// and decodes no pixel: JPEG, PNG and APNG, WebP, GIF, BMP, TIFF, HEIF with HEIC
// and AVIF.
//
// What it removes is overwritten where it stands, so that a file keeps its length,
// its pixels, its colours and its orientation, and nothing in it has to be moved:
//
//   - of Exif (CIPA DC-008): the GPS directory, the serial numbers of camera and
//     lens, and what the maker alone can read, which holds more of them;
//   - of XMP (ISO 16684): properties of positions and serial numbers, by name;
//   - segments of JPEG that are the maker's own, and raw profiles in the texts of PNG.
//
// A file is looked at while it passes, by [NewReader]. What tells about bytes that
// have passed already, as a TIFF directory at the end of the file, is found by
// [Inspect] when the file is stored. The work is linear in the size of the file,
// the memory bounded by maxBlock.
package picture

import (
	"io"
	"iter"
)

// maxBlock bounds what is held in memory of a file. Metadata in one piece that is
// larger is overwritten as a whole where it is to be cleaned.
const maxBlock = 1 << 20

// Info is what was found of an image.
type Info struct {
	// Width and Height are in pixels, as a viewer shows the image: turned and cut
	// as it says itself. Both are 0 when they were not found.
	Width, Height int
	// Cleaned: something was overwritten.
	Cleaned bool
	// Partial: there is more metadata than is looked at, so that what is private in it
	// may remain when the image is cleaned.
	Partial bool
	// Again: what is to be known stands in front of what tells where it is. Ask
	// Inspect when the file is stored.
	Again bool
}

// walkers see a file as it passes, by media type.
var walkers = map[string]func(*walk){
	"image/jpeg":          (*walk).jpeg,
	"image/png":           (*walk).png,
	"image/apng":          (*walk).png,
	"image/webp":          (*walk).webp,
	"image/gif":           (*walk).gif,
	"image/bmp":           (*walk).bmp,
	"image/tiff":          func(w *walk) { w.again = true },
	"image/heic":          (*walk).heif,
	"image/heif":          (*walk).heif,
	"image/heic-sequence": (*walk).heif,
	"image/heif-sequence": (*walk).heif,
	"image/avif":          (*walk).heif,
}

// Known reports whether files of a media type are looked at; others pass as they
// are.
func Known(mediaType string) bool { return walkers[mediaType] != nil }

// Reader hands on an image and looks at it, see [NewReader].
type Reader struct {
	walk  *walk
	next  func() ([]byte, bool)
	stop  func()
	chunk []byte
}

// NewReader reads an image of a media type from r, and cleans it on the way when
// asked to. Close it.
func NewReader(r io.Reader, mediaType string, clean bool) *Reader {
	w := &walk{stream: stream{src: r, buf: make([]byte, 0, window)}, clean: clean}
	next, stop := iter.Pull(func(yield func([]byte) bool) {
		w.yield = yield
		if look := walkers[mediaType]; look != nil {
			look(w)
		}
		w.rest()
	})
	return &Reader{walk: w, next: next, stop: stop}
}

// Read implements [io.Reader]. The error is that of the reader below, as it is.
func (r *Reader) Read(p []byte) (int, error) {
	for len(r.chunk) == 0 {
		var more bool
		if r.chunk, more = r.next(); !more {
			return 0, r.walk.err
		}
	}
	n := copy(p, r.chunk)
	r.chunk = r.chunk[n:]
	return n, nil
}

// Close ends the reading; the reader below stays open.
func (r *Reader) Close() error {
	r.stop()
	return nil
}

// Info is what was found; complete at the end of the file.
func (r *Reader) Info() Info {
	w := r.walk
	width, height := w.width, w.height
	if w.orientation >= 5 && w.orientation <= 8 { // Exif: rows are columns
		width, height = height, width
	}
	return info(width, height, w.cleaned, w.again)
}

func info(width, height int, cleaned, again bool) Info {
	if width <= 0 || height <= 0 {
		width, height = 0, 0
	}
	return Info{Width: width, Height: height, Cleaned: cleaned, Again: again}
}

// walk is one pass over a file.
type walk struct {
	stream
	clean         bool
	width, height int
	orientation   int // of Exif, 0 when there is none
	cleaned       bool
	again         bool
}

// size keeps the first size that is found.
func (w *walk) size(width, height int) {
	if w.width <= 0 || w.height <= 0 {
		w.width, w.height = width, height
	}
}

// exif looks at a whole block of Exif, which begins with its TIFF header.
func (w *walk) exif(b []byte) (changed bool) {
	d, edits := parseTIFF(sliceAt(b), int64(len(b)), w.clean)
	if w.orientation == 0 {
		w.orientation = d.orientation
	}
	for _, e := range edits {
		e.apply(b, 0)
	}
	w.cleaned = w.cleaned || len(edits) > 0
	if w.clean && d.partial { // nobody knows what else it tells
		return w.erase(b)
	}
	return len(edits) > 0
}

// erase overwrites b with zeros.
func (w *walk) erase(b []byte) (changed bool) {
	for i := range b {
		changed = changed || b[i] != 0
		b[i] = 0
	}
	w.cleaned = w.cleaned || changed
	return changed
}

// eraseNext lets n bytes pass as zeros.
func (w *walk) eraseNext(n int64) bool {
	return w.each(n, func(b []byte, _ bool) int { w.erase(b); return len(b) })
}

// scrub lets n bytes of XMP pass through x.
func (w *walk) scrub(x *xmp, n int64) bool {
	ok := w.each(n, x.scan)
	w.cleaned = w.cleaned || x.changed
	return ok
}

// Edit is a place in a file that is to be overwritten: with Data, or with Zeros
// zero bytes.
type Edit struct {
	Offset int64
	Data   []byte
	Zeros  int64
}

func (e Edit) end() int64 { return e.Offset + max(int64(len(e.Data)), e.Zeros) }

// apply overwrites what of b, which stands at offset in the file, is in e.
func (e Edit) apply(b []byte, offset int64) {
	from, to := max(e.Offset, offset), min(e.end(), offset+int64(len(b)))
	if from >= to {
		return
	}
	into := b[from-offset : to-offset]
	if e.Data != nil {
		copy(into, e.Data[from-e.Offset:])
	} else {
		clear(into)
	}
}

// Inspect looks at a stored image whose [Info] asks for it: the size, and what is to
// be overwritten when it is to be cleaned, in this order.
func Inspect(r io.ReaderAt, size int64, mediaType string, clean bool) (Info, []Edit) {
	if mediaType == "image/tiff" {
		d, edits := parseTIFF(r, size, clean)
		if d.orientation >= 5 && d.orientation <= 8 {
			d.width, d.height = d.height, d.width
		}
		found := info(d.width, d.height, len(edits) > 0, false)
		found.Partial = d.partial
		return found, edits
	}
	return inspectHEIF(r, size, clean)
}

// Apply reads a file from r with the edits of Inspect.
func Apply(r io.Reader, edits []Edit) io.Reader { return &patched{r: r, edits: edits} }

type patched struct {
	r      io.Reader
	edits  []Edit
	offset int64
}

func (p *patched) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	for _, e := range p.edits {
		e.apply(b[:n], p.offset)
	}
	p.offset += int64(n)
	return n, err
}
