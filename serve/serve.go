// Package serve joins the parts of Grapnel and runs them: settings, stores,
// core, HTTP, and the commands of the binary.
package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/99designs/gqlgen/graphql"
	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/config"
	"github.com/grapnel/grapnel/internal/scaffold"
	"github.com/grapnel/grapnel/internal/seed"
	"github.com/grapnel/grapnel/internal/static"
	"github.com/grapnel/grapnel/internal/ui"
	"github.com/grapnel/grapnel/internal/web"
	"github.com/grapnel/grapnel/resolvers"
	"github.com/grapnel/grapnel/resolvers/upload"
)

// Project is what a main hands over: the types that its schema declares, and the
// generated schema over an App.
type Project struct {
	Specs  []core.Spec
	Schema func(app *core.App) graphql.ExecutableSchema
}

// gcPercent lets the heap grow to five times what lives before it is collected:
// little lives between requests, so that the default would collect every few of
// them, at a third of their processor time.
const gcPercent = 400

// Main runs the binary until it is done or a signal ends it, and exits.
func Main(p Project) {
	if given := debug.SetGCPercent(gcPercent); given != 100 {
		debug.SetGCPercent(given) // somebody set GOGC
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := p.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", filepath.Base(os.Args[0]), plain(err))
		os.Exit(1)
	}
}

// Run carries out one command line. It returns nil when ctx ends a server.
func (p Project) Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	cli, command, done, err := config.Parse(args, stdout, stderr)
	if err != nil || done {
		return err
	}
	log := newLog(cli.Settings, stderr)
	account := func(do func(context.Context, accounts) error) error {
		return p.withApp(ctx, cli.Settings, log, func(app *core.App) error {
			return do(core.AsSystem(ctx), accounts{app.Users, app.Factors, app.APIKeys, stdin, stdout, stderr})
		})
	}
	switch command {
	case "serve":
		return p.serve(ctx, cli.Settings, log, stdout)
	case "schema":
		return p.printSchema(stdout)
	case "init <dir>":
		return scaffold.New(ctx, scaffold.Plan{Dir: cli.Init.Dir, Module: cli.Init.Module, Grapnel: cli.Init.Grapnel}, stdout)
	case "documents <path>":
		return p.collectDocuments(cli.Documents, stdout, stderr)
	case "migrate":
		return p.migrate(ctx, cli.Settings, cli.Migrate, log, stdout)
	case "check":
		return p.check(ctx, cli.Settings, cli.Check, log, stdout)
	case "backup <to>":
		return p.backup(ctx, cli.Settings, cli.Backup, log, stdout)
	case "restore <from>":
		return p.restore(ctx, cli.Settings, cli.Restore, log, stdout)
	case "healthcheck":
		return healthcheck(ctx, cli.Settings, cli.Healthcheck)
	case "admin create":
		return account(func(ctx context.Context, a accounts) error { return a.createAdmin(ctx, cli.Admin.Create) })
	case "user list":
		return account(func(ctx context.Context, a accounts) error { return a.list(ctx, cli.User.List) })
	case "user password <email>":
		return account(func(ctx context.Context, a accounts) error { return a.setPassword(ctx, cli.User.Password) })
	case "user suspend <email>":
		return account(func(ctx context.Context, a accounts) error { return a.suspend(ctx, cli.User.Suspend) })
	case "user unsuspend <email>":
		return account(func(ctx context.Context, a accounts) error { return a.unsuspend(ctx, cli.User.Unsuspend) })
	case "user remove-second-factor <email>":
		return account(func(ctx context.Context, a accounts) error {
			return a.removeSecondFactor(ctx, cli.User.RemoveSecondFactor)
		})
	case "key create":
		return account(func(ctx context.Context, a accounts) error { return a.createKey(ctx, cli.Key.Create) })
	case "key list":
		return account(func(ctx context.Context, a accounts) error { return a.listKeys(ctx) })
	case "key revoke <id>":
		return account(func(ctx context.Context, a accounts) error { return a.revokeKey(ctx, cli.Key.Revoke) })
	case "mail test <address>":
		return p.withApp(ctx, cli.Settings, log, func(app *core.App) error {
			if err := app.Mails.Try(core.AsSystem(ctx), cli.Mail.Test.Address); err != nil {
				return err
			}
			fmt.Fprintf(stdout, "The mail server has taken a mail to %s.\n", cli.Mail.Test.Address)
			return nil
		})
	case "seed":
		return p.withApp(ctx, cli.Settings, log, func(app *core.App) error {
			plan := seed.Plan{Users: cli.Seed.Users, Posts: cli.Seed.Posts, Images: cli.Seed.Images, Random: cli.Seed.Random, Schema: p.Schema(app)}
			return seed.Run(ctx, app, plan, stderr)
		})
	}
	return fmt.Errorf("unknown command %q", command)
}

