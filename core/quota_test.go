package core_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

const quota = 1000

func newQuotaWorld(t *testing.T, with ...func(*core.Config)) *world {
	t.Helper()
	return newWorld(t, append([]func(*core.Config){func(cfg *core.Config) { cfg.MaxUserFiles = quota }}, with...)...)
}

// counted is what is counted for the caller, which must be what there is.
func (w *world) counted(t *testing.T, ctx context.Context) int64 {
	t.Helper()
	w.sums(t)
	usage, err := w.Assets.Usage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return usage.Used
}

func text(n int) []byte { return bytes.Repeat([]byte("x"), n) }

func isQuota(err error) bool {
	var e *core.Error
	return errors.As(err, &e) && e.Code == core.TooLarge && len(e.Fields) == 1 && e.Fields[0].Code == "QUOTA" && e.Fields[0].Limit == int64(quota) && strings.Contains(e.Message, "Delete files")
}

// A user keeps files up to the limit, on each way that there is, and gets back what is
// deleted, refused or given up.
func TestQuota(t *testing.T) {
	t.Parallel()
	w := newQuotaWorld(t)
	ctx, other, admin := w.as(t, "ada", core.Member), w.as(t, "eve", core.Editor), w.as(t, "root", core.Admin)
	expect := func(want int64) {
		t.Helper()
		if n := w.counted(t, ctx); n != want {
			t.Errorf("%d bytes are counted, not %d", n, want)
		}
	}
	expect(0)
	first, err := w.upload(ctx, "a.txt", text(600), core.Public)
	if err != nil {
		t.Fatal(err)
	}
	expect(600)
	// What does not fit is refused: while it comes, before a byte is read, or promised.
	if _, err := w.upload(ctx, "b.txt", text(401), core.Public); !isQuota(err) {
		t.Errorf("too much: %v", err)
	}
	never := readerFunc(func([]byte) (int, error) { t.Error("it was read"); return 0, io.EOF })
	if _, err := w.Assets.Upload(ctx, core.Upload{Filename: "b.txt", Declared: 401, Body: never}); !isQuota(err) {
		t.Errorf("announced: %v", err)
	}
	if _, _, err := w.promise(ctx, "b.txt", "text/plain", text(401)); !isQuota(err) {
		t.Errorf("promised: %v", err)
	}
	expect(600)
	// Others have limits of their own, administrators none.
	if _, err := w.upload(other, "b.txt", text(1000), core.Public); err != nil {
		t.Error(err)
	}
	if _, err := w.upload(admin, "b.txt", text(5000), core.Public); err != nil || w.counted(t, admin) != 5000 {
		t.Error(err)
	}
	if usage, err := w.Assets.Usage(admin); err != nil || usage.Limit != nil {
		t.Errorf("of an administrator: %+v, %v", usage, err)
	}
	if usage, err := w.Assets.Usage(t.Context()); usage != nil || err != nil {
		t.Errorf("of a visitor: %+v, %v", usage, err)
	}
	// A promise counts before a byte is there, and the file as much.
	promised, query, err := w.promise(ctx, "b.txt", "text/plain", text(400))
	if err != nil {
		t.Fatal(err)
	}
	expect(1000)
	if _, err := w.upload(ctx, "c.txt", text(1), core.Public); !isQuota(err) {
		t.Errorf("beside a promise: %v", err)
	}
	if err := w.Assets.Receive(t.Context(), promised.ID, query, bytes.NewReader(text(400)), 400); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Assets.Complete(ctx, promised.ID); err != nil {
		t.Fatal(err)
	}
	expect(1000)
	if err := w.Assets.Delete(ctx, first.ID, nil); err != nil {
		t.Fatal(err)
	}
	expect(400)
	// An upload that is declared larger or smaller than it is, that fails or is left.
	if a, err := w.Assets.Upload(ctx, core.Upload{Filename: "c.txt", Declared: 500, Body: bytes.NewReader(text(300)), Visibility: core.Public}); err != nil {
		t.Error(err)
	} else if expect(700); w.Assets.Delete(ctx, a.ID, nil) != nil {
		t.Error("it stays")
	}
	if a, err := w.Assets.Upload(ctx, core.Upload{Filename: "c.txt", Declared: 5, Body: bytes.NewReader(text(300)), Visibility: core.Public}); err != nil {
		t.Error(err)
	} else if expect(700); w.Assets.Delete(ctx, a.ID, nil) != nil {
		t.Error("it stays")
	}
	gone := io.MultiReader(bytes.NewReader(text(200)), readerFunc(func([]byte) (int, error) { return 0, core.Errorf(core.Aborted, "gone") }))
	if _, err := w.Assets.Upload(ctx, core.Upload{Filename: "c.txt", Declared: 600, Body: gone, Visibility: core.Public}); err == nil {
		t.Error("it is whole")
	}
	expect(400)
	if _, _, err := w.promise(ctx, "b.txt", "text/plain", text(600)); err != nil {
		t.Error(err)
	}
	expect(1000)
	w.offset.Add(int64(4 * time.Hour))
	if err := w.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	expect(400)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Many uploads at once, by several servers, together store no more than the limit, and
// what is counted is what is there.
func TestQuotaAtOnce(t *testing.T) {
	t.Parallel()
	for _, declared := range []bool{false, true} {
		var docs core.DocStore
		var objects core.ObjectStore
		w := newQuotaWorld(t, func(cfg *core.Config) { docs, objects = cfg.Docs, cfg.Objects })
		ctx := w.as(t, "ada", core.Member)
		second := &world{}
		second.App = w.second(t, docs, objects)
		var stored, refused atomic.Int64
		var clients sync.WaitGroup
		for i := range 12 {
			clients.Go(func() {
				for n := range 5 {
					u := core.Upload{Filename: "a.txt", Declared: -1, Body: bytes.NewReader(text(90)), Visibility: core.Public}
					if declared {
						u.Declared = 90
					}
					app := w.App
					if i%2 == 0 {
						app = second.App
					}
					a, err := app.Assets.Upload(ctx, u)
					switch {
					case isQuota(err):
						refused.Add(1)
					case err != nil:
						t.Error(err)
					case n%2 == 0:
						stored.Add(1)
					default:
						if err := app.Assets.Delete(ctx, a.ID, nil); err != nil {
							t.Error(err)
						}
					}
					if usage, err := w.Assets.Usage(ctx); err != nil || usage.Used > *usage.Limit {
						t.Errorf("counted are %+v, %v", usage, err)
					}
				}
			})
		}
		clients.Wait()
		if n := w.counted(t, ctx); n != 90*stored.Load() || n > quota || refused.Load() == 0 {
			t.Errorf("%d bytes of %d files, %d refused", n, stored.Load(), refused.Load())
		}
	}
}

// second is another server on the same stores.
func (w *world) second(t *testing.T, docs core.DocStore, objects core.ObjectStore) *core.App {
	t.Helper()
	cfg := w.cfg
	cfg.Docs, cfg.Objects = docs, objects
	app, err := core.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.Close)
	return app
}

