// Package ui holds the web pages of the binary, built by web/ and committed, and
// serves them. They need nothing from outside: no other host, no Node.
package ui

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/grapnel/grapnel/internal/static"
)

// policy is the Content-Security-Policy of the pages: everything from our own
// origin. The styles of the components are inline.
const policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self'; " +
	"object-src 'none'; base-uri 'self'; frame-ancestors 'none'"

//go:embed all:dist
var dist embed.FS

// Playground serves the GraphQL playground; mount it for GET at /playground and
// /playground/. The page finds the endpoint beside itself, at ../graphql, and
// carries no credentials: the session of whoever opens it is in the cookies of
// the same origin.
func Playground() http.Handler { return pages("playground") }

// Admin serves the dashboard; mount it for GET at /admin and /admin/. Addresses that
// no file has are those of its screens, and get the page. It signs out whoever does
// nothing for as long as idle; 0: nobody. It leads to what stands on the site when there
// is one beside it.
func Admin(idle time.Duration, site bool) http.Handler {
	files, index := pages("admin"), embedded("dist/admin/index.html.gz")
	index = bytes.Replace(index, []byte(`data-idle="0" data-site="false"`), fmt.Appendf(nil, `data-idle="%d" data-site="%t"`, int(idle.Seconds()), site), 1)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		screen, below := strings.CutPrefix(r.URL.EscapedPath(), "/admin/")
		if !below || screen != "" && screen != "index.html" && isFile("admin", screen) {
			files.ServeHTTP(w, r)
			return
		}
		secure(w.Header())
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// The files of the page are beside its root, under whatever prefix of a proxy.
		root := "./" + strings.Repeat("../", strings.Count(screen, "/"))
		_, _ = w.Write(bytes.Replace(index, []byte(`<base href="./"`), []byte(`<base href="`+root+`"`), 1))
	})
}

// AdminDocument is what the dashboard sends before somebody has signed in, letter by
// letter: one document with all operations of the session.
func AdminDocument() string { return string(embedded("dist/admin/session.graphql.gz")) }

// isFile reports whether dist/<name> has the file, or would: what is missing among
// the assets is no screen.
func isFile(name, file string) bool {
	if strings.HasPrefix(file, "assets/") {
		return true
	}
	f, err := dist.Open("dist/" + name + "/" + file + ".gz")
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// secure sets what every answer of a page has.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache") // ask each time; the answer is mostly 304
}

// pages serves the files of dist/<name> below /<name>/. They are stored as
// <file>.gz and go out as they are; a client that does not take gzip gets them
// unpacked.
func pages(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/"+name { // relative, for a proxy may hide a prefix
			w.Header().Set("Location", name+"/")
			w.WriteHeader(http.StatusPermanentRedirect)
			return
		}
		file := strings.TrimPrefix(path.Clean(r.URL.Path), "/"+name)
		if file == "" {
			file = "/index.html"
		}
		packed, err := dist.ReadFile("dist/" + name + file + ".gz")
		if err != nil {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		secure(h)
		h.Set("Content-Type", static.ContentType(file))
		h.Add("Vary", "Accept-Encoding")
		if name == "admin" && static.IsHashed(file) { // Altair names some files without a hash
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		h.Set("ETag", `W/"`+checksum(packed)+`"`)
		body := packed
		if static.AcceptsGzip(r) {
			h.Set("Content-Encoding", "gzip")
		} else if body, err = unpack(packed); err != nil {
			http.Error(w, "this file is damaged", http.StatusInternalServerError)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	})
}

// checksum is what gzip keeps of the unpacked bytes in its trailer: their CRC-32
// and length (RFC 1952, section 2.3.1).
func checksum(packed []byte) string { return hex.EncodeToString(packed[len(packed)-8:]) }

// embedded is an unpacked file that the binary cannot be without.
func embedded(name string) []byte {
	packed, err := dist.ReadFile(name)
	if err != nil {
		panic(err)
	}
	content, err := unpack(packed)
	if err != nil {
		panic(err)
	}
	return content
}

func unpack(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
