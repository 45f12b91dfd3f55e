package resolvers_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// The HTML of a Markdown field is made like that of posts: sanitised, null where there
// is no text, with names of its own for each object, and read once for a whole list.
func TestMarkdownField(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ids := map[string]string{}
	for sku, story := range map[string]any{
		"AB-1001": "# Oak\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) See[^1].\n\n[^1]: The *note*.",
		"AB-1002": "See[^1].\n\n[^1]: Another.",
		"AB-1003": nil,
	} {
		v, _ := json.Marshal(map[string]any{"sku": sku, "story": story})
		out := s.send(`mutation($sku: String!, $story: String) { createProduct(input: {name: "Boat", sku: $sku, price: 1, published: true, story: $story}) { product { id } } }`, string(v))
		_, rest, _ := strings.Cut(out, `"id":"`)
		ids[sku], _, _ = strings.Cut(rest, `"`)
	}
	var answer struct {
		Data struct {
			Products struct {
				Nodes []struct {
					SKU       string
					StoryHTML *string
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(s.send(`{ products(first: 10) { nodes { sku storyHtml } } }`, `{}`)), &answer); err != nil {
		t.Fatal(err)
	}
	if n := len(answer.Data.Products.Nodes); n != 3 {
		t.Fatalf("%d products", n)
	}
	for _, p := range answer.Data.Products.Nodes {
		note := fmt.Sprintf(`<li id="%s-story-fn:1">`, ids[p.SKU])
		if p.SKU == "AB-1003" {
			if p.StoryHTML != nil {
				t.Errorf("nothing becomes %q", *p.StoryHTML)
			}
			continue
		}
		if p.StoryHTML == nil || !strings.Contains(*p.StoryHTML, note) || strings.Contains(*p.StoryHTML, "script") {
			t.Errorf("%s becomes %q, which lacks %s or is not sanitised", p.SKU, deref(p.StoryHTML), note)
		}
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
