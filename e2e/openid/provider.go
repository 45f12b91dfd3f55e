// Package openid runs an OpenID provider that others have made, for tests: that of
// github.com/zitadel/oidc with the storage and the login page of its example.
package openid

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/text/language"
)

// What every provider knows.
const (
	ClientID     = "grapnel"
	ClientSecret = "a secret of the client"
	Password     = "verysecure" // of each user
)

// Provider is one that runs on the loopback interface. Its users are ada, whose address
// ada@example.org it knows to be hers, and eve, of whose eve@example.org it does not know that.
// The client may return to /sign-in/…/callback of any port of this machine.
type Provider struct {
	Issuer string

	keys   *keys
	server *http.Server
}

// Start runs a provider on a free port.
func Start() (*Provider, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Provider{Issuer: fmt.Sprintf("http://%s/", l.Addr())}
	p.keys = &keys{Storage: storage.NewStorageWithClients(users{}, map[string]*storage.Client{ClientID: storage.WebClient(ClientID, ClientSecret, "http://127.0.0.1/unused")})}
	if err := p.Rotate(); err != nil {
		return nil, err
	}
	p.server = &http.Server{Handler: exampleop.SetupServer(p.Issuer, p.keys, nil, false), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(l) }()
	return p, nil
}

// Close ends the provider.
func (p *Provider) Close() error { return p.server.Close() }

// Rotate gives the provider another key: it knows the one before no longer.
func (p *Provider) Rotate() error {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	p.keys.mu.Lock()
	defer p.keys.mu.Unlock()
	p.keys.now = key{uuid.NewString(), private}
	return nil
}

// Key is its key, and the id of it.
func (p *Provider) Key() (id string, private *rsa.PrivateKey) {
	p.keys.mu.Lock()
	defer p.keys.mu.Unlock()
	return p.keys.now.id, p.keys.now.private
}

// Sign is a token with any claims, signed as the provider does.
func (p *Provider) Sign(claims map[string]any) (string, error) {
	id, private := p.Key()
	return Sign(jose.RS256, id, private, claims)
}

// Sign is a token with any claims, signed by any key.
func Sign(alg jose.SignatureAlgorithm, id string, key any, claims map[string]any) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", id).WithType("JWT"))
	if err != nil {
		return "", err
	}
	return jwt.Signed(signer).Claims(claims).Serialize()
}

// keys is the storage of the example with keys that change.
type keys struct {
	*storage.Storage

	mu  sync.Mutex
	now key
}

func (k *keys) SigningKey(context.Context) (op.SigningKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.now, nil
}

func (k *keys) KeySet(context.Context) ([]op.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return []op.Key{public{k.now}}, nil
}

func (k *keys) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := k.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	return client{c}, nil
}

// key is a key that signs, public the same for those who verify.
type key struct {
	id      string
	private *rsa.PrivateKey
}

func (k key) ID() string                                  { return k.id }
func (k key) Key() any                                    { return k.private }
func (k key) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }

type public struct{ key }

func (p public) Key() any                           { return &p.private.PublicKey }
func (p public) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (p public) Use() string                        { return "sig" }

// client returns to any port of this machine, for nobody knows it beforehand.
type client struct{ op.Client }

func (client) RedirectURIGlobs() []string {
	return []string{"http://127.0.0.1:*/sign-in/*/callback", "http://localhost:*/sign-in/*/callback"}
}

func (client) PostLogoutRedirectURIGlobs() []string { return nil }

// users are those of every provider.
type users struct{}

func (users) GetUserByID(id string) *storage.User {
	if id != "ada" && id != "eve" {
		return nil
	}
	return &storage.User{ID: id, Username: id, Password: Password, FirstName: id, LastName: "Example", Email: id + "@example.org", EmailVerified: id == "ada", PreferredLanguage: language.English}
}

func (u users) GetUserByUsername(name string) *storage.User { return u.GetUserByID(name) }

func (users) ExampleClientID() string { return storage.ServiceUserID }
