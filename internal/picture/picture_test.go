package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"github.com/grapnel/grapnel/internal/picture"
)

// look passes a file through, and through the second look where it is asked for.
func look(t testing.TB, b []byte, mediaType string, clean bool) ([]byte, picture.Info) {
	t.Helper()
	r := picture.NewReader(bytes.NewReader(b), mediaType, clean)
	defer r.Close()
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	info := r.Info()
	if info.Again {
		again, edits := picture.Inspect(bytes.NewReader(out), int64(len(out)), mediaType, clean)
		for _, e := range edits {
			if e.Offset < 0 || e.Offset+max(int64(len(e.Data)), e.Zeros) > int64(len(out)) {
				t.Errorf("an edit of %d or %d bytes at %d of %d", len(e.Data), e.Zeros, e.Offset, len(out))
			}
		}
		if out, err = io.ReadAll(picture.Apply(iotest.HalfReader(bytes.NewReader(out)), edits)); err != nil {
			t.Fatal(err)
		}
		if info.Width == 0 {
			info.Width, info.Height = again.Width, again.Height
		}
		info.Cleaned, info.Partial = info.Cleaned || again.Cleaned, again.Partial
	}
	if len(out) != len(b) {
		t.Fatalf("%s: %d bytes became %d", mediaType, len(b), len(out))
	}
	if !bytes.Equal(out, b) && !info.Cleaned {
		t.Errorf("%s: it was changed and does not say so", mediaType)
	}
	return out, info
}

func canvas() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range m.Pix {
		m.Pix[i] = byte(i * 7)
	}
	for y := range 30 {
		m.Set(3, y, color.Black)
	}
	return m
}

func encoded(encode func(io.Writer, image.Image) error) []byte {
	var b bytes.Buffer
	if err := encode(&b, canvas()); err != nil {
		panic(err)
	}
	return b.Bytes()
}

var (
	plainJPEG = encoded(func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) })
	plainPNG  = encoded(png.Encode)
	plainGIF  = encoded(func(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) })
)

func be16(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }
func be32(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

func join(parts ...any) (b []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		case int:
			b = append(b, byte(p))
		}
	}
	return b
}

// exif is a block of Exif with an orientation, in either order of bytes.
func exif(order binary.AppendByteOrder, orientation int) []byte {
	b := []byte("MM\x00*\x00\x00\x00\x08")
	if order.String() == binary.LittleEndian.String() {
		b = []byte("II*\x00\x08\x00\x00\x00")
	}
	b = order.AppendUint16(b, 1)
	b = order.AppendUint16(b, 0x0112)
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, uint16(orientation))
	return append(b, 0, 0, 0, 0, 0, 0)
}

func segment(marker int, content ...any) []byte {
	c := join(content...)
	return join(0xff, marker, be16(len(c)+2), c)
}

// withSegments puts segments behind the SOI of a JPEG file.
func withSegments(segments ...any) []byte {
	return join(plainJPEG[:2], join(segments...), plainJPEG[2:])
}

func chunk(kind string, content ...any) []byte {
	c := join(content...)
	return join(be32(len(c)), kind, c, be32(int(crc32.ChecksumIEEE(join(kind, c)))))
}

// withChunks puts chunks behind the header of a PNG file.
func withChunks(chunks ...any) []byte { return join(plainPNG[:33], join(chunks...), plainPNG[33:]) }

