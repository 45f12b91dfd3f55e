package core

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

const (
	// passkeyLife is how long a ceremony of a passkey may take.
	passkeyLife = 5 * time.Minute
	// maxPasskeys is how many an account may have.
	maxPasskeys = 20
	// maxCeremony is how many bytes what a passkey has signed may have, in JSON.
	maxCeremony = 64 << 10
)

// Passkey is a key pair by which a user signs in (WebAuthn): this side has the public key. It
// has asked who they are by a finger, a face or a PIN, so that it stands for two factors.
type Passkey struct {
	Head         `bson:",inline"`
	UserID       string     `bson:"userId"`
	Name         string     `bson:"name"`
	CredentialID string     `bson:"credentialId"` // base64url
	Credential   string     `bson:"credential"`   // JSON of webauthn.Credential
	Synced       bool       `bson:"synced"`       // whether it is kept at its maker's, too, as it said last
	LastUsedAt   *time.Time `bson:"lastUsedAt"`
}

// passkeySpec describes them. No type of a schema can have a name with an underscore first.
func passkeySpec() Spec {
	return Spec{
		Name: "_passkeys", Prefix: "_passkey",
		Fields:   []Field{{Name: "userId"}, {Name: "credentialId", Unique: true}},
		Indexes:  [][]string{{"userId"}},
		Personal: "userId",
	}
}

func (p *Passkey) told() (string, map[string]any) {
	return "Passkey", map[string]any{"name": p.Name, "synced": p.Synced, "lastUsedAt": p.LastUsedAt}
}

// relyingParty is this server to passkeys.
type relyingParty struct{ *webauthn.WebAuthn }

// newRelyingParty is for a domain, by default the host of base, and pages of these origins beside
// base; nil for an address of numbers, for which browsers make no passkeys. This machine has a name.
func newRelyingParty(domain, base string, origins []string) (*relyingParty, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsLoopback() {
		u.Host = net.JoinHostPort("localhost", u.Port())
	}
	if domain == "" {
		domain = u.Hostname()
	}
	if protocol.ValidateRPID(domain) != nil {
		return nil, nil
	}
	own := []string{u.Scheme + "://" + strings.TrimSuffix(u.Host, ":")}
	for _, o := range origins {
		if p, err := url.Parse(o); err == nil && (p.Hostname() == domain || strings.HasSuffix(p.Hostname(), "."+domain)) {
			own = append(own, o)
		}
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: domain, RPDisplayName: domain, RPOrigins: own, AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired},
	})
	return &relyingParty{w}, err
}

// holder is a user to the library.
type holder struct {
	user     *User
	passkeys []*Passkey
}

func (h holder) WebAuthnID() []byte          { return []byte(h.user.ID) }
func (h holder) WebAuthnName() string        { return h.user.Email }
func (h holder) WebAuthnDisplayName() string { return shownName(h.user) }

func (h holder) WebAuthnCredentials() (list []webauthn.Credential) {
	for _, p := range h.passkeys {
		var c webauthn.Credential
		if json.Unmarshal([]byte(p.Credential), &c) == nil {
			list = append(list, c)
		}
	}
	return list
}

// with is the passkey of a credential.
func (h holder) with(credential *webauthn.Credential) *Passkey {
	i := slices.IndexFunc(h.passkeys, func(p *Passkey) bool { return p.CredentialID == base64.RawURLEncoding.EncodeToString(credential.ID) })
	return h.passkeys[i]
}

// holder is a user with their passkeys.
func (f *Factors) holder(ctx context.Context, user *User) (holder, error) {
	list, err := f.passkeysOf(ctx, user.ID)
	return holder{user, list}, err
}

func (f *Factors) passkeysOf(ctx context.Context, userID string) ([]*Passkey, error) {
	list, _, err := f.passkeys.find(AsSystem(ctx), Query{Filter: Eq("userId", userID), Order: []Order{{Field: "_id"}}, Limit: maxPasskeys})
	return list, err
}

