package core

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"image/png"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

const (
	// recoveryCodes is how many of them an account gets.
	recoveryCodes = 10
	// totpPeriod is how long an app shows one code, and totpSkew how many before and after the
	// present one are taken (RFC 6238, section 5.2).
	totpPeriod = 30 * time.Second
	totpSkew   = 1
	// qrSize is the width of the picture that apps scan, in pixels.
	qrSize = 240
)

// authenticator is an app that shows codes for an account (TOTP, RFC 6238), and the recovery
// codes for when it is lost. The secret of the app is a keyed hash of what stands here, as the
// recovery codes are here by theirs: so neither the database nor the server's key alone can
// make a code.
type authenticator struct {
	Head   `bson:",inline"`
	UserID string `bson:"userId"`
	Seed   string `bson:"seed"` // random
	// Step is of the newest code that was used: none up to it is good.
	Step          int64    `bson:"step"`
	RecoveryCodes []string `bson:"recoveryCodes"` // see recoveryHash
}

// authenticatorSpec describes them. No type of a schema can have a name with an underscore first.
func authenticatorSpec() Spec {
	return Spec{
		Name: "_authenticators", Prefix: "_authenticator",
		Fields:   []Field{{Name: "userId"}},
		Indexes:  [][]string{{"userId"}},
		Personal: "userId",
	}
}

func (a *authenticator) told() (string, map[string]any) {
	return "Authenticator", map[string]any{"recoveryCodesLeft": len(a.RecoveryCodes)}
}

// AuthenticatorSetUp is what an app needs to show codes for an account, until it is confirmed.
type AuthenticatorSetUp struct {
	Token  string // for ConfirmAuthenticator
	Secret string // base32, to be typed
	URI    string // otpauth://
	QRCode string // the same as a picture, a data: URI of PNG
}

// SetUpAuthenticator makes a secret for an app of the caller. Nothing is stored, and an app from
// before stays good, until [Factors.ConfirmAuthenticator] has a code of it.
func (f *Factors) SetUpAuthenticator(ctx context.Context) (*AuthenticatorSetUp, error) {
	user, _, err := f.owner(ctx)
	if err != nil {
		return nil, err
	}
	site, err := f.app.siteSettings(ctx)
	if err != nil {
		return nil, err
	}
	seed := rand.Text()
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: cmp.Or(site.Title, f.app.base), AccountName: user.Email, Secret: f.secret(user.ID, seed),
	})
	if err != nil {
		return nil, err
	}
	picture, err := key.Image(qrSize, qrSize)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return nil, err
	}
	return &AuthenticatorSetUp{
		Token: f.sealSetUp(user, seed, f.app.now().Add(factorLife).Unix()), Secret: key.Secret(), URI: key.URL(),
		QRCode: "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()),
	}, nil
}

func (f *Factors) sealSetUp(user *User, seed string, expires int64) string {
	return seal(f.app.keys.factor, seed, expires, "set-up\n"+user.ID+"\n"+accountState(user))
}

// secret is what an app shares with the server (20 bytes, as RFC 4226 recommends).
func (f *Factors) secret(userID, seed string) []byte {
	return f.hash("app\n" + userID + "\n" + seed)[:20]
}

