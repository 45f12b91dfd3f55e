package core_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

var allOperations = []core.APIKeyOperation{core.MayCreate, core.MayRead, core.MayUpdate, core.MayDelete}

// everything is the draft of a key that does all that its role may, as a user or as itself.
func everything(role core.Role, user string) core.APIKeyDraft {
	d := core.APIKeyDraft{Name: "Robot", Role: role, Types: []string{"*"}, Operations: allOperations}
	if user != "" {
		d.UserID = &user
	}
	return d
}

// apiKey makes a key as the system does.
func (w *world) apiKey(t *testing.T, d core.APIKeyDraft) (made *core.APIKey, key string) {
	t.Helper()
	made, key, err := w.APIKeys.Create(core.AsSystem(t.Context()), d)
	if err != nil {
		t.Fatal(err)
	}
	return made, key
}

// byKey is the context of whoever holds a key.
func (w *world) byKey(t *testing.T, key string) context.Context {
	t.Helper()
	p, err := w.Sessions.Authenticate(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return core.WithPrincipal(t.Context(), p)
}

// A key has one spelling, and what differs from it is refused before the store is asked.
func TestAPIKeyForm(t *testing.T) {
	t.Parallel()
	calls := &counter{}
	w := newWorld(t, func(cfg *core.Config) {
		calls.DocStore = cfg.Docs
		cfg.Docs = calls
	})
	made, key := w.apiKey(t, everything(core.Editor, ""))
	if !strings.HasPrefix(key, "grapnel_") || len(key) != 44 || !strings.HasPrefix(key, made.Start) || len(made.Start) != 14 {
		t.Fatalf("%q %q", key, made.Start)
	}
	if _, other := w.apiKey(t, everything(core.Editor, "")); other == key {
		t.Error("twice the same key")
	}
	calls.reset()
	refused := []string{"grapnel_", key[:43], key + "0", key + " ", "grapnel_" + strings.Repeat("é", 18), key[:20] + key[21:] + "-", strings.ToUpper(key[8:])}
	for i := range key {
		for _, c := range "0aZ-_\n" {
			if changed := key[:i] + string(c) + key[i+1:]; changed != key {
				refused = append(refused, changed)
			}
		}
	}
	for _, text := range refused {
		if _, err := w.Sessions.Authenticate(t.Context(), text); !core.Is(err, core.Unauthenticated) || strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
		if core.HoldsAPIKey(text) != (text == key+"0" || text == key+" ") {
			t.Errorf("%q is taken for one, or not", text)
		}
	}
	calls.check(t, "what is none", 0, 0, 0)
	if !core.HoldsAPIKey("token=grapnel_" + key + "&x=1") {
		t.Error("a key among other things is not found")
	}
	if _, err := w.Sessions.Authenticate(t.Context(), key); err != nil {
		t.Error(err)
	}
	// Only its hash is kept.
	for doc, err := range w.docs.Find(t.Context(), "apiKeys", core.Query{Filter: core.All, Limit: 10}) {
		if err != nil || bytes.Contains(doc.BSON(), []byte(key[15:])) {
			t.Errorf("%v: %q", err, doc.BSON())
		}
	}
}

// What a key may do is what its role may, its types and its operations, and nothing else.
func TestAPIKeyScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root, ada := w.as(t, "root", core.Admin), w.as(t, "ada", core.Author)
	id := core.PrincipalOf(root).UserID
	public, err := w.Posts.Create(ada, core.PostDraft{Title: "Public"})
	if err == nil {
		public, err = w.Posts.Publish(ada, public.ID, nil, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	title := core.PostPatch{Title: core.Opt[string]{Value: "Changed", Set: true}}
	for _, role := range []core.Role{core.Member, core.Author, core.Editor, core.Admin} {
		for _, types := range [][]string{{"*"}, {"Page", "Post"}, {"Asset", "User"}} {
			for _, ops := range [][]core.APIKeyOperation{{core.MayCreate}, {core.MayRead}, {core.MayRead, core.MayUpdate}, {core.MayDelete, core.MayRead}, allOperations} {
				draft, err := w.Posts.Create(ada, core.PostDraft{Title: fmt.Sprint("Draft ", role, types, ops)})
				if err != nil {
					t.Fatal(err)
				}
				_, key := w.apiKey(t, core.APIKeyDraft{Name: "Robot", Role: role, Types: types, Operations: ops, UserID: &id})
				ctx := w.byKey(t, key)
				reaches := types[0] != "Asset"
				may := func(op core.APIKeyOperation, least core.Role) bool {
					return reaches && slices.Contains(ops, op) && role.AtLeast(least)
				}
				check := func(what string, want bool, err error) {
					t.Helper()
					if err != nil && !core.Is(err, core.Forbidden) && !core.Is(err, core.NotFound) || (err == nil) != want {
						t.Errorf("%s %v %v: %s: %v", role, types, ops, what, err)
					}
				}
				_, err = w.Posts.Get(ctx, public.ID)
				check("reads what everybody does", may(core.MayRead, core.Member), err)
				_, err = w.Posts.Get(ctx, draft.ID)
				check("reads a draft", may(core.MayRead, core.Editor), err)
				page, err := w.Posts.Page(ctx, core.PageArgs{})
				if err != nil || (len(page.Nodes()) > 0) != may(core.MayRead, core.Member) {
					t.Errorf("%s %v %v: lists %d: %v", role, types, ops, len(page.Nodes()), err)
				}
				if n, err := page.TotalCount(ctx, nil); err != nil || (n > 0) != may(core.MayRead, core.Member) {
					t.Errorf("%s %v %v: counts %d: %v", role, types, ops, n, err)
				}
				_, err = w.Posts.Create(ctx, core.PostDraft{Title: "New"})
				check("creates", may(core.MayCreate, core.Author), err)
				_, err = w.Posts.Update(ctx, draft.ID, nil, title)
				check("updates", may(core.MayUpdate, core.Editor), err)
				_, err = w.Users.SetRole(ctx, core.PrincipalOf(ada).UserID, nil, core.Author)
				if want := types[0] != "Page" && slices.Contains(ops, core.MayUpdate) && role == core.Admin; (err == nil) != want {
					t.Errorf("%s %v %v: sets a role: %v", role, types, ops, err)
				}
				_, err = w.Users.Create(ctx, core.UserDraft{Username: "x", Email: "x"}, core.Member)
				if want := types[0] != "Page" && slices.Contains(ops, core.MayCreate) && role == core.Admin; core.Is(err, core.Invalid) != want {
					t.Errorf("%s %v %v: makes a user: %v", role, types, ops, err)
				}
				viewer, err := w.Users.Viewer(ctx)
				if want := types[0] != "Page" && slices.Contains(ops, core.MayRead); err != nil || (viewer != nil) != want {
					t.Errorf("%s %v %v: its user: %v %v", role, types, ops, viewer, err)
				}
				status, err := w.Status(ctx)
				if want := types[0] == "*" && slices.Contains(ops, core.MayRead) && role == core.Admin; err != nil || (status != nil) != want {
					t.Errorf("%s %v %v: status: %v %v", role, types, ops, status, err)
				}
				_, err = w.upload(ctx, "a.png", png, core.Private)
				if want := types[0] != "Page" && slices.Equal(ops, allOperations); (err == nil) != want {
					t.Errorf("%s %v %v: uploads: %v", role, types, ops, err)
				}
				err = w.Posts.Delete(ctx, draft.ID, nil)
				check("deletes", may(core.MayDelete, core.Editor), err)
			}
		}
	}
}

// A key that is good no more is refused within 5 seconds, by servers too that have seen it.
func TestAPIKeyEnds(t *testing.T) {
	t.Parallel()
	in := func(w *world, after time.Duration) *time.Time {
		at := w.cfg.Now().Add(after)
		return &at
	}
	for name, c := range map[string]struct {
		draft func(w *world, user string) core.APIKeyDraft
		end   func(ctx context.Context, w *world, key *core.APIKey, user string) error
		life  time.Duration // at which it is good still
	}{
		"revoked": {nil, func(ctx context.Context, w *world, key *core.APIKey, _ string) error {
			_, err := w.APIKeys.Revoke(ctx, key.ID, nil)
			return err
		}, 0},
		"expired": {func(w *world, user string) core.APIKeyDraft {
			d := everything(core.Editor, user)
			d.ExpiresAt = in(w, time.Hour)
			return d
		}, nil, time.Hour - time.Second},
		"suspended": {nil, func(ctx context.Context, w *world, _ *core.APIKey, user string) error {
			_, err := w.Users.Suspend(ctx, user, nil)
			return err
		}, 0},
		"deleted": {nil, func(ctx context.Context, w *world, _ *core.APIKey, user string) error {
			return w.docs.Write(ctx, core.Op{Kind: core.OpDelete, Coll: "users", Filter: core.Eq("_id", user)})
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ahead := frozen(t)
			other, err := core.New(context.WithValue(t.Context(), upkeep{}, true), w.cfg)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(other.Close)
			user := core.PrincipalOf(w.as(t, "ada", core.Editor)).UserID
			draft := everything(core.Editor, user)
			if c.draft != nil {
				draft = c.draft(w, user)
			}
			made, key := w.apiKey(t, draft)
			good := func(app *core.App) bool {
				t.Helper()
				p, err := app.Sessions.Authenticate(t.Context(), key)
				if err != nil && !core.Is(err, core.Unauthenticated) || err == nil && (p.UserID != user || p.KeyID != made.ID || p.Role != core.Editor) {
					t.Fatalf("%+v %v", p, err)
				}
				return err == nil
			}
			ahead.Add(int64(c.life))
			if !good(w.App) || !good(other) {
				t.Fatal("it is not good from the start")
			}
			if c.end != nil {
				if err := c.end(core.AsSystem(t.Context()), w, made, user); err != nil {
					t.Fatal(err)
				}
			}
			if here := name == "revoked" || name == "suspended"; here && good(w.App) {
				t.Error("the server that ended it takes it still")
			}
			ahead.Add(int64(5 * time.Second))
			if good(w.App) || good(other) {
				t.Error("it is taken still")
			}
		})
	}
}

// A key never has more rights than its user has at the moment.
func TestAPIKeyFollowsItsUser(t *testing.T) {
	t.Parallel()
	w, ahead := frozen(t)
	w.as(t, "root", core.Admin)
	user := core.PrincipalOf(w.as(t, "ada", core.Admin)).UserID
	_, key := w.apiKey(t, everything(core.Editor, user))
	for _, c := range []struct{ of, want core.Role }{{core.Admin, core.Editor}, {core.Author, core.Author}, {core.Member, core.Member}, {core.Editor, core.Editor}} {
		if _, err := w.Users.SetRole(core.AsSystem(t.Context()), user, nil, c.of); err != nil {
			t.Fatal(err)
		}
		ahead.Add(int64(5 * time.Second))
		if p := core.PrincipalOf(w.byKey(t, key)); p.Role != c.want {
			t.Errorf("of a user who is %s it is %s", c.of, p.Role)
		}
	}
}

// While the principal is fresh nothing is read, and its use is noted once a minute.
func TestAPIKeyUse(t *testing.T) {
	t.Parallel()
	calls := &counter{}
	w, ahead := frozen(t, func(cfg *core.Config) {
		calls.DocStore = cfg.Docs
		cfg.Docs = calls
	})
	made, key := w.apiKey(t, everything(core.Editor, core.PrincipalOf(w.as(t, "ada", core.Editor)).UserID))
	calls.reset()
	w.byKey(t, key)
	calls.check(t, "first", 2, 0, 0)
	for range 10 {
		w.byKey(t, key)
	}
	calls.check(t, "while fresh", 0, 0, 0)
	used := func() time.Time {
		t.Helper()
		now, err := w.APIKeys.Get(core.AsSystem(t.Context()), made.ID)
		if err != nil || now.Version != 1 {
			t.Fatalf("%+v %v", now, err)
		}
		if now.LastUsedAt == nil {
			return time.Time{}
		}
		return *now.LastUsedAt
	}
	await := func(want time.Time) {
		t.Helper()
		for end := time.Now().Add(time.Minute); !used().Equal(want); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("used at %v, not %v", used(), want)
			}
		}
	}
	first := core.Millis(w.cfg.Now())
	await(first)
	ahead.Add(int64(50 * time.Second))
	w.byKey(t, key)
	ahead.Add(int64(20 * time.Second))
	w.byKey(t, key)
	await(first.Add(70 * time.Second)) // and nothing was noted between: it would be in the way
}

