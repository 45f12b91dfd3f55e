// Package config holds every setting and command of the binary. Name, default,
// environment variable, help and check of a setting stand on one line.
package config

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// CLI is the command line: the settings, which each come from a flag or the
// environment, and the commands.
type CLI struct {
	Settings

	Serve       struct{}    `cmd:"" default:"1" help:"Serve the GraphQL endpoint (the default)."`
	Admin       Admin       `cmd:"" help:"Manage administrators."`
	User        User        `cmd:"" help:"Look at accounts, and help their owners; may run beside a server."`
	Key         Key         `cmd:"" help:"Make, list and revoke keys for programs; may run beside a server."`
	Mail        Mail        `cmd:"" help:"Try out the mail server."`
	Seed        Seed        `cmd:"" help:"Fill the store with a realistic news site."`
	Migrate     Migrate     `cmd:"" help:"Bring the store to the types that are declared, as a start does, and say what was done."`
	Check       Check       `cmd:"" help:"Look whether the database, every document in it and, if you ask, the files are as they should be, and print what is not. Writes nothing without --repair; may run beside a server."`
	Backup      Backup      `cmd:"" help:"Copy all documents, as they are at one moment, and their files into one archive, beside running servers."`
	Restore     Restore     `cmd:"" help:"Fill empty stores with what an archive has, after every digest in it was compared, and bring it to the declared types."`
	Healthcheck Healthcheck `cmd:"" help:"Ask the running server whether it is well; for containers."`
	Schema      struct{}    `cmd:"" help:"Print the GraphQL schema."`
	Documents   Documents   `cmd:"" help:"Make the manifest of the operations in a frontend's files, for --trusted-documents."`
	Init        Init        `cmd:"" help:"Make a project of your own: a Go module with a schema that you extend."`
}

