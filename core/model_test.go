package core_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// offer is a declared type whose rule has a beginning and an end.
type offer struct {
	core.Head `bson:",inline"`
	Name      string    `bson:"name"`
	From      time.Time `bson:"from"`
	Until     time.Time `bson:"until"`
	MakerID   *string   `bson:"makerId"`
	Cost      *int64    `bson:"cost"`
}

func (o *offer) Constraints(c *core.Checker) { c.Text("name", o.Name, 1, 20) }

func offerSpec() core.Spec {
	return core.Spec{
		Type: "Offer", Name: "offers", Prefix: "offer", Live: true,
		Attributes: []core.Attribute{
			{Name: "name", Required: true}, {Name: "from", Kind: core.Time, Required: true}, {Name: "until", Kind: core.Time, Required: true},
			{Name: "makerId", Reference: "users"},
			{Name: "cost", Kind: core.Int, Guard: []core.Rule{{Verbs: core.AnyVerb, Role: core.Admin}}},
		},
		Fields:  []core.Field{{Name: "from", Kind: core.Time}, {Name: "until", Kind: core.Time}, {Name: "makerId"}, {Name: "cost", Kind: core.Int}, {Name: "createdAt", Kind: core.Time}},
		Indexes: [][]string{{"createdAt"}, {"from"}, {"until"}, {"makerId", "createdAt"}},
		Rules: []core.Rule{
			{Verbs: core.Read, Where: core.And(core.Lte("from", core.Now{}), core.Gt("until", core.Now{}))},
			{Verbs: core.AnyVerb, Owner: "makerId"},
			{Verbs: core.AnyVerb, Role: core.Admin},
			{Verbs: core.Create, Role: core.Member},
		},
	}
}

func newOffers(t *testing.T) (*world, *core.Model[offer]) {
	t.Helper()
	w := newWorld(t, func(cfg *core.Config) { cfg.Specs = append(cfg.Specs, offerSpec()) })
	return w, core.NewModel[offer](w.App, "offers")
}

func named(name string, owner string) core.Edits[offer] {
	return core.Edits[offer]{Apply: func(o *offer, _ *core.Checker) {
		o.Name, o.From, o.Until, o.MakerID = name, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), &owner
	}}
}

