// Package product_test drives the real binary as its users do: over HTTP and
// WebSocket, on the embedded stores and on servers that speak the wire protocols
// of MongoDB and S3.
package product_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grapnel/grapnel/e2e/grapnel"
)

// binary is the product, shop that of a project with types of its own; both are built
// by TestMain.
var binary, shop grapnel.Binary

func TestMain(m *testing.M) {
	grapnel.Main(m, map[*grapnel.Binary]string{&binary: ".", &shop: "examples/shop"})
}

type vars = grapnel.Vars

const writeTour = `mutation($c: ID, $t: String!) { createPost(input: {title: $t, body: "# Hello\n\nWorld", tags: ["news"], coverId: $c}) { post { id } } }`

// The tour of the README, on each pair of stores, across a restart.
func TestTour(t *testing.T) {
	grapnel.EachStores(t, func(t *testing.T, stores grapnel.Stores) {
		env := stores.Env
		p := binary.Start(t, env...)
		token := p.Admin() // while the server runs
		events := p.Follow("", "postChanged")

		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 8, 6))); err != nil {
			t.Fatal(err)
		}
		raw := picture.Bytes()
		up, err := p.Upload(token, "cover.png", bytes.NewReader(raw))
		if err != nil || up["errors"] != nil {
			t.Fatalf("upload: %v %v\n%s", err, up, p.Log)
		}
		cover := grapnel.Dig(up, "data.uploadAsset.asset.id").(string)
		id := p.Get(token, writeTour, vars{"c": cover, "t": "Hello world"}, "createPost.post.id").(string)
		p.Get(token, `mutation($id: ID!) { publishPost(input: {id: $id}) { post { slug } } }`, vars{"id": id}, "publishPost.post.slug")
		select {
		case e := <-events:
			if e != "ADDED "+id {
				t.Errorf("the subscriber heard %q", e)
			}
		case <-time.After(15 * time.Second):
			t.Errorf("the subscriber heard nothing\n%s", p.Log)
		}

		check := func(p *grapnel.Server) {
			t.Helper()
			out, err := p.Post("", `{ posts(search: "wörld", where: {tags: {has: "news"}}) { totalCount nodes { id slug bodyHtml author { username } cover { url width } } } }`, nil)
			if err != nil || out["errors"] != nil {
				t.Fatalf("%v %v", err, out)
			}
			for path, want := range map[string]any{"id": id, "slug": "hello-world", "bodyHtml": "<h1>Hello</h1>\n<p>World</p>\n", "author.username": "root", "cover.width": 8.0} {
				if got := grapnel.Dig(out, "data.posts.nodes.0."+path); got != want {
					t.Errorf("%s is %v, want %v", path, got, want)
				}
			}
			url, _ := grapnel.Dig(out, "data.posts.nodes.0.cover.url").(string)
			url = p.URL + url[strings.Index(url, "/files/"):] // the port changes with a restart
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
		p.Stop()
		again := binary.Start(t, env...)
		check(again)
		again.Stop()
	})
}

// A subscriber of one process hears what another one publishes.
func TestSeveralProcesses(t *testing.T) {
	env := grapnel.Services(t).Env
	a, b := binary.Start(t, env...), binary.Start(t, append(env, "GRAPNEL_DATA="+t.TempDir())...)
	token := a.Admin()
	events := b.Follow(token, "postChanged")
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
			written[a.Get(token, writeTour, vars{"t": "Across"}, "createPost.post.id").(string)] = true
		case <-deadline:
			t.Fatalf("nothing heard\n%s", b.Log)
		}
	}
}

