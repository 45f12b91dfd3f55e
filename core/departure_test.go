package core_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
)

// departing is a world that serves all of its types, with one that nobody but its owner reads.
func departing(t *testing.T) (w *world, ahead *atomic.Int64, offers *core.Model[offer], notes *core.Model[diary]) {
	t.Helper()
	wide := core.Rate{Burst: 1000, Every: 1}
	w, ahead = frozen(t, func(cfg *core.Config) {
		cfg.Specs = append(cfg.Specs, offerSpec(), noteSpec())
		cfg.Limits = core.Limits{SignInByAddress: wide, MailByClient: wide, MailByReceiver: wide}
	})
	offers, notes = serving(w.App)
	return w, ahead, offers, notes
}

func serving(app *core.App) (*core.Model[offer], *core.Model[diary]) {
	core.NewModel[model.Page](app, "pages")
	core.NewModel[model.Site](app, "site")
	return core.NewModel[offer](app, "offers"), core.NewModel[diary](app, "notes")
}

// diary is a declared type that only its owner reads.
type diary struct {
	core.Head `bson:",inline"`
	Text      string  `bson:"text"`
	OwnerID   *string `bson:"ownerId"`
}

func noteSpec() core.Spec {
	return core.Spec{
		Type: "Note", Name: "notes", Prefix: "note",
		Attributes: []core.Attribute{{Name: "text", Required: true}, {Name: "ownerId", Reference: "users"}},
		Fields:     []core.Field{{Name: "ownerId"}},
		Rules:      []core.Rule{{Verbs: core.AnyVerb, Owner: "ownerId"}},
	}
}

// person has a session, a post, a note, an offer, a picture of themselves and one that no
// record refers to.
type person struct {
	ctx           context.Context
	id, email     string
	post          *core.Post
	note          *diary
	offer         *offer
	avatar, loose *core.Asset
	tokens        core.Tokens
}

func (w *world) person(t *testing.T, name string, role core.Role, offers *core.Model[offer], notes *core.Model[diary]) *person {
	t.Helper()
	w.as(t, name, role)
	user, tokens, err := w.Sessions.SignIn(t.Context(), name+"@example.org", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	caller, err := w.Sessions.Authenticate(t.Context(), tokens.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{ctx: core.WithPrincipal(t.Context(), caller), id: user.ID, email: user.Email, tokens: tokens}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	p.post, err = w.Posts.Create(p.ctx, core.PostDraft{Title: "By " + name})
	must(err)
	p.post, err = w.Posts.Publish(p.ctx, p.post.ID, nil, nil)
	must(err)
	p.note, err = notes.Create(p.ctx, core.Edits[diary]{Apply: func(n *diary, _ *core.Checker) { n.Text, n.OwnerID = "Secret", &p.id }})
	must(err)
	p.offer, err = offers.Create(p.ctx, named("Boat", p.id))
	must(err)
	p.avatar, err = w.upload(p.ctx, "avatar.png", png, core.Public)
	must(err)
	_, err = w.Users.Update(p.ctx, p.id, nil, core.UserPatch{AvatarID: core.Opt[*string]{Value: &p.avatar.ID, Set: true}})
	must(err)
	p.loose, err = w.upload(p.ctx, "loose.png", png, core.Private)
	must(err)
	_, err = w.Recovery.RequestEmailVerification(p.ctx)
	must(err)
	_, _, err = w.APIKeys.Create(p.ctx, everything(core.Member, p.id))
	must(err)
	return p
}

// left lists the collections that have something about a user still, beside the departure.
func (w *world) left(t *testing.T, p *person) (list []string) {
	t.Helper()
	for coll, where := range map[string]core.Filter{
		"users": core.Eq("_id", p.id), "sessions": core.Eq("userId", p.id), "apiKeys": core.Eq("userId", p.id), "mails": core.Eq("userId", p.id), "_challenges": core.Eq("userId", p.id),
		"_presence": core.Eq("userId", p.id), "fileUsages": core.Eq("_id", "fileusage_"+p.id[len("user_"):]), "assets": core.Eq("ownerId", p.id),
		"posts": core.Eq("authorId", p.id), "offers": core.Eq("makerId", p.id), "notes": core.Eq("ownerId", p.id),
	} {
		n, err := w.docs.Count(t.Context(), coll, core.Query{Filter: where})
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			list = append(list, fmt.Sprintf("%s %d", coll, n))
		}
	}
	slices.Sort(list)
	return list
}

func (w *world) cleared(t *testing.T) {
	t.Helper()
	if err := w.ClearDeparted(t.Context()); err != nil {
		t.Fatal(err)
	}
}

var known = correct

func TestDeleteAccount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		content core.AccountContent
		left    []string
	}{
		{core.KeepContent, []string{"assets 1", "offers 1", "posts 1"}},
		{core.DeleteContent, []string{"assets 1"}}, // to which somebody else refers
	} {
		t.Run(string(c.content), func(t *testing.T) {
			t.Parallel()
			w, ahead, offers, notes := departing(t)
			ada, eve := w.person(t, "ada", core.Author, offers, notes), w.person(t, "eve", core.Author, offers, notes)
			before := []string{"_challenges 1", "apiKeys 1", "assets 2", "fileUsages 1", "mails 1", "notes 1", "offers 1", "posts 1", "sessions 1", "users 1"}
			if got := w.left(t, ada); !slices.Equal(got, before) {
				t.Fatalf("before: %v", got)
			}
			cover, err := w.upload(ada.ctx, "cover.png", png, core.Public)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Posts.Update(eve.ctx, eve.post.ID, nil, core.PostPatch{CoverID: core.Opt[*string]{Value: &cover.ID, Set: true}}); err != nil {
				t.Fatal(err)
			}
			id, err := w.Departures.DeleteAccount(ada.ctx, &known, c.content)
			if err != nil || id != ada.id {
				t.Fatalf("%q %v", id, err)
			}
			// At once: nobody is signed in, and nobody signs in.
			if _, err := w.Sessions.Authenticate(t.Context(), ada.tokens.AccessToken); !core.Is(err, core.Unauthenticated) {
				t.Errorf("the session: %v", err)
			}
			if _, _, err := w.Sessions.Refresh(t.Context(), ada.tokens.RefreshToken); !core.Is(err, core.Unauthenticated) {
				t.Errorf("the refresh token: %v", err)
			}
			if _, _, err := w.Sessions.SignIn(t.Context(), ada.email, known); !core.Is(err, core.InvalidCredentials) {
				t.Errorf("the password: %v", err)
			}
			if _, err := w.Departures.DeleteAccount(ada.ctx, &known, c.content); !core.Is(err, core.NotFound) {
				t.Errorf("twice: %v", err)
			}
			w.cleared(t)
			if got := w.left(t, ada); !slices.Equal(got, c.left) {
				t.Errorf("left: %v", got)
			}
			if kept, err := w.Assets.Get(eve.ctx, cover.ID); err != nil {
				t.Errorf("%+v %v", kept, err)
			}
			if got := w.left(t, eve); !slices.Equal(got, before) {
				t.Errorf("of somebody else: %v", got)
			}
			// What a request that had begun has written meanwhile goes later.
			late, err := notes.Create(core.WithPrincipal(t.Context(), core.Principal{UserID: ada.id, Role: core.Author}),
				core.Edits[diary]{Apply: func(n *diary, _ *core.Checker) { n.Text, n.OwnerID = "Late", &ada.id }})
			if err != nil {
				t.Fatal(err)
			}
			w.cleared(t)
			ahead.Add(int64(48 * time.Hour))
			w.cleared(t)
			if _, err := notes.Get(core.AsSystem(t.Context()), late.ID); !core.Is(err, core.NotFound) {
				t.Errorf("a late record: %v", err)
			}
			if n, err := w.docs.Count(t.Context(), "_departures", core.Query{}); err != nil || n != 0 {
				t.Errorf("%d departures are left: %v", n, err)
			}
			// The bytes go by the sweep of files alone.
			if err := w.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := len(w.remains(t)); n != 3 { // the cover, and those of eve
				t.Errorf("%d files remain", n)
			}
		})
	}
}