// A document comes into sight by one field and leaves it by another, by the
// clock alone.
func TestMomentsOfSeveralFields(t *testing.T) {
	t.Parallel()
	w, offers := newOffers(t)
	changes, err := offers.Changed(t.Context(), core.All)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Now().Add(300 * time.Millisecond)
	made, err := offers.Create(w.as(t, "ada", core.Member), core.Edits[offer]{Apply: func(o *offer, _ *core.Checker) {
		o.Name, o.From, o.Until, o.MakerID = "Boat", core.Millis(from), core.Millis(from.Add(300*time.Millisecond)), new(w.userID(t, "ada"))
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []core.ChangeKind{core.Added, core.Removed} {
		select {
		case c := <-changes:
			if c.Kind != want || c.ID != made.ID {
				t.Fatalf("heard %+v, want %s", c, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("heard nothing, want %s", want)
		}
	}
}

// userID is the id of the user with this name.
func (w *world) userID(t *testing.T, name string) string {
	t.Helper()
	u, err := w.Users.ByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

// What a model does around a write, in order and in every outcome.
func TestModelWrites(t *testing.T) {
	t.Parallel()
	w, offers := newOffers(t)
	ada, eve := w.as(t, "ada", core.Member), w.as(t, "eve", core.Member)
	adaID, eveID := w.userID(t, "ada"), w.userID(t, "eve")
	var told []string
	offers.BeforeCreate = func(_ context.Context, o *offer) error {
		if o.Name == "refuse" {
			return core.Errorf(core.Invalid, "Not this one.")
		}
		o.Name += "!"
		return nil
	}
	offers.BeforeUpdate = func(_ context.Context, before, after *offer) error {
		if before.Name == after.Name {
			return nil
		}
		after.Name += "?"
		return nil
	}
	offers.BeforeDelete = func(_ context.Context, o *offer) error {
		if o.Name == "keep!" {
			return core.Errorf(core.Forbidden, "This one stays.")
		}
		return nil
	}
	offers.AfterChange = func(_ context.Context, before, after *offer) {
		name := func(o *offer) string {
			if o == nil {
				return "-"
			}
			return o.Name
		}
		told = append(told, name(before)+" "+name(after))
	}
	fails := func(what string, err error, code core.Code) {
		t.Helper()
		if !core.Is(err, code) {
			t.Errorf("%s: %v, want %s", what, err, code)
		}
	}

	boat, err := offers.Create(ada, named("boat", adaID))
	if err != nil || boat.Name != "boat!" || boat.Version != 1 {
		t.Fatalf("%+v, %v", boat, err)
	}
	_, err = offers.Create(ada, named("refuse", adaID))
	fails("a hook that refuses", err, core.Invalid)
	_, err = offers.Create(ada, named("a name of more than twenty", adaID))
	fails("a constraint", err, core.Invalid)
	_, err = offers.Create(t.Context(), named("boat", adaID))
	fails("a visitor", err, core.Unauthenticated)
	_, err = offers.Create(ada, named("boat", "user_none"))
	fails("a reference that leads nowhere", err, core.Invalid)
	_, err = offers.Create(ada, core.Edits[offer]{Guarded: []string{"cost"}, Apply: named("boat", adaID).Apply})
	fails("a guarded field", err, core.Forbidden)

	// Whoever may make what they cannot read gets nothing back, and no error.
	told = nil
	hidden := named("hidden", eveID).Apply
	got, err := offers.Create(ada, core.Edits[offer]{Apply: func(o *offer, c *core.Checker) { hidden(o, c); o.Until = time.Now().Add(-time.Minute) }})
	if got != nil || err != nil || fmt.Sprint(told) != "[- hidden!]" {
		t.Errorf("%+v, %v; the hook was told %v", got, err, told)
	}

	// An update by name; a stranger; somebody who gives the document away.
	told = nil
	rename := core.Edits[offer]{Apply: func(o *offer, _ *core.Checker) { o.Name = "ship" }}
	if boat, err = offers.Update(ada, boat.ID, nil, rename); err != nil || boat.Name != "ship?" || boat.Version != 2 {
		t.Fatalf("%+v, %v", boat, err)
	}
	_, err = offers.Update(eve, boat.ID, nil, rename)
	fails("a stranger", err, core.Forbidden)
	_, err = offers.Update(ada, boat.ID, new(int64(1)), rename)
	fails("an old version", err, core.Conflict)
	_, err = offers.Update(ada, boat.ID, nil, core.Edits[offer]{Apply: func(o *offer, _ *core.Checker) { o.MakerID = &eveID }})
	fails("a document given away", err, core.Forbidden)
	_, err = offers.Update(ada, boat.ID, nil, core.Edits[offer]{Guarded: []string{"cost"}, Apply: func(*offer, *core.Checker) {}})
	fails("a guarded field that stays as it is", err, core.Forbidden)
	if same, err := offers.Update(ada, boat.ID, nil, core.Edits[offer]{Apply: func(*offer, *core.Checker) {}}); err != nil || same.Version != 2 {
		t.Errorf("an update of nothing: %+v, %v", same, err)
	}
	if fmt.Sprint(told) != "[boat! ship?]" {
		t.Errorf("the hook was told %v", told)
	}

	// A filter, an order and a search by what the caller may not read.
	_, err = offers.Page(ada, core.PageArgs{Where: core.Gt("cost", int64(1))})
	fails("a filter by a guarded field", err, core.Forbidden)
	_, err = offers.By(ada, "cost", int64(1))
	fails("a lookup by a guarded field", err, core.Forbidden)

	told = nil
	fails("a stranger deletes", offers.Delete(eve, boat.ID, nil), core.Forbidden)
	keep, err := offers.Create(ada, named("keep", adaID))
	if err != nil {
		t.Fatal(err)
	}
	fails("a hook refuses the delete", offers.Delete(ada, keep.ID, nil), core.Forbidden)
	if err := offers.Delete(ada, boat.ID, new(int64(2))); err != nil {
		t.Error(err)
	}
	fails("it is gone", offers.Delete(ada, boat.ID, nil), core.NotFound)
	if fmt.Sprint(told) != "[- keep! ship? -]" {
		t.Errorf("the hook was told %v", told)
	}
}
