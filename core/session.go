package core

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
	lru "github.com/hashicorp/golang-lru/v2"
)

// How long the parts of a session live.
const (
	accessLife   = 10 * time.Minute
	refreshLife  = 30 * 24 * time.Hour
	refreshGrace = 30 * time.Second
	// principalLife bounds how late a suspension, a new role or a sign-out is
	// noticed by a process that did not carry it out; 5 seconds are promised.
	principalLife = 3 * time.Second
	// DeviceLife is how long a device stays known; browsers keep no cookie longer.
	DeviceLife = 400 * 24 * time.Hour
)

// Session is one sign-in on one device: a family of refresh tokens, each
// replacing the one before. The tokens are keyed hashes of what stands here
// (see refreshToken), so neither the database nor the server's key alone can
// make one.
type Session struct {
	Head      `bson:",inline"`
	UserID    string    `bson:"userId"`
	Device    string    `bson:"device"` // see deviceToken
	Seed      string    `bson:"seed"`   // random
	Turn      int64     `bson:"turn"`   // how often the token was replaced
	RotatedAt time.Time `bson:"rotatedAt"`
	ExpiresAt time.Time `bson:"expiresAt"`
	// What used it last, as people know it again.
	UserAgent string `bson:"userAgent"`
	Address   string `bson:"address"`
	// ProvenAt is when its user last showed in it who they are, and Factor what there was of a
	// second factor or a passkey; see Factors.
	ProvenAt time.Time   `bson:"provenAt"`
	Factor   factorState `bson:"factor"`
}

// Tokens is what a signed-in client holds.
type Tokens struct {
	AccessToken           string
	AccessTokenExpiresAt  time.Time
	RefreshToken          string
	RefreshTokenExpiresAt time.Time
	// DeviceToken tells the device again where the user signs in the next time.
	DeviceToken string
}

// sessionSpec describes sessions, which no schema declares: only the system
// reads and writes them.
func sessionSpec() Spec {
	return Spec{
		Name: "sessions", Prefix: "sess",
		Fields: []Field{
			{Name: "userId"},
			{Name: "turn", Kind: Int},
			{Name: "expiresAt", Kind: Time},
		},
		Indexes:  [][]string{{"userId"}},
		Expires:  "expiresAt",
		Personal: "userId",
	}
}

// Sessions is the service of signing in and staying signed in.
type Sessions struct {
	docs       *Collection[Session]
	app        *App
	principals *lru.Cache[string, seenPrincipal] // by session id, or hash of an API key
	guesses    *guesses
	byAddress  *Limiter
	signUps    *Limiter
	signUpRole Role
	setUp      atomic.Bool // there is an administrator; see SetUpNeeded
}

// seenPrincipal is a principal as it was at a moment.
type seenPrincipal struct {
	Principal
	at time.Time
}

// SignIn checks a password and starts a session. An unknown address costs the
// same work and gets the same answer as a wrong password. Of the device tokens that
// the client holds one may be the account's: the device is then counted by itself.
func (s *Sessions) SignIn(ctx context.Context, email, password string, devices ...string) (*User, Tokens, error) {
	wrong := Errorf(InvalidCredentials, "The address or the password is wrong.")
	who, err := s.claimed(ctx, email, devices)
	if err != nil {
		return nil, Tokens{}, err
	}
	spellings := storedPasswords(password)
	if len(spellings) == 0 {
		return nil, Tokens{}, noPassword("password", password)
	}
	match, err := s.verify(ctx, who.user, spellings, who.account, who.known)
	if err != nil {
		return nil, Tokens{}, err
	}
	if match < 0 {
		return nil, Tokens{}, wrong
	}
	if who.user.SuspendedAt != nil {
		return nil, Tokens{}, errSuspended
	}
	user, tokens, err := s.begin(ctx, who, func(now *User) (stands bool, err error) {
		if now.PasswordHash != who.user.PasswordHash { // or only its hash, see renew
			match, err = s.app.hasher.match(ctx, now.PasswordHash, spellings)
		}
		return match >= 0, err
	})
	if err == nil && user == nil {
		err = wrong
	}
	var needed *SecondFactorNeeded
	if err == nil || errors.As(err, &needed) {
		s.renew(ctx, who.user, spellings, match)
	}
	return user, tokens, err
}

// errSuspended is the error of who has shown who they are, and may not come in.
var errSuspended = Errorf(Forbidden, "This account is suspended.")

