package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// authenticator finds out who sends a request. The access token comes as
// `Authorization: Bearer <token>` or, for browsers, in an httpOnly cookie; a
// request with the header is never judged by its cookies.
type authenticator struct {
	authenticate func(context.Context, string) (core.Principal, error)
	origins      *origins
	cookies      cookieNames
	log          *slog.Logger
}

// operation prepares the context of a GraphQL request, or answers it:
//
//   - A bearer token that cannot be checked, or is not good for an upload: the
//     error's status, whatever the media type. Nothing of the body is read.
//   - A session in cookies: anything but a GET must bring one of
//     preflightHeaders and, if it names an origin, an allowed one; else 403.
//   - A bearer token, or a session in cookies, that is not good any more: 401,
//     unless the request holds nothing but operations that make or end a
//     session ([Config.Anonymous]). A client may attach its old token to
//     refreshSession; any other operation is refused, so that it refreshes
//     and tries again, instead of showing a visitor's data to a user.
func (a *authenticator) operation(w http.ResponseWriter, r *http.Request) (context.Context, bool) {
	ctx := r.Context()
	client := core.ClientOf(ctx)
	client.Cookies = &cookies{names: a.cookies, w: w, r: r}
	ctx = core.WithClient(ctx, client)

	if token, ok := bearer(r); ok {
		p, err := a.principal(ctx, token)
		switch {
		case err == nil:
			return core.WithPrincipal(ctx, p), true
		case core.CodeOf(err) == core.Unauthenticated && !isUpload(r):
			w.Header().Set("WWW-Authenticate", challenge)
			note(ctx).expired = refusal(string(core.Unauthenticated), messageOf(err))
			return ctx, true
		}
		a.refuse(w, r, err)
		return nil, false
	}
	access, present := a.cookies.read(r)
	if !present {
		return ctx, true
	}
	if r.Method != http.MethodGet && !a.ours(r) {
		graphqlhttp.WriteError(w, graphqlhttp.Negotiate(r), http.StatusForbidden, core.Forbidden,
			"A request with a session cookie needs the header GraphQL-Require-Preflight: 1 and an allowed origin.")
		return nil, false
	}
	p, err := a.principal(ctx, access)
	if err != nil {
		note(ctx).expired = refusal(string(core.CodeOf(err)), messageOf(err))
		return ctx, true
	}
	return core.WithPrincipal(ctx, p), true
}

// socket is who opens a socket, by connection_init's token or, without one, by
// the cookies of the upgrade. Its origin was checked before.
func (a *authenticator) socket(ctx context.Context, r *http.Request, token string) (used string, p core.Principal, err error) {
	if token == "" {
		var ok bool
		if token, ok = bearer(r); !ok {
			var present bool
			if token, present = a.cookies.read(r); !present {
				return "", core.Principal{}, nil
			}
		}
	}
	p, err = a.principal(ctx, token)
	return token, p, err
}

// optional lets handlers outside GraphQL know who calls; a token that is not
// good makes a visitor, so that an old cookie hides no public file.
func (a *authenticator) optional(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := bearer(r)
		if !ok {
			token, _ = a.cookies.read(r)
		}
		if token != "" {
			if p, err := a.principal(r.Context(), token); err == nil {
				r = r.WithContext(core.WithPrincipal(r.Context(), p))
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (a *authenticator) principal(ctx context.Context, token string) (core.Principal, error) {
	if token == "" {
		return core.Principal{}, core.Errorf(core.Unauthenticated, "There is no access token, or it has expired. Refresh the session, or sign in.")
	}
	p, err := a.authenticate(ctx, token)
	if code := core.CodeOf(err); err != nil && (code == core.Internal || code == core.Unavailable) && ctx.Err() == nil {
		a.log.WarnContext(ctx, "token not checked", "request", RequestID(ctx), "error", err)
	}
	return p, err
}

// refuse answers a request whose bearer token is not good, or could not be
// checked.
func (a *authenticator) refuse(w http.ResponseWriter, r *http.Request, err error) {
	code := core.CodeOf(err)
	if code == core.Unauthenticated {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	graphqlhttp.WriteError(w, graphqlhttp.Negotiate(r), status(code), code, messageOf(err))
}

// challenge goes with a bearer token that is not good (RFC 6750).
const challenge = `Bearer error="invalid_token"`

// isUpload reports whether the body is a form, which must not be read in vain.
func isUpload(r *http.Request) bool {
	return strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "multipart/")
}

// preflightHeaders are those that no form and no script of a foreign origin
// can send without asking first, by CORS.
var preflightHeaders = [...]string{"GraphQL-Require-Preflight", "Apollo-Require-Preflight", "X-Requested-With"}

// ours reports whether r comes from a page that we allow.
func (a *authenticator) ours(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" && !a.origins.allow(r, origin) {
		return false
	}
	for _, name := range preflightHeaders {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return false
}

// bearer is the token of the Authorization header. Other schemes, such as the
// Basic of a proxy before us, are none of ours.
func bearer(r *http.Request) (token string, ok bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// messageOf is what a client may read of err.
func messageOf(err error) string {
	var e *core.Error
	if errors.As(err, &e) && e.Code != core.Internal {
		return e.Message
	}
	return "Something went wrong on the server."
}

// cookieNames are the names of the session's cookies. Over https they have the
// prefix __Host-, by which browsers take them from this host and https only.
type cookieNames struct {
	access, refresh string
	secure          bool
}

func newCookieNames(public *url.URL) cookieNames {
	if isHTTPS(public) {
		return cookieNames{"__Host-grapnel_access", "__Host-grapnel_refresh", true}
	}
	return cookieNames{"grapnel_access", "grapnel_refresh", false}
}

// read is the access token among the cookies of r, and whether there is a
// session at all: browsers drop the access cookie when its token expires.
func (n cookieNames) read(r *http.Request) (access string, present bool) {
	access = cookieValue(r, n.access)
	return access, access != "" || cookieValue(r, n.refresh) != ""
}

func cookieValue(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// cookies implements [core.SessionCookies] for one request.
type cookies struct {
	names cookieNames
	w     http.ResponseWriter
	r     *http.Request
}

var _ core.SessionCookies = (*cookies)(nil)

func (c *cookies) RefreshToken() string { return cookieValue(c.r, c.names.refresh) }

func (c *cookies) Set(t core.Tokens) {
	c.set(c.names.access, t.AccessToken, t.AccessExpiresAt, 0)
	c.set(c.names.refresh, t.RefreshToken, t.RefreshExpiresAt, 0)
}

func (c *cookies) Clear() {
	c.set(c.names.access, "", time.Time{}, -1)
	c.set(c.names.refresh, "", time.Time{}, -1)
}

func (c *cookies) set(name, value string, expires time.Time, maxAge int) {
	http.SetCookie(c.w, &http.Cookie{
		Name: name, Value: value, Path: "/", Expires: expires, MaxAge: maxAge,
		HttpOnly: true, Secure: c.names.secure, SameSite: http.SameSiteLaxMode,
	})
}
