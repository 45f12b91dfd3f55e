package core

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"
)

// Secrets that are used once, most of them mailed to somebody: whoever brings one reads what
// comes to the address, or was signed in by a provider, and may do the one thing that it is for.

// maxChallenges is how many secrets a user may have unused for one purpose. A new one leaves
// those before it good: else strangers who ask for more would keep the owner from using any.
const maxChallenges = 5

// purpose is what a secret lets its holder do.
type purpose string

const (
	resetsPassword purpose = "reset"  // choose a new password
	verifiesEmail  purpose = "verify" // show that the account's address is theirs
	changesEmail   purpose = "change" // the same of another address, which becomes the account's
	signsUp        purpose = "signup" // have the account that they asked for
	invites        purpose = "invite" // have the account that an administrator offers them
	signsIn        purpose = "signin" // start a session, by the code that stands for the secret
	provesIdentity purpose = "prove"  // start a session, as who has signed in at a provider
	linksIdentity  purpose = "link"   // have that identity on the own account
)

// terms are what holds for the secrets of a purpose: how long one is good, in which mail it
// is, and what it is called behind the # of its link.
func (p purpose) terms() (life time.Duration, template, parameter string) {
	switch p {
	case resetsPassword:
		return time.Hour, "password-reset", "reset"
	case verifiesEmail:
		return 24 * time.Hour, "email-verify", "verify"
	case signsUp:
		return 24 * time.Hour, "sign-up", "signup"
	case invites:
		return 7 * 24 * time.Hour, "invitation", "invite"
	case signsIn:
		return 10 * time.Minute, "sign-in-code", ""
	case provesIdentity, linksIdentity:
		return time.Minute, "", "" // it is not mailed, but behind the # of the frontend's address
	}
	return 24 * time.Hour, "email-change", "verify"
}

// challenge is what a secret was made for. The secret itself is a keyed hash of what stands
// here (see challenges.token), so neither the database nor the server's key alone can make
// one, and the mail that carries it says the same each time that it is sent.
type challenge struct {
	Head    `bson:",inline"`
	Purpose purpose       `bson:"purpose"`
	UserID  string        `bson:"userId"`  // empty: there is no account yet
	Address string        `bson:"address"` // to which it is mailed
	Account string        `bson:"account"` // see accountState
	Draft   *accountDraft `bson:"draft"`   // of the account that there is not yet
	// InvitationID is what is offered; empty: it is no invitation.
	InvitationID string    `bson:"invitationId"`
	Proof        *proof    `bson:"proof"` // of a sign-in at a provider
	Seed         string    `bson:"seed"`  // random
	ExpiresAt    time.Time `bson:"expiresAt"`
}

// challengeSpec describes them. No type of a schema can have a name with an underscore first.
func challengeSpec() Spec {
	return Spec{
		Name: "_challenges", Prefix: "_challenge",
		Fields:   []Field{{Name: "userId"}, {Name: "purpose"}, {Name: "expiresAt", Kind: Time}},
		Indexes:  [][]string{{"userId", "purpose"}},
		Expires:  "expiresAt",
		Personal: "userId",
	}
}

// challenges makes such secrets and takes them.
type challenges struct {
	*Collection[challenge]
	app *App
}

// errVoid says that a secret is not good any more, or never was.
var errVoid = errors.New("the secret was used, is too old, or is void because the account has changed")

// issue is the operations that make a secret and have it mailed to an address; RATE_LIMITED
// while the user has as many as may be. Ring the bell of the mails when they are written.
func (c *challenges) issue(ctx context.Context, user *User, p purpose, address string) ([]Op, error) {
	now := Millis(c.now())
	unused, _, err := c.find(AsSystem(ctx), unusedChallenges(user.ID, p, now))
	if err != nil {
		return nil, err
	}
	if len(unused) == maxChallenges {
		return nil, &Error{Code: RateLimited, RetryAfter: unused[0].ExpiresAt.Sub(now), Message: "Several such mails were sent already, and the links in them are good: look for them."}
	}
	return c.mailed(ctx, user, &challenge{Purpose: p, UserID: user.ID, Address: address, Account: accountState(user)})
}

// mailed is the operations that store a challenge, and the mail that carries its secret.
func (c *challenges) mailed(ctx context.Context, user *User, ch *challenge) ([]Op, error) {
	c.begin(ch)
	mail, err := c.app.Mails.carry(ctx, user, ch)
	return []Op{c.insert(ch), mail}, err
}

// begin makes a challenge that holds from now on.
func (c *challenges) begin(ch *challenge) {
	life, _, _ := ch.Purpose.terms()
	c.stamp(ch)
	ch.Seed, ch.ExpiresAt = rand.Text(), ch.CreatedAt.Add(life)
}

