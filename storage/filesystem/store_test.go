package filesystem_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/filesystem"
	"github.com/grapnel/grapnel/storage/storagetest"
)

func open(t *testing.T, dir string) *filesystem.Store {
	t.Helper()
	s, err := filesystem.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// files lists the regular files under dir, relative to it.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// store knows its folder, for the check of what is left over in it.
type store struct {
	*filesystem.Store
	dir string
}

func TestObjects(t *testing.T) {
	t.Parallel()
	storagetest.RunObjects(t, func(t *testing.T) core.ObjectStore {
		dir := t.TempDir()
		return store{open(t, dir), dir}
	}, storagetest.Leftovers(func(t *testing.T, s core.ObjectStore, _ string) []string {
		return files(t, filepath.Join(s.(store).dir, "uploads"))
	}))
}

func TestReopen(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	s, err := filesystem.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), "assets/ast_1", strings.NewReader("kept"), core.ObjectMeta{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := open(t, dir).Stat(t.Context(), "assets/ast_1")
	if err != nil || info.Size != 4 {
		t.Errorf("after a restart: %+v, %v", info, err)
	}
}

// TestKeys puts objects under hostile keys: each comes back, and nothing is
// written outside of the store.
func TestKeys(t *testing.T) {
	t.Parallel()
	outer := t.TempDir()
	s := open(t, filepath.Join(outer, "data"))
	keys := []string{
		"..", ".", "../x", "../../x", "/etc/passwd", "a/../../b", "assets/", "/", "//", "a", "a/b", "a/b/c",
		".hidden", "a%2fb", "A", "a ", "a\x00b", "a\nb", `a\b`, `..\x`, "ä", "\xff", "con", "a:b", "~",
	}
	for _, key := range keys {
		if err := s.Put(t.Context(), key, strings.NewReader(key), core.ObjectMeta{}); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
	for _, key := range keys {
		r, err := s.Open(t.Context(), key, 0, -1)
		if err != nil {
			t.Errorf("%q: %v", key, err)
			continue
		}
		got, err := io.ReadAll(r)
		if err != nil || string(got) != key {
			t.Errorf("%q holds %q, %v", key, got, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, name := range files(t, outer) {
		if !strings.HasPrefix(name, "data/objects/") {
			t.Errorf("a file outside of the objects: %s", name)
		}
	}
	for _, key := range []string{"", strings.Repeat("k", 256), strings.Repeat("/", 86)} {
		if err := s.Put(t.Context(), key, strings.NewReader("x"), core.ObjectMeta{}); err == nil {
			t.Errorf("a key of %d bytes is accepted", len(key))
		}
	}
}

// TestLink puts a link where an object belongs: it must not lead outside.
func TestLink(t *testing.T) {
	t.Parallel()
	outer := t.TempDir()
	dir := filepath.Join(outer, "data")
	s := open(t, dir)
	secret := filepath.Join(outer, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), "a", strings.NewReader("x"), core.ObjectMeta{}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, files(t, dir)[0])
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, name); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if r, err := s.Open(t.Context(), "a", 0, -1); err == nil {
		r.Close()
		t.Error("Open followed a link out of the store")
	}
	if _, err := s.Stat(t.Context(), "a"); err == nil {
		t.Error("Stat followed a link out of the store")
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, dir)
	if err := s.Put(t.Context(), "a", strings.NewReader("x"), core.ObjectMeta{}); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %s", name, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestSweep finds the uploads of a crashed process at start, and leaves those
// alone that another process may still be writing.
func TestSweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir)
	stale, fresh := filepath.Join(dir, "uploads", "stale"), filepath.Join(dir, "uploads", "fresh")
	for _, name := range []string{stale, fresh} {
		if err := os.WriteFile(name, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(stale, old, old); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if got := files(t, filepath.Join(dir, "uploads")); len(got) != 1 || got[0] != "fresh" {
		t.Errorf("uploads after the start: %v, want only the fresh one", got)
	}
}

// TestWhole looks at the store while a Put is on its way: the object must not
// be there before its last byte.
func TestWhole(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	body := bytes.Repeat([]byte("x"), 1<<20)
	looked := false
	r := io.MultiReader(bytes.NewReader(body), readerFunc(func([]byte) (int, error) {
		looked = true
		if _, err := s.Stat(t.Context(), "a"); !core.Is(err, core.NotFound) {
			t.Errorf("during the Put: %v, want NOT_FOUND", err)
		}
		return 0, io.EOF
	}))
	if err := s.Put(t.Context(), "a", r, core.ObjectMeta{}); err != nil {
		t.Fatal(err)
	}
	if !looked {
		t.Error("the reader was not read to its end")
	}
}

// A Put that fails leaves an earlier object of the same key as it was.
func TestFailedReplace(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	if err := s.Put(t.Context(), "a", strings.NewReader("first"), core.ObjectMeta{}); err != nil {
		t.Fatal(err)
	}
	r := io.MultiReader(strings.NewReader("sec"), iotest.ErrReader(errors.New("broken")))
	if err := s.Put(t.Context(), "a", r, core.ObjectMeta{}); err == nil {
		t.Error("no error")
	}
	if info, err := s.Stat(t.Context(), "a"); err != nil || info.Size != 5 {
		t.Errorf("after the failed Put: %+v, %v", info, err)
	}
}

// TestFolderGone takes the folder away under a running store.
func TestFolderGone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); !core.Is(err, core.Unavailable) {
		t.Errorf("Ping: %v, want UNAVAILABLE", err)
	}
	if err := s.Put(t.Context(), "a", strings.NewReader("x"), core.ObjectMeta{}); !core.Is(err, core.Unavailable) {
		t.Errorf("Put: %v, want UNAVAILABLE", err)
	}
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		if s, err := filesystem.Open(dir); err == nil {
			s.Close()
			t.Errorf("Open(%s): no error", dir)
		}
	}
}

// TestRangeToNetwork copies a range to a connection, the way of a download.
func TestRangeToNetwork(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	if err := s.Put(t.Context(), "a", strings.NewReader("0123456789"), core.ObjectMeta{}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			got <- err.Error()
			return
		}
		defer c.Close()
		all, _ := io.ReadAll(c)
		got <- string(all)
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), "a", 3, 4)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(c, r)
	if err := errors.Join(err, r.Close(), c.Close()); err != nil || n != 4 {
		t.Errorf("copied %d bytes, %v", n, err)
	}
	if g := <-got; g != "3456" {
		t.Errorf("received %q, want 3456", g)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
