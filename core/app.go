package core

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Config is what an App is made of.
type Config struct {
	Docs    DocStore
	Objects ObjectStore
	// Key is the secret behind every token and signature: at least 32 bytes,
	// the same in every process of one installation.
	Key []byte
	// BaseURL is where clients reach this server, without a slash at the end.
	BaseURL string
	// MaxUpload bounds the size of a file in bytes.
	MaxUpload int64
	// Limits on strangers; a zero Rate means the default.
	Limits Limits
	// SignUpRole is what a stranger who signs up becomes; empty: nobody may.
	SignUpRole Role
	Log        *slog.Logger
	Now        func() time.Time // time.Now when nil
}

// Limits are the rates of what strangers may try.
type Limits struct {
	SignInByAccount Rate
	SignInByAddress Rate // refreshing a session counts too
	SignUpByAddress Rate
}

// defaultLimits suit people; loads of test clients want wider ones.
func defaultLimits() Limits {
	return Limits{
		SignInByAccount: Rate{Burst: 10, Every: 30 * time.Second},
		SignInByAddress: Rate{Burst: 60, Every: 2 * time.Second},
		SignUpByAddress: Rate{Burst: 20, Every: time.Minute},
	}
}

// App is the product: the services of its nouns over two stores.
type App struct {
	Users    *Users
	Sessions *Sessions
	Posts    *Posts
	Assets   *Assets

	docs    DocStore
	objects ObjectStore
	hasher  *hasher
	text    *markdown
	keys    keys
	base    string
	log     *slog.Logger
	stop    context.CancelFunc
	running sync.WaitGroup
}

// New ensures the collections, opens the stream of changes and starts the
// upkeep. Close ends it; the stores stay open.
func New(ctx context.Context, cfg Config) (*App, error) {
	if len(cfg.Key) < 32 {
		return nil, fmt.Errorf("core: the key needs at least 32 bytes")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	specs := []Spec{UserSpec(), SessionSpec(), PostSpec(), AssetSpec()}
	for i := range specs { // every write of a Collection is pinned to a version
		specs[i].Fields = append(specs[i].Fields, Field{Name: "version", Kind: Int})
	}
	if err := cfg.Docs.Ensure(ctx, specs); err != nil {
		return nil, err
	}
	a := &App{docs: cfg.Docs, objects: cfg.Objects, hasher: newHasher(), text: newMarkdown(), base: cfg.BaseURL, log: cfg.Log}
	var err error
	if a.keys, err = deriveKeys(cfg.Key); err != nil {
		return nil, err
	}
	a.Users = &Users{Collection: newCollection[User](cfg.Docs, specs[0], cfg.Now), app: a}
	limits := defaultLimits()
	a.Sessions = &Sessions{
		docs: newCollection[Session](cfg.Docs, specs[1], cfg.Now), app: a, signUpRole: cfg.SignUpRole,
		principals: newCache[seenPrincipal](10_000),
		byAccount:  newLimiter(cfg.Limits.SignInByAccount, limits.SignInByAccount, cfg.Now),
		byAddress:  newLimiter(cfg.Limits.SignInByAddress, limits.SignInByAddress, cfg.Now),
		signUps:    newLimiter(cfg.Limits.SignUpByAddress, limits.SignUpByAddress, cfg.Now),
	}
	a.Posts = &Posts{Collection: newCollection[Post](cfg.Docs, specs[2], cfg.Now), app: a}
	a.Posts.settle = a.Posts.claimDue
	a.Assets = &Assets{Collection: newCollection[Asset](cfg.Docs, specs[3], cfg.Now), app: a, max: cfg.MaxUpload, slots: make(chan struct{}, maxUploads)}

	stream, err := cfg.Docs.Changes(ctx, nil)
	if err != nil {
		return nil, err
	}
	ctx, a.stop = context.WithCancel(context.WithoutCancel(ctx))
	feeds := map[string]listener{a.Posts.spec.Name: a.Posts.feed}
	a.running.Go(func() { listen(ctx, cfg.Docs, feeds, stream, a.log) })
	for _, f := range feeds {
		a.running.Go(func() { f.keepTime(ctx, a.log) })
	}
	a.running.Go(func() { a.Assets.sweep(ctx) })
	return a, nil
}

// Close ends the upkeep and every subscription.
func (a *App) Close() {
	a.stop()
	a.running.Wait()
}

// keys are derived from the secret, one for each purpose (HKDF, RFC 5869).
type keys struct{ access, refresh, url []byte }

func deriveKeys(secret []byte) (k keys, err error) {
	for purpose, key := range map[string]*[]byte{"access": &k.access, "refresh": &k.refresh, "url": &k.url} {
		if *key, err = hkdf.Key(sha256.New, secret, nil, "grapnel/"+purpose, 32); err != nil {
			return keys{}, err
		}
	}
	return k, nil
}

// Node is any object by its global id; NOT_FOUND when there is none for the caller.
func (a *App) Node(ctx context.Context, id string) (Node, error) {
	list, err := a.Nodes(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	if list[0] == nil {
		return nil, Errorf(NotFound, "There is no such object.")
	}
	return list[0], nil
}

// Nodes is the objects with these ids, nil where there is none for the caller:
// one storage call for each type.
func (a *App) Nodes(ctx context.Context, ids []string) ([]Node, error) {
	if len(ids) > MaxPage {
		return nil, invalidField("ids", "TOO_MANY", fmt.Sprintf("must hold at most %d ids", MaxPage))
	}
	out := make([]Node, len(ids))
	for _, get := range []func() error{
		func() error { return fill(ctx, a.Users.Collection, ids, out) },
		func() error { return fill(ctx, a.Posts.Collection, ids, out) },
		func() error { return fill(ctx, a.Assets.Collection, ids, out) },
	} {
		if err := get(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fill puts the documents of one collection in the places of their ids.
func fill[T any](ctx context.Context, c *Collection[T], ids []string, out []Node) error {
	var own []string
	for _, id := range ids {
		if typeOf(id) == c.spec.Prefix {
			own = append(own, id)
		}
	}
	if len(own) == 0 {
		return nil
	}
	docs, err := c.GetMany(ctx, own)
	if err != nil {
		return err
	}
	n := 0
	for i, id := range ids {
		if typeOf(id) != c.spec.Prefix {
			continue
		}
		if docs[n] != nil {
			out[i] = any(docs[n]).(Node)
		}
		n++
	}
	return nil
}
