package serve_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/serve"
)

// A key is made, listed without what it is, and ended.
func TestKeyCommands(t *testing.T) {
	t.Parallel()
	p, dir := serve.Project{Specs: model.Specs()}, t.TempDir()
	run := func(args string) (string, string, error) {
		var said, beside bytes.Buffer
		err := p.Run(t.Context(), append(strings.Fields(args), "--data", dir), strings.NewReader("correct horse\n"), &said, &beside)
		return said.String(), beside.String(), err
	}
	must := func(args string) (string, string) {
		t.Helper()
		said, beside, err := run(args)
		if err != nil {
			t.Fatalf("%s: %v", args, err)
		}
		return said, beside
	}
	must("admin create --email ada@example.org")
	key, beside := must("key create --name import --role editor --types Post,Asset --operations read,update --user ada --life 24h")
	id := regexp.MustCompile(`apikey_[0-9a-f-]+`).FindString(beside)
	if !regexp.MustCompile(`^grapnel_[0-9A-Za-z]{36}\n$`).MatchString(key) || id == "" {
		t.Fatalf("%q %q", key, beside)
	}
	must("key create --name backup --role admin --types * --operations read")
	list, _ := must("key list")
	for _, want := range []string{id, "import", key[:14], "editor", "Post,Asset", "read,update", "user_", "backup", "itself", "never"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list lacks %q: %s", want, list)
		}
	}
	if strings.Contains(list, key[:15]) || strings.Contains(list, "revoked") {
		t.Errorf("%s", list)
	}
	if said, _ := must("key revoke " + id); !strings.Contains(said, "import (grapnel_") {
		t.Errorf("%q", said)
	}
	if list, _ := must("key list"); !strings.Contains(list, "revoked") {
		t.Errorf("%s", list)
	}
	for args, want := range map[string]string{
		"key revoke apikey_0": `no key "apikey_0"`,
		"key create --name x --role editor --types Post --operations read --user nobody": "nobody has",
		"key create --name x --role editor --types Nothing --operations read":            "types.0",
		"key create --name x --role editor --types Post --operations update":             "needs READ",
		"key create --name x --role boss --types Post --operations read":                 "--role",
		"key create --name x --role editor --types Post --operations rule":               "--operations",
		"key create --name x --role editor --types Post --operations read --life=-1h":    "in the future",
		"key create --role editor --types Post --operations read":                        "--name",
	} {
		if said, _, err := run(args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q %v", args, said, err)
		}
	}
}