// Settings configure the server and the commands that open its stores.
type Settings struct {
	Addr             string        `env:"GRAPNEL_ADDR" placeholder:"HOST:PORT" help:"Where to listen; port 0 takes a free one. Default: 127.0.0.1:8080, or all addresses at PORT when only that is set."`
	Port             string        `env:"PORT" hidden:"" help:"Port to listen on at all addresses, as container platforms set it; GRAPNEL_ADDR wins."`
	PublicURL        *url.URL      `env:"GRAPNEL_PUBLIC_URL" placeholder:"URL" help:"Where clients reach this server, such as https://api.example.org, or https://example.org/api where a proxy takes /api away. Links to files begin with it, its pages may call the API, and with https cookies are Secure. Default: the address it listens on."`
	Data             string        `env:"GRAPNEL_DATA" default:"./data" placeholder:"DIR" help:"Folder of the embedded stores and the key. Default: ${default}."`
	Production       bool          `env:"GRAPNEL_PRODUCTION" help:"Turn off playground, introspection, suggestions in errors and localhost origins; log JSON."`
	Playground       *bool         `env:"GRAPNEL_PLAYGROUND" help:"Serve /playground, whatever production says."`
	Dashboard        bool          `name:"admin" env:"GRAPNEL_ADMIN" default:"true" negatable:"" help:"Serve the dashboard at /admin. Default: ${default}, in production too."`
	DashboardIdle    time.Duration `name:"admin-idle" env:"GRAPNEL_ADMIN_IDLE" default:"30m" placeholder:"TIME" help:"Sign out of the dashboard whoever does nothing there for so long; 0: nobody. Default: ${default}."`
	SiteDir          string        `env:"GRAPNEL_SITE_DIR" type:"existingdir" placeholder:"DIR" help:"Folder of a built frontend, with an index.html, to serve at / beside the API. Default: none."`
	Origins          []string      `env:"GRAPNEL_ORIGINS" placeholder:"ORIGIN,…" help:"Other origins whose web pages may call the API, such as https://app.example.org."`
	TrustedProxies   []string      `env:"GRAPNEL_TRUSTED_PROXIES" placeholder:"CIDR,…" help:"Proxies whose word on the client's address and on https counts, such as 10.0.0.2 or 10.0.1.0/24; not the network of the clients. Default: none."`
	AddressHeader    string        `name:"client-address-header" env:"GRAPNEL_CLIENT_ADDRESS_HEADER" default:"X-Forwarded-For" placeholder:"NAME" help:"Header in which they tell the address, which they must set themselves or append to: Forwarded, or one with an address or a list of them. Default: ${default}."`
	TrustedDocuments []string      `env:"GRAPNEL_TRUSTED_DOCUMENTS" placeholder:"FILE,…" help:"Run only the operations in these manifests, which clients ask for by id. Default: run any."`
	Untrusted        string        `name:"untrusted-documents" env:"GRAPNEL_UNTRUSTED_DOCUMENTS" default:"" enum:",author,editor,admin,nobody" placeholder:"ROLE" help:"Who may run other operations beside the trusted ones, as the dashboard needs: this role and those above it, author, editor or admin, or nobody. Default: author where the dashboard is served, but editor where strangers sign up as authors; without the dashboard nobody."`
	SignUp           string        `env:"GRAPNEL_SIGN_UP" default:"member" enum:"member,author,closed" placeholder:"WHO" help:"What strangers who sign up become: member, or author, who may publish; closed: nobody may. Default: ${default}."`
	VerifySignUp     string        `env:"GRAPNEL_VERIFY_SIGN_UP" default:"" enum:",always,never" placeholder:"WHEN" help:"Make the account of who signs up once they have opened a link that was mailed to their address: always or never. Default: in production where there is a mail server."`
	SecondFactor     string        `env:"GRAPNEL_SECOND_FACTOR" default:"" enum:",member,author,editor,admin" placeholder:"ROLE" help:"Give who signs in without a second factor a role below this one: member, author, editor or admin; see docs/guides/accounts.md. Default: the role of the account."`
	PasskeyDomain    string        `env:"GRAPNEL_PASSKEY_DOMAIN" placeholder:"DOMAIN" help:"Whose pages may use passkeys, with its subdomains: the host of GRAPNEL_PUBLIC_URL or a domain above it. Those of other origins must be in GRAPNEL_ORIGINS, too. It must stay: passkeys are good for one domain only. Default: the host of GRAPNEL_PUBLIC_URL."`
	MaxUpload        Bytes         `env:"GRAPNEL_MAX_UPLOAD" default:"2GiB" placeholder:"SIZE" help:"Largest file. Default: ${default}."`
	MaxUserFiles     Bytes         `env:"GRAPNEL_MAX_USER_FILES" default:"10GiB" placeholder:"SIZE" help:"What the files of one user may take together, unless they are an administrator; 0: anything. Default: ${default}."`
	FileTypes        []string      `env:"GRAPNEL_FILE_TYPES" placeholder:"TYPE,…" help:"Media types of files that may be uploaded: +TYPE adds to the usual ones, -TYPE takes from them, TYPE begins a list of its own; such as +image/svg+xml,-application/zip. Default: those in docs/guides/files.md."`
	OperationCost    int           `env:"GRAPNEL_OPERATION_COST" default:"50000" placeholder:"N" help:"What one operation may cost, in fields of its answer; see the guide to the endpoint. Default: ${default}, about 250 ms of a processor and one second of what a user may use up, enough for three nested pages of 20 with five fields each."`
	ReadTime         time.Duration `env:"GRAPNEL_READ_TIME" default:"1s" placeholder:"TIME" help:"How long the stores may work for one operation, all its lists and counts together. Default: ${default}."`
	UserCost         int           `env:"GRAPNEL_USER_COST" default:"50000" placeholder:"N" help:"What the operations of one user may cost each second, ten times as much after a rest; 0: anything. Default: ${default}, about a quarter of a processor."`
	AddressCost      int           `env:"GRAPNEL_ADDRESS_COST" default:"100000" placeholder:"N" help:"The same for all users and visitors at one address. Default: ${default}."`
	CacheMaxAge      time.Duration `env:"GRAPNEL_CACHE_MAX_AGE" default:"0s" placeholder:"TIME" help:"How long caches may answer queries that visitors send by GET without asking again. Default: ${default}, they ask each time."`
	StrictIndexes    bool          `env:"GRAPNEL_STRICT_INDEXES" help:"Refuse lists whose where and orderBy no index serves. Default: log each shape of them once."`
	DrainDelay       time.Duration `env:"GRAPNEL_DRAIN_DELAY" default:"0s" placeholder:"TIME" help:"How long to take requests still after SIGTERM, while /readyz says 503: as long as the balancer takes to notice. Default: ${default}."`
	DrainTimeout     time.Duration `env:"GRAPNEL_DRAIN_TIMEOUT" default:"8s" placeholder:"TIME" help:"How long requests in flight may finish after SIGTERM and the delay. Default: ${default}."`
	LogLevel         string        `env:"GRAPNEL_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" placeholder:"LEVEL" help:"debug, info, warn or error. Default: ${default}."`
	TokenKey         string        `env:"GRAPNEL_TOKEN_KEY" placeholder:"SECRET" help:"Secret behind tokens and signatures, 32 characters or more, the same on every server. Default: made at first start and kept beside the data."`
	TokenKeyFile     string        `env:"GRAPNEL_TOKEN_KEY_FILE" type:"existingfile" placeholder:"FILE" help:"File that holds the token key."`
	SMTPURL          string        `name:"smtp-url" env:"GRAPNEL_SMTP_URL" placeholder:"URL" help:"Server that mail is sent by: smtp://user:password@mail.example.org:587, which turns to TLS by STARTTLS, or smtps://…, which begins with it; ?tls=off for one on the same machine. Default: none, mails stay in the store, where administrators read them, and outside production they are printed to the log."`
	SMTPURLFile      string        `name:"smtp-url-file" env:"GRAPNEL_SMTP_URL_FILE" type:"existingfile" placeholder:"FILE" help:"File that holds the address of the mail server."`
	MailFrom         string        `env:"GRAPNEL_MAIL_FROM" placeholder:"ADDRESS" help:"Who mails are from, such as Example <post@example.org>. Needed with a mail server."`
	MailTemplates    string        `env:"GRAPNEL_MAIL_TEMPLATES" type:"existingdir" placeholder:"DIR" help:"Folder of templates that replace those of mails; see docs/guides/mail.md. Default: none."`
	AccountURL       *url.URL      `env:"GRAPNEL_ACCOUNT_URL" placeholder:"URL" help:"Page of the frontend that links in mails lead to, with #reset=TOKEN, #verify=TOKEN, #signup=TOKEN or #invite=TOKEN behind it: an address, or a path of this server; see docs/guides/accounts.md. Default: the dashboard."`
	SignInWith       []string      `env:"GRAPNEL_SIGN_IN_WITH" placeholder:"NAME,…" help:"Providers at whom people may sign in: google, github, gitlab, microsoft, apple, or a name of your own for an OpenID issuer; what each needs is below and in docs/guides/providers.md. Default: none."`
	AppSchemes       []string      `env:"GRAPNEL_APP_SCHEMES" placeholder:"SCHEME,…" help:"Schemes of your apps, such as org.example.app, to which browsers may return from a provider. Default: none."`
	Providers        []Provider    `kong:"-"` // of SignInWith
	MongoDBURI       string        `name:"mongodb-uri" env:"MONGODB_URI" placeholder:"URI" help:"Keep documents in MongoDB (a replica set) instead of the embedded store."`
	MongoDBURIFile   string        `name:"mongodb-uri-file" env:"MONGODB_URI_FILE" type:"existingfile" placeholder:"FILE" help:"File that holds the MongoDB URI."`
	S3Bucket         string        `name:"s3-bucket" env:"S3_BUCKET" placeholder:"NAME" help:"Keep files in this S3 bucket instead of the data folder. Credentials come from the AWS chain (AWS_ACCESS_KEY_ID, …)."`
	S3Endpoint       string        `name:"s3-endpoint" env:"S3_ENDPOINT" placeholder:"URL" help:"Endpoint of an S3-compatible server. Default: AWS."`
	S3PublicURL      *url.URL      `name:"s3-public-url" env:"S3_PUBLIC_URL" placeholder:"URL" help:"Where clients reach the S3 server, for signed uploads. Default: the endpoint."`
	S3Region         string        `name:"s3-region" env:"S3_REGION,AWS_REGION" default:"us-east-1" placeholder:"REGION" help:"Region of the bucket. Default: ${default}."`
	S3Checksums      string        `name:"s3-checksums" env:"S3_CHECKSUMS" default:"probe" enum:"probe,trust,ignore" placeholder:"HOW" help:"Whether the word of the S3 server on the SHA-256 of a file that was sent straight to it is believed. trust: it verifies them; ignore: each such file is read once more; probe: try it at the start, unless it is AWS, which verifies. Default: ${default}."`
}