// Keys act on records, never on accounts and on what opens them.
func TestAPIKeysReachNoAccounts(t *testing.T) {
	t.Parallel()
	w, _, offers, notes := departing(t)
	ada := w.person(t, "ada", core.Admin, offers, notes)
	w.as(t, "root", core.Admin)
	made, key := w.apiKey(t, everything(core.Admin, ada.id))
	_, itself := w.apiKey(t, everything(core.Admin, ""))
	session := core.PrincipalOf(ada.ctx).SessionID
	for name, key := range map[string]string{"as a user": key, "as itself": itself} {
		ctx := w.byKey(t, key)
		for what, try := range map[string]func() error{
			"changes the password": func() error { _, _, err := w.Sessions.ChangePassword(ctx, known, "battery staple"); return err },
			"sets a password": func() error {
				_, err := w.Users.SetPassword(ctx, core.PrincipalOf(w.byName(t, "root")).UserID, nil, "battery staple")
				return err
			},
			"signs out":         func() error { _, err := w.Sessions.SignOut(ctx, ada.tokens.RefreshToken, true); return err },
			"ends a session":    func() error { return w.Sessions.Revoke(ctx, session) },
			"deletes it":        func() error { _, err := w.Departures.DeleteAccount(ctx, &known, core.KeepContent); return err },
			"takes all data":    func() error { _, err := w.OwnRecords(ctx, nil, nil); return err },
			"verifies":          func() error { _, err := w.Recovery.RequestEmailVerification(ctx); return err },
			"moves":             func() error { _, err := w.Recovery.ChangeEmail(ctx, "new@example.org", known); return err },
			"makes a key":       func() error { _, _, err := w.APIKeys.Create(ctx, everything(core.Member, ada.id)); return err },
			"makes one for it":  func() error { _, _, err := w.APIKeys.Create(ctx, everything(core.Member, "")); return err },
			"ends other keys":   func() error { _, err := w.APIKeys.Revoke(ctx, "apikey_0", nil); return err },
			"has a record open": func() error { _, err := w.Presence.Watch(ctx, ada.post.ID); return err },
		} {
			if err := try(); !core.Is(err, core.Forbidden) || !strings.Contains(err.Error(), "API key") {
				t.Errorf("%s it %s: %v", name, what, err)
			}
		}
		user, err := w.Users.Get(ctx, ada.id)
		if err != nil {
			t.Fatal(err)
		}
		if list, err := w.Sessions.Of(ctx, user); list != nil || err != nil {
			t.Errorf("%s it sees sessions: %v %v", name, list, err)
		}
		mail, err := w.Mails.First(ctx, core.Eq("userId", ada.id))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := w.Mails.Text(ctx, mail); text != nil || err != nil {
			t.Errorf("%s it reads what opens an account: %v", name, err)
		}
	}
	if _, err := w.Sessions.Authenticate(t.Context(), ada.tokens.AccessToken); err != nil {
		t.Errorf("the session of the user: %v", err)
	}
	if now, err := w.APIKeys.Revoke(w.byKey(t, key), made.ID, nil); err != nil || now.RevokedAt == nil {
		t.Errorf("it ends itself: %v", err)
	}
	if _, err := w.Sessions.Authenticate(t.Context(), key); !core.Is(err, core.Unauthenticated) {
		t.Errorf("after that: %v", err)
	}
}

