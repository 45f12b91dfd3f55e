package core

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Signing in at a provider, by a browser:
//
//  1. The frontend makes a verifier, keeps it, and starts with its S256 (RFC 7636). It gets the
//     address of the provider's page, which carries all that is known of the flow, sealed: the
//     state. Nothing is stored.
//  2. The provider sends the browser back here, with the state and a code. The code is exchanged
//     for who has signed in, and the browser sent on to the frontend with a secret.
//  3. The frontend brings the secret and its verifier, and only then something happens.
//
// So what is planted into a browser, or read from its address, is worth nothing without the
// verifier: no cookie is needed, and it is the same for a page of another origin and for an app.

const (
	// flowLife is how long people may take at a provider.
	flowLife = 15 * time.Minute
	// maxReturnTo bounds the address that a browser returns to, in bytes.
	maxReturnTo = 512
	// maxState bounds a state, in bytes.
	maxState = 2048
	// maxIDToken bounds an id token, in bytes.
	maxIDToken = 16 << 10
)

// Providers is the service of those at whom people sign in elsewhere.
type Providers struct {
	app        *App
	list       []IdentityProvider
	mayReturn  func(*url.URL) bool // see Config.MayReturn
	identities *Collection[Identity]
}

// flow is a sign-in at a provider that has begun; it travels as its state.
type flow struct {
	ID        string `json:"i"` // random
	Provider  string `json:"p"`
	ReturnTo  string `json:"r"`
	Challenge string `json:"c"`           // S256 of the frontend's verifier
	UserID    string `json:"u,omitempty"` // who links an identity; empty: somebody signs in
	Expires   int64  `json:"e"`
}

// proof is who has signed in at a provider, in a challenge.
type proof struct {
	Provider      string `bson:"provider"`
	Issuer        string `bson:"issuer"`
	Subject       string `bson:"subject"`
	Email         string `bson:"email"`
	EmailVerified bool   `bson:"emailVerified"`
	Name          string `bson:"name"`
	Challenge     string `bson:"challenge"` // S256 of the frontend's verifier
}

func (p *proof) claims() Claims {
	return Claims{Issuer: p.Issuer, Subject: p.Subject, Email: p.Email, EmailVerified: p.EmailVerified, Name: p.Name}
}

// List is the providers, in the order of the settings.
func (p *Providers) List() []IdentityProvider { return p.list }

func (p *Providers) named(name string) (IdentityProvider, error) {
	at := slices.IndexFunc(p.list, func(i IdentityProvider) bool { return i.Name() == name })
	if at < 0 {
		return nil, invalidField("provider", "UNKNOWN", "is none of those at which people sign in here; see signInProviders")
	}
	return p.list[at], nil
}

// ProviderStart is how a frontend begins a sign-in at a provider.
type ProviderStart struct {
	Provider      string
	ReturnTo      string // where the browser goes in the end, with a fragment behind it
	CodeChallenge string // S256 of a verifier that the frontend keeps
	Link          bool   // to link the identity to the caller's account
}

var challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// Start is the address of the provider's page to which the browser goes.
func (p *Providers) Start(ctx context.Context, d ProviderStart) (string, error) {
	if err := p.app.Sessions.byAddress.Take(ClientOf(ctx).Network(), 1); err != nil {
		return "", err
	}
	provider, err := p.named(d.Provider)
	if err != nil {
		return "", err
	}
	var check Checker
	if !p.returns(d.ReturnTo) {
		check.Add("returnTo", "NOT_ALLOWED", "must be an address without a fragment on this server, of an allowed origin or of an app that the settings name", nil)
	}
	if !challengeForm.MatchString(d.CodeChallenge) {
		check.Add("codeChallenge", "FORM", "must be the SHA-256 of your verifier in base64url, 43 characters", nil)
	}
	if err := check.Err(); err != nil {
		return "", err
	}
	f := flow{ID: rand.Text(), Provider: d.Provider, ReturnTo: d.ReturnTo, Challenge: d.CodeChallenge, Expires: p.app.now().Add(flowLife).Unix()}
	if d.Link {
		user, _, err := p.app.Factors.owner(ctx)
		if err != nil {
			return "", err
		}
		f.UserID = user.ID
	}
	to, err := provider.AuthURL(ctx, p.toward(f))
	if err != nil {
		return "", p.unanswered(ctx, d.Provider, err)
	}
	return to, nil
}

