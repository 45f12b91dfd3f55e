package core

import (
	"cmp"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Config is what an App is made of.
type Config struct {
	// Specs are the types that the schema declares, users, posts and assets
	// among them.
	Specs   []Spec
	Docs    DocStore
	Objects ObjectStore
	// Key is the secret behind every token and signature: at least 32 bytes,
	// the same in every process of one installation.
	Key []byte
	// BaseURL is where clients reach this server, without a slash at the end.
	BaseURL string
	// MaxUpload bounds the size of a file in bytes.
	MaxUpload int64
	// MaxUserFiles bounds the bytes that the files of one user take together, unless it
	// is an administrator; 0: no bound.
	MaxUserFiles int64
	// FileTypes may be uploaded; zero: the usual ones.
	FileTypes FileTypes
	// AccountURL is the page that links in mails lead to, with #reset=TOKEN, #verify=TOKEN,
	// #signup=TOKEN or #invite=TOKEN behind it. Empty: the dashboard.
	AccountURL string
	// Limits on strangers; a zero Rate means the default.
	Limits Limits
	// SignUpRole is what a stranger who signs up becomes; empty: nobody may.
	SignUpRole Role
	// VerifySignUps makes the account of a stranger once they have opened a link that was
	// mailed to its address.
	VerifySignUps bool
	// SecondFactorFrom is the least role for which the site asks for a second factor: a session
	// that began without one has the role below it. Empty: for none.
	SecondFactorFrom Role
	// PasskeyDomain is whose pages may use passkeys, with those of its subdomains: the Relying
	// Party ID of WebAuthn. Empty: the host of BaseURL.
	PasskeyDomain string
	// PasskeyOrigins are the origins of such pages beside that of BaseURL; others are left out.
	PasskeyOrigins []string
	// StrictIndexes refuses lists that no index serves ([Spec.Unserved]),
	// which are otherwise only logged.
	StrictIndexes bool
	// Mailer sends mail. Nil: the mailbox for development, where mails stay in the store and
	// administrators read them.
	Mailer Mailer
	// Providers are those at whom people may sign in elsewhere.
	Providers []IdentityProvider
	// MayReturn reports whether a browser may go on to an address, beside those of this server
	// and the AccountURL, when it comes back from a provider. Nil: to no other one.
	MayReturn func(*url.URL) bool
	// PrintMails has the mails of the mailbox printed to the log, with all that they say.
	PrintMails bool
	// MailTemplates replaces templates of mails; nil: none. See docs/guides/mail.md.
	MailTemplates fs.FS
	Log           *slog.Logger
	Now           func() time.Time // time.Now when nil
}

// Limits are the rates of what strangers may try.
type Limits struct {
	SignInByAddress Rate // refreshing a session counts too
	SignUpByAddress Rate
	MailByClient    Rate // mails that one client has sent, to whomever
	MailByReceiver  Rate // mails that anybody has sent to one address
}

// defaultLimits suit people; loads of test clients want wider ones.
func defaultLimits() Limits {
	return Limits{
		SignInByAddress: Rate{Burst: 60, Every: 2 * time.Second},
		SignUpByAddress: Rate{Burst: 20, Every: time.Minute},
		MailByClient:    Rate{Burst: 20, Every: time.Minute},
		MailByReceiver:  Rate{Burst: 5, Every: 10 * time.Minute},
	}
}

// App is the product: the services of its nouns over two stores.
type App struct {
	Users    *Users
	Sessions *Sessions
	Posts    *Posts
	Assets   *Assets
	Presence *Presence
	Mails    *Mails
	APIKeys  *APIKeys
	Recovery *Recovery
	Factors  *Factors
	// Providers are where people sign in elsewhere.
	Providers *Providers
	// Invitations offers accounts.
	Invitations *Invitations
	// Departures deletes accounts.
	Departures *Departures

	docs           DocStore
	objects        ObjectStore
	administration *Collection[administration]
	taken          *Collection[taken]
	hasher         *hasher
	text           *markdown
	keys           keys
	base           string
	account        string // see Config.AccountURL
	now            func() time.Time
	log            *slog.Logger
	specs          map[string]Spec // by name
	advisor        *advisor
	types          registry
	status         status
	ctx            context.Context // of the upkeep
	stop           context.CancelFunc
	closing        sync.Mutex // of what is begun, and of stop
	running        sync.WaitGroup
}

// New brings the store to what the specs declare, or says why it cannot, opens
// the stream of changes and starts the upkeep. Close ends it; the stores stay
// open.
func New(ctx context.Context, cfg Config) (*App, error) {
	if len(cfg.Key) < 32 {
		return nil, fmt.Errorf("core: the key needs at least 32 bytes")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if len(cfg.FileTypes.names) == 0 {
		cfg.FileTypes = DefaultFileTypes()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := &App{
		docs: cfg.Docs, objects: cfg.Objects, hasher: newHasher(), text: newMarkdown(cfg.BaseURL), base: cfg.BaseURL, account: cmp.Or(cfg.AccountURL, cfg.BaseURL+"/admin/"), now: cfg.Now, log: cfg.Log,
		advisor: newAdvisor(cfg.StrictIndexes, cfg.Log),
	}
	var err error
	if a.specs, err = CompleteSpecs(cfg.Specs); err != nil {
		return nil, err
	}
	if err := checkRestored(ctx, cfg.Docs); err != nil {
		return nil, err
	}
	if err := migrate(ctx, cfg.Docs, a.specs, cfg.Log); err != nil {
		return nil, err
	}
	if a.keys, err = deriveKeys(cfg.Key); err != nil {
		return nil, err
	}
	templates, err := newMailTemplates(cfg.MailTemplates)
	if err != nil {
		return nil, err
	}
	party, err := newRelyingParty(cfg.PasskeyDomain, cfg.BaseURL, cfg.PasskeyOrigins)
	if err != nil {
		return nil, err
	}
	stream, err := cfg.Docs.Changes(ctx, nil)
	if err != nil {
		return nil, err
	}
	a.ctx, a.stop = context.WithCancel(context.WithoutCancel(ctx))

	a.administration = register[administration](a, administrationSpec().Name)
	a.taken = register[taken](a, takenSpec().Name)
	a.Users = &Users{Collection: register[User](a, "users"), app: a}
	limits := defaultLimits()
	a.Sessions = &Sessions{
		docs: register[Session](a, "sessions"), app: a, signUpRole: cfg.SignUpRole,
		principals: newCache[string, seenPrincipal](10_000),
		guesses:    newGuesses(cfg.Now),
		byAddress:  NewLimiter(cmp.Or(cfg.Limits.SignInByAddress, limits.SignInByAddress), cfg.Now),
		signUps:    NewLimiter(cmp.Or(cfg.Limits.SignUpByAddress, limits.SignUpByAddress), cfg.Now),
	}
	a.Posts = &Posts{Collection: register[Post](a, "posts"), app: a}
	a.Posts.settle, a.Posts.unsettled = a.Posts.claimDue, unclaimed
	a.Assets = &Assets{Collection: register[Asset](a, "assets"), app: a, types: cfg.FileTypes, max: cfg.MaxUpload}
	a.Assets.left = newLeftovers(register[Leftover](a, "leftovers"), cfg.Objects, cfg.Now)
	a.Assets.quota = &quota{docs: register[FileUsage](a, "fileUsages"), assets: a.Assets.Collection, left: a.Assets.left.docs, limit: cfg.MaxUserFiles}
	a.Assets.left.quota = a.Assets.quota

	a.status = status{started: Millis(cfg.Now()), documents: NewProbe(func(ctx context.Context) error { return a.docs.Ping(ctx) }), objects: NewProbe(func(ctx context.Context) error { return a.objects.Ping(ctx) }), totals: &totals{app: a}}

	a.Presence = newPresence(a)
	a.Mails = &Mails{Collection: register[Mail](a, "mails"), app: a, mailer: cfg.Mailer, templates: templates, printed: cfg.PrintMails, wake: newBell()}
	a.APIKeys = &APIKeys{Collection: register[APIKey](a, "apiKeys"), app: a, noting: make(chan struct{}, maxAPIKeysNoted)}
	a.Invitations = &Invitations{Collection: register[Invitation](a, "invitations"), app: a}
	a.Recovery = &Recovery{
		app: a, challenges: &challenges{Collection: register[challenge](a, challengeSpec().Name), app: a}, asked: make(chan struct{}, maxAsked), verifySignUps: cfg.VerifySignUps,
		byClient:   NewLimiter(cmp.Or(cfg.Limits.MailByClient, limits.MailByClient), cfg.Now),
		byReceiver: NewLimiter(cmp.Or(cfg.Limits.MailByReceiver, limits.MailByReceiver), cfg.Now),
	}

	a.Factors = &Factors{
		app: a, party: party, from: cfg.SecondFactorFrom,
		authenticators: register[authenticator](a, authenticatorSpec().Name), passkeys: register[Passkey](a, passkeySpec().Name),
	}
	a.Providers = &Providers{
		app: a, list: cfg.Providers, mayReturn: cfg.MayReturn,
		identities: register[Identity](a, identitySpec().Name),
	}

	a.Departures = &Departures{docs: register[departure](a, departureSpec().Name), app: a, wake: newBell()}

	a.running.Go(func() { a.listen(a.ctx, stream) })
	a.running.Go(func() { a.Presence.keep(a.ctx) })
	a.running.Go(func() { a.Assets.sweep(a.ctx) })
	a.running.Go(func() { a.Mails.deliver(a.ctx) })
	a.running.Go(func() { a.Departures.keep(a.ctx) })
	return a, nil
}

// CompleteSpecs adds to the declared specs what core itself knows of its types,
// sessions, leftovers, sums of files, holds, the administration, viewings, secrets, second factors, passkeys, departures and identities, and the fields of the Head: so the stores
// get them, by name.
func CompleteSpecs(declared []Spec) (map[string]Spec, error) {
	specs, prefixes := map[string]Spec{}, map[string]string{}
	for _, s := range append(slices.Clone(declared), sessionSpec(), leftoverSpec(), usageSpec(), holdSpec(), administrationSpec(), viewingSpec(), challengeSpec(), takenSpec(), authenticatorSpec(), passkeySpec(), identitySpec(), departureSpec()) {
		if other, twice := prefixes[s.Prefix]; twice || s.Prefix == "" || s.Name == "" {
			return nil, fmt.Errorf("core: the types %s and %s need names and id prefixes of their own", s.Type, other)
		}
		prefixes[s.Prefix] = s.Type
		specs[s.Name] = s
	}
	for _, name := range []string{"users", "posts", "assets", "mails", "apiKeys", "invitations"} {
		if _, ok := specs[name]; !ok {
			return nil, fmt.Errorf("core: the schema declares no %s", name)
		}
	}
	specs["posts"], specs["assets"] = completePosts(specs["posts"]), completeAssets(specs["assets"])
	specs["mails"], specs["apiKeys"] = completeMails(specs["mails"]), completeAPIKeys(specs["apiKeys"])
	specs["invitations"] = completeInvitations(specs["invitations"])
	for name, empty := range map[string]func() any{
		"users": func() any { return new(User) }, "posts": func() any { return new(Post) },
		"assets": func() any { return new(Asset) }, "mails": func() any { return new(Mail) }, "apiKeys": func() any { return new(APIKey) }, "invitations": func() any { return new(Invitation) }, "sessions": func() any { return new(Session) }, "leftovers": func() any { return new(Leftover) },
		"fileUsages":              func() any { return new(FileUsage) },
		"holds":                   func() any { return new(hold) },
		administrationSpec().Name: func() any { return new(administration) },
		viewingSpec().Name:        func() any { return new(viewing) },
		challengeSpec().Name:      func() any { return new(challenge) },
		authenticatorSpec().Name:  func() any { return new(authenticator) },
		passkeySpec().Name:        func() any { return new(Passkey) },
		departureSpec().Name:      func() any { return new(departure) },
		identitySpec().Name:       func() any { return new(Identity) },
		takenSpec().Name:          func() any { return new(taken) },
	} {
		s := specs[name]
		s.New = empty
		specs[name] = s
	}
	for name, s := range specs { // every write of a Collection is pinned to a version
		s.Fields = append(slices.Clone(s.Fields), Field{Name: "version", Kind: Int})
		specs[name] = s.tracking(specs["assets"].Prefix).guarded()
	}
	return specs, nil
}

// Close ends the upkeep and every subscription.
func (a *App) Close() {
	a.closing.Lock()
	a.stop()
	a.closing.Unlock()
	a.running.Wait()
}

// goOn runs what a caller has begun although it may leave, for at most the given
// time; false when the App is closing, which ends it.
func (a *App) goOn(ctx context.Context, limit time.Duration, run func(context.Context)) bool {
	a.closing.Lock()
	defer a.closing.Unlock()
	if a.ctx.Err() != nil {
		return false
	}
	a.running.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
		defer cancel()
		defer context.AfterFunc(a.ctx, cancel)()
		run(ctx)
	})
	return true
}

// keys are derived from the secret, one for each purpose (HKDF, RFC 5869).
type keys struct{ access, refresh, device, url, setUp, challenge, factor, flow []byte }

func deriveKeys(secret []byte) (k keys, err error) {
	for purpose, key := range map[string]*[]byte{"access": &k.access, "refresh": &k.refresh, "device": &k.device, "url": &k.url, "setup": &k.setUp, "challenge": &k.challenge, "factor": &k.factor, "flow": &k.flow} {
		if *key, err = hkdf.Key(sha256.New, secret, nil, "grapnel/"+purpose, 32); err != nil {
			return keys{}, err
		}
	}
	return k, nil
}

// Spec describes a stored type by its name in the schema.
func (a *App) Spec(typ string) (Spec, bool) {
	for _, s := range a.specs {
		if s.Type == typ {
			return s, true
		}
	}
	return Spec{}, false
}

// Node is any object by its global id; NOT_FOUND when there is none for the caller,
// UNREADABLE when it is damaged.
func (a *App) Node(ctx context.Context, id string) (Node, error) {
	var unreadable error // it is what was asked for, and no part of an answer
	list, err := a.Nodes(WithReport(ctx, func(_ context.Context, damaged error) { unreadable = damaged }), []string{id})
	switch {
	case err != nil:
		return nil, err
	case list[0] != nil:
		return list[0], nil
	case unreadable != nil:
		return nil, unreadable
	}
	return nil, Errorf(NotFound, "There is no such object.")
}

// Nodes is the objects with these ids, nil where there is none for the caller:
// one storage call for each type.
func (a *App) Nodes(ctx context.Context, ids []string) ([]Node, error) {
	if len(ids) > MaxPage {
		return nil, invalidField("ids", "TOO_MANY", fmt.Sprintf("must hold at most %d ids", MaxPage))
	}
	out := make([]Node, len(ids))
	own := map[string][]int{} // places in ids, by prefix
	for i, id := range ids {
		own[typeOf(id)] = append(own[typeOf(id)], i)
	}
	for prefix, places := range own {
		c := a.types.ofPrefix(prefix)
		if c == nil {
			continue
		}
		if err := c.nodes(ctx, ids, places, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}
