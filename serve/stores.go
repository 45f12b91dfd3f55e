package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/config"
	"github.com/grapnel/grapnel/internal/oidc"
	"github.com/grapnel/grapnel/internal/smtp"
	"github.com/grapnel/grapnel/internal/web"
	"github.com/grapnel/grapnel/storage/filesystem"
	"github.com/grapnel/grapnel/storage/mongodb"
	"github.com/grapnel/grapnel/storage/s3"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// stores are the two stores of an installation, and where they are, for people.
type stores struct {
	docs              core.DocStore
	objects           core.ObjectStore
	docsAt, objectsAt string
}

// openStores opens what the settings name; the embedded stores otherwise.
func openStores(ctx context.Context, s config.Settings, log *slog.Logger) (_ *stores, err error) {
	st := &stores{}
	defer func() {
		if err != nil {
			_ = st.Close()
		}
	}()
	if st.docs, st.docsAt, err = openDocs(ctx, s, log); err != nil {
		return nil, err
	}
	if st.objects, st.objectsAt, err = openObjects(ctx, s, log); err != nil {
		return nil, err
	}
	return st, nil
}

// openObjects opens the object store alone, and says where it is.
func openObjects(ctx context.Context, s config.Settings, log *slog.Logger, opts ...filesystem.Option) (core.ObjectStore, string, error) {
	if s.S3Bucket != "" {
		cfg := s3.Config{Bucket: s.S3Bucket, Endpoint: s.S3Endpoint, Region: s.S3Region, Checksums: s3.Checksums(s.S3Checksums), Log: log}
		if s.S3PublicURL != nil {
			cfg.PublicEndpoint = s.S3PublicURL.String()
		}
		objects, err := opened[core.ObjectStore](s3.Open(ctx, cfg))
		return objects, "S3 bucket " + s.S3Bucket, err
	}
	path := filepath.Join(s.Data, "files")
	objects, err := opened[core.ObjectStore](filesystem.Open(path, opts...))
	return objects, path, err
}

// openDocs opens the document store alone, and says where it is.
func openDocs(ctx context.Context, s config.Settings, log *slog.Logger) (core.DocStore, string, error) {
	if s.MongoDBURI != "" {
		docs, err := opened[core.DocStore](mongodb.Open(ctx, s.MongoDBURI, mongodb.WithLogger(log)))
		return docs, "MongoDB at " + redacted(s.MongoDBURI), err
	}
	docs, err := opened[core.DocStore](sqlite.Open(ctx, embeddedDocs(s), sqlite.WithLogger(log)))
	return docs, embeddedDocs(s), err
}

// embeddedDocs is the file of the embedded document store.
func embeddedDocs(s config.Settings) string { return filepath.Join(s.Data, "grapnel.db") }

// opened keeps a failed open from becoming an interface that is not nil.
func opened[Port any, S any](s S, err error) (Port, error) {
	var port Port
	if err == nil {
		port = any(s).(Port)
	}
	return port, err
}

// probe tries out beside the server what an S3 server does with uploads that are sent
// straight to it, from pages of these origins too, until end is called.
func (s *stores) probe(ctx context.Context, origins []string) (end func()) {
	store, ok := s.objects.(*s3.Store)
	if !ok {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		store.Probe(ctx, origins)
	}()
	return func() { cancel(); <-done }
}

// Close closes what was opened.
func (s *stores) Close() error {
	var errs []error
	if s.objects != nil {
		errs = append(errs, s.objects.Close())
	}
	if s.docs != nil {
		errs = append(errs, s.docs.Close())
	}
	return errors.Join(errs...)
}

