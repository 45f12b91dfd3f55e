package picture

import "encoding/binary"

// gif walks over the blocks of a GIF file (GIF89a).
func (w *walk) gif() {
	b := w.take(13)
	if b == nil {
		return
	}
	w.size(int(binary.LittleEndian.Uint16(b[6:])), int(binary.LittleEndian.Uint16(b[8:])))
	if !w.colours(b[10]) {
		return
	}
	for w.clean || w.width <= 0 || w.height <= 0 {
		switch kind := w.take(1); {
		case kind == nil:
			return
		case kind[0] == 0x2c: // an image
			b := w.take(9)
			if b == nil {
				return
			}
			w.size(int(binary.LittleEndian.Uint16(b[4:])), int(binary.LittleEndian.Uint16(b[6:])))
			if !w.colours(b[8]) || w.take(1) == nil || !w.blocks(nil) {
				return
			}
		case kind[0] == 0x21: // an extension
			// XMP stands in its blocks as it is: what would be lengths are letters.
			var x *xmp
			if b := w.peek(13); w.clean && b != nil && string(b) == "\xff\x0bXMP DataXMP" {
				w.pos += 12
				x = &xmp{}
			}
			if w.take(1) == nil || !w.blocks(x) {
				return
			}
			if x != nil {
				w.cleaned = w.cleaned || x.changed
			}
		default:
			return
		}
	}
}

// colours goes over the colour table that flags announce.
func (w *walk) colours(flags byte) bool {
	return flags&0x80 == 0 || w.skip(3<<(flags&7+1))
}

// blocks goes over data in blocks, each behind its length, to the empty one.
func (w *walk) blocks(x *xmp) bool {
	for {
		b := w.peek(1)
		if b == nil {
			return false
		}
		n := int(b[0])
		if n == 0 {
			return w.take(1) != nil
		}
		if b = w.take(1 + n); b == nil {
			return false
		}
		if x != nil {
			x.scan(b, true)
		}
	}
}

// bmp reads the header of a BMP file. A negative height means that rows go down.
func (w *walk) bmp() {
	b := w.take(26)
	if b == nil {
		return
	}
	if binary.LittleEndian.Uint32(b[14:]) == 12 {
		w.size(int(binary.LittleEndian.Uint16(b[18:])), int(binary.LittleEndian.Uint16(b[20:])))
		return
	}
	height := int(int32(binary.LittleEndian.Uint32(b[22:])))
	w.size(int(int32(binary.LittleEndian.Uint32(b[18:]))), max(height, -height))
}
