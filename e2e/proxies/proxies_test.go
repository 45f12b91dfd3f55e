// Package proxies_test runs the binary behind the proxies of Debian, each with the
// configuration that docs/guides/behind-a-proxy.md shows.
package proxies_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grapnel/grapnel/e2e/grapnel"
)

var binary grapnel.Binary

func TestMain(m *testing.M) { grapnel.Main(m, map[*grapnel.Binary]string{&binary: "."}) }

// site is two servers behind a proxy.
type site struct {
	*listener
	t         *testing.T
	env       []string
	addresses [2]string
	servers   [2]*grapnel.Server
}

// behind starts two servers on one data folder behind a proxy, which the machine must
// have: .ci/run installs it.
func (p proxy) behind(t *testing.T) *site {
	t.Helper()
	program := map[string]string{"apache": "apache2"}[p.name]
	if program == "" {
		program = p.name
	}
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("GRAPNEL_TEST_REQUIRE") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	port := freePort(t)
	s := &site{t: t, env: []string{
		"GRAPNEL_DATA=" + t.TempDir(), "GRAPNEL_PUBLIC_URL=https://localhost:" + port, "GRAPNEL_TRUSTED_PROXIES=127.0.0.1",
		"GRAPNEL_SIGN_UP=author", "GRAPNEL_DRAIN_DELAY=2s", "GRAPNEL_USER_COST=0", "GRAPNEL_ADDRESS_COST=0",
	}}
	for i := range s.servers {
		s.addresses[i] = net.JoinHostPort("127.0.0.1", freePort(t))
		s.run(i)
	}
	s.listener = p.start(t, port, s.addresses[0], s.addresses[1])
	return s
}

// run starts a server at its address.
func (s *site) run(i int) {
	s.servers[i] = binary.Start(s.t, append(s.env, "GRAPNEL_ADDR="+s.addresses[i])...)
}

// client speaks HTTP/1.1 or HTTP/2 with the proxy, from an address of this machine.
func (s *site) client(t *testing.T, version int, from string) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, "127.0.0.1:"+s.port)
		},
		TLSClientConfig:     &tls.Config{RootCAs: s.roots},
		Protocols:           &http.Protocols{},
		MaxIdleConnsPerHost: clients,
		DisableCompression:  true,
	}
	transport.Protocols.SetHTTP1(version == 1)
	transport.Protocols.SetHTTP2(version == 2)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// through is the first server as such a client sees it.
func (s *site) through(t *testing.T, version int, from string) *grapnel.Server {
	return s.servers[0].Through("https://localhost:"+s.port, s.client(t, version, from)).In(t)
}

// logged waits for a line of the servers' logs that holds text.
func (s *site) logged(t *testing.T, text string) string {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		for _, server := range s.servers {
			for line := range strings.Lines(server.Log.String()) {
				if strings.Contains(line, text) {
					return line
				}
			}
		}
	}
	t.Errorf("no log has %q", text)
	return ""
}

func TestProxies(t *testing.T) {
	for _, p := range all {
		t.Run(p.name, func(t *testing.T) {
			s := p.behind(t)
			token, _ := s.through(t, 1, "127.0.0.1").SignUp("ada")
			t.Run("refusals", s.refusals)
			t.Run("uploads", func(t *testing.T) { s.uploads(t, token) })
			t.Run("sockets", func(t *testing.T) { s.sockets(t, token) })
			t.Run("events", func(t *testing.T) { s.events(t, token) })
			t.Run("files", func(t *testing.T) { s.files(t, token) })
			t.Run("entity tags", s.tags)
			t.Run("addresses", s.clientAddresses)
		})
	}
}

const uploadFile = `{"query":"mutation($f: Upload!) { uploadAsset(input: {file: $f}) { asset { id url size } } }","variables":{"f":null}}`

// text is an endless text.
type text struct{}

func (text) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "all work and no play\n"[i%21]
	}
	return len(p), nil
}

// form is an upload of so many bytes, and its length.
func form(size int64) (body io.Reader, length int64, contentType string) {
	const boundary = "----------------------------grapnel"
	part := func(name string) string {
		return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\""
	}
	head := part("operations") + "\r\n\r\n" + uploadFile + "\r\n" + part("map") + "\r\n\r\n{\"0\":[\"variables.f\"]}\r\n" +
		part("0") + "; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n"
	tail := "\r\n--" + boundary + "--\r\n"
	return io.MultiReader(strings.NewReader(head), io.LimitReader(text{}, size), strings.NewReader(tail)),
		int64(len(head)+len(tail)) + size, "multipart/form-data; boundary=" + boundary
}

