package storagetest

import (
	"fmt"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// testMailedToken: of many who use a token that was mailed, at several servers, one wins.
func testMailedToken(t *testing.T, d *documents) {
	if d.peers == nil {
		t.Skip("needs two stores on one database")
	}
	s1, s2 := d.peers(t, accounts())
	closeAtEnd(t, s1)
	closeAtEnd(t, s2)
	apps := []*core.App{accountsOn(t, s1), accountsOn(t, s2)}
	if _, err := apps[0].Users.Register(core.AsSystem(deadline(t)), draft("ada"), core.Member); err != nil {
		t.Fatal(err)
	}
	if _, err := apps[0].Recovery.RequestPasswordReset(deadline(t), "ada@example.org"); err != nil {
		t.Fatal(err)
	}
	token := mailedToken(t, apps[1])
	const many = 6
	var wg sync.WaitGroup
	errs := make([]error, many)
	for i := range many {
		wg.Go(func() {
			_, errs[i] = apps[i%2].Recovery.ResetPassword(deadline(t), token, fmt.Sprintf("battery staple %d", i))
		})
	}
	wg.Wait()
	won := -1
	for i, err := range errs {
		switch {
		case err == nil && won < 0:
			won = i
		case !core.Is(err, core.Invalid) && !core.Is(err, core.RateLimited): // too many hash a password
			t.Errorf("%d: %v", i, err)
		}
	}
	if won < 0 {
		t.Fatal("nobody won")
	}
	if _, _, err := apps[1].Sessions.SignIn(deadline(t), "ada@example.org", fmt.Sprintf("battery staple %d", won)); err != nil {
		t.Error(err)
	}
}

// mailedToken waits for the one mail and is the token in it.
func mailedToken(t *testing.T, app *core.App) string {
	t.Helper()
	system := core.AsSystem(deadline(t))
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		page, err := app.Mails.Page(system, core.PageArgs{})
		if err != nil {
			t.Fatal(err)
		}
		if list := page.Nodes(); len(list) == 1 {
			text, err := app.Mails.Text(system, list[0])
			if err != nil || text == nil {
				t.Fatal(text, err)
			}
			return regexp.MustCompile(`#reset=(\S+)`).FindStringSubmatch(*text)[1]
		}
		if time.Now().After(end) {
			t.Fatal("no mail")
		}
	}
}
