package core

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
)

// maxIdentities is how many identities an account may have.
const maxIdentities = 20

// Identity is somebody at a provider, who signs in to an account here by it. Its id follows from
// who that is, so that there is one of each.
type Identity struct {
	Head     `bson:",inline"`
	UserID   string `bson:"userId"`
	Provider string `bson:"provider"` // see IdentityProvider.Name
	Issuer   string `bson:"issuer"`
	Subject  string `bson:"subject"`
	// Email is the address that the provider told when the identity was linked, for people to
	// know it again; nil: none.
	Email *string `bson:"email"`
}

// identitySpec describes identities, which only the system reads and writes. No type of a schema
// can have a name with an underscore first.
func identitySpec() Spec {
	return Spec{
		Name: "_identities", Prefix: "_identity",
		Fields:   []Field{{Name: "userId"}},
		Indexes:  [][]string{{"userId"}},
		Personal: "userId",
	}
}

// identityID is the id of who has a subject at an issuer.
func identityID(issuer, subject string) string {
	return identitySpec().Prefix + "_" + sum(issuer+"\n"+subject)
}

// sum is the SHA-256 of a text, as ids have it.
func sum(text string) string {
	hash := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(hash[:])
}

// identityOf is the new identity of a user.
func (p *Providers) identityOf(user *User, provider string, c Claims) *Identity {
	identity := &Identity{UserID: user.ID, Provider: provider, Issuer: c.Issuer, Subject: c.Subject}
	identity.ID = identityID(c.Issuer, c.Subject)
	if address, ok := emailOf(strings.TrimSpace(c.Email)); ok {
		identity.Email = &address
	}
	p.identities.stamp(identity)
	return identity
}

// Of is the identities of a user, the oldest first; nil for a caller who is neither that user
// nor an administrator.
func (p *Providers) Of(ctx context.Context, user *User) ([]*Identity, error) {
	if !sees(ctx, user) {
		return nil, nil
	}
	list, err := p.of(ctx, user.ID)
	return append([]*Identity{}, list...), err // never nil, which is what others are told
}

func (p *Providers) of(ctx context.Context, userID string) ([]*Identity, error) {
	list, _, err := p.identities.find(AsSystem(ctx), Query{Filter: Eq("userId", userID), Limit: maxIdentities})
	slices.SortFunc(list, func(a, b *Identity) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return list, err
}

// isOf reports whether an identity is a user's at this moment.
func (p *Providers) isOf(ctx context.Context, id, userID string) (bool, error) {
	return exists(AsSystem(ctx), p.app.docs, p.identities.spec.Name, And(Eq("_id", id), Eq("userId", userID)))
}

// Unlink takes an identity from the caller's account, who cannot sign in by it any more, and a
// mail tells them. FORBIDDEN when the account has no other identity and no password.
func (p *Providers) Unlink(ctx context.Context, id string) error {
	caller, _, err := p.app.Factors.owner(ctx)
	if err != nil {
		return err
	}
	defer p.app.Mails.wake.ring()
	_, err = p.app.Users.update(AsSystem(ctx), caller.ID, nil, func(user *User) ([]Op, error) {
		if user.SuspendedAt != nil {
			return nil, denied(ctx)
		}
		list, err := p.of(ctx, user.ID)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(list, func(i *Identity) bool { return i.ID == id })
		if at < 0 {
			return nil, p.identities.notFound()
		}
		if err := p.app.keepsAWayIn(ctx, user); err != nil {
			return nil, err
		}
		told, err := p.app.Mails.to(ctx, user, "identity-unlinked")
		return []Op{{Kind: OpDelete, Coll: p.identities.spec.Name, Filter: p.identities.exactly(list[at], All)}, told}, err
	})
	return err
}

// keepsAWayIn refuses to take away the last way in which a user signs in, beside mailed codes.
func (a *App) keepsAWayIn(ctx context.Context, user *User) error {
	if user.PasswordHash != "" {
		return nil
	}
	ways := 0
	for coll, most := range map[string]int{a.Providers.identities.spec.Name: maxIdentities, a.Factors.passkeys.spec.Name: maxPasskeys} {
		n, err := a.docs.Count(AsSystem(ctx), coll, Query{Filter: Eq("userId", user.ID), Limit: most})
		if err != nil {
			return err
		}
		ways += int(n)
	}
	if ways < 2 {
		return Errorf(Forbidden, "You could not sign in any more: choose a password first, by a link that you have mailed, or add another way.")
	}
	return nil
}
