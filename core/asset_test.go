package core_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// sample is a small photo with a position and serial numbers, as exiftool left it;
// see internal/picture.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../internal/picture/testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func tells(b []byte) bool {
	return bytes.Contains(b, []byte("SN12345678")) || bytes.Contains(b, []byte("GPSLatitude")) || bytes.Contains(b, []byte("LS98765432"))
}

// bytesOf reads what is served of a file.
func (w *world) bytesOf(t testing.TB, a *core.Asset) []byte {
	t.Helper()
	u, err := url.Parse(*w.Assets.URL(a))
	if err != nil {
		t.Fatal(err)
	}
	f, err := w.Assets.File(t.Context(), a.ID, u.Query())
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Assets.OpenFile(t.Context(), f.Key, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// agrees checks that a record tells the truth about what is stored.
func (w *world) agrees(t testing.TB, a *core.Asset) (stored []byte) {
	t.Helper()
	stored = w.bytesOf(t, a)
	if sum := sha256.Sum256(stored); a.SHA256 != hex.EncodeToString(sum[:]) || a.Size != int64(len(stored)) {
		t.Errorf("%s: the record says %d bytes, %s; %d bytes are stored, %x", a.Filename, a.Size, a.SHA256, len(stored), sum)
	}
	return stored
}

var samples = map[string]string{
	"photo.jpg": "image/jpeg", "photo.png": "image/png", "photo.webp": "image/webp", "photo.tif": "image/tiff", "photo.heic": "image/heic", "photo.avif": "image/avif",
	"late.heic": "image/heic",
}

// A photo becomes public on each of the ways there are, without the place where it
// was taken, and with it when its uploader asks for that.
func TestMetadataOfPublicImages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Member)
	upload := func(name string, photo []byte, v core.Visibility, keep bool) *core.Asset {
		t.Helper()
		a, err := w.Assets.Upload(ctx, core.Upload{Filename: name, Declared: -1, Body: bytes.NewReader(photo), Visibility: v, KeepMetadata: keep})
		if err != nil {
			t.Fatal(name, err)
		}
		return a
	}
	direct := func(name, contentType string, photo []byte, v core.Visibility, keep bool) *core.Asset {
		t.Helper()
		sum := sha256.Sum256(photo)
		promised, req, err := w.Assets.Promise(ctx, core.Promise{
			Filename: name, ContentType: contentType, Size: int64(len(photo)), SHA256: hex.EncodeToString(sum[:]), Visibility: v, KeepMetadata: keep,
		})
		if err != nil {
			t.Fatal(name, err)
		}
		u, err := url.Parse(req.URL)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Assets.Receive(t.Context(), promised.ID, u.Query(), bytes.NewReader(photo), -1); err != nil {
			t.Fatal(name, err)
		}
		a, err := w.Assets.Complete(ctx, promised.ID)
		if err != nil {
			t.Fatal(name, err)
		}
		return a
	}
	update := func(a *core.Asset, p core.AssetPatch) *core.Asset {
		t.Helper()
		a, err := w.Assets.Update(ctx, a.ID, &a.Version, p)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	publish := core.AssetPatch{Visibility: core.Opt[core.Visibility]{Set: true, Value: core.Public}}
	publishKept, publishCleaned := publish, publish
	publishKept.KeepMetadata = core.Opt[bool]{Set: true, Value: true}
	publishCleaned.KeepMetadata = core.Opt[bool]{Set: true, Value: false}
	for name, contentType := range samples {
		photo := sample(t, name)
		if !tells(photo) {
			t.Fatalf("%s tells nothing", name)
		}
		width, height := 40, 30
		if name == "photo.jpg" || name == "photo.png" || name == "photo.webp" || name == "photo.tif" {
			width, height = 30, 40 // turned by Exif
		}
		for way, c := range map[string]struct {
			asset *core.Asset
			told  bool
		}{
			"upload":                          {upload(name, photo, core.Public, false), false},
			"upload, kept":                    {upload(name, photo, core.Public, true), true},
			"upload, private":                 {upload(name, photo, core.Private, false), true},
			"upload, published":               {update(upload(name, photo, core.Private, false), publish), false},
			"upload, published kept":          {update(upload(name, photo, core.Private, false), publishKept), true},
			"upload, kept and published":      {update(upload(name, photo, core.Private, true), publish), true},
			"upload, kept, published cleaned": {update(upload(name, photo, core.Private, true), publishCleaned), false},
			"direct":                          {direct(name, contentType, photo, core.Public, false), false},
			"direct, kept":                    {direct(name, contentType, photo, core.Public, true), true},
			"direct, private":                 {direct(name, contentType, photo, core.Private, false), true},
			"direct, published":               {update(direct(name, contentType, photo, core.Private, false), publish), false},
		} {
			a := c.asset
			stored := w.agrees(t, a)
			if a.ContentType != contentType || a.Width == nil || *a.Width != width || *a.Height != height {
				t.Errorf("%s, %s: %s, %v x %v", name, way, a.ContentType, a.Width, a.Height)
			}
			if tells(stored) != c.told || len(stored) != len(photo) || c.told && !bytes.Equal(stored, photo) {
				t.Errorf("%s, %s: it tells where it was taken: %v", name, way, tells(stored))
			}
			if !bytes.Contains(stored, []byte("Sunset")) { // its title
				t.Errorf("%s, %s: the title is gone", name, way)
			}
		}
	}
}

// An image with more metadata than can be looked at is public only as it is.
func TestTooMuchMetadata(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Member)
	scan := []byte("II*\x00\x08\x00\x00\x00")
	for range 5000 { // pages
		scan = append(scan, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0)
		scan = binary.LittleEndian.AppendUint32(scan, uint32(len(scan)+4))
	}
	refused := func(err error) bool {
		var e *core.Error
		return errors.As(err, &e) && e.Code == core.Invalid && len(e.Fields) == 1 && e.Fields[0].Code == "METADATA"
	}
	if _, err := w.upload(ctx, "a.tif", scan, core.Public); !refused(err) {
		t.Errorf("public: %v", err)
	}
	if _, err := w.Assets.Upload(ctx, core.Upload{Filename: "a.tif", Declared: -1, Body: bytes.NewReader(scan), Visibility: core.Public, KeepMetadata: true}); err != nil {
		t.Errorf("as it is: %v", err)
	}
	private, err := w.upload(ctx, "a.tif", scan, core.Private)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Assets.Update(ctx, private.ID, nil, publish); !refused(err) {
		t.Errorf("published: %v", err)
	}
	if _, err := w.direct(ctx, "a.tif", "image/tiff", scan); !refused(err) {
		t.Errorf("direct: %v", err)
	}
	if err := w.Sweep(t.Context()); err != nil || len(w.remains(t)) != 2 {
		t.Errorf("left: %v, %v", w.remains(t), err)
	}
}

