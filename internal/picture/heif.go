package picture

import (
	"cmp"
	"encoding/binary"
	"io"
	"math"
	"slices"
)

// xmpUUID is the type of a box of XMP in files of the ISO base media format.
const xmpUUID = "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"

// heif walks over the boxes of a HEIF file (ISO/IEC 23008-12), HEIC and AVIF among
// them. The box meta says where its items are, which stand in front of it or behind.
func (w *walk) heif() {
	var plan []extent // of metadata, in the order of the file
	found := false
	// pass goes to the position end, over what plan has on the way.
	pass := func(end int64) bool {
		for len(plan) > 0 && plan[0].offset < end {
			e := plan[0]
			plan = plan[1:]
			switch at := w.at(); {
			case e.offset < at: // it overlaps the one before
				w.again = true
			case !w.skip(e.offset-at) || !w.metadata(e):
				return false
			}
		}
		return w.at() >= end || w.skip(end-w.at())
	}
	for {
		head := w.peek(8)
		if head == nil {
			return
		}
		long := w.peek(16)
		box, ok := readBox(head, long)
		if !ok {
			return
		}
		end := int64(math.MaxInt64)
		if start := w.at(); box.size < end-start {
			end = start + box.size
		}
		switch whole := box.size <= maxBlock; {
		case box.kind == "meta" && found: // there is one in a file
		case box.kind == "meta" && whole:
			found = true
			start := w.at()
			b := w.take(int(box.size))
			if b == nil {
				return
			}
			m := parseMeta(b[box.head:])
			w.size(m.width, m.height)
			if !w.clean {
				return
			}
			w.again = w.again || m.partial
			for _, e := range m.extents {
				switch {
				case e.inBox:
					if from := e.offset + box.head; from+e.length <= int64(len(b)) {
						w.metadataIn(b[from:from+e.length], e)
					}
				case e.offset < start:
					w.again = true
				default:
					plan = append(plan, e)
				}
			}
			slices.SortFunc(plan, func(a, b extent) int { return cmp.Compare(a.offset, b.offset) })
		case box.kind == "meta":
			found, w.again = true, true
		case box.kind == "moov" && whole && w.width <= 0: // a sequence may have no still image
			b := w.take(int(box.size))
			if b == nil {
				return
			}
			w.size(trackSize(b[box.head:]))
		case box.kind == "uuid" && w.clean && box.size >= box.head+16:
			if b := w.peek(int(box.head) + 16); b != nil && string(b[box.head:]) == xmpUUID && end != math.MaxInt64 {
				if !w.scrub(&xmp{}, box.size) {
					return
				}
			}
		}
		if !pass(end) {
			return
		}
	}
}

// metadata cleans the extent at hand.
func (w *walk) metadata(e extent) bool {
	switch {
	case e.kind == isXMP:
		return w.scrub(&xmp{}, e.length)
	case e.length > maxBlock:
		return w.eraseNext(e.length)
	}
	b := w.take(int(e.length))
	if b != nil {
		w.metadataIn(b, e)
	}
	return b != nil
}

// metadataIn cleans metadata that is at hand as a whole. The Exif of an item does
// not turn the image: the property irot does.
func (w *walk) metadataIn(b []byte, e extent) {
	switch {
	case e.kind == isXMP:
		x := &xmp{}
		x.scan(b, true)
		w.cleaned = w.cleaned || x.changed
	case !e.whole:
		w.erase(b)
	case len(b) >= 4: // where the TIFF header is
		if skip := int64(binary.BigEndian.Uint32(b)); skip < int64(len(b)-4) {
			w.exif(b[4+skip:])
			w.orientation = 0
		}
	}
}

// inspectHEIF is heif for a stored file.
func inspectHEIF(r io.ReaderAt, size int64, clean bool) (Info, []Edit) {
	var found Info
	var edits []Edit
	read := func(offset, n int64) []byte {
		if offset < 0 || n <= 0 || n > maxBlock || n > size-offset {
			return nil
		}
		b := make([]byte, n)
		if n, err := r.ReadAt(b, offset); n < len(b) && err != nil {
			return nil
		}
		return b
	}
	const maxBoxes = 1000
	at, held, partial := int64(0), int64(0), true
	for range maxBoxes {
		head := read(at, 8)
		if head == nil {
			break
		}
		box, ok := readBox(head, read(at, 16))
		if !ok {
			break
		}
		if box.kind != "meta" {
			if box.size > size-at {
				break
			}
			at += box.size
			continue
		}
		b := read(at, min(box.size, size-at))
		if int64(len(b)) <= box.head {
			break
		}
		m := parseMeta(b[box.head:])
		found = info(m.width, m.height, false, false)
		partial = m.partial
		for _, e := range m.extents {
			if e.inBox || !clean {
				continue
			}
			if e.length = min(e.length, size-e.offset); e.offset >= size || e.length <= 0 {
				continue
			}
			if held += min(e.length, maxBlock); held > maxScanned {
				edits = append(edits, Edit{Offset: e.offset, Zeros: e.length})
				continue
			}
			edits = append(edits, cleanExtent(read, e)...)
		}
		break
	}
	found.Cleaned, found.Partial = len(edits) > 0, partial
	return found, edits
}

