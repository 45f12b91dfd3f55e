package core

import (
	"context"
	"crypto/hmac"
	"strconv"
	"strings"
	"time"
)

const (
	// freshFor is how long somebody counts as having just shown who they are.
	freshFor = 10 * time.Minute
	// factorLife is how long the second factor of a sign-in may take.
	factorLife = 10 * time.Minute
	// rememberedFor is for how long a device is not asked for a second factor.
	rememberedFor = 30 * 24 * time.Hour
)

// SecondFactorNeeded is the error of a sign-in that was right so far, to an account with a
// second factor: Token goes with it to [Sessions.ConfirmSignIn].
type SecondFactorNeeded struct {
	Token     string
	ExpiresAt time.Time
}

func (e *SecondFactorNeeded) Error() string { return "the account asks for a second factor" }

// factorState is what a session has seen of a second factor.
type factorState string

const (
	noFactor         factorState = ""
	factorRemembered factorState = "REMEMBERED" // it began on a device that the account does not ask
	factorShown      factorState = "SHOWN"      // or a passkey, which stands for it
)

// Proof shows who somebody is, by one of the three.
type Proof struct {
	Password *string
	Code     *string // that the authenticator app shows, or a recovery code
	Passkey  *string // what a passkey has signed; see Factors.PasskeyRequest
}

// Factors is the service of second factors and passkeys.
type Factors struct {
	app            *App
	authenticators *Collection[authenticator]
	passkeys       *Collection[Passkey]
	party          *relyingParty // nil: this server has no domain, and no passkeys
	from           Role          // see Config.SecondFactorFrom
}

// ConfirmSignIn goes on with a sign-in that asked for a second factor, and starts the session.
// A remembered device is not asked again for 30 days. Wrong codes are counted as wrong
// passwords are; see [Sessions.SignIn].
func (s *Sessions) ConfirmSignIn(ctx context.Context, token string, p Proof, remember bool, devices ...string) (*User, Tokens, error) {
	var check Checker
	check.ExactlyOne([]string{"code", "passkey"}, p.Code != nil, p.Passkey != nil)
	if err := check.Err(); err != nil {
		return nil, Tokens{}, err
	}
	user, err := s.awaited(ctx, token)
	if err != nil {
		return nil, Tokens{}, err
	}
	who := s.claimOf(user, user.ID, devices)
	if err := s.app.Factors.take(ctx, user, p, who.known); err != nil {
		return nil, Tokens{}, err
	}
	who.factor = factorShown
	if remember {
		who.device = rememberedDevice(who.device, s.docs.now().Add(rememberedFor))
	}
	user, tokens, err := s.begin(ctx, who, func(now *User) (bool, error) { return accountState(now) == accountState(user), nil })
	if err == nil && user == nil {
		err = signInOver()
	}
	return user, tokens, err
}

// asksFor is the error that asks who signs in for a second factor.
func (s *Sessions) asksFor(user *User) error {
	expires := s.docs.now().Add(factorLife)
	return &SecondFactorNeeded{Token: s.sealFactor(user, expires.Unix()), ExpiresAt: Millis(expires)}
}

func (s *Sessions) sealFactor(user *User, expires int64) string {
	return seal(s.app.keys.factor, user.ID, expires, accountState(user))
}

// awaited is whose second factor a token waits for.
func (s *Sessions) awaited(ctx context.Context, token string) (*User, error) {
	id, expires, ok := parseSealed(token)
	if !ok || expires <= s.docs.now().Unix() {
		return nil, signInOver()
	}
	user, err := s.app.Users.Get(AsSystem(ctx), id)
	if Is(err, NotFound) || err == nil && (user.SuspendedAt != nil || !hmac.Equal([]byte(token), []byte(s.sealFactor(user, expires)))) {
		err = signInOver()
	}
	return user, err
}

func signInOver() error {
	return invalidField("token", "WRONG", "is not good, or not any more: begin the sign-in anew")
}