// byName is the context of a user.
func (w *world) byName(t *testing.T, name string) context.Context {
	t.Helper()
	user, err := w.Users.ByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return core.WithPrincipal(t.Context(), core.Principal{UserID: user.ID, Role: user.Role})
}

// Who makes which keys, and what is wrong with others.
func TestAPIKeyCreation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root, ada, eve := w.as(t, "root", core.Admin), w.as(t, "ada", core.Author), w.as(t, "eve", core.Member)
	adas, eves := core.PrincipalOf(ada).UserID, core.PrincipalOf(eve).UserID
	nobody, past := "user_0", time.Now().Add(-time.Second)
	with := func(change func(*core.APIKeyDraft)) core.APIKeyDraft {
		d := everything(core.Author, adas)
		change(&d)
		return d
	}
	for name, c := range map[string]struct {
		ctx   context.Context
		draft core.APIKeyDraft
		want  string // code, and the path of a field
	}{
		"own":                     {ada, everything(core.Author, adas), ""},
		"with a lower role":       {ada, everything(core.Member, adas), ""},
		"with a higher role":      {ada, everything(core.Editor, adas), "BAD_USER_INPUT role"},
		"of somebody else":        {ada, everything(core.Member, eves), "FORBIDDEN"},
		"as itself":               {ada, everything(core.Member, ""), "FORBIDDEN"},
		"as itself, by an admin":  {root, everything(core.Admin, ""), ""},
		"by an admin":             {root, everything(core.Author, adas), ""},
		"above its user":          {root, everything(core.Author, eves), "BAD_USER_INPUT role"},
		"by a visitor":            {t.Context(), everything(core.Member, adas), "UNAUTHENTICATED"},
		"of nobody":               {root, everything(core.Member, nobody), "BAD_USER_INPUT userId"},
		"no name":                 {ada, with(func(d *core.APIKeyDraft) { d.Name = " " }), "BAD_USER_INPUT name"},
		"no role":                 {ada, with(func(d *core.APIKeyDraft) { d.Role = "BOSS" }), "BAD_USER_INPUT role"},
		"no types":                {ada, with(func(d *core.APIKeyDraft) { d.Types = nil }), "BAD_USER_INPUT types"},
		"an unknown type":         {ada, with(func(d *core.APIKeyDraft) { d.Types = []string{"Post", "Nothing"} }), "BAD_USER_INPUT types.1"},
		"a type without records":  {ada, with(func(d *core.APIKeyDraft) { d.Types = []string{""} }), "BAD_USER_INPUT types.0"},
		"a type twice":            {ada, with(func(d *core.APIKeyDraft) { d.Types = []string{"Post", "Post"} }), "BAD_USER_INPUT types.1"},
		"all and one":             {ada, with(func(d *core.APIKeyDraft) { d.Types = []string{"Post", "*"} }), "BAD_USER_INPUT types.1"},
		"two types in one":        {ada, with(func(d *core.APIKeyDraft) { d.Types = []string{"Post User"} }), "BAD_USER_INPUT types.0"},
		"no operations":           {ada, with(func(d *core.APIKeyDraft) { d.Operations = nil }), "BAD_USER_INPUT operations"},
		"an operation twice":      {ada, with(func(d *core.APIKeyDraft) { d.Operations = []core.APIKeyOperation{"READ", "READ"} }), "BAD_USER_INPUT operations.1"},
		"changes without reading": {ada, with(func(d *core.APIKeyDraft) { d.Operations = []core.APIKeyOperation{"UPDATE"} }), "BAD_USER_INPUT operations.0"},
		"what is no operation":    {ada, with(func(d *core.APIKeyDraft) { d.Operations = []core.APIKeyOperation{"RULE"} }), "BAD_USER_INPUT operations.0"},
		"over already":            {ada, with(func(d *core.APIKeyDraft) { d.ExpiresAt = &past }), "BAD_USER_INPUT expiresAt"},
	} {
		made, key, err := w.APIKeys.Create(c.ctx, c.draft)
		got := ""
		if err != nil {
			got = string(core.CodeOf(err))
			if core.Is(err, core.Invalid) {
				path, _, _ := strings.Cut(wrongField(err), " ")
				got += " " + path
			}
		}
		if got != c.want || (err == nil) != (made != nil && key != "") {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && *made.CreatedByID != core.PrincipalOf(c.ctx).UserID {
			t.Errorf("%s: made by %v", name, made.CreatedByID)
		}
	}
	// Each sees and ends their own; admins all.
	sees := func(ctx context.Context) int {
		page, err := w.APIKeys.Page(ctx, core.PageArgs{})
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Nodes())
	}
	if got := []int{sees(root), sees(ada), sees(eve), sees(t.Context())}; !slices.Equal(got, []int{4, 3, 0, 0}) {
		t.Errorf("they see %d", got)
	}
	page, err := w.APIKeys.Page(ada, core.PageArgs{})
	if err != nil {
		t.Fatal(err)
	}
	id := page.Nodes()[0].ID
	if _, err := w.APIKeys.Revoke(eve, id, nil); !core.Is(err, core.NotFound) {
		t.Errorf("somebody else ends it: %v", err)
	}
	version := int64(7)
	if _, err := w.APIKeys.Revoke(ada, id, &version); !core.Is(err, core.Conflict) {
		t.Errorf("an old version: %v", err)
	}
	for range 2 { // the second time changes nothing
		if now, err := w.APIKeys.Revoke(ada, id, nil); err != nil || now.RevokedAt == nil || now.Version != 2 {
			t.Errorf("%+v %v", now, err)
		}
	}
}

