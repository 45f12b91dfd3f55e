package storagetest

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// counter is a declared type that many change at once.
type counter struct {
	core.Head `bson:",inline"`
	N         int64 `bson:"n"`
}

// contended are the specs of an App with counters.
func contended() []core.Spec {
	return []core.Spec{
		{Type: "User", Name: "users", Prefix: "user"},
		{Type: "Post", Name: "posts", Prefix: "post", Fields: []core.Field{{Name: "date", Kind: core.Time}}},
		{Type: "Asset", Name: "assets", Prefix: "asset", Fields: []core.Field{{Name: "state"}}},
		{Type: "Mail", Name: "mails", Prefix: "mail"},
		{Type: "ApiKey", Name: "apiKeys", Prefix: "apikey", Fields: []core.Field{{Name: "userId"}}},
		{Type: "Invitation", Name: "invitations", Prefix: "invitation", Fields: []core.Field{{Name: "email"}}},
		{
			Type: "Counter", Name: "counters", Prefix: "counter", Live: true,
			Attributes: []core.Attribute{{Name: "n", Kind: core.Int, Required: true}},
			Rules:      []core.Rule{{Verbs: core.AnyVerb}},
		},
	}
}

// counters is the service of counters in a process of its own on a store.
func counters(t *testing.T, s core.DocStore) *core.Model[counter] {
	t.Helper()
	app, err := core.New(deadline(t), core.Config{Specs: contended(), Docs: s, Key: bytes.Repeat([]byte("k"), 32)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.Close)
	return core.NewModel[counter](app, "counters")
}

func newCounter(t *testing.T, m *core.Model[counter]) string {
	t.Helper()
	c, err := m.Create(deadline(t), core.Edits[counter]{Apply: func(*counter, *core.Checker) {}})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

// up counts, reading what is there.
var up = core.Edits[counter]{Apply: func(c *counter, _ *core.Checker) { c.N++ }}

// countUp has several processes change one document n times at once.
func countUp(t *testing.T, id string, n int, processes ...*core.Model[counter]) {
	t.Helper()
	ctx := deadline(t)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { _, errs[i] = processes[i%len(processes)].Update(ctx, id, nil, up) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	c, err := processes[0].Get(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if c.N != int64(n) || c.Version != int64(n)+1 {
		t.Errorf("%d updates counted to %d and made version %d", n, c.N, c.Version)
	}
}

// testContention: many who change one document at once all do, and one who
// deletes it among them is obeyed.
func testContention(t *testing.T, d *documents) {
	m := counters(t, d.storeFor(t, contended()))
	id := newCounter(t, m)
	countUp(t, id, 200, m)

	ctx := deadline(t)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := m.Update(ctx, id, nil, up); err != nil && !core.Is(err, core.NotFound) {
				t.Error(err)
			}
		})
	}
	if err := m.Delete(ctx, id, nil); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

// testContentionOfProcesses: so do those of several processes, and one that has
// little to do is not kept out by one that never rests.
func testContentionOfProcesses(t *testing.T, d *documents) {
	if d.peers == nil {
		t.Skip("needs two stores on one database")
	}
	s1, s2 := d.peers(t, contended())
	closeAtEnd(t, s1)
	closeAtEnd(t, s2)
	a, b := counters(t, s1), counters(t, s2)
	countUp(t, newCounter(t, a), 200, a, b)

	id := newCounter(t, a)
	ctx, stop := context.WithCancel(deadline(t))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := a.Update(ctx, id, nil, up); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 3 {
		began := time.Now()
		if _, err := b.Update(ctx, id, nil, up); err != nil {
			t.Errorf("kept out for %v: %v", time.Since(began), err)
		}
	}
	stop()
	wg.Wait()
}
