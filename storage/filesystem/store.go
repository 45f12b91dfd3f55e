// Package filesystem keeps objects as plain files in a folder: the embedded
// default.
//
// An object is one file, objects/<shard>/<escaped key>, where the shard is the
// first byte of the key's SHA-256 in hex, so that no folder grows too large to
// list. Bytes arrive in uploads/, on the same file system, and are renamed
// into place when they are whole and on disk. So a file in objects/ is always
// complete, also after a crash or a power failure, and a backup is a copy of
// the folder.
package filesystem

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/grapnel/grapnel/core"
)

const (
	objects = "objects"
	uploads = "uploads"
	shards  = 256

	// copyBuffer bounds the memory of one Put.
	copyBuffer = 128 << 10
	// staleAfter is how long an upload lies unwritten before it counts as
	// left behind by a crash. Whoever feeds a Put gives up on a silent sender
	// long before. Several processes may share the folder, so age is the only
	// mark.
	staleAfter = time.Hour
)

// Store is a core.ObjectStore in a folder.
type Store struct {
	root  *os.Root
	swept atomic.Int64 // Unix seconds of the last sweep
}

var _ core.ObjectStore = (*Store)(nil)

// Option changes how Open opens a store.
type Option func(*config)

type config struct{ readOnly bool }

// ReadOnly opens a store that is there only to look at it, also beside a process that
// writes to it.
func ReadOnly() Option { return func(c *config) { c.readOnly = true } }

// Open opens the store in dir and creates what is absent, readable by this
// user only.
func Open(dir string, opts ...Option) (*Store, error) {
	var c config
	for _, o := range opts {
		o(&c)
	}
	if !c.readOnly {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("cannot create the folder for files: %w", err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot open the folder for files: %w", err)
	}
	s := &Store{root: root}
	if c.readOnly {
		return s, nil
	}
	if err := errors.Join(s.layOut(), s.sweep()); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot write in the folder for files: %w", err), root.Close())
	}
	return s, nil
}

// Close ends the use of the folder.
func (s *Store) Close() error { return s.root.Close() }

// Put implements core.ObjectStore. An object of the same key is replaced in
// one step. The content type is not kept: it is core's to know.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, _ core.ObjectMeta) error {
	name, err := fileName(key)
	if err != nil {
		return err
	}
	if time.Since(time.Unix(s.swept.Load(), 0)) > staleAfter {
		_ = s.sweep() // what ails the folder shows below
	}
	temp := path.Join(uploads, rand.Text())
	if err := s.write(ctx, temp, r); err != nil {
		return errors.Join(err, s.discard(temp))
	}
	if err := s.root.Rename(temp, name); err != nil {
		return errors.Join(failed(err), s.discard(temp))
	}
	// The object is not acknowledged until its name is on disk too.
	if err := s.sync(path.Dir(name)); err != nil {
		return errors.Join(failed(err), s.discard(name))
	}
	return nil
}

// Open implements core.ObjectStore.
func (s *Store) Open(_ context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if offset < 0 || length < -1 {
		return nil, core.Errorf(core.Internal, "There is no range of %d bytes at %d.", length, offset)
	}
	name, err := fileName(key)
	if err != nil {
		return nil, err
	}
	f, err := s.root.Open(name)
	if err != nil {
		return nil, missing(err)
	}
	info, err := f.Stat()
	if err == nil {
		// Some file systems refuse to seek far past the end.
		_, err = f.Seek(min(offset, info.Size()), io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(failed(err), f.Close())
	}
	if length == -1 {
		return f, nil
	}
	return &section{f, io.LimitedReader{R: f, N: length}}, nil
}

// Stat implements core.ObjectStore; there is no checksum.
func (s *Store) Stat(_ context.Context, key string) (core.ObjectInfo, error) {
	name, err := fileName(key)
	if err != nil {
		return core.ObjectInfo{}, err
	}
	info, err := s.root.Stat(name)
	if err != nil {
		return core.ObjectInfo{}, missing(err)
	}
	return core.ObjectInfo{Size: info.Size()}, nil
}

// Delete implements core.ObjectStore. Whoever gets no error can forget the object:
// that its name is gone is on disk.
func (s *Store) Delete(_ context.Context, key string) error {
	name, err := fileName(key)
	if err != nil {
		return err
	}
	switch err := s.root.Remove(name); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return failed(err)
	}
	return failed(s.sync(path.Dir(name)))
}

