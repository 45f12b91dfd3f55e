package filesystem

import (
	"fmt"
	"path/filepath"
	"strconv"
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
		if back := unescape(t, name); back != key {
			t.Fatalf("%q becomes %q, which stands for %q", key, name, back)
		}
	})
}

func unescape(t *testing.T, name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] != '%' {
			b.WriteByte(name[i])
			continue
		}
		c, err := strconv.ParseUint(name[i+1:i+3], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteByte(byte(c))
		i += 2
	}
	return b.String()
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