// Admin holds the commands about administrators.
type Admin struct {
	Create AdminCreate `cmd:"" help:"Make an administrator, or make one of an existing account."`
}

// AdminCreate makes an administrator.
type AdminCreate struct {
	Email        string `required:"" help:"Address to sign in with."`
	Username     string `help:"Username. Default: made from the address."`
	SetPassword  bool   `help:"Give an existing account a new password, too; a new account always gets one."`
	PasswordFile string `type:"existingfile" placeholder:"FILE" help:"File that holds the password; an existing account gets it, too. Default: asked for, or read from standard input."`
}

// User holds the commands about accounts.
type User struct {
	List               UserList     `cmd:"" help:"List the accounts, the newest first."`
	Password           UserPassword `cmd:"" help:"Give a user a new password, and sign them out everywhere."`
	Suspend            Account      `cmd:"" help:"Sign a user out everywhere and let them in no more."`
	Unsuspend          Account      `cmd:"" help:"Let a suspended user sign in again."`
	RemoveSecondFactor Account      `cmd:"" help:"Take the second factor and the passkeys of a user away, who has lost them, and sign them out everywhere."`
}

// UserList lists accounts.
type UserList struct {
	Role string `enum:",member,author,editor,admin" default:"" placeholder:"ROLE" help:"Only those with this role."`
}