// newApp makes the product over opened stores.
func (p Project) newApp(ctx context.Context, s config.Settings, st *stores, public *url.URL, log *slog.Logger) (*core.App, error) {
	key, err := tokenKey(s)
	if err != nil {
		return nil, err
	}
	types, err := core.ParseFileTypes(s.FileTypes)
	if err != nil {
		return nil, fmt.Errorf("GRAPNEL_FILE_TYPES: %w", err)
	}
	mailer, templates, err := openMail(s)
	if err != nil {
		return nil, err
	}
	providers, err := openProviders(s)
	if err != nil {
		return nil, err
	}
	mayReturn, err := web.MayReturn(s.Origins, s.AppSchemes, !s.Production)
	if err != nil {
		return nil, err
	}
	base := strings.TrimSuffix(public.String(), "/")
	return core.New(ctx, core.Config{
		Specs: p.Specs, Docs: st.docs, Objects: st.objects, Key: key, BaseURL: base,
		MaxUpload: int64(s.MaxUpload), MaxUserFiles: int64(s.MaxUserFiles), FileTypes: types, SignUpRole: signUpRoles[s.SignUp], VerifySignUps: s.VerifiesSignUps(), StrictIndexes: s.StrictIndexes, Log: log,
		SecondFactorFrom: secondFactorFrom[s.SecondFactor], PasskeyDomain: s.PasskeyDomain, PasskeyOrigins: s.Origins,
		Mailer: mailer, PrintMails: !s.Production, MailTemplates: templates, AccountURL: accountURL(s, base),
		Providers: providers, MayReturn: mayReturn,
	})
}

// accountURL is where links in mails lead to; empty: to the dashboard.
func accountURL(s config.Settings, base string) string {
	switch u := s.AccountURL; {
	case u == nil:
		return ""
	case u.IsAbs():
		return u.String()
	default:
		return base + u.String()
	}
}

// openMail is the mail server of the settings, and the folder of their templates; nil for none.
func openMail(s config.Settings) (mailer core.Mailer, templates fs.FS, err error) {
	if s.SMTPURL != "" {
		if mailer, err = opened[core.Mailer](smtp.New(smtp.Config{URL: s.SMTPURL, From: s.MailFrom})); err != nil {
			return nil, nil, fmt.Errorf("GRAPNEL_SMTP_URL, GRAPNEL_MAIL_FROM: %w", err)
		}
	}
	if s.MailTemplates != "" {
		templates = os.DirFS(s.MailTemplates)
	}
	return mailer, templates, nil
}

// openProviders are the providers of the settings.
func openProviders(s config.Settings) (list []core.IdentityProvider, err error) {
	for _, p := range s.Providers {
		provider, err := oidc.New(oidc.Config{
			Name: p.Name, Label: p.Label, Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: p.ClientSecret, AppClientIDs: p.AppClientIDs,
			TeamID: p.TeamID, KeyID: p.KeyID, PrivateKey: []byte(p.PrivateKey),
		})
		if err != nil {
			return nil, fmt.Errorf("%s%w", p.Prefix(), err)
		}
		list = append(list, provider)
	}
	return list, nil
}

// signUpRoles are the settings of GRAPNEL_SIGN_UP; closed has none.
var signUpRoles = map[string]core.Role{"member": core.Member, "author": core.Author}

// secondFactorFrom are the settings of GRAPNEL_SECOND_FACTOR; none has no role.
var secondFactorFrom = map[string]core.Role{"member": core.Member, "author": core.Author, "editor": core.Editor, "admin": core.Admin}

// withApp runs a command on the stores of the settings.
func (p Project) withApp(ctx context.Context, s config.Settings, log *slog.Logger, do func(*core.App) error) error {
	st, err := openStores(ctx, s, log)
	if err != nil {
		return err
	}
	public := s.PublicURL
	if public == nil {
		public = localURL(s.Addr)
	}
	app, err := p.newApp(ctx, s, st, public, log)
	if err != nil {
		return errors.Join(err, st.Close())
	}
	err = do(app)
	app.Close()
	return errors.Join(err, st.Close())
}

// tokenKey is the secret of the installation: given, or made at first start
// and kept beside the data. Several servers share a database, so they must be
// given one.
func tokenKey(s config.Settings) ([]byte, error) {
	if s.TokenKey != "" {
		return []byte(s.TokenKey), nil
	}
	path := filepath.Join(s.Data, "token.key")
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeTokenKey(path); err != nil {
			return nil, fmt.Errorf("make the token key: %w", err)
		}
		key, err = os.ReadFile(path)
	}
	if err == nil && len(key) < 32 {
		err = fmt.Errorf("the token key in %s is damaged; restore it, or remove it to sign everybody out", path)
	}
	return key, err
}

// makeTokenKey makes the file whole or not at all; when another process was
// first, its key stays.
func makeTokenKey(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".token-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(rand.Text() + rand.Text())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// redacted is a URI without its password.
func redacted(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return "the configured address"
	}
	return u.Redacted()
}
