package smtp_test

import (
	"context"
	"errors"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/smtp"
	"github.com/grapnel/grapnel/internal/smtp/smtptest"
)

var message = core.Message{
	ID: "mail_1", To: "reader@bücher.example", Subject: "Grüße\r\nBcc: all@example.org",
	Text: "Hello,\n.\nthis is a line.\n", HTML: "<p>Hello</p>", Date: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC),
}

func mailer(t *testing.T, cfg smtp.Config) *smtp.Mailer {
	t.Helper()
	if cfg.From == "" {
		cfg.From = "Grüner Verlag <post@grün.example>"
	}
	m, err := smtp.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A mail arrives whole over STARTTLS and over TLS, from and to domains as the DNS has them.
func TestSend(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"smtp", "smtps"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			server := smtptest.New(t, scheme == "smtps")
			if err := mailer(t, smtp.Config{URL: server.URL(scheme), Roots: server.Roots()}).Send(t.Context(), message); err != nil {
				t.Fatal(err)
			}
			got := server.Mails()
			if len(got) != 1 || got[0].From != "post@xn--grn-ioa.example" || got[0].To != "reader@xn--bcher-kva.example" {
				t.Fatalf("%+v", got)
			}
			m, err := netmail.ReadMessage(strings.NewReader(got[0].Data))
			if err != nil {
				t.Fatal(err)
			}
			h := m.Header
			if h.Get("Bcc") != "" || h.Get("Message-ID") != "<mail_1@xn--grn-ioa.example>" || h.Get("Auto-Submitted") != "auto-generated" || !strings.HasPrefix(h.Get("Content-Type"), "multipart/alternative") {
				t.Errorf("%v", h)
			}
			if date, err := h.Date(); err != nil || !date.Equal(message.Date) {
				t.Errorf("%v %v", date, err)
			}
			for _, part := range []string{"text/plain", "text/html", "\n.\r\n", "<p>Hello</p>"} {
				if !strings.Contains(got[0].Data, part) {
					t.Errorf("no %q in %s", part, got[0].Data)
				}
			}
		})
	}
}

// Which failures are for good and which are worth another try.
func TestFailures(t *testing.T) {
	t.Parallel()
	reply := func(code int, at string) func(string, string) error {
		return func(step, _ string) error {
			if step == at {
				return &gosmtp.SMTPError{Code: code, Message: "no"}
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		refuse func(step, address string) error
		never  bool
	}{
		"greylisted":           {reply(451, "rcpt"), false},
		"unknown receiver":     {reply(550, "rcpt"), true},
		"full":                 {reply(452, "data"), false},
		"spam":                 {reply(554, "data"), true},
		"closed":               {reply(421, "connect"), false},
		"connection refused":   {reply(554, "connect"), false},
		"wrong password":       {reply(535, "auth"), false},
		"sender is not theirs": {reply(553, "mail"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.New(t, false)
			server.Refuse(c.refuse)
			m := mailer(t, smtp.Config{URL: server.URL("smtp"), Roots: server.Roots()})
			err := m.Send(t.Context(), message)
			if err == nil || errors.Is(err, core.ErrMailRefused) != c.never || len(server.Mails()) > 0 {
				t.Fatalf("%v", err)
			}
			if strings.Contains(err.Error(), smtptest.Password) {
				t.Errorf("tells the password: %v", err)
			}
			server.Refuse(nil)
			if err := m.Send(t.Context(), message); err != nil || len(server.Mails()) != 1 {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// A server that is silent, at any step, or gone, takes no longer than the caller gives it.
func TestSilence(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"tcp", "connect", "rcpt", "data", "dead"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			server := smtptest.New(t, false)
			address := server.URL("smtp")
			switch at {
			case "tcp", "dead":
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				address = strings.ReplaceAll(address, server.Addr(), l.Addr().String())
				if at == "dead" {
					l.Close()
				} else {
					defer l.Close()
					go func() {
						if c, err := l.Accept(); err == nil {
							cancel()
							defer c.Close()
							<-t.Context().Done()
						}
					}()
				}
			default:
				server.Refuse(func(step, _ string) error {
					if step == at {
						cancel()
						<-t.Context().Done()
					}
					return nil
				})
			}
			err := mailer(t, smtp.Config{URL: address, Roots: server.Roots()}).Send(ctx, message)
			if err == nil || errors.Is(err, core.ErrMailRefused) || at != "dead" && !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		})
	}
}

// Without TLS that can be trusted nothing is sent, unless the settings say so.
func TestTLS(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t, false)
	if err := mailer(t, smtp.Config{URL: server.URL("smtp")}).Send(t.Context(), message); err == nil || errors.Is(err, core.ErrMailRefused) {
		t.Errorf("a certificate of nobody: %v", err)
	}
	bare := smtptest.NewBare(t)
	address := "smtp://" + bare.Addr()
	if err := mailer(t, smtp.Config{URL: address}).Send(t.Context(), message); err == nil || !strings.Contains(err.Error(), "STARTTLS") {
		t.Errorf("without STARTTLS: %v", err)
	}
	address += "?tls=off"
	if err := mailer(t, smtp.Config{URL: address}).Send(t.Context(), message); err != nil || len(bare.Mails()) != 1 {
		t.Errorf("with tls=off: %v", err)
	}
}

// Addresses that could become commands or headers are refused before anything is sent.
func TestAddresses(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t, false)
	m := mailer(t, smtp.Config{URL: server.URL("smtp"), Roots: server.Roots()})
	for _, to := range []string{"", "nobody", "@example.org", "a@", "a@b.example\r\nRCPT TO:<c@d.example>", "a\n@b.example", "a@b.example>", "a b@c.example", "a\x00@b.example", "a\u2028@b.example", "a@exa\u2028mple.org", "\xff@b.example"} {
		bad := message
		bad.To = to
		if err := m.Send(t.Context(), bad); !errors.Is(err, core.ErrMailRefused) {
			t.Errorf("%q: %v", to, err)
		}
	}
	for _, to := range []string{"x.y+z@b.example", "o'neill@b.example", "grün@b.example", "a..b@b.example"} {
		good := message
		good.To = to
		if err := m.Send(t.Context(), good); err != nil {
			t.Errorf("%q: %v", to, err)
		}
	}
	if n := len(server.Mails()); n != 4 {
		t.Errorf("%d mails", n)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"smtp://h": true, "smtps://u:p@h": true, "smtp://h:25?tls=off": true, "smtp://u:p@h:587/": true,
		"http://h": false, "smtp://": false, "smtp://h/path": false, "smtp://h?x=y": false, "smtp://h:0": false,
		"smtp://u:secret@h:x": false, "smtps://h?tls=off": false, "smtp://u:secret@h?tls=off": false,
	} {
		_, err := smtp.New(smtp.Config{URL: address, From: "a@b.example"})
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, from := range []string{"", "nobody", "a@b.example, c@d.example", "A <a@b.example>\r\nBcc: x@y.example"} {
		if _, err := smtp.New(smtp.Config{URL: "smtp://h", From: from}); err == nil {
			t.Errorf("%q is a sender", from)
		}
	}
}