// take uses a second factor of the user up. device is the one that the account knows, if any.
func (f *Factors) take(ctx context.Context, user *User, p Proof, device string) error {
	if p.Passkey != nil {
		owner, err := f.assert(ctx, *p.Passkey)
		if err == nil && owner.ID != user.ID {
			err = invalidField("passkey", "WRONG", "is of another account")
		}
		return err
	}
	isRight, err := f.app.Sessions.judged(ctx, user.ID, device, func() (bool, error) { return f.takeCode(ctx, user, *p.Code) })
	if err == nil && !isRight {
		err = invalidField("code", "WRONG", "is wrong or was used already: type the newest one, and see that the clock of the device is right")
	}
	return err
}

// Reauthenticate shows once more who the caller is, for what asks for it
// (REAUTHENTICATION_REQUIRED): by the second factor where the account has one, else by the
// password. Good for 10 minutes.
func (s *Sessions) Reauthenticate(ctx context.Context, p Proof) (*User, error) {
	var check Checker
	check.ExactlyOne([]string{"password", "code", "passkey"}, p.Password != nil, p.Code != nil, p.Passkey != nil)
	if err := check.Err(); err != nil {
		return nil, err
	}
	user, session, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	patch := Patch{Set("provenAt", Millis(s.docs.now()))}
	switch {
	case p.Password == nil:
		err = s.app.Factors.take(ctx, user, p, session.ID)
		patch = append(patch, Set("factor", factorShown))
	case user.SecondFactorAt != nil:
		err = invalidField("password", "SECOND_FACTOR", "is not enough for this account: give a code of its app, a recovery code or a passkey")
	default:
		err = s.checkPassword(ctx, user, "password", *p.Password)
	}
	if err == nil {
		err = s.docs.docs.Write(ctx, Op{Kind: OpUpdate, Coll: s.docs.spec.Name, Filter: Eq("_id", session.ID), Patch: patch})
	}
	if raced(err) {
		err = Errorf(Unauthenticated, "The session has ended; sign in again.")
	}
	if err != nil {
		return nil, err
	}
	s.forget(user.ID)
	return user, nil
}

// caller is the user who calls, and their session.
func (s *Sessions) caller(ctx context.Context) (*User, *Session, error) {
	user, err := s.app.Recovery.caller(ctx)
	if err != nil {
		return nil, nil, err
	}
	session, err := s.docs.Get(AsSystem(ctx), PrincipalOf(ctx).SessionID)
	if Is(err, NotFound) {
		err = Errorf(Unauthenticated, "The session has ended; sign in again.")
	}
	return user, session, err
}

// fresh is the caller and their session, in which they have shown within the last 10 minutes
// who they are; else REAUTHENTICATION_REQUIRED. It guards what opens an account to others.
func (s *Sessions) fresh(ctx context.Context) (*User, *Session, error) {
	user, session, err := s.caller(ctx)
	if err == nil && s.docs.now().Sub(session.ProvenAt) > freshFor {
		err = Errorf(ReauthenticationRequired, "This asks who you are once more: call reauthenticate, then try again.")
	}
	return user, session, err
}

// stepUp is fresh for a caller with a session: the system and programs have none to show it in.
func (s *Sessions) stepUp(ctx context.Context) error {
	if PrincipalOf(ctx).SessionID == "" {
		return nil
	}
	_, _, err := s.fresh(ctx)
	return err
}

// owner is the caller who may change the factors of their account: fresh, and with a factor
// shown in the session where there is one. So who knows the password alone can neither take a
// factor away nor add one.
func (f *Factors) owner(ctx context.Context) (*User, *Session, error) {
	user, session, err := f.app.Sessions.fresh(ctx)
	if err != nil || session.Factor == factorShown {
		return user, session, err
	}
	has, err := f.any(ctx, user)
	if err == nil && has {
		err = Errorf(ReauthenticationRequired, "This asks for a second factor that the account has: call reauthenticate with a code or a passkey, then try again.")
	}
	return user, session, err
}

