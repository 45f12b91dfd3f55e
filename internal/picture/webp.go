package picture

import (
	"bytes"
	"encoding/binary"
)

// webp walks over the chunks of a WebP file (RFC 9649).
func (w *walk) webp() {
	if w.take(12) == nil {
		return
	}
	for {
		head := w.take(8)
		if head == nil {
			return
		}
		kind, n := string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:]))
		padded := n + n&1
		switch {
		case kind == "VP8X" && n >= 10:
			if b := w.peek(10); b != nil {
				w.size(1+int(b[4])+int(b[5])<<8+int(b[6])<<16, 1+int(b[7])+int(b[8])<<8+int(b[9])<<16)
			}
		case kind == "VP8 " && n >= 10:
			if b := w.peek(10); b != nil && bytes.Equal(b[3:6], []byte{0x9d, 0x01, 0x2a}) {
				w.size(int(binary.LittleEndian.Uint16(b[6:]))&0x3fff, int(binary.LittleEndian.Uint16(b[8:]))&0x3fff)
			}
		case kind == "VP8L" && n >= 5:
			if b := w.peek(5); b != nil && b[0] == 0x2f {
				bits := binary.LittleEndian.Uint32(b[1:])
				w.size(1+int(bits&0x3fff), 1+int(bits>>14&0x3fff))
			}
		case kind == "EXIF" && n <= maxBlock:
			b := w.take(int(n))
			if b == nil {
				return
			}
			w.exif(bytes.TrimPrefix(b, []byte("Exif\x00\x00")))
			padded -= n
		case !w.clean:
		case kind == "EXIF":
			if !w.eraseNext(n) {
				return
			}
			padded -= n
		case kind == "XMP ":
			if !w.scrub(&xmp{}, n) {
				return
			}
			padded -= n
		}
		if !w.skip(padded) {
			return
		}
	}
}
