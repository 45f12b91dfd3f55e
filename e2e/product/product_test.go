// Package product_test drives the real binary as its users do: over HTTP and
// WebSocket, on the embedded stores and on servers that speak the wire protocols
// of MongoDB and S3.
package product_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/grapnel/grapnel/e2e/mongod"
	"github.com/grapnel/grapnel/e2e/s3server"
)

// binary is the product, built by TestMain from the checkout. The S3 stand-in
// changes the working directory, so both are absolute.
var binary, checkout string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "grapnel-e2e-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		checkout, err = filepath.Abs("../..")
		if err == nil {
			binary, err = build(checkout, filepath.Join(dir, "grapnel"))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// build makes the binary of the module in dir.
func build(dir, to string) (string, error) {
	cmd := exec.Command("go", "build", "-o", to, ".")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", dir, err, out)
	}
	return to, nil
}

// product is one running binary.
type product struct {
	t     *testing.T
	cmd   *exec.Cmd
	url   string
	log   *bytes.Buffer
	ended chan error
}

// start runs the product on a free port and waits until it says where.
func start(t *testing.T, env ...string) *product { return startBinary(t, binary, env...) }

// startBinary does so with the binary of another project.
func startBinary(t *testing.T, binary string, env ...string) *product {
	t.Helper()
	p := &product{t: t, cmd: exec.Command(binary), log: &bytes.Buffer{}, ended: make(chan error, 1)}
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GRAPNEL_ADDR=127.0.0.1:0"}, env...)
	p.cmd.Stderr = p.log
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill(); <-p.ended })
	lines := bufio.NewScanner(stdout)
	for p.url == "" && lines.Scan() {
		if m := regexp.MustCompile(`GraphQL\s+(http://\S+)/graphql`).FindStringSubmatch(lines.Text()); m != nil {
			p.url = m[1]
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdout)
		err := p.cmd.Wait()
		p.ended <- err
		close(p.ended)
	}()
	if p.url == "" {
		<-p.ended
		t.Fatalf("the binary did not start: %s", p.log)
	}
	return p
}

func (p *product) kill() { _ = p.cmd.Process.Kill() }

// stop ends the product as a platform does, and expects a clean exit.
func (p *product) stop() {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-p.ended:
		if err != nil {
			p.t.Errorf("exit after SIGTERM: %v\n%s", err, p.log)
		}
	case <-time.After(20 * time.Second):
		p.t.Errorf("no exit after SIGTERM")
	}
}

// command runs another command of the product.
func command(t *testing.T, env []string, stdin string, args ...string) string {
	return commandOf(t, binary, env, stdin, args...)
}

// commandOf does so with the binary of another project.
func commandOf(t *testing.T, binary string, env []string, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

type vars = map[string]any

// post sends an operation; the answer is decoded, data under "data".
func (p *product) post(token, query string, v vars) (map[string]any, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": v})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest("POST", p.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	return p.send(token, req)
}

func (p *product) send(token string, req *http.Request) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var out map[string]any
	return out, json.NewDecoder(res.Body).Decode(&out)
}

// get is one value of an operation that must succeed.
func (p *product) get(token, query string, v vars, path string) any {
	p.t.Helper()
	out, err := p.post(token, query, v)
	if err != nil {
		p.t.Fatal(err)
	}
	if out["errors"] != nil {
		p.t.Fatalf("%s\nanswered %v\n%s", query, out["errors"], p.log)
	}
	return dig(out["data"], path)
}

func dig(at any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch v := at.(type) {
		case map[string]any:
			at = v[step]
		case []any:
			if len(v) == 0 {
				return nil
			}
			at = v[0]
		default:
			return nil
		}
	}
	return at
}

// signIn is the access token of an account.
func (p *product) signIn(email, password string) string {
	p.t.Helper()
	return p.get("", `mutation($e: String!, $p: String!) { signIn(input: {email: $e, password: $p}) { tokens { accessToken } } }`,
		vars{"e": email, "p": password}, "signIn.tokens.accessToken").(string)
}