// Whoever finds a browser open deletes nothing with it.
func TestDeleteAccountAsksForProof(t *testing.T) {
	t.Parallel()
	w, ahead, offers, notes := departing(t)
	ada := w.person(t, "ada", core.Author, offers, notes)
	wrong, none := "battery staple", ""
	if _, err := w.Departures.DeleteAccount(t.Context(), &known, core.KeepContent); !core.Is(err, core.Unauthenticated) {
		t.Errorf("a stranger: %v", err)
	}
	if _, err := w.Departures.DeleteAccount(ada.ctx, &wrong, core.KeepContent); wrongField(err) != "password WRONG" {
		t.Errorf("a wrong password in a fresh session: %v", err)
	}
	if _, err := w.Departures.DeleteAccount(ada.ctx, &none, core.KeepContent); wrongField(err) != "password REQUIRED" {
		t.Errorf("an empty password: %v", err)
	}
	ahead.Add(int64(10*time.Minute + time.Millisecond))
	if _, err := w.Departures.DeleteAccount(ada.ctx, nil, core.KeepContent); !core.Is(err, core.ReauthenticationRequired) {
		t.Errorf("without one, later: %v", err)
	}
	ahead.Add(-int64(time.Millisecond))
	if _, err := w.Departures.DeleteAccount(ada.ctx, nil, core.KeepContent); err != nil {
		t.Errorf("without one, just signed in: %v", err)
	}
}

// The last administrator stays, whoever else leaves at the same moment.
func TestLastAdminStays(t *testing.T) {
	t.Parallel()
	w, _, offers, notes := departing(t)
	admins := []*person{w.person(t, "ada", core.Admin, offers, notes), w.person(t, "eve", core.Admin, offers, notes)}
	errs := make([]error, len(admins))
	var wg sync.WaitGroup
	for i, p := range admins {
		wg.Go(func() { _, errs[i] = w.Departures.DeleteAccount(p.ctx, nil, core.DeleteContent) })
	}
	wg.Wait()
	stays := slices.IndexFunc(errs, func(err error) bool { return core.Is(err, core.Forbidden) })
	if stays < 0 || errs[1-stays] != nil {
		t.Fatalf("%v", errs)
	}
	if _, err := w.Departures.DeleteAccount(admins[stays].ctx, &known, core.KeepContent); !core.Is(err, core.Forbidden) {
		t.Errorf("the last one: %v", err)
	}
	w.cleared(t)
	if got := w.left(t, admins[stays]); !slices.Contains(got, "users 1") || !slices.Contains(got, "posts 1") {
		t.Errorf("of the last one is left: %v", got)
	}
}

