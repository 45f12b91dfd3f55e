package core

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"time"
)

// setUpLife is how long a token of [Sessions.SetUpToken] is good.
const setUpLife = 30 * time.Minute

// administration is the one document that counts how often somebody was made an
// administrator. The first one must find it as it was when there was none: so of all who
// would be the first, on whatever server and by whatever way, one is.
type administration struct {
	Head `bson:",inline"`
}

// administrationSpec describes it. No type of a schema can have a name with an
// underscore first.
func administrationSpec() Spec {
	return Spec{Name: "_administration", Prefix: "administration", Singleton: true}
}

// appoint is what is written along with whoever gets a role.
func appoint(role Role) []Op {
	if role != Admin {
		return nil
	}
	s := administrationSpec()
	return []Op{{Kind: OpUpdate, Coll: s.Name, Filter: Eq("_id", s.OnlyID()), Patch: Patch{Inc("version", 1)}, Optional: true}}
}

// appointFirst is the same for the first administrator: it matches nothing once
// somebody was appointed after it was made.
func (u *Users) appointFirst(ctx context.Context) ([]Op, error) {
	now, err := u.app.administration.Only(AsSystem(ctx))
	if err != nil {
		return nil, err
	}
	if there, err := u.HasAdmin(ctx); err != nil || there { // after the count was read
		return nil, cmp.Or(err, setUpAlready())
	}
	ops := appoint(Admin)
	ops[0].Filter, ops[0].Optional = u.app.administration.exactly(now, All), false
	return ops, nil
}

func setUpAlready() error {
	return Errorf(Forbidden, "There is an administrator already: sign in, or ask them for an account.")
}

// SetUpNeeded reports whether nobody can run the site yet. There is no way back from
// no, so that it is remembered.
func (s *Sessions) SetUpNeeded(ctx context.Context) (bool, error) {
	if s.setUp.Load() {
		return false, nil
	}
	there, err := s.app.Users.HasAdmin(ctx)
	if there {
		s.setUp.Store(true)
	}
	return !there && err == nil, err
}

// SetUpToken lets whoever holds it make the first administrator, at any server of this
// installation, within setUpLife and until there is one.
func (s *Sessions) SetUpToken() string {
	return s.sealSetUp(s.docs.now().Add(setUpLife).Unix())
}

func (s *Sessions) sealSetUp(expires int64) string {
	return seal(s.app.keys.setUp, "setup", expires, "")
}

// SetUp makes the first administrator and starts their session.
func (s *Sessions) SetUp(ctx context.Context, token string, d UserDraft) (*User, Tokens, error) {
	fail := func(err error) (*User, Tokens, error) { return nil, Tokens{}, err }
	if err := s.byAddress.Take(ClientOf(ctx).Network(), 1); err != nil {
		return fail(err)
	}
	if needed, err := s.SetUpNeeded(ctx); err != nil || !needed {
		return fail(cmp.Or(err, setUpAlready()))
	}
	_, expires, ok := parseSealed(token)
	if !ok || !hmac.Equal([]byte(token), []byte(s.sealSetUp(expires))) {
		return fail(invalidField("token", "WRONG", "is not what the server has printed at its start: open that address, whole"))
	}
	if expires <= s.docs.now().Unix() {
		return fail(invalidField("token", "EXPIRED", "is older than half an hour: start the server again, and it prints a new one"))
	}
	first, err := s.app.Users.appointFirst(ctx)
	if err != nil {
		return fail(err)
	}
	user, err := s.app.Users.register(AsSystem(ctx), d, Admin, first)
	if raced(err) || Is(err, Conflict) { // of two with one address, the second is not told that it is taken
		if needed, again := s.SetUpNeeded(ctx); raced(err) || again == nil && !needed {
			err = setUpAlready()
		}
	}
	if err != nil {
		return fail(err)
	}
	return s.start(ctx, user, rand.Text(), noFactor)
}
