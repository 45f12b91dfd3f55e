package picture

import (
	"encoding/binary"
	"io"
	"slices"
)

// Tags of TIFF 6.0, Exif (CIPA DC-008) and DNG.
const (
	tagWidth       = 0x0100
	tagHeight      = 0x0101
	tagOrientation = 0x0112
	tagSubIFDs     = 0x014a
	tagXMP         = 0x02bc
	tagExif        = 0x8769
	tagGPS         = 0x8825
	tagMakerNote   = 0x927c
	tagBodySerial  = 0xa431
	tagLensSerial  = 0xa435
	tagCamera      = 0xc62f // CameraSerialNumber
	tagPrivate     = 0xc634 // DNGPrivateData, with a maker's note
)

const (
	// maxDirectories and maxEntries bound what one file is looked at for; photos
	// have five directories with 60 entries together, a page of a scan one of 20.
	maxDirectories = 4096
	maxEntries     = 1 << 16
	// maxScanned bounds the metadata that is read to overwrite a part of it, and the
	// memory that takes. What is beyond goes as a whole.
	maxScanned = 8 * maxBlock
)

// tiff is a TIFF file, or a block of Exif, which has its form. BigTIFF is the same
// with wider numbers.
type tiff struct {
	r     io.ReaderAt
	size  int64
	clean bool
	order binary.ByteOrder
	big   bool

	width, height, orientation int

	seen    map[int64]bool // directories, by their offset
	reached int            // of them
	entries int
	queue   []pointer
	packets map[int64]int64 // of XMP: offset and length
	scanned int64           // bytes of them
	dirs    []Edit          // as they are to be
	blank   []Edit          // values that go
	xmp     []Edit
	dirty   bool
	partial bool // there is more than the bounds allow
}

// pointer leads to a directory.
type pointer struct {
	offset int64
	kind   directory
}

type directory uint8

const (
	mainDir directory = iota // the chain that the header begins
	subDir                   // SubIFDs and Exif
	gpsDir                   // goes as a whole
)

// parseTIFF reads the directories of a file, and what is to be overwritten in it.
func parseTIFF(r io.ReaderAt, size int64, clean bool) (*tiff, []Edit) {
	t := &tiff{r: r, size: size, clean: clean, seen: map[int64]bool{}, packets: map[int64]int64{}}
	t.header()
	for len(t.queue) > 0 {
		p := t.queue[0]
		t.queue = t.queue[1:]
		t.reached++
		t.directory(p)
	}
	if !t.dirty {
		return t, nil
	}
	// The directories last, so that a value that overlaps one does not harm it.
	return t, slices.Concat(merge(t.blank), t.xmp, t.dirs)
}

func (t *tiff) header() {
	b := t.read(0, 16)
	if len(b) < 8 {
		return
	}
	switch string(b[:2]) {
	case "II":
		t.order = binary.LittleEndian
	case "MM":
		t.order = binary.BigEndian
	default:
		return
	}
	switch magic := t.order.Uint16(b[2:]); {
	case magic == 42:
		t.follow(int64(t.order.Uint32(b[4:])), mainDir)
	case magic == 43 && len(b) == 16 && t.order.Uint16(b[4:]) == 8:
		t.big = true
		t.follow(int64(t.order.Uint64(b[8:])), mainDir)
	}
}

func (t *tiff) follow(offset int64, kind directory) {
	switch {
	case offset < 8 || offset >= t.size || t.seen[offset]:
	case len(t.seen) == maxDirectories:
		t.partial = true
	default:
		t.seen[offset] = true
		t.queue = append(t.queue, pointer{offset, kind})
	}
}

// read is up to n bytes at offset, fewer at the end of the file.
func (t *tiff) read(offset int64, n int) []byte {
	n = int(min(int64(n), t.size-offset))
	if offset < 0 || n <= 0 {
		return nil
	}
	b := make([]byte, n)
	if read, err := t.r.ReadAt(b, offset); err != nil && err != io.EOF || read < n {
		return nil
	}
	return b
}

// directory reads one directory: a count, entries of one length, and a pointer to
// the next.
func (t *tiff) directory(p pointer) {
	head, entry, link := 2, 12, 4
	if t.big {
		head, entry, link = 8, 20, 8
	}
	b := t.read(p.offset, head)
	if len(b) < head {
		return
	}
	count := uint64(t.order.Uint16(b))
	if t.big {
		count = t.order.Uint64(b)
	}
	if count > uint64(maxEntries-t.entries) {
		// Only what is in the file can tell anything.
		t.partial = t.partial || count <= uint64(t.size-p.offset)/uint64(entry)
		return
	}
	n := int(count)
	t.entries += n
	b = t.read(p.offset, head+n*entry+link) // some writers leave the link out
	if len(b) < head+n*entry {
		return
	}
	kept := slices.Clone(b[:head])
	dropped := 0
	for i := range n {
		e := b[head+i*entry:][:entry]
		if drop := t.entry(e, p.kind); drop && t.clean {
			dropped++
		} else {
			kept = append(kept, e...)
		}
	}
	if next := b[head+n*entry:]; len(next) == link && p.kind != gpsDir {
		if t.big {
			t.follow(int64(t.order.Uint64(next)), p.kind)
		} else {
			t.follow(int64(t.order.Uint32(next)), p.kind)
		}
	}
	if !t.clean {
		return
	}
	if p.kind == gpsDir {
		t.blank = append(t.blank, Edit{Offset: p.offset, Zeros: int64(len(b))})
		return
	}
	if dropped > 0 {
		t.dirty = true
		if t.big {
			t.order.PutUint64(kept, uint64(n-dropped))
		} else {
			t.order.PutUint16(kept, uint16(n-dropped))
		}
	}
	kept = append(kept, b[head+n*entry:]...)
	t.dirs = append(t.dirs, Edit{Offset: p.offset, Data: append(kept, make([]byte, len(b)-len(kept))...)})
}