// errNoPasskeys is the error where there can be none.
var errNoPasskeys = Errorf(Forbidden, "There are no passkeys here: they need a domain. Set GRAPNEL_PUBLIC_URL, or GRAPNEL_PASSKEY_DOMAIN.")

// PasskeyCreation asks the caller's browser to make a passkey: PublicKeyCredentialCreationOptionsJSON
// of WebAuthn, for parseCreationOptionsFromJSON.
func (f *Factors) PasskeyCreation(ctx context.Context) (options string, err error) {
	user, _, err := f.owner(ctx)
	if err != nil {
		return "", err
	}
	creation, _, err := f.creation(ctx, user, f.ceremony("create", user.ID))
	if err != nil {
		return "", err
	}
	return optionsJSON(creation.Response)
}

func tooManyPasskeys() error {
	return Errorf(Conflict, "An account has at most %d passkeys: remove one that is not used any more.", maxPasskeys)
}

// creation begins to make a passkey, with a challenge that we gave or give.
func (f *Factors) creation(ctx context.Context, user *User, challenge string) (*protocol.CredentialCreation, *webauthn.SessionData, error) {
	if f.party == nil {
		return nil, nil, errNoPasskeys
	}
	h, err := f.holder(ctx, user)
	if err != nil {
		return nil, nil, err
	}
	if len(h.passkeys) == maxPasskeys {
		return nil, nil, tooManyPasskeys()
	}
	site, err := f.app.siteSettings(ctx)
	if err != nil {
		return nil, nil, err
	}
	creation, session, err := f.party.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.WebAuthnCredentials()).CredentialDescriptors()),
		func(o *protocol.PublicKeyCredentialCreationOptions) error {
			o.Challenge, o.Timeout = protocol.URLEncodedBase64(challenge), int(passkeyLife.Milliseconds())
			if site.Title != "" {
				o.RelyingParty.Name = site.Title
			}
			return nil
		})
	return creation, session, err
}

// AddPasskey stores the passkey that the caller's browser has made: credential is
// RegistrationResponseJSON of WebAuthn, as PublicKeyCredential.toJSON gives it. The session
// counts as begun with two factors.
func (f *Factors) AddPasskey(ctx context.Context, name, credential string) (*User, *Passkey, error) {
	var check Checker
	name = strings.TrimSpace(name)
	check.Text("name", name, 1, 100)
	if err := check.Err(); err != nil {
		return nil, nil, err
	}
	user, session, err := f.owner(ctx)
	if err != nil {
		return nil, nil, err
	}
	if len(credential) > maxCeremony {
		return nil, nil, notSigned()
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(credential))
	if err != nil {
		return nil, nil, f.refused(ctx, err)
	}
	id, challenge, err := f.given(parsed.Response.CollectedClientData.Challenge, "create", user.ID)
	if err != nil {
		return nil, nil, err
	}
	_, begun, err := f.creation(ctx, user, challenge)
	if err != nil {
		return nil, nil, err
	}
	made, err := f.party.CreateCredential(holder{user: user}, *begun, parsed)
	if err != nil {
		return nil, nil, f.refused(ctx, err)
	}
	p := &Passkey{UserID: user.ID, Name: name, CredentialID: base64.RawURLEncoding.EncodeToString(made.ID), Synced: made.Flags.BackupState}
	if p.Credential, err = credentialJSON(made); err != nil {
		return nil, nil, err
	}
	f.passkeys.stamp(p)
	defer f.app.Mails.wake.ring()
	user, err = f.app.Users.update(AsSystem(ctx), user.ID, nil, func(user *User) ([]Op, error) {
		list, err := f.passkeysOf(ctx, user.ID)
		if err == nil && len(list) == maxPasskeys {
			err = tooManyPasskeys()
		}
		if err != nil {
			return nil, err
		}
		told, err := f.app.Mails.to(AsSystem(ctx), user, "passkey-added")
		return []Op{f.passkeys.insert(p), f.spent(id), f.shownIn(session), told}, err
	})
	if isTaken(err, "credentialId") {
		err = invalidField("credential", "TAKEN", "was added already")
	}
	if err != nil {
		return nil, nil, err
	}
	f.app.Sessions.forget(user.ID)
	return user, p, nil
}

