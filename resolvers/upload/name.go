package upload

import (
	"mime"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxName = 255 // bytes

// cleanName is the file name of a Content-Disposition header, made harmless: a
// single path element in UTF-8 without control characters, and "file" if
// nothing is left of it.
func cleanName(disposition string) string {
	_, params, _ := mime.ParseMediaType(disposition)
	name := strings.Map(func(r rune) rune {
		switch {
		case r == '\\':
			return '/'
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029', r == utf8.RuneError:
			return -1
		}
		return r
	}, params["filename"])
	name = name[strings.LastIndexByte(name, '/')+1:]
	for strings.Contains(name, "..") {
		name = strings.ReplaceAll(name, "..", ".")
	}
	name = trimName(name)
	if len(name) > maxName {
		ext := path.Ext(name)
		if len(ext) > 16 {
			ext = ""
		}
		stem := name[:maxName-len(ext)]
		for !utf8.ValidString(stem) {
			stem = stem[:len(stem)-1]
		}
		name = trimName(trimName(stem) + ext)
	}
	if name == "" {
		return "file"
	}
	return name
}

// trimName removes what some file systems drop themselves, and then confuse
// with another name.
func trimName(name string) string {
	return strings.TrimLeft(strings.TrimRight(name, ". "), " ")
}
