package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// png walks over the chunks of a PNG or APNG file (W3C PNG, third edition).
func (w *walk) png() {
	if w.take(8) == nil {
		return
	}
	for {
		head := w.peek(8)
		if head == nil {
			return
		}
		n, kind := int64(binary.BigEndian.Uint32(head)), string(head[4:])
		var ok bool
		switch {
		case kind == "IHDR" && n >= 8:
			if b := w.peek(16); b != nil {
				w.size(int(binary.BigEndian.Uint32(b[8:])), int(binary.BigEndian.Uint32(b[12:])))
			}
			ok = w.skip(n + 12)
		case kind == "eXIf" && n <= maxBlock:
			b := w.take(int(n) + 12)
			if ok = b != nil; ok && w.exif(b[8:8+n]) {
				binary.BigEndian.PutUint32(b[8+n:], crc32.ChecksumIEEE(b[4:8+n]))
			}
		case !w.clean:
			ok = w.skip(n + 12)
		case kind == "eXIf":
			ok = w.eraseChunk(n)
		case kind == "tEXt" || kind == "zTXt" || kind == "iTXt":
			ok = w.textChunk(kind, n)
		default:
			ok = w.skip(n + 12)
		}
		if !ok {
			return
		}
	}
}

// textChunk cleans a chunk of text by its keyword.
func (w *walk) textChunk(kind string, n int64) bool {
	const longest = 79 // bytes of a keyword
	b := w.peek(8 + int(min(n, longest+3)))
	if b == nil {
		return false
	}
	keyword, after, _ := bytes.Cut(b[8:], []byte{0})
	name := string(keyword)
	profile, isProfile := strings.CutPrefix(name, "Raw profile type ")
	switch {
	case isProfile && !strings.EqualFold(profile, "iptc") && !strings.EqualFold(profile, "icc"), private(localName(name)):
		return w.eraseChunk(n)
	case kind != "iTXt" || name != "XML:com.adobe.xmp":
		return w.skip(n + 12)
	case len(after) > 0 && after[0] != 0: // compressed
		return w.eraseChunk(n)
	}
	x := &xmp{}
	return w.rewriteChunk(func() bool { return w.scrub(x, n) }, func() bool { return x.changed })
}

// eraseChunk makes a chunk of zeros out of one, of a private type that nobody
// knows and everybody may copy.
func (w *walk) eraseChunk(n int64) bool {
	copy(w.peek(8)[4:], "skIp")
	w.cleaned = true
	return w.rewriteChunk(func() bool { return w.eraseNext(n) }, func() bool { return true })
}

// rewriteChunk lets a chunk pass, and gives it the checksum of what pass left of it
// when that changed.
func (w *walk) rewriteChunk(pass, changed func() bool) bool {
	w.sum = crc32.NewIEEE()
	w.sum.Write(w.take(8)[4:])
	ok := pass()
	sum := w.sum.Sum32()
	w.sum = nil
	b := w.take(4)
	if !ok || b == nil {
		return false
	}
	if changed() {
		binary.BigEndian.PutUint32(b, sum)
	}
	return true
}
