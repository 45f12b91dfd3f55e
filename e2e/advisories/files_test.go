package advisories_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/e2e/grapnel"
)

// picture is a small image in a format.
func picture(t *testing.T, encode func(io.Writer, image.Image) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, image.NewGray(image.Rect(0, 0, 8, 6))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(w io.Writer, m image.Image) error  { return png.Encode(w, m) }
func asGIF(w io.Writer, m image.Image) error  { return gif.Encode(w, m, nil) }
func asJPEG(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }

func zipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return b.Bytes()
}

const script = `<script>alert(document.cookie)</script>`

// active are files that a browser would run scripts of, if it were told or let
// find out what they are.
func active(t *testing.T) map[string][]byte {
	comment := "\xff\xfe\x00" + script
	jpg := picture(t, asJPEG)
	return map[string][]byte{
		// parse#10135: SVG was not on the list of what is refused (GHSA-hcj7-6gxh-24ww).
		"parse#10135 SVG":                    []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
		"parse#10135 SVG with a declaration": []byte(`<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
		"parse#10135 SVG after a comment":    []byte("<!-- " + strings.Repeat("x", 2500) + ` --><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
		"parse#10135 SVG late":               []byte("<!-- " + strings.Repeat("x", 5000) + ` --><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
		"parse#10135 SVG in UTF-16":          []byte("\xff\xfe" + utf16(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)),
		// parse#10164 and #10192: XML, XHTML, XSLT and packed SVG were not on it
		// either (GHSA-v5hf-f4c3-m5rv, GHSA-42ph-pf9q-cr72).
		"parse#10164 HTML":                []byte("<!doctype html><html><body>" + script),
		"parse#10164 HTML after spaces":   []byte("\xef\xbb\xbf\n\n\t  <HtMl>" + script),
		"parse#10164 HTML after a text":   []byte("Dear reader,\n" + script),
		"parse#10164 HTML after zeroes":   []byte("\x00\x00\x00" + script),
		"parse#10164 a lone script":       []byte(script),
		"parse#10164 an iframe":           []byte(`<iframe srcdoc="` + script + `">`),
		"parse#10164 XML":                 []byte(`<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>`),
		"parse#10164 XHTML":               []byte(`<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head>` + script + `</head></html>`),
		"parse#10164 XSLT":                []byte(`<?xml version="1.0"?><xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">` + script + `</xsl:template></xsl:stylesheet>`),
		"parse#10164 packed SVG":          zipped(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
		"parse#10192 MathML":              []byte(`<math xmlns="http://www.w3.org/1998/Math/MathML"><mtext>` + script + `</mtext></math>`),
		"parse#10192 RDF":                 []byte(`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script></rdf:RDF>`),
		"parse#10192 RSS":                 []byte(`<rss version="2.0"><channel><title>` + script + `</title></channel></rss>`),
		"parse#10192 JavaScript":          []byte("alert(document.cookie);\n"),
		"parse#10192 a module":            []byte("#!/usr/bin/env node\nimport 'x';\nalert(1)\n"),
		"parse#10192 a stylesheet":        []byte("body { background: url(//example.org/) }\n"),
		"parse#10192 MHTML":               []byte("MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html\n\n" + script + "\n--x--\n"),
		"parse#10192 Flash":               []byte("FWS\x05\x40\x00\x00\x00" + strings.Repeat("\x00", 56)),
		"parse#10192 a PDF with a script": []byte("%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<</Root 1 0 R>>\n"),
		// Polyglots: images that are pages as well.
		"parse#10192 a GIF and a script":    append(append([]byte("GIF89a/*"), picture(t, asGIF)[8:]...), "*/=1;alert(1)"+script...),
		"parse#10192 a PNG and a page":      append(picture(t, asPNG), "<html>"+script...),
		"parse#10192 a JPEG with a page":    append(append([]byte{0xff, 0xd8, 0xff, 0xfe, 0, byte(len(comment) + 2)}, comment...), jpg[2:]...),
		"parse#10192 a WAVE and a page":     []byte("RIFF\x24\x00\x00\x00WAVEfmt " + script),
		"parse#10192 an MP4 and a page":     []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + script),
		"parse#10192 an archive and a page": append([]byte(script), "PK\x03\x04\x14\x00\x00\x00\x00\x00"...),
		"parse#10192 JSON and a page":       []byte(`{"a": "` + script + `"}`),
		"parse#10192 CSV and a page":        []byte("a,b\n" + script + ",2\n3,4\n"),
	}
}

func utf16(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteByte(byte(r))
		b.WriteByte(0)
	}
	return b.String()
}

// passive are the media types that a browser may show in place: it runs nothing in
// them.
func passive(mediaType string) bool {
	return mediaType != "image/svg+xml" && (strings.HasPrefix(mediaType, "image/") || strings.HasPrefix(mediaType, "audio/") || strings.HasPrefix(mediaType, "video/"))
}

// harmless checks how a file is served, whatever it is.
func harmless(t *testing.T, what string, a *grapnel.Answer) {
	t.Helper()
	if a.Status != http.StatusOK && a.Status != http.StatusPartialContent {
		t.Errorf("%s: status %d", what, a.Status)
	}
	mediaType, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	switch top, _, _ := strings.Cut(mediaType, "/"); {
	case err != nil, len(a.Header["Content-Type"]) != 1:
		t.Errorf("%s: Content-Type %q", what, a.Header["Content-Type"])
	case strings.Contains(mediaType, "html"), strings.Contains(mediaType, "xml"), strings.Contains(mediaType, "script"), mediaType == "text/css", top == "multipart", top == "message":
		t.Errorf("%s: served as %s", what, mediaType)
	}
	if got := a.Header["X-Content-Type-Options"]; len(got) != 1 || got[0] != "nosniff" {
		t.Errorf("%s: X-Content-Type-Options %q", what, got)
	}
	policy := a.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "sandbox"} {
		if !strings.Contains(policy, part) {
			t.Errorf("%s: Content-Security-Policy %q", what, policy)
		}
	}
	if strings.Contains(policy, "allow-") || strings.Contains(policy, "script-src") {
		t.Errorf("%s: Content-Security-Policy %q", what, policy)
	}
	kind, params, err := mime.ParseMediaType(a.Header.Get("Content-Disposition"))
	if err != nil || len(a.Header["Content-Disposition"]) != 1 || kind == "inline" && !passive(mediaType) || kind != "inline" && kind != "attachment" {
		t.Errorf("%s: served as %s with Content-Disposition %q", what, mediaType, a.Header["Content-Disposition"])
	}
	if name := params["filename"]; strings.ContainsAny(name, "/\\\r\n\x00") || strings.HasPrefix(name, ".") {
		t.Errorf("%s: the file name is %q", what, name)
	}
	for name := range a.Header {
		if name == "Set-Cookie" || strings.HasPrefix(name, "X-Injected") || name == "Content-Encoding" {
			t.Errorf("%s: header %s", what, name)
		}
	}
}

