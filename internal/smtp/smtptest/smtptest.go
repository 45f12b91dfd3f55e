// Package smtptest is a mail server for tests.
package smtptest

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// The only account of a server.
const (
	User     = "grapnel"
	Password = "p@ss word"
)

// Mail is a mail that a server has taken.
type Mail struct {
	From, To string
	Data     string
}

// Server is a mail server on this machine, which has STARTTLS.
type Server struct {
	addr  string
	roots *x509.CertPool

	mu     sync.Mutex
	mails  []Mail
	refuse func(step, address string) error
	came   chan struct{}
}

// New starts a server, which ends with the test; implicitTLS has it begin with TLS.
func New(t testing.TB, implicitTLS bool) *Server {
	t.Helper()
	return start(t, implicitTLS, false)
}

// NewBare starts a server that has neither TLS nor accounts.
func NewBare(t testing.TB) *Server {
	t.Helper()
	return start(t, false, true)
}

func start(t testing.TB, implicitTLS, bare bool) *Server {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	s := &Server{roots: x509.NewCertPool(), came: make(chan struct{}, 1)}
	s.roots.AddCert(web.Certificate())
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{server: s, authed: bare}, s.refused("connect", "")
	}))
	if !bare {
		server.TLSConfig = web.TLS.Clone()
		server.TLSConfig.NextProtos = nil
	}
	server.EnableSMTPUTF8 = true
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = listener.Addr().String()
	if implicitTLS {
		listener = tls.NewListener(listener, server.TLSConfig)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Close()
		listener.Close() // which the server does not know of yet if it has not begun to serve
		<-done
	})
	return s
}

// Addr is where the server listens.
func (s *Server) Addr() string { return s.addr }

// URL is the server's address with the account, by this scheme.
func (s *Server) URL(scheme string) string {
	u := url.URL{Scheme: scheme, User: url.UserPassword(User, Password), Host: s.addr}
	return u.String()
}

// Roots are what the server's certificate comes from.
func (s *Server) Roots() *x509.CertPool { return s.roots }

// Refuse has refuse say what the server answers from now on, at the steps connect, auth,
// mail, rcpt and data, with the address that the client gave there; nil: it takes all.
// What it returns is best an *smtp.SMTPError. It may block, and then the server is silent.
func (s *Server) Refuse(refuse func(step, address string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = refuse
}

// Mails are those that the server has taken.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Came is signalled after mails have come.
func (s *Server) Came() <-chan struct{} { return s.came }

func (s *Server) refused(step, address string) error {
	s.mu.Lock()
	refuse := s.refuse
	s.mu.Unlock()
	if refuse == nil {
		return nil
	}
	return refuse(step, address)
}

type session struct {
	server *Server
	authed bool
	mail   Mail
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != User || password != Password {
			return smtp.ErrAuthFailed
		}
		s.authed = true
		return s.server.refused("auth", user)
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.authed {
		return smtp.ErrAuthRequired
	}
	s.mail = Mail{From: from}
	return s.server.refused("mail", from)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = to
	return s.server.refused("rcpt", to)
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err == nil {
		err = s.server.refused("data", s.mail.To)
	}
	if err != nil {
		return err
	}
	s.mail.Data = string(data)
	s.server.mu.Lock()
	s.server.mails = append(s.server.mails, s.mail)
	s.server.mu.Unlock()
	select {
	case s.server.came <- struct{}{}:
	default:
	}
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }
