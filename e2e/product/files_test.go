package product_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/e2e/grapnel"
)

// SVG is refused with the list of what is taken; where the setting adds it, it is a
// download that runs nothing, also after the setting is gone.
func TestSVG(t *testing.T) {
	const drawing = `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="8" height="6"><script>alert(1)</script></svg>`
	grapnel.EachStores(t, func(t *testing.T, stores grapnel.Stores) {
		env := stores.Env
		refused := func(p *grapnel.Server, token string) {
			t.Helper()
			out, err := p.Upload(token, "drawing.svg", strings.NewReader(drawing))
			if err != nil || grapnel.Code(out) != "BAD_USER_INPUT" {
				t.Fatalf("%v %v", err, out)
			}
			fault := grapnel.Dig(out, "errors.0.extensions.fields.0")
			grapnel.Wants(t, fault, map[string]any{"path": "file", "code": "TYPE"})
			message, _ := grapnel.Dig(fault, "message").(string)
			for _, part := range []string{"image/svg+xml", "image/png", "application/pdf"} {
				if !strings.Contains(message, part) {
					t.Errorf("%q does not name %s", message, part)
				}
			}
		}
		served := func(p *grapnel.Server, address string) {
			t.Helper()
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				req, err := http.NewRequest(method, address, nil)
				if err != nil {
					t.Fatal(err)
				}
				a, err := p.Do("", req)
				if err != nil {
					t.Fatal(err)
				}
				if want := map[string]string{http.MethodGet: drawing}[method]; a.Status != http.StatusOK || string(a.Body) != want {
					t.Errorf("%s: %d %q", method, a.Status, a.Body)
				}
				for name, want := range map[string]string{
					"Content-Type": "image/svg+xml", "Content-Disposition": `attachment; filename="drawing.svg"`, "X-Content-Type-Options": "nosniff",
				} {
					if got := a.Header.Get(name); got != want {
						t.Errorf("%s: %s is %q, want %q", method, name, got, want)
					}
				}
				policy := strings.Split(a.Header.Get("Content-Security-Policy"), "; ")
				if !slices.Contains(policy, "default-src 'none'") || !slices.Contains(policy, "sandbox") {
					t.Errorf("%s: Content-Security-Policy is %q", method, policy)
				}
			}
		}

		p := binary.Start(t, env...)
		token := p.Admin()
		refused(p, token)
		p.Stop()

		p = binary.Start(t, append(env, "GRAPNEL_FILE_TYPES=+image/svg+xml")...)
		token = p.SignIn("root@example.org", grapnel.Password)
		out, err := p.Upload(token, "drawing.svg", strings.NewReader(drawing))
		if err != nil || out["errors"] != nil {
			t.Fatalf("%v %v", err, out)
		}
		grapnel.Wants(t, out, map[string]any{"data.uploadAsset.asset.contentType": "image/svg+xml", "data.uploadAsset.asset.size": len(drawing)})
		id := grapnel.Dig(out, "data.uploadAsset.asset.id")
		address := func(p *grapnel.Server) string {
			t.Helper()
			return p.Get("", `query($id: ID!) { asset(id: $id) { url } }`, vars{"id": id}, "asset.url").(string)
		}
		served(p, address(p))
		p.Stop()

		p = binary.Start(t, env...)
		token = p.SignIn("root@example.org", grapnel.Password)
		refused(p, token)
		served(p, address(p))
		p.Stop()
	})
}
