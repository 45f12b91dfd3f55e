package resolvers_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// A file gets other bytes and keeps its id; its address changes, and the one before
// leads to the new bytes too.
func TestReplaceAssetFile(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	replace := func(as, content string, input vars) string {
		return a.send(as, a.multipart(`mutation($input: ReplaceAssetFileInput!) { replaceAssetFile(input: $input) { asset { id url filename contentType size version alt } } }`, "other.csv", "text/csv", []byte(content), input))
	}
	fetch := func(url any) (string, http.Header) {
		req, err := http.NewRequestWithContext(t.Context(), "GET", url.(string), nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body), res.Header
	}
	for _, visibility := range []string{"PUBLIC", "PRIVATE"} {
		out := a.upload("member", "menu.txt", "text/plain", []byte("soup"), vars{"visibility": visibility, "alt": "The menu"})
		id, old := dig(t, out, "data.uploadAsset.asset.id"), dig(t, out, "data.uploadAsset.asset.url")
		_, was := fetch(old)
		for as, want := range map[string]map[string]string{"PUBLIC": {"": "UNAUTHENTICATED", "mallory": "FORBIDDEN"}, "PRIVATE": {"": "NOT_FOUND", "mallory": "NOT_FOUND"}}[visibility] {
			if got := errorCode(t, replace(as, "poison", vars{"id": id})); got != want {
				t.Errorf("%s, as %q: %s", visibility, as, got)
			}
		}
		if got := errorCode(t, replace("member", "poison", vars{"id": id, "expectedVersion": 1})); got != "CONFLICT" {
			t.Errorf("another version: %s", got)
		}
		if got := errorCode(t, replace("member", "", vars{"id": id})); got != "BAD_USER_INPUT" {
			t.Errorf("no bytes: %s", got)
		}
		for i, as := range []string{"member", "editor"} {
			content := as + "'s new menu"
			out = replace(as, content, vars{"id": id, "expectedVersion": 2 + i})
			asset, _ := dig(t, out, "data.replaceAssetFile.asset").(map[string]any)
			if asset["id"] != id || asset["filename"] != "menu.txt" || asset["alt"] != "The menu" || asset["size"] != float64(len(content)) || asset["url"] == old || asset["url"] == nil {
				t.Fatal(out)
			}
			for _, url := range []any{old, asset["url"]} {
				got, h := fetch(url)
				if got != content || h.Get("ETag") == was.Get("ETag") || h.Get("Content-Type") != "text/plain" {
					t.Errorf("%s: %q %v", url, got, h)
				}
			}
			if again := a.get("member", `query($id: ID!) { asset(id: $id) { url } }`, vars{"id": id}, "asset.url"); visibility == "PUBLIC" && again != asset["url"] || !strings.Contains(again.(string), "v=") {
				t.Errorf("the address changes by itself: %v, %v", asset["url"], again)
			}
		}
	}
}
