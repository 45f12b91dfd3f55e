package core_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/storagetest"
)

// fault is what becomes of one step of a store.
type fault int

const (
	none   fault = iota
	before       // it fails and does nothing
	after        // it is done, and says that it failed
)

// faults decides on each step, one that writes or one that reads documents; nil lets
// all pass.
type faults struct {
	next atomic.Pointer[func(writes bool) fault]
}

func (f *faults) set(next func(writes bool) fault) {
	if next == nil {
		next = func(bool) fault { return none }
	}
	f.next.Store(&next)
}

var errLost = core.Errorf(core.Unavailable, "The store does not answer.")

func (f *faults) step(do func() error) error {
	switch (*f.next.Load())(true) {
	case before:
		return errLost
	case after:
		if err := do(); err != nil {
			return err
		}
		return errLost
	}
	return do()
}

type unsureDocs struct {
	core.DocStore
	*faults
}

func (u unsureDocs) Write(ctx context.Context, ops ...core.Op) error {
	return u.step(func() error { return u.DocStore.Write(ctx, ops...) })
}

func (u unsureDocs) Find(ctx context.Context, coll string, q core.Query) iter.Seq2[core.Doc, error] {
	if (*u.next.Load())(false) != none {
		return func(yield func(core.Doc, error) bool) { yield(nil, errLost) }
	}
	return u.DocStore.Find(ctx, coll, q)
}

type unsureObjects struct {
	core.ObjectStore
	*faults
}

func (u unsureObjects) Put(ctx context.Context, key string, r io.Reader, meta core.ObjectMeta) error {
	return u.step(func() error { return u.ObjectStore.Put(ctx, key, r, meta) })
}

func (u unsureObjects) Delete(ctx context.Context, key string) error {
	return u.step(func() error { return u.ObjectStore.Delete(ctx, key) })
}

func newUnsureWorld(t *testing.T) (*world, *faults) {
	t.Helper()
	f := &faults{}
	f.set(nil)
	return newWorld(t, func(cfg *core.Config) {
		cfg.Docs, cfg.Objects = unsureDocs{cfg.Docs, f}, unsureObjects{cfg.Objects, f}
	}), f
}

// fits checks that records and objects agree, and that each READY file has its bytes.
func (w *world) fits(t *testing.T) (ready int) {
	t.Helper()
	check := core.FilesCheck{Docs: w.docs, Objects: w.objects, Found: func(p core.Problem) { t.Errorf("%s", p) }}
	if _, err := check.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx := core.AsSystem(t.Context())
	for args := (core.PageArgs{}); ; {
		page, err := w.Assets.Page(ctx, args)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Nodes() {
			if a.State == core.Ready {
				w.agrees(t, a)
				ready++
			}
		}
		info := page.PageInfo()
		if !info.HasNextPage {
			return ready
		}
		args.After = info.EndCursor
	}
}