// entry looks at one entry of a directory: tag, type, count, and the value or where
// it is.
func (t *tiff) entry(e []byte, kind directory) (drop bool) {
	tag, format := t.order.Uint16(e), t.order.Uint16(e[2:])
	var count, offset uint64
	inline := 4
	if t.big {
		count, offset, inline = t.order.Uint64(e[4:]), t.order.Uint64(e[12:]), 8
	} else {
		count, offset = uint64(t.order.Uint32(e[4:])), uint64(t.order.Uint32(e[8:]))
	}
	value := e[len(e)-inline:]
	var width uint64 = 1
	switch format {
	case 3, 8: // SHORT, SSHORT
		width = 2
	case 4, 9, 11, 13: // LONG, SLONG, FLOAT, IFD
		width = 4
	case 5, 10, 12, 16, 17, 18: // RATIONAL, SRATIONAL, DOUBLE, LONG8, SLONG8, IFD8
		width = 8
	}
	long := count > uint64(t.size) || count*width > uint64(inline)
	span := Edit{Offset: int64(min(offset, uint64(t.size)))}
	span.Zeros = int64(min(min(count, uint64(t.size))*width, uint64(t.size-span.Offset)))

	if kind == gpsDir {
		if long {
			t.blank = append(t.blank, span)
		}
		return true
	}
	number := func() int {
		switch format {
		case 1:
			return int(value[0])
		case 3:
			return int(t.order.Uint16(value))
		case 16:
			if !t.big {
				return 0
			}
			return int(min(t.order.Uint64(value[:inline]), 1<<31-1))
		default:
			return int(min(t.order.Uint32(value), 1<<31-1))
		}
	}
	first := kind == mainDir && t.reached == 1
	switch tag {
	case tagWidth:
		if first {
			t.width = number()
		}
	case tagHeight:
		if first {
			t.height = number()
		}
	case tagOrientation:
		if first {
			t.orientation = number()
		}
	case tagExif:
		t.follow(int64(min(offset, uint64(t.size))), subDir)
	case tagSubIFDs:
		t.subIFDs(span, count, width, long, value)
	case tagGPS:
		t.follow(span.Offset, gpsDir)
		return true
	case tagMakerNote, tagBodySerial, tagLensSerial, tagCamera, tagPrivate:
		if long {
			t.blank = append(t.blank, span)
		}
		return true
	case tagXMP:
		if t.clean && long {
			t.packet(span)
		}
	}
	return false
}

// subIFDs follows a list of directories.
func (t *tiff) subIFDs(span Edit, count, width uint64, long bool, value []byte) {
	if width != 4 && width != 8 {
		return
	}
	if long {
		n := min(count, uint64(maxEntries-t.entries))
		t.entries += int(n)
		t.partial = t.partial || n < count
		value = t.read(span.Offset, int(n*width))
	} else {
		value = value[:count*width]
	}
	for ; len(value) >= int(width); value = value[width:] {
		offset := uint64(t.order.Uint32(value))
		if width == 8 {
			offset = t.order.Uint64(value)
		}
		t.follow(int64(min(offset, uint64(t.size))), subDir)
	}
}

// packet cleans the XMP at span.
func (t *tiff) packet(span Edit) {
	if t.packets[span.Offset] >= span.Zeros {
		return
	}
	t.packets[span.Offset] = span.Zeros
	if t.scanned += min(span.Zeros, maxBlock); span.Zeros > maxBlock || t.scanned > maxScanned {
		t.blank, t.dirty = append(t.blank, span), true
		return
	}
	b := t.read(span.Offset, int(span.Zeros))
	x := &xmp{}
	if x.scan(b, true); x.changed {
		t.xmp, t.dirty = append(t.xmp, Edit{Offset: span.Offset, Data: b}), true
	}
}

// merge joins places that overlap, so that a file that names one a thousand times
// costs no more than one that names it once.
func merge(edits []Edit) []Edit {
	slices.SortFunc(edits, func(a, b Edit) int {
		if a.Offset < b.Offset {
			return -1
		} else if a.Offset > b.Offset {
			return 1
		}
		return 0
	})
	var out []Edit
	for _, e := range edits {
		if last := len(out) - 1; last >= 0 && e.Offset <= out[last].end() {
			out[last].Zeros = max(out[last].end(), e.end()) - out[last].Offset
		} else if e.Zeros > 0 {
			out = append(out, e)
		}
	}
	return out
}

// sliceAt is a block in memory as an [io.ReaderAt].
type sliceAt []byte

func (s sliceAt) ReadAt(p []byte, offset int64) (int, error) {
	if offset >= int64(len(s)) {
		return 0, io.EOF
	}
	n := copy(p, s[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