func (f *Factors) hash(text string) []byte {
	mac := hmac.New(sha256.New, f.app.keys.factor)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// ConfirmAuthenticator has the account ask for codes of the app of a set-up from now on, once
// it shows the right one, instead of any other app. The recovery codes are told this once.
func (f *Factors) ConfirmAuthenticator(ctx context.Context, token, code string) (*User, []string, error) {
	user, session, err := f.owner(ctx)
	if err != nil {
		return nil, nil, err
	}
	seed, expires, ok := parseSealed(token)
	if !ok || expires <= f.app.now().Unix() || !hmac.Equal([]byte(token), []byte(f.sealSetUp(user, seed, expires))) {
		return nil, nil, invalidField("token", "WRONG", "is not good, or not any more: begin the set-up anew")
	}
	a := &authenticator{UserID: user.ID, Seed: seed}
	isRight, err := f.app.Sessions.judged(ctx, user.ID, session.ID, func() (isRight bool, err error) {
		a.Step, isRight = f.step(a, code)
		return isRight, nil
	})
	if err == nil && !isRight {
		err = invalidField("code", "WRONG", "is not what the app shows now: see that it has the newest secret, and that the clock of its device is right")
	}
	if err != nil {
		return nil, nil, err
	}
	codes := f.newRecoveryCodes(a)
	f.authenticators.stamp(a)
	defer f.app.Mails.wake.ring()
	user, err = f.app.Users.update(AsSystem(ctx), user.ID, nil, func(user *User) ([]Op, error) {
		now := Millis(f.app.now())
		user.SecondFactorAt = &now
		told, err := f.app.Mails.to(AsSystem(ctx), user, "second-factor-on")
		return []Op{f.authenticators.deleteOf(user.ID), f.authenticators.insert(a), f.shownIn(session), told}, err
	})
	if err != nil {
		return nil, nil, err
	}
	f.app.Sessions.forget(user.ID)
	return user, codes, nil
}

// shownIn notes that a factor was shown in a session.
func (f *Factors) shownIn(session *Session) Op {
	return Op{Kind: OpUpdate, Coll: f.app.Sessions.docs.spec.Name, Filter: Eq("_id", session.ID), Patch: Patch{Set("factor", factorShown)}, Optional: true}
}

// RemoveAuthenticator has the caller's account ask for no codes any more. Every remembered
// device is forgotten.
func (f *Factors) RemoveAuthenticator(ctx context.Context) (*User, error) {
	user, _, err := f.owner(ctx)
	if err != nil {
		return nil, err
	}
	defer f.app.Mails.wake.ring()
	user, err = f.app.Users.update(AsSystem(ctx), user.ID, nil, func(user *User) ([]Op, error) {
		ops, err := f.off(ctx, user)
		if err != nil {
			return nil, err
		}
		left, err := f.any(AsSystem(ctx), user)
		if !left {
			ops = append(ops, f.weaken(user))
		}
		return ops, err
	})
	if err == nil {
		f.app.Sessions.forget(user.ID)
	}
	return user, err
}

// off is what is written along when an account has no second factor any more.
func (f *Factors) off(ctx context.Context, user *User) ([]Op, error) {
	if user.SecondFactorAt == nil {
		return nil, nil
	}
	user.SecondFactorAt, user.DeviceSeed = nil, rand.Text()
	told, err := f.app.Mails.to(AsSystem(ctx), user, "second-factor-off")
	return []Op{f.authenticators.deleteOf(user.ID), told}, err
}

// RenewRecoveryCodes gives the caller new recovery codes, told this once, instead of those from
// before.
func (f *Factors) RenewRecoveryCodes(ctx context.Context) (*User, []string, error) {
	user, _, err := f.owner(ctx)
	if err != nil {
		return nil, nil, err
	}
	a, err := f.of(ctx, user)
	if Is(err, NotFound) {
		err = Errorf(Invalid, "The account has no second factor: set up an app first.")
	}
	if err != nil {
		return nil, nil, err
	}
	next := *a
	codes := f.newRecoveryCodes(&next)
	err = f.store(ctx, a, &next)
	if raced(err) {
		err = Errorf(Conflict, "The second factor was used or changed at the same moment; try again.")
	}
	return user, codes, err
}

// RecoveryCodesLeft is how many recovery codes a user has; nil without a second factor, and for
// a caller who is neither that user nor an administrator.
func (f *Factors) RecoveryCodesLeft(ctx context.Context, user *User) (*int32, error) {
	if user.SecondFactorAt == nil || !sees(ctx, user) {
		return nil, nil
	}
	a, err := f.of(ctx, user)
	if Is(err, NotFound) { // taken away at this moment
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	left := int32(len(a.RecoveryCodes))
	return &left, nil
}

// of is the app of a user.
func (f *Factors) of(ctx context.Context, user *User) (*authenticator, error) {
	return f.authenticators.First(AsSystem(ctx), Eq("userId", user.ID))
}

// store writes what next makes of an app, if it is still as it was read; else *NoMatch.
func (f *Factors) store(ctx context.Context, a, next *authenticator) error {
	next.Version++
	next.UpdatedAt = Millis(f.app.now())
	return f.authenticators.docs.Write(ctx, Op{Kind: OpUpdate, Coll: f.authenticators.spec.Name, Filter: f.authenticators.exactly(a, All), Patch: diff(a, next)})
}

// takeCode uses a code of the user up, of the app or for recovery, and reports whether it was one.
func (f *Factors) takeCode(ctx context.Context, user *User, typed string) (bool, error) {
	a, err := f.of(ctx, user)
	if Is(err, NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	next := *a
	if step, ok := f.step(a, typed); ok {
		next.Step = step
	} else if i := slices.Index(a.RecoveryCodes, f.recoveryHash(user.ID, typed)); i >= 0 {
		next.RecoveryCodes = slices.Delete(slices.Clone(a.RecoveryCodes), i, i+1)
	} else {
		return false, nil
	}
	err = f.store(ctx, a, &next)
	if raced(err) { // somebody else was first
		return false, nil
	}
	return err == nil, err
}

// step is which code of the app was typed, if it is good now and later than any that was used.
func (f *Factors) step(a *authenticator, typed string) (step int64, ok bool) {
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(f.secret(a.UserID, a.Seed))
	now := f.app.now().Unix() / int64(totpPeriod.Seconds())
	for step = max(now-totpSkew, a.Step+1); step <= now+totpSkew; step++ {
		isRight, err := hotp.ValidateCustom(compact(typed), uint64(step), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && isRight {
			return step, true
		}
	}
	return 0, false
}

// newRecoveryCodes gives an app new ones: 50 bits each, in groups that people can type.
func (f *Factors) newRecoveryCodes(a *authenticator) []string {
	codes := make([]string, recoveryCodes)
	a.RecoveryCodes = make([]string, recoveryCodes)
	for i := range codes {
		text := strings.ToLower(rand.Text())
		codes[i] = text[:5] + "-" + text[5:10]
		a.RecoveryCodes[i] = f.recoveryHash(a.UserID, codes[i])
	}
	return codes
}

func (f *Factors) recoveryHash(userID, typed string) string {
	code := strings.ToLower(strings.ReplaceAll(compact(typed), "-", ""))
	return base64.RawURLEncoding.EncodeToString(f.hash("recovery\n" + userID + "\n" + code))
}

// compact is a code without the spaces that people type in it.
func compact(code string) string { return strings.Join(strings.Fields(code), "") }
