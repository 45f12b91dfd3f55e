package product_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/e2e/grapnel"
)

// The program in the guide "Between servers" does what the guide says, with a key that the
// command line makes beside the running server, until that is revoked.
func TestServersGuide(t *testing.T) {
	root, err := grapnel.Checkout()
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile(filepath.Join(root, "docs", "guides", "servers.md"))
	if err != nil {
		t.Fatal(err)
	}
	source := regexp.MustCompile("(?s)```go\n(.*?)```").FindSubmatch(guide)
	if source == nil {
		t.Fatal("the guide has no program")
	}
	grapnel.EachStores(t, func(t *testing.T, stores grapnel.Stores) {
		env := append(stores.Env, "GRAPNEL_DATA="+t.TempDir())
		p := binary.Start(t, env...)
		admin := p.Admin()
		p.Get(admin, writeTour, vars{"t": "A draft"}, "createPost.post.id")

		program := filepath.Join(t.TempDir(), "drafts")
		main := filepath.Join(t.TempDir(), "main.go")
		if err := os.WriteFile(main, source[1], 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, main).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		run := func(key string) (string, error) {
			c := exec.CommandContext(t.Context(), program)
			c.Env = append(os.Environ(), "GRAPNEL_URL="+p.URL, "GRAPNEL_KEY="+key)
			out, err := c.CombinedOutput()
			return string(out), err
		}

		said := binary.Command(t, env, "", "key", "create", "--name", "guide", "--role", "editor", "--types", "Post", "--operations", "read")
		key := regexp.MustCompile(`grapnel_[0-9A-Za-z]{36}`).FindString(said)
		id := regexp.MustCompile(`apikey_[0-9a-f-]{36}`).FindString(binary.Command(t, env, "", "key", "list"))
		if key == "" || id == "" {
			t.Fatalf("the command said %q", said)
		}
		if out, err := run(key); err != nil || out != "A draft\n" {
			t.Errorf("%q %v\n%s", out, err, p.Log)
		}
		p.Get(admin, `mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { revokedAt } } }`, vars{"id": id}, "revokeApiKey.apiKey.revokedAt")
		if out, err := run(key); err == nil || !strings.Contains(out, "Make a new key") {
			t.Errorf("revoked: %q %v", out, err)
		}
		if log := p.Log.String(); strings.Contains(log, key[14:]) {
			t.Errorf("the log has the key: %s", log)
		}
		p.Stop()
	})
}
