package core

import (
	"context"
	"time"
)

const (
	// maxAsked is how many requests for mails are worked on after their answer.
	maxAsked = 64
	// askedLife is how long one of them may take.
	askedLife = 30 * time.Second
)

// Recovery is the service of addresses: who reads what comes to one may verify it, and get
// a new password by it.
type Recovery struct {
	app        *App
	challenges *challenges
	byClient   *Limiter
	byReceiver *Limiter
	asked      chan struct{} // holds one for each request that is worked on

	verifySignUps bool // see Config.VerifySignUps
}

// RequestPasswordReset has the owner of an address mailed a link that lets them choose a new
// password: the address, as accounts have it.
func (r *Recovery) RequestPasswordReset(ctx context.Context, email string) (address string, err error) {
	return r.request(ctx, email, resetsPassword)
}

// request has the owner of an address mailed a secret. It answers before anybody looks whether
// there is an account, so the answer and its time are the same for every address: the address,
// as accounts have it.
func (r *Recovery) request(ctx context.Context, email string, p purpose) (address string, err error) {
	var check Checker
	address = check.email(email)
	if err := check.Err(); err != nil {
		return "", err
	}
	if err := r.mayMail(ctx, address); err != nil {
		return "", err
	}
	return address, r.afterwards(ctx, "a requested mail", func(ctx context.Context) error {
		user, err := r.app.Users.ByEmail(ctx, email)
		if err == nil && user.SuspendedAt == nil {
			err = r.mail(ctx, user, p, user.Email)
		}
		if Is(err, NotFound) || Is(err, RateLimited) { // their last mails are good still
			return nil
		}
		return err
	})
}

// afterwards does, for the system, what the answer to a request must not depend on.
func (r *Recovery) afterwards(ctx context.Context, what string, work func(context.Context) error) error {
	select {
	case r.asked <- struct{}{}:
	default:
		return &Error{Code: RateLimited, RetryAfter: time.Second, Message: "Too many ask for a mail at this moment; try again."}
	}
	ctx = context.WithValue(AsSystem(ctx), readingKey{}, (*Reading)(nil)) // which ends with the answer
	begun := r.app.goOn(ctx, askedLife, func(ctx context.Context) {
		defer func() { <-r.asked }()
		if err := work(ctx); err != nil {
			r.app.log.WarnContext(ctx, what+" was not written", "error", err)
		}
	})
	if !begun {
		<-r.asked
		return Errorf(Unavailable, "The server is being stopped; try again.")
	}
	return nil
}

// ResetPassword gives the owner of a mailed token a new password and ends all sessions. The
// token came by the address, which is verified thereby. The address is returned.
func (r *Recovery) ResetPassword(ctx context.Context, token, password string) (email string, err error) {
	s := r.app.Sessions
	if err := s.byAddress.Take(ClientOf(ctx).Network(), 1); err != nil {
		return "", err
	}
	_, user, err := r.challenges.held(ctx, token, resetsPassword)
	if err != nil {
		return "", err
	}
	var check Checker
	password = check.password("password", password, user)
	if err := check.Err(); err != nil {
		return "", err
	}
	hash, err := r.app.hasher.hash(ctx, password)
	if err != nil {
		return "", err
	}
	user, err = r.use(ctx, token, func(user *User, _ *challenge) ([]Op, error) {
		also := r.app.Users.signOut(user)
		if user.EmailVerifiedAt == nil { // a stranger may have made the account, and ways in of theirs
			factors, err := r.app.Factors.all(ctx, user)
			if err != nil {
				return nil, err
			}
			also = append(append(also, factors...), r.app.Providers.identities.deleteOf(user.ID), r.app.APIKeys.deleteOf(user.ID))
		}
		user.PasswordHash = hash
		r.verified(user)
		told, err := r.app.Mails.to(ctx, user, "password-changed")
		return append(also, told), err
	}, resetsPassword)
	if err != nil {
		return "", err
	}
	s.forget(user.ID)
	s.guesses.forget(user.ID) // they were about the old one
	return user.Email, nil
}

