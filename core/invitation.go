package core

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"time"
)

// invitationKept is how long an invitation is kept after its end.
const invitationKept = 30 * 24 * time.Hour

// Invitation is an account that an administrator offers to whoever reads what comes to an
// address. What clients see of it is in schema/invitation.graphqls; the secret that was mailed
// is a challenge that names it.
type Invitation struct {
	Head        `bson:",inline"`
	Email       string     `bson:"email"` // see emailOf
	Role        Role       `bson:"role"`
	Username    *string    `bson:"username"`
	DisplayName *string    `bson:"displayName"`
	InvitedByID *string    `bson:"invitedById"`
	ExpiresAt   time.Time  `bson:"expiresAt"`
	AcceptedAt  *time.Time `bson:"acceptedAt"`
	CancelledAt *time.Time `bson:"cancelledAt"`
	UserID      *string    `bson:"userId"` // whose account was made of it
	// KeptUntil is when the store forgets it.
	KeptUntil time.Time `bson:"keptUntil"`
}

// InvitationConnection is a page of invitations.
type InvitationConnection = Page[Invitation]

// InvitationEdge is one of its edges.
type InvitationEdge = Edge[Invitation]

// completeInvitations adds to the declared spec whose invitation it was, how those to an
// address are found, and when it is forgotten.
func completeInvitations(s Spec) Spec {
	s.Fields = append(slices.Clone(s.Fields), Field{Name: "userId"}, Field{Name: "keptUntil", Kind: Time})
	s.Indexes = append(slices.Clone(s.Indexes), []string{"email"}, []string{"userId"})
	s.Expires, s.Personal = "keptUntil", "userId"
	return s
}

// good reports whether the invitation can be accepted.
func (i *Invitation) good(now time.Time) bool {
	return i.AcceptedAt == nil && i.CancelledAt == nil && i.ExpiresAt.After(now)
}

// Invitations is the service of invitations.
type Invitations struct {
	*Collection[Invitation]
	app *App
}

// InvitationDraft is what an administrator offers.
type InvitationDraft struct {
	Email       string
	Role        Role
	Username    *string // nil: made of the address
	DisplayName *string
}

// Invite mails a link that makes an account, and cancels those that the address was sent
// before; for admins. CONFLICT when an account has the address or the username.
func (i *Invitations) Invite(ctx context.Context, d InvitationDraft) (*Invitation, error) {
	if err := administers(ctx, i.app.Users.spec.Type, Create); err != nil {
		return nil, err
	}
	if d.Role == Admin {
		if err := i.app.Sessions.stepUp(ctx); err != nil {
			return nil, err
		}
	}
	invited := &Invitation{Role: d.Role, Username: d.Username, DisplayName: d.DisplayName}
	if p := PrincipalOf(ctx); p.UserID != "" {
		invited.InvitedByID = &p.UserID
	}
	var check Checker
	invited.Email = check.email(d.Email)
	if d.Username != nil {
		name := check.username(*d.Username)
		invited.Username = &name
	}
	check.optional("displayName", d.DisplayName, 100)
	if rank[d.Role] == 0 {
		check.Add("role", "UNKNOWN", "is no role", nil)
	}
	if err := check.Err(); err != nil {
		return nil, err
	}
	ctx = AsSystem(ctx)
	if err := i.app.Users.taken(ctx, &User{Email: invited.Email, Username: deref(invited.Username)}); err != nil {
		return nil, err
	}
	if err := i.app.Recovery.byReceiver.Take(digest(invited.Email), 1); err != nil {
		return nil, err
	}
	return invited, i.turns.do(ctx, invited.Email, raced, func(ctx context.Context) error {
		ops, err := i.inPlace(ctx, invited)
		if err != nil {
			return err
		}
		return i.app.Recovery.write(ctx, ops)
	})
}

// inPlace is the operations that store an invitation and have it mailed, and cancel those to
// the same address.
func (i *Invitations) inPlace(ctx context.Context, invited *Invitation) ([]Op, error) {
	now := Millis(i.now())
	life, _, _ := invites.terms()
	invited.ID, invited.CreatedAt = "", time.Time{}
	i.stamp(invited)
	invited.ExpiresAt = invited.CreatedAt.Add(life)
	invited.KeptUntil = invited.ExpiresAt.Add(invitationKept)
	ops, err := i.app.Recovery.challenges.mailed(ctx, &User{Email: invited.Email}, &challenge{Purpose: invites, Address: invited.Email, InvitationID: invited.ID})
	if err != nil {
		return nil, err
	}
	before, _, err := i.find(ctx, Query{Filter: And(Eq("email", invited.Email), Eq("acceptedAt", nil), Eq("cancelledAt", nil), Gt("expiresAt", now)), Limit: MaxPage})
	for _, old := range before {
		ops = append(ops, i.changed(old, now, Set("cancelledAt", now)))
	}
	return append(ops, i.insert(invited)), err
}

// changed is the operation that changes an invitation, unless somebody else has.
func (i *Invitations) changed(old *Invitation, now time.Time, edits ...Edit) Op {
	return Op{Kind: OpUpdate, Coll: i.spec.Name, Filter: i.exactly(old, All), Patch: append(edits, Inc("version", 1), Set("updatedAt", now))}
}

// Cancel makes the link of an invitation void; for admins.
func (i *Invitations) Cancel(ctx context.Context, id string, expected *int64) (*Invitation, error) {
	return i.update(ctx, id, expected, func(invited *Invitation) ([]Op, error) {
		if invited.AcceptedAt != nil {
			return nil, Errorf(Conflict, "This invitation was accepted: there is an account.")
		}
		if invited.CancelledAt == nil {
			now := Millis(i.now())
			invited.CancelledAt = &now
		}
		return nil, nil
	})
}

// Accept takes the token of an invitation, once, makes the account with its role and with its
// address verified, and starts its first session. What the draft lacks is as it was invited;
// its address is not looked at.
func (i *Invitations) Accept(ctx context.Context, token string, d UserDraft) (*User, Tokens, error) {
	s, r := i.app.Sessions, i.app.Recovery
	if err := s.byAddress.Take(ClientOf(ctx).Network(), 1); err != nil {
		return nil, Tokens{}, err
	}
	ch, _, err := r.challenges.held(ctx, token, invites)
	if err != nil {
		return nil, Tokens{}, err
	}
	invited, err := i.Get(AsSystem(ctx), ch.InvitationID)
	if Is(err, NotFound) {
		err = notGood()
	}
	if err != nil {
		return nil, Tokens{}, err
	}
	d.Email = invited.Email
	d.Username = cmp.Or(d.Username, deref(invited.Username), UsernameFor(invited.Email))
	if d.DisplayName == nil {
		d.DisplayName = invited.DisplayName
	}
	user, password, err := newUser(d)
	if err == nil {
		err = i.app.Users.taken(AsSystem(ctx), user)
	}
	if err != nil {
		return nil, Tokens{}, err
	}
	if user.PasswordHash, err = i.app.hasher.hash(ctx, password); err != nil {
		return nil, Tokens{}, err
	}
	user.Role = invited.Role
	i.app.Users.stamp(user) // the invitation names whose it was
	now := Millis(i.now())
	if err := r.admit(ctx, ch, user, i.changed(invited, now, Set("acceptedAt", now), Set("userId", user.ID))); err != nil {
		return nil, Tokens{}, err
	}
	return s.start(ctx, user, rand.Text(), noFactor)
}