// upload sends a file by the multipart request specification; body may be slow.
func (p *product) upload(token, filename string, body io.Reader) (map[string]any, error) {
	r, w := io.Pipe()
	m := multipart.NewWriter(w)
	go func() {
		_ = m.WriteField("operations", `{"query": "mutation($f: Upload!) { uploadAsset(input: {file: $f}) { asset { id url width } } }", "variables": {"f": null}}`)
		_ = m.WriteField("map", `{"0": ["variables.f"]}`)
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", multipart.FileContentDisposition("0", filename))
		h.Set("Content-Type", "application/octet-stream")
		part, err := m.CreatePart(h)
		if err == nil {
			_, err = io.Copy(part, body)
		}
		w.CloseWithError(errors.Join(err, m.Close()))
	}()
	req, err := http.NewRequest("POST", p.url+"/graphql", r)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", m.FormDataContentType())
	req.Header.Set("GraphQL-Require-Preflight", "1")
	return p.send(token, req)
}

// follow subscribes to the changes of posts; events are the kinds and ids.
func (p *product) follow(token string) <-chan string { return p.followField(token, "postChanged") }

func (p *product) followField(token, field string) <-chan string {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p.t.Cleanup(cancel)
	ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(p.url, "http")+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { ws.CloseNow() })
	for _, m := range []vars{
		{"type": "connection_init", "payload": vars{"Authorization": "Bearer " + token}},
		{"type": "subscribe", "id": "1", "payload": vars{"query": "subscription { " + field + " { kind id } }"}},
	} {
		if err := wsjson.Write(ctx, ws, m); err != nil {
			p.t.Fatal(err)
		}
	}
	events := make(chan string, 100)
	go func() {
		defer close(events)
		for {
			var m map[string]any
			if err := wsjson.Read(ctx, ws, &m); err != nil {
				return
			}
			if m["type"] == "next" {
				events <- fmt.Sprint(dig(m, "payload.data."+field+".kind"), " ", dig(m, "payload.data."+field+".id"))
			}
		}
	}()
	return events
}

// services are the stand-ins for MongoDB and S3, and the settings that use them.
func services(t *testing.T) (env []string, db *mongod.Server) {
	t.Helper()
	db, err := mongod.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	objects, err := startS3()
	if err != nil {
		t.Fatal(err)
	}
	return []string{
		"MONGODB_URI=" + db.URI() + "grapnel", "GRAPNEL_TOKEN_KEY=0123456789012345678901234567890123456789",
		"S3_ENDPOINT=" + objects.Endpoint, "S3_BUCKET=" + objects.Bucket, "S3_REGION=" + objects.Region,
		"AWS_ACCESS_KEY_ID=" + objects.AccessKey, "AWS_SECRET_ACCESS_KEY=" + objects.SecretKey,
	}, db
}

// startS3 starts the one S3 stand-in of this process; it allows no second one.
var startS3 = sync.OnceValues(func() (*s3server.Server, error) {
	dir, err := os.MkdirTemp("", "grapnel-s3-")
	if err != nil {
		return nil, err
	}
	return s3server.Start(context.Background(), dir)
})

const writeTour = `mutation($c: ID, $t: String!) { createPost(input: {title: $t, body: "# Hello\n\nWorld", tags: ["news"], coverId: $c}) { post { id } } }`

