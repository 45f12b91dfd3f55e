package core_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/grapnel/grapnel/core"
)

// wide is a text in UTF-16.
func wide(order binary.AppendByteOrder, text string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

const svgRoot = `xmlns="http://www.w3.org/2000/svg" width="8" height="6"/>`

// An SVG is told by the namespace of its root, however it is encoded and whatever
// stands before it.
func TestSVG(t *testing.T) {
	t.Parallel()
	comment := "<!-- " + strings.Repeat("x ", 2_500) + "-->"
	illustrator := `<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" [
	<!ENTITY ns_svg "http://www.w3.org/2000/svg">
	<!ENTITY ns_xlink 'http://www.w3.org/1999/xlink'>
]>
<svg version="1.1" xmlns="&ns_svg;" xmlns:xlink="&ns_xlink;" width="8"></svg>`
	types, err := core.ParseFileTypes([]string{"+" + svgType})
	if err != nil {
		t.Fatal(err)
	}
	open := newWorld(t, func(cfg *core.Config) { cfg.FileTypes = types })
	closed := newWorld(t)
	taken, refused := open.as(t, "ada", core.Member), closed.as(t, "ada", core.Member)
	for name, text := range map[string]string{
		"plain":                   svg,
		"line breaks before":      "\r\n\t " + svg,
		"UTF-8 with a mark":       "\xef\xbb\xbf" + svg,
		"a mark and a head":       "\xef\xbb\xbf" + `<?xml version="1.0" encoding="UTF-8"?>` + svg,
		"UTF-16LE":                "\xff\xfe" + wide(binary.LittleEndian, `<?xml version="1.0" encoding="UTF-16"?><svg `+svgRoot),
		"UTF-16BE":                "\xfe\xff" + wide(binary.BigEndian, "<svg "+svgRoot),
		"UTF-16LE without a mark": wide(binary.LittleEndian, "<svg "+svgRoot),
		"UTF-16BE without a mark": wide(binary.BigEndian, "<svg "+svgRoot),
		"Latin 1":                 "<?xml version='1.0' encoding='iso-8859-1'?><!-- \xe9 --><svg " + svgRoot,
		"a prefix":                `<svg:svg xmlns:svg="http://www.w3.org/2000/svg"><svg:g/></svg:svg>`,
		"another prefix":          `<a:svg xmlns="http://www.w3.org/1999/xhtml" xmlns:a='http://www.w3.org/2000/svg'/>`,
		"a long comment":          comment + "<svg " + svgRoot,
		"a head and a comment":    `<?xml version="1.0"?>` + comment + "<?xml-stylesheet href='a.css'?>" + "<svg " + svgRoot,
		"namespace by an entity":  illustrator,
		"the namespace comes last": `<svg width="8" height="6" viewBox="0 0 8 6" fill="none" ` + strings.Repeat(`data-a="b" `, 20) + `
			xmlns="http://www.w3.org/2000/svg">`,
	} {
		a, err := open.Assets.Upload(taken, core.Upload{Filename: "a", Declared: -1, Body: strings.NewReader(text), Visibility: core.Public})
		if err != nil || a.ContentType != svgType {
			t.Errorf("%s: %+v %v", name, a, err)
		}
		if _, err := closed.Assets.Upload(refused, core.Upload{Filename: "a", Declared: -1, Body: strings.NewReader(text), Visibility: core.Public}); strings.Join(fieldErrors(err), ",") != "file TYPE" {
			t.Errorf("%s, where SVG is not taken: %v", name, err)
		}
	}
	for _, text := range []string{
		"", "<", "<svg", "a text about <svg " + svgRoot, `<a xmlns="http://www.w3.org/2000/svg"/>`, `<svg xmlns="http://www.w3.org/1999/xhtml"/>`,
		`<b:svg xmlns="http://www.w3.org/2000/svg"/>`, `<html><svg ` + svgRoot + `</html>`, "<!-- <svg " + svgRoot, `{"a": "<svg>"}`,
	} {
		if core.IsSVG([]byte(text)) {
			t.Errorf("%s is an SVG", text)
		}
	}
}

const svgType = "image/svg+xml"

func FuzzSVG(f *testing.F) {
	f.Add([]byte(svg))
	f.Add([]byte("\xff\xfe" + wide(binary.LittleEndian, svg)))
	f.Add([]byte("<!DOCTYPE svg [<!ENTITY a 'http://www.w3.org/2000/svg'>]><b:svg xmlns:b='&a;'>"))
	f.Fuzz(func(t *testing.T, head []byte) {
		// What follows the root decides nothing.
		if core.IsSVG(head) && !core.IsSVG(append(bytes.Clone(head), "  "...)) {
			t.Errorf("%q is an SVG, and not with two bytes more", head)
		}
	})
}
