package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/internal/web"
)

// Whatever a client sends, what is left is the whole, or one range that
// net/http reads: within the file, or the one that holds nothing.
func FuzzByteRange(f *testing.F) {
	for _, s := range []string{"bytes=0-9", "bytes=-5", "bytes=5-", "BYTES=-0", "bytes=,1-2,", "bytes=9-1", "items=a", "bytes=1-99999999999999999999", "bytes", "=", "bytes=-"} {
		f.Add(s, int64(10))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 0 {
			return
		}
		got := web.ByteRange(header, size)
		if got == "" {
			return
		}
		first, last, _ := strings.Cut(strings.TrimPrefix(got, "bytes="), "-")
		var from, to int64
		if _, err := fmt.Sscan(first, &from); err != nil && first != "" || from < 0 || from > size {
			t.Errorf("%q of %d: %q", header, size, got)
		}
		if _, err := fmt.Sscan(last, &to); err != nil && last != "" || to < 0 || first == "" && (to == 0 || to > size) && size > 0 || first != "" && last != "" && (to >= size || to < from) {
			t.Errorf("%q of %d: %q", header, size, got)
		}
		if !strings.EqualFold(strings.TrimSpace(strings.SplitN(header, "=", 2)[0]), "bytes") {
			t.Errorf("%q of %d: %q", header, size, got)
		}
	})
}