// UserPassword sets the password of an account.
type UserPassword struct {
	Account
	PasswordFile string `type:"existingfile" placeholder:"FILE" help:"File that holds the password. Default: asked for, or read from standard input."`
}

// Account names one account.
type Account struct {
	Who string `arg:"" name:"email" help:"Address of the account, or its username."`
}

// Key holds the commands about API keys.
type Key struct {
	Create KeyCreate `cmd:"" help:"Make a key and print it, this once."`
	List   struct{}  `cmd:"" help:"List the keys, the newest first."`
	Revoke KeyRevoke `cmd:"" help:"End a key for good."`
}

// KeyCreate makes a key.
type KeyCreate struct {
	Name       string        `required:"" help:"What the key is for."`
	Role       string        `required:"" enum:"member,author,editor,admin" help:"The most that it may do: member, author, editor or admin."`
	Types      []string      `required:"" placeholder:"TYPE" help:"The types whose records it reaches, such as Post,Asset; * for all."`
	Operations []string      `required:"" enum:"create,read,update,delete" placeholder:"OPERATION" help:"What it may do to them: create, read, update, delete."`
	User       string        `placeholder:"EMAIL" help:"As whom it acts: an address, or a username. Default: as itself."`
	Life       time.Duration `placeholder:"DURATION" help:"How long it is good, such as 2160h. Default: until it is revoked."`
}

// KeyRevoke names a key.
type KeyRevoke struct {
	ID string `arg:"" help:"The id of the key, as key list prints it."`
}

// Mail holds the commands about mail.
type Mail struct {
	Test MailTest `cmd:"" help:"Send a mail to an address, and say what the mail server answered."`
}

// MailTest sends a mail.
type MailTest struct {
	Address string `arg:"" help:"Who gets the mail."`
}

// Seed fills the store.
type Seed struct {
	Users  int   `default:"200" help:"How many users. Default: ${default}."`
	Posts  int   `default:"3000" help:"How many posts. Default: ${default}."`
	Images int   `default:"12" help:"How many images, shared by the posts as covers. Default: ${default}."`
	Random int64 `default:"1" help:"Start of the random numbers; the same gives the same site. Default: ${default}."`
}