// Ping reports whether the folder is still there and can be written, by trying.
func (s *Store) Ping(context.Context) error {
	name := path.Join(uploads, ".ping")
	err := s.root.WriteFile(name, make([]byte, 4096), 0o600)
	if gone := s.root.Remove(name); err == nil && !errors.Is(gone, fs.ErrNotExist) {
		err = gone // unless another process was faster
	}
	return failed(err)
}

// Kind implements core.ObjectStore.
func (s *Store) Kind() core.StoreKind { return core.Filesystem }

// layOut creates the folders, and makes sure that they are on disk before the
// first object is acknowledged.
func (s *Store) layOut() error {
	dirs := []string{uploads, objects}
	for shard := range shards {
		dirs = append(dirs, folder(byte(shard)))
	}
	created := false
	for _, dir := range dirs {
		switch err := s.root.Mkdir(dir, 0o700); {
		case err == nil:
			created = true
		case !errors.Is(err, fs.ErrExist):
			return err
		}
	}
	if !created {
		return nil
	}
	return errors.Join(s.sync(objects), s.sync("."))
}

// sweep removes uploads that a crash left behind.
func (s *Store) sweep() error {
	now := time.Now()
	s.swept.Store(now.Unix())
	entries, err := fs.ReadDir(s.root.FS(), uploads)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // finished meanwhile
		}
		if err != nil {
			return err
		}
		if now.Sub(info.ModTime()) > staleAfter {
			if err := s.discard(path.Join(uploads, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// write copies r into a new file and brings it to disk.
func (s *Store) write(ctx context.Context, name string, r io.Reader) error {
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return failed(err)
	}
	src := &source{ctx: ctx, r: r}
	// Without ReadFrom, which would bring a buffer of its own.
	_, err = io.CopyBuffer(struct{ io.Writer }{f}, src, make([]byte, copyBuffer))
	switch {
	case src.err != nil:
		err = src.err
	case err != nil:
		err = failed(err)
	default:
		err = failed(f.Sync())
	}
	if closed := f.Close(); err == nil {
		err = failed(closed)
	}
	if err == nil {
		err = cancelled(ctx)
	}
	return err
}

// discard removes a file, which may be absent.
func (s *Store) discard(name string) error {
	if err := s.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed(err)
	}
	return nil
}

// sync brings the entries of a folder to disk. Windows cannot, and keeps them
// in its own journal.
func (s *Store) sync(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// fileName is where the object of key lies. Whatever the key is, the name has
// no separator and no "..".
func fileName(key string) (string, error) {
	name, ok := escape(key)
	if !ok {
		return "", core.Errorf(core.Internal, "This is no key of a file.")
	}
	sum := sha256.Sum256([]byte(key))
	return path.Join(folder(sum[0]), name), nil
}

// folder is where the objects of a shard lie.
func folder(shard byte) string { return path.Join(objects, hex.EncodeToString([]byte{shard})) }

// escape makes a file name of a key: lower-case letters, digits, "-", "_" and
// dots inside stay, every other byte becomes %XX. Capitals are escaped too, so
// that keys stay apart on file systems that fold case. A name longer than 255
// bytes, the limit of most file systems, is refused.
func escape(key string) (name string, ok bool) {
	const hexDigits = "0123456789abcdef"
	b := make([]byte, 0, len(key)+8)
	for i := range len(key) {
		c := key[i]
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_', c == '.' && i > 0:
			b = append(b, c)
		default:
			b = append(b, '%', hexDigits[c>>4], hexDigits[c&15])
		}
		if len(b) > 255 {
			return "", false
		}
	}
	return string(b), len(b) > 0
}

// source reads r until ctx ends, and remembers why it broke off, to tell the
// errors of the reader from those of the disk.
type source struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err = cancelled(s.ctx); s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = fmt.Errorf("reading the upload: %w", err)
		err = s.err
	}
	return n, err
}

// section is a range of a file.
type section struct {
	f *os.File
	io.LimitedReader
}

// WriteTo hands the file to w as such, so that a network connection can take
// the bytes without a copy in this process.
func (s *section) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, &s.LimitedReader) }

func (s *section) Close() error { return s.f.Close() }