// The tour of the README, on each pair of stores, across a restart.
func TestTour(t *testing.T) {
	for name, settings := range map[string]func(*testing.T) []string{
		"embedded": func(t *testing.T) []string { return []string{"GRAPNEL_DATA=" + t.TempDir()} },
		"services": func(t *testing.T) []string { env, _ := services(t); return append(env, "GRAPNEL_DATA="+t.TempDir()) },
	} {
		t.Run(name, func(t *testing.T) {
			env := settings(t)
			p := start(t, env...)
			command(t, env, "correct horse\n", "admin", "create", "--email", "root@example.org") // while the server runs
			token := p.signIn("root@example.org", "correct horse")
			events := p.follow("")

			var picture bytes.Buffer
			if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 8, 6))); err != nil {
				t.Fatal(err)
			}
			raw := picture.Bytes()
			up, err := p.upload(token, "cover.png", bytes.NewReader(raw))
			if err != nil || up["errors"] != nil {
				t.Fatalf("upload: %v %v\n%s", err, up, p.log)
			}
			cover := dig(up, "data.uploadAsset.asset.id").(string)
			id := p.get(token, writeTour, vars{"c": cover, "t": "Hello world"}, "createPost.post.id").(string)
			p.get(token, `mutation($id: ID!) { publishPost(input: {id: $id}) { post { slug } } }`, vars{"id": id}, "publishPost.post.slug")
			select {
			case e := <-events:
				if e != "ADDED "+id {
					t.Errorf("the subscriber heard %q", e)
				}
			case <-time.After(15 * time.Second):
				t.Errorf("the subscriber heard nothing\n%s", p.log)
			}

			check := func(p *product) {
				t.Helper()
				out, err := p.post("", `{ posts(search: "wörld", where: {tags: {has: "news"}}) { totalCount nodes { id slug bodyHtml author { username } cover { url width } } } }`, nil)
				if err != nil || out["errors"] != nil {
					t.Fatalf("%v %v", err, out)
				}
				for path, want := range map[string]any{"id": id, "slug": "hello-world", "bodyHtml": "<h1>Hello</h1>\n<p>World</p>\n", "author.username": "root", "cover.width": 8.0} {
					if got := dig(out, "data.posts.nodes.0."+path); got != want {
						t.Errorf("%s is %v, want %v", path, got, want)
					}
				}
				url, _ := dig(out, "data.posts.nodes.0.cover.url").(string)
				url = p.url + url[strings.Index(url, "/files/"):] // the port changes with a restart
				req, _ := http.NewRequest("GET", url, nil)
				req.Header.Set("Range", "bytes=1-3")
				res, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				got, _ := io.ReadAll(res.Body)
				if res.StatusCode != 206 || string(got) != "PNG" || res.Header.Get("ETag") == "" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
					t.Errorf("file: %d %q %v", res.StatusCode, got, res.Header)
				}
			}
			check(p)
			p.stop()
			again := start(t, env...)
			check(again)
			again.stop()
		})
	}
}

// A subscriber of one process hears what another one publishes.
func TestSeveralProcesses(t *testing.T) {
	env, _ := services(t)
	a, b := start(t, append(env, "GRAPNEL_DATA="+t.TempDir())...), start(t, append(env, "GRAPNEL_DATA="+t.TempDir())...)
	command(t, append(env, "GRAPNEL_DATA="+t.TempDir()), "correct horse\n", "admin", "create", "--email", "root@example.org")
	token := a.signIn("root@example.org", "correct horse")
	events := b.follow(token)
	again := time.NewTicker(200 * time.Millisecond) // the subscription may begin after a first post
	defer again.Stop()
	deadline := time.After(15 * time.Second)
	written := map[string]bool{}
	for {
		select {
		case e := <-events:
			if !written[strings.TrimPrefix(e, "ADDED ")] {
				t.Errorf("heard %q", e)
			}
			return
		case <-again.C:
			written[a.get(token, writeTour, vars{"t": "Across"}, "createPost.post.id").(string)] = true
		case <-deadline:
			t.Fatalf("nothing heard\n%s", b.log)
		}
	}
}

// SIGKILL in the middle of many writes loses no acknowledged one.
func TestKillLosesNothing(t *testing.T) {
	env := []string{"GRAPNEL_DATA=" + t.TempDir()}
	p := start(t, env...)
	command(t, env, "correct horse\n", "admin", "create", "--email", "root@example.org")
	token := p.signIn("root@example.org", "correct horse")
	const writes, clients = 1000, 32
	var next, acknowledged atomic.Int64
	var ids sync.Map
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for next.Add(1) <= writes {
				out, err := p.post(token, writeTour, vars{"t": "Kill me"})
				if err != nil {
					return // the server is gone
				}
				if id, ok := dig(out, "data.createPost.post.id").(string); ok {
					ids.Store(id, true)
					if acknowledged.Add(1) == writes/2 {
						p.kill()
					}
				}
			}
		})
	}
	wg.Wait()
	<-p.ended
	again := start(t, env...)
	token = again.signIn("root@example.org", "correct horse")
	n := 0
	ids.Range(func(id, _ any) bool {
		n++
		if got := again.get(token, `query($id: ID!) { post(id: $id) { id } }`, vars{"id": id}, "post.id"); got != id {
			t.Errorf("lost %s", id)
		}
		return true
	})
	if n < writes/2 || n == writes {
		t.Errorf("%d writes were acknowledged before the end", n)
	}
	t.Logf("%d acknowledged, all found", n)
}

