package core

import "context"

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
