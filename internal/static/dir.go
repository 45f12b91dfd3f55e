package static

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Dir serves the folder that the build of a frontend has written. Addresses that no file
// has are those of the pages of a single-page application, and get its index.html. It
// answers GET and HEAD.
//
// A file whose name holds a hash of its bytes, as builds write them, may be kept for a
// year; who has another one asks each time, and mostly hears 304.
type Dir struct {
	root *os.Root // nothing outside of it is served, not by .. and not by links
	// packed are texts as they are sent to those who take gzip, by name and ETag.
	packed *lru.Cache[string, []byte]
}

// The bounds of what Dir keeps packed.
const (
	maxPacked     = 128     // files
	maxPackedSize = 2 << 20 // bytes of one, unpacked
)

// OpenDir opens the folder of a frontend, which has an index.html.
func OpenDir(dir string) (*Dir, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("the folder of the frontend cannot be opened: %w", err)
	}
	if _, err := root.Stat(index); err != nil {
		root.Close()
		return nil, fmt.Errorf("the folder %s has no index.html: name the one that the build of your frontend writes, such as dist", dir)
	}
	packed, err := lru.New[string, []byte](maxPacked)
	if err != nil {
		root.Close()
		return nil, err
	}
	return &Dir{root, packed}, nil
}

const index = "index.html"

// Close gives the folder back.
func (d *Dir) Close() error { return d.root.Close() }

// ServeHTTP implements [http.Handler].
func (d *Dir) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	f, err := d.find(w, r, name)
	switch {
	case err == nil && f == nil: // it is answered
	case err == nil:
		defer f.Close()
		d.serve(w, r, name, f)
	case errors.Is(err, fs.ErrNotExist):
		w.Header().Set("Cache-Control", "no-store") // it may come with the next build
		http.Error(w, "There is nothing here.", http.StatusNotFound)
	default:
		http.Error(w, "This file cannot be read.", http.StatusInternalServerError)
	}
}

// find opens the file for the name in an address: itself, the index of a folder, a page without
// ".html", or the page for all others.
func (d *Dir) find(w http.ResponseWriter, r *http.Request, name string) (*os.File, error) {
	if hidden(name) {
		return nil, fs.ErrNotExist
	}
	if name == "" {
		name = index
	}
	f, err := d.open(name)
	if err == nil {
		return f, nil
	}
	if f, err := d.open(path.Join(name, index)); err == nil {
		if strings.HasSuffix(r.URL.Path, "/") {
			return f, nil
		}
		f.Close()
		to := url.URL{Path: "./" + path.Base(name) + "/", RawQuery: r.URL.RawQuery} // relative, for a proxy may hide a prefix
		w.Header().Set("Location", to.String())
		w.WriteHeader(http.StatusPermanentRedirect)
		return nil, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if f, err := d.open(name + ".html"); err == nil {
		return f, nil
	}
	if strings.HasPrefix(name, ".well-known/") || path.Ext(name) != "" && !strings.Contains(r.Header.Get("Accept"), "text/html") {
		return nil, fs.ErrNotExist // what programs ask for and is not there must not be a page
	}
	return d.open(index)
}

// hidden reports whether a part of the name begins with a dot, as those of files that
// were not meant to be published do.
func hidden(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") && part != ".well-known" {
			return true
		}
	}
	return false
}

// open opens a regular file: one that is none may never answer. What cannot have a name
// in the folder is not there.
func (d *Dir) open(name string) (*os.File, error) {
	info, err := d.root.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	var f *os.File
	if err == nil {
		f, err = d.root.Open(name)
	}
	if err != nil && !errors.Is(err, fs.ErrPermission) {
		err = fs.ErrNotExist
	}
	return f, err
}

// inAssets are names in the folders where builds of Vite, SvelteKit, Next, Nuxt, Astro and
// webpack put what they name by a hash, and the hash.
var inAssets = regexp.MustCompile(`(^|/)(assets|_app/immutable|_next/static|_nuxt|_astro|static)/.*[.-]([A-Za-z0-9_]{8,})\.[a-z0-9]+$`)

// IsHashed reports whether a name changes with the bytes. A hash is no word and no date:
// taking it for one costs a question, the contrary shows an old file for a year.
func IsHashed(name string) bool {
	m := inAssets.FindStringSubmatch(name)
	if m == nil {
		return false
	}
	hash := m[3]
	return strings.ToLower(hash) != hash && strings.ToUpper(hash) != hash ||
		strings.ContainsAny(hash, "0123456789_") && strings.ContainsAny(hash, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
}

// serve answers with the file that stands for a name.
func (d *Dir) serve(w http.ResponseWriter, r *http.Request, name string, f *os.File) {
	info, err := f.Stat()
	if err != nil {
		http.Error(w, "This file cannot be read.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	kind, tag := ContentType(f.Name()), fmt.Sprintf(`W/"%x-%x"`, info.ModTime().UnixNano(), info.Size())
	policy(h)
	h.Set("Content-Type", kind)
	h.Set("ETag", tag)
	h.Set("Cache-Control", "no-cache")
	if IsHashed(name) && strings.HasSuffix(f.Name(), path.Base(name)) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	var body io.ReadSeeker = f
	if isText(kind) && info.Size() <= maxPackedSize {
		h.Add("Vary", "Accept-Encoding")
		if AcceptsGzip(r) && r.Header.Get("Range") == "" {
			packed, err := d.pack(f, tag)
			if err != nil {
				http.Error(w, "This file cannot be read.", http.StatusInternalServerError)
				return
			}
			h.Set("Content-Encoding", "gzip")
			body = bytes.NewReader(packed)
		}
	}
	http.ServeContent(w, r, "", time.Time{}, body)
}

// policy leaves a frontend more than our API: it has scripts, styles and pictures, and
// says itself from where. Only others may not frame it.
func policy(h http.Header) {
	h.Set("Content-Security-Policy", "frame-ancestors 'self'; base-uri 'self'; object-src 'none'")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin-allow-popups")
	h.Del("Cross-Origin-Resource-Policy") // pictures are shown where links to it are shared
}

func isText(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.Contains(kind, "json") || strings.Contains(kind, "xml") || kind == "application/wasm"
}

// pack is a file as gzip, made once.
func (d *Dir) pack(f *os.File, tag string) ([]byte, error) {
	key := f.Name() + tag
	if packed, ok := d.packed.Get(key); ok {
		return packed, nil
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.Copy(z, io.LimitReader(f, maxPackedSize)); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	d.packed.Add(key, b.Bytes())
	return b.Bytes(), nil
}