// claim is who says to be the owner of an account.
type claim struct {
	user    *User  // empty when there is none
	account string // by which wrong tries are counted
	device  string // on which the session will be
	known   string // the device, where the user has signed in on it before; else empty
	factor  factorState
}

// claimed looks for the user of an address. Of the device tokens that the client holds one
// may be the user's.
func (s *Sessions) claimed(ctx context.Context, email string, devices []string) (claim, error) {
	user, err := s.app.Users.ByEmail(AsSystem(ctx), email)
	switch {
	case err == nil:
		return s.claimOf(user, user.ID, devices), nil
	case Is(err, NotFound):
		return s.claimOf(&User{}, storedEmails(email)[0], devices), nil
	}
	return claim{}, err
}

func (s *Sessions) claimOf(user *User, account string, devices []string) claim {
	c := claim{user: user, account: account}
	var known bool
	if c.device, known = s.knownDevice(user, devices); known {
		c.known = c.device
	}
	return c
}

// begin starts the session of somebody who has shown who they are, unless that does not
// stand any more: then the user is nil. While it was checked, the password may have changed
// or the account been suspended, and all sessions ended: all but this one. An account with a
// second factor is asked for it first, by *[SecondFactorNeeded], but on a device that it remembers.
func (s *Sessions) begin(ctx context.Context, who claim, stands func(now *User) (bool, error)) (*User, Tokens, error) {
	if who.user.SecondFactorAt != nil && who.factor == noFactor {
		if !s.remembers(who.user, who.known) {
			return nil, Tokens{}, s.asksFor(who.user)
		}
		who.factor = factorRemembered
	}
	_, tokens, err := s.start(ctx, who.user, who.device, who.factor)
	if err != nil {
		return nil, Tokens{}, err
	}
	now, err := s.app.Users.Get(AsSystem(ctx), who.user.ID)
	if Is(err, NotFound) {
		err = nil // deleted meanwhile
	} else if err == nil && now.SuspendedAt == nil && (now.SecondFactorAt == nil || who.factor != noFactor) {
		var ok bool
		if ok, err = stands(now); ok && err == nil {
			now.own = who.user.own
			return now, tokens, nil
		}
	}
	id, _, _ := parseSealed(tokens.RefreshToken)
	return nil, Tokens{}, errors.Join(err, s.docs.docs.Write(ctx, s.end(id)))
}

// verify is which spelling of a password is the user's, -1 for none, unless too many were
// wrong; see judged.
func (s *Sessions) verify(ctx context.Context, user *User, spellings []string, account, device string) (match int, err error) {
	match = -1
	_, err = s.judged(ctx, account, device, func() (bool, error) {
		match, err = s.app.hasher.match(ctx, user.PasswordHash, spellings)
		return match >= 0, err
	})
	return match, err
}

// judged is what judge says of a secret, unless too many that were wrong came from where the
// caller is, or from its device; "" when that is not known to the account.
func (s *Sessions) judged(ctx context.Context, account, device string, judge func() (bool, error)) (isRight bool, err error) {
	guess, err := s.guesses.take(account, ClientOf(ctx), device)
	if err != nil {
		return false, err
	}
	// Only what costs work counts against the network: who is refused above must not
	// keep a known device that shares it.
	if err = s.byAddress.Take(ClientOf(ctx).Network(), 1); err == nil {
		isRight, err = judge()
	}
	if isRight || err != nil {
		s.guesses.giveBack(guess)
	}
	return isRight, err
}

// renew hashes a password anew that was hashed as it was typed, so that it signs in from every
// keyboard, or by another system. Where that fails, the next time does.
func (s *Sessions) renew(ctx context.Context, user *User, spellings []string, match int) {
	if match == 0 && strings.HasPrefix(user.PasswordHash, ownHash) {
		return
	}
	hash, err := s.app.hasher.hash(ctx, spellings[0])
	if err == nil {
		err = s.docs.docs.Write(ctx, Op{Kind: OpUpdate, Coll: s.app.Users.spec.Name, Optional: true,
			Filter: And(Eq("_id", user.ID), Eq("version", user.Version)), Patch: Patch{Set("passwordHash", hash)}})
	}
	if err != nil {
		s.app.log.WarnContext(ctx, "a password keeps its old hash", "user", user.ID, "error", err)
	}
}

// noPassword is the error of what no password has ever been: nothing, or too much.
func noPassword(path, typed string) error {
	var c Checker
	if typed == "" {
		c.Add(path, "REQUIRED", "must not be empty", nil)
	} else {
		c.Add(path, "TOO_LONG", fmt.Sprintf("must have at most %d characters", maxPassword), maxPassword)
	}
	return c.Err()
}

