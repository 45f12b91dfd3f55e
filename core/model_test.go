package core_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	ada := w.as(t, "ada", core.Member)
	id := w.userID(t, "ada")
	from := time.Now().Add(300 * time.Millisecond)
	until := from.Add(2 * time.Second) // on a busy machine it must not be over when it is stored
	made, err := offers.Create(ada, core.Edits[offer]{Apply: func(o *offer, _ *core.Checker) {
		o.Name, o.From, o.Until, o.MakerID = "Boat", core.Millis(from), core.Millis(until), &id
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
func (w *world) userID(t testing.TB, name string) string {
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

// A guarded field is not the user's own to read only because they signed in.
func TestGuardsHoldAtSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(cfg *core.Config) {
		for i, s := range cfg.Specs {
			if s.Name == "users" {
				bio := slices.IndexFunc(s.Attributes, func(a core.Attribute) bool { return a.Name == "bio" })
				cfg.Specs[i].Attributes[bio].Guard = []core.Rule{{Verbs: core.Read, Role: core.Admin}}
			}
		}
	})
	w.as(t, "ada", core.Member)
	user, _, err := w.Sessions.SignIn(t.Context(), "ada@example.org", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	ctx := core.OnWithheld(t.Context(), func(context.Context) { told++ })
	if w.Users.Withholds(ctx, user, "email") || told != 0 {
		t.Error("her own address is withheld")
	}
	if !w.Users.Withholds(ctx, user, "bio") || told != 1 {
		t.Errorf("what only admins read is not withheld, or told of %d times", told)
	}
}

// What a hook follows as the system is not there for the caller afterwards.
func TestLinksAreOfTheirCaller(t *testing.T) {
	t.Parallel()
	w, offers := newOffers(t)
	ada := w.as(t, "ada", core.Member)
	adaID := w.userID(t, "ada")
	made, err := offers.Create(ada, named("boat", adaID))
	if err != nil {
		t.Fatal(err)
	}
	secret, err := w.Posts.Create(w.as(t, "eve", core.Author), core.PostDraft{Title: "Draft"})
	if err != nil {
		t.Fatal(err)
	}
	follow := func(ctx context.Context, o *offer) error {
		_, err := core.Follow(ctx, o, "post", func(*offer) string { return secret.ID }, w.Posts.Collection)
		return err
	}
	offer, err := offers.Get(ada, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := follow(core.AsSystem(ada), offer); err != nil {
		t.Errorf("the system: %v", err)
	}
	if err := follow(ada, offer); !core.Is(err, core.NotFound) {
		t.Errorf("ada sees eve's draft: %v", err)
	}
}

// A write that comes between a hook and its delete starts the delete over.
func TestDeleteStartsOver(t *testing.T) {
	t.Parallel()
	w, offers := newOffers(t)
	ada := w.as(t, "ada", core.Member)
	boat, err := offers.Create(ada, named("boat", w.userID(t, "ada")))
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	offers.BeforeDelete = func(ctx context.Context, o *offer) error {
		if asked++; asked > 1 {
			return nil
		}
		_, err := offers.Update(ctx, o.ID, nil, core.Edits[offer]{Apply: func(o *offer, _ *core.Checker) { o.Name = "ship" }})
		return err
	}
	if err := offers.Delete(ada, boat.ID, nil); err != nil || asked != 2 {
		t.Errorf("asked %d times, %v", asked, err)
	}
}

// A subscription by a field that its caller may no longer read ends.
func TestSubscriptionByLostField(t *testing.T) {
	t.Parallel()
	w, offers := newOffers(t)
	w.as(t, "other", core.Admin)
	admin := w.as(t, "ada", core.Admin)
	user, tokens, err := w.Sessions.SignIn(t.Context(), "ada@example.org", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	caller, err := w.Sessions.Authenticate(t.Context(), tokens.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	changes, err := offers.Changed(core.WithPrincipal(t.Context(), caller), core.Eq("cost", int64(7)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Users.SetRole(admin, user.ID, nil, core.Member); err != nil {
		t.Fatal(err)
	}
	if _, err := offers.Create(core.AsSystem(t.Context()), core.Edits[offer]{Apply: func(o *offer, c *core.Checker) {
		named("boat", user.ID).Apply(o, c)
		o.Cost = new(int64(7))
	}}); err != nil {
		t.Fatal(err)
	}
	select {
	case c := <-changes:
		if !core.Is(c.Err, core.Forbidden) {
			t.Errorf("heard %+v", c)
		}
	case <-time.After(20 * time.Second):
		t.Error("heard nothing")
	}
}

// A constraint that was tightened lets old values be; it holds for new ones.
func TestConstraintsOfWhatChanges(t *testing.T) {
	t.Parallel()
	w, offers := newOffers(t)
	ada := w.as(t, "ada", core.Member)
	boat, err := offers.Create(ada, named("boat", w.userID(t, "ada")))
	if err != nil {
		t.Fatal(err)
	}
	const long = "a name of more than twenty characters"
	if err := w.docs.Write(t.Context(), core.Op{Kind: core.OpUpdate, Coll: "offers", Filter: core.Eq("_id", boat.ID), Patch: core.Patch{core.Set("name", long)}}); err != nil {
		t.Fatal(err)
	}
	later := core.Edits[offer]{Apply: func(o *offer, _ *core.Checker) { o.Until = o.Until.Add(time.Hour) }}
	if o, err := offers.Update(ada, boat.ID, nil, later); err != nil || o.Name != long {
		t.Errorf("%+v, %v", o, err)
	}
	if _, err := offers.Update(ada, boat.ID, nil, core.Edits[offer]{Apply: func(o *offer, _ *core.Checker) { o.Name += "!" }}); !core.Is(err, core.Invalid) {
		t.Errorf("another name that is too long: %v", err)
	}
}

// What happens after a write does not make it fail.
func TestAfterChangePanics(t *testing.T) {
	t.Parallel()
	w, offers := newOffers(t)
	offers.AfterChange = func(context.Context, *offer, *offer) { panic("no mail today") }
	ada := w.as(t, "ada", core.Member)
	if o, err := offers.Create(ada, named("boat", w.userID(t, "ada"))); err != nil || o == nil {
		t.Errorf("%+v, %v", o, err)
	}
}

// A short query cannot read without end.
func TestReadLimit(t *testing.T) {
	t.Parallel()
	w, offers := newOffers(t)
	ada := w.as(t, "ada", core.Member)
	for range 3 {
		if _, err := offers.Create(ada, named("boat", w.userID(t, "ada"))); err != nil {
			t.Fatal(err)
		}
	}
	ctx, reading := core.WithReading(ada, 2000, time.Minute) // about two pages of three
	var err error
	pages := 0
	for ; pages < 10 && err == nil; pages++ {
		_, err = offers.Page(ctx, core.PageArgs{})
	}
	if !core.Is(err, core.TooLarge) || pages < 2 {
		t.Errorf("page %d: %v", pages, err)
	}
	if d := reading.Spent(); d <= 0 || d > time.Minute {
		t.Errorf("the store has worked for %s", d)
	}
}

// What a store works for an operation is bounded in sum, and a read that has been slow
// is told apart from one that has no time left.
func TestReading(t *testing.T) {
	t.Parallel()
	wait := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	slow := func(most time.Duration) error { time.Sleep(most); return core.ErrSlow }
	nothing := func(time.Duration) error { return nil }
	ctx, reading := core.WithReading(t.Context(), 1, time.Hour)
	if core.ReadingOf(ctx) != reading || core.ReadingOf(t.Context()) != nil {
		t.Error("the context knows another one")
	}
	if err := reading.Within(10*time.Millisecond, slow); !errors.Is(err, core.ErrSlow) {
		t.Errorf("slow: %v", err)
	}
	if err := reading.Within(10*time.Millisecond, nothing); !errors.Is(err, core.ErrSlow) {
		t.Errorf("slow already: %v", err)
	}
	if err := reading.Within(0, nothing); err != nil {
		t.Errorf("slow, and no matter: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := reading.Do(gone, wait); !errors.Is(err, context.Canceled) {
		t.Errorf("the caller has left: %v", err)
	}
	ctx, reading = core.WithReading(t.Context(), 1, 50*time.Millisecond)
	if err := reading.Do(ctx, wait); !core.Is(err, core.TooLarge) {
		t.Errorf("all time: %v", err)
	}
	if err := reading.Within(0, nothing); !core.Is(err, core.TooLarge) || reading.Spent() < 50*time.Millisecond {
		t.Errorf("no time left after %s: %v", reading.Spent(), err)
	}
	if err := (*core.Reading)(nil).Within(1, nothing); err != nil {
		t.Errorf("without bounds: %v", err)
	}
}

// A list in a list in a list is bounded as a whole.
func TestEntriesAreBounded(t *testing.T) {
	var c core.Checker
	for i := range 2000 {
		c.Inside(core.At("parts", i), &tree{})
	}
	if err := c.Err(); !core.Is(err, core.Invalid) || len(err.(*core.Error).Fields) != 1 {
		t.Errorf("%v", err)
	}
}
