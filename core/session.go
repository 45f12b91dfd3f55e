package core

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
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
)

// Session is one sign-in on one device: a family of refresh tokens, each
// replacing the one before. The tokens are keyed hashes of what stands here
// (see refreshToken), so neither the database nor the server's key alone can
// make one.
type Session struct {
	Head      `bson:",inline"`
	UserID    string    `bson:"userId"`
	Seed      string    `bson:"seed"` // random
	Turn      int64     `bson:"turn"` // how often the token was replaced
	RotatedAt time.Time `bson:"rotatedAt"`
	ExpiresAt time.Time `bson:"expiresAt"`
}

// Tokens is what a signed-in client holds.
type Tokens struct {
	AccessToken           string
	AccessTokenExpiresAt  time.Time
	RefreshToken          string
	RefreshTokenExpiresAt time.Time
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
		Indexes: [][]string{{"userId"}},
		Expires: "expiresAt",
	}
}

// Sessions is the service of signing in and staying signed in.
type Sessions struct {
	docs       *Collection[Session]
	app        *App
	principals *lru.Cache[string, seenPrincipal] // by session id
	byAccount  *Limiter
	byAddress  *Limiter
	signUps    *Limiter
	signUpRole Role
}

// seenPrincipal is a principal as it was at a moment.
type seenPrincipal struct {
	Principal
	at time.Time
}

// SignUp makes an account and starts its first session.
func (s *Sessions) SignUp(ctx context.Context, d UserDraft) (*User, Tokens, error) {
	if s.signUpRole == "" {
		return nil, Tokens{}, Errorf(Forbidden, "Only an administrator can make accounts here.")
	}
	if err := s.signUps.Take(ClientOf(ctx).Network(), 1); err != nil {
		return nil, Tokens{}, err
	}
	user, err := s.app.Users.Register(AsSystem(ctx), d, s.signUpRole)
	if err != nil {
		return nil, Tokens{}, err
	}
	return s.start(ctx, user)
}

// SignIn checks a password and starts a session. An unknown address costs the
// same work and gets the same answer as a wrong password.
func (s *Sessions) SignIn(ctx context.Context, email, password string) (*User, Tokens, error) {
	email = fold(email)
	if err := s.byAddress.Take(ClientOf(ctx).Network(), 1); err != nil {
		return nil, Tokens{}, err // at the expense of no account
	}
	if err := s.byAccount.Take(email, 1); err != nil {
		return nil, Tokens{}, err
	}
	wrong := Errorf(InvalidCredentials, "The address or the password is wrong.")
	user, err := s.app.Users.ByEmail(AsSystem(ctx), email)
	if Is(err, NotFound) {
		user = &User{}
	} else if err != nil {
		return nil, Tokens{}, err
	}
	ok, err := s.app.hasher.verify(ctx, user.PasswordHash, clip(password))
	if err != nil {
		return nil, Tokens{}, err
	}
	if !ok {
		return nil, Tokens{}, wrong
	}
	if user.SuspendedAt != nil {
		return nil, Tokens{}, Errorf(Forbidden, "This account is suspended.")
	}
	_, tokens, err := s.start(ctx, user)
	if err != nil {
		return nil, Tokens{}, err
	}
	// While the sign-in queued for its hash, the password may have changed or
	// the account been suspended, and all sessions ended: all but this one.
	now, err := s.app.Users.Get(AsSystem(ctx), user.ID)
	if err == nil && now.PasswordHash == user.PasswordHash && now.SuspendedAt == nil {
		now.own = now.principal()
		return now, tokens, nil
	}
	id, _, _ := parseRefreshToken(tokens.RefreshToken)
	return nil, Tokens{}, errors.Join(err, s.docs.docs.Write(ctx, s.end(id)), wrong)
}

// clip keeps a hostile password from costing more than a long honest one.
func clip(password string) string { return password[:min(len(password), 4*maxPassword)] }

// ChangePassword sets a new password for the caller and ends its other sessions.
func (s *Sessions) ChangePassword(ctx context.Context, current, next string) (*User, error) {
	p := PrincipalOf(ctx)
	user, err := s.app.Users.Viewer(ctx)
	if err != nil {
		return nil, err
	}
	if user == nil {
		return nil, denied(ctx)
	}
	if err := s.byAccount.Take(user.Email, 1); err != nil {
		return nil, err
	}
	var check Checker
	checkPassword(&check, "newPassword", next)
	if err := check.Err(); err != nil {
		return nil, err
	}
	ok, err := s.app.hasher.verify(ctx, user.PasswordHash, clip(current))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, invalidField("currentPassword", "WRONG", "is not your password")
	}
	hash, err := s.app.hasher.hash(ctx, next)
	if err != nil {
		return nil, err
	}
	end := s.endAll(user.ID)
	end.Filter = And(end.Filter, Ne("_id", p.SessionID))
	checked := user.PasswordHash
	user, err = s.app.Users.update(ctx, user.ID, nil, func(u *User) ([]Op, error) {
		if u.PasswordHash != checked {
			return nil, Errorf(Conflict, "The password was changed elsewhere at the same moment.")
		}
		u.PasswordHash = hash
		return []Op{end}, nil
	})
	s.forget(p.UserID)
	return user, err
}

