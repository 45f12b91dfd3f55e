package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// postman is a mail server that several servers share; it fails the first time for each
// second mail.
type postman struct {
	mu    sync.Mutex
	tried map[string]int
	sent  map[string]int
}

func (p *postman) Send(_ context.Context, m core.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tried[m.ID]++
	if p.tried[m.ID] == 1 && len(p.tried)%2 == 0 {
		return errors.New("later")
	}
	p.sent[m.ID]++
	return nil
}

// testOutbox: a mail is there when what causes it is, and not else, and of several
// servers one sends it, once.
func testOutbox(t *testing.T, d *documents) {
	if d.peers == nil {
		t.Skip("needs two stores on one database")
	}
	s1, s2 := d.peers(t, accounts())
	closeAtEnd(t, s1)
	closeAtEnd(t, s2)
	post := &postman{tried: map[string]int{}, sent: map[string]int{}}
	var apps []*core.App
	start := time.Now() // a quarter of an hour passes in each second
	for _, s := range []core.DocStore{s1, s2} {
		app, err := core.New(deadline(t), core.Config{Specs: accounts(), Docs: s, Key: bytes.Repeat([]byte("k"), 32), Mailer: post,
			Now: func() time.Time { return start.Add(time.Since(start) * 900) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(app.Close)
		apps = append(apps, app)
	}
	const mails = 8
	system := core.AsSystem(deadline(t))
	for i := range mails {
		user, err := apps[0].Users.Register(system, draft(fmt.Sprintf("user%d", i)), core.Member)
		if err != nil {
			t.Fatal(err)
		}
		wrong := user.Version + 1
		if _, err := apps[i%2].Users.SetPassword(system, user.ID, &wrong, "battery staple"); !core.Is(err, core.Conflict) {
			t.Errorf("a version that is not there: %v", err)
		}
		if _, err := apps[i%2].Users.SetPassword(system, user.ID, nil, "battery staple"); err != nil {
			t.Fatal(err)
		}
	}
	sent := func() (sent int, all []*core.Mail) {
		page, err := apps[0].Mails.Page(system, core.PageArgs{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Nodes() {
			if m.State == core.Sent {
				sent++
			}
		}
		return sent, page.Nodes()
	}
	for end := time.Now().Add(timeout); ; time.Sleep(20 * time.Millisecond) {
		n, all := sent()
		if len(all) != mails {
			t.Fatalf("%d mails, want %d", len(all), mails)
		}
		if n == mails {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d mails were sent", n, mails)
		}
	}
	post.mu.Lock()
	defer post.mu.Unlock()
	for id, n := range post.sent {
		if n != 1 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
	if len(post.sent) != mails || len(post.tried) != mails {
		t.Errorf("%d sent, %d tried", len(post.sent), len(post.tried))
	}
}
