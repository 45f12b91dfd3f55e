package core_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// inviting is a world that nobody can sign up to, and its administrator.
func inviting(t *testing.T, with ...func(*core.Config)) (w *world, p *post, admin context.Context) {
	t.Helper()
	w, p = recovering(t, append([]func(*core.Config){func(c *core.Config) { c.SignUpRole = "" }}, with...)...)
	return w, p, w.as(t, "grace", core.Admin)
}

// invites has an address mailed its nth mail, which is an invitation: it, and the token.
func (w *world) invites(t *testing.T, p *post, admin context.Context, d core.InvitationDraft, n int) (*core.Invitation, string) {
	t.Helper()
	invited, err := w.Invitations.Invite(admin, d)
	if err != nil {
		t.Fatal(err)
	}
	subject, token := p.letter(t, d.Email, n)
	if subject != "You are invited to My site" || token == "" {
		t.Fatalf("%q %q", subject, token)
	}
	return invited, token
}

func (w *world) accepts(t *testing.T, token string, d core.UserDraft) error {
	t.Helper()
	d.Password = "correct horse"
	_, _, err := w.Invitations.Accept(t.Context(), token, d)
	return err
}

func TestInvitation(t *testing.T) {
	t.Parallel()
	w, p, admin := inviting(t)
	name := "Ada Lovelace"
	invited, token := w.invites(t, p, admin, core.InvitationDraft{Email: "ada@example.org", Role: core.Editor, DisplayName: &name}, 1)
	if invited.Email != "ada@example.org" || deref(invited.InvitedByID) != core.PrincipalOf(admin).UserID || invited.ExpiresAt.Sub(invited.CreatedAt) != 7*24*time.Hour {
		t.Errorf("%+v", invited)
	}
	if _, err := w.Users.ByEmail(core.AsSystem(t.Context()), "ada@example.org"); !core.Is(err, core.NotFound) {
		t.Errorf("an account before: %v", err)
	}
	for purpose, err := range map[string]error{
		"reset":  func() error { _, err := w.Recovery.ResetPassword(t.Context(), token, "battery staple"); return err }(),
		"verify": func() error { _, err := w.Recovery.VerifyEmail(t.Context(), token); return err }(),
		"signup": func() error { _, _, err := w.Sessions.ConfirmSignUp(t.Context(), token, "correct horse"); return err }(),
	} {
		if wrongField(err) != "token WRONG" {
			t.Errorf("as a token of %s: %v", purpose, err)
		}
	}
	if _, _, err := w.Invitations.Accept(t.Context(), token, core.UserDraft{Password: "short"}); wrongField(err) != "password TOO_SHORT" {
		t.Errorf("a bad password: %v", err)
	}
	user, tokens, err := w.Invitations.Accept(t.Context(), token, core.UserDraft{Password: "correct horse", Email: "eve@example.org"})
	if err != nil || user.Email != "ada@example.org" || user.Username != "ada" || deref(user.DisplayName) != name || user.Role != core.Editor || user.EmailVerifiedAt == nil {
		t.Fatalf("%+v %v", user, err)
	}
	if _, err := w.Sessions.Authenticate(t.Context(), tokens.AccessToken); err != nil {
		t.Error(err)
	}
	w.entered(t, "ada@example.org", "correct horse")
	after, err := w.Invitations.Get(admin, invited.ID)
	if err != nil || after.AcceptedAt == nil || after.Version != 2 || deref(after.UserID) != user.ID {
		t.Errorf("%+v %v", after, err)
	}
	if err := w.accepts(t, token, core.UserDraft{Username: "other"}); wrongField(err) != "token WRONG" {
		t.Errorf("used twice: %v", err)
	}
	if _, err := w.Invitations.Cancel(admin, invited.ID, nil); !core.Is(err, core.Conflict) {
		t.Errorf("cancelled when it was accepted: %v", err)
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func TestInvitationsAreForAdministrators(t *testing.T) {
	t.Parallel()
	w, p, admin := inviting(t)
	draft := core.InvitationDraft{Email: "ada@example.org", Role: core.Member}
	for name, ctx := range map[string]context.Context{"a visitor": t.Context(), "an editor": w.as(t, "edith", core.Editor)} {
		if _, err := w.Invitations.Invite(ctx, draft); !core.Is(err, core.Forbidden) && !core.Is(err, core.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	invited, token := w.invites(t, p, admin, draft, 1)
	if _, err := w.Invitations.Cancel(w.as(t, "edith2", core.Editor), invited.ID, nil); !core.Is(err, core.NotFound) {
		t.Errorf("an editor cancels: %v", err)
	}
	if err := w.accepts(t, token, core.UserDraft{}); err != nil {
		t.Error(err)
	}
	// One who may make no users may invite none.
	for _, types := range [][]string{{"Invitation"}, {"User"}} {
		_, key, err := w.APIKeys.Create(core.AsSystem(t.Context()), core.APIKeyDraft{Name: "program", Role: core.Admin, Types: types, Operations: []core.APIKeyOperation{core.MayCreate, core.MayRead}})
		if err != nil {
			t.Fatal(err)
		}
		caller, err := w.Sessions.Authenticate(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Invitations.Invite(core.WithPrincipal(t.Context(), caller), core.InvitationDraft{Email: "program@example.org", Role: core.Member})
		if mayInvite := types[0] == "User"; (err == nil) != mayInvite || err != nil && !core.Is(err, core.Forbidden) {
			t.Errorf("a key for %v: %v", types, err)
		}
	}
}

// An administrator is invited by one who has just shown who they are.
func TestInvitingAnAdministratorAsksForAFreshFactor(t *testing.T) {
	t.Parallel()
	w, _, _ := inviting(t)
	admin := w.entered(t, "grace@example.org", "correct horse")
	w.offset.Add(int64(time.Hour))
	if _, err := w.Invitations.Invite(admin, core.InvitationDraft{Email: "ada@example.org", Role: core.Admin}); !core.Is(err, core.ReauthenticationRequired) {
		t.Errorf("%v", err)
	}
	if _, err := w.Invitations.Invite(admin, core.InvitationDraft{Email: "ada@example.org", Role: core.Editor}); err != nil {
		t.Error(err)
	}
}

// A link ends by time, by cancelling, and by the next one to the address.
func TestInvitationEnds(t *testing.T) {
	t.Parallel()
	w, p, admin := inviting(t)
	draft := core.InvitationDraft{Email: "ada@example.org", Role: core.Admin}
	first, one := w.invites(t, p, core.AsSystem(t.Context()), draft, 1)
	draft.Role = core.Member
	second, two := w.invites(t, p, admin, draft, 2)
	if err := w.accepts(t, one, core.UserDraft{}); wrongField(err) != "token WRONG" {
		t.Errorf("invited anew: %v", err)
	}
	if got, err := w.Invitations.Get(admin, first.ID); err != nil || got.CancelledAt == nil {
		t.Errorf("%+v %v", got, err)
	}
	stale := second.Version - 1
	if _, err := w.Invitations.Cancel(admin, second.ID, &stale); !core.Is(err, core.Conflict) {
		t.Errorf("another version: %v", err)
	}
	if got, err := w.Invitations.Cancel(admin, second.ID, &second.Version); err != nil || got.CancelledAt == nil {
		t.Errorf("%+v %v", got, err)
	}
	if err := w.accepts(t, two, core.UserDraft{}); wrongField(err) != "token WRONG" {
		t.Errorf("cancelled: %v", err)
	}
	_, three := w.invites(t, p, admin, draft, 3)
	w.offset.Add(int64(7 * 24 * time.Hour))
	if err := w.accepts(t, three, core.UserDraft{}); wrongField(err) != "token WRONG" {
		t.Errorf("a week later: %v", err)
	}
}

// What somebody has is said before, and by the time of the sign-in; the link stays good.
func TestInvitationsMeetAccounts(t *testing.T) {
	t.Parallel()
	w, p, admin := inviting(t)
	ada, taken := w.user(t, "ada"), "ada"
	if _, err := w.Invitations.Invite(admin, core.InvitationDraft{Email: " ADA@example.org", Role: core.Member}); !core.Is(err, core.Conflict) || wrongField(err) != "email TAKEN" {
		t.Errorf("an address with an account: %v", err)
	}
	if _, err := w.Invitations.Invite(admin, core.InvitationDraft{Email: "new@example.org", Role: core.Member, Username: &taken}); wrongField(err) != "username TAKEN" {
		t.Errorf("a username: %v", err)
	}
	_, token := w.invites(t, p, admin, core.InvitationDraft{Email: "bob@example.org", Role: core.Member}, 1)
	if err := w.accepts(t, token, core.UserDraft{Username: ada.Username}); wrongField(err) != "username TAKEN" {
		t.Errorf("%v", err)
	}
	if err := w.accepts(t, token, core.UserDraft{Username: "robert"}); err != nil {
		t.Errorf("with another username: %v", err)
	}
	_, token = w.invites(t, p, admin, core.InvitationDraft{Email: "eve@example.org", Role: core.Member}, 1)
	w.user(t, "eve")
	if err := w.accepts(t, token, core.UserDraft{Username: "another"}); !core.Is(err, core.Conflict) || wrongField(err) != "email TAKEN" {
		t.Errorf("an account by now: %v", err)
	}
}

// Of many who bring one token, at two servers, one has the account.
func TestInvitationIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	w, p, admin := inviting(t)
	_, token := w.invites(t, p, admin, core.InvitationDraft{Email: "ada@example.org", Role: core.Admin}, 1)
	other, err := core.New(t.Context(), w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		app := []*core.App{w.App, other}[i%2]
		wg.Go(func() {
			_, _, errs[i] = app.Invitations.Accept(t.Context(), token, core.UserDraft{Username: "ada" + string(rune('a'+i)), Password: "correct horse"})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case wrongField(err) != "token WRONG" && wrongField(err) != "email TAKEN":
			t.Error(err)
		}
	}
	users, err := w.Users.Page(core.AsSystem(t.Context()), core.PageArgs{Where: core.Eq("email", "ada@example.org")})
	if won != 1 || err != nil || len(users.Nodes()) != 1 {
		t.Errorf("%d won: %v, %v", won, errs, err)
	}
}

// Only so many mails go to one address, whoever asks for them.
func TestInvitationsAreBounded(t *testing.T) {
	t.Parallel()
	w, _, admin := inviting(t, func(c *core.Config) { c.Limits.MailByReceiver = core.Rate{Burst: 1, Every: time.Hour} })
	for _, want := range []bool{true, false} {
		_, err := w.Invitations.Invite(admin, core.InvitationDraft{Email: "ada@example.org", Role: core.Member})
		if (err == nil) != want || err != nil && !core.Is(err, core.RateLimited) {
			t.Errorf("%v", err)
		}
	}
}
