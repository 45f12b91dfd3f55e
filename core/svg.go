package core

import (
	"bytes"
	"encoding/xml"
	"io"
	"regexp"

	"golang.org/x/text/encoding/unicode"
)

const (
	svgType      = "image/svg+xml"
	svgNamespace = "http://www.w3.org/2000/svg"
)

// entity is a declaration of a text that a document refers to by name: Adobe
// Illustrator writes the namespaces of its files so.
var entity = regexp.MustCompile(`<!ENTITY\s+(\S+)\s+(?:"([^"]*)"|'([^']*)')`)

// isSVG reports whether the root of an XML document is the element svg of SVG's
// namespace, whatever its prefix, and whatever stands before it.
func isSVG(head []byte) bool {
	text := bytes.TrimLeft(utf8Of(head), " \t\r\n")
	if !bytes.HasPrefix(text, []byte("<")) {
		return false
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = false
	d.Entity = map[string]string{}
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // names are ASCII in all of them
	for {
		token, err := d.RawToken()
		if err != nil {
			return false
		}
		switch token := token.(type) {
		case xml.Directive:
			for _, e := range entity.FindAllSubmatch(token, -1) {
				d.Entity[string(e[1])] = string(e[2]) + string(e[3])
			}
		case xml.StartElement:
			declared := xml.Name{Local: "xmlns"}
			if token.Name.Space != "" {
				declared = xml.Name{Space: "xmlns", Local: token.Name.Space}
			}
			for _, a := range token.Attr {
				if a.Name == declared {
					return token.Name.Local == "svg" && a.Value == svgNamespace
				}
			}
			return false
		}
	}
}

// utf8Of is the beginning of an XML document in UTF-8, without a byte order mark. That
// of UTF-16 may be missing (XML 1.0, appendix F).
func utf8Of(head []byte) []byte {
	endian := unicode.LittleEndian
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("<\x00")):
	case bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.HasPrefix(head, []byte("\x00<")):
		endian = unicode.BigEndian
	default:
		return bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	}
	text, _ := unicode.UTF16(endian, unicode.UseBOM).NewDecoder().Bytes(head) // what is cut off in the middle is no matter
	return text
}
