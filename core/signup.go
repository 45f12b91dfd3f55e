package core

import (
	"context"
	"crypto/rand"
)

// Admission is what became of a sign-up: an account with its first session, or a mail.
type Admission struct {
	User     *User // nil: there is one once the link in the mail is opened
	Tokens   Tokens
	MailedTo string // the address, as accounts have it; empty when there is an account
}

// errClosed is the error of a sign-up where there is none.
var errClosed = Errorf(Forbidden, "Only an administrator can make accounts here.")

// SignUp makes an account and starts its first session. Where addresses are verified first
// ([Config.VerifySignUps]) it has a link mailed instead, whose token makes the account; see
// [Sessions.ConfirmSignUp].
func (s *Sessions) SignUp(ctx context.Context, d UserDraft) (Admission, error) {
	role, err := s.admits(ctx)
	if err == nil {
		err = s.signUps.Take(ClientOf(ctx).Network(), 1)
	}
	if err != nil {
		return Admission{}, err
	}
	if s.app.Recovery.verifySignUps {
		address, err := s.app.Recovery.signUp(ctx, d)
		return Admission{MailedTo: address}, err
	}
	user, err := s.app.Users.Register(AsSystem(ctx), d, role)
	if err != nil {
		return Admission{}, err
	}
	user, tokens, err := s.start(ctx, user, rand.Text(), noFactor)
	return Admission{User: user, Tokens: tokens}, err
}

// ConfirmSignUp takes the token of a verified sign-up and the password that was chosen there,
// makes the account and starts its first session. Without the password whoever opens a link
// would make an account that a stranger has asked for, and can sign in to.
func (s *Sessions) ConfirmSignUp(ctx context.Context, token, password string) (*User, Tokens, error) {
	ch, _, err := s.app.Recovery.challenges.held(ctx, token, signsUp)
	if err != nil {
		return nil, Tokens{}, err
	}
	spellings := storedPasswords(password)
	if len(spellings) == 0 {
		return nil, Tokens{}, noPassword("password", password)
	}
	match, err := s.verify(ctx, &User{PasswordHash: ch.Draft.PasswordHash}, spellings, ch.ID, "")
	if err == nil && match < 0 {
		err = invalidField("password", "WRONG", "is not the one that was chosen at the sign-up")
	}
	if err != nil {
		return nil, Tokens{}, err
	}
	role, err := s.admits(ctx)
	if err != nil {
		return nil, Tokens{}, err
	}
	user := &User{Username: ch.Draft.Username, DisplayName: ch.Draft.DisplayName, PasswordHash: ch.Draft.PasswordHash, Email: ch.Address, Role: role}
	if err := s.app.Recovery.admit(ctx, ch, user); err != nil {
		return nil, Tokens{}, err
	}
	return s.start(ctx, user, rand.Text(), noFactor)
}

// admits is what strangers who sign up become, unless nobody may.
func (s *Sessions) admits(ctx context.Context) (Role, error) {
	if s.signUpRole == "" {
		return "", errClosed
	}
	site, err := s.app.siteSettings(ctx)
	if err == nil && site.Registration == registrationClosed {
		err = errClosed
	}
	return s.signUpRole, err
}

// accountDraft is an account that is made once its address has shown to be somebody's.
type accountDraft struct {
	Username     string  `bson:"username"`
	DisplayName  *string `bson:"displayName"`
	PasswordHash string  `bson:"passwordHash"`
}

// signUp mails the address of a draft a link that makes the account. It answers before
// anybody looks whether there is one with this address, so the answer and its time are the
// same for every address; usernames are no secret.
func (r *Recovery) signUp(ctx context.Context, d UserDraft) (address string, err error) {
	user, password, err := newUser(d)
	if err != nil {
		return "", err
	}
	if err := r.app.Users.usernameTaken(ctx, user.Username); err != nil {
		return "", err
	}
	if err := r.mayMail(ctx, user.Email); err != nil {
		return "", err
	}
	if user.PasswordHash, err = r.app.hasher.hash(ctx, password); err != nil {
		return "", err
	}
	return user.Email, r.afterwards(ctx, "the mail of a sign-up", func(ctx context.Context) error {
		ops, err := r.answerSignUp(ctx, user)
		if err != nil {
			return err
		}
		return r.write(ctx, ops)
	})
}

// answerSignUp is what a sign-up writes: a secret that makes the account, or a mail to the
// owner of the address that they have one.
func (r *Recovery) answerSignUp(ctx context.Context, user *User) ([]Op, error) {
	owner, err := r.app.Users.ByEmail(ctx, user.Email)
	switch {
	case err == nil:
		told, err := r.app.Mails.to(ctx, owner, "sign-up-known")
		return []Op{told}, err
	case !Is(err, NotFound):
		return nil, err
	}
	return r.challenges.mailed(ctx, user, &challenge{Purpose: signsUp, Address: user.Email, Draft: &accountDraft{user.Username, user.DisplayName, user.PasswordHash}})
}

// admit makes the account that a mailed secret is for, once, together with the other operations.
func (r *Recovery) admit(ctx context.Context, ch *challenge, user *User, also ...Op) error {
	r.verified(user)
	also = append(also, r.challenges.spent(ch))
	err := r.app.Users.add(AsSystem(ctx), user, append(also, appoint(user.Role)...))
	if Is(err, Conflict) { // by this secret, perhaps
		if _, gone := r.challenges.Get(AsSystem(ctx), ch.ID); Is(gone, NotFound) {
			err = notGood()
		}
	}
	if raced(err) {
		err = notGood()
	}
	return err
}
