package storagetest

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// accounts are the specs of an App of which users can be found.
func accounts() []core.Spec {
	list := contended()
	list = list[:len(list)-1] // the counters
	list[0].Fields = []core.Field{{Name: "username", Unique: true}, {Name: "email", Unique: true}, {Name: "role"}, {Name: "suspendedAt", Kind: core.Time}}
	return list
}

// late runs a function before the next write that makes a user.
type late struct {
	core.DocStore
	before atomic.Pointer[func()]
}

func (l *late) Write(ctx context.Context, ops ...core.Op) error {
	if ops[0].Kind == core.OpInsert && ops[0].Coll == "users" {
		if before := l.before.Swap(nil); before != nil {
			(*before)()
		}
	}
	return l.DocStore.Write(ctx, ops...)
}

func accountsOn(t *testing.T, s core.DocStore) *core.App {
	t.Helper()
	app, err := core.New(deadline(t), core.Config{Specs: accounts(), Docs: s, Key: bytes.Repeat([]byte("k"), 32),
		Limits: core.Limits{SignInByAddress: core.Rate{Burst: 1000, Every: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.Close)
	return app
}

func draft(name string) core.UserDraft {
	return core.UserDraft{Username: name, Email: name + "@example.org", Password: "correct horse"}
}

// testSetUp: of many who would be the first administrator, at several servers, one is.
func testSetUp(t *testing.T, d *documents) {
	if d.peers == nil {
		t.Skip("needs two stores on one database")
	}
	s1, s2 := d.peers(t, accounts())
	closeAtEnd(t, s1)
	closeAtEnd(t, s2)
	apps := []*core.App{accountsOn(t, s1), accountsOn(t, s2)}
	token := apps[0].Sessions.SetUpToken()
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			_, _, err := apps[i%2].Sessions.SetUp(deadline(t), token, draft(fmt.Sprintf("admin%d", i)))
			switch {
			case err == nil:
				won.Add(1)
			case !core.Is(err, core.Forbidden):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 6 are the first administrator", won.Load())
	}
	for i, app := range apps {
		if needed, err := app.Sessions.SetUpNeeded(deadline(t)); needed || err != nil {
			t.Errorf("server %d: %v %v", i, needed, err)
		}
	}
}

// testSetUpBeside: nobody is who comes after an administrator that was made in another
// way at the last moment.
func testSetUpBeside(t *testing.T, d *documents) {
	if d.peers == nil {
		t.Skip("needs two stores on one database")
	}
	system := core.AsSystem(deadline(t))
	for name, appoint := range map[string]func(app *core.App, member string) error{
		"admin create": func(app *core.App, _ string) error {
			_, err := app.Users.Register(system, draft("other"), core.Admin)
			return err
		},
		"a role": func(app *core.App, member string) error {
			_, err := app.Users.SetRole(system, member, nil, core.Admin)
			return err
		},
		"an import": func(app *core.App, _ string) error {
			_, err := app.Users.Import(system, []core.UserImport{{Username: "other", Email: "other@example.org", Password: "correct horse", Role: core.Admin}})
			return err
		},
		"another browser with the same address": func(app *core.App, _ string) error {
			_, _, err := app.Sessions.SetUp(deadline(t), app.Sessions.SetUpToken(), draft("first"))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s1, s2 := d.peers(t, accounts())
			closeAtEnd(t, s1)
			closeAtEnd(t, s2)
			slow := &late{DocStore: s1}
			app, other := accountsOn(t, slow), accountsOn(t, s2)
			member, err := app.Users.Register(system, draft("member"), core.Member)
			if err != nil {
				t.Fatal(err)
			}
			before := func() {
				if err := appoint(other, member.ID); err != nil {
					t.Error(err)
				}
			}
			slow.before.Store(&before)
			_, _, err = app.Sessions.SetUp(deadline(t), app.Sessions.SetUpToken(), draft("first"))
			if !core.Is(err, core.Forbidden) || slow.before.Load() != nil {
				t.Errorf("who came second: %v", err)
			}
			if list, err := app.Users.Page(system, core.PageArgs{Where: core.Eq("role", core.Admin)}); err != nil || len(list.Nodes()) != 1 {
				t.Errorf("administrators: %v %v", list, err)
			}
		})
	}
}