// There are only so many that are good.
func TestAPIKeysAreBounded(t *testing.T) {
	t.Parallel()
	w, ahead := frozen(t)
	ada := w.as(t, "ada", core.Member)
	soon := w.cfg.Now().Add(time.Hour)
	draft := everything(core.Member, core.PrincipalOf(ada).UserID)
	draft.ExpiresAt = &soon
	for range core.MaxAPIKeys {
		if _, _, err := w.APIKeys.Create(ada, draft); err != nil {
			t.Fatal(err)
		}
	}
	draft.ExpiresAt = nil
	if _, _, err := w.APIKeys.Create(ada, draft); !core.Is(err, core.Conflict) {
		t.Errorf("one more: %v", err)
	}
	eve := w.as(t, "eve", core.Member)
	if _, _, err := w.APIKeys.Create(eve, everything(core.Member, core.PrincipalOf(eve).UserID)); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	ahead.Add(int64(time.Hour))
	if _, _, err := w.APIKeys.Create(ada, draft); err != nil {
		t.Errorf("when they have expired: %v", err)
	}
}

// A key that acts as itself owns nothing, and is no user.
func TestAPIKeyAsItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.as(t, "ada", core.Author)
	draft, err := w.Posts.Create(ada, core.PostDraft{Title: "Draft"})
	if err != nil {
		t.Fatal(err)
	}
	_, author := w.apiKey(t, everything(core.Author, ""))
	_, editor := w.apiKey(t, everything(core.Editor, ""))
	if viewer, err := w.Users.Viewer(w.byKey(t, editor)); viewer != nil || err != nil {
		t.Errorf("it is %v %v", viewer, err)
	}
	if _, err := w.Posts.Get(w.byKey(t, editor), draft.ID); err != nil {
		t.Errorf("an editor reads a draft: %v", err)
	}
	if _, err := w.Posts.Get(w.byKey(t, author), draft.ID); !core.Is(err, core.NotFound) {
		t.Errorf("an author reads a draft: %v", err)
	}
	if _, err := w.Posts.Create(w.byKey(t, author), core.PostDraft{Title: "New"}); !core.Is(err, core.Forbidden) {
		t.Errorf("it owns a post: %v", err)
	}
	_, err = w.Posts.Create(w.byKey(t, editor), core.PostDraft{Title: "New"})
	if wrongField(err) != "authorId REQUIRED" {
		t.Errorf("a post of nobody: %v", err)
	}
	id := core.PrincipalOf(ada).UserID
	if post, err := w.Posts.Create(w.byKey(t, editor), core.PostDraft{Title: "New", AuthorID: &id}); err != nil || post.AuthorID != id {
		t.Errorf("a post of somebody: %v", err)
	}
	if _, err := w.upload(w.byKey(t, editor), "a.png", png, core.Public); !core.Is(err, core.Forbidden) {
		t.Errorf("it owns a file: %v", err)
	}
	if usage, err := w.Assets.Usage(w.byKey(t, editor)); usage != nil || err != nil {
		t.Errorf("its files take %v %v", usage, err)
	}
}

