package core

import (
	"cmp"
	"context"
)

// Role is what a user may do beyond owning things. Each role includes the
// rights of those before it.
type Role string

// The roles, least first. A visitor has none.
const (
	Member Role = "MEMBER"
	Author Role = "AUTHOR"
	Editor Role = "EDITOR"
	Admin  Role = "ADMIN"
)

// AtLeast reports whether r includes the rights of want.
func (r Role) AtLeast(want Role) bool { return rank[r] >= rank[want] }

var rank = map[Role]int{Member: 1, Author: 2, Editor: 3, Admin: 4}

// Principal is who calls. The zero Principal is a visitor.
type Principal struct {
	UserID    string
	Role      Role
	SessionID string
	// KeyID is the API key that calls, as a user or as itself; "" where no key does. Role is
	// what the key and its user both have.
	KeyID   string
	keyHash string
	scope   keyScope
	system  bool
}

// SignedIn reports whether the caller is a user, or an API key that acts as one.
func (p Principal) SignedIn() bool { return p.UserID != "" }

// Account is by what usage is counted: the user, or the API key that acts as itself; "" for a
// visitor.
func (p Principal) Account() string { return cmp.Or(p.UserID, p.KeyID) }

// inPerson is the caller, who must be a user: API keys act on records, and never on accounts
// and what opens them.
func inPerson(ctx context.Context) (Principal, error) {
	p := PrincipalOf(ctx)
	switch {
	case p.KeyID != "":
		return p, notByKey()
	case !p.SignedIn():
		return p, denied(ctx)
	}
	return p, nil
}

func notByKey() error { return Errorf(Forbidden, "No API key may do this: sign in.") }

type principalKey struct{}

// WithPrincipal puts the caller into the context.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalOf is the caller in ctx; a visitor when there is none.
func PrincipalOf(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}

// AsSystem lets the product itself act, past every rule: for commands, sessions
// and upkeep. Code that does so for a caller checks first what the caller may do.
func AsSystem(ctx context.Context) context.Context {
	return WithPrincipal(ctx, Principal{system: true})
}