// A file that was sent by a signed request to the store counts, after it was deleted or
// cleaned, as long as the request can bring its bytes back.
func TestQuotaOfSignedRequests(t *testing.T) {
	t.Parallel()
	keys := make(chan string, 1)
	w := newWorld(t, func(cfg *core.Config) { cfg.Objects, cfg.MaxUserFiles = signing{cfg.Objects, keys}, 1<<20 })
	ctx := w.as(t, "ada", core.Member)
	photo := sample(t, "photo.jpg")
	send := func(name, contentType string, data []byte) *core.Asset {
		t.Helper()
		asset, _, err := w.promise(ctx, name, contentType, data)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.objects.Put(t.Context(), <-keys, bytes.NewReader(data), core.ObjectMeta{}); err != nil {
			t.Fatal(err)
		}
		if asset, err = w.Assets.Complete(ctx, asset.ID); err != nil {
			t.Fatal(err)
		}
		return asset
	}
	plain, cleaned := send("a.txt", "text/plain", text(100)), send("a.jpg", "image/jpeg", photo)
	size := int64(len(photo))
	expect := func(what string, want int64) {
		t.Helper()
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.counted(t, ctx); n != want {
			t.Errorf("%s: %d bytes are counted, not %d", what, n, want)
		}
	}
	expect("both are there, and the photo could be sent again", 100+2*size)
	for _, a := range []*core.Asset{plain, cleaned} {
		if err := w.Assets.Delete(ctx, a.ID, nil); err != nil {
			t.Fatal(err)
		}
	}
	expect("both can be sent again", 100+size)
	w.offset.Add(int64(26 * time.Hour))
	expect("the signatures have ended", 0)
	late := send("a.txt", "text/plain", text(100))
	w.offset.Add(int64(26 * time.Hour))
	if err := w.Assets.Delete(ctx, late.ID, nil); err != nil {
		t.Fatal(err)
	}
	if n := w.counted(t, ctx); n != 0 {
		t.Errorf("deleted after the signature has ended: %d bytes are counted", n)
	}
}

