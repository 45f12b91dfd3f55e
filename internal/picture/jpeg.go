package picture

import (
	"bytes"
	"encoding/binary"
)

// jpeg walks over the segments of a JPEG file (ITU-T T.81, annex B), and over those
// of the further images that cameras put behind the first.
func (w *walk) jpeg() {
	var extended xmp
	images := 0
	for {
		m, ok := w.marker()
		if !ok || !w.clean && w.width > 0 && w.height > 0 {
			return
		}
		switch {
		case m == 0xd8: // SOI
			images++
			continue
		case m == 0xd9: // EOI
			if !w.nextImage() {
				return
			}
			continue
		case m == 0x01, m >= 0xd0 && m <= 0xd7: // TEM, RST: no length
			continue
		}
		head := w.peek(2)
		if head == nil {
			return
		}
		n := int(binary.BigEndian.Uint16(head))
		if n < 2 {
			continue
		}
		switch {
		case m >= 0xc0 && m <= 0xcf && m != 0xc4 && m != 0xc8 && m != 0xcc && n >= 7: // SOF
			if b := w.peek(7); b != nil && images <= 1 && w.width == 0 {
				w.height, w.width = int(binary.BigEndian.Uint16(b[3:])), int(binary.BigEndian.Uint16(b[5:]))
			}
		case m == 0xdc && n == 4: // DNL tells a height that SOF left open
			if b := w.peek(4); b != nil && images <= 1 && w.height == 0 {
				w.height = int(binary.BigEndian.Uint16(b[2:]))
			}
		case m == 0xe1:
			b := w.take(n)
			if b == nil {
				return
			}
			w.app1(b[2:], images, &extended)
			continue
		case w.clean && m >= 0xe3 && m <= 0xef && m != 0xeb && m != 0xed && m != 0xee:
			// APP2 (ICC, MPF), APP11 (JPEG XT), APP13 (captions) and APP14 (Adobe)
			// say how to show the image, or what people wrote of it. The others are
			// of makers and programs.
			if w.take(2) == nil || !w.eraseNext(int64(n-2)) {
				return
			}
			continue
		}
		if !w.skip(int64(n)) {
			return
		}
	}
}

// app1 looks at a segment of Exif or XMP.
func (w *walk) app1(b []byte, images int, extended *xmp) {
	const (
		exif     = "Exif\x00"
		standard = "http://ns.adobe.com/xap/1.0/\x00"
		further  = "http://ns.adobe.com/xmp/extension/\x00"
	)
	switch {
	case bytes.HasPrefix(b, []byte(exif)) && len(b) > len(exif):
		known := w.orientation
		w.exif(b[len(exif)+1:])
		if images > 1 || w.width > 0 { // of another image, or behind the frame
			w.orientation = known
		}
	case !w.clean:
	case bytes.HasPrefix(b, []byte(standard)):
		x := &xmp{}
		x.scan(b[len(standard):], true)
		w.cleaned = w.cleaned || x.changed
	case bytes.HasPrefix(b, []byte(further)) && len(b) > len(further)+40: // GUID, length, offset
		extended.scan(b[len(further)+40:], true)
		w.cleaned = w.cleaned || extended.changed
	default:
		w.erase(b)
	}
}

// marker goes behind the next marker, over entropy-coded data and over bytes that
// should not be there, as decoders do.
func (w *walk) marker() (byte, bool) {
	for {
		b := w.peek(2)
		if b == nil {
			return 0, false
		}
		b = w.buf[w.pos:]
		i := bytes.IndexByte(b[:len(b)-1], 0xff)
		switch {
		case i < 0:
			w.pos += len(b) - 1
		case b[i+1] == 0xff: // fill
			w.pos += i + 1
		case b[i+1] == 0: // a stuffed byte
			w.pos += i + 2
		default:
			w.pos += i + 2
			return b[i+1], true
		}
	}
}

// nextImage goes to what begins like an image behind the end of one.
func (w *walk) nextImage() bool {
	for {
		if w.peek(3) == nil {
			return false
		}
		b := w.buf[w.pos:]
		i := bytes.Index(b, []byte{0xff, 0xd8, 0xff})
		if i >= 0 {
			w.pos += i
			return true
		}
		w.pos += len(b) - 2
	}
}
