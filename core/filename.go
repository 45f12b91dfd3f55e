package core

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// CleanFilename keeps the last part of a name that a client gave, without what
// could fool a reader, a shell, a path or a header: 1 to 255 bytes, no
// separators, no control or formatting characters, no dots at its ends. A
// separator that was written escaped, %2F or %5C, is meant as a part of the name
// and becomes a hyphen: "AC%2FDC.mp3" is "AC-DC.mp3".
func CleanFilename(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, name)
	name = strings.Join(slices.DeleteFunc(escapedSeparator.Split(name, -1), func(s string) bool {
		return strings.Trim(s, ". \t") == ""
	}), "-")
	name = strings.Trim(name, ". \t")
	if ext := path.Ext(name); len(name) > 255 && len(ext) < 20 {
		name = strings.TrimRight(strings.ToValidUTF8(name[:255-len(ext)], ""), ". \t") + ext
	} else if len(name) > 255 {
		name = strings.TrimRight(strings.ToValidUTF8(name[:255], ""), ". \t")
	}
	if name == "" || name == "/" {
		return "file"
	}
	return name
}

var escapedSeparator = regexp.MustCompile(`(?i)%(2f|5c)`)
