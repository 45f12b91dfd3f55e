package filesystem

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// FuzzEscape: whatever the key, its file name is one local path element and
// gives the key back.
func FuzzEscape(f *testing.F) {
	for _, key := range []string{"assets/ast_0193", "", "..", "/", "a%2fb", "A\x00\xff", strings.Repeat("x", 255)} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		name, ok := escape(key)
		if !ok {
			if key != "" && len(key) <= 255/3 {
				t.Fatalf("%q is refused", key)
			}
			return
		}
		if len(name) > 255 || !filepath.IsLocal(name) || filepath.Base(name) != name {
			t.Fatalf("%q becomes %q", key, name)
		}
		if back, ok := unescape(name); !ok || back != key {
			t.Fatalf("%q becomes %q, which stands for %q", key, name, back)
		}
	})
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		err := failed(fmt.Errorf("write: %w", cause))
		if !core.Is(err, core.Unavailable) || !strings.Contains(err.Error(), "full") {
			t.Errorf("%v becomes %v", cause, err)
		}
	}
}

// Names that stand for no key are no objects, whoever put the files there.
func TestForeignNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", ".hidden", "A", "a%2", "a%", "a%zz", "a%2F", "a%61", "a b", "%+f"} {
		if key, ok := unescape(name); ok {
			t.Errorf("%q stands for %q", name, key)
		}
	}
}

// A listing of many pages has every key once, in order.
func TestListPages(t *testing.T) {
	t.Parallel()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var want []string
	for i := range 100 {
		key := fmt.Sprintf("assets/A-%02d", i)
		if err := s.Put(t.Context(), key, strings.NewReader("x"), core.ObjectMeta{}); err != nil {
			t.Fatal(err)
		}
		want = append(want, key)
	}
	for _, page := range []int{1, 3, 10, 49, 50, 99, 100, 101, 1000} {
		var got []string
		for object, err := range s.list(t.Context(), "assets/", page) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, object.Key)
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %d keys, %v", page, len(got), got)
		}
	}
}