// returns reports whether a browser may be sent to an address.
func (p *Providers) returns(to string) bool {
	u, err := url.Parse(to)
	if err != nil || len(to) > maxReturnTo || !utf8.ValidString(to) || strings.ContainsAny(to, "\\#") || !u.IsAbs() || u.Opaque != "" || u.User != nil {
		return false
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		bare := *u
		bare.RawQuery, bare.ForceQuery = "", false
		if own, err := url.Parse(p.app.base); u.Host == "" || err == nil && strings.EqualFold(own.Scheme+"://"+own.Host, u.Scheme+"://"+u.Host) {
			// Files are of strangers, and whatever reads the fragment there would be, too.
			return u.Host != "" && !strings.HasPrefix(path.Clean(u.Path)+"/", path.Join("/", own.Path, "files")+"/")
		}
		if page, _, _ := strings.Cut(p.app.account, "?"); bare.String() == page {
			return true
		}
	}
	return p.mayReturn != nil && p.mayReturn(u)
}

// toward is what the provider gets of a flow. Nonce and verifier are keyed hashes of its id, so
// that nothing is stored, and whoever sees the state does not know them.
func (p *Providers) toward(f flow) ProviderFlow {
	derived := func(what string) string {
		mac := hmac.New(sha256.New, p.app.keys.flow)
		mac.Write([]byte(what + "\n" + f.ID))
		return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	return ProviderFlow{
		RedirectURL: p.app.base + "/sign-in/" + f.Provider + "/callback",
		State:       p.state(f), Nonce: derived("nonce"), Verifier: derived("verifier"),
	}
}

// state is a flow, sealed.
func (p *Providers) state(f flow) string {
	text, _ := json.Marshal(f) // which always encodes
	return seal(p.app.keys.flow, base64.RawURLEncoding.EncodeToString(text), f.Expires, "state")
}

// begun is the flow of a state that this installation has sealed.
func (p *Providers) begun(state string) (f flow, ok bool) {
	head, _, _ := strings.Cut(state, ".")
	text, err := base64.RawURLEncoding.DecodeString(head)
	if len(state) > maxState || err != nil || json.Unmarshal(text, &f) != nil {
		return flow{}, false
	}
	return f, hmac.Equal([]byte(state), []byte(p.state(f)))
}

// ProviderReply is with what a browser comes back from a provider.
type ProviderReply struct {
	State  string
	Code   string
	Issuer string // RFC 9207
	Error  string // in place of a code (RFC 6749, 4.1.2.1)
}

// Why a browser comes back without a secret, for the frontend.
const (
	flowCancelled   = "CANCELLED"    // whoever it was did not want to
	flowExpired     = "EXPIRED"      // it took them too long
	flowUsed        = "USED"         // they came back twice
	flowRefused     = "REFUSED"      // what the provider says is not good
	flowUnavailable = "UNAVAILABLE"  // the provider, or a store, does not answer
	flowLimited     = "RATE_LIMITED" // too many come from there
)

// Return takes a browser that comes back from a provider, to the redirect address of the one of
// this name, and is where it goes on to: the frontend, with #signin=TOKEN, or
// #signin-failed=REASON behind its address. An error when nobody knows where that is.
func (p *Providers) Return(ctx context.Context, name string, r ProviderReply) (string, error) {
	f, ok := p.begun(r.State)
	if !ok || f.Provider != name {
		return "", Errorf(Invalid, "This sign-in was not begun here, or is too old. Go back to where you came from, and begin again.")
	}
	token, reason := p.token(ctx, f, r)
	if reason != "" {
		return f.ReturnTo + "#signin-failed=" + reason, nil
	}
	return f.ReturnTo + "#signin=" + token, nil
}

// token is the secret of a flow that has come back, or why there is none.
func (p *Providers) token(ctx context.Context, f flow, r ProviderReply) (token, reason string) {
	if err := p.app.Sessions.byAddress.Take(ClientOf(ctx).Network(), 1); err != nil {
		return "", flowLimited
	}
	now := Millis(p.app.now())
	if f.Expires <= now.Unix() {
		return "", flowExpired
	}
	provider, err := p.named(f.Provider)
	if err != nil {
		return "", flowRefused
	}
	// Before the code is exchanged: of those who bring one state, one goes on.
	switch err := p.app.take(ctx, "state "+f.ID, time.Unix(f.Expires, 0)); {
	case Is(err, Conflict):
		return "", flowUsed
	case err != nil:
		p.app.log.WarnContext(ctx, "a sign-in at a provider was not noted", "provider", f.Provider, "error", shortened(err.Error()))
		return "", flowUnavailable
	case r.Error == "access_denied":
		return "", flowCancelled
	case r.Error != "" || r.Code == "":
		p.app.log.WarnContext(ctx, "a provider signs nobody in", "provider", f.Provider, "reason", shortened(r.Error))
		return "", flowRefused
	}
	claims, err := provider.Exchange(ctx, p.toward(f), r.Code, r.Issuer)
	if err == nil {
		token, err = p.prove(ctx, f, claims)
	}
	switch {
	case err == nil:
		return token, ""
	case errors.Is(err, ErrNotProven):
		p.app.log.WarnContext(ctx, "the word of a provider is not good", "provider", f.Provider, "error", shortened(err.Error()))
		return "", flowRefused
	}
	p.app.log.WarnContext(ctx, "a provider does not answer", "provider", f.Provider, "error", shortened(err.Error()))
	return "", flowUnavailable
}

// prove stores who has signed in, and is the secret by which the frontend goes on.
func (p *Providers) prove(ctx context.Context, f flow, c Claims) (string, error) {
	challenges := p.app.Recovery.challenges
	ch := &challenge{Purpose: provesIdentity, Address: c.Email, Proof: &proof{
		Provider: f.Provider, Issuer: c.Issuer, Subject: c.Subject, Email: c.Email, EmailVerified: c.EmailVerified, Name: c.Name, Challenge: f.Challenge,
	}}
	if f.UserID != "" {
		user, err := p.app.Users.Get(AsSystem(ctx), f.UserID)
		if err != nil {
			return "", err
		}
		ch.Purpose, ch.UserID, ch.Account = linksIdentity, user.ID, accountState(user)
	}
	challenges.begin(ch)
	return challenges.token(ch), p.app.docs.Write(ctx, challenges.insert(ch))
}

// proven is what a secret stands for, whose flow was begun with the S256 of this verifier.
func (p *Providers) proven(ctx context.Context, token, verifier string, want purpose) (*challenge, error) {
	if err := p.app.Sessions.byAddress.Take(ClientOf(ctx).Network(), 1); err != nil {
		return nil, err
	}
	ch, _, err := p.app.Recovery.challenges.held(ctx, token, want)
	if Is(err, Invalid) {
		return nil, notProven()
	}
	if err != nil {
		return nil, err
	}
	if len(verifier) > 128 || !hmac.Equal([]byte(sum(verifier)), []byte(ch.Proof.Challenge)) {
		return nil, invalidField("codeVerifier", "WRONG", "is not the one with which this sign-in was begun: begin again, in this browser or app")
	}
	return ch, nil
}

func notProven() error {
	return invalidField("token", "WRONG", "is not good, or not any more: begin the sign-in again")
}

// Link gives the caller's account the identity of a secret, begun by the caller to link one, and
// a mail tells them. CONFLICT when it is somebody else's.
func (p *Providers) Link(ctx context.Context, token, verifier string) (*User, error) {
	caller, err := inPerson(ctx)
	if err != nil {
		return nil, err
	}
	ch, err := p.proven(ctx, token, verifier, linksIdentity)
	if err == nil && ch.UserID != caller.UserID {
		err = notProven()
	}
	if err != nil {
		return nil, err
	}
	defer p.app.Mails.wake.ring()
	user, err := p.app.Recovery.challenges.use(ctx, token, func(user *User, ch *challenge) ([]Op, error) {
		claims := ch.Proof.claims()
		holder, err := p.holder(ctx, claims)
		switch {
		case err != nil:
			return nil, err
		case holder != nil && holder.UserID == user.ID:
			return nil, nil
		case holder != nil:
			return nil, Errorf(Conflict, "Somebody else signs in here by this account.")
		}
		return p.linking(ctx, user, ch.Proof.Provider, claims)
	}, linksIdentity)
	if Is(err, Invalid) {
		err = notProven()
	}
	return user, err
}

// holder is the identity that somebody at a provider has here; nil for none.
func (p *Providers) holder(ctx context.Context, c Claims) (*Identity, error) {
	identity, err := p.identities.Get(AsSystem(ctx), identityID(c.Issuer, c.Subject))
	if Is(err, NotFound) {
		return nil, nil
	}
	return identity, err
}

// linking is the operations that give a user an identity, and tell them by mail.
func (p *Providers) linking(ctx context.Context, user *User, provider string, c Claims) ([]Op, error) {
	list, err := p.of(ctx, user.ID)
	if err == nil && len(list) >= maxIdentities {
		err = Errorf(Conflict, "An account has at most %d of these: unlink another one first.", maxIdentities)
	}
	if err != nil {
		return nil, err
	}
	told, err := p.app.Mails.to(AsSystem(ctx), user, "identity-linked")
	return []Op{p.identities.insert(p.identityOf(user, provider, c)), told}, err
}

// SignInWithProvider takes the secret with which a browser has come back from a provider, and
// the verifier with which the frontend has begun, and starts a session; see [Providers.join] for whose.
func (s *Sessions) SignInWithProvider(ctx context.Context, token, verifier string, devices ...string) (*User, Tokens, error) {
	p := s.app.Providers
	ch, err := p.proven(ctx, token, verifier, provesIdentity)
	if err != nil {
		return nil, Tokens{}, err
	}
	return p.enter(ctx, ch.Proof.Provider, ch.Proof.claims(), single{
		op: p.app.Recovery.challenges.spent(ch),
		stands: func(ctx context.Context) error {
			_, _, err := p.app.Recovery.challenges.held(ctx, token, provesIdentity)
			if Is(err, Invalid) {
				err = notProven()
			}
			return err
		},
	}, devices)
}

// SignInWithIDToken takes an id token that an app has got from a provider, once, and starts a
// session; see [Providers.join] for whose. The token's nonce is the SHA-256 of the given one in
// hexadecimal, so that who sees the token alone cannot use it.
func (s *Sessions) SignInWithIDToken(ctx context.Context, provider, token, nonce string, devices ...string) (*User, Tokens, error) {
	fail := func(err error) (*User, Tokens, error) { return nil, Tokens{}, err }
	p := s.app.Providers
	if err := s.byAddress.Take(ClientOf(ctx).Network(), 1); err != nil {
		return fail(err)
	}
	from, err := p.named(provider)
	if err != nil {
		return fail(err)
	}
	var check Checker
	if len(nonce) < 16 || len(nonce) > 256 {
		check.Add("nonce", "FORM", "must be 16 to 256 random characters", nil)
	}
	if token == "" || len(token) > maxIDToken {
		check.Add("idToken", "FORM", "must be an id token", nil)
	}
	if err := check.Err(); err != nil {
		return fail(err)
	}
	hash := sha256.Sum256([]byte(nonce))
	bound := hex.EncodeToString(hash[:])
	claims, err := from.VerifyIDToken(ctx, token, bound)
	if errors.Is(err, ErrNotProven) {
		p.app.log.WarnContext(ctx, "an id token is not good", "provider", provider, "error", shortened(err.Error()))
		return fail(idTokenNotGood())
	}
	if err != nil {
		return fail(p.unanswered(ctx, provider, err))
	}
	// The nonce, which is signed: a token has other spellings, which are as good.
	what := "id token " + claims.Issuer + "\n" + bound
	return p.enter(ctx, provider, claims, single{
		op: p.app.taking(what, claims.Expires.Add(ClockSkew)),
		stands: func(ctx context.Context) error {
			used, err := p.app.isTaken(ctx, what)
			if err == nil && used {
				err = idTokenNotGood()
			}
			return err
		},
	}, devices)
}

// ClockSkew is how far the clock of a provider may be off.
const ClockSkew = 2 * time.Minute

func idTokenNotGood() error {
	return Errorf(InvalidCredentials, "This id token is not good: it is of another provider, app or sign-in, was used, or is too old. Sign in at the provider again.")
}

// unanswered is the error for people when a provider cannot be asked.
func (p *Providers) unanswered(ctx context.Context, provider string, err error) error {
	p.app.log.WarnContext(ctx, "a provider does not answer", "provider", provider, "error", shortened(err.Error()))
	return Wrap(Unavailable, err, "The provider does not answer; try again, or sign in by another way.")
}

// single lets something be used once: op does so, and stands says why it was already.
type single struct {
	op     Op
	stands func(context.Context) error
}

// enter starts the session of who has signed in at a provider.
func (p *Providers) enter(ctx context.Context, provider string, c Claims, once single, devices []string) (*User, Tokens, error) {
	s := p.app.Sessions
	user, err := p.join(ctx, provider, c, once)
	if err != nil {
		return nil, Tokens{}, err
	}
	who := s.claimOf(user, user.ID, devices)
	id := identityID(c.Issuer, c.Subject)
	user, tokens, err := s.begin(ctx, who, func(now *User) (bool, error) { return p.isOf(ctx, id, now.ID) })
	if err == nil && user == nil {
		err = Errorf(Forbidden, "This account is suspended, or was changed at the same moment.")
	}
	return user, tokens, err
}

// join is the account of who has signed in at a provider: the one that has this identity; else
// the one that has the address, if both the provider and we know that it is theirs; else a new one.
func (p *Providers) join(ctx context.Context, provider string, c Claims, once single) (*User, error) {
	defer p.app.Mails.wake.ring()
	ctx = AsSystem(ctx)
	for range maxTries {
		if err := once.stands(ctx); err != nil {
			return nil, err
		}
		user, ops, err := p.admission(ctx, provider, c)
		if err != nil {
			return nil, err
		}
		switch err := p.app.docs.Write(ctx, append(ops, once.op)...); {
		case err == nil:
			return user, nil
		case !raced(err) && !Is(err, Conflict): // else somebody came before: look again
			return nil, err
		}
	}
	return nil, Errorf(Unavailable, "This account is being made or changed by others; try again.")
}

// admission is the account, and what is written to have it.
func (p *Providers) admission(ctx context.Context, provider string, c Claims) (*User, []Op, error) {
	identity, err := p.holder(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if identity != nil {
		user, err := p.app.Users.Get(ctx, identity.UserID)
		if Is(err, NotFound) {
			err = Errorf(Conflict, "This account is being deleted; try again later.")
		}
		return p.admitted(user, nil, err)
	}
	address, ok := emailOf(strings.TrimSpace(c.Email))
	if !ok || !c.EmailVerified {
		return nil, nil, Errorf(Forbidden, "The provider does not say that it knows your address to be yours. Sign up with a password, or sign in as usual, and link the provider in your profile.")
	}
	user, err := p.app.Users.ByEmail(ctx, address)
	switch {
	case Is(err, NotFound):
		return p.newcomer(ctx, provider, address, c)
	case err == nil && user.EmailVerifiedAt == nil:
		// Whoever made it, with a password that they know, has not shown that it is theirs.
		err = Errorf(Conflict, "There is an account with your address, which was never verified. Sign in to it, and link the provider in your profile; if you do not know its password, ask for a new one.")
	case err == nil:
		var ops []Op
		if ops, err = p.linking(ctx, user, provider, c); err == nil {
			ops = append(ops, p.app.Users.touch(user))
		}
		return p.admitted(user, ops, err)
	}
	return nil, nil, err
}

func (p *Providers) admitted(user *User, ops []Op, err error) (*User, []Op, error) {
	if err == nil && user.SuspendedAt != nil {
		err = errSuspended
	}
	if err != nil {
		return nil, nil, err
	}
	return user, ops, nil
}

// newcomer is a new account, which has no password.
func (p *Providers) newcomer(ctx context.Context, provider, address string, c Claims) (*User, []Op, error) {
	role, err := p.app.Sessions.admits(ctx)
	if err == nil {
		err = p.app.Sessions.signUps.Take(ClientOf(ctx).Network(), 1)
	}
	if err != nil {
		return nil, nil, err
	}
	user := &User{Email: address, Role: role, DisplayName: displayName(c.Name)}
	if user.Username, err = p.username(ctx, address); err != nil {
		return nil, nil, err
	}
	p.app.Recovery.verified(user)
	p.app.Users.stamp(user)
	return user, append(appoint(role), p.app.Users.insert(user), p.identities.insert(p.identityOf(user, provider, c))), nil
}

// username is one for an address that nobody has.
func (p *Providers) username(ctx context.Context, address string) (string, error) {
	name := UsernameFor(address)
	err := p.app.Users.usernameTaken(ctx, name)
	if Is(err, Conflict) {
		return name[:min(len(name), 22)] + "-" + strings.ToLower(rand.Text()[:7]), nil
	}
	return name, err
}

// displayName is the name that a provider tells, as accounts may have it; nil for none.
func displayName(name string) *string {
	name = strings.Join(strings.Fields(strings.ToValidUTF8(name, "")), " ")
	var check Checker
	if check.optional("name", &name, 100); name == "" || check.Err() != nil {
		return nil
	}
	return &name
}

// touch is an operation that finds a user as they were read, and no other update at once.
func (u *Users) touch(user *User) Op {
	return Op{Kind: OpUpdate, Coll: u.spec.Name, Filter: u.exactly(user, All), Patch: Patch{Inc("version", 1), Set("updatedAt", Millis(u.now()))}}
}