// A server that is killed in the middle leaves the rest to any other; what a hook refuses
// stays, and holds nothing else up.
func TestDepartureGoesOn(t *testing.T) {
	t.Parallel()
	w, ahead, offers, notes := departing(t)
	ada := w.person(t, "ada", core.Author, offers, notes)
	const many = 250
	for i := range many {
		if _, err := offers.Create(ada.ctx, named(fmt.Sprint("Boat ", i), ada.id)); err != nil {
			t.Fatal(err)
		}
	}
	var deleted, seen atomic.Int64
	offers.BeforeDelete = func(_ context.Context, o *offer) error {
		switch n := seen.Add(1); {
		case o.Name == "Boat 0":
			panic("in a hook")
		case o.Name == "Boat 1":
			return core.Errorf(core.Forbidden, "This one stays.")
		case n > 120:
			return core.Errorf(core.Unavailable, "The store is away.")
		}
		return nil
	}
	offers.AfterChange = func(ctx context.Context, _, _ *offer) {
		if core.PrincipalOf(ctx).UserID == ada.id {
			deleted.Add(1)
		}
	}
	if _, err := w.Departures.DeleteAccount(ada.ctx, nil, core.DeleteContent); err != nil {
		t.Fatal(err)
	}
	w.Close() // whatever was done until now

	again, err := core.New(t.Context(), w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := again.ClearDeparted(t.Context()); err != nil { // of a command, which does not serve all types
		t.Fatal(err)
	}
	if got := w.left(t, ada); len(got) < 3 {
		t.Fatalf("a command has done it: %v", got)
	}
	offers, _ = serving(again)
	offers.BeforeDelete = func(_ context.Context, o *offer) error {
		if o.Name == "Boat 1" {
			return core.Errorf(core.Forbidden, "This one stays.")
		}
		return nil
	}
	ahead.Add(int64(time.Hour)) // for what has failed is tried again later
	if err := again.ClearDeparted(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.left(t, ada); !slices.Equal(got, []string{"offers 1"}) {
		t.Errorf("left: %v", got)
	}
}

// letter is read by two people, and by everybody once it is open.
type letter struct {
	core.Head   `bson:",inline"`
	SenderID    *string `bson:"senderId"`
	RecipientID *string `bson:"recipientId"`
	Open        bool    `bson:"open"`
}

func letterSpec() core.Spec {
	return core.Spec{
		Type: "Letter", Name: "letters", Prefix: "letter",
		Attributes: []core.Attribute{{Name: "senderId", Reference: "users"}, {Name: "recipientId", Reference: "users"}, {Name: "open", Kind: core.Bool, Required: true}},
		Fields:     []core.Field{{Name: "senderId"}, {Name: "recipientId"}, {Name: "open", Kind: core.Bool}},
		Rules: []core.Rule{
			{Verbs: core.AnyVerb, Owner: "senderId"}, {Verbs: core.Read, Owner: "recipientId"}, {Verbs: core.Read, Where: core.Eq("open", true)},
		},
	}
}

// What others may read is kept, record by record; the rest is the user's alone.
func TestDepartureKeepsWhatOthersRead(t *testing.T) {
	t.Parallel()
	w, _ := frozen(t, func(cfg *core.Config) { cfg.Specs = append(cfg.Specs, letterSpec()) })
	core.NewModel[model.Page](w.App, "pages")
	core.NewModel[model.Site](w.App, "site")
	letters := core.NewModel[letter](w.App, "letters")
	ada, eve := w.as(t, "ada", core.Member), core.PrincipalOf(w.as(t, "eve", core.Member)).UserID
	own := core.PrincipalOf(ada).UserID
	want := map[string]bool{}
	for _, c := range []struct {
		to    *string
		open  bool
		stays bool
	}{{nil, false, false}, {&own, false, false}, {&eve, false, true}, {nil, true, true}} {
		l, err := letters.Create(ada, core.Edits[letter]{Apply: func(l *letter, _ *core.Checker) { l.SenderID, l.RecipientID, l.Open = &own, c.to, c.open }})
		if err != nil {
			t.Fatal(err)
		}
		want[l.ID] = c.stays
	}
	if _, err := w.Departures.DeleteAccount(ada, &known, core.KeepContent); err != nil {
		t.Fatal(err)
	}
	w.cleared(t)
	for id, stays := range want {
		if _, err := letters.Get(core.AsSystem(t.Context()), id); core.Is(err, core.NotFound) == stays {
			t.Errorf("%s: %v", id, err)
		}
	}
}
