package core

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// codeLength is how many digits a code has. Of one account 98 are judged within an hour, and
// five may be good at once: one in 200,000 hours would be guessed.
const codeLength, codeRange = 8, 100_000_000

// RequestSignInCode has the owner of an address mailed a code that signs in, as
// [Recovery.RequestPasswordReset] a link: the address, as accounts have it.
func (r *Recovery) RequestSignInCode(ctx context.Context, email string) (address string, err error) {
	return r.request(ctx, email, signsIn)
}

// SignInWithCode takes a mailed code, once, and starts a session. An unknown address gets the
// same answer as a wrong code, and wrong codes count as wrong passwords do; see
// [Sessions.SignIn]. It does not verify the address: whoever made the account may know its
// password still.
func (s *Sessions) SignInWithCode(ctx context.Context, email, code string, devices ...string) (*User, Tokens, error) {
	who, err := s.claimed(ctx, email, devices)
	if err != nil {
		return nil, Tokens{}, err
	}
	isRight, err := s.judged(ctx, who.account, who.known, func() (bool, error) { return s.app.Recovery.takeCode(ctx, who.user, code) })
	if err != nil {
		return nil, Tokens{}, err
	}
	var user *User
	var tokens Tokens
	if isRight {
		user, tokens, err = s.begin(ctx, who, func(now *User) (bool, error) { return accountState(now) == accountState(who.user), nil })
	}
	if err == nil && user == nil {
		err = Errorf(InvalidCredentials, "The code is wrong, or not good any more.")
	}
	return user, tokens, err
}

// takeCode uses a code of the user up, and reports whether it was one.
func (r *Recovery) takeCode(ctx context.Context, user *User, code string) (bool, error) {
	unused, _, err := r.challenges.find(AsSystem(ctx), unusedChallenges(user.ID, signsIn, Millis(r.app.now())))
	if err != nil {
		return false, err
	}
	for _, ch := range unused {
		if hmac.Equal([]byte(compact(code)), []byte(r.challenges.code(ch))) && ch.fits(user, r.app.now()) {
			err := r.challenges.docs.Write(ctx, r.challenges.spent(ch))
			if raced(err) { // somebody else was first
				return false, nil
			}
			return err == nil, err
		}
	}
	return false, nil
}

// code is the secret of a challenge as digits, for people to type.
func (c *challenges) code(ch *challenge) string {
	sum := sha256.Sum256([]byte(c.token(ch)))
	return fmt.Sprintf("%0*d", codeLength, binary.BigEndian.Uint64(sum[:])%codeRange)
}