// Files that were there before anybody counted are counted when it is first asked for.
func TestQuotaOfEarlierReleases(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(*world, context.Context, string) error{
		"upload": func(w *world, ctx context.Context, _ string) error {
			if _, err := w.upload(ctx, "a.txt", text(500), core.Public); !isQuota(err) {
				return fmt.Errorf("too much: %w", err)
			}
			_, err := w.upload(ctx, "a.txt", text(100), core.Public)
			return err
		},
		"delete": func(w *world, ctx context.Context, id string) error { return w.Assets.Delete(ctx, id, nil) },
	} {
		w := newQuotaWorld(t)
		ctx := w.as(t, "ada", core.Member)
		var id string
		for range 3 {
			a, err := w.upload(ctx, "a.txt", text(200), core.Public)
			if err != nil {
				t.Fatal(err)
			}
			id = a.ID
		}
		if err := w.docs.Write(t.Context(), core.Op{Kind: core.OpDelete, Coll: "fileUsages"}); err != nil {
			t.Fatal(err)
		}
		if err := write(w, ctx, id); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := w.counted(t, ctx); n != map[string]int64{"upload": 700, "delete": 400}[name] {
			t.Errorf("%s: %d bytes", name, n)
		}
	}
}

// sums counts how often the files of a user are added up.
type sums struct {
	core.DocStore
	made atomic.Int64
}

func (s *sums) Find(ctx context.Context, coll string, q core.Query) iter.Seq2[core.Doc, error] {
	if coll == "leftovers" && q.Order[0].Field == "_id" { // those of an owner; the sweep asks by time
		s.made.Add(1)
	}
	return s.DocStore.Find(ctx, coll, q)
}

// The files of a user that were never counted are added up once, however often and in
// however many places of an operation the sum is asked for; what is asked for itself is
// what the operation may read.
func TestQuotaAddsUpOnce(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(*testing.T, *world, context.Context){
		"50 fields of a query": func(t *testing.T, w *world, ctx context.Context) {
			ctx, reading := core.WithReading(ctx, 1<<20, time.Minute)
			var fields sync.WaitGroup
			for range 50 {
				fields.Go(func() {
					if usage, err := w.Assets.Usage(ctx); err != nil || usage.Used != 600 {
						t.Errorf("%+v, %v", usage, err)
					}
				})
			}
			fields.Wait()
			if reading.Spent() == 0 {
				t.Error("the operation is not charged for what it asks")
			}
			few, _ := core.WithReading(ctx, 1, time.Minute)
			if usage, err := w.Assets.Usage(few); !core.Is(err, core.TooLarge) {
				t.Errorf("an operation that may read no more: %+v, %v", usage, err)
			}
		},
		"uploads": func(t *testing.T, w *world, ctx context.Context) {
			for _, declared := range []int64{-1, 100} {
				if _, err := w.Assets.Upload(ctx, core.Upload{Filename: "a.txt", Declared: declared, Body: bytes.NewReader(text(100)), Visibility: core.Public}); err != nil {
					t.Error(err)
				}
			}
		},
		"a file too large": func(t *testing.T, w *world, ctx context.Context) {
			for range 2 {
				if _, err := w.Assets.Upload(ctx, core.Upload{Filename: "a.txt", Declared: 500, Body: bytes.NewReader(text(500)), Visibility: core.Public}); !isQuota(err) {
					t.Error(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &sums{}
			w := newQuotaWorld(t, func(cfg *core.Config) { s.DocStore, cfg.Docs = cfg.Docs, s })
			ctx := w.as(t, "ada", core.Member)
			for range 3 {
				if _, err := w.upload(ctx, "a.txt", text(200), core.Public); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.docs.Write(t.Context(), core.Op{Kind: core.OpDelete, Coll: "fileUsages"}); err != nil {
				t.Fatal(err)
			}
			s.made.Store(0)
			ask(t, w, ctx)
			if n := s.made.Load(); n != 1 {
				t.Errorf("added up %d times", n)
			}
			w.sums(t)
		})
	}
}

// slowly sends data by pieces, each of which takes a while.
type slowly struct {
	w     *world
	left  int
	piece int
	pause time.Duration
}

func (s *slowly) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), s.piece, s.left)
	copy(p, bytes.Repeat([]byte("x"), n))
	s.left -= n
	s.w.offset.Add(int64(s.pause))
	return n, nil
}