// sums checks that what is counted of each user's files is what there is.
func (w *world) sums(t *testing.T) {
	t.Helper()
	each := func(coll string, add func(core.Doc) error) {
		for doc, err := range w.docs.Find(t.Context(), coll, core.Query{Limit: 100_000}) {
			if err == nil {
				err = add(doc)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	there := map[string]int64{}
	each("assets", func(doc core.Doc) error {
		a := new(core.Asset)
		err := doc.Decode(a)
		there[a.OwnerID] += a.Size
		return err
	})
	each("leftovers", func(doc core.Doc) error {
		l := new(core.Leftover)
		err := doc.Decode(l)
		there[l.OwnerID] += l.Held
		return err
	})
	each("fileUsages", func(doc core.Doc) error {
		u := new(core.FileUsage)
		err := doc.Decode(u)
		owner := strings.Replace(u.ID, "fileusage_", "user_", 1)
		if u.Bytes != there[owner] {
			t.Errorf("%d bytes are counted for %s, %d are there", u.Bytes, owner, there[owner])
		}
		delete(there, owner)
		return err
	})
	for owner, n := range there {
		if owner != "" {
			t.Errorf("%d bytes of %s are not counted", n, owner)
		}
	}
}

// settles sweeps, by several at once, also when nobody can be at work any more, and
// checks that only the READY files and their bytes are left.
func (w *world) settles(t *testing.T) {
	t.Helper()
	sweep := func() {
		t.Helper()
		var sweeps errgroup.Group
		for range 3 {
			sweeps.Go(func() error { return w.Sweep(t.Context()) })
		}
		if err := sweeps.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	w.fits(t)
	w.offset.Add(int64(26 * time.Hour))
	sweep()
	ready := w.fits(t)
	if files, all := w.remains(t), w.assets(t); len(files) != ready || all < min(ready, 20) {
		t.Errorf("%d objects and %d records are left of %d READY files: %v", len(files), all, ready, files)
	}
	if n, err := w.docs.Count(t.Context(), "leftovers", core.Query{}); n != 0 || err != nil {
		t.Errorf("%d leftovers are left, %v", n, err)
	}
}

func (w *world) upload(ctx context.Context, name string, data []byte, v core.Visibility) (*core.Asset, error) {
	return w.Assets.Upload(ctx, core.Upload{Filename: name, Declared: -1, Body: bytes.NewReader(data), Visibility: v})
}

func (w *world) replace(ctx context.Context, a *core.Asset, data []byte) (*core.Asset, error) {
	return w.Assets.Replace(ctx, a.ID, nil, core.Replacement{Declared: -1, Body: bytes.NewReader(data)})
}

// promise begins a direct upload, and gives the query of its signature.
func (w *world) promise(ctx context.Context, name, contentType string, data []byte) (*core.Asset, url.Values, error) {
	sum := sha256.Sum256(data)
	asset, req, err := w.Assets.Promise(ctx, core.Promise{
		Filename: name, ContentType: contentType, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:]), Visibility: core.Public,
	})
	if err != nil {
		return nil, nil, err
	}
	u, err := url.Parse(req.URL)
	return asset, u.Query(), err
}

func (w *world) direct(ctx context.Context, name, contentType string, data []byte) (*core.Asset, error) {
	asset, query, err := w.promise(ctx, name, contentType, data)
	if err == nil {
		err = w.Assets.Receive(ctx, asset.ID, query, bytes.NewReader(data), -1)
	}
	if err != nil {
		return nil, err
	}
	return w.Assets.Complete(ctx, asset.ID)
}

var publish = core.AssetPatch{Visibility: core.Opt[core.Visibility]{Set: true, Value: core.Public}}

// Each step of each way of a file fails once, or is done and its answer lost, and the
// next one, by which one might learn of it, fails too: what remains is whole files and
// nothing else.
func TestLostAnswerOfEachStep(t *testing.T) {
	t.Parallel()
	photo, late, text := sample(t, "photo.jpg"), sample(t, "late.heic"), []byte("just a text")
	given := func(name string, data []byte) func(*testing.T, *world, context.Context) *core.Asset {
		return func(t *testing.T, w *world, ctx context.Context) *core.Asset {
			a, err := w.upload(ctx, name, data, core.Private)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
	}
	for name, way := range map[string]struct {
		given func(*testing.T, *world, context.Context) *core.Asset // without faults
		do    func(*world, context.Context, *core.Asset) error
	}{
		"upload": {nil, func(w *world, ctx context.Context, _ *core.Asset) error {
			_, err := w.upload(ctx, "a.txt", text, core.Public)
			return err
		}},
		"upload that is written again": {nil, func(w *world, ctx context.Context, _ *core.Asset) error {
			_, err := w.upload(ctx, "a.heic", late, core.Public)
			return err
		}},
		"direct": {nil, func(w *world, ctx context.Context, _ *core.Asset) error {
			_, err := w.direct(ctx, "a.txt", "text/plain", text)
			return err
		}},
		"direct, written again": {nil, func(w *world, ctx context.Context, _ *core.Asset) error {
			_, err := w.direct(ctx, "a.jpg", "image/jpeg", photo)
			return err
		}},
		"publish": {given("a.jpg", photo), func(w *world, ctx context.Context, a *core.Asset) error {
			_, err := w.Assets.Update(ctx, a.ID, nil, publish)
			return err
		}},
		"replace": {given("a.txt", text), func(w *world, ctx context.Context, a *core.Asset) error {
			_, err := w.replace(ctx, a, []byte("another text"))
			return err
		}},
		"replace, written again": {func(t *testing.T, w *world, ctx context.Context) *core.Asset {
			a, err := w.upload(ctx, "a.jpg", photo, core.Public)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}, func(w *world, ctx context.Context, a *core.Asset) error {
			_, err := w.replace(ctx, a, late)
			return err
		}},
		"delete": {given("a.txt", text), func(w *world, ctx context.Context, a *core.Asset) error {
			return w.Assets.Delete(ctx, a.ID, nil)
		}},
		"sweep": {given("a.txt", text), func(w *world, ctx context.Context, a *core.Asset) error {
			if err := w.Assets.Delete(ctx, a.ID, nil); err != nil {
				return err
			}
			return w.Sweep(ctx)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, f := newUnsureWorld(t)
			ctx := w.as(t, "ada", core.Member)
			for _, what := range [][]fault{{before}, {after}, {after, before}} {
				for at, hit := 1, true; hit; at++ {
					var asset *core.Asset
					if way.given != nil {
						asset = way.given(t, w, ctx)
					}
					var step atomic.Int64
					f.set(func(bool) fault {
						if i := int(step.Add(1)) - at; i >= 0 && i < len(what) {
							return what[i]
						}
						return none
					})
					err := way.do(w, ctx, asset)
					f.set(nil)
					if hit = step.Load() >= int64(at); !hit && err != nil {
						t.Errorf("without a fault: %v", err)
					}
					if err != nil && !core.Is(err, core.Unavailable) {
						t.Errorf("faults %d at step %d: %v", what, at, err)
					}
					w.fits(t)
					w.sums(t)
				}
			}
			w.settles(t)
			w.sums(t)
		})
	}
}

// The last write of an upload is done, and its answer lost: the record tells, and when
// it cannot be asked, the file stays READY all the same.
func TestLostAnswerOfTheLastWrite(t *testing.T) {
	t.Parallel()
	w, f := newUnsureWorld(t)
	ctx := w.as(t, "ada", core.Member)
	if _, err := w.Assets.Usage(ctx); err != nil { // the first one keeps a sum besides
		t.Fatal(err)
	}
	for i, unread := range []bool{false, true} {
		writes, lost := 0, false
		var mu sync.Mutex // the sweep writes, too
		f.set(func(write bool) fault {
			mu.Lock()
			defer mu.Unlock()
			if write {
				writes++
			}
			switch {
			case write && writes == 3: // the record, the bytes, READY
				lost = true
				return after
			case !write && lost && unread:
				lost = false
				return before
			}
			return none
		})
		a, err := w.upload(ctx, "a.txt", []byte("just a text"), core.Public)
		f.set(nil)
		if unread != core.Is(err, core.Unavailable) || !unread && (err != nil || a.State != core.Ready) {
			t.Errorf("unread %v: %+v %v", unread, a, err)
		}
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.fits(t); n != i+1 {
			t.Errorf("unread %v: %d files are READY", unread, n)
		}
	}
	w.settles(t)
}

// An upload writes two times, as often as before there were leftovers: its record, and
// that it is whole. Only the first of a user keeps their sum before.
func TestUploadWrites(t *testing.T) {
	t.Parallel()
	w, f := newUnsureWorld(t)
	ctx := w.as(t, "ada", core.Member)
	if _, err := w.Assets.Usage(ctx); err != nil { // the first one keeps a sum besides
		t.Fatal(err)
	}
	var steps atomic.Int64
	f.set(func(writes bool) fault {
		if writes {
			steps.Add(1)
		}
		return none
	})
	if _, err := w.upload(ctx, "a.txt", []byte("just a text"), core.Public); err != nil {
		t.Fatal(err)
	}
	if n := steps.Load(); n != 3 {
		t.Errorf("%d writes and Puts", n)
	}
}

// Uploads, publications and deletes of many clients over stores of which one step in
// ten fails, or is done and its answer lost: no READY file is without bytes, no bytes
// are without a record, and nothing but READY files remains.
func TestLostAcknowledgements(t *testing.T) {
	t.Parallel()
	w, f := newUnsureWorld(t)
	users := make([]context.Context, 4)
	for i := range users {
		users[i] = w.as(t, fmt.Sprintf("user%d", i), core.Member)
	}
	photo := sample(t, "photo.jpg")
	f.set(func(bool) fault {
		switch rand.IntN(20) {
		case 0:
			return before
		case 1:
			return after
		}
		return none
	})
	total, done, failed := storagetest.Load(t, 600), atomic.Int64{}, atomic.Int64{}
	var clients sync.WaitGroup
	for i := range 16 {
		clients.Go(func() {
			var mine []*core.Asset
			user := users[i%len(users)]
			for n := done.Add(1); n <= total; n = done.Add(1) {
				var asset *core.Asset
				var err error
				text := []byte(fmt.Sprintf("text %d", n))
				ctx, cancel := context.WithCancel(user)
				if n%10 == 0 { // a client that leaves
					time.AfterFunc(time.Duration(rand.IntN(3000))*time.Microsecond, cancel)
				}
				switch kind := rand.IntN(10); {
				case kind < 4 && len(mine) > 0:
					i := rand.IntN(len(mine))
					err = w.Assets.Delete(ctx, mine[i].ID, nil)
					mine = append(mine[:i], mine[i+1:]...)
				case kind == 4 && len(mine) > 0:
					_, err = w.Assets.Update(ctx, mine[rand.IntN(len(mine))].ID, nil, publish)
				case kind == 5:
					asset, err = w.direct(ctx, "a.txt", "text/plain", text)
				case kind == 6:
					asset, err = w.upload(ctx, "a.jpg", photo, core.Private)
				default:
					asset, err = w.upload(ctx, "a.txt", text, core.Public)
				}
				cancel()
				if err != nil {
					failed.Add(1)
				} else if asset != nil {
					mine = append(mine, asset)
				}
			}
		})
	}
	clients.Wait()
	f.set(nil)
	t.Logf("%d failed; READY are %d", failed.Load(), w.fits(t))
	if failed.Load() == 0 {
		t.Error("nothing failed")
	}
	w.sums(t)
	w.settles(t)
	w.sums(t)
}

// A file that is deleted while its bytes arrive leaves none.
func TestDeleteDuringUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Member)
	data := bytes.Repeat([]byte("some text "), 4000)
	for name, send := range map[string]func(body io.Reader) (id string, err error){
		"direct": func(body io.Reader) (string, error) {
			asset, query, err := w.promise(ctx, "a.txt", "text/plain", data)
			if err != nil {
				t.Fatal(err)
			}
			return asset.ID, w.Assets.Receive(ctx, asset.ID, query, body, -1)
		},
		"upload": func(body io.Reader) (string, error) {
			_, err := w.Assets.Upload(ctx, core.Upload{Filename: "a.txt", Declared: -1, Body: body, Visibility: core.Public})
			return "", err
		},
	} {
		in, out := io.Pipe()
		result := make(chan error, 1)
		go func() {
			_, err := send(in)
			in.CloseWithError(io.ErrClosedPipe)
			result <- err
		}()
		if _, err := out.Write(data[:20_000]); err != nil {
			t.Fatal(name, err)
		}
		page, err := w.Assets.Page(ctx, core.PageArgs{})
		if err != nil || len(page.Nodes()) != 1 {
			t.Fatalf("%s: %d pending, %v", name, len(page.Nodes()), err)
		}
		if err := w.Assets.Delete(ctx, page.Nodes()[0].ID, nil); err != nil {
			t.Fatal(name, err)
		}
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(data[20_000:]); err != nil {
			t.Fatal(name, err)
		}
		out.Close()
		if err := <-result; !core.Is(err, core.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
		w.fits(t)
		if err := w.Sweep(t.Context()); err != nil { // that has not waited for the end of the signature
			t.Fatal(err)
		}
		if left := w.remains(t); len(left) > 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
	w.settles(t)
}

// slow is a store in which something else happens once an object is there.
type slow struct {
	core.ObjectStore
	meanwhile atomic.Pointer[func()]
}

func (s *slow) Put(ctx context.Context, key string, r io.Reader, meta core.ObjectMeta) error {
	err := s.ObjectStore.Put(ctx, key, r, meta)
	if do := s.meanwhile.Swap(nil); do != nil {
		(*do)()
	}
	return err
}

// Bytes that are made to replace others, by somebody who was away for hours, are not
// taken once the sweep has come for them: the file has those that it had.
func TestSweptBytesAreNotTaken(t *testing.T) {
	t.Parallel()
	store := &slow{}
	w := newWorld(t, func(cfg *core.Config) { store.ObjectStore, cfg.Objects = cfg.Objects, store })
	ctx := w.as(t, "ada", core.Member)
	photo := sample(t, "photo.jpg")
	asset, err := w.upload(ctx, "a.jpg", photo, core.Private)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second) // an update tries as long as it may
	defer cancel()
	late := func() {
		w.offset.Add(int64(4 * time.Hour))
		if err := w.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
	}
	store.meanwhile.Store(&late)
	if _, err := w.Assets.Update(ctx, asset.ID, nil, publish); err == nil {
		t.Error("it was published")
	}
	w.fits(t)
	if now, err := w.Assets.Get(core.AsSystem(t.Context()), asset.ID); err != nil || now.Visibility != core.Private || !bytes.Equal(w.agrees(t, now), photo) {
		t.Errorf("%+v %v", now, err)
	}
	w.settles(t)
}

// stubborn is a store that does not delete one object.
type stubborn struct {
	core.ObjectStore
	key atomic.Pointer[string]
}

func (s *stubborn) Delete(ctx context.Context, key string) error {
	if stays := s.key.Load(); stays != nil && *stays == key {
		return errLost
	}
	return s.ObjectStore.Delete(ctx, key)
}

// Bytes that cannot be deleted hold nobody up, and are tried again.
func TestSweepGoesOn(t *testing.T) {
	t.Parallel()
	store := &stubborn{}
	w := newWorld(t, func(cfg *core.Config) { store.ObjectStore, cfg.Objects = cfg.Objects, store })
	ctx := w.as(t, "ada", core.Member)
	for i := range 3 {
		a, err := w.upload(ctx, "a.txt", []byte("just a text"), core.Public)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			store.key.Store(&a.Key)
		}
		if err := w.Assets.Delete(ctx, a.ID, nil); err != nil {
			t.Fatal(err)
		}
	}
	_ = w.Sweep(t.Context()) // fails, unless the other sweep was first
	for deadline := time.Now().Add(30 * time.Second); len(w.remains(t)) > 1; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("left: %v", w.remains(t))
		}
	}
	w.fits(t)
	store.key.Store(nil)
	w.settles(t)
}

