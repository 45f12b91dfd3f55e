package picture

import (
	"bytes"
	"strings"
)

// private reports whether a property of this name, without its prefix, tells a
// position or a serial number.
func private(name string) bool {
	name = strings.ToLower(name)
	if strings.HasPrefix(name, "gps") {
		return true
	}
	for _, part := range []string{"serialnumber", "latitude", "longitude", "longtitude", "geotag"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// localName is a name without its prefix.
func localName(name string) string { return name[strings.LastIndexByte(name, ':')+1:] }

// xmp blanks the private properties of a packet of XMP that passes in pieces. They
// are attributes, or elements with all that is in them; spaces may stand in the
// place of both. It reads XML as far as it must for that: tags, attributes, quotes.
type xmp struct {
	changed bool

	state  xmpState
	quote  byte
	blank  bool // the attribute at hand is private
	inside int  // open elements from a private one on; all is blanked
	slash  bool // the tag at hand ended with one so far
	close  bool // it is a closing tag
}

type xmpState uint8

const (
	inText   xmpState = iota
	inMarkup          // comments, declarations, instructions: to the next >
	inTag
	inValue // of an attribute, within its quotes
)

// maxName bounds the names that are read; a longer one is no private one.
const maxName = 128

// scan blanks what is private in b and says how many bytes it is done with. The
// others begin with a name whose end is not in b: they are to be given again, with
// what follows. When final is true, nothing follows and all is done.
func (x *xmp) scan(b []byte, final bool) int {
	i := 0
	for i < len(b) {
		switch x.state {
		case inText:
			n := bytes.IndexByte(b[i:], '<')
			if n < 0 {
				n = len(b) - i
			}
			if n > 0 {
				x.erase(b[i:i+n], x.inside > 0)
				i += n
				continue
			}
			if i+1 == len(b) && !final {
				return i
			}
			start := i + 1
			if x.close = start < len(b) && b[start] == '/'; x.close {
				start++
			} else if start < len(b) && (b[start] == '!' || b[start] == '?') {
				x.state = inMarkup
				continue
			}
			end, ok := nameEnd(b, start)
			if !ok && !final && end-start < maxName {
				return i
			}
			switch {
			case x.inside > 0 && !x.close:
				x.inside++
			case !x.close && private(localName(string(b[start:end]))):
				x.inside = 1
			}
			x.erase(b[i:end], x.inside > 0)
			i, x.state, x.slash, x.blank = end, inTag, false, false
		case inMarkup:
			n := bytes.IndexByte(b[i:], '>') + 1
			if n == 0 {
				n = len(b) - i
			} else {
				x.state = inText
			}
			x.erase(b[i:i+n], x.inside > 0)
			i += n
		case inTag:
			switch c := b[i]; c {
			case '>':
				x.erase(b[i:i+1], x.inside > 0)
				if x.inside > 0 && (x.close || x.slash) {
					x.inside--
				}
				x.state = inText
				i++
			case '<': // no XML; a new tag
				x.state = inText
			case '"', '\'':
				x.quote, x.state = c, inValue
				x.erase(b[i:i+1], x.blank || x.inside > 0)
				i++
			case '/', '=', ' ', '\t', '\r', '\n':
				x.slash = c == '/' || x.slash && c != '='
				x.erase(b[i:i+1], x.inside > 0 || x.blank && c == '=')
				i++
			default:
				end, ok := nameEnd(b, i)
				if !ok && !final && end-i < maxName {
					return i
				}
				name := string(b[i:end])
				x.blank, x.slash = !strings.HasPrefix(name, "xmlns:") && private(localName(name)), false
				x.erase(b[i:end], x.blank || x.inside > 0)
				i = end
			}
		case inValue:
			n := bytes.IndexByte(b[i:], x.quote) + 1
			blank := x.blank || x.inside > 0
			if n == 0 {
				n = len(b) - i
			} else {
				x.state, x.blank = inTag, false
			}
			x.erase(b[i:i+n], blank)
			i += n
		}
	}
	return i
}

// nameEnd is where the name at i ends, at most maxName behind it; ok is false when
// that is not in b.
func nameEnd(b []byte, i int) (end int, ok bool) {
	limit := min(len(b), i+maxName)
	if n := bytes.IndexAny(b[min(i, limit):limit], " \t\r\n/=>\"'<"); n >= 0 {
		return i + n, true
	}
	return limit, false
}

func (x *xmp) erase(b []byte, really bool) {
	if !really {
		return
	}
	for i, c := range b {
		if c != ' ' && c != '\n' {
			b[i], x.changed = ' ', true
		}
	}
}