// RemovePasskey forgets a passkey of the caller. FORBIDDEN when there is no other way to sign in.
func (f *Factors) RemovePasskey(ctx context.Context, id string) error {
	user, _, err := f.owner(ctx)
	if err != nil {
		return err
	}
	_, err = f.app.Users.update(AsSystem(ctx), user.ID, nil, func(user *User) ([]Op, error) {
		list, err := f.passkeysOf(ctx, user.ID)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(list, func(p *Passkey) bool { return p.ID == id })
		if at < 0 {
			return nil, Errorf(NotFound, "There is no such passkey.")
		}
		if err := f.app.keepsAWayIn(ctx, user); err != nil {
			return nil, err
		}
		ops := []Op{{Kind: OpDelete, Coll: f.passkeys.spec.Name, Filter: Eq("_id", id)}}
		if len(list) == 1 && user.SecondFactorAt == nil {
			ops = append(ops, f.weaken(user))
		}
		return ops, nil
	})
	if err == nil {
		f.app.Sessions.forget(user.ID)
	}
	return err
}

// Passkeys are those of a user; nil for a caller who is neither that user nor an administrator.
func (f *Factors) Passkeys(ctx context.Context, user *User) ([]*Passkey, error) {
	if !sees(ctx, user) {
		return nil, nil
	}
	list, err := f.passkeysOf(ctx, user.ID)
	return append([]*Passkey{}, list...), err // an empty list is not null
}

// PasskeyRequest asks a browser to sign with one of its passkeys: PublicKeyCredentialRequestOptionsJSON
// of WebAuthn, for parseRequestOptionsFromJSON. It names no account, so that anybody may ask.
func (f *Factors) PasskeyRequest(ctx context.Context) (options string, err error) {
	if f.party == nil {
		return "", errNoPasskeys
	}
	if err := f.app.Sessions.byAddress.Take(ClientOf(ctx).Network(), 1); err != nil {
		return "", err
	}
	request, _, err := f.request(f.ceremony("get", ""))
	if err != nil {
		return "", err
	}
	return optionsJSON(request.Response)
}

func (f *Factors) request(challenge string) (*protocol.CredentialAssertion, *webauthn.SessionData, error) {
	return f.party.BeginDiscoverableLogin(webauthn.WithChallenge([]byte(challenge)), func(o *protocol.PublicKeyCredentialRequestOptions) error {
		o.Timeout = int(passkeyLife.Milliseconds())
		return nil
	})
}

// SignInWithPasskey starts the session of whose passkey has signed: credential is
// AuthenticationResponseJSON of WebAuthn, as PublicKeyCredential.toJSON gives it.
func (s *Sessions) SignInWithPasskey(ctx context.Context, credential string, devices ...string) (*User, Tokens, error) {
	user, err := s.app.Factors.assert(ctx, credential)
	if err != nil {
		return nil, Tokens{}, err
	}
	if user.SuspendedAt != nil {
		return nil, Tokens{}, errSuspended
	}
	who := s.claimOf(user, user.ID, devices)
	who.factor = factorShown
	user, tokens, err := s.begin(ctx, who, func(*User) (bool, error) { return true, nil })
	if err == nil && user == nil {
		err = errSuspended
	}
	return user, tokens, err
}