// An update that is refused leaves the bytes as they were.
func TestRefusedPublicationChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Member)
	photo := sample(t, "photo.jpg")
	a, err := w.Assets.Upload(ctx, core.Upload{Filename: "a.jpg", Declared: -1, Body: bytes.NewReader(photo), Visibility: core.Private})
	if err != nil {
		t.Fatal(err)
	}
	long, old := strings.Repeat("x", 1001), a.Version-1
	patch := core.AssetPatch{Visibility: core.Opt[core.Visibility]{Set: true, Value: core.Public}}
	if _, err := w.Assets.Update(ctx, a.ID, &old, patch); !core.Is(err, core.Conflict) {
		t.Errorf("an old version: %v", err)
	}
	patch.Alt = core.Opt[*string]{Set: true, Value: &long}
	if _, err := w.Assets.Update(ctx, a.ID, nil, patch); !core.Is(err, core.Invalid) {
		t.Errorf("a long text: %v", err)
	}
	stranger := w.as(t, "eve", core.Member)
	if _, err := w.Assets.Update(stranger, a.ID, nil, core.AssetPatch{Visibility: patch.Visibility}); !core.Is(err, core.NotFound) {
		t.Errorf("a stranger: %v", err)
	}
	if !bytes.Equal(w.agrees(t, a), photo) {
		t.Error("the bytes have changed")
	}
}

func ftyp(major string, compatible ...string) []byte {
	brands := major + "\x00\x00\x00\x00" + strings.Join(compatible, "")
	return append([]byte{0, 0, 0, byte(8 + len(brands))}, "ftyp"+brands+strings.Repeat("\x00", 40)...)
}

func TestFileTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Member)
	var jpg, anim bytes.Buffer
	_ = jpeg.Encode(&jpg, image.NewGray(image.Rect(0, 0, 8, 6)), nil)
	_ = gif.Encode(&anim, image.NewGray(image.Rect(0, 0, 8, 6)), nil)
	for _, c := range []struct {
		name, want, download string
		data                 []byte
	}{
		{"a.jpg", "image/jpeg", "a.jpg", jpg.Bytes()},
		{"IMG_1.HEIC", "image/jpeg", "IMG_1.jpg", jpg.Bytes()},
		{"photo.JPEG", "image/jpeg", "photo.JPEG", jpg.Bytes()},
		{"page.html", "image/jpeg", "page.html.jpg", jpg.Bytes()},
		{"noextension", "image/gif", "noextension.gif", anim.Bytes()},
		{"v1.2", "image/gif", "v1.2.gif", anim.Bytes()},
		{"film.m4v", "video/x-m4v", "film.m4v", ftyp("M4V ", "isom")},
		{"film.mp4", "video/3gpp", "film.3gp", ftyp("3gp5", "isom")},
		{"film.mp4", "video/mp4", "film.mp4", ftyp("MSNV", "isom", "mp42")},
		{"film", "video/quicktime", "film.mov", ftyp("qt  ", "qt  ")},
		{"p.heic", "image/heic", "p.heic", ftyp("heic", "mif1", "heic")},
		{"p.heic", "image/heic", "p.heic", ftyp("heix", "mif1")},
		{"p.heic", "image/heic", "p.heic", ftyp("mif1", "heic")},
		{"p.heif", "image/heif", "p.heif", ftyp("mif1", "miaf")},
		{"p.heic", "image/heic-sequence", "p.heic", ftyp("hevc", "msf1")},
		{"p.avif", "image/avif", "p.avif", ftyp("mif1", "avif", "miaf")},
		{"p.avif", "image/avif", "p.avif", ftyp("avis", "avif", "msf1")},
		{"README.md", "text/plain", "README.md", []byte("# A text\n")},
		{"page.html", "text/plain", "page.html.txt", []byte("just a text\n")},
		{"a.png", "text/plain", "a.txt", []byte("just a text\n")},
		{"a.pdf", "application/pdf", "a.pdf", []byte("%PDF-1.4\n")},
		{strings.Repeat("x", 250) + ".html", "application/pdf", strings.Repeat("x", 250) + ".pdf", []byte("%PDF-1.4\n")},
	} {
		a, err := w.Assets.Upload(ctx, core.Upload{Filename: c.name, Declared: -1, Body: bytes.NewReader(c.data), Visibility: core.Public})
		if err != nil {
			t.Errorf("%s: %v", c.want, err)
			continue
		}
		file, err := w.Assets.File(t.Context(), a.ID, nil)
		if err != nil || a.ContentType != c.want || a.Filename != c.name || file.Name != c.download || !strings.HasSuffix(*w.Assets.URL(a), "/"+url.PathEscape(c.download)) {
			t.Errorf("%s: %s, downloaded as %q, want %s, %q; %v", c.name, a.ContentType, file.Name, c.want, c.download, err)
		}
	}
}

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="6"><script>alert(1)</script></svg>`

// The types that are taken are a setting, and the error about another names them.
func TestFileTypesAreASetting(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		setting    []string
		data, want string
		taken      bool
	}{
		{nil, svg, "image/svg+xml", false},
		{[]string{"+image/svg+xml"}, svg, "image/svg+xml", true},
		{[]string{"+image/svg+xml"}, "a text", "text/plain", true},
		{[]string{"-text/plain"}, "a text", "text/plain", false},
		{[]string{"image/png", "application/pdf"}, "a text", "text/plain", false},
		{[]string{"image/png", "application/pdf"}, "%PDF-1.4\n", "application/pdf", true},
		{[]string{"+image/x-bmp"}, "a text", "text/plain", true}, // an alias, there already
		{[]string{"application/zip"}, string(ftyp("M4V ")), "video/x-m4v", false},
	} {
		types, err := core.ParseFileTypes(c.setting)
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, func(cfg *core.Config) { cfg.FileTypes = types })
		ctx := w.as(t, "ada", core.Member)
		a, err := w.Assets.Upload(ctx, core.Upload{Filename: "a", Declared: -1, Body: strings.NewReader(c.data), Visibility: core.Public})
		if c.taken {
			if err != nil || a.ContentType != c.want {
				t.Errorf("%v: %+v %v", c.setting, a, err)
			}
			continue
		}
		var e *core.Error
		if !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Code != "TYPE" || !strings.Contains(e.Fields[0].Message, c.want) || !strings.Contains(e.Fields[0].Message, types.String()) {
			t.Errorf("%v: %v", c.setting, err)
		}
		_, _, err = w.Assets.Promise(ctx, core.Promise{Filename: "a", ContentType: c.want, Size: 1, SHA256: strings.Repeat("0", 64)})
		if !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Path != "contentType" || !strings.Contains(e.Fields[0].Message, types.String()) {
			t.Errorf("%v: %v", c.setting, err)
		}
	}
	for _, setting := range [][]string{{"+nonsense"}, {"-image/svg+xml"}, {""}, {"+"}, {"image/*"}, {"text/plain; charset=utf-8"}, {"image/png", "-image/png"}} {
		if _, err := core.ParseFileTypes(setting); err == nil {
			t.Errorf("%q: no error", setting)
		}
	}
}

// The list of types stands in the schema and in the guide, word by word.
func TestFileTypesAreDocumented(t *testing.T) {
	t.Parallel()
	want := "`" + strings.ReplaceAll(core.DefaultFileTypes().String(), ", ", "`, `") + "`"
	for _, path := range []string{"../schema/asset.graphqls", "../docs/guides/files.md"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(strings.Fields(string(text)), " "), want) {
			t.Errorf("%s does not list %s", path, want)
		}
	}
}
