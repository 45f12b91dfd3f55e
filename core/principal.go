package core

import (
	"context"
	"time"
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
	system    bool
}

// SignedIn reports whether the caller is a user.
func (p Principal) SignedIn() bool { return p.UserID != "" }

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

// AsSystem lets the product itself act, past every rule: for commands,
// sessions and upkeep, never on behalf of a caller.
func AsSystem(ctx context.Context) context.Context {
	return WithPrincipal(ctx, Principal{system: true})
}

// Client is where a request comes from, as far as core must know.
type Client struct {
	// Address is the client's IP address: the peer's or, behind a trusted
	// proxy, the one it reports. Limits per address count by it.
	Address string
	// Cookies carries a session for browsers that ask for it; nil where no
	// cookie can be set, as on a WebSocket.
	Cookies SessionCookies
}

// SessionCookies is the cookie side of one HTTP request.
type SessionCookies interface {
	// RefreshToken is the one that the request brought; "" for none.
	RefreshToken() string
	Set(Tokens)
	Clear()
}

// Tokens is what a signed-in client holds.
type Tokens struct {
	AccessToken      string
	AccessExpiresAt  time.Time
	RefreshToken     string
	RefreshExpiresAt time.Time
}

type clientKey struct{}

// WithClient puts the client into the context.
func WithClient(ctx context.Context, c Client) context.Context {
	return context.WithValue(ctx, clientKey{}, c)
}

// ClientOf is the client in ctx; the zero Client when there is none.
func ClientOf(ctx context.Context) Client {
	c, _ := ctx.Value(clientKey{}).(Client)
	return c
}