// assert is the user whose passkey has signed a challenge of ours, which it uses up.
func (f *Factors) assert(ctx context.Context, credential string) (*User, error) {
	if f.party == nil {
		return nil, errNoPasskeys
	}
	if err := f.app.Sessions.byAddress.Take(ClientOf(ctx).Network(), 1); err != nil {
		return nil, err
	}
	if len(credential) > maxCeremony {
		return nil, notSigned()
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(credential))
	if err != nil {
		return nil, f.refused(ctx, err)
	}
	id, challenge, err := f.given(parsed.Response.CollectedClientData.Challenge, "get", "")
	if err != nil {
		return nil, err
	}
	_, begun, err := f.request(challenge)
	if err != nil {
		return nil, err
	}
	var h holder
	var failed error // of the store
	_, signed, err := f.party.ValidatePasskeyLogin(func(_, userID []byte) (webauthn.User, error) {
		user, err := f.app.Users.Get(AsSystem(ctx), string(userID))
		if err == nil {
			h, err = f.holder(ctx, user)
		}
		if err != nil && !Is(err, NotFound) {
			failed = err
		}
		return h, err
	}, *begun, parsed)
	if failed != nil {
		return nil, failed
	}
	if err != nil {
		return nil, f.refused(ctx, err)
	}
	if signed.Authenticator.CloneWarning {
		f.app.log.WarnContext(ctx, "a passkey has counted backwards: there may be a copy of it", "user", h.user.ID)
	}
	return h.user, f.used(ctx, h.with(signed), signed, id)
}

// used notes that a passkey was used, and uses its challenge up.
func (f *Factors) used(ctx context.Context, p *Passkey, signed *webauthn.Credential, id string) error {
	now := Millis(f.app.now())
	text, err := credentialJSON(signed)
	if err != nil {
		return err
	}
	err = f.passkeys.docs.Write(ctx, f.spent(id), Op{Kind: OpUpdate, Coll: f.passkeys.spec.Name, Filter: Eq("_id", p.ID),
		Patch: Patch{Set("credential", text), Set("synced", signed.Flags.BackupState), Set("lastUsedAt", now)}})
	if raced(err) || Is(err, Conflict) { // removed, or its challenge used, at this moment
		err = notSigned()
	}
	return err
}

// ceremony is a challenge for a passkey to sign: what it is for, a random id and its end stand in
// it under the server's key, so none is stored that strangers ask for.
func (f *Factors) ceremony(kind, userID string) string {
	return f.sealCeremony(kind, userID, rand.Text(), f.app.now().Add(passkeyLife).Unix())
}

func (f *Factors) sealCeremony(kind, userID, id string, expires int64) string {
	return seal(f.app.keys.factor, id, expires, "passkey\n"+kind+"\n"+userID)
}

// given is a challenge of ours that a passkey has signed, and its id, if it is good for this.
func (f *Factors) given(encoded, kind, userID string) (id, challenge string, err error) {
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	id, expires, ok := parseSealed(string(text))
	if err != nil || !ok || expires <= f.app.now().Unix() || !hmac.Equal(text, []byte(f.sealCeremony(kind, userID, id, expires))) {
		return "", "", notSigned()
	}
	return id, string(text), nil
}

// spent is the operation that uses a challenge up.
func (f *Factors) spent(id string) Op {
	return f.app.taking("passkey "+id, f.app.now().Add(passkeyLife))
}

// refused logs why the library refuses what a passkey has signed.
func (f *Factors) refused(ctx context.Context, err error) error {
	f.app.log.InfoContext(ctx, "a passkey was refused", "error", err)
	return notSigned()
}

func notSigned() error {
	return invalidField("credential", "WRONG", "is not good, or not any more: ask for new options, and pass on what the browser makes of them")
}

func credentialJSON(c *webauthn.Credential) (string, error) {
	kept := *c
	kept.Attestation = webauthn.CredentialAttestation{} // asked for none
	text, err := json.Marshal(kept)
	return string(text), err
}

func optionsJSON(options any) (string, error) {
	text, err := json.Marshal(options)
	return string(text), err
}