// Init makes a project.
type Init struct {
	Dir     string `arg:"" help:"Folder to make; it must be empty or absent."`
	Module  string `placeholder:"PATH" help:"Path of the Go module. Default: the name of the folder."`
	Grapnel string `placeholder:"VERSION|DIR" help:"The Grapnel to build on: a version, or the folder of a checkout to depend on. Default: the release that this program is, or else a copy of its sources."`
}

// Migrate brings the store to what is declared.
type Migrate struct {
	DryRun bool     `help:"Only say what a start would change; write nothing."`
	Forget []string `placeholder:"TYPE" help:"Do not miss this type, which was removed; its documents stay where they are."`
}

// Check looks at what is stored.
type Check struct {
	Files  bool          `help:"Compare the files in the store with their records, too: bytes that no record names, and files whose bytes are gone."`
	Repair bool          `help:"Make anew what follows from the documents: what lists and searches go by. With --files also delete the bytes that no record names; files whose bytes are gone are only reported."`
	MinAge time.Duration `default:"24h" help:"With --files: leave out bytes without a record that are younger."`
}

// Backup writes an archive.
type Backup struct {
	To string `arg:"" help:"File to write, such as site.tar.zst, or s3://BUCKET/KEY. There must be none yet."`
	Archive
}

// Restore reads an archive.
type Restore struct {
	From   string `arg:"" help:"File to read, or s3://BUCKET/KEY."`
	Verify bool   `help:"Only compare the digests; write nothing."`
	// Replace is said by whoever means it.
	Replace bool `help:"Delete the documents that are there first. Stop the servers before."`
	Archive
}

// Archive is where an archive in S3 is.
type Archive struct {
	Endpoint string `env:"GRAPNEL_BACKUP_S3_ENDPOINT" placeholder:"URL" help:"Endpoint of the S3-compatible server of the archive. Default: that of the files."`
}

// Documents makes a manifest.
type Documents struct {
	Paths       []string `arg:"" name:"path" help:"Files and folders to look for operations in: .graphql files, and tagged templates in scripts and components."`
	Out         string   `placeholder:"FILE" help:"File to write the manifest to, when all is right. Default: standard output."`
	AddTypename bool     `help:"Ask for __typename in every selection, as the caches of Apollo Client and urql do."`
}

// Healthcheck asks a running server.
type Healthcheck struct {
	URL     string        `arg:"" optional:"" help:"Address of the server. Default: where the settings say it listens."`
	Timeout time.Duration `default:"3s" help:"How long to wait. Default: ${default}."`
}