// any reports whether an account has a second factor or a passkey.
func (f *Factors) any(ctx context.Context, user *User) (bool, error) {
	if user.SecondFactorAt != nil {
		return true, nil
	}
	return exists(ctx, f.passkeys.docs, f.passkeys.spec.Name, Eq("userId", user.ID))
}

// held is the role that a session gives a user: theirs, or the one below those for which the
// site asks for a second factor when there was none.
func (f *Factors) held(user *User, factor factorState) Role {
	if f.from == "" || factor != noFactor || !user.Role.AtLeast(f.from) {
		return user.Role
	}
	for role, r := range rank {
		if r == rank[f.from]-1 {
			return role
		}
	}
	return ""
}

// Missing reports whether the caller's role is held back until a second factor is shown.
func (f *Factors) Missing(ctx context.Context) (bool, error) {
	p := PrincipalOf(ctx)
	if p.SessionID == "" || f.from == "" || p.Role.AtLeast(f.from) {
		return false, nil
	}
	user, err := f.app.Users.Viewer(ctx)
	return user != nil && user.Role != p.Role, err
}

// Remove takes the second factor and the passkeys of a user away, who has lost them, and ends
// their sessions; for admins.
func (f *Factors) Remove(ctx context.Context, userID string, expected *int64) (*User, error) {
	if err := administers(ctx, f.app.Users.spec.Type, Update); err != nil {
		return nil, err
	}
	switch p := PrincipalOf(ctx); {
	case p.KeyID != "":
		return nil, notByKey()
	case userID == p.UserID:
		return nil, Errorf(Forbidden, "This is your own account: take away its factors one by one.")
	}
	if err := f.app.Sessions.stepUp(ctx); err != nil {
		return nil, err
	}
	defer f.app.Mails.wake.ring()
	return f.app.Users.administer(ctx, userID, expected, func(user *User) ([]Op, error) {
		all, err := f.all(ctx, user)
		return append(all, f.app.Users.signOut(user)...), err
	})
}

// all is the operations that take every factor and passkey of a user away.
func (f *Factors) all(ctx context.Context, user *User) ([]Op, error) {
	off, err := f.off(ctx, user)
	return append(off, f.passkeys.deleteOf(user.ID)), err
}

// weaken has the sessions of a user count as begun without a factor, for there is none any more.
func (f *Factors) weaken(user *User) Op {
	return Op{Kind: OpUpdate, Coll: f.app.Sessions.docs.spec.Name, Filter: Eq("userId", user.ID), Patch: Patch{Set("factor", noFactor)}, Optional: true}
}

// rememberedSign stands between the id of a device and until when it is not asked for a second
// factor, and in no id.
const rememberedSign = "-"

func rememberedDevice(device string, until time.Time) string {
	return bareDevice(device) + rememberedSign + strconv.FormatInt(until.Unix(), 10)
}

// DeviceOf is which device a device token names; "" when it is none.
func DeviceOf(token string) string {
	device, _, ok := parseSealed(token)
	if !ok {
		return ""
	}
	return bareDevice(device)
}

// bareDevice is the id of a device, without until when it is remembered.
func bareDevice(device string) string {
	id, _, _ := strings.Cut(device, rememberedSign)
	return id
}

// remembers reports whether the account asks for no second factor on one of its devices now: it
// was told so, for the factor that it has.
func (s *Sessions) remembers(user *User, device string) bool {
	_, text, _ := strings.Cut(device, rememberedSign)
	n, err := strconv.ParseInt(text, 10, 64)
	until := time.Unix(n, 0)
	return err == nil && until.After(s.docs.now()) && user.SecondFactorAt != nil && until.Add(-rememberedFor).After(user.SecondFactorAt.Add(-time.Second))
}
