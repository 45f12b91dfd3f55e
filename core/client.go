package core

import (
	"context"
	"net/netip"
)

// Client is where a request comes from, as far as core must know.
type Client struct {
	// Address is the client's IP address: the peer's or, behind a trusted
	// proxy, the one it reports.
	Address string
	// UserAgent is what the client calls itself, at most 512 bytes of it.
	UserAgent string
	// Cookies carries a session for browsers that ask for it; nil where no
	// cookie can be set, as on a WebSocket.
	Cookies SessionCookies
}

// Network is what limits count clients by: an IPv4 address or, as one customer
// gets so many, the 64 bits that an IPv6 address begins with.
func (c Client) Network() string { return c.prefix(64) }

// block is the networks that one customer may have: an IPv4 address or, as providers
// hand them out, the 48 bits that an IPv6 address begins with.
func (c Client) block() string { return c.prefix(48) }

// prefix is the address of IPv4, or so many bits of IPv6.
func (c Client) prefix(bits int) string {
	a, err := netip.ParseAddr(c.Address)
	if err != nil || !a.Is6() || a.Is4In6() {
		return c.Address
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return c.Address
	}
	return p.String()
}

// SessionCookies is the cookie side of one HTTP request.
type SessionCookies interface {
	// Held reports whether the request is its session's by cookies alone.
	Held() bool
	// RefreshToken is the one that the request brought; "" for none.
	RefreshToken() string
	Set(Tokens)
	// Clear ends the session; the devices stay.
	Clear()
	// DeviceTokens are those that the request brought, the newest first.
	DeviceTokens() []string
	// SetDevice adds a device token, or renews one.
	SetDevice(token string)
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