// ChangePassword sets a new password for the caller and ends its other sessions. No
// device is known any more but the caller's, by a new token.
func (s *Sessions) ChangePassword(ctx context.Context, current, next string) (user *User, deviceToken string, err error) {
	p, err := inPerson(ctx)
	if err != nil {
		return nil, "", err
	}
	user, err = s.app.Users.Get(ctx, p.UserID)
	if err != nil {
		return nil, "", err
	}
	session, err := s.docs.Get(AsSystem(ctx), p.SessionID)
	if err != nil {
		return nil, "", err
	}
	var check Checker
	next = check.password("newPassword", next, user)
	if err := check.Err(); err != nil {
		return nil, "", err
	}
	if err := s.checkPassword(ctx, user, "currentPassword", current); err != nil {
		return nil, "", err
	}
	hash, err := s.app.hasher.hash(ctx, next)
	if err != nil {
		return nil, "", err
	}
	end := s.endAll(user.ID)
	end.Filter = And(end.Filter, Ne("_id", p.SessionID))
	checked := user.PasswordHash
	defer s.app.Mails.wake.ring()
	user, err = s.app.Users.update(ctx, user.ID, nil, func(u *User) ([]Op, error) {
		if u.PasswordHash != checked {
			return nil, Errorf(Conflict, "The password was changed elsewhere at the same moment.")
		}
		u.PasswordHash, u.DeviceSeed = hash, rand.Text()
		told, err := s.app.Mails.to(ctx, u, "password-changed")
		return []Op{end, told}, err
	})
	s.forget(p.UserID)
	if err != nil {
		return nil, "", err
	}
	return user, s.deviceToken(user, session.device()), nil
}

// checkPassword is nil when typed is the password of the caller, user; path is where it stands
// in the input. Wrong ones are counted by the session.
func (s *Sessions) checkPassword(ctx context.Context, user *User, path, typed string) error {
	spellings := storedPasswords(typed)
	if len(spellings) == 0 {
		return noPassword(path, typed)
	}
	match, err := s.verify(ctx, user, spellings, user.ID, PrincipalOf(ctx).SessionID)
	if err == nil && match < 0 {
		err = invalidField(path, "WRONG", "is not your password")
	}
	return err
}

// SignOut ends the caller's session, or all of its sessions. A caller whose
// access token has expired names the session by its refresh token.
func (s *Sessions) SignOut(ctx context.Context, refreshToken string, everywhere bool) (time.Time, error) {
	p := PrincipalOf(ctx)
	if p.KeyID != "" {
		return time.Time{}, notByKey()
	}
	if !p.SignedIn() {
		session, _, err := s.held(AsSystem(ctx), refreshToken)
		if err != nil {
			return time.Time{}, err
		}
		p.UserID, p.SessionID = session.UserID, session.ID
	}
	end := []Op{s.end(p.SessionID)}
	if everywhere {
		end = []Op{s.endAll(p.UserID), {Kind: OpUpdate, Coll: s.app.Users.spec.Name, Filter: Eq("_id", p.UserID), Patch: Patch{Set("deviceSeed", rand.Text())}}}
	}
	if err := s.docs.docs.Write(ctx, end...); err != nil {
		return time.Time{}, err
	}
	s.forget(p.UserID)
	return Millis(s.docs.now()), nil
}

// held is the session of a refresh token, of any turn, that is not forged.
func (s *Sessions) held(ctx context.Context, token string) (session *Session, turn int64, err error) {
	over := Errorf(Unauthenticated, "The session has ended; sign in again.")
	id, turn, ok := parseSealed(token)
	if !ok {
		return nil, 0, over
	}
	session, err = s.docs.Get(ctx, id)
	if Is(err, NotFound) {
		return nil, 0, over
	}
	if err != nil {
		return nil, 0, err
	}
	if !session.ExpiresAt.After(s.docs.now()) || !hmac.Equal([]byte(token), []byte(s.refreshToken(session, turn))) {
		return nil, 0, over
	}
	return session, turn, nil
}