// The longer an upload takes, the faster it must have come, on each way through us.
func TestUploadPace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		size, piece int
		pause       time.Duration
		slow        bool
	}{
		"2 KiB a second for a minute":      {120 << 10, 2 << 10, time.Second, false},
		"2 KiB a second for four":          {480 << 10, 2 << 10, time.Second, true},
		"20 KiB a second for a short time": {900 << 10, 20 << 10, time.Second, false},
		"a pause at the beginning":         {16 << 10, 16 << 10, 29 * time.Second, false},
		"a byte now and then":              {200, 1, 20 * time.Second, true},
		"a long pause":                     {100 << 10, 50 << 10, 5 * time.Minute, true},
	} {
		w := newWorld(t)
		ctx := w.as(t, "ada", core.Member)
		body := func() *slowly { return &slowly{w, c.size, c.piece, c.pause} }
		_, err := w.Assets.Upload(ctx, core.Upload{Filename: "a.txt", Declared: -1, Body: body(), Visibility: core.Public})
		if c.slow != core.Is(err, core.Aborted) || !c.slow && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		asset, query, err := w.promise(ctx, "a.txt", "text/plain", text(c.size))
		if err != nil {
			t.Fatal(err)
		}
		err = w.Assets.Receive(t.Context(), asset.ID, query, body(), -1)
		if c.slow != core.Is(err, core.Aborted) || !c.slow && err != nil {
			t.Errorf("%s, direct: %v", name, err)
		}
	}
}

// Neither one user nor one network takes all places; each is free again when its
// upload has ended, well or not.
func TestUploadPlaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var begun sync.WaitGroup
	hold := make(chan struct{})
	var uploads sync.WaitGroup
	var failed atomic.Int64
	occupy := func(n int, ctx context.Context) {
		begun.Add(n)
		for range n {
			first := sync.OnceFunc(begun.Done)
			uploads.Go(func() {
				_, err := w.Assets.Upload(ctx, core.Upload{Filename: "a.txt", Declared: -1, Body: io.MultiReader(
					readerFunc(func([]byte) (int, error) { first(); <-hold; return 0, io.EOF }), bytes.NewReader(text(100))), Visibility: core.Public})
				if err != nil {
					t.Error(err)
					failed.Add(1)
				}
			})
		}
		begun.Wait()
	}
	from := func(ctx context.Context, address string) context.Context {
		return core.WithClient(ctx, core.Client{Address: address})
	}
	refused := func(what string, ctx context.Context, code core.Code) {
		t.Helper()
		_, err := w.upload(ctx, "a.txt", text(100), core.Public)
		var e *core.Error
		if !errors.As(err, &e) || e.Code != code || code == core.RateLimited && e.RetryAfter == 0 {
			t.Errorf("%s: %v", what, err)
		}
	}
	users := make([]context.Context, 6)
	for i := range users {
		users[i] = w.as(t, fmt.Sprintf("user%d", i), core.Member)
	}
	occupy(8, from(users[0], "192.0.2.1"))
	refused("the ninth of a user", from(users[0], "192.0.2.2"), core.RateLimited)
	if _, _, err := w.promise(users[0], "a.txt", "text/plain", text(1)); err != nil {
		t.Errorf("a promise: %v", err)
	}
	occupy(8, from(users[1], "192.0.2.1"))
	refused("the seventeenth of a network", from(users[2], "192.0.2.1"), core.RateLimited)
	if _, err := w.upload(from(users[2], "2001:db8::1"), "a.txt", text(100), core.Public); err != nil {
		t.Errorf("somebody elsewhere: %v", err)
	}
	occupy(8, from(users[2], "2001:db8::1"))
	occupy(8, from(users[3], "2001:db8::2")) // of the same network
	refused("the thirty-third of all", from(users[4], "192.0.2.7"), core.Unavailable)
	close(hold)
	uploads.Wait()
	for range 20 {
		if _, err := w.upload(from(users[0], "192.0.2.1"), "a.txt", text(10), core.Public); err != nil {
			t.Fatalf("afterwards: %v", err)
		}
	}
	// A signed request to us counts for the owner of the file.
	hold = make(chan struct{})
	occupy(8, users[0])
	asset, query, err := w.promise(users[0], "a.txt", "text/plain", text(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Assets.Receive(t.Context(), asset.ID, query, bytes.NewReader(text(100)), 100); !core.Is(err, core.RateLimited) {
		t.Errorf("a signed request beside 8 uploads: %v", err)
	}
	close(hold)
	uploads.Wait()
}
