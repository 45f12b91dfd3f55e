package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/grapnel/grapnel/core"
)

// post is a mail server of which tests say what it answers.
type post struct {
	mu     sync.Mutex
	answer func(ctx context.Context, m core.Message) error
	tried  []core.Message
}

func (p *post) Send(ctx context.Context, m core.Message) error {
	p.mu.Lock()
	p.tried = append(p.tried, m)
	answer := p.answer
	p.mu.Unlock()
	if answer == nil {
		return nil
	}
	return answer(ctx, m)
}

func (p *post) says(answer func(context.Context, core.Message) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

func (p *post) tries() []core.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]core.Message(nil), p.tried...)
}

// mailed has a user's password changed, which a mail says to them.
func (w *world) mailed(t *testing.T, name string) {
	t.Helper()
	caller := w.as(t, name, core.Member)
	if _, err := w.Users.SetPassword(core.AsSystem(t.Context()), core.PrincipalOf(caller).UserID, nil, "battery staple"); err != nil {
		t.Fatal(err)
	}
}

// onlyMail waits until the one mail is so.
func (w *world) onlyMail(t *testing.T, is func(*core.Mail) bool) *core.Mail {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		page, err := w.Mails.Page(core.AsSystem(t.Context()), core.PageArgs{})
		if err != nil {
			t.Fatal(err)
		}
		if list := page.Nodes(); len(list) == 1 && is(list[0]) {
			return list[0]
		} else if time.Now().After(end) {
			t.Fatalf("%d mails: %+v", len(list), list)
		}
	}
}

// inState is a mail that nobody is sending just now.
func inState(s core.MailState, attempts int64) func(*core.Mail) bool {
	return func(m *core.Mail) bool {
		held := m.NextAttemptAt != nil && m.NextAttemptAt.Sub(m.UpdatedAt) == core.MailLease
		return m.State == s && m.Attempts == attempts && !held && (m.Failure != nil) == (s != core.Sent)
	}
}

// A dead mail server loses nothing: it is tried again after growing pauses, and the mail
// is the same each time.
func TestMailIsTriedAgain(t *testing.T) {
	t.Parallel()
	p := &post{}
	p.says(func(context.Context, core.Message) error {
		return fmt.Errorf("connection refused\r\n%s", strings.Repeat("ü", 600))
	})
	w := newWorld(t, func(c *core.Config) { c.Mailer = p })
	w.mailed(t, "ada")
	pauses := []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute}
	for i, pause := range pauses {
		m := w.onlyMail(t, inState(core.Waiting, int64(i+1)))
		if got := m.NextAttemptAt.Sub(m.UpdatedAt); got != pause || len(*m.Failure) > 520 || strings.ContainsAny(*m.Failure, "\r\n") {
			t.Errorf("after %d: %s, %q", i+1, got, *m.Failure)
		}
		if i == len(pauses)-1 {
			p.says(nil)
		}
		w.offset.Add(int64(pause))
		w.LookForMail()
	}
	m := w.onlyMail(t, inState(core.Sent, 5))
	if m.SentAt == nil || m.NextAttemptAt != nil || m.To != "ada@example.org" {
		t.Errorf("%+v", m)
	}
	tries := p.tries()
	for _, m := range tries {
		if m != tries[0] {
			t.Errorf("%+v differs from %+v", m, tries[0])
		}
	}
}

// What is refused for good is not tried again, and nothing is tried for ever.
func TestMailFails(t *testing.T) {
	t.Parallel()
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		p := &post{}
		p.says(func(context.Context, core.Message) error { return fmt.Errorf("%w: 550 unknown", core.ErrMailRefused) })
		w := newWorld(t, func(c *core.Config) { c.Mailer = p })
		w.mailed(t, "ada")
		if m := w.onlyMail(t, inState(core.Failed, 1)); m.NextAttemptAt != nil {
			t.Errorf("%+v", m)
		}
	})
	t.Run("too late", func(t *testing.T) {
		t.Parallel()
		p := &post{}
		p.says(func(context.Context, core.Message) error { return errors.New("no route to host") })
		w := newWorld(t, func(c *core.Config) { c.Mailer = p })
		w.mailed(t, "ada")
		w.onlyMail(t, inState(core.Waiting, 1))
		w.offset.Add(int64(3*24*time.Hour - 10*time.Minute))
		w.LookForMail()
		w.onlyMail(t, inState(core.Waiting, 2))
		w.offset.Add(int64(time.Hour))
		w.LookForMail()
		if m := w.onlyMail(t, inState(core.Failed, 3)); m.NextAttemptAt != nil {
			t.Errorf("%+v", m)
		}
	})
}