// Parse reads the command line and the environment. done means that help was
// printed and nothing is left to do.
func Parse(args []string, stdout, stderr io.Writer) (cli *CLI, command string, done bool, err error) {
	cli = &CLI{}
	// An empty variable, as compose files pass on, is no setting.
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Settings]()) {
		for name := range strings.SplitSeq(f.Tag.Get("env"), ",") {
			if value, set := os.LookupEnv(name); set && value == "" {
				_ = os.Unsetenv(name)
			}
		}
	}
	exited := false
	k, err := kong.New(cli,
		kong.Name(filepath.Base(os.Args[0])),
		kong.Description("A GraphQL backend in one binary: accounts, content and files behind one typed endpoint."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { exited = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
	)
	if err != nil {
		return nil, "", false, err
	}
	ctx, err := k.Parse(args)
	if exited {
		return nil, "", true, nil
	}
	if err == nil {
		err = cli.Settings.check()
	}
	if err != nil {
		return nil, "", false, err
	}
	return cli, ctx.Command(), false, nil
}

// check completes the settings and refuses what cannot work, in one sentence.
func (s *Settings) check() error {
	switch {
	case s.Addr == "" && s.Port != "":
		s.Addr = net.JoinHostPort("", s.Port)
	case s.Addr == "":
		s.Addr = "127.0.0.1:8080"
	}
	if _, err := net.LookupPort("tcp", s.Port); s.Port != "" && err != nil {
		return fmt.Errorf("PORT: %q is no port", s.Port)
	}
	for _, o := range s.Origins {
		if u, err := url.Parse(o); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("GRAPNEL_ORIGINS: %q is no origin such as https://app.example.org", o)
		}
	}
	if _, port, err := net.SplitHostPort(s.Addr); err != nil {
		return fmt.Errorf("GRAPNEL_ADDR: %q is not HOST:PORT", s.Addr)
	} else if _, err := net.LookupPort("tcp", port); err != nil {
		return fmt.Errorf("GRAPNEL_ADDR: %q has no valid port", s.Addr)
	}
	if u := s.PublicURL; u != nil {
		clean := strings.TrimRight(u.Path, "/")
		if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || clean != "" && path.Clean(clean) != clean {
			return fmt.Errorf("GRAPNEL_PUBLIC_URL: %q is not an http or https address such as https://api.example.org", u.Redacted())
		}
		u.Path, u.RawPath = clean, strings.TrimRight(u.RawPath, "/")
	}
	if d := s.PasskeyDomain; d != "" && (s.PublicURL == nil || !strings.HasSuffix("."+s.PublicURL.Hostname(), "."+d)) {
		return fmt.Errorf("GRAPNEL_PASSKEY_DOMAIN: %q is neither the host of GRAPNEL_PUBLIC_URL nor a domain above it", d)
	}
	if u := s.AccountURL; u != nil {
		isPath := !u.IsAbs() && u.Host == "" && strings.HasPrefix(u.Path, "/")
		isPage := (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
		if !isPath && !isPage || u.Fragment != "" || u.User != nil {
			return fmt.Errorf("GRAPNEL_ACCOUNT_URL: %q is neither an http or https address without a fragment, such as https://example.org/account, nor a path such as /account", u.Redacted())
		}
	}
	if s.AddressHeader == "" || strings.ContainsFunc(s.AddressHeader, notInHeaderName) {
		return fmt.Errorf("GRAPNEL_CLIENT_ADDRESS_HEADER: %q is no header such as X-Forwarded-For", s.AddressHeader)
	}
	if _, err := s.Proxies(); err != nil {
		return err
	}
	for name, n := range map[string]int{"GRAPNEL_USER_COST": s.UserCost, "GRAPNEL_ADDRESS_COST": s.AddressCost} {
		if n < 0 || n > maxCost {
			return fmt.Errorf("%s: %d is not between 0 and %d", name, n, maxCost)
		}
	}
	if s.OperationCost < 1 || s.OperationCost > maxCost {
		return fmt.Errorf("GRAPNEL_OPERATION_COST: %d is not between 1 and %d", s.OperationCost, maxCost)
	}
	for name, d := range map[string]time.Duration{"GRAPNEL_ADMIN_IDLE": s.DashboardIdle, "GRAPNEL_CACHE_MAX_AGE": s.CacheMaxAge, "GRAPNEL_DRAIN_DELAY": s.DrainDelay, "GRAPNEL_DRAIN_TIMEOUT": s.DrainTimeout} {
		if d < 0 {
			return fmt.Errorf("%s: must not be negative", name)
		}
	}
	if s.ReadTime <= 0 {
		return fmt.Errorf("GRAPNEL_READ_TIME: must be more than 0")
	}
	if s.MaxUpload <= 0 {
		return fmt.Errorf("GRAPNEL_MAX_UPLOAD: must be more than 0")
	}
	for _, secret := range []struct {
		name, file string
		value      *string
	}{{"GRAPNEL_TOKEN_KEY", s.TokenKeyFile, &s.TokenKey}, {"MONGODB_URI", s.MongoDBURIFile, &s.MongoDBURI}, {"GRAPNEL_SMTP_URL", s.SMTPURLFile, &s.SMTPURL}} {
		if secret.file == "" {
			continue
		}
		if *secret.value != "" {
			return fmt.Errorf("%s and %s_FILE: give one of them", secret.name, secret.name)
		}
		data, err := os.ReadFile(secret.file)
		if err != nil {
			return fmt.Errorf("%s_FILE: %w", secret.name, err)
		}
		if *secret.value = strings.TrimSpace(string(data)); *secret.value == "" {
			return fmt.Errorf("%s_FILE: %s is empty", secret.name, secret.file)
		}
	}
	if s.TokenKey != "" && len(s.TokenKey) < 32 {
		return fmt.Errorf("GRAPNEL_TOKEN_KEY: needs at least 32 characters; make one with: openssl rand -base64 48")
	}
	if (s.SMTPURL == "") != (s.MailFrom == "") {
		return fmt.Errorf("GRAPNEL_SMTP_URL and GRAPNEL_MAIL_FROM: mail needs both, or none")
	}
	if s.VerifySignUp == "always" && s.Production && s.SMTPURL == "" {
		return fmt.Errorf("GRAPNEL_VERIFY_SIGN_UP: always needs a mail server in production: set GRAPNEL_SMTP_URL")
	}
	if s.S3Endpoint != "" && s.S3Bucket == "" {
		return fmt.Errorf("S3_ENDPOINT is set without S3_BUCKET: name the bucket too")
	}
	if s.S3Endpoint != "" {
		if u, err := url.Parse(s.S3Endpoint); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return fmt.Errorf("S3_ENDPOINT: %q is not an http or https address", s.S3Endpoint)
		}
	}
	for _, scheme := range s.AppSchemes {
		if !appScheme.MatchString(scheme) {
			return fmt.Errorf("GRAPNEL_APP_SCHEMES: %q is no scheme of an app, in the reverse order of a domain: org.example.app (RFC 8252)", scheme)
		}
	}
	var err error
	if s.Providers, err = readProviders(s.SignInWith); err != nil {
		return err
	}
	s.Data, err = filepath.Abs(s.Data)
	return err
}

