package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// notes are what the layers learn of one request on its way, for the log.
type notes struct {
	id        string
	operation string          // name of the operation
	https     bool            // the client speaks it with a proxy before us
	expired   *gqlerror.Error // why the token or the cookies do not count
}

type notesKey struct{}

// note is the request's notes; outside a request, notes that nobody reads.
func note(ctx context.Context) *notes {
	n, ok := ctx.Value(notesKey{}).(*notes)
	if !ok {
		return &notes{}
	}
	return n
}

// RequestID is the id of the request in ctx: in the log, in the X-Request-Id
// of the answer and in its INTERNAL errors.
func RequestID(ctx context.Context) string { return note(ctx).id }

// expired is the error of a session that the request names and that has ended.
func expired(ctx context.Context) *gqlerror.Error { return note(ctx).expired }

// identify gives the request its id and its client's address, and logs it when
// it is done. Tokens, variables and query strings, which may hold either or a
// signature, are never logged.
func identify(next http.Handler, before *proxies, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		from := before.peer(r)
		n := &notes{id: requestID(r.Header.Get("X-Request-Id")), https: from.https}
		client := core.Client{Address: from.address, UserAgent: graphqlhttp.Cut(strings.ToValidUTF8(r.UserAgent(), ""), 512)}
		ctx := core.WithClient(context.WithValue(r.Context(), notesKey{}, n), client)
		w.Header().Set("X-Request-Id", n.id)
		rec := &recorder{ResponseWriter: w}
		defer func() {
			level := slog.LevelInfo
			if isHealthCheck(r) {
				level = slog.LevelDebug
			}
			var aborted slog.Attr // none
			if ctx.Err() != nil {
				aborted = slog.Bool("aborted", true) // nobody got the answer
			}
			log.LogAttrs(ctx, level, "request",
				slog.String("request", n.id),
				slog.String("method", r.Method),
				slog.String("path", r.URL.Path),
				slog.String("operation", clip(n.operation)),
				slog.Int("status", rec.code()),
				slog.Int64("bytes", rec.bytes),
				slog.Duration("duration", time.Since(start)),
				slog.String("address", client.Address),
				aborted,
			)
		}()
		next.ServeHTTP(rec, r.WithContext(ctx))
	})
}

// isHealthCheck reports whether r is one of those that come every few seconds.
func isHealthCheck(r *http.Request) bool {
	return r.URL.Path == "/healthz" || r.URL.Path == "/readyz"
}

// clip shortens what a client named for the log.
func clip(name string) string { return graphqlhttp.Cut(name, 100) }

// requestID is the id that the client or a proxy gave, if it is a short plain
// word, or a new one.
func requestID(given string) string {
	plain := func(c rune) bool {
		return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.ContainsRune("-_.:", c)
	}
	if len(given) >= 8 && len(given) <= 64 && strings.IndexFunc(given, func(c rune) bool { return !plain(c) }) < 0 {
		return given
	}
	return uuid.NewString()
}

// recorder remembers what was answered, and gives the headers their last form.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		r.status = status
		forCaches(r.Header())
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets [http.ResponseController] reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// forCaches puts Vary, to which several layers add, on one line, for nginx before 1.23
// minds only the last, and takes the id of the request from what is given to many.
func forCaches(h http.Header) {
	if lines := h["Vary"]; len(lines) > 1 {
		h.Set("Vary", strings.Join(lines, ", "))
	}
	if strings.HasPrefix(h.Get("Cache-Control"), "public") {
		h.Del("X-Request-Id")
	}
}

// uncoded takes from the entity tags that a client or a cache has what proxies add
// that compress: "x" comes back as "x-gzip" (httpd's bug 45023), "x-br" or "x-zstd".
// They stand for the same content, and If-None-Match compares weakly.
func uncoded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i, line := range r.Header["If-None-Match"] {
			r.Header["If-None-Match"][i] = codings.Replace(line)
		}
		next.ServeHTTP(w, r)
	})
}

var codings = strings.NewReplacer(`-gzip"`, `"`, `-br"`, `"`, `-zstd"`, `"`, `-deflate"`, `"`)

// recovery turns a panic into a masked 500, or cuts the connection when the
// answer has already begun.
func recovery(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			logPanic(r.Context(), log, v)
			if rec, ok := w.(*recorder); ok && rec.status != 0 {
				panic(http.ErrAbortHandler)
			}
			graphqlhttp.Refuse(w, r, fmt.Errorf("panic: %v", v)) // masked
		}()
		next.ServeHTTP(w, r)
	})
}

// keyless refuses every request with an API key in its query string, whatever it asks for: by
// then the key stands in the logs of proxies and in histories, and whoever sent it must know.
// An access token there is only ignored, for it is over in ten minutes.
func keyless(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.RawQuery
		if plain, err := url.QueryUnescape(query); err == nil {
			query = plain
		}
		if core.HoldsAPIKey(query) {
			graphqlhttp.Refuse(w, r, core.Errorf(core.Invalid, "An API key stands in the address of this request, where logs keep it. Revoke it, and send another one as the header Authorization: Bearer."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// securityHeaders sets what suits an API; handlers of pages and files replace
// what does not suit them.
func securityHeaders(next http.Handler, secure bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if secure || note(r.Context()).https {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// deadlines bounds how long a client may take to send its request and to take
// the answer. Handlers that stream move them on while bytes flow; see
// [unhurried].
func deadlines(next http.Handler, l Limits) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		now := time.Now()
		// A writer without deadlines, as in tests, has none to set.
		if r.ContentLength != 0 {
			_ = c.SetReadDeadline(now.Add(l.BodyRead))
		}
		_ = c.SetWriteDeadline(now.Add(l.BodyRead + l.Deadline + l.BodyWrite))
		next.ServeHTTP(w, r)
	})
}

// bodyRead lifts the read deadline when the body has arrived: from then on
// net/http itself reads, to notice when the client leaves, and would take a
// passed deadline for that.
func bodyRead(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
}

// unhurried lifts both deadlines, for a handler that sets its own.
func unhurried(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Time{})
	_ = c.SetWriteDeadline(time.Time{})
}

func isHTTPS(u *url.URL) bool { return u != nil && u.Scheme == "https" }

// writeJSON answers outside GraphQL.
func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only maps and strings get here
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}