// An upload in flight at SIGTERM finishes; a new connection is refused.
func TestDrain(t *testing.T) {
	env := []string{"GRAPNEL_DATA=" + t.TempDir()}
	p := start(t, env...)
	command(t, env, "correct horse\n", "admin", "create", "--email", "root@example.org")
	token := p.signIn("root@example.org", "correct horse")
	r, w := io.Pipe()
	result := make(chan map[string]any, 1)
	go func() {
		out, err := p.upload(token, "slow.txt", r)
		if err != nil {
			out = map[string]any{"errors": err.Error()}
		}
		r.CloseWithError(fmt.Errorf("the upload ended with %v", out)) // whoever still writes hears of it
		result <- out
	}()
	// More than sockets hold, so that the server is reading when the signal comes.
	chunk := bytes.Repeat([]byte("slow text\n"), 2<<20)
	if _, err := w.Write(chunk); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	for { // until it takes no more connections
		c, err := net.DialTimeout("tcp", strings.TrimPrefix(p.url, "http://"), time.Second)
		if err != nil {
			break
		}
		c.Close()
	}
	if _, err := w.Write(chunk); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if out := <-result; out["errors"] != nil || dig(out, "data.uploadAsset.asset.id") == nil {
		t.Errorf("the upload ended with %v\n%s", out, p.log)
	}
	if err := <-p.ended; err != nil {
		t.Errorf("exit: %v\n%s", err, p.log)
	}
}

// A store that goes away makes requests fail soon, with UNAVAILABLE, and comes
// back without a restart.
func TestStoreGoesAway(t *testing.T) {
	env, db := services(t)
	gate := newGate(t, strings.TrimSuffix(strings.TrimPrefix(db.URI(), "mongodb://"), "/"))
	env = append(env, "GRAPNEL_DATA="+t.TempDir(), "MONGODB_URI=mongodb://"+gate.addr()+"/grapnel?directConnection=true")
	p := start(t, env...)
	const query = `{ posts { nodes { id } } }`
	p.get("", query, nil, "posts")
	gate.shut()
	begin := time.Now()
	out, err := p.post("", query, nil)
	if err != nil || dig(out, "errors.0.extensions.code") != "UNAVAILABLE" {
		t.Errorf("without the store: %v %v", err, out)
	}
	if took := time.Since(begin); took > 15*time.Second {
		t.Errorf("it took %v to say so", took)
	}
	gate.open()
	for deadline := time.Now().Add(30 * time.Second); ; {
		if out, err = p.post("", query, nil); err == nil && out["errors"] == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it did not come back: %v %v", err, out)
		}
	}
	p.stop()
}

// gate forwards connections to a server until it is shut.
type gate struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	isShut   bool
	conns    map[net.Conn]bool
}

func newGate(t *testing.T, target string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{listener: l, target: target, conns: map[net.Conn]bool{}}
	t.Cleanup(func() { l.Close(); g.shut() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go g.forward(c)
		}
	}()
	return g
}

func (g *gate) addr() string { return g.listener.Addr().String() }

func (g *gate) forward(in net.Conn) {
	out, err := net.Dial("tcp", g.target)
	if err != nil || !g.keep(in, out) {
		in.Close()
		return
	}
	go func() { _, _ = io.Copy(out, in); out.Close() }()
	_, _ = io.Copy(in, out)
	in.Close()
}

func (g *gate) keep(conns ...net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range conns {
		if g.isShut {
			c.Close()
		} else {
			g.conns[c] = true
		}
	}
	return !g.isShut
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.isShut = true
	for c := range g.conns {
		c.Close()
	}
	clear(g.conns)
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.isShut = false
}