// serve answers requests until ctx ends, then drains.
func (p Project) serve(ctx context.Context, s config.Settings, log *slog.Logger, stdout io.Writer) (err error) {
	slog.SetDefault(log)
	documents, err := p.trustedDocuments(s, log)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", s.Addr, err)
	}
	defer listener.Close()
	public := s.PublicURL
	if public == nil {
		public = listeningURL(s.Addr, listener)
	}
	stores, err := openStores(ctx, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stores.Close()) }()
	app, err := p.newApp(ctx, s, stores, public, log)
	if err != nil {
		return err
	}
	defer app.Close()
	defer stores.probe(ctx, append([]string{public.Scheme + "://" + public.Host}, s.Origins...))()

	proxies, err := s.Proxies()
	if err != nil {
		return err
	}
	cfg := web.Config{
		Schema:       p.Schema(app),
		Scalars:      resolvers.Scalars(),
		Authenticate: app.Sessions.Authenticate,
		Anonymous:    resolvers.AnonymousFields(),
		Once:         resolvers.OnceFields(),
		Transports:   []graphql.Transport{upload.Transport{MaxFile: int64(s.MaxUpload)}},
		Ready:        map[string]func(context.Context) error{"documents": stores.docs.Ping, "objects": stores.objects.Ping},
		Log:          log,
		PublicURL:    s.PublicURL, Origins: s.Origins, TrustedProxies: proxies, AddressHeader: s.AddressHeader,
		Trusted:    documents,
		Untrusted:  untrusted[s.MayRunUntrusted()],
		Production: s.Production,
		MaxAge:     s.CacheMaxAge,
		Limits:     web.Limits{Cost: s.OperationCost, ReadTime: s.ReadTime, UserCost: orAny(s.UserCost), NetworkCost: orAny(s.AddressCost)},
	}
	cfg.Files, cfg.Uploads, cfg.SignIns = web.Files(app.Assets, log), web.Uploads(app.Assets, log), web.SignIns(app.Providers, log)
	if s.HasPlayground() {
		cfg.UI = ui.Playground()
	}
	if s.Dashboard {
		cfg.Admin = ui.Admin(s.DashboardIdle, s.SiteDir != "")
	}
	if s.SiteDir != "" {
		site, err := static.OpenDir(s.SiteDir)
		if err != nil {
			return err
		}
		defer site.Close()
		cfg.Site = site
	}
	server, err := web.New(cfg)
	if err != nil {
		return err
	}
	if s.Production && s.PublicURL == nil {
		log.Warn("links to files begin with a local address; set GRAPNEL_PUBLIC_URL", "address", public.String())
	}
	if s.MongoDBURI != "" && s.TokenKey == "" {
		log.Warn("the token key is kept in the data folder; servers that share a database need the same GRAPNEL_TOKEN_KEY")
	}
	if s.Production && s.SMTPURL == "" {
		log.Warn("there is no mail server: mails stay in the store, where administrators read them; set GRAPNEL_SMTP_URL")
	}
	if s.Production && s.PublicURL == nil && len(s.Providers) > 0 {
		log.Warn("providers send browsers back to a local address; set GRAPNEL_PUBLIC_URL", "address", public.String())
	}
	if !s.Dashboard && s.AccountURL == nil {
		log.Warn("links in mails lead to the dashboard, which is not served; set GRAPNEL_ACCOUNT_URL")
	}
	greet(ctx, stdout, app, s, stores, public)
	log.Info("serving", "addr", listener.Addr().String(), "production", s.Production,
		"introspection", !s.Production, "suggestions", !s.Production, "playground", s.HasPlayground(), "dashboard", s.Dashboard, "localhostOrigins", !s.Production,
		"documents", runs(documents, s.MayRunUntrusted()), "origins", strings.Join(s.Origins, " "), "signUp", s.SignUp, "userCost", s.UserCost, "addressCost", s.AddressCost)
	return web.Serve(ctx, listener, server, web.Drain{
		Delay: s.DrainDelay, Leave: server.Leave, Timeout: s.DrainTimeout, Shutdown: server.Shutdown,
	}, log)
}

