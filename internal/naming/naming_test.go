package naming_test

import (
	"testing"

	"github.com/grapnel/grapnel/internal/naming"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what      string
		make      func(string) string
		name, got string
	}{
		{"Lower", naming.Lower, "ProductLine", "productLine"},
		{"Lower", naming.Lower, "URLList", "urlList"},
		{"Lower", naming.Lower, "URL", "url"},
		{"List", naming.List, "ProductLine", "productLines"},
		{"List", naming.List, "Story", "stories"},
		{"Plural", naming.Plural, "Blog post", "Blog posts"},
		{"ID", naming.ID, "maker", "makerId"},
		{"IDs", naming.IDs, "photos", "photoIds"},
		{"Screaming", naming.Screaming, "createdAt", "CREATED_AT"},
		{"Words", naming.Words, "ProductLine", "product line"},
		{"Label", naming.Label, "publishedAt", "Published at"},
		{"Label", naming.Label, "Product_Line", "Product line"},
		{"Label", naming.Label, "IN_REVIEW", "In review"},
		{"Label", naming.Label, "DRAFT", "Draft"},
		{"Label", naming.Label, "APIKey", "API key"},
		{"Label", naming.Label, "sha256", "Sha256"},
		{"Label", naming.Label, "überschrift", "Überschrift"},
		{"Label", naming.Label, "_", "_"},
	} {
		if got := c.make(c.name); got != c.got {
			t.Errorf("%s(%s) is %q, want %q", c.what, c.name, got, c.got)
		}
	}
}