// Who has a record open at one process is told at another one, until they leave it.
func TestPresenceOfSeveralProcesses(t *testing.T) {
	env := grapnel.Services(t).Env
	a, b := binary.Start(t, env...), binary.Start(t, append(env, "GRAPNEL_DATA="+t.TempDir())...)
	admin := a.Admin()
	_, authorID := b.SignUp("molly")
	a.Get(admin, `mutation($id: ID!) { setUserRole(input: {id: $id, role: AUTHOR}) { user { id } } }`, vars{"id": authorID}, "setUserRole.user.id")
	id := a.Get(admin, writeTour, vars{"t": "Open"}, "createPost.post.id").(string)
	a.Get(admin, `mutation($id: ID!) { publishPost(input: {id: $id}) { post { id } } }`, vars{"id": id}, "publishPost.post.id")
	open := func(p *grapnel.Server, token string) (told func(want string), leave func()) {
		s := p.Socket(token)
		s.Subscribe("1", `subscription($id: ID!) { recordViewers(id: $id) { users { id } } }`, vars{"id": id})
		return func(want string) {
			t.Helper()
			m, _ := s.Next()
			if got := fmt.Sprint(grapnel.Dig(m.Answer(), "data.recordViewers.users")); got != want {
				t.Errorf("told of %s, want %s", got, want)
			}
		}, s.Close
	}
	here, _ := open(a, admin)
	here("[]")
	_, leave := open(b, b.SignIn("molly@example.org", grapnel.Password)) // with the new role
	here("[map[id:" + authorID + "]]")
	leave()
	here("[]")
}

// SIGKILL in the middle of many writes loses no acknowledged one.
func TestKillLosesNothing(t *testing.T) {
	env := []string{"GRAPNEL_DATA=" + t.TempDir()}
	p := binary.Start(t, env...)
	token := p.Admin()
	const writes, clients = 1000, 32
	var next, acknowledged atomic.Int64
	var ids sync.Map
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for next.Add(1) <= writes {
				out, err := p.Post(token, writeTour, vars{"t": "Kill me"})
				if err != nil {
					return // the server is gone
				}
				if id, ok := grapnel.Dig(out, "data.createPost.post.id").(string); ok {
					ids.Store(id, true)
					if acknowledged.Add(1) == writes/2 {
						p.Kill()
					}
				}
			}
		})
	}
	wg.Wait()
	<-p.Ended
	again := binary.Start(t, env...)
	token = again.SignIn("root@example.org", grapnel.Password)
	n := 0
	ids.Range(func(id, _ any) bool {
		n++
		if got := again.Get(token, `query($id: ID!) { post(id: $id) { id } }`, vars{"id": id}, "post.id"); got != id {
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
	p := binary.Start(t, env...)
	token := p.Admin()
	r, w := io.Pipe()
	result := make(chan map[string]any, 1)
	go func() {
		out, err := p.Upload(token, "slow.txt", r)
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
	p.Terminate()
	for { // until it takes no more connections
		c, err := net.DialTimeout("tcp", strings.TrimPrefix(p.URL, "http://"), time.Second)
		if err != nil {
			break
		}
		c.Close()
	}
	if _, err := w.Write(chunk); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if out := <-result; out["errors"] != nil || grapnel.Dig(out, "data.uploadAsset.asset.id") == nil {
		t.Errorf("the upload ended with %v\n%s", out, p.Log)
	}
	<-p.Ended
	if p.Exit != nil {
		t.Errorf("exit: %v\n%s", p.Exit, p.Log)
	}
}

// A store that goes away makes requests fail soon, with UNAVAILABLE, and comes
// back without a restart.
func TestStoreGoesAway(t *testing.T) {
	stores := grapnel.Services(t)
	gate := newGate(t, strings.TrimSuffix(strings.TrimPrefix(stores.Mongod.URI(), "mongodb://"), "/"))
	env := append(stores.Env, "MONGODB_URI=mongodb://"+gate.addr()+"/grapnel?directConnection=true")
	p := binary.Start(t, env...)
	const query = `{ posts { nodes { id } } }`
	p.Get("", query, nil, "posts")
	gate.shut()
	begin := time.Now()
	out, err := p.Post("", query, nil)
	if err != nil || grapnel.Dig(out, "errors.0.extensions.code") != "UNAVAILABLE" {
		t.Errorf("without the store: %v %v", err, out)
	}
	if took := time.Since(begin); took > 15*time.Second {
		t.Errorf("it took %v to say so", took)
	}
	gate.open()
	for deadline := time.Now().Add(30 * time.Second); ; {
		if out, err = p.Post("", query, nil); err == nil && out["errors"] == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it did not come back: %v %v", err, out)
		}
	}
	p.Stop()
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