func riff(kind string, content ...any) []byte {
	c := join(content...)
	b := append([]byte(kind), binary.LittleEndian.AppendUint32(nil, uint32(len(c)))...)
	if b = append(b, c...); len(c)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

func webpOf(chunks ...any) []byte { return riff("RIFF", "WEBP", join(chunks...)) }

// vp8x is the head of an extended WebP file of 40 x 30.
func vp8x() []byte { return riff("VP8X", 0x0c, 0, 0, 0, 39, 0, 0, 29, 0, 0) }

func box(kind string, content ...any) []byte {
	c := join(content...)
	return join(be32(len(c)+8), kind, c)
}

func full(kind string, content ...any) []byte {
	return box(kind, append([]any{0, 0, 0, 0}, content...)...)
}

// heifOf is a HEIF file whose primary image, the second of two, has properties.
func heifOf(before []byte, properties ...[]byte) []byte {
	ipco, list := box("ispe", 0, 0, 0, 0, be32(8), be32(8)), []any{be16(2), len(properties)}
	for i, p := range properties {
		ipco = append(ipco, p...)
		list = append(list, 0x80|i+2)
	}
	ipma := full("ipma", be32(2), be16(1), 1, 1, join(list...))
	meta := full("meta", full("hdlr", "\x00\x00\x00\x00pict"), full("pitm", be16(2)), box("iprp", box("ipco", ipco), ipma))
	return join(box("ftyp", "heic\x00\x00\x00\x00mif1heic"), before, meta, box("mdat", "no picture"))
}

func ispe(w, h int) []byte { return full("ispe", be32(w), be32(h)) }

func tiffOf(order binary.AppendByteOrder, padding, orientation int) []byte {
	b := []byte("MM\x00*")
	if order.String() == binary.LittleEndian.String() {
		b = []byte("II*\x00")
	}
	b = order.AppendUint32(b, uint32(8+padding))
	b = append(b, make([]byte, padding)...)
	b = order.AppendUint16(b, 3)
	for _, e := range [][2]int{{0x100, 40}, {0x101, 30}, {0x112, orientation}} {
		b = order.AppendUint16(b, uint16(e[0]))
		b = order.AppendUint16(b, 3)
		b = order.AppendUint32(b, 1)
		b = order.AppendUint16(b, uint16(e[1]))
		b = append(b, 0, 0)
	}
	return append(b, 0, 0, 0, 0)
}

func TestSize(t *testing.T) {
	t.Parallel()
	le, beo := binary.LittleEndian, binary.BigEndian
	type file struct {
		name, mediaType string
		data            []byte
		width, height   int
	}
	files := []file{
		{"plain", "image/jpeg", plainJPEG, 40, 30},
		{"plain", "image/png", plainPNG, 40, 30},
		{"plain", "image/gif", plainGIF, 40, 30},
		{"plain", "image/webp", webpOf(vp8x(), riff("VP8 ", "abc\x9d\x01\x2a", 40, 0, 30, 0)), 40, 30},
		{"lossy", "image/webp", webpOf(riff("VP8 ", "abc\x9d\x01\x2a", 40, 0x40, 30, 0x80)), 40, 30},
		{"lossless", "image/webp", webpOf(riff("VP8L", 0x2f, 39, 29<<6&0xff, 29>>2, 0)), 40, 30},
		{"long metadata", "image/webp", webpOf(vp8x(), riff("ICCP", make([]byte, 5<<20)), riff("EXIF", exif(le, 6))), 30, 40},
		{"animated", "image/apng", withChunks(chunk("acTL", be32(1), be32(0)), chunk("fcTL", be32(0), be32(8), be32(8), make([]byte, 14))), 40, 30},
		{"no screen", "image/gif", join("GIF89a\x00\x00\x00\x00\x00\x00\x00", 0x21, 0xfe, 3, "abc", 0, 0x2c, 0, 0, 0, 0, 40, 0, 30, 0, 0, 2, 1, 0, 0, 0x3b), 40, 30},
		{"bottom up", "image/bmp", join("BM", make([]byte, 12), 40, 0, 0, 0, 40, 0, 0, 0, 30, 0, 0, 0), 40, 30},
		{"top down", "image/bmp", join("BM", make([]byte, 12), 40, 0, 0, 0, 40, 0, 0, 0, 0xe2, 0xff, 0xff, 0xff), 40, 30},
		{"of OS/2", "image/bmp", join("BM", make([]byte, 12), 12, 0, 0, 0, 40, 0, 30, 0, 1, 0, 24, 0), 40, 30},
		{"20 MiB of segments", "image/jpeg", withSegments(bytes.Repeat(segment(0xe2, make([]byte, 60_000)), 350), segment(0xe1, "Exif\x00\x00", exif(le, 8))), 30, 40},
		{"fill bytes", "image/jpeg", withSegments(bytes.Repeat([]byte{0xff}, 100_000)), 40, 30},
		{"garbage", "image/jpeg", withSegments(bytes.Repeat([]byte("garbage"), 20_000)), 40, 30},
		{"thumbnail", "image/jpeg", withSegments(segment(0xe1, "Exif\x00\x00", exif(le, 1), []byte{0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 9, 0, 9})), 40, 30},
		{"two images", "image/jpeg", join(plainJPEG, 0, 0, withSegments(segment(0xe1, "Exif\x00\x00", exif(le, 6)))), 40, 30},
		{"5 MiB before the profile", "image/png", withChunks(bytes.Repeat(chunk("tEXt", "Comment\x00", make([]byte, 50_000)), 105), chunk("eXIf", exif(beo, 7))), 30, 40},
		{"directory behind 5 MiB", "image/tiff", tiffOf(le, 5<<20, 6), 30, 40},
		{"5 MiB before meta", "image/heic", heifOf(box("free", make([]byte, 5<<20)), ispe(40, 30)), 40, 30},
		{"mirrored", "image/heif", heifOf(nil, ispe(40, 30), box("imir", 1)), 40, 30},
		{"turned and mirrored", "image/avif", heifOf(nil, ispe(40, 30), box("irot", 3), box("imir", 0)), 30, 40},
		{"cut, then turned", "image/avif", heifOf(nil, ispe(40, 30), full("pixi", 3, 8, 8, 8), box("clap", be32(20), be32(1), be32(25), be32(1), make([]byte, 16)), box("irot", 1)), 25, 20},
		{"cut by fractions", "image/heic", heifOf(nil, ispe(40, 30), box("clap", be32(41), be32(2), be32(25), be32(1), make([]byte, 16))), 21, 25},
		{"cut to more than there is", "image/heic", heifOf(nil, ispe(40, 30), box("clap", be32(400), be32(1), be32(25), be32(1), make([]byte, 16))), 40, 30},
		{"a sequence", "image/avif", join(box("ftyp", "avis\x00\x00\x00\x00"), box("moov", full("mvhd", make([]byte, 96)), box("trak", full("tkhd", make([]byte, 36), be32(0x10000), make([]byte, 12), be32(0x10000), make([]byte, 12), be32(0x40000000), be32(40<<16), be32(30<<16))))), 40, 30},
		{"nothing", "image/jpeg", []byte("\xff\xd8\xff"), 0, 0},
		{"nothing", "image/heic", join(box("ftyp", "heic"), be32(3)), 0, 0},
		{"no image", "text/plain", []byte("text"), 0, 0},
	}
	for o := 1; o <= 8; o++ {
		w, h := 40, 30
		if o >= 5 {
			w, h = 30, 40
		}
		for _, order := range []binary.AppendByteOrder{le, beo} {
			name := fmt.Sprintf("orientation %d, %s", o, order)
			files = append(files,
				file{name, "image/jpeg", withSegments(segment(0xe0, "JFIF\x00"), segment(0xe1, "Exif\x00\x00", exif(order, o))), w, h},
				file{name, "image/png", withChunks(chunk("eXIf", exif(order, o))), w, h},
				file{name, "image/webp", webpOf(vp8x(), riff("EXIF", exif(order, o))), w, h},
				file{name, "image/webp", webpOf(vp8x(), riff("EXIF", "Exif\x00\x00", exif(order, o))), w, h},
				file{name, "image/tiff", tiffOf(order, o, o), w, h},
			)
		}
	}
	for turn, want := range [][2]int{{40, 30}, {30, 40}, {40, 30}, {30, 40}} {
		for _, mediaType := range []string{"image/heic", "image/heif", "image/avif", "image/heic-sequence"} {
			files = append(files, file{fmt.Sprint("turn ", turn), mediaType, heifOf(nil, ispe(40, 30), box("irot", turn)), want[0], want[1]})
		}
	}
	for name, want := range map[string][2]int{"irot.avif": {30, 40}, "clap.avif": {10, 20}, "lossless.webp": {40, 30}, "plain.gif": {40, 30}} {
		files = append(files, file{name, "image/" + strings.TrimPrefix(filepath.Ext(name), "."), sample(t, name), want[0], want[1]})
	}
	for _, f := range files {
		for _, clean := range []bool{false, true} {
			if _, info := look(t, f.data, f.mediaType, clean); info.Width != f.width || info.Height != f.height {
				t.Errorf("%s, %s, clean %v: %d x %d, want %d x %d", f.mediaType, f.name, clean, info.Width, info.Height, f.width, f.height)
			}
		}
		if out, _ := look(t, f.data, f.mediaType, false); !bytes.Equal(out, f.data) {
			t.Errorf("%s, %s: it was changed", f.mediaType, f.name)
		}
	}
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var photos = map[string]string{
	"photo.jpg": "image/jpeg", "photo.png": "image/png", "photo.webp": "image/webp",
	"photo.tif": "image/tiff", "photo.heic": "image/heic", "photo.avif": "image/avif", "late.heic": "image/heic",
}

var secrets = []string{"GPS", "SN12345678", "LS98765432", "52.5", "52,30", "SerialNumber", "Maker's note", "FLIR"}

func tells(b []byte) (list []string) {
	for _, s := range secrets {
		if bytes.Contains(b, []byte(s)) {
			list = append(list, s)
		}
	}
	return list
}

// pixels decodes what Go can decode.
func pixels(t testing.TB, mediaType string, b []byte) image.Image {
	t.Helper()
	decode, ok := map[string]func(io.Reader) (image.Image, error){
		"image/jpeg": jpeg.Decode, "image/png": png.Decode, "image/apng": png.Decode, "image/gif": gif.Decode, "image/webp": webp.Decode, "image/tiff": tiff.Decode,
	}[mediaType]
	if !ok {
		return nil
	}
	m, err := decode(bytes.NewReader(b))
	if err != nil {
		t.Errorf("%s: %v", mediaType, err)
	}
	return m
}

func same(a, b image.Image) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

const packet = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:aux='http://ns.adobe.com/exif/1.0/aux/' exif:GPSLatitude="52,30.0N" aux:SerialNumber = 'SN12345678' exif:Flash="Fired">
<exif:GPSLongitude>52,30.0E</exif:GPSLongitude><aux:LensSerialNumber/><dc:title xmlns:dc="x">Sunset</dc:title>
<exif:GPSProcessing><rdf:Bag a="b>"><rdf:li>52.5</rdf:li><rdf:li/></rdf:Bag></exif:GPSProcessing><!-- GP > S --><dc:creator>Ada</dc:creator>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`

// gps is Exif with a GPS directory, a maker's note and a serial number, as well as
// an orientation and an author.
func gps() []byte {
	le := binary.LittleEndian
	entry := func(tag, format, count, value int) []byte {
		b := le.AppendUint16(nil, uint16(tag))
		b = le.AppendUint16(b, uint16(format))
		b = le.AppendUint32(b, uint32(count))
		return le.AppendUint32(b, uint32(value))
	}
	dir := func(entries ...[]byte) []byte {
		return join(le.AppendUint16(nil, uint16(len(entries))), join(bytes.Join(entries, nil)), []byte{0, 0, 0, 0})
	}
	// 8: IFD0, 62: Exif, 116: GPS, 146: values
	b := join("II*\x00\x08\x00\x00\x00",
		dir(entry(0x112, 3, 1, 6), entry(0x13b, 2, 4, 0x00616441), entry(0x8769, 4, 1, 62), entry(0x8825, 4, 1, 116)),
		dir(entry(0x927c, 7, 12, 146), entry(0xa002, 4, 1, 40), entry(0xa003, 4, 1, 30), entry(0xa431, 2, 11, 158)),
		dir(entry(1, 2, 2, 'N'), entry(2, 2, 7, 170)),
		"Maker's note", "SN12345678\x00\x00", "52,30.\x00")
	if string(b[146:158]) != "Maker's note" || string(b[170:175]) != "52,30" {
		panic("the block is laid out wrongly")
	}
	return b
}

func TestClean(t *testing.T) {
	t.Parallel()
	type file struct {
		name, mediaType string
		data            []byte
		keeps           []string
	}
	extended := "http://ns.adobe.com/xmp/extension/\x00" + strings.Repeat("A", 32)
	files := []file{
		{"Exif", "image/jpeg", withSegments(segment(0xe1, "Exif\x00\x00", gps())), []string{"Ada"}},
		{"XMP", "image/jpeg", withSegments(segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00", packet)), []string{"Sunset", "Ada", "Fired"}},
		{"extended XMP", "image/jpeg", withSegments(segment(0xe1, extended, be32(len(packet)), be32(0), packet[:400]), segment(0xe1, extended, be32(len(packet)), be32(400), packet[400:])), []string{"Sunset"}},
		{"segments of makers", "image/jpeg", withSegments(segment(0xe6, "GoPro\x00SN12345678"), segment(0xe1, "FLIR\x00SN12345678"), segment(0xed, "Photoshop 3.0\x00a caption"), segment(0xe2, "ICC_PROFILE\x00")), []string{"a caption", "ICC_PROFILE"}},
		{"behind the scan", "image/jpeg", join(plainJPEG[:len(plainJPEG)-2], segment(0xe1, "Exif\x00\x00", gps()), plainJPEG[len(plainJPEG)-2:]), []string{"Ada"}},
		{"second image", "image/jpeg", join(plainJPEG, "padding", withSegments(segment(0xe1, "Exif\x00\x00", gps()))), []string{"Ada", "padding"}},
		{"behind garbage", "image/jpeg", withSegments("garbage", segment(0xe1, "Exif\x00\x00", gps())), []string{"Ada"}},
		{"eXIf", "image/png", withChunks(chunk("eXIf", gps())), []string{"Ada"}},
		{"eXIf of 2 MiB", "image/png", withChunks(chunk("eXIf", gps(), make([]byte, 2<<20))), nil},
		{"XMP", "image/png", withChunks(chunk("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00", packet), chunk("tEXt", "Author\x00Ada")), []string{"Sunset", "Ada"}},
		{"packed XMP", "image/png", withChunks(chunk("iTXt", "XML:com.adobe.xmp\x00\x01\x00\x00\x00", "GPS, packed")), nil},
		{"raw profiles", "image/png", withChunks(chunk("zTXt", "Raw profile type exif\x00\x00SN12345678"), chunk("tEXt", "Raw profile type APP1\x00SN12345678"), chunk("tEXt", "exif:GPSLatitude\x0052.5"), chunk("tEXt", "Raw profile type iptc\x00a caption")), []string{"a caption"}},
		{"animation", "image/apng", withChunks(chunk("eXIf", gps())), []string{"Ada"}},
		{"XMP", "image/webp", join(sample(t, "lossless.webp"), riff("XMP ", packet), riff("EXIF", gps())), []string{"Sunset", "Ada"}},
		{"EXIF of 2 MiB", "image/webp", join(sample(t, "lossless.webp"), riff("EXIF", gps(), make([]byte, 2<<20))), nil},
		{"XMP", "image/gif", join(plainGIF[:len(plainGIF)-1], 0x21, 0xff, 0x0b, "XMP DataXMP", packet, 1, gifTrailer(), 0, 0x3b), []string{"Sunset"}},
		{"directory of Exif", "image/tiff", gps(), []string{"Ada"}},
		{"XMP box", "image/heic", join(heifOf(nil, ispe(40, 30)), box("uuid", "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac", packet)), []string{"Sunset"}},
		{"items in meta", "image/avif", heifItems(1, false), []string{"Ada", "Sunset"}},
		{"items behind", "image/avif", heifItems(0, false), []string{"Ada", "Sunset"}},
		{"items in front", "image/avif", heifItems(0, true), []string{"Ada", "Sunset"}},
	}
	for name, mediaType := range photos {
		files = append(files, file{name, mediaType, sample(t, name), []string{"Ada", "Sunset", "Acme"}})
	}
	for _, f := range files {
		if len(tells(f.data)) == 0 {
			t.Fatalf("%s, %s: it tells nothing", f.mediaType, f.name)
		}
		out, info := look(t, f.data, f.mediaType, true)
		if list := tells(out); len(list) > 0 || !info.Cleaned {
			t.Errorf("%s, %s: it tells %q, cleaned %v", f.mediaType, f.name, list, info.Cleaned)
		}
		for _, s := range f.keeps {
			if !bytes.Contains(out, []byte(s)) {
				t.Errorf("%s, %s: %q is gone", f.mediaType, f.name, s)
			}
		}
		if f.name != "directory of Exif" && !same(pixels(t, f.mediaType, f.data), pixels(t, f.mediaType, out)) {
			t.Errorf("%s, %s: the pixels are others", f.mediaType, f.name)
		}
		_, before := look(t, f.data, f.mediaType, false)
		again, after := look(t, out, f.mediaType, true)
		if after.Cleaned || !bytes.Equal(again, out) {
			t.Errorf("%s, %s: a second time changes it", f.mediaType, f.name)
		}
		if before.Width != after.Width || before.Height != after.Height {
			if !strings.Contains(f.name, "2 MiB") { // its orientation went with it
				t.Errorf("%s, %s: %+v became %+v", f.mediaType, f.name, before, after)
			}
		}
	}
}

// gifTrailer leads each reader of blocks to the end of the XMP (XMP specification,
// part 3).
func gifTrailer() []byte {
	var b []byte
	for i := 255; i >= 0; i-- {
		b = append(b, byte(i))
	}
	return append(b, 0)
}

// heifItems is a file with Exif and XMP as items: in the box meta, by method 1, or in
// mdat behind or in front of it.
func heifItems(method int, front bool) []byte {
	block := join(be32(0), gps())
	payload := join(block, packet)
	head := box("ftyp", "avif\x00\x00\x00\x00mif1")
	build := func(at int) []byte {
		item := func(id, offset, length int) []byte {
			return join(be16(id), be16(method), be16(0), be16(1), be32(at+offset), be32(length))
		}
		infe := func(id int, kind string) []byte { return box("infe", 2, 0, 0, 0, be16(id), be16(0), kind) }
		meta := []any{
			full("pitm", be16(1)),
			full("iinf", be16(3), infe(1, "av01\x00"), infe(2, "Exif\x00"), infe(3, "mime\x00application/rdf+xml\x00")),
			box("iloc", 1, 0, 0, 0, 0x44, 0, be16(2), item(2, 0, len(block)), item(3, len(block), len(packet))),
			box("iprp", box("ipco", ispe(40, 30)), full("ipma", be32(1), be16(1), 1, 1)),
		}
		if method == 1 {
			meta = append(meta, box("idat", payload))
		}
		return full("meta", meta...)
	}
	switch {
	case method == 1:
		return join(head, build(0), box("mdat", "picture"))
	case front:
		return join(head, box("mdat", payload), build(len(head)+8))
	default:
		return join(head, build(len(head)+len(build(0))+8), box("mdat", payload))
	}
}

// What is read in pieces of any size is the same, and an error below comes through
// as it is, behind what came before it.
func TestPieces(t *testing.T) {
	t.Parallel()
	broken := errors.New("the line is dead")
	for name, mediaType := range photos {
		b := sample(t, name)
		want, wantInfo := look(t, b, mediaType, true)
		for piece, wrap := range map[string]func(io.Reader) io.Reader{"one byte": iotest.OneByteReader, "half": iotest.HalfReader, "EOF with data": iotest.DataErrReader} {
			r := picture.NewReader(wrap(bytes.NewReader(b)), mediaType, true)
			out, err := io.ReadAll(wrap(r))
			if !r.Info().Again && (err != nil || !bytes.Equal(out, want) || r.Info() != wantInfo) {
				t.Errorf("%s, %s: %v, %+v", name, piece, err, r.Info())
			}
			r.Close()
		}
		for _, at := range []int{0, 1, 100, len(b) - 1} {
			r := picture.NewReader(io.MultiReader(bytes.NewReader(b[:at]), iotest.ErrReader(broken)), mediaType, true)
			if out, err := io.ReadAll(r); !errors.Is(err, broken) || len(out) != at {
				t.Errorf("%s: %d of %d bytes, %v", name, len(out), at, err)
			}
			r.Close()
		}
		r := picture.NewReader(bytes.NewReader(b), mediaType, true)
		if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
			t.Error(err)
		}
		r.Close() // early
	}
}

// scanOf is a TIFF file of pages, each a directory that leads to the next. Page i has an
// orientation and what of each returns: an entry with a tag, and the value behind it.
func scanOf(pages int, of func(i int) (tag, format int, value []byte)) []byte {
	le := binary.LittleEndian
	b := []byte("II*\x00\x08\x00\x00\x00")
	for i := range pages {
		tag, format, value := of(i)
		entries := 1
		if value != nil {
			entries++
		}
		behind := len(b) + 2 + 12*entries + 4
		b = le.AppendUint16(b, uint16(entries))
		b = append(b, 0x12, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0)
		if value != nil {
			b = le.AppendUint16(b, uint16(tag))
			b = le.AppendUint16(b, uint16(format))
			count := len(value)
			if format == 4 {
				count = 1
			}
			b = le.AppendUint32(b, uint32(count))
			b = le.AppendUint32(b, uint32(behind))
		}
		next := behind + len(value)
		if i == pages-1 {
			next = 0
		}
		b = append(le.AppendUint32(b, uint32(next)), value...)
	}
	return b
}

// A file with much metadata is cleaned of all that is private, or says that it may not
// be: however far behind it stands, and however many pieces there are.
func TestMuchMetadata(t *testing.T) {
	t.Parallel()
	position := join(be16(0x0100), 2, 0, 2, 0, be16(0x0300), be16(0), "N\x00\x00\x00", 0, 0, 0, 0, "GPSLatitude")
	at := func(page int) func(int) (int, int, []byte) {
		return func(i int) (int, int, []byte) {
			if i == page {
				return 0x8825, 4, position[:18]
			}
			return 0, 0, nil
		}
	}
	large := join(packet, make([]byte, 900<<10))
	for name, c := range map[string]struct {
		mediaType      string
		data           []byte
		keeps          string
		partial, leads bool // leads: the entry that leads to the position must go
	}{
		"page 300":               {"image/tiff", scanOf(301, at(300)), "", false, true},
		"page 4,000":             {"image/tiff", scanOf(4001, at(4000)), "", false, true},
		"page 5,000":             {"image/tiff", scanOf(5001, at(5000)), "", true, false},
		"six packets":            {"image/tiff", scanOf(6, func(int) (int, int, []byte) { return 0x2bc, 7, []byte(packet) }), "Sunset", false, false},
		"300 packets":            {"image/tiff", scanOf(300, func(int) (int, int, []byte) { return 0x2bc, 7, []byte(packet) }), "Sunset", false, false},
		"20 packets of 900 KiB":  {"image/tiff", scanOf(20, func(int) (int, int, []byte) { return 0x2bc, 7, large }), "Sunset", false, false},
		"Exif of 5,000 in a PNG": {"image/png", withChunks(chunk("eXIf", scanOf(5001, at(5000)))), "", false, true},
		"index of 2 MiB":         {"image/heic", join(heifOf(nil, ispe(40, 30))[:24], full("meta", box("free", make([]byte, 2<<20)))), "", true, false},
		"1,001 extents": {"image/heic", join(box("ftyp", "heic\x00\x00\x00\x00mif1heic"), full("meta",
			full("iinf", be16(1), box("infe", 2, 0, 0, 0, be16(1), be16(0), "Exif\x00")),
			box("iloc", 1, 0, 0, 0, 0x44, 0, be16(1), be16(1), be16(0), be16(0), be16(1001), bytes.Repeat(join(be32(200), be32(1)), 1001)))), "", true, false},
	} {
		if c.leads && !bytes.Contains(c.data, []byte{0x25, 0x88, 4, 0}) {
			t.Fatalf("%s: nothing leads to a position", name)
		}
		out, info := look(t, c.data, c.mediaType, true)
		if info.Partial != c.partial || !c.partial && !info.Cleaned {
			t.Errorf("%s: %+v", name, info)
		}
		if list := tells(out); len(list) > 0 || c.leads && bytes.Contains(out, []byte{0x25, 0x88, 4, 0}) {
			t.Errorf("%s: it tells %q", name, list)
		}
		if !bytes.Contains(out, []byte(c.keeps)) {
			t.Errorf("%s: %q is gone", name, c.keeps)
		}
		if _, info := look(t, c.data, c.mediaType, false); info.Cleaned {
			t.Errorf("%s: it was cleaned unasked", name)
		}
	}
}

// Files made to be dear cost no more than long ones: this ends.
func TestHostile(t *testing.T) {
	t.Parallel()
	le := binary.LittleEndian
	loop := join("II*\x00\x08\x00\x00\x00", le.AppendUint16(nil, 5000))
	for range 5000 { // each entry is a large value and a directory
		loop = append(loop, 0x69, 0x87, 7, 0, 0, 0xff, 0, 0, byte(len(loop)), byte(len(loop)>>8), 0, 0)
	}
	notes := join("II*\x00\x08\x00\x00\x00", le.AppendUint16(nil, 5000), bytes.Repeat([]byte{0x7c, 0x92, 7, 0, 0, 0xff, 0, 0, 8, 0, 0, 0}, 5000))
	for name, f := range map[string]struct {
		mediaType string
		data      []byte
	}{
		"directories everywhere": {"image/tiff", loop},
		"values everywhere":      {"image/tiff", join(notes, make([]byte, 1<<20))},
		"blocks of Exif":         {"image/jpeg", withSegments(bytes.Repeat(segment(0xe1, "Exif\x00\x00", notes[:65000]), 100))},
		"markers":                {"image/jpeg", join("\xff\xd8", bytes.Repeat([]byte{0xff, 0xd0}, 1<<18))},
		"images":                 {"image/jpeg", bytes.Repeat([]byte{0xff, 0xd8, 0xff, 0xd9}, 1<<16)},
		"empty chunks":           {"image/png", join(plainPNG[:33], bytes.Repeat(chunk("tEXt", ""), 20_000))},
		"extents of nothing":     {"image/heic", join(box("ftyp", "heic"), full("meta", full("iinf", be16(1), box("infe", 2, 0, 0, 0, be16(1), be16(0), "Exif\x00")), box("iloc", 1, 0, 0, 0, 0, 0, be16(65535), bytes.Repeat(join(be16(1), be16(0), be16(0), be16(65535)), 65535))))},
		"associations":           {"image/heic", join(box("ftyp", "heic"), bytes.Repeat(full("meta", full("pitm", be16(1)), box("iprp", box("ipco", bytes.Repeat(box("free"), 100_000)), full("ipma", be32(1), be16(1), 255, bytes.Repeat([]byte{127}, 255)))), 20))},
		"boxes":                  {"image/heic", bytes.Repeat(box("free"), 50_000)},
		"open tags":              {"image/webp", webpOf(vp8x(), riff("XMP ", bytes.Repeat([]byte("<a:GPS"), 30_000)))},
		"long names":             {"image/webp", webpOf(vp8x(), riff("XMP ", "<", bytes.Repeat([]byte("a"), 1<<20)))},
	} {
		out, _ := look(t, f.data, f.mediaType, true)
		if len(out) != len(f.data) {
			t.Error(name)
		}
	}
}

func FuzzPicture(f *testing.F) {
	types := []string{"image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/tiff", "image/heic"}
	add := func(b []byte, mediaType string) {
		for i, m := range types {
			if m == mediaType {
				f.Add(uint8(i), true, b)
			}
		}
	}
	for name, mediaType := range photos {
		add(sample(f, name), mediaType)
	}
	add(plainGIF, "image/gif")
	add(heifItems(0, true), "image/heic")
	add(heifItems(1, false), "image/heic")
	add(heifOf(nil, ispe(40, 30), box("irot", 1)), "image/heic")
	add(gps(), "image/tiff")
	add(withSegments(segment(0xe1, "Exif\x00\x00", gps())), "image/jpeg")
	f.Fuzz(func(t *testing.T, kind uint8, clean bool, b []byte) {
		mediaType := types[int(kind)%len(types)]
		out, info := look(t, b, mediaType, clean)
		if !clean && (info.Cleaned || !bytes.Equal(out, b)) {
			t.Error("it was changed unasked")
		}
		if info.Width < 0 || info.Height < 0 || (info.Width == 0) != (info.Height == 0) {
			t.Errorf("%d x %d", info.Width, info.Height)
		}
	})
}
