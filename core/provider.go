package core

import (
	"context"
	"errors"
	"time"
)

// IdentityProvider is the port to a service at which people sign in and that says who they are:
// an OpenID provider, or an OAuth2 server with an API that tells it. Implementations are safe
// for use by several goroutines, and each call ends within [ProviderLimit].
//
// An error that is [ErrNotProven] says that nobody has shown who they are; any other one that
// the provider could not be asked.
type IdentityProvider interface {
	// Name is the provider's, in addresses and in what is stored: a-z, 0-9 and -.
	Name() string
	// Label is its name for people.
	Label() string
	// AuthURL is the page of the provider at which people sign in, and from which they come
	// to f.RedirectURL.
	AuthURL(ctx context.Context, f ProviderFlow) (string, error)
	// Exchange is who has signed in, by the code that the provider gave to the browser. Issuer
	// is what was told along with it (RFC 9207), or empty.
	Exchange(ctx context.Context, f ProviderFlow, code, issuer string) (Claims, error)
	// VerifyIDToken is who an id token is of that an app has got (OpenID Connect Core, 3.1.3.7),
	// whose nonce must be the given one.
	VerifyIDToken(ctx context.Context, token, nonce string) (Claims, error)
}

// ProviderLimit is how long one call of an [IdentityProvider] may take.
const ProviderLimit = 10 * time.Second

// ErrNotProven says that a code or an id token is not good.
var ErrNotProven = errors.New("the provider's word is not good here")

// ProviderFlow is what binds the parts of one sign-in at a provider together.
type ProviderFlow struct {
	RedirectURL string // of ours, and of this provider alone
	State       string
	Nonce       string // in the id token
	Verifier    string // whose S256 the provider gets first (RFC 7636)
}

// Claims are who somebody is, as a provider says.
type Claims struct {
	Issuer  string // together with Subject it names them for good
	Subject string
	Email   string // empty: it tells none
	// EmailVerified says that the provider has made sure that the address is theirs.
	EmailVerified bool
	Name          string    // empty: it tells none
	Expires       time.Time // of the id token
}
