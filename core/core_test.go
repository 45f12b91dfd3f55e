package core_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/storage/filesystem"
	"github.com/grapnel/grapnel/storage/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is the product on embedded stores, with a clock that tests move.
type world struct {
	*core.App
	docs    core.DocStore
	objects core.ObjectStore
	db      string // the file of the documents
	files   string // folder of the objects
	offset  atomic.Int64
	cfg     core.Config
}

func newWorld(t testing.TB, with ...func(*core.Config)) *world {
	t.Helper()
	dir := t.TempDir()
	docs, err := sqlite.Open(t.Context(), filepath.Join(dir, "grapnel.db"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{docs: docs, db: filepath.Join(dir, "grapnel.db"), files: filepath.Join(dir, "files")}
	objects, err := filesystem.Open(w.files)
	if err != nil {
		t.Fatal(err)
	}
	cfg := core.Config{
		Specs: model.Specs(),
		Docs:  docs, Objects: objects, Key: bytes.Repeat([]byte("k"), 32), BaseURL: "http://localhost",
		MaxUpload: 1 << 20, SignUpRole: core.Member,
		Now: func() time.Time { return time.Now().Add(time.Duration(w.offset.Load())) },
	}
	for _, set := range with {
		set(&cfg)
	}
	w.objects, w.cfg = objects, cfg
	if w.App, err = core.New(context.WithValue(t.Context(), upkeep{}, true), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.Close()
		if err := errors.Join(objects.Close(), docs.Close()); err != nil {
			t.Error(err)
		}
	})
	return w
}

// upkeep marks the contexts in which an App of a world works by itself: who counts the calls of
// the store leaves them out, for on a slow machine some fall between.
type upkeep struct{}

func isUpkeep(ctx context.Context) bool { return ctx.Value(upkeep{}) != nil }

// as registers a user and returns a context in which it calls.
func (w *world) as(t testing.TB, name string, role core.Role) context.Context {
	t.Helper()
	user, err := w.Users.Register(core.AsSystem(t.Context()), core.UserDraft{Username: name, Email: name + "@example.org", Password: "correct horse"}, role)
	if err != nil {
		t.Fatal(err)
	}
	return core.WithPrincipal(t.Context(), core.Principal{UserID: user.ID, Role: role})
}

// remains lists the objects and temporary files.
func (w *world) remains(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(w.files, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return names
}

func (w *world) assets(t *testing.T) int {
	t.Helper()
	page, err := w.Assets.Page(core.AsSystem(t.Context()), core.PageArgs{})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Nodes())
}

// A sign-in with an unknown address does the work of a wrong password and gets
// the same answer.
func TestUnknownAddressCostsTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as(t, "ada", core.Member)
	try := func(email string) (string, int64) {
		before := w.HashRuns()
		_, _, err := w.Sessions.SignIn(t.Context(), email, "wrong password")
		return err.Error(), w.HashRuns() - before
	}
	known, work := try("ada@example.org")
	unknown, sameWork := try("nobody@example.org")
	if known != unknown || work != 1 || sameWork != 1 {
		t.Errorf("known: %q in %d runs, unknown: %q in %d", known, work, unknown, sameWork)
	}
}

func TestSlugs(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"Hello, World!":          "hello-world",
		"  Größe & Maß  ":        "grosse-and-mass",
		"你好":                     "ni-hao",
		"!!!":                    "post",
		"a_b__c":                 "a-b-c",
		strings.Repeat("x", 150): strings.Repeat("x", 100),
	} {
		if got := core.MakeSlug(title); got != want {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
}

func TestFilenames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"photo.jpg":                         "photo.jpg",
		"../../etc/passwd":                  "passwd",
		`C:\Users\me\cv.pdf`:                "cv.pdf",
		".htaccess":                         "htaccess",
		"a\x00b\n.txt":                      "ab.txt",
		"\u202egpj.exe":                     "gpj.exe",
		"":                                  "file",
		"..":                                "file",
		strings.Repeat("x", 250) + ".b.png": strings.Repeat("x", 250) + ".png",
		"AC%2FDC.mp3":                       "AC-DC.mp3",
		"a%2fb%5cc%5C.txt":                  "a-b-c-.txt",
		"..%2f..%2fevil.txt":                "evil.txt",
		"%2F":                               "file",
		"100%25 2%2.txt":                    "100%25 2%2.txt",
		strings.Repeat("é", 200) + ".jpeg":  strings.Repeat("é", 125) + ".jpeg",
	} {
		if got := core.CleanFilename(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// An upload whose client goes away leaves no object, no temporary file and no document.
func TestAbortedUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Member)
	gone := core.Errorf(core.Aborted, "gone")
	text := strings.Repeat("some text ", 1000)
	for name, body := range map[string]io.Reader{
		"at once": iotest.ErrReader(gone),
		"midway":  io.MultiReader(strings.NewReader(text), iotest.ErrReader(gone)),
		"limit":   io.LimitReader(neverEnding('a'), 2<<20),
	} {
		_, err := w.Assets.Upload(ctx, core.Upload{Filename: "a.txt", Declared: -1, Body: body, Visibility: core.Public})
		if want := map[bool]core.Code{true: core.TooLarge, false: core.Aborted}[name == "limit"]; !core.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
		if left := w.remains(t); len(left) > 0 || w.assets(t) > 0 {
			t.Errorf("%s: left %v and %d documents", name, left, w.assets(t))
		}
	}
	// What is announced as too large is refused before a byte is read.
	_, err := w.Assets.Upload(ctx, core.Upload{Filename: "a.txt", Declared: 2 << 20, Body: iotest.ErrReader(errors.New("was read"))})
	if !core.Is(err, core.TooLarge) {
		t.Errorf("announced: %v", err)
	}
}

