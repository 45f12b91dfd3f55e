package config_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/internal/config"
)

var update = flag.Bool("update", false, "write docs/configuration.md")

const intro = `# Configuration

Every setting is an environment variable and a flag; the flag wins. A wrong
setting stops the start with one sentence. A list is written with commas.
This page is made from the code: ` + "`go test ./internal/config -update`" + `.

| variable | flag | what it does |
| --- | --- | --- |
`

const providers = `
## Providers

Each name in ` + "`GRAPNEL_SIGN_IN_WITH`" + ` has variables of its own, in which NAME is the name in upper
case, with _ for -; they are no flags. The guide is docs/guides/providers.md.

| variable | what it does |
| --- | --- |
`

// The documentation lists every setting, word for word as the help does.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(intro)
	settings := reflect.TypeFor[config.Settings]()
	for i := range settings.NumField() {
		f := settings.Field(i)
		if f.Tag.Get("kong") == "-" {
			continue
		}
		name := f.Tag.Get("name")
		if name == "" {
			name = kebab(f.Name)
		}
		help := strings.ReplaceAll(f.Tag.Get("help"), "${default}", "`"+f.Tag.Get("default")+"`")
		fmt.Fprintf(&b, "| `%s` | `--%s` | %s |\n", strings.ReplaceAll(f.Tag.Get("env"), ",", "`, `"), name, help)
	}
	b.WriteString(providers)
	for f := range reflect.TypeFor[config.Provider]().Fields() {
		if help := f.Tag.Get("help"); help != "" {
			fmt.Fprintf(&b, "| `GRAPNEL_NAME_%s` | %s |\n", cmp.Or(f.Tag.Get("env"), f.Tag.Get("file")), help)
		}
	}
	path := filepath.Join("..", "..", "docs", "configuration.md")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Error("docs/configuration.md differs from the settings; run: go test ./internal/config -update")
	}
}

func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		upper := r >= 'A' && r <= 'Z'
		if upper && i > 0 && (name[i-1] < 'A' || name[i-1] > 'Z') {
			b.WriteByte('-')
		}
		b.WriteString(strings.ToLower(string(r)))
	}
	return b.String()
}