// notInHeaderName reports whether the names of headers in use do without c.
func notInHeaderName(c rune) bool {
	return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
}

// maxCost bounds the costs each second, for arithmetic's sake.
const maxCost = 100_000_000

// Proxies is TrustedProxies as prefixes; a lone address is itself.
func (s *Settings) Proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range s.TrustedProxies {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			var a netip.Addr
			if a, err = netip.ParseAddr(text); err == nil {
				p = netip.PrefixFrom(a, a.BitLen())
			}
		}
		if err != nil {
			return nil, fmt.Errorf("GRAPNEL_TRUSTED_PROXIES: %q is no address or network such as 10.0.0.0/8", text)
		}
		out = append(out, p)
	}
	return out, nil
}

// MayRunUntrusted is the least role whose callers may run documents that are not
// trusted, or "nobody".
func (s *Settings) MayRunUntrusted() string {
	switch {
	case s.Untrusted != "":
		return s.Untrusted
	case !s.Dashboard:
		return "nobody"
	case s.SignUp == "author": // who sign up are strangers still
		return "editor"
	}
	return "author"
}

// VerifiesSignUps reports whether who signs up opens a mailed link before there is an account.
func (s *Settings) VerifiesSignUps() bool {
	return s.VerifySignUp == "always" || s.VerifySignUp == "" && s.Production && s.SMTPURL != ""
}

// HasPlayground reports whether /playground is served.
func (s *Settings) HasPlayground() bool {
	if s.Playground != nil {
		return *s.Playground
	}
	return !s.Production
}

// Bytes is a size such as 500MiB or 2GB.
type Bytes int64

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *Bytes) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	unit := int64(1)
	for _, u := range []struct {
		suffix string
		size   int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}} {
		if rest, ok := strings.CutSuffix(s, u.suffix); ok {
			s, unit = strings.TrimSpace(rest), u.size
			break
		}
	}
	var n int64
	if _, err := fmt.Sscanf(s, "%d", &n); err != nil || n < 0 || n > (1<<62)/unit || fmt.Sprint(n) != s {
		return fmt.Errorf("%q is no size such as 500MiB", text)
	}
	*b = Bytes(n * unit)
	return nil
}