// SignOut ends the caller's session, or all of its sessions. A caller whose
// access token has expired names the session by its refresh token.
func (s *Sessions) SignOut(ctx context.Context, refreshToken string, everywhere bool) (time.Time, error) {
	p := PrincipalOf(ctx)
	if !p.SignedIn() {
		session, _, err := s.held(AsSystem(ctx), refreshToken)
		if err != nil {
			return time.Time{}, err
		}
		p.UserID, p.SessionID = session.UserID, session.ID
	}
	end := s.end(p.SessionID)
	if everywhere {
		end = s.endAll(p.UserID)
	}
	if err := s.docs.docs.Write(ctx, end); err != nil {
		return time.Time{}, err
	}
	s.forget(p.UserID)
	return Millis(s.docs.now()), nil
}

// held is the session of a refresh token, of any turn, that is not forged.
func (s *Sessions) held(ctx context.Context, token string) (session *Session, turn int64, err error) {
	over := Errorf(Unauthenticated, "The session has ended; sign in again.")
	id, turn, ok := parseRefreshToken(token)
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
		if err != nil {
			return nil, Tokens{}, err
		}
		if user.SuspendedAt != nil {
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

// Authenticate is the principal behind an access token; UNAUTHENTICATED when
// the token or its session is not good any more.
func (s *Sessions) Authenticate(ctx context.Context, accessToken string) (Principal, error) {
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
	if p, ok := s.principals.Get(sessionID); ok && p.UserID == userID && s.docs.now().Sub(p.at) < principalLife {
		return p.Principal, nil
	}
	ctx = AsSystem(ctx)
	at := s.docs.now()
	over := Errorf(Unauthenticated, "The session has ended; sign in again.")
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
	if err != nil || user.SuspendedAt != nil || !session.ExpiresAt.After(s.docs.now()) {
		return Principal{}, over
	}
	p := Principal{UserID: userID, Role: user.Role, SessionID: sessionID}
	s.principals.Add(sessionID, seenPrincipal{p, at})
	return p, nil
}

// refresh is the caller's present principal, for what outlives a request.
func (s *Sessions) refresh(ctx context.Context) (Principal, error) {
	p := PrincipalOf(ctx)
	if !p.SignedIn() {
		return p, nil
	}
	return s.Principal(ctx, p.SessionID, p.UserID)
}

// forget makes this process look up a user's sessions anew.
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
	return Op{Kind: OpDelete, Coll: s.docs.spec.Name, Filter: Eq("userId", userID), Optional: true}
}

func (s *Sessions) start(ctx context.Context, user *User) (*User, Tokens, error) {
	now := Millis(s.docs.now())
	session := &Session{UserID: user.ID, Seed: rand.Text(), RotatedAt: now, ExpiresAt: now.Add(refreshLife)}
	if err := s.docs.create(AsSystem(ctx), session); err != nil {
		return nil, Tokens{}, err
	}
	return s.pair(user, session)
}

// pair is the tokens of a session's present turn, and its user, who may read
// all of its own record with them.
func (s *Sessions) pair(user *User, session *Session) (*User, Tokens, error) {
	user.own = user.principal()
	now := s.docs.now()
	t := Tokens{
		AccessTokenExpiresAt:  Millis(now.Add(accessLife)),
		RefreshToken:          s.refreshToken(session, session.Turn),
		RefreshTokenExpiresAt: session.ExpiresAt,
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
	head := fmt.Sprintf("%s.%d", session.ID, turn)
	mac := hmac.New(sha256.New, s.app.keys.refresh)
	mac.Write([]byte(head + "." + session.Seed))
	return head + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func parseRefreshToken(token string) (id string, turn int64, ok bool) {
	parts := strings.Split(token, ".")
	if len(token) > 256 || len(parts) != 3 {
		return "", 0, false
	}
	turn, err := strconv.ParseInt(parts[1], 10, 64)
	return parts[0], turn, err == nil
}