func TestWrongSettings(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(secret, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--port=abc":                      "PORT",
		"--origins=app.example.org":       "GRAPNEL_ORIGINS",
		"--addr=nonsense":                 "GRAPNEL_ADDR",
		"--addr=localhost:99999":          "GRAPNEL_ADDR",
		"--public-url=api.example.org":    "GRAPNEL_PUBLIC_URL",
		"--public-url=http://a.b/path?q":  "GRAPNEL_PUBLIC_URL",
		"--public-url=http://a.b/x/../y":  "GRAPNEL_PUBLIC_URL",
		"--public-url=http://a.b//x":      "GRAPNEL_PUBLIC_URL",
		"--public-url=http://u:p@a.b":     "GRAPNEL_PUBLIC_URL",
		"--account-url=account":           "GRAPNEL_ACCOUNT_URL",
		"--account-url=ftp://a.b/account": "GRAPNEL_ACCOUNT_URL",
		"--account-url=//a.b/account":     "GRAPNEL_ACCOUNT_URL",
		"--account-url=/account#reset":    "GRAPNEL_ACCOUNT_URL",
		"--account-url=http://u:p@a.b/":   "GRAPNEL_ACCOUNT_URL",
		"--client-address-header=X For:":  "GRAPNEL_CLIENT_ADDRESS_HEADER",
		"--trusted-proxies=10.0.0.0/99":   "GRAPNEL_TRUSTED_PROXIES",
		"--drain-delay=-1s":               "GRAPNEL_DRAIN_DELAY",
		"--drain-timeout=-1s":             "GRAPNEL_DRAIN_TIMEOUT",
		"--max-upload=lots":               "max-upload",
		"--max-upload=0B":                 "GRAPNEL_MAX_UPLOAD",
		"--token-key=short":               "GRAPNEL_TOKEN_KEY",
		"--token-key-file=" + secret:      "empty",
		"--s3-endpoint=http://localhost":  "S3_BUCKET",
		"--smtp-url=smtp://localhost":     "GRAPNEL_MAIL_FROM",
		"--smtp-url-file=" + secret:       "empty",
		"--mail-from=a@b.example":         "GRAPNEL_SMTP_URL",
		"--mail-templates=/nowhere":       "mail-templates",
		"--sign-up=everybody":             "sign-up",
		"--untrusted-documents=member":    "untrusted-documents",
		"--sign-in-with=Google":           "GRAPNEL_SIGN_IN_WITH",
		"--sign-in-with=google,google":    "twice",
		"--app-schemes=javascript":        "GRAPNEL_APP_SCHEMES",
		"--app-schemes=https":             "GRAPNEL_APP_SCHEMES",
		"--log-level=loud":                "log-level",
		"--unknown":                       "unknown",
		"frobnicate":                      "frobnicate",
	} {
		_, _, _, err := config.Parse([]string{args}, &bytes.Buffer{}, &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(secret, []byte(strings.Repeat("k", 40)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cli, command, done, err := config.Parse([]string{"--port=9000", "--token-key-file=" + secret, "--max-upload=500MiB", "--trusted-proxies=10.0.0.0/8,::1", "--public-url=https://example.org/api/"}, &bytes.Buffer{}, &bytes.Buffer{})
	if err != nil || done || command != "serve" {
		t.Fatal(command, done, err)
	}
	proxies, err := cli.Proxies()
	if err != nil || len(proxies) != 2 || proxies[1].Bits() != 128 {
		t.Errorf("proxies %v %v", proxies, err)
	}
	if got := cli.PublicURL.String(); got != "https://example.org/api" {
		t.Error(got)
	}
	if cli.Addr != ":9000" || cli.TokenKey != strings.Repeat("k", 40) || cli.MaxUpload != 500<<20 || !cli.HasPlayground() {
		t.Errorf("%+v", cli.Settings)
	}
	var help bytes.Buffer
	if _, _, done, err = config.Parse([]string{"--help"}, &help, &help); !done || err != nil || !strings.Contains(help.String(), "GRAPNEL_DATA") {
		t.Errorf("help: %v %v %s", done, err, help.String())
	}
}

// A provider has variables of its own.
func TestProviders(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"GRAPNEL_GOOGLE_CLIENT_ID": "one", "GRAPNEL_GOOGLE_CLIENT_SECRET_FILE": secret, "GRAPNEL_GOOGLE_APP_CLIENT_IDS": "two, three",
		"GRAPNEL_MY_COMPANY_ISSUER": "https://login.example.org", "GRAPNEL_MY_COMPANY_LABEL": "Example",
	} {
		t.Setenv(name, value)
	}
	args := []string{"--sign-in-with=google,my-company"}
	cli, _, _, err := config.Parse(args, &bytes.Buffer{}, &bytes.Buffer{})
	want := []config.Provider{
		{Name: "google", ClientID: "one", ClientSecret: "hush", AppClientIDs: []string{"two", "three"}},
		{Name: "my-company", Issuer: "https://login.example.org", Label: "Example"},
	}
	if err != nil || !reflect.DeepEqual(cli.Providers, want) {
		t.Errorf("%+v %v", cli.Providers, err)
	}
	t.Setenv("GRAPNEL_GOOGLE_CLIENT_SECRET", "another")
	if _, _, _, err := config.Parse(args, &bytes.Buffer{}, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "GRAPNEL_GOOGLE_CLIENT_SECRET and GRAPNEL_GOOGLE_CLIENT_SECRET_FILE") {
		t.Error(err)
	}
	t.Setenv("GRAPNEL_GOOGLE_CLIENT_SECRET", "")
	t.Setenv("GRAPNEL_GOOGLE_CLIENT_SECRET_FILE", "/nowhere")
	if _, _, _, err := config.Parse(args, &bytes.Buffer{}, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "GRAPNEL_GOOGLE_CLIENT_SECRET_FILE") {
		t.Error(err)
	}
}

func TestWhenSignUpsAreVerified(t *testing.T) {
	t.Parallel()
	const mail = " --smtp-url=smtp://mail.example.org --mail-from=post@example.org"
	for args, want := range map[string]bool{
		"":                        false,
		"--production":            false,
		mail:                      false,
		"--production" + mail:     true,
		"--verify-sign-up=always": true,
		"--verify-sign-up=never --production" + mail: false,
	} {
		cli, _, _, err := config.Parse(strings.Fields(args), &bytes.Buffer{}, &bytes.Buffer{})
		if err != nil {
			t.Fatal(err)
		}
		if got := cli.VerifiesSignUps(); got != want {
			t.Errorf("%q: %t", args, got)
		}
	}
}

// Strangers never run what is not trusted unless somebody says so.
func TestWhoMayRunUntrusted(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"":                             "author",
		"--no-admin":                   "nobody",
		"--sign-up=author":             "editor",
		"--sign-up=author --no-admin":  "nobody",
		"--untrusted-documents=admin":  "admin",
		"--untrusted-documents=nobody": "nobody",
		"--untrusted-documents=author --sign-up=author": "author",
		"--untrusted-documents=editor --no-admin":       "editor",
	} {
		cli, _, _, err := config.Parse(strings.Fields(args), &bytes.Buffer{}, &bytes.Buffer{})
		if err != nil {
			t.Fatal(err)
		}
		if got := cli.MayRunUntrusted(); got != want {
			t.Errorf("%q: %s, want %s", args, got, want)
		}
	}
}
