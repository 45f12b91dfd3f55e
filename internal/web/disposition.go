package web

import (
	"fmt"
	"mime"
	"path/filepath"
	"strings"
)

// disposition shows what a browser can only display and makes a download of
// everything else: SVG and HTML, which may hold scripts, and PDF, which browsers do
// not show in a sandbox.
func disposition(contentType, name string) string {
	kind := "attachment"
	switch mediaType, _, _ := mime.ParseMediaType(contentType); {
	case mediaType == "image/svg+xml":
	case strings.HasPrefix(mediaType, "image/"),
		strings.HasPrefix(mediaType, "audio/"),
		strings.HasPrefix(mediaType, "video/"):
		kind = "inline"
	}
	name = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c == '\\' || c == '/' || c == '"' {
			return '_'
		}
		return c
	}, filepath.Base(name))
	if name == "" || name == "." {
		return kind
	}
	// RFC 6266: a plain name, and beside it the true one. Some readers decode
	// what looks escaped in the plain one, so it has no percent sign.
	plain := strings.Map(func(c rune) rune {
		if c > '~' || c == '%' {
			return '_'
		}
		return c
	}, name)
	header := kind + `; filename="` + plain + `"`
	if plain != name {
		header += "; filename*=" + extValue(name)
	}
	return header
}

// extValue is a value of a parameter whose name ends with a star (RFC 8187,
// section 3.2): every byte that is no attr-char is escaped.
func extValue(s string) string {
	const attrChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&+-.^_`|~"
	var b strings.Builder
	b.WriteString("UTF-8''")
	for i := range len(s) {
		if strings.IndexByte(attrChars, s[i]) >= 0 {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
	}
	return b.String()
}