// signing is a store that clients write to by themselves.
type signing struct {
	core.ObjectStore
	keys chan string
}

func (s signing) SignUpload(_ context.Context, key string, _ core.UploadWant) (core.SignedRequest, error) {
	s.keys <- key
	return core.SignedRequest{Method: "PUT", URL: "http://localhost"}, nil
}

// A signed request that is used again after its file was deleted, refused or given up
// stores bytes that a record names, and that go once it cannot be used any more.
func TestSignedRequestUsedAgain(t *testing.T) {
	t.Parallel()
	keys := make(chan string, 1)
	w := newWorld(t, func(cfg *core.Config) { cfg.Objects = signing{cfg.Objects, keys} })
	ctx := w.as(t, "ada", core.Member)
	for name, c := range map[string]struct {
		sent string
		end  func(*core.Asset) error
	}{
		"deleted": {"just a text", func(a *core.Asset) error {
			if _, err := w.Assets.Complete(ctx, a.ID); err != nil {
				return err
			}
			return w.Assets.Delete(ctx, a.ID, nil)
		}},
		"deleted before it was completed": {"just a text", func(a *core.Asset) error { return w.Assets.Delete(ctx, a.ID, nil) }},
		"refused": {"other texts", func(a *core.Asset) error {
			if _, err := w.Assets.Complete(ctx, a.ID); !core.Is(err, core.Invalid) {
				return fmt.Errorf("completed: %v", err)
			}
			return nil
		}},
		"given up": {"just a text", func(*core.Asset) error {
			w.offset.Add(int64(4 * time.Hour))
			return nil
		}},
	} {
		put := func(key string) {
			if err := w.objects.Put(t.Context(), key, strings.NewReader(c.sent), core.ObjectMeta{}); err != nil {
				t.Fatal(err)
			}
		}
		asset, _, err := w.promise(ctx, "a.txt", "text/plain", []byte("just a text"))
		if err != nil {
			t.Fatal(err)
		}
		key := <-keys
		put(key)
		if err := c.end(asset); err != nil {
			t.Fatal(name, err)
		}
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := w.remains(t); len(left) > 0 {
			t.Errorf("%s: left %v", name, left)
		}
		put(key)
		w.fits(t)
		w.sums(t)
		w.settles(t)
		w.sums(t)
	}
}