// A refusal arrives, at a client that looks at answers only when it has sent
// everything, too.
func (s *site) refusals(t *testing.T) {
	const tries = 5
	for _, size := range []int64{200 << 10, 1 << 20, 4 << 20, 16 << 20} {
		lost := map[string]int{}
		for range tries {
			body, length, contentType := form(size)
			if got := s.sendAll(t, contentType, "Authorization: Bearer bad", body, length); got != http.StatusUnauthorized {
				lost[fmt.Sprint("HTTP/1.1: ", got)]++
			}
			body, length, _ = form(size)
			req, err := http.NewRequestWithContext(t.Context(), "POST", "https://localhost:"+s.port+"/graphql", body)
			if err != nil {
				t.Fatal(err)
			}
			req.ContentLength = length
			req.Header.Set("Content-Type", contentType)
			req.Header.Set("GraphQL-Require-Preflight", "1")
			if a, err := s.through(t, 2, "127.0.0.1").Do("bad", req); err != nil || a.Status != http.StatusUnauthorized {
				lost[fmt.Sprint("HTTP/2: ", a, err)]++
			}
		}
		if len(lost) > 0 {
			t.Errorf("401 of an upload of %d KiB, %d tries each: %v", size>>10, tries, lost)
		}
	}
	for range tries {
		if got := s.sendAll(t, "application/json", "X-Any: thing", io.LimitReader(text{}, 8<<20), 8<<20); got != http.StatusRequestEntityTooLarge {
			t.Errorf("JSON of 8 MiB: %d", got)
		}
	}
}