// unusedChallenges asks for the secrets of a user, the oldest first.
func unusedChallenges(userID string, p purpose, now time.Time) Query {
	return Query{Filter: And(Eq("userId", userID), Eq("purpose", p), Gt("expiresAt", now)), Order: []Order{{Field: "_id"}}, Limit: maxChallenges}
}

// secret is what a mail with the challenge of this id brings: a link, or a code; errVoid when
// it is not good any more.
func (c *challenges) secret(ctx context.Context, id string) (link, code string, err error) {
	ch, err := c.Get(AsSystem(ctx), id)
	if err == nil {
		_, err = c.stands(ctx, ch)
	}
	if Is(err, NotFound) {
		err = errVoid
	}
	if err != nil {
		return "", "", err
	}
	if ch.Purpose == signsIn {
		return "", c.code(ch), nil
	}
	_, _, parameter := ch.Purpose.terms()
	return c.app.account + "#" + parameter + "=" + c.token(ch), "", nil
}

// token is the secret: the id, its end, and a keyed hash of all that it is bound to.
func (c *challenges) token(ch *challenge) string {
	bound := strings.Join([]string{string(ch.Purpose), ch.UserID, ch.Address, ch.Account, ch.Seed}, "\n")
	return seal(c.app.keys.challenge, ch.ID, ch.ExpiresAt.Unix(), bound)
}

// use carries out, once, what the holder of a secret may do: change edits the user, and what
// it returns is written along. Of all who bring one secret, at whatever server, one wins: the
// write deletes what it was made for, and finds it still. The others, and who brings one for
// another purpose, are told that it is not good.
func (c *challenges) use(ctx context.Context, token string, change func(*User, *challenge) ([]Op, error), purposes ...purpose) (*User, error) {
	ch, _, err := c.held(ctx, token, purposes...)
	if err != nil {
		return nil, err
	}
	return c.app.Users.update(AsSystem(ctx), ch.UserID, nil, func(user *User) ([]Op, error) {
		ch, _, err := c.held(ctx, token, purposes...)
		if err == nil && !ch.fits(user, c.now()) {
			err = notGood()
		}
		if err != nil {
			return nil, err
		}
		also, err := change(user, ch)
		return append(also, c.spent(ch)), err
	})
}

// spent is the operation that uses a secret up, if nobody else has.
func (c *challenges) spent(ch *challenge) Op {
	return Op{Kind: OpDelete, Coll: c.spec.Name, Filter: c.exactly(ch, All)}
}

// held is what a secret was made for, and for whom, if it is good for one of these purposes.
func (c *challenges) held(ctx context.Context, token string, purposes ...purpose) (*challenge, *User, error) {
	id, _, ok := parseSealed(token)
	if !ok {
		return nil, nil, notGood()
	}
	ch, err := c.Get(AsSystem(ctx), id)
	if err == nil && (!hmac.Equal([]byte(token), []byte(c.token(ch))) || !slices.Contains(purposes, ch.Purpose)) {
		err = errVoid
	}
	var user *User
	if err == nil {
		user, err = c.stands(ctx, ch)
	}
	if Is(err, NotFound) || errors.Is(err, errVoid) {
		err = notGood()
	}
	if err != nil {
		return nil, nil, err
	}
	return ch, user, nil
}

// stands is whose a secret is that may be used now, nil of an account that there is not yet;
// else errVoid.
func (c *challenges) stands(ctx context.Context, ch *challenge) (*User, error) {
	switch {
	case ch.Purpose == invites:
		invited, err := c.app.Invitations.Get(AsSystem(ctx), ch.InvitationID)
		if err == nil && !invited.good(c.now()) {
			err = errVoid
		}
		return nil, err
	case ch.UserID == "":
		if !ch.ExpiresAt.After(c.now()) {
			return nil, errVoid
		}
		return nil, nil
	}
	user, err := c.app.Users.Get(AsSystem(ctx), ch.UserID)
	if err == nil && !ch.fits(user, c.now()) {
		err = errVoid
	}
	return user, err
}

// fits reports whether the account is as it was when the secret was made, and the time not over.
func (ch *challenge) fits(user *User, now time.Time) bool {
	return user.SuspendedAt == nil && ch.ExpiresAt.After(now) && ch.Account == accountState(user)
}

// accountState is what a secret is bound to: another address, a new password, signing out
// everywhere and a suspension make it void.
func accountState(user *User) string {
	return sum(user.Email + "\n" + user.DeviceSeed)
}

// notGood tells the same of a secret that was used, is too old, or is none.
func notGood() error {
	return invalidField("token", "WRONG", "is not good, or not any more: open the newest link that you were mailed, whole, or ask for another one")
}
