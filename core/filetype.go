package core

import (
	"encoding/binary"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// fileType is a media type and the extensions of its files; the first is the usual
// one.
type fileType struct {
	name       string
	extensions []string
}

// fileTypes may be uploaded, by what their bytes show, unless a setting says
// otherwise. Nothing among them runs scripts in a page. The list stands in
// schema/asset.graphqls and docs/guides/files.md too; a test holds them together.
var fileTypes = []fileType{
	{"image/jpeg", []string{"jpg", "jpeg", "jpe", "jfif"}},
	{"image/png", []string{"png"}},
	{"image/apng", []string{"apng", "png"}},
	{"image/gif", []string{"gif"}},
	{"image/webp", []string{"webp"}},
	{"image/avif", []string{"avif", "avifs"}},
	{"image/heic", []string{"heic", "heif", "hif"}},
	{"image/heif", []string{"heif", "heic", "hif"}},
	{"image/heic-sequence", []string{"heics", "heic", "heif", "hif"}},
	{"image/heif-sequence", []string{"heifs", "heif", "heic", "hif"}},
	{"image/bmp", []string{"bmp", "dib"}},
	{"image/tiff", []string{"tif", "tiff", "dng"}},
	{"video/mp4", []string{"mp4", "m4v", "mpg4", "f4v"}},
	{"video/x-m4v", []string{"m4v", "mp4"}},
	{"video/quicktime", []string{"mov", "qt", "mqv"}},
	{"video/3gpp", []string{"3gp", "3gpp"}},
	{"video/3gpp2", []string{"3g2", "3gpp2"}},
	{"video/webm", []string{"webm"}},
	{"video/x-matroska", []string{"mkv", "mk3d"}},
	{"video/ogg", []string{"ogv", "ogg"}},
	{"audio/mpeg", []string{"mp3", "mpga", "mp2"}},
	{"audio/mp4", []string{"m4a", "mp4", "m4b"}},
	{"audio/x-m4a", []string{"m4a", "m4b", "mp4"}},
	{"audio/aac", []string{"aac"}},
	{"audio/ogg", []string{"ogg", "oga", "opus", "spx"}},
	{"audio/flac", []string{"flac"}},
	{"audio/wav", []string{"wav", "wave"}},
	{"audio/webm", []string{"weba", "webm"}},
	{"application/pdf", []string{"pdf"}},
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", []string{"docx"}},
	{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", []string{"xlsx"}},
	{"application/vnd.openxmlformats-officedocument.presentationml.presentation", []string{"pptx"}},
	{"application/vnd.oasis.opendocument.text", []string{"odt"}},
	{"application/vnd.oasis.opendocument.spreadsheet", []string{"ods"}},
	{"application/vnd.oasis.opendocument.presentation", []string{"odp"}},
	{"application/epub+zip", []string{"epub"}},
	{"application/zip", []string{"zip"}},
	{"application/gzip", []string{"gz", "tgz"}},
	{"application/json", []string{"json", "geojson", "jsonl", "ndjson", "map", "webmanifest", "ipynb"}},
	{"text/csv", []string{"csv", "tsv", "txt"}},
	{"text/plain", []string{"txt", "text", "md", "markdown", "rst", "adoc", "tex", "bib", "log", "csv", "tsv", "json", "yaml", "yml", "toml", "ini", "cfg", "conf",
		"srt", "vtt", "sub", "lrc", "diff", "patch", "sql", "po", "pot", "ics", "vcf", "gpx", "asc", "pem", "nfo"}},
}

// FileTypes are the media types that may be uploaded. The zero FileTypes are the
// usual ones.
type FileTypes struct{ names []string }

// DefaultFileTypes are the media types that may be uploaded where nothing else is
// set.
func DefaultFileTypes() FileTypes {
	names := make([]string, len(fileTypes))
	for i, t := range fileTypes {
		names[i] = t.name
	}
	return FileTypes{names}
}

// ParseFileTypes reads a setting: +TYPE adds to the default list and -TYPE takes
// from it; types without a sign are a list of their own. Types that cannot be told
// by the bytes of a file are refused.
func ParseFileTypes(setting []string) (FileTypes, error) {
	out := DefaultFileTypes()
	own := false
	for _, text := range setting {
		name := strings.ToLower(strings.TrimLeft(strings.TrimSpace(text), "+-"))
		known := mimetype.Lookup(name)
		if known == nil || strings.ContainsAny(name, "; ") {
			return FileTypes{}, fmt.Errorf("%q is no media type that can be told by the bytes of a file", text)
		}
		name = plainType(known)
		at := slices.Index(out.names, name)
		switch sign := strings.TrimSpace(text)[0]; {
		case sign == '-' && at >= 0:
			out.names = slices.Delete(out.names, at, at+1)
		case sign == '-':
			return FileTypes{}, fmt.Errorf("%q: it is not taken in any case", text)
		case sign != '+' && !own:
			out.names, own = []string{name}, true
		case at < 0 || own && !slices.Contains(out.names, name):
			out.names = append(out.names, name)
		}
	}
	if len(out.names) == 0 {
		return FileTypes{}, fmt.Errorf("no type is left that may be uploaded")
	}
	return out, nil
}

// Has reports whether files of a media type are taken.
func (t FileTypes) Has(name string) bool { return slices.Contains(t.names, name) }

// String lists the types.
func (t FileTypes) String() string { return strings.Join(t.names, ", ") }

// refused is the error about a file of another type, in the input at field.
func (t FileTypes) refused(name, field string) error {
	var check Checker
	t.check(&check, name, field)
	return check.Err()
}

func (t FileTypes) check(check *Checker, name, field string) {
	if !t.Has(name) {
		check.Add(field, "TYPE", fmt.Sprintf("is of the type %.100q, which is not taken. Taken are: %s", name, t), t.names)
	}
}

// sniff is the media type that the first bytes of a file show, if it is taken. What
// looks like markup is refused under any name, unless its own type is taken.
func (t FileTypes) sniff(head []byte) (string, error) {
	m := mimetype.Detect(head)
	name := mediaBrand(head, plainType(m))
	if isSVG(head) {
		name = svgType
	}
	found := name
	for !t.Has(name) {
		// What is text, but not plain, or a picture, but not of this kind, is no
		// more general type; a document in an archive is.
		if m = m.Parent(); m == nil || !strings.HasPrefix(name, "application/") {
			return "", t.refused(found, "file")
		}
		name = plainType(m)
	}
	return name, nil
}

func plainType(m *mimetype.MIME) string {
	name, _, _ := strings.Cut(m.String(), ";")
	return name
}

// mediaBrand makes the media type of a file of the ISO base media format more
// precise by its compatible brands: the major brand alone is often a general one.
func mediaBrand(head []byte, name string) string {
	if len(head) < 16 || string(head[4:8]) != "ftyp" {
		return name
	}
	brands := head[16:max(16, min(uint64(len(head)), uint64(binary.BigEndian.Uint32(head))))]
	var has []string
	for ; len(brands) >= 4; brands = brands[4:] {
		has = append(has, string(brands[:4]))
	}
	any := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(has, n) })
	}
	switch {
	case string(head[8:12]) == "MSNV": // Sony's MPEG-4 with video, which the library takes for sound
		return "video/mp4"
	case name != "image/heif" && name != "image/heif-sequence" && (name != "video/mp4" || any("isom", "mp41", "mp42", "iso2")):
	case any("avif", "avis"):
		return "image/avif"
	case any("heic", "heix"):
		return "image/heic"
	case any("hevc", "hevx"):
		return "image/heic-sequence"
	case any("mif1"):
		return "image/heif"
	}
	return name
}

// nameFor is a name for a download that agrees with the type of the file: what
// opens it goes by its extension. An extension of another type is replaced, and
// behind any other the usual one is put.
func nameFor(name, contentType string) string {
	var want []string
	known := false
	extension := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	for _, t := range fileTypes {
		if t.name == contentType {
			want = t.extensions
		}
		known = known || slices.Contains(t.extensions, extension)
	}
	if want == nil {
		if m := mimetype.Lookup(contentType); m != nil && m.Extension() != "" {
			want = []string{strings.TrimPrefix(m.Extension(), ".")}
		}
	}
	if len(want) == 0 || slices.Contains(want, extension) {
		return name
	}
	if known {
		name = strings.TrimRight(name[:len(name)-len(extension)-1], ". \t")
	}
	return CleanFilename(name + "." + want[0])
}