// sendAll sends a request over HTTP/1.1 to its end before it reads the answer; 0 for
// none.
func (s *site) sendAll(t *testing.T, contentType, header string, body io.Reader, length int64) (status int) {
	t.Helper()
	conn, err := tls.Dial("tcp", "127.0.0.1:"+s.port, &tls.Config{RootCAs: s.roots, ServerName: "localhost", NextProtos: []string{"http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: localhost\r\nGraphQL-Require-Preflight: 1\r\nContent-Type: %s\r\n%s\r\nContent-Length: %d\r\n\r\n", contentType, header, length)
	if _, err := io.Copy(conn, body); err != nil {
		return 0
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// Large files stream through, and the servers' memory does not grow with them.
func (s *site) uploads(t *testing.T, token string) {
	const size = 300 << 20
	for version, declared := range map[int]bool{1: true, 2: false} {
		before := s.servers[0].Peak() + s.servers[1].Peak()
		p := s.through(t, version, "127.0.0.1")
		body, length, contentType := form(size)
		req, err := http.NewRequestWithContext(t.Context(), "POST", p.URL+"/graphql", body)
		if err != nil {
			t.Fatal(err)
		}
		if declared {
			req.ContentLength = length
		}
		req.Header.Set("Content-Type", contentType)
		req.Header.Set("GraphQL-Require-Preflight", "1")
		out, err := p.Send(token, req)
		if err != nil || grapnel.Dig(out, "data.uploadAsset.asset.size") != float64(size) {
			t.Errorf("HTTP/%d: %v %v", version, out, err)
		}
		if grown := s.servers[0].Peak() + s.servers[1].Peak() - before; grown > 64<<20 {
			t.Errorf("HTTP/%d: the servers grew by %d MiB", version, grown>>20)
		}
	}
}

const createPost = `mutation { createPost(input: {title: "Live", body: "Now."}) { post { id } } }`

// publish makes public posts until a subscriber that has just begun has heard of one.
func publish(p *grapnel.Server, token string, heard <-chan bool) {
	for {
		id := p.Get(token, createPost, nil, "createPost.post.id")
		p.Get(token, `mutation($id: ID!) { publishPost(input: {id: $id}) { post { id } } }`, grapnel.Vars{"id": id}, "publishPost.post.id")
		select {
		case <-heard:
			return
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// Sockets tell what happens, and a message that is too large ends them with 1009.
func (s *site) sockets(t *testing.T, token string) {
	p := s.through(t, 1, "127.0.0.1")
	events, heard := p.Follow(token, "postChanged"), make(chan bool)
	go func() {
		defer close(heard)
		if e := <-events; !strings.HasPrefix(e, "ADDED ") {
			t.Errorf("heard %q", e)
		}
	}()
	publish(p, token, heard)

	for _, size := range []int{1200 << 10, 2 << 20, 8 << 20} {
		codes := map[int]int{}
		for range 5 {
			c := p.Socket("")
			c.Subscribe("1", strings.Repeat(" ", size), nil)
			for ok := true; ok; _, ok = c.Next() {
			}
			codes[int(c.Closed)]++
		}
		if codes[1009] != 5 {
			t.Errorf("a message of %d KiB: %v", size>>10, codes)
		}
	}
}

// Event streams arrive as they are sent, over both versions.
func (s *site) events(t *testing.T, token string) {
	for _, version := range []int{1, 2} {
		p := s.through(t, version, "127.0.0.1")
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		req, err := http.NewRequestWithContext(ctx, "GET", p.URL+"/graphql?query=subscription{postChanged{changedId}}", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/event-stream")
		req.Header.Set("Accept-Encoding", "gzip")
		resp, err := s.client(t, version, "127.0.0.1").Do(req)
		if err != nil {
			t.Fatal(err)
		}
		heard := make(chan bool)
		go func() {
			defer close(heard)
			lines := bufio.NewScanner(resp.Body)
			for lines.Scan() {
				if lines.Text() == "event: next" {
					return
				}
			}
			t.Errorf("HTTP/%d: the stream ended: %v", version, lines.Err())
		}()
		publish(p, token, heard)
		cancel()
		resp.Body.Close()
	}
}

// Ranges of files arrive, and a file is not sent again.
func (s *site) files(t *testing.T, token string) {
	for _, version := range []int{1, 2} {
		p := s.through(t, version, "127.0.0.1")
		up, err := p.Upload(token, "a.txt", io.LimitReader(text{}, 1<<20))
		if err != nil {
			t.Fatal(err)
		}
		url, ok := grapnel.Dig(up, "data.uploadAsset.asset.url").(string)
		if !ok || !strings.HasPrefix(url, p.URL) {
			t.Fatalf("%v", up)
		}
		a := get(t, p, url, "Range", "bytes=4-7")
		if a.Status != http.StatusPartialContent || string(a.Body) != "work" || a.Header.Get("Content-Range") != "bytes 4-7/1048576" {
			t.Errorf("HTTP/%d: range: %d %q %v", version, a.Status, a.Body, a.Header)
		}
		a = get(t, p, url, "Accept-Encoding", "gzip")
		if a = get(t, p, url, "Accept-Encoding", "gzip", "If-None-Match", a.Header.Get("ETag")); a.Status != http.StatusNotModified {
			t.Errorf("HTTP/%d: not changed: %d %v", version, a.Status, a.Header)
		}
	}
}

// A query's entity tag matches after a proxy has compressed the answer.
func (s *site) tags(t *testing.T) {
	const query = "/graphql?query={__schema{types{name,description,fields{name,description}}}}"
	for _, version := range []int{1, 2} {
		p := s.through(t, version, "127.0.0.1")
		a := get(t, p, p.URL+query, "Accept-Encoding", "gzip")
		if a.Status != http.StatusOK || a.Header.Get("ETag") == "" || len(a.Header.Values("Vary")) > 2 {
			t.Fatalf("HTTP/%d: %d %v", version, a.Status, a.Header)
		}
		tag := a.Header.Get("ETag")
		if a = get(t, p, p.URL+query, "Accept-Encoding", "gzip", "If-None-Match", tag); a.Status != http.StatusNotModified {
			t.Errorf("HTTP/%d: %s: %d %v", version, tag, a.Status, a.Header)
		}
	}
}

// The log has the client's address, whatever the client writes itself.
func (s *site) clientAddresses(t *testing.T) {
	for _, version := range []int{1, 2} {
		address, id := fmt.Sprint("127.0.0.", 8+version), fmt.Sprint("address-of-", version)
		p := s.through(t, version, address)
		a := get(t, p, p.URL+"/graphql?query={__typename}", "X-Request-Id", id,
			"X-Forwarded-For", "6.6.6.6", "X-Forwarded-For", "127.0.0.1", "Forwarded", "for=6.6.6.6", "X-Real-IP", "6.6.6.6")
		if a.Status != http.StatusOK || a.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%d %v", a.Status, a.Header)
		}
		if line := s.logged(t, "request="+id); !strings.Contains(line, "address="+address+"\n") {
			t.Errorf("HTTP/%d from %s is logged as %s", version, address, line)
		}
	}
}

func get(t *testing.T, p *grapnel.Server, url string, header ...string) *grapnel.Answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	a, err := p.Do("", req)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const clients = 16

// Two servers are restarted in turn, and no request fails; but for nginx, which asks
// for no health: what is on its way to a server that stops to listen may fail.
func TestRollingRestarts(t *testing.T) {
	for _, p := range all {
		requests, restarts, may := int64(3_000), 2, int64(0)
		switch p.name {
		case "haproxy":
			requests, restarts = 20_000, 4
		case "nginx":
			may = requests / 100
		}
		t.Run(p.name, func(t *testing.T) {
			s := p.behind(t)
			front := s.through(t, 1, "127.0.0.1")
			token, _ := front.SignUp("ada")
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var sent, failed atomic.Int64
			var wait sync.WaitGroup
			for n := range clients {
				wait.Go(func() {
					for i := n; ctx.Err() == nil || sent.Load() < requests; i++ {
						query := `{ posts(first: 3) { nodes { id title } } }`
						if i%20 == 0 {
							query = createPost
						}
						sent.Add(1)
						if err := answered(front.Post(token, query, nil)); err != nil {
							if n := failed.Add(1); n > may && n < may+10 {
								t.Error(err)
							}
						}
					}
				})
			}
			for i := range restarts {
				if !s.restart(t, i%2) {
					break
				}
			}
			stop()
			wait.Wait()
			t.Logf("%d of %d requests failed over %d restarts", failed.Load(), sent.Load(), restarts)
		})
	}
}

func answered(out map[string]any, err error) error {
	if err == nil && out["errors"] != nil {
		return fmt.Errorf("answered %v", out)
	}
	return err
}

// restart ends a server as a platform does, starts it again, and waits until the proxy
// sends requests there.
func (s *site) restart(t *testing.T, i int) bool {
	t.Helper()
	s.servers[i].Stop()
	s.run(i)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if strings.Contains(s.servers[i].Log.String(), "path=/graphql") {
			return true
		}
	}
	t.Errorf("the proxy sends no request to the server that was restarted\n%s", s.servers[i].Log)
	return false
}