// counting counts how often files are read from beginning to end, and lets a test hold
// them up.
type counting struct {
	core.ObjectStore
	reads atomic.Int64
	held  chan struct{}
}

func (c *counting) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if length == -1 {
		c.reads.Add(1)
		<-c.held
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return c.ObjectStore.Open(ctx, key, offset, length)
}

// A promised file is read once when it is completed, however many ask, and also when
// the first of them leaves and comes again.
func TestCompleteReadsOnce(t *testing.T) {
	t.Parallel()
	store := &counting{held: make(chan struct{})}
	w := newWorld(t, func(cfg *core.Config) { store.ObjectStore, cfg.Objects = cfg.Objects, store })
	ctx := w.as(t, "ada", core.Member)
	data := []byte("just a text")
	asset, query, err := w.promise(ctx, "a.txt", "text/plain", data)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Assets.Receive(ctx, asset.ID, query, bytes.NewReader(data), -1); err != nil {
		t.Fatal(err)
	}
	leaving, leave := context.WithCancel(ctx)
	first := make(chan error, 1)
	go func() {
		_, err := w.Assets.Complete(leaving, asset.ID)
		first <- err
	}()
	for store.reads.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	leave()
	if err := <-first; err == nil {
		t.Error("who left has an answer")
	}
	stranger := w.as(t, "eve", core.Member)
	if _, err := w.Assets.Complete(stranger, asset.ID); !core.Is(err, core.NotFound) {
		t.Errorf("a stranger: %v", err)
	}
	var calls sync.WaitGroup
	for range 3 {
		calls.Go(func() {
			if a, err := w.Assets.Complete(ctx, asset.ID); err != nil || a.State != core.Ready {
				t.Errorf("%+v %v", a, err)
			}
		})
	}
	time.Sleep(10 * time.Millisecond) // so that some wait for the look; all must be right anyway
	close(store.held)
	calls.Wait()
	if n := store.reads.Load(); n != 1 {
		t.Errorf("it was read %d times", n)
	}
	w.fits(t)
}