type neverEnding byte

func (b neverEnding) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}

// A promised file goes the same way to READY as an uploaded one.
func TestDirectUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Member)
	content := []byte("just some text, as promised")
	sum := sha256.Sum256(content)
	promise := core.Promise{Filename: "a.txt", ContentType: "text/plain", Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:]), Visibility: core.Private}
	begin := func() (id string, query url.Values) {
		t.Helper()
		asset, req, err := w.Assets.Promise(ctx, promise)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(req.URL)
		if err != nil || req.Method != "PUT" || asset.State != core.Pending || w.Assets.URL(asset) != nil {
			t.Fatalf("%+v %+v %v", asset, req, err)
		}
		return asset.ID, u.Query()
	}
	id, query := begin()
	send := func(id string, q url.Values, body []byte, length int64) error {
		return w.Assets.Receive(t.Context(), id, q, bytes.NewReader(body), length)
	}
	if _, err := w.Assets.Complete(ctx, id); !core.Is(err, core.Invalid) {
		t.Errorf("complete before it was sent: %v", err)
	}
	forged := url.Values{"expires": query["expires"], "signature": {base64.RawURLEncoding.EncodeToString(sum[:])}}
	for name, err := range map[string]error{
		"forged":    send(id, forged, content, -1),
		"too short": send(id, query, content[1:], -1),
		"too long":  send(id, query, append([]byte("x"), content...), -1),
		"other":     send(id, query, bytes.ToUpper(content), int64(len(content))),
		"length":    send(id, query, content, 3),
	} {
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if left := w.remains(t); len(left) > 0 {
		t.Errorf("refused bytes were kept: %v", left)
	}
	if err := send(id, query, content, int64(len(content))); err != nil {
		t.Fatal(err)
	}
	if err := send(id, query, content, int64(len(content))); !core.Is(err, core.Conflict) {
		t.Errorf("a second time: %v", err)
	}
	asset, err := w.Assets.Complete(ctx, id)
	if err != nil || asset.State != core.Ready || asset.Deadline != nil {
		t.Fatalf("%+v %v", asset, err)
	}
	address, err := url.Parse(*w.Assets.URL(asset))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Assets.File(t.Context(), id, url.Values{}); !core.Is(err, core.NotFound) {
		t.Errorf("a private file without its signature: %v", err)
	}
	if f, err := w.Assets.File(t.Context(), id, address.Query()); err != nil || f.Size != int64(len(content)) || !f.Private {
		t.Errorf("with it: %+v %v", f, err)
	}
	// An address expires, and a promise that is not kept vanishes.
	begin()
	w.offset.Store(int64(3 * time.Hour))
	if _, err := w.Assets.File(t.Context(), id, address.Query()); !core.Is(err, core.NotFound) {
		t.Errorf("after its end: %v", err)
	}
	if n, err := w.LeaveStale(t.Context()); n != 1 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	if w.assets(t) != 1 {
		t.Errorf("%d assets are left", w.assets(t))
	}
}

func TestPromiseIsChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Member)
	_, _, err := w.Assets.Promise(ctx, core.Promise{Filename: "a.html", ContentType: "text/html", SHA256: "x"})
	var e *core.Error
	if !errors.As(err, &e) || e.Code != core.Invalid || len(e.Fields) != 3 {
		t.Errorf("%v", err)
	}
	sum := strings.Repeat("0", 64)
	if _, _, err := w.Assets.Promise(ctx, core.Promise{Filename: "a", ContentType: "video/mp4", Size: 2 << 20, SHA256: sum}); !core.Is(err, core.TooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, _, err := w.Assets.Promise(t.Context(), core.Promise{}); !core.Is(err, core.Unauthenticated) {
		t.Errorf("a visitor: %v", err)
	}
}

// A post that was public under a slug made from its title gets another one when
// the slug was taken meanwhile: nobody chose it, so it is no conflict.
func TestRepublishUnderATakenSlug(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Author)
	publish := func(id string) string {
		t.Helper()
		post, err := w.Posts.Publish(ctx, id, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		return *post.Slug
	}
	first, err := w.Posts.Create(ctx, core.PostDraft{Title: "Same title"})
	if err != nil {
		t.Fatal(err)
	}
	publish(first.ID)
	if _, err := w.Posts.Unpublish(ctx, first.ID, nil); err != nil {
		t.Fatal(err)
	}
	second, err := w.Posts.Create(ctx, core.PostDraft{Title: "Same title"})
	if err != nil {
		t.Fatal(err)
	}
	if got := publish(second.ID); got != "same-title" {
		t.Errorf("the second got %q", got)
	}
	if got := publish(first.ID); got != "same-title-2" {
		t.Errorf("the first got %q", got)
	}
}

