package web

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// authenticator finds out who sends a request. The access token comes as
// `Authorization: Bearer <token>` or, for browsers, in an httpOnly cookie; a
// request with the header is never judged by its cookies. An API key comes by the
// header alone.
type authenticator struct {
	authenticate func(context.Context, string) (core.Principal, error)
	origins      *origins
	secure       bool // our own address is https
	log          *slog.Logger
}

// operation prepares the context of a GraphQL request, or refuses it with the
// error's status, whatever the media type, before anything of its body is read:
//
//   - A session in cookies: anything but a GET must bring a header that makes
//     it [graphqlhttp.Preflighted] and, if it names an origin, an allowed one;
//     else 403.
//   - A token that cannot be checked: 503.
//   - A token that is not good any more, another scheme, or cookies without a token: 401 for an
//     upload, whose body must not be read in vain. Anything else goes on as a
//     visitor's and gets its 401 from the engine, unless it holds nothing but
//     operations that make or end a session ([Config.Anonymous]): a client may
//     attach its old token to refreshSession. Any other operation is refused,
//     {__typename} too, so that the client refreshes and tries again, instead of
//     showing a visitor's data to a user.
func (a *authenticator) operation(w http.ResponseWriter, r *http.Request) (context.Context, bool) {
	ctx := r.Context()
	client := core.ClientOf(ctx)
	client.Cookies = &cookies{names: a.names(r), w: w, r: r}
	ctx = core.WithClient(ctx, client)

	token, present, err := a.token(r)
	if !present {
		return ctx, true
	}
	borne := isBorne(r)
	if !borne && r.Method != http.MethodGet && !a.ours(r) {
		graphqlhttp.Refuse(w, r, core.Errorf(core.Forbidden,
			"A request with a session cookie needs the header GraphQL-Require-Preflight: 1 and an allowed origin."))
		return nil, false
	}
	var p core.Principal
	if err == nil {
		p, err = a.principal(ctx, token)
	}
	if err == nil {
		return core.WithPrincipal(ctx, p), true
	}
	if core.Is(err, core.Unauthenticated) {
		if borne {
			w.Header().Set("WWW-Authenticate", challenge)
		}
		if !isUpload(r) {
			note(ctx).expired = graphqlhttp.Present(err)
			return ctx, true
		}
	}
	graphqlhttp.Refuse(w, r, err)
	return nil, false
}

// socket is who opens a socket, by connection_init's token or, without one, by the
// header or the cookies of the upgrade. Its origin is checked elsewhere.
func (a *authenticator) socket(ctx context.Context, r *http.Request, token string) (used string, p core.Principal, err error) {
	if token == "" {
		var present bool
		if token, present, err = a.token(r); !present || err != nil {
			return "", core.Principal{}, err
		}
	}
	p, err = a.principal(ctx, token)
	return token, p, err
}

// token is the access token of a request, and whether it names a session at all; the
// error is that of [bearer].
func (a *authenticator) token(r *http.Request) (token string, present bool, err error) {
	if isBorne(r) {
		token, err = bearer(r.Header.Get("Authorization"))
		return token, true, err
	}
	token, present = a.names(r).read(r)
	return token, present, nil
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

// challenge goes with a bearer token that is not good (RFC 6750).
const challenge = `Bearer error="invalid_token"`

// isUpload reports whether the body is a form, which must not be read in vain.
func isUpload(r *http.Request) bool {
	return strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "multipart/")
}

// ours reports whether r comes from a page that we allow.
func (a *authenticator) ours(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return graphqlhttp.Preflighted(r) && (origin == "" || a.origins.allow(r, origin))
}

// isBorne reports whether a request says by its header who sends it, and not by its
// cookies.
func isBorne(r *http.Request) bool { return r.Header.Get("Authorization") != "" }

// bearer is the token in the value of an Authorization header (RFC 6750, section 2.1),
// which may be "". Anything else is UNAUTHENTICATED and never a visitor: whoever
// forgot the scheme would be shown less than there is, and not know.
func bearer(credentials string) (token string, err error) {
	scheme, token, _ := strings.Cut(strings.TrimSpace(credentials), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", core.Errorf(core.Unauthenticated, "Write Authorization as the word Bearer, a space and the access token.")
	}
	return strings.TrimSpace(token), nil
}

// cookieNames are the names of the cookies of sessions and devices. Over https they
// have the prefix __Host-, by which browsers take them from this host and https only.
type cookieNames struct {
	access, refresh, device string
	secure                  bool
}

// names are those of the session's cookies for the client of r.
func (a *authenticator) names(r *http.Request) cookieNames {
	if a.secure || note(r.Context()).https {
		return cookieNames{"__Host-grapnel_access", "__Host-grapnel_refresh", "__Host-grapnel_device", true}
	}
	return cookieNames{"grapnel_access", "grapnel_refresh", "grapnel_device", false}
}

// read is the access token among the cookies of r, and whether there is a
// session at all: browsers drop the access cookie when its token expires.
func (n cookieNames) read(r *http.Request) (access string, present bool) {
	if access = cookieValue(r, n.access); core.LooksLikeAPIKey(access) {
		return "", true
	}
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

func (c *cookies) Held() bool {
	_, present := c.names.read(c.r)
	return present && !isBorne(c.r)
}

func (c *cookies) RefreshToken() string { return cookieValue(c.r, c.names.refresh) }

func (c *cookies) Set(t core.Tokens) {
	c.set(c.names.access, t.AccessToken, t.AccessTokenExpiresAt, 0)
	c.set(c.names.refresh, t.RefreshToken, t.RefreshTokenExpiresAt, 0)
	c.SetDevice(t.DeviceToken)
}

// deviceSeparator stands between the tokens of one cookie, and in none of them.
const deviceSeparator = "~"

func (c *cookies) DeviceTokens() []string {
	list := strings.SplitN(cookieValue(c.r, c.names.device), deviceSeparator, core.MaxDeviceTokens+1)
	return list[:min(len(list), core.MaxDeviceTokens)]
}

func (c *cookies) SetDevice(token string) {
	device := core.DeviceOf(token)
	list := []string{token}
	for _, other := range c.DeviceTokens() {
		if id := core.DeviceOf(other); id != "" && id != device && len(list) < core.MaxDeviceTokens {
			list = append(list, other)
		}
	}
	c.set(c.names.device, strings.Join(list, deviceSeparator), time.Time{}, int(core.DeviceLife.Seconds()))
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