// orAny is a limit as [web.Limits] has it, where 0 means the default.
func orAny(limit int) int {
	if limit == 0 {
		return -1
	}
	return limit
}

// greet tells a developer where everything is.
func greet(ctx context.Context, w io.Writer, app *core.App, s config.Settings, stores *stores, public *url.URL) {
	fmt.Fprintf(w, "Grapnel is running.\n\n  GraphQL     %s/graphql\n", public)
	if s.SiteDir != "" {
		fmt.Fprintf(w, "  Site        %s/\n", public)
	}
	if s.Dashboard {
		fmt.Fprintf(w, "  Dashboard   %s/admin\n", public)
	}
	if s.HasPlayground() {
		fmt.Fprintf(w, "  Playground  %s/playground\n", public)
	}
	fmt.Fprintf(w, "  Documents   %s\n  Files       %s\n", stores.docsAt, stores.objectsAt)
	if needed, err := app.Sessions.SetUpNeeded(ctx); err == nil && needed {
		how := "Make one"
		fmt.Fprint(w, "\nThere is no administrator yet. ")
		if s.Dashboard {
			fmt.Fprintf(w, "Become it within half an hour, at this address:\n\n  %s/admin/#setup=%s\n\n", public, app.Sessions.SetUpToken())
			how = "Or make one"
		}
		fmt.Fprintf(w, "%s, in a second terminal:\n\n  %s admin create --email you@example.org%s\n", how, invocation(), elsewhere(s))
	}
	fmt.Fprintln(w)
}

// elsewhere is the flag for a data folder that a second command would not find by
// itself.
func elsewhere(s config.Settings) string {
	if here, err := filepath.Abs("data"); s.MongoDBURI != "" || err == nil && here == s.Data {
		return ""
	}
	return " --data " + s.Data
}

// invocation is how this program was started, as a user would type it.
func invocation() string {
	if exe, err := os.Executable(); err == nil && isGoRun(exe) {
		return "go run ."
	}
	return os.Args[0]
}

// localURL is how a client on this machine reaches an address listened on.
func localURL(addr string) *url.URL {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip.IsUnspecified()) {
		host = "localhost"
	}
	return &url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}
}

// listeningURL is localURL by the host that is set and the port that there is.
func listeningURL(addr string, listener net.Listener) *url.URL {
	host, _, _ := net.SplitHostPort(addr) // it was listened on
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return localURL(net.JoinHostPort(host, port))
}

// newLog writes JSON lines in production and coloured ones on a terminal.
func newLog(s config.Settings, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // one of the enum's values
	if s.Production {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	}
	f, ok := w.(*os.File)
	return slog.New(tint.NewTextHandler(w, &tint.Options{Level: level, TimeFormat: "15:04:05", NoColor: !ok || !term.IsTerminal(int(f.Fd()))}))
}
