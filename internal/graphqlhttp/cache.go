package graphqlhttp

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// WriteCacheable answers a GET with a response that everybody gets who sends no
// credentials. Caches may keep it for maxAge and ask again with its ETag (RFC 9110,
// section 8.8.3), which is answered with 304 while nothing has changed.
func WriteCacheable(w http.ResponseWriter, r *http.Request, mediaType string, resp *graphql.Response, maxAge time.Duration) {
	h := w.Header()
	h.Add("Vary", "Authorization, Cookie")
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(maxAge.Seconds()))+", must-revalidate")
	hash := sha256.New()
	hash.Write([]byte(mediaType))
	hash.Write(Encode(resp))
	tag := `"` + base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:16]) + `"`
	h.Set("ETag", tag)
	if matches(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	write(w, mediaType, http.StatusOK, resp)
}

// matches compares weakly, as If-None-Match does: proxies that compress weaken the
// tags that pass through them.
func matches(headers []string, tag string) bool {
	for _, header := range headers {
		for item := range strings.SplitSeq(header, ",") {
			if item = strings.TrimSpace(item); item == "*" || strings.TrimPrefix(item, "W/") == tag {
				return true
			}
		}
	}
	return false
}
