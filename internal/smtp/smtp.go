// Package smtp sends mail by a server of SMTP (RFC 5321), over TLS (RFC 8314, RFC 3207).
package smtp

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"github.com/grapnel/grapnel/core"
)

// Config says by which server mail goes, and whose it is.
type Config struct {
	// URL is smtp://USER:PASSWORD@HOST:587, which turns to TLS by STARTTLS, or smtps://…,
	// which begins with it, usually at port 465. With ?tls=off there is no TLS and no
	// password, for servers on the same machine.
	URL string
	// From is the sender: an address, or Name <address>.
	From string
	// Roots are the authorities that the server's certificate may come from; nil: those of
	// the system.
	Roots *x509.CertPool
}

// Mailer is a [core.Mailer] over SMTP. Each mail has a connection of its own: mails are
// few, and servers end connections that rest.
type Mailer struct {
	from    *netmail.Address
	addr    string // host:port
	host    string
	tls     *tls.Config
	secure  security
	options []mail.Option
}

type security uint8

const (
	startTLS security = iota
	implicitTLS
	noTLS
)

// New checks the settings; it connects to nothing.
func New(cfg Config) (*Mailer, error) {
	server, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, errors.New("the address of the mail server is no URL") // which the cause would show with the password
	}
	m := &Mailer{host: server.Hostname()}
	port := "587"
	switch server.Scheme {
	case "smtp":
	case "smtps":
		m.secure, port = implicitTLS, "465"
	default:
		return nil, fmt.Errorf("%q is no address of a mail server, such as smtp://user:password@mail.example.org:587 or smtps://…", server.Redacted())
	}
	query := server.Query()
	if query.Get("tls") == "off" && m.secure == startTLS {
		m.secure = noTLS
		query.Del("tls")
	}
	if m.host == "" || strings.Trim(server.Path, "/") != "" || len(query) > 0 || server.Fragment != "" {
		return nil, fmt.Errorf("%q has more or less than host, port, user, password and tls=off", server.Redacted())
	}
	port = cmp.Or(server.Port(), port)
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return nil, fmt.Errorf("%q has no valid port", server.Redacted())
	}
	m.addr = net.JoinHostPort(m.host, port)
	if m.from, err = netmail.ParseAddress(cfg.From); err == nil {
		m.from.Address, err = wireAddress(m.from.Address)
	}
	if err != nil {
		return nil, fmt.Errorf("%q is no sender such as Example <post@example.org>: %w", cfg.From, err)
	}
	m.tls = &tls.Config{ServerName: m.host, RootCAs: cfg.Roots, MinVersion: tls.VersionTLS12}
	m.options = []mail.Option{
		mail.WithPort(int(number)), mail.WithTimeout(core.SendLimit), mail.WithTLSConfig(m.tls),
		mail.WithoutNoop(), mail.WithoutRset(), // a connection carries one mail
	}
	switch m.secure {
	case implicitTLS:
		m.options = append(m.options, mail.WithSSL())
	case startTLS:
		m.options = append(m.options, mail.WithTLSPolicy(mail.TLSMandatory))
	case noTLS:
		m.options = append(m.options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if user := server.User; user != nil {
		password, _ := user.Password()
		if m.secure == noTLS {
			return nil, fmt.Errorf("%q would send the password in the open: leave out tls=off", server.Redacted())
		}
		m.options = append(m.options, mail.WithUsername(user.Username()), mail.WithPassword(password),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthPlain, mail.SMTPAuthLogin))
	}
	return m, nil
}

// Host is the server's name, for people.
func (m *Mailer) Host() string { return m.host }

// Send implements [core.Mailer]. A reply of 5xx to the receiver or to the mail is for good.
// One to the sender, the password or the connection is about the settings, so that it is
// worth trying again.
func (m *Mailer) Send(ctx context.Context, message core.Message) error {
	ctx, cancel := context.WithTimeout(ctx, core.SendLimit)
	defer cancel()
	to, err := wireAddress(message.To)
	if err != nil {
		return fmt.Errorf("%w: %w", core.ErrMailRefused, err)
	}
	out := m.compose(message, to)

	// The library gives each step of a connection the whole time anew, and forgets
	// connections that it cannot use; so they are ours.
	var conn net.Conn
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	dial := func(_ context.Context, network, _ string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, m.addr)
		if err != nil {
			return nil, err
		}
		conn = c
		context.AfterFunc(ctx, func() { c.Close() })
		if m.secure == implicitTLS {
			c := tls.Client(c, m.tls)
			return c, c.HandshakeContext(ctx)
		}
		return c, nil
	}
	options := append([]mail.Option{mail.WithDialContextFunc(dial)}, m.options...)
	if isASCII(to) && isASCII(m.from.Address) {
		options = append(options, mail.WithoutSMTPUTF8()) // servers further on need not know it
	}
	client, err := mail.NewClient(m.host, options...)
	if err != nil {
		return err
	}
	err = client.DialAndSendWithContext(ctx, out)
	if err == nil || out.IsDelivered() { // what fails afterwards is only the farewell
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("the mail server %s did not answer in time: %w", m.addr, ctx.Err())
	}
	var failed *mail.SendError
	if errors.As(err, &failed) && isAboutMail(failed) {
		return fmt.Errorf("%w: %w", core.ErrMailRefused, err)
	}
	return err
}

// isAboutMail reports whether a server refuses this mail for good, and not the client.
func isAboutMail(err *mail.SendError) bool {
	switch err.Reason {
	case mail.ErrSMTPRcptTo, mail.ErrSMTPData, mail.ErrSMTPDataClose:
		return err.ErrorCode() >= 500 && err.ErrorCode() <= 599
	}
	return false
}

func (m *Mailer) compose(message core.Message, to string) *mail.Msg {
	out := mail.NewMsg(mail.WithNoDefaultUserAgent())
	out.FromMailAddress(m.from)
	out.ToMailAddress(&netmail.Address{Address: to})
	out.Subject(message.Subject)
	out.SetDateWithValue(message.Date)
	domain := m.from.Address[strings.LastIndexByte(m.from.Address, '@')+1:]
	out.SetMessageIDWithValue(message.ID + "@" + domain)
	out.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no reply by machines
	out.SetBodyString(mail.TypeTextPlain, message.Text)
	if message.HTML != "" {
		out.AddAlternativeString(mail.TypeTextHTML, message.HTML)
	}
	return out
}

// wireAddress is an address as SMTP has it: the domain as the DNS does (RFC 5891).
func wireAddress(address string) (string, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || strings.ContainsFunc(address, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || r == '<' || r == '>' || r == unicode.ReplacementChar
	}) {
		return "", fmt.Errorf("%q is no address", address)
	}
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err == nil && domain == "" {
		err = errors.New("the domain is empty")
	}
	if err != nil {
		return "", fmt.Errorf("%q is no address: %w", address, err)
	}
	return address[:at+1] + domain, nil
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}
