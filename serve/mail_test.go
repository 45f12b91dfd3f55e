package serve_test

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/internal/smtp/smtptest"
	"github.com/grapnel/grapnel/serve"
)

// Each step is what comes after `grapnel mail test`, and what it says: of errors the message.
func TestMailTest(t *testing.T) {
	t.Parallel()
	p, dir, server := serve.Project{Specs: model.Specs()}, t.TempDir(), smtptest.NewBare(t)
	file := filepath.Join(dir, "smtp-url")
	if err := os.WriteFile(file, []byte("smtp://"+server.Addr()+"?tls=off\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	secret := url.URL{Scheme: "smtp", User: url.UserPassword("u", "secret"), Host: server.Addr()}
	for _, c := range []struct{ args, says string }{
		{"ada@example.org", "!GRAPNEL_SMTP_URL"},
		{"ada@example.org --mail-from post@example.org --smtp-url-file " + file, "has taken a mail to ada@example.org"},
		{"ada --mail-from post@example.org --smtp-url-file " + file, "!address"},
		{"ada@example.org --mail-from nobody --smtp-url-file " + file, "!GRAPNEL_MAIL_FROM"},
		{"ada@example.org --mail-from post@example.org --smtp-url ftp://u:secret@h", "!GRAPNEL_SMTP_URL"},
		{"ada@example.org --mail-from post@example.org --smtp-url smtp://u:secret@h:x", "!GRAPNEL_SMTP_URL"},
		{"ada@example.org --mail-from post@example.org --smtp-url " + secret.String(), "!STARTTLS"},
		{"ada@example.org --mail-from post@example.org --smtp-url-file " + file + " --mail-templates " + dir, "!smtp-url is neither"},
	} {
		var said, log bytes.Buffer
		err := p.Run(t.Context(), append([]string{"mail", "test", "--data", t.TempDir()}, strings.Fields(c.args)...), strings.NewReader(""), &said, &log)
		want, failed := strings.CutPrefix(c.says, "!")
		got := said.String()
		if err != nil {
			got = err.Error()
		}
		if (err != nil) != failed || !strings.Contains(got, want) || strings.Contains(got+log.String(), "secret") {
			t.Errorf("%s: said %q, %v, %s", c.args, said.String(), err, log.String())
		}
	}
	if got := server.Mails(); len(got) != 1 || got[0].To != "ada@example.org" || got[0].From != "post@example.org" || !strings.Contains(got[0].Data, "A test mail from") {
		t.Errorf("%+v", got)
	}
}
