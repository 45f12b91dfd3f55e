package web

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/grapnel/grapnel/core"
)

// Returner takes browsers that come back from a provider; [core.Providers] is one.
type Returner interface {
	// Return is where the browser goes on to.
	Return(ctx context.Context, provider string, r core.ProviderReply) (string, error)
}

var _ Returner = (*core.Providers)(nil)

// maxReply bounds the form of a provider, in bytes.
const maxReply = 64 << 10

// SignIns serves GET and POST of /sign-in/{provider}/callback, the redirect addresses that
// providers know: what they tell comes in the query, or in a form. The answer leads on to the
// frontend. It is not kept, and no page learns the address that it came from; see
// [securityHeaders].
func SignIns(to Returner, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told := r.URL.Query()
		if r.Method == http.MethodPost {
			r.Body = http.MaxBytesReader(w, r.Body, maxReply)
			if err := r.ParseForm(); err != nil {
				refuse(w, r, log, core.Wrap(core.Invalid, err, "This is no form of at most 64 KiB."))
				return
			}
			bodyRead(w)
			told = r.PostForm
		}
		next, err := to.Return(r.Context(), r.PathValue("provider"), core.ProviderReply{
			State: told.Get("state"), Code: told.Get("code"), Issuer: told.Get("iss"), Error: told.Get("error"),
		})
		if err != nil {
			refuse(w, r, log, err)
			return
		}
		w.Header().Set("Location", next)
		w.WriteHeader(http.StatusSeeOther)
	})
}