// Refresh replaces the tokens of a session. The token before the current one
// still gives the current pair for a while; whoever brings it later stole it,
// or was stolen from, and the session ends.
func (s *Sessions) Refresh(ctx context.Context, token string) (*User, Tokens, error) {
	if err := s.byAddress.Take(ClientOf(ctx).Network(), 1); err != nil {
		return nil, Tokens{}, err
	}
	ctx = AsSystem(ctx)
	over := Errorf(Unauthenticated, "The session has ended; sign in again.")
	for range maxTries {
		session, turn, err := s.held(ctx, token)
		if err != nil {
			return nil, Tokens{}, err
		}
		now, id := Millis(s.docs.now()), session.ID
		user, err := s.app.Users.Get(ctx, session.UserID)
		if err != nil && !Is(err, NotFound) {
			return nil, Tokens{}, err
		}
		if err != nil || user.SuspendedAt != nil {
			return nil, Tokens{}, over
		}
		if turn == session.Turn-1 && now.Sub(session.RotatedAt) <= refreshGrace {
			return s.pair(user, session)
		}
		if turn != session.Turn {
			s.app.log.WarnContext(ctx, "a refresh token was used again; the session is ended", "session", id, "user", user.ID)
			s.principals.Remove(id)
			return nil, Tokens{}, errors.Join(s.docs.docs.Write(ctx, s.end(id)), over)
		}
		next := *session
		next.Turn, next.RotatedAt, next.ExpiresAt = turn+1, now, now.Add(refreshLife)
		next.used(ClientOf(ctx))
		err = s.docs.docs.Write(ctx, Op{Kind: OpUpdate, Coll: s.docs.spec.Name,
			Filter: And(Eq("_id", id), Eq("turn", turn)), Patch: diff(session, &next)})
		if raced(err) {
			continue // another tab was first: read again, within the grace
		}
		if err != nil {
			return nil, Tokens{}, err
		}
		return s.pair(user, &next)
	}
	return nil, Tokens{}, Errorf(Unavailable, "The session is being refreshed by others; try again.")
}

// Authenticate is the principal behind an access token or an API key; UNAUTHENTICATED when
// that, its session or its user is not good any more.
func (s *Sessions) Authenticate(ctx context.Context, accessToken string) (Principal, error) {
	if LooksLikeAPIKey(accessToken) {
		return s.app.APIKeys.authenticate(ctx, accessToken)
	}
	over := Errorf(Unauthenticated, "The access token is wrong or has expired; refresh the session or sign in.")
	var claims jwt.RegisteredClaims
	token, err := jwt.ParseWithClaims(accessToken, &claims, func(*jwt.Token) (any, error) { return s.app.keys.access, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.docs.now))
	// Base64 lets line breaks and unused bits pass: a token has one spelling only.
	if err != nil || !strings.HasSuffix(accessToken, "."+base64.RawURLEncoding.EncodeToString(token.Signature)) {
		return Principal{}, over
	}
	return s.Principal(ctx, claims.ID, claims.Subject)
}

// Principal is the present state of a session: at most a few seconds old.
func (s *Sessions) Principal(ctx context.Context, sessionID, userID string) (Principal, error) {
	over := Errorf(Unauthenticated, "The session has ended; sign in again.")
	p, err := s.present(sessionID, func(now time.Time) (Principal, error) {
		ctx := AsSystem(ctx)
		session, err := s.docs.First(ctx, And(Eq("_id", sessionID), Eq("userId", userID)))
		if Is(err, NotFound) {
			return Principal{}, over
		}
		if err != nil {
			return Principal{}, err
		}
		user, err := s.app.Users.Get(ctx, userID)
		if err != nil && !Is(err, NotFound) {
			return Principal{}, err
		}
		if err != nil || user.SuspendedAt != nil || !session.ExpiresAt.After(now) {
			return Principal{}, over
		}
		return Principal{UserID: userID, Role: s.app.Factors.held(user, session.Factor), SessionID: sessionID}, nil
	})
	if err == nil && p.UserID != userID {
		return Principal{}, over
	}
	return p, err
}

// present is the principal of a session by its id, or of an API key by its hash, as read finds
// it, and for principalLife as it was found.
func (s *Sessions) present(id string, read func(now time.Time) (Principal, error)) (Principal, error) {
	now := s.docs.now()
	if p, ok := s.principals.Get(id); ok && now.Sub(p.at) < principalLife {
		return p.Principal, nil
	}
	p, err := read(now)
	if err == nil {
		s.principals.Add(id, seenPrincipal{p, now})
	}
	return p, err
}

// refresh is the caller's present principal, for what outlives a request.
func (s *Sessions) refresh(ctx context.Context) (Principal, error) {
	p := PrincipalOf(ctx)
	switch {
	case p.KeyID != "":
		return s.app.APIKeys.principal(ctx, p.keyHash)
	case !p.SignedIn():
		return p, nil
	}
	return s.Principal(ctx, p.SessionID, p.UserID)
}