// A silent mail server blocks nobody. When its server is killed, another one sends the mail
// once nobody can be at it any more; that is at least once.
func TestMailOutlivesItsSender(t *testing.T) {
	t.Parallel()
	p, began := &post{}, make(chan struct{}, 1)
	p.says(func(ctx context.Context, _ core.Message) error {
		began <- struct{}{}
		<-ctx.Done() // the server has taken it, and nobody is told
		return ctx.Err()
	})
	w := newWorld(t, func(c *core.Config) { c.Mailer = p })
	w.mailed(t, "ada")
	<-began

	second := &post{}
	cfg := w.cfg
	cfg.Mailer = second
	other, err := core.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	m := w.onlyMail(t, func(m *core.Mail) bool { return m.Attempts == 1 })
	if wait := m.NextAttemptAt.Sub(m.UpdatedAt); m.State != core.Waiting || wait != core.MailLease || wait < core.SendLimit {
		t.Errorf("%s %+v", wait, m)
	}
	w.offset.Add(int64(core.MailLease))
	other.LookForMail()
	w.onlyMail(t, inState(core.Sent, 2))
	if got := second.tries(); len(got) != 1 || got[0] != p.tries()[0] {
		t.Errorf("%+v", got)
	}
}

// Mails are worded in the language of the site, by the templates of a folder where there
// are such, and names cannot become markup or lines.
func TestMailTemplates(t *testing.T) {
	t.Parallel()
	p := &post{}
	w := newWorld(t, func(c *core.Config) {
		c.Mailer = p
		c.BaseURL = "https://news.example.org"
		c.MailTemplates = fstest.MapFS{
			"de/password-changed.html": {Data: []byte(`<b>{{.Name}}</b> {{.Subject}}`)},
			"fr/test.txt":              {Data: []byte("Subject: Un essai de {{.Site}}\r\n\r\nBonjour.\r\n\r\n{{.URL}}\r\n")},
		}
	})
	system := core.AsSystem(t.Context())
	name := "Eve <i>\r\n\u2028Subject: x"
	user, err := w.Users.Register(system, core.UserDraft{Username: "eve", Email: "Eve@example.org", Password: "correct horse", DisplayName: &name}, core.Member)
	if err != nil {
		t.Fatal(err)
	}
	last := func(n int) core.Message {
		t.Helper()
		for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			if tries := p.tries(); len(tries) == n {
				return tries[n-1]
			} else if time.Now().After(end) {
				t.Fatalf("%d mails", len(tries))
			}
		}
	}
	language := func(tag string) {
		t.Helper()
		spec, _ := w.Spec("Site")
		err := w.docs.Write(t.Context(), core.Op{Kind: core.OpUpdate, Coll: spec.Name, Filter: core.Eq("_id", spec.OnlyID()), Patch: core.Patch{core.Set("language", tag), core.Set("title", "The <Courier>")}})
		if err != nil {
			t.Fatal(err)
		}
	}
	language("de-CH")
	if _, err := w.Users.SetPassword(system, user.ID, nil, "battery staple"); err != nil {
		t.Fatal(err)
	}
	m := last(1)
	if m.Subject != "Ihr Passwort für The <Courier> wurde geändert" || !strings.Contains(m.Text, "Guten Tag Eve <i> Subject: x,\n") || m.HTML != "<b>Eve &lt;i&gt; Subject: x</b> "+strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(m.Subject) {
		t.Errorf("%+v", m)
	}
	language("fr")
	if err := w.Mails.Try(system, "you@example.org"); err != nil {
		t.Fatal(err)
	}
	if m := last(2); m.Subject != "Un essai de The <Courier>" || m.Text != "Bonjour.\n\nhttps://news.example.org\n" || !strings.Contains(m.HTML, `<html lang="fr">`) || !strings.Contains(m.HTML, `<a href="https://news.example.org"`) {
		t.Errorf("%+v", m)
	}
	if _, err := w.Users.SetPassword(system, user.ID, nil, "battery stapler"); err != nil { // which French has no words for
		t.Fatal(err)
	}
	if m := last(3); m.Subject != "Your password for The <Courier> was changed" {
		t.Errorf("%+v", m)
	}
}

func TestWrongMailTemplates(t *testing.T) {
	t.Parallel()
	for file, c := range map[string]struct{ text, says string }{
		"en/tset.txt":                 {"Subject: x\n\ny", "no mail"},
		"test.txt":                    {"Subject: x\n\ny", "neither"},
		"en/deep/test.txt":            {"Subject: x\n\ny", "neither"},
		"en/test.md":                  {"x", "neither"},
		"not a language/test.txt":     {"Subject: x\n\ny", "neither"},
		"en/test.txt":                 {"Hello", "Subject:"},
		"de/test.txt":                 {"Subject: x\n\n", "Subject:"},
		"nl/test.txt":                 {"Subject: {{.Nobody}}\n\nx", "Nobody"},
		"it/test.txt":                 {"Subject: {{if}}\n\nx", "it/test.txt"},
		"en/test.html":                {"{{.Nobody}}", "Nobody"},
		"layout.html":                 {"{{range .Paragraphs}}", "layout.html"},
		"en/password-changed.txt.swp": {"x", "neither"},
	} {
		t.Run(strings.ReplaceAll(file, "/", "_"), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			cfg := w.cfg
			cfg.MailTemplates = fstest.MapFS{file: {Data: []byte(c.text)}}
			app, err := core.New(t.Context(), cfg)
			if err == nil {
				app.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "templates of mails") {
				t.Errorf("%v", err)
			}
		})
	}
}
