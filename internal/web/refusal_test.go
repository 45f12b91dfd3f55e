package web_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/internal/web"
	"github.com/grapnel/grapnel/resolvers/upload"
)

// Whatever refuses a request early, a client that looks at the answer only when it
// has sent everything gets it, and its next request is served on the same
// connection.
func TestRefusalsArrive(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) {
		c.Transports = []graphql.Transport{upload.Transport{MaxFile: 1 << 20}}
		c.Uploads = web.Uploads(&inbox{}, c.Log)
	})
	const form, json = "multipart/form-data; boundary=x", "application/json"
	for _, c := range []struct {
		name, method, path, kind, header string
		status                           int
	}{
		{"upload with a bad token", "POST", "/graphql", form, "Authorization: Bearer bad", 401},
		{"upload with an ended session", "POST", "/graphql", form, "GraphQL-Require-Preflight: 1\r\nCookie: grapnel_refresh=x", 401},
		{"upload by a session of another page", "POST", "/graphql", form, "Cookie: grapnel_access=good", 403},
		{"upload without the header", "POST", "/graphql", form, "X: y", 400},
		{"upload that is too large", "POST", "/graphql", form, "GraphQL-Require-Preflight: 1", 413},
		{"form of another kind", "POST", "/graphql", "multipart/mixed; boundary=x", "GraphQL-Require-Preflight: 1", 415},
		{"JSON that is too large", "POST", "/graphql", json, "X: y", 413},
		{"JSON with a bad token", "POST", "/graphql", json, "Authorization: Bearer bad", 413},
		{"another type", "POST", "/graphql", "text/plain", "X: y", 415},
		{"another method", "PUT", "/graphql", json, "X: y", 405},
		{"another path", "POST", "/elsewhere", json, "X: y", 404},
		{"direct upload without a signature", "PUT", "/uploads/a", "image/png", "X: y", 403},
		{"direct upload that is too large", "PUT", "/uploads/a?signature=good", "image/png", "X: y", 413},
	} {
		for _, chunked := range []bool{false, true} {
			if chunked && c.status == 413 && c.kind == form {
				continue // nothing tells beforehand
			}
			t.Run(fmt.Sprint(c.name, " ", chunked), func(t *testing.T) {
				t.Parallel()
				conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
				in := bufio.NewReader(conn)
				const size = 8 << 20
				for range 2 {
					framing, end := fmt.Sprint("Content-Length: ", size), ""
					if chunked {
						framing, end = "Transfer-Encoding: chunked", "\r\n0\r\n\r\n"
					}
					fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n%s\r\n%s\r\n\r\n", c.method, c.path, c.kind, c.header, framing)
					if chunked {
						fmt.Fprintf(conn, "%x\r\n", size)
					}
					if _, err := io.WriteString(conn, strings.Repeat("x", size)+end); err != nil {
						t.Fatal(err)
					}
					resp, err := http.ReadResponse(in, nil)
					if err != nil {
						t.Fatal(err)
					}
					body, err := io.ReadAll(resp.Body)
					resp.Body.Close()
					if resp.StatusCode != c.status || resp.Close || err != nil {
						t.Fatalf("%d %s, closes %v, %v", resp.StatusCode, body, resp.Close, err)
					}
				}
			})
		}
	}
}