// Who is refused for a while is told so, and a stream ends with the key.
func TestAPIKeyStreamEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.as(t, "ada", core.Editor)
	for name, user := range map[string]string{"as a user": core.PrincipalOf(ada).UserID, "as itself": ""} {
		made, key := w.apiKey(t, everything(core.Editor, user))
		ctx, cancel := context.WithCancel(w.byKey(t, key))
		defer cancel()
		changes, err := w.Posts.Changed(ctx, core.All)
		if err != nil {
			t.Fatal(err)
		}
		blind := everything(core.Editor, user)
		blind.Operations = []core.APIKeyOperation{core.MayCreate}
		_, key = w.apiKey(t, blind)
		unseen, err := w.Posts.Changed(w.byKey(t, key), core.All)
		if err != nil {
			t.Fatal(err)
		}
		post, err := w.Posts.Create(ada, core.PostDraft{Title: "First"})
		if err != nil {
			t.Fatal(err)
		}
		if c := <-changes; c.Err != nil || c.ID != post.ID {
			t.Fatalf("%s: %+v", name, c)
		}
		if _, err := w.APIKeys.Revoke(core.AsSystem(t.Context()), made.ID, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Posts.Create(ada, core.PostDraft{Title: "Second"}); err != nil {
			t.Fatal(err)
		}
		if c := <-changes; !core.Is(c.Err, core.Unauthenticated) {
			t.Errorf("%s: after its end: %+v", name, c)
		}
		if _, open := <-changes; open {
			t.Errorf("%s: the stream goes on", name)
		}
		select {
		case c := <-unseen:
			t.Errorf("%s: who does not read hears of %+v", name, c)
		default:
		}
	}
}

// No line of the log holds a key, also where its use cannot be noted.
func TestAPIKeysAreNotLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w := newWorld(t, func(cfg *core.Config) {
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	made, key := w.apiKey(t, everything(core.Editor, ""))
	w.byKey(t, key)
	if _, err := w.APIKeys.Revoke(core.AsSystem(t.Context()), made.ID, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Sessions.Authenticate(t.Context(), key); err == nil || strings.Contains(err.Error(), key) {
		t.Error(err)
	}
	w.Close()
	if strings.Contains(log.String(), key[15:]) {
		t.Error(log.String())
	}
}