// cleanExtent is what is to be overwritten of an extent of metadata.
func cleanExtent(read func(offset, n int64) []byte, e extent) (edits []Edit) {
	b := read(e.offset, e.length)
	w := &walk{clean: true}
	switch {
	case b == nil: // larger than a block
		return []Edit{{Offset: e.offset, Zeros: e.length}}
	default:
		w.metadataIn(b, e)
	}
	if w.cleaned {
		edits = append(edits, Edit{Offset: e.offset, Data: b})
	}
	return edits
}

// box is the head of a box.
type box struct {
	kind       string
	head, size int64 // bytes of the head, and of all
}

// readBox reads the head of a box from its first 8 bytes, or 16 where there are as
// many.
func readBox(head, long []byte) (box, bool) {
	b := box{kind: string(head[4:8]), head: 8, size: int64(binary.BigEndian.Uint32(head))}
	switch {
	case b.size == 0: // to the end of the file
		b.size = math.MaxInt64
	case b.size == 1 && len(long) == 16:
		b.head, b.size = 16, int64(binary.BigEndian.Uint64(long[8:])&math.MaxInt64)
	}
	return b, b.size >= b.head
}

// boxes calls each for the boxes in b, until it returns false.
func boxes(b []byte, each func(kind string, content []byte, offset int64) bool) {
	for at := 0; len(b)-at >= 8; {
		var long []byte
		if len(b)-at >= 16 {
			long = b[at : at+16]
		}
		x, ok := readBox(b[at:at+8], long)
		if !ok || x.size > int64(len(b)-at) {
			return
		}
		if !each(x.kind, b[at+int(x.head):at+int(x.size)], int64(at)+x.head) {
			return
		}
		at += int(x.size)
	}
}

// extent is a place of metadata in a file, or in the box meta itself.
type extent struct {
	kind           itemKind
	offset, length int64
	inBox          bool
	whole          bool // the item is in one piece
}

type itemKind uint8

const (
	isExif itemKind = iota + 1
	isXMP
)

// meta is what a box meta says of the primary image and of metadata.
type meta struct {
	width, height int
	extents       []extent
	partial       bool // there are more extents
}

// parseMeta reads the content of a box meta.
func parseMeta(b []byte) (m meta) {
	if len(b) < 4 {
		return m
	}
	var (
		primary          uint64
		iloc, ipco, ipma []byte
		idat             int64 = -1
		items                  = map[uint64]itemKind{}
	)
	boxes(b[4:], func(kind string, c []byte, offset int64) bool {
		switch kind {
		case "pitm":
			r := reader{b: c}
			version, _ := r.full()
			primary = r.id(version > 0)
		case "iinf":
			r := reader{b: c}
			version, _ := r.full()
			r.id(version > 0) // how many
			boxes(r.b, func(kind string, c []byte, _ int64) bool {
				r := reader{b: c}
				version, _ := r.full()
				if kind != "infe" || version < 2 {
					return true
				}
				id := r.id(version > 2)
				r.uint(2) // protection
				switch name := string(r.bytes(4)); name {
				case "Exif":
					items[id] = isExif
				case "mime":
					r.text() // a name
					if r.text() == "application/rdf+xml" {
						items[id] = isXMP
					}
				}
				return true
			})
		case "iloc":
			iloc = c
		case "idat":
			idat = offset + 4
		case "iprp":
			boxes(c, func(kind string, c []byte, _ int64) bool {
				switch kind {
				case "ipco":
					ipco = c
				case "ipma":
					ipma = append(ipma, c...) // one in all but curious files
				}
				return true
			})
		}
		return true
	})
	m.width, m.height = shownSize(ipco, associations(ipma, primary))
	m.extents, m.partial = locate(iloc, items, idat)
	return m
}

// associations are the properties of an item, by their place in ipco from 1 on.
func associations(ipma []byte, item uint64) (list []uint64) {
	r := reader{b: ipma}
	version, flags := r.full()
	for n := r.uint(4); n > 0 && !r.short; n-- {
		id := r.id(version > 0)
		for k := r.uint(1); k > 0 && !r.short; k-- {
			index := r.uint(1) & 0x7f
			if flags&1 != 0 {
				index = index<<8 | r.uint(1)
			}
			if id == item && len(list) < 64 {
				list = append(list, index)
			}
		}
	}
	return list
}

// shownSize applies the properties of an image in their order: its extent, what is
// cut off, and how it is turned. A mirrored image has the same size.
func shownSize(ipco []byte, list []uint64) (width, height int) {
	for _, index := range list {
		n := uint64(0)
		boxes(ipco, func(kind string, c []byte, _ int64) bool {
			if n++; n != index {
				return n < index
			}
			r := reader{b: c}
			switch kind {
			case "ispe":
				r.full()
				if w, h := r.uint(4), r.uint(4); !r.short && w < 1<<31 && h < 1<<31 {
					width, height = int(w), int(h)
				}
			case "clap":
				wn, wd, hn, hd := r.uint(4), r.uint(4), r.uint(4), r.uint(4)
				if wd > 0 && hd > 0 && wn/wd > 0 && hn/hd > 0 && int(wn/wd) <= width && int(hn/hd) <= height {
					width, height = int((wn+wd/2)/wd), int((hn+hd/2)/hd)
				}
			case "irot":
				if r.uint(1)&1 == 1 { // quarters of a turn
					width, height = height, width
				}
			}
			return false
		})
	}
	return width, height
}

// locate reads where items are. The content of idat begins at that place of the box,
// behind its head.
func locate(iloc []byte, items map[uint64]itemKind, idat int64) (list []extent, partial bool) {
	const maxExtents = 1000
	r := reader{b: iloc}
	version, _ := r.full()
	sizes := r.uint(2)
	offsetSize, lengthSize, baseSize, indexSize := int(sizes>>12), int(sizes>>8&15), int(sizes>>4&15), int(sizes&15)
	if version == 0 {
		indexSize = 0
	}
	for n := r.id(version > 1); n > 0 && !r.short; n-- {
		id := r.id(version > 1)
		var method uint64
		if version > 0 {
			method = r.uint(2) & 15
		}
		r.uint(2) // in this file
		base := r.uint(baseSize)
		kind := items[id]
		extents := r.uint(2)
		if kind == 0 || lengthSize == 0 {
			r.bytes(int(extents) * (indexSize + offsetSize + lengthSize))
			continue
		}
		for k := uint64(0); k < extents && !r.short; k++ {
			if len(list) == maxExtents {
				return list, true
			}
			r.uint(indexSize)
			e := extent{kind: kind, whole: extents == 1, inBox: method == 1}
			offset := base + r.uint(offsetSize)
			length := r.uint(lengthSize)
			if method == 1 {
				if idat < 0 {
					continue
				}
				offset += uint64(idat)
			}
			if r.short || method > 1 || offset > math.MaxInt64/4 || length > math.MaxInt64/4 || length == 0 {
				continue
			}
			e.offset, e.length = int64(offset), int64(length)
			list = append(list, e)
		}
	}
	return list, false
}

// trackSize is the size of the first track with a picture in the content of a box
// moov (ISO/IEC 14496-12, tkhd).
func trackSize(moov []byte) (width, height int) {
	boxes(moov, func(kind string, c []byte, _ int64) bool {
		if kind != "trak" {
			return true
		}
		boxes(c, func(kind string, c []byte, _ int64) bool {
			r := reader{b: c}
			if version, _ := r.full(); kind != "tkhd" {
				return true
			} else if version == 1 {
				r.bytes(32)
			} else {
				r.bytes(20)
			}
			r.bytes(16)
			a, b := int32(r.uint(4)), int32(r.uint(4))
			r.bytes(28)
			width, height = int(r.uint(4)>>16), int(r.uint(4)>>16)
			if r.short {
				width, height = 0, 0
			} else if a == 0 && b != 0 { // a quarter of a turn
				width, height = height, width
			}
			return false
		})
		return width == 0
	})
	return width, height
}

// reader reads big-endian numbers; beyond the end it gives zeros and says so.
type reader struct {
	b     []byte
	short bool
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.b) || n < 0 {
		r.b, r.short = nil, true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// uint reads a number of n bytes, 0 to 8.
func (r *reader) uint(n int) (v uint64) {
	if n > 8 {
		r.short = true
	}
	for _, c := range r.bytes(n) {
		v = v<<8 | uint64(c)
	}
	return v
}

// full reads the head of a full box.
func (r *reader) full() (version, flags uint64) { return r.uint(1), r.uint(3) }

// id reads an item id, or a count, of 4 bytes or 2.
func (r *reader) id(wide bool) uint64 {
	if wide {
		return r.uint(4)
	}
	return r.uint(2)
}

// text reads to the next zero byte.
func (r *reader) text() string {
	for i, c := range r.b {
		if c == 0 {
			s := string(r.b[:i])
			r.b = r.b[i+1:]
			return s
		}
	}
	r.b, r.short = nil, true
	return ""
}