// RequestEmailVerification mails the caller a link by which they show that their address is
// theirs; nothing when they have shown it.
func (r *Recovery) RequestEmailVerification(ctx context.Context) (*User, error) {
	user, err := r.caller(ctx)
	if err != nil || user.EmailVerifiedAt != nil {
		return user, err
	}
	if err := r.mayMail(ctx, user.Email); err != nil {
		return nil, err
	}
	return user, r.mail(ctx, user, verifiesEmail, user.Email)
}

// ChangeEmail mails a link to a new address for the caller, who knows the password. The
// account has it once [Recovery.VerifyEmail] has the token, unless another has it then.
func (r *Recovery) ChangeEmail(ctx context.Context, email, password string) (*User, error) {
	user, err := r.caller(ctx)
	if err != nil {
		return nil, err
	}
	var check Checker
	address := check.email(email)
	if address == user.Email {
		check.Add("email", "SAME", "is your address already", nil)
	}
	if err := check.Err(); err != nil {
		return nil, err
	}
	if err := r.mayMail(ctx, address); err != nil {
		return nil, err
	}
	if err := r.app.Sessions.checkPassword(ctx, user, "password", password); err != nil {
		return nil, err
	}
	if !r.verifySignUps { // else nobody learns who has an account: VerifyEmail tells who reads the mail
		if err := r.app.Users.emailTaken(ctx, user, address); err != nil {
			return nil, err
		}
	}
	return user, r.mail(ctx, user, changesEmail, address)
}

// VerifyEmail takes a token that was mailed to an address: it is its owner's, and becomes
// that of the account if it was not; the one before is told. The address is returned.
func (r *Recovery) VerifyEmail(ctx context.Context, token string) (email string, err error) {
	if err := r.app.Sessions.byAddress.Take(ClientOf(ctx).Network(), 1); err != nil {
		return "", err
	}
	user, err := r.use(ctx, token, func(user *User, ch *challenge) (also []Op, err error) {
		if ch.Purpose == changesEmail {
			also, err = r.moveTo(ctx, user, ch.Address)
		}
		r.verified(user)
		return also, err
	}, verifiesEmail, changesEmail)
	if err != nil {
		return "", err
	}
	return user.Email, nil
}

// moveTo gives the account another address, and tells the one before.
func (r *Recovery) moveTo(ctx context.Context, user *User, address string) ([]Op, error) {
	if err := r.app.Users.emailTaken(ctx, user, address); err != nil {
		return nil, err
	}
	told, err := r.app.Mails.to(ctx, user, "email-changed")
	user.setEmail(address)
	return []Op{told}, err
}

// verified notes that the address has shown to be the user's.
func (r *Recovery) verified(user *User) {
	if user.EmailVerifiedAt == nil {
		now := Millis(r.app.now())
		user.EmailVerifiedAt = &now
	}
}

// caller is the user who calls.
func (r *Recovery) caller(ctx context.Context) (*User, error) {
	p, err := inPerson(ctx)
	if err != nil {
		return nil, err
	}
	return r.app.Users.Get(ctx, p.UserID)
}

// mayMail counts a mail that a client wants sent to an address, whoever has it.
func (r *Recovery) mayMail(ctx context.Context, address string) error {
	if err := r.byClient.Take(ClientOf(ctx).Network(), 1); err != nil {
		return err
	}
	return r.byReceiver.Take(digest(address), 1)
}

// mail writes a secret together with its mail.
func (r *Recovery) mail(ctx context.Context, user *User, p purpose, address string) error {
	ops, err := r.challenges.issue(ctx, user, p, address)
	if err != nil {
		return err
	}
	return r.write(ctx, ops)
}

// write carries out operations among which there is a mail.
func (r *Recovery) write(ctx context.Context, ops []Op) error {
	defer r.app.Mails.wake.ring()
	return r.app.docs.Write(ctx, ops...)
}

// use is challenges.use, of which mails tell.
func (r *Recovery) use(ctx context.Context, token string, change func(*User, *challenge) ([]Op, error), purposes ...purpose) (*User, error) {
	defer r.app.Mails.wake.ring()
	return r.challenges.use(ctx, token, change, purposes...)
}