// fetch gets what stands at an address of the server.
func fetch(t *testing.T, s *grapnel.Server, address string) *grapnel.Answer {
	t.Helper()
	req, err := http.NewRequest("GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "identity")
	a, err := s.Do("", req)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func refusedType(a map[string]any) bool {
	return grapnel.Code(a) == "BAD_USER_INPUT" && grapnel.Dig(a["errors"], "0.extensions.fields.0.code") == "TYPE"
}

// Files of users ran as pages of the server, because what is dangerous was told
// by a list of names and types that the uploader chose.
func TestStoredScripts(t *testing.T) {
	s := product.Start(t, append(grapnel.Embedded(t).Env, "GRAPNEL_LOG_LEVEL=warn")...)
	member, _ := s.SignUp("member")
	send := func(f grapnel.File) map[string]any {
		return answer(t, func() (map[string]any, error) { return s.Send(member, s.Form(f)) })
	}

	t.Run("control: an image is shown", func(t *testing.T) {
		raw := picture(t, asPNG)
		a := send(grapnel.File{Name: "cover.png", Body: bytes.NewReader(raw)})
		served := fetch(t, s, grapnel.Dig(a, "data.uploadAsset.asset.url").(string))
		harmless(t, "cover.png", served)
		if served.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(served.Header.Get("Content-Disposition"), "inline") || !bytes.Equal(served.Body, raw) {
			t.Errorf("served with %v", served.Header)
		}
	})

	// Names and types with which the bytes are sent. parse#10490: a dot at the end of
	// the name hid its extension (GHSA-7wqv-xjf3-x35v). parse#10506: an extension that
	// is not on the list, with a type that is (GHSA-v8x7-r927-cc93). parse#10521: a
	// type that cannot be parsed (GHSA-r899-h629-j84r). parse#10192: one with
	// parameters. parse#10384: one that the extension contradicts.
	disguises := []struct{ name, contentType string }{
		{"x.html", "text/html"}, {"x.svg", "image/svg+xml"}, {"x.png", "image/png"},
		{"x.svg.", "image/svg+xml"}, {"x.html...", "image/png"},
		{"x.anything", "text/html"}, {"x", "application/xhtml+xml"}, {"x.shtml", "application/octet-stream"},
		{"x.png", "image/svg+xml;charset=utf-8"}, {"x.png", "text/html; charset=utf-8"},
		{"x.png", "text/html,"}, {"x.png", "text/html;;;"}, {"x.png", " text/html"}, {"x.png", "text//html"}, {"x.png", "TEXT/HTML"},
		{"x.jpg", "text/html"}, {"x.html", "image/jpeg"},
	}
	refused, shown, downloaded := 0, 0, 0
	for name, data := range active(t) {
		t.Run(name, func(t *testing.T) {
			for i, d := range disguises {
				if i >= 3 && !strings.Contains(name, "SVG") && !strings.Contains(name, "HTML") && !strings.Contains(name, "page") {
					break // a few names are enough for the others
				}
				what := d.name + " as " + d.contentType
				a := send(grapnel.File{Name: d.name, Header: textproto.MIMEHeader{"Content-Type": {d.contentType}}, Body: bytes.NewReader(data)})
				if refusedType(a) {
					refused++
					continue
				}
				if a["errors"] != nil {
					t.Errorf("%s: answered %v", what, a)
					continue
				}
				address := grapnel.Dig(a, "data.uploadAsset.asset.url").(string)
				served := fetch(t, s, address)
				harmless(t, what, served)
				if !bytes.Equal(served.Body, data) {
					t.Errorf("%s: the bytes are others", what)
				}
				// The name in the address is for people: it decides nothing.
				other := fetch(t, s, address[:strings.LastIndex(address, "/")]+"/other.html")
				if other.Header.Get("Content-Type") != served.Header.Get("Content-Type") {
					t.Errorf("%s: by another name it is %q", what, other.Header.Get("Content-Type"))
				}
				harmless(t, what+", by another name", other)
				if strings.HasPrefix(served.Header.Get("Content-Disposition"), "inline") {
					shown++
				} else {
					downloaded++
				}
			}
		})
	}
	t.Logf("%d refused, %d served as downloads, %d shown as what they are", refused, downloaded, shown)
	if refused == 0 || downloaded == 0 || shown == 0 {
		t.Error("one of the outcomes was never met")
	}

	t.Run("parse#10490 names", func(t *testing.T) {
		raw := picture(t, asPNG)
		for _, disposition := range []string{
			"filename=\"x.html\r\nX-Injected: 1\"", "filename=\"x.png\\\"; filename=\\\"evil.html\"", "filename*=UTF-8''x%0d%0aX-Injected:%201.html", "filename*=UTF-8''..%2f..%2fevil.html",
			`filename="../../../etc/passwd"`, `filename="..\\..\\evil.html"`, `filename="/etc/passwd"`, `filename="C:\\evil.html"`, `filename=".htaccess"`, `filename="."`, `filename=".."`, `filename="..."`, `filename=""`,
			`filename="%2e%2e%2fevil"`, "filename=\"a\x00.html\"", "filename=\"\u202egnp.html\"", "filename=\"\u2028.html\"", `filename="` + strings.Repeat("ä", 300) + `.html"`, `filename="x.html "`, `filename="x.html."`, `filename="x.html::$DATA"`, `filename="<img src=x onerror=alert(1)>.png"`, `filename="a?b#c&d.png"`, `filename="a%00b.png"`, "filename=\"\xff\xfe.png\"",
		} {
			body := strings.NewReplacer("\n", "%0A", "\r", "%0D")
			for _, d := range []string{body.Replace(disposition), strings.ReplaceAll(strings.ReplaceAll(disposition, "\r\n", "\r\n "), "\x00", "")} {
				a := rawUpload(t, s, member, `form-data; name="0"; `+d, raw)
				if a["errors"] != nil {
					if code := grapnel.Code(a); code != "BAD_USER_INPUT" {
						t.Errorf("%q answered %v", d, a)
					}
					continue
				}
				name, _ := grapnel.Dig(a, "data.uploadAsset.asset.filename").(string)
				if name == "" || len(name) > 255 || strings.ContainsAny(name, "/\\\r\n\x00\u202e\u2028") || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") {
					t.Errorf("%q was stored as %q", d, name)
				}
				address := grapnel.Dig(a, "data.uploadAsset.asset.url").(string)
				u, err := url.Parse(address)
				if err != nil || !strings.HasPrefix(u.Path, "/files/"+fmt.Sprint(grapnel.Dig(a, "data.uploadAsset.asset.id"))+"/") || strings.Contains(u.EscapedPath(), "..") || u.RawQuery != "" || u.Fragment != "" {
					t.Errorf("%q is at %s", d, address)
				}
				served := fetch(t, s, address)
				harmless(t, fmt.Sprintf("%q", d), served)
				if !bytes.Equal(served.Body, raw) {
					t.Errorf("%q: the bytes are others", d)
				}
			}
		}
	})

	t.Run("parse#10490 a name that is changed later", func(t *testing.T) {
		s := s.In(t)
		a := send(grapnel.File{Name: "notes.txt", Body: strings.NewReader("Dear reader,\n" + script)})
		id := grapnel.Dig(a, "data.uploadAsset.asset.id")
		for _, name := range []string{"evil.html", "x.svg", "../evil.html", "a\r\nX-Injected: 1", "a\"; filename=\"evil.html"} {
			address := s.Get(member, `mutation($id: ID!, $n: String!) { updateAsset(input: {id: $id, filename: $n}) { asset { url } } }`, vars{"id": id, "n": name}, "updateAsset.asset.url").(string)
			served := fetch(t, s, address)
			harmless(t, name, served)
			if got := served.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/plain") {
				t.Errorf("named %q it is %s", name, got)
			}
		}
	})

	// The same by the other way of uploading, which declares a type.
	t.Run("parse#10521 declared types", func(t *testing.T) {
		s := s.In(t)
		page := []byte("<!doctype html>" + script)
		for _, contentType := range []string{
			"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "text/javascript", "application/octet-stream", "", "*/*", "image", "image/*",
			"image/png; charset=utf-8", "image/png;", "IMAGE/PNG", " image/png", "image/png ", "image/png\r\nX-Injected: 1", "image/png,text/html", "text/html;image/png", "multipart/form-data",
		} {
			a := answer(t, func() (map[string]any, error) { return s.Post(member, promise, promised("x.png", contentType, page)) })
			if code := grapnel.Code(a); code != "BAD_USER_INPUT" {
				t.Errorf("%q answered %v", contentType, a)
			}
		}
		for _, contentType := range []string{"image/png", "text/plain", "application/pdf"} {
			id, status := direct(t, s, member, promised("x.html", contentType, page), bytes.NewReader(page))
			if status != http.StatusCreated { // what was promised, so far
				t.Errorf("%s: the file was answered with %d", contentType, status)
			}
			if a := fetch(t, s, s.URL+"/files/"+id+"/x.html"); a.Status != http.StatusNotFound {
				t.Errorf("%s: served before it was checked: %d", contentType, a.Status)
			}
			a := answer(t, func() (map[string]any, error) { return s.Post(member, complete, vars{"id": id}) })
			if !refusedType(a) {
				t.Errorf("%s: answered %v", contentType, a)
			}
			if a := fetch(t, s, s.URL+"/files/"+id+"/x.html"); a.Status != http.StatusNotFound {
				t.Errorf("%s: served after it was refused: %d", contentType, a.Status)
			}
		}
		// What is served is what the bytes show, not what was declared.
		raw := picture(t, asPNG)
		id, _ := direct(t, s, member, promised("x.html", "application/pdf", raw), bytes.NewReader(raw))
		got := s.Get(member, complete, vars{"id": id}, "completeAssetUpload.asset").(map[string]any)
		if got["contentType"] != "image/png" {
			t.Errorf("it became %v", got)
		}
		harmless(t, "x.html", fetch(t, s, got["url"].(string)))
	})
}

const (
	promise = `mutation($n: String!, $c: String!, $s: Int64!, $h: String!) { createAssetUpload(input: {filename: $n, contentType: $c, size: $s, sha256: $h}) {
		asset { id state } request { method url headers { name value } } } }`
	complete = `mutation($id: ID!) { completeAssetUpload(input: {id: $id}) { asset { state url contentType size } } }`
)

// promised are the variables of promise for these bytes.
func promised(name, contentType string, data []byte) vars {
	return vars{"n": name, "c": contentType, "s": len(data), "h": sha256Hex(data)}
}

// direct promises a file and sends a body by the signed request, in chunks unless
// it is of a kind whose length net/http finds; the status is the answer to that, 0
// when the connection was closed instead.
func direct(t *testing.T, s *grapnel.Server, token string, v vars, body io.Reader) (id string, status int) {
	t.Helper()
	r := s.Get(token, promise, v, "createAssetUpload").(map[string]any)
	req, err := http.NewRequest(grapnel.Dig(r, "request.method").(string), grapnel.Dig(r, "request.url").(string), body)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range grapnel.Dig(r, "request").(map[string]any)["headers"].([]any) {
		name, value := fmt.Sprint(grapnel.Dig(h, "name")), fmt.Sprint(grapnel.Dig(h, "value"))
		if name != "Content-Length" { // net/http sets it
			req.Header.Set(name, value)
		}
	}
	a, err := s.Do("", req)
	if err != nil {
		return grapnel.Dig(r, "asset.id").(string), 0
	}
	return grapnel.Dig(r, "asset.id").(string), a.Status
}

// rawUpload sends a file whose part has this Content-Disposition, byte by byte.
func rawUpload(t *testing.T, s *grapnel.Server, token, disposition string, data []byte) map[string]any {
	t.Helper()
	const boundary = "boundary"
	var b bytes.Buffer
	fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n%s\r\n", boundary,
		`{"query": "mutation($f: Upload!) { uploadAsset(input: {file: $f}) { asset { id url filename } } }", "variables": {"f": null}}`)
	fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n%s\r\n", boundary, `{"0": ["variables.f"]}`)
	fmt.Fprintf(&b, "--%s\r\nContent-Disposition: %s\r\nContent-Type: image/png\r\n\r\n", boundary, disposition)
	b.Write(data)
	fmt.Fprintf(&b, "\r\n--%s--\r\n", boundary)
	req, err := http.NewRequest("POST", s.URL+"/graphql", &b)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	req.Header.Set("GraphQL-Require-Preflight", "1")
	return answer(t, func() (map[string]any, error) { return s.Send(token, req) })
}

// lines is a text of n bytes that is made while it is read.
func lines(n int64) io.Reader { return io.LimitReader(&repeated{text: "A line of a long text.\n"}, n) }

type repeated struct {
	text string
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c := copy(p[n:], r.text[r.at:])
		n, r.at = n+c, (r.at+c)%len(r.text)
	}
	return n, nil
}

// sized is an upload of n bytes with a Content-Length.
func sized(t *testing.T, s *grapnel.Server, n int64) *http.Request {
	t.Helper()
	var head bytes.Buffer
	m := multipart.NewWriter(&head)
	_ = m.WriteField("operations", `{"query": "mutation($f: Upload!) { uploadAsset(input: {file: $f}) { asset { id size } } }", "variables": {"f": null}}`)
	_ = m.WriteField("map", `{"0": ["variables.f"]}`)
	_, _ = m.CreateFormFile("0", "long.txt")
	tail := "\r\n--" + m.Boundary() + "--\r\n"
	req, err := http.NewRequest("POST", s.URL+"/graphql", io.MultiReader(&head, lines(n), strings.NewReader(tail)))
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = int64(head.Len()) + n + int64(len(tail))
	req.Header.Set("Content-Type", m.FormDataContentType())
	req.Header.Set("GraphQL-Require-Preflight", "1")
	return req
}

// A body in chunks has no length, -1 is below any limit, and so the engine's own
// transport reads it whole into memory: 256 MiB cost 599 MB.
func TestUploadMemory(t *testing.T) {
	const large, growth = 192 << 20, 40 << 20
	s := product.Start(t, append(grapnel.Embedded(t).Env, "GRAPNEL_LOG_LEVEL=warn")...)
	token, _ := s.SignUp("member")
	chunked := func(s *grapnel.Server, n int64) *http.Request {
		return s.Form(grapnel.File{Name: "long.txt", Body: lines(n)})
	}
	// What a small one costs is there before.
	for _, req := range []*http.Request{chunked(s, 1<<20), sized(t, s, 1<<20)} {
		if a := answer(t, func() (map[string]any, error) { return s.Send(token, req) }); grapnel.Dig(a, "data.uploadAsset.asset.size") != float64(1<<20) {
			t.Fatalf("answered %v", a)
		}
	}
	grown := func(t *testing.T, f func()) {
		t.Helper()
		before := s.Peak()
		f()
		if n := s.Peak() - before; n > growth {
			t.Errorf("the server's memory grew by %d MiB", n>>20)
		} else {
			t.Logf("the server's memory grew by %d MiB", n>>20)
		}
	}
	for name, request := range map[string]func() *http.Request{
		"in chunks":             func() *http.Request { return chunked(s, large) },
		"with a Content-Length": func() *http.Request { return sized(t, s, large) },
	} {
		t.Run("gqlgen chunked multipart "+name, func(t *testing.T) {
			grown(t, func() {
				if a := answer(t, func() (map[string]any, error) { return s.Send(token, request()) }); grapnel.Dig(a, "data.uploadAsset.asset.size") != float64(large) {
					t.Errorf("answered %v", a)
				}
			})
		})
	}
	t.Run("gqlgen chunked multipart many at once", func(t *testing.T) {
		grown(t, func() {
			for _, a := range together(8, func(int) map[string]any {
				a, err := s.Send(token, chunked(s, large/8))
				if err != nil {
					t.Error(err)
				}
				return a
			}) {
				if grapnel.Dig(a, "data.uploadAsset.asset.size") != float64(large/8) {
					t.Errorf("answered %v", a)
				}
			}
		})
	})
	// Refused ones cost nothing either: by a visitor, in a field that is no file, to
	// an operation that takes none.
	t.Run("gqlgen chunked multipart refused", func(t *testing.T) {
		grown(t, func() {
			for name, req := range map[string]*http.Request{
				"a visitor":          chunked(s, large),
				"a large operations": formOf(t, s, "operations", lines(large)),
				"a large map":        formOf(t, s, "map", lines(large)),
				"a long head":        formOf(t, s, strings.Repeat("x", 1<<20), lines(1)),
			} {
				bearer := token
				if name == "a visitor" {
					bearer = ""
				}
				a, err := s.Do(bearer, req)
				if err != nil { // the server may close the connection while we still send
					t.Logf("%s: %v", name, err)
					continue
				}
				if !bytes.Contains(a.Body, []byte(`"errors"`)) {
					t.Errorf("%s: answered %d %s", name, a.Status, a.Body)
				}
			}
		})
	})
	t.Run("gqlgen chunked multipart the signed way", func(t *testing.T) {
		grown(t, func() {
			hash := sha256Of(lines(large))
			id, status := direct(t, s, token, vars{"n": "long.txt", "c": "text/plain", "s": large, "h": hash}, lines(large))
			if status != http.StatusCreated {
				t.Errorf("answered %d", status)
			}
			s.In(t).Get(token, complete, vars{"id": id}, "completeAssetUpload.asset")
		})
	})
}

// formOf is a form whose first part has this name and body.
func formOf(t *testing.T, s *grapnel.Server, name string, body io.Reader) *http.Request {
	t.Helper()
	head := ""
	if name == "map" {
		head = "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{\"query\": \"{ __typename }\"}\r\n"
	}
	req, err := http.NewRequest("POST", s.URL+"/graphql", io.MultiReader(strings.NewReader(head+"--b\r\nContent-Disposition: form-data; name=\""+name+"\"\r\n\r\n"), body, strings.NewReader("\r\n--b--\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	req.Header.Set("GraphQL-Require-Preflight", "1")
	return req
}

// stored are the regular files below a folder: path and size.
func stored(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	list := map[string]int64{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // went while we looked
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			list[path] = info.Size()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Limits that hold for files sent through the server did not hold for those that
// clients send straight to the store. Ours are one contract; and what it refuses
// leaves nothing.
func TestUploadLimits(t *testing.T) {
	grapnel.EachStores(t, func(t *testing.T, stores grapnel.Stores) {
		const limit = 1 << 20
		temp := t.TempDir()
		s := product.Start(t, append(stores.Env, "GRAPNEL_MAX_UPLOAD=1MiB", "TMPDIR="+temp, "GRAPNEL_LOG_LEVEL=warn")...)
		token, id := s.SignUp("member")
		before := stored(t, stores.Files)

		multipartSize := func(n int64, contentLength bool) map[string]any {
			req := s.Form(grapnel.File{Name: "long.txt", Body: lines(n)})
			if contentLength {
				req = sized(t, s, n)
			}
			return answer(t, func() (map[string]any, error) { return s.Send(token, req) })
		}
		text := func(n int64) []byte {
			data, err := io.ReadAll(lines(n))
			if err != nil {
				t.Fatal(err)
			}
			return data
		}

		t.Run("payload#12671 files over the limit", func(t *testing.T) {
			for _, n := range []int64{limit + 1, limit + 100_000, 16 * limit} {
				for _, contentLength := range []bool{true, false} {
					if a := multipartSize(n, contentLength); grapnel.Code(a) != "TOO_LARGE" {
						t.Errorf("%d bytes, Content-Length %v: answered %v", n, contentLength, a)
					}
				}
				// The signed way: not even promised.
				v := vars{"n": "long.txt", "c": "text/plain", "s": n, "h": sha256Of(lines(n))}
				s.In(t).Refused(token, promise, v, "TOO_LARGE")
			}
			// A part that lies about its length.
			for _, length := range []string{"1", "1048576", "-1", "1e3", "99999999999999999999"} {
				a := answer(t, func() (map[string]any, error) {
					return s.Send(token, s.Form(grapnel.File{Name: "long.txt", Header: textproto.MIMEHeader{"Content-Length": {length}}, Body: lines(2 * limit)}))
				})
				if code := grapnel.Code(a); code != "TOO_LARGE" && code != "BAD_USER_INPUT" {
					t.Errorf("a part of length %s answered %v", length, a)
				}
			}
		})
		t.Run("payload#12671 more than was promised", func(t *testing.T) {
			for name, body := range map[string][]byte{
				"twice as much": text(2000), "one byte more": text(1001), "one byte less": text(999), "nothing": {}, "other bytes": bytes.Repeat([]byte("x"), 1000), "far over the limit": text(4 * limit),
			} {
				for _, chunked := range []bool{true, false} {
					var reader io.Reader = bytes.NewReader(body)
					if chunked {
						reader = io.MultiReader(reader)
					}
					id, status := direct(t, s, token, promised("short.txt", "text/plain", text(1000)), reader)
					if status >= 200 && status < 300 {
						t.Errorf("%s, in chunks %v: answered %d", name, chunked, status)
					}
					s.In(t).Refused(token, complete, vars{"id": id}, "BAD_USER_INPUT")
					if a := fetch(t, s, s.URL+"/files/"+id+"/short.txt"); a.Status != http.StatusNotFound {
						t.Errorf("%s: served with %d", name, a.Status)
					}
				}
			}
		})
		t.Run("payload#12671 types", func(t *testing.T) {
			page := []byte("<!doctype html>" + script)
			if a := answer(t, func() (map[string]any, error) { return s.Upload(token, "x.txt", bytes.NewReader(page)) }); !refusedType(a) {
				t.Errorf("answered %v", a)
			}
			id, _ := direct(t, s, token, promised("x.txt", "text/plain", page), bytes.NewReader(page))
			if a := answer(t, func() (map[string]any, error) { return s.Post(token, complete, vars{"id": id}) }); !refusedType(a) {
				t.Errorf("answered %v", a)
			}
			if a := answer(t, func() (map[string]any, error) { return s.Upload(token, "empty.txt", strings.NewReader("")) }); grapnel.Code(a) != "BAD_USER_INPUT" {
				t.Errorf("an empty file answered %v", a)
			}
			s.In(t).Refused(token, promise, promised("empty.txt", "text/plain", nil), "BAD_USER_INPUT")
		})
		// A record was made of a file that never came, with the size that the client
		// claimed.
		t.Run("payload#16668 completed without a file", func(t *testing.T) {
			s := s.In(t)
			got := s.Get(token, promise, promised("never.txt", "text/plain", text(10)), "createAssetUpload.asset").(map[string]any)
			s.Refused(token, complete, vars{"id": got["id"]}, "BAD_USER_INPUT")
			if a := fetch(t, s, s.URL+"/files/"+fmt.Sprint(got["id"])+"/never.txt"); a.Status != http.StatusNotFound {
				t.Errorf("served with %d", a.Status)
			}
			other, _ := s.SignUp("other")
			s.Refused(other, complete, vars{"id": got["id"]}, "NOT_FOUND")
			s.Refused(other, `query($id: ID!) { asset(id: $id) { size } }`, vars{"id": got["id"]}, "NOT_FOUND")
		})
		t.Run("payload#12671 who may not upload", func(t *testing.T) {
			a := answer(t, func() (map[string]any, error) { return s.Upload("", "x.txt", lines(100)) })
			if grapnel.Code(a) != "UNAUTHENTICATED" {
				t.Errorf("answered %v", a)
			}
			s.In(t).Refused("", promise, promised("x.txt", "text/plain", text(100)), "UNAUTHENTICATED")
		})
		t.Run("payload#12671 a client that leaves", func(t *testing.T) {
			r, w := io.Pipe()
			go func() {
				_, _ = io.Copy(w, lines(limit/2))
				w.CloseWithError(io.ErrUnexpectedEOF)
			}()
			if a, err := s.Upload(token, "cut.txt", r); err == nil && a["errors"] == nil {
				t.Errorf("answered %v", a)
			}
		})

		// All of the above left nothing, in the end: neither bytes nor records.
		t.Run("payload#12671 nothing is left", func(t *testing.T) {
			var extra map[string]int64
			for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
				extra = map[string]int64{}
				for path, size := range stored(t, stores.Files) {
					if _, known := before[path]; !known {
						extra[path] = size
					}
				}
				if len(extra) == 0 {
					break
				}
			}
			if len(extra) > 0 {
				t.Errorf("left in the store: %v", extra)
			}
			if rest := stored(t, temp); len(rest) > 0 {
				t.Errorf("left in the temporary folder: %v", rest)
			}
			mine := s.In(t).Get(token, `query($id: ID!) { assets(where: {ownerId: {eq: $id}, state: {eq: READY}}) { totalCount } }`, vars{"id": id}, "assets.totalCount")
			if mine != 0.0 {
				t.Errorf("%v records are left", mine)
			}
		})
		t.Run("control: what keeps to the limits is stored, either way", func(t *testing.T) {
			for _, contentLength := range []bool{true, false} {
				if a := multipartSize(limit, contentLength); grapnel.Dig(a, "data.uploadAsset.asset.size") != float64(limit) {
					t.Errorf("answered %v", a)
				}
			}
			id, status := direct(t, s, token, promised("long.txt", "text/plain", text(limit)), bytes.NewReader(text(limit)))
			if status/100 != 2 {
				t.Errorf("answered %d", status)
			}
			got := s.In(t).Get(token, complete, vars{"id": id}, "completeAssetUpload.asset").(map[string]any)
			if got["size"] != float64(limit) || got["state"] != "READY" {
				t.Errorf("it is %v", got)
			}
			if served := fetch(t, s, got["url"].(string)); !bytes.Equal(served.Body, text(limit)) {
				t.Errorf("%d bytes are served with %d", len(served.Body), served.Status)
			}
			n := 0
			for path := range stored(t, stores.Files) {
				if _, known := before[path]; !known {
					n++
				}
			}
			if n < 3 {
				t.Errorf("only %d files in %s: it is not looked at where the bytes are", n, stores.Files)
			}
		})
	})
}