// forget makes this process look up a user's sessions and API keys anew.
func (s *Sessions) forget(userID string) {
	for _, id := range s.principals.Keys() {
		if p, ok := s.principals.Peek(id); ok && p.UserID == userID {
			s.principals.Remove(id)
		}
	}
}

// end removes one session.
func (s *Sessions) end(id string) Op {
	return Op{Kind: OpDelete, Coll: s.docs.spec.Name, Filter: Eq("_id", id), Optional: true}
}

// endAll removes every session of a user.
func (s *Sessions) endAll(userID string) Op {
	return s.docs.deleteOf(userID)
}

func (s *Sessions) start(ctx context.Context, user *User, device string, factor factorState) (*User, Tokens, error) {
	now := Millis(s.docs.now())
	session := &Session{UserID: user.ID, Device: device, Seed: rand.Text(), RotatedAt: now, ExpiresAt: now.Add(refreshLife), ProvenAt: now, Factor: factor}
	session.used(ClientOf(ctx))
	if err := s.docs.create(AsSystem(ctx), session); err != nil {
		return nil, Tokens{}, err
	}
	return s.pair(user, session)
}

// pair is the tokens of a session's present turn, and its user, who may read
// all of its own record with them.
func (s *Sessions) pair(user *User, session *Session) (*User, Tokens, error) {
	user.own = &Principal{UserID: user.ID, Role: s.app.Factors.held(user, session.Factor)}
	now := s.docs.now()
	t := Tokens{
		AccessTokenExpiresAt:  Millis(now.Add(accessLife)),
		RefreshToken:          s.refreshToken(session, session.Turn),
		RefreshTokenExpiresAt: session.ExpiresAt,
		DeviceToken:           s.deviceToken(user, session.device()),
	}
	var err error
	t.AccessToken, err = jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		ID: session.ID, Subject: user.ID, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(t.AccessTokenExpiresAt),
	}).SignedString(s.app.keys.access)
	return user, t, err
}

// refreshToken is the token of one turn of a session: its id, the turn, and a
// hash of both and the seed under the server's key. Being derived, a token
// whose reply was lost can be given again though it is stored nowhere.
func (s *Sessions) refreshToken(session *Session, turn int64) string {
	return seal(s.app.keys.refresh, session.ID, turn, session.Seed)
}

// deviceToken names a device on which a user has signed in: the device's id, when it
// stops to be known, and a hash of both, the user and its seed under the server's
// key. It opens nothing: wrong passwords from there are counted by the device, so
// that strangers who try passwords cannot keep the user out. (OWASP calls this a
// device cookie.)
func (s *Sessions) deviceToken(user *User, device string) string {
	if !s.remembers(user, device) {
		device = bareDevice(device)
	}
	return s.sealDevice(user, device, s.docs.now().Add(DeviceLife).Unix())
}

func (s *Sessions) sealDevice(user *User, device string, expires int64) string {
	return seal(s.app.keys.device, device, expires, user.ID+"."+user.DeviceSeed)
}

// knownDevice is the device that one of the tokens proves to be known to user, and
// a new one where none does.
func (s *Sessions) knownDevice(user *User, tokens []string) (device string, known bool) {
	for _, token := range tokens[:min(len(tokens), MaxDeviceTokens)] {
		device, expires, ok := parseSealed(token)
		if ok && expires > s.docs.now().Unix() && hmac.Equal([]byte(token), []byte(s.sealDevice(user, device, expires))) {
			return device, true
		}
	}
	return rand.Text(), false
}

// MaxDeviceTokens is how many device tokens one client may hold and bring: those of
// the accounts that signed in there last.
const MaxDeviceTokens = 4

// device is the id of the device on which a session is.
func (s *Session) device() string { return cmp.Or(s.Device, s.ID) }

// seal is a token of an id, a number, and a hash of both and what it is bound to.
func seal(key []byte, id string, n int64, bound string) string {
	head := fmt.Sprintf("%s.%d", id, n)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(head + "." + bound))
	return head + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func parseSealed(token string) (id string, n int64, ok bool) {
	parts := strings.Split(token, ".")
	if len(token) > 256 || len(parts) != 3 {
		return "", 0, false
	}
	n, err := strconv.ParseInt(parts[1], 10, 64)
	return parts[0], n, err == nil
}