// What one subscriber may follow from a post that came due, another must not.
func TestDuePostsLinkWithTheSubscribersRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Author)
	cover, err := w.Assets.Upload(ctx, core.Upload{Filename: "a.png", Declared: -1, Body: bytes.NewReader(png), Visibility: core.Private})
	if err != nil {
		t.Fatal(err)
	}
	post, err := w.Posts.Create(ctx, core.PostDraft{Title: "Soon", CoverID: &cover.ID})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(500 * time.Millisecond)
	asSystem, err := w.Posts.Changed(core.AsSystem(t.Context()), core.All)
	if err != nil {
		t.Fatal(err)
	}
	coverOf := func(ctx context.Context, p *core.Post) (*core.Asset, error) {
		return core.Follow(ctx, p, "cover", func(p *core.Post) string { return *p.CoverID }, w.Assets.Collection)
	}
	asVisitor, err := w.Posts.Changed(t.Context(), core.All)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Posts.Publish(ctx, post.ID, nil, &at); err != nil {
		t.Fatal(err)
	}
	change := <-asVisitor
	if change.Kind != core.Added || change.ID != post.ID {
		t.Fatalf("the visitor got %+v", change)
	}
	for c := range asSystem {
		if c.Kind == core.Updated && c.Doc.Slug != nil { // the due one: it has its slug
			if _, err := coverOf(core.AsSystem(t.Context()), c.Doc); err != nil {
				t.Errorf("the system sees no cover: %v", err)
			}
			break
		}
		if c.Err != nil {
			t.Fatal(c.Err)
		}
	}
	if _, err := coverOf(t.Context(), change.Doc); !core.Is(err, core.NotFound) {
		t.Errorf("the visitor follows the private cover: %v", err)
	}
}

// png is a picture of one pixel.
var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82")

func TestSearchIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for search, want := range map[string]string{
		strings.Repeat("a ", 32): "", strings.Repeat("a ", 33): "32 words, not 33",
		strings.Repeat("字", 96): "", strings.Repeat("字", 97): "32 words, not 33",
		strings.Repeat("字a", 16): "", strings.Repeat("字a", 17): "32 words, not 34",
		strings.Repeat("x", 200): "", strings.Repeat("x", 201): "200 characters, not 201", strings.Repeat("é", 201): "200 characters, not 201",
		" ": "", "%": "", "hello": "",
	} {
		_, err := w.Posts.Page(t.Context(), core.PageArgs{Search: &search})
		var e *core.Error
		switch {
		case want == "" && err != nil, want != "" && !core.Is(err, core.Invalid):
			t.Errorf("%.20q: %v", search, err)
		case want != "" && (!errors.As(err, &e) || e.Fields[0].Path != "search" || e.Fields[0].Code != "TOO_LONG" || !strings.Contains(e.Fields[0].Message, want)):
			t.Errorf("%.20q: %+v", search, err)
		}
	}
}

// Whoever signs up reads its own address at once, and hears of every taken field.
func TestSignUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	draft := core.UserDraft{Username: "ada", Email: "ada@example.org", Password: "correct horse"}
	a, err := w.Sessions.SignUp(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	if w.Users.Withholds(t.Context(), a.User, "email") {
		t.Error("its own address is withheld")
	}
	again, err := w.Users.ByUsername(t.Context(), "ADA")
	if err != nil || !w.Users.Withholds(t.Context(), again, "email") {
		t.Errorf("anybody reads the address (%v)", err)
	}
	_, err = w.Sessions.SignUp(t.Context(), draft)
	var e *core.Error
	if !errors.As(err, &e) || e.Code != core.Conflict || len(e.Fields) != 2 {
		t.Errorf("taken: %v", err)
	}
}

// tree is a struct inside a document that holds others of its kind.
type tree struct{ inside *tree }

func (t *tree) Constraints(c *core.Checker) {
	if t.inside != nil {
		c.Inside("inside", t.inside)
	}
}

// A tree that a store could not keep is refused, at its place.
func TestDepth(t *testing.T) {
	grow := func(levels int) *tree {
		var t *tree
		for range levels {
			t = &tree{t}
		}
		return t
	}
	for levels, wrong := range map[int]bool{31: false, 32: true, 5000: true} {
		var c core.Checker
		grow(levels).Constraints(&c)
		err := c.Err()
		if core.Is(err, core.Invalid) != wrong || wrong && !strings.HasPrefix(err.(*core.Error).Fields[0].Path, "inside.inside.") {
			t.Errorf("%d levels: %v", levels, err)
		}
	}
}