// asset0 is an asset as releases stored it that had one key for each.
type asset0 struct {
	core.Head   `bson:",inline"`
	Filename    string          `bson:"filename"`
	ContentType string          `bson:"contentType"`
	Size        int64           `bson:"size"`
	SHA256      string          `bson:"sha256"`
	OwnerID     string          `bson:"ownerId"`
	Visibility  core.Visibility `bson:"visibility"`
	State       core.AssetState `bson:"state"`
	Deadline    *time.Time      `bson:"deadline"`
}

// Files of earlier releases are served, published and deleted.
func TestFilesOfEarlierReleases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(t, "ada", core.Member)
	photo := sample(t, "photo.jpg")
	sum := sha256.Sum256(photo)
	now, soon := core.Millis(time.Now()), core.Millis(time.Now().Add(time.Hour))
	for i, state := range []core.AssetState{core.Ready, core.Ready, core.Pending} {
		id := fmt.Sprintf("asset_0193a000-0000-7000-8000-00000000000%d", i)
		old := &asset0{
			Head:     core.Head{ID: id, Version: 1, CreatedAt: now, UpdatedAt: now},
			Filename: "a.jpg", ContentType: "image/jpeg", Size: int64(len(photo)), SHA256: hex.EncodeToString(sum[:]),
			OwnerID: core.PrincipalOf(ctx).UserID, Visibility: core.Private, State: state,
		}
		if state == core.Pending {
			old.Deadline = &soon
		}
		if err := w.docs.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: "assets", Doc: old}); err != nil {
			t.Fatal(err)
		}
		if err := w.objects.Put(t.Context(), "assets/"+id, bytes.NewReader(photo), core.ObjectMeta{}); err != nil {
			t.Fatal(err)
		}
		w.fits(t)
		switch i {
		case 0:
			if a, err := w.Assets.Update(ctx, id, nil, publish); err != nil || tells(w.agrees(t, a)) {
				t.Errorf("published: %v", err)
			}
		case 1:
			if err := w.Assets.Delete(ctx, id, nil); err != nil {
				t.Error(err)
			}
		case 2:
			if a, err := w.Assets.Complete(ctx, id); err != nil || a.State != core.Ready {
				t.Errorf("completed: %+v, %v", a, err)
			}
		}
	}
	w.settles(t)
	if n := w.assets(t); n != 2 {
		t.Errorf("%d files are left", n)
	}
}
