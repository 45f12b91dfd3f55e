//go:build unix

package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/sqlite"
	"go.uber.org/goleak"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
	"unsafe"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("SQLITE_TEST_CRASH"); path != "" {
		writeUntilKilled(path)
	}
	goleak.VerifyTestMain(m)
}

// TestSyncBeforeAnswer counts the syncs that SQLite asks the file system for:
// each write has at least one of the log between its call and its answer, and
// concurrent writes share them.
func TestSyncBeforeAnswer(t *testing.T) {
	registerSyncVFS.Do(func() { registerVFS(t) })
	s := open(t, sqlite.WithVFS(syncVFS))
	defer s.Close()
	fill(t, s, 0)

	const writers, each = 32, 20
	posts := make(chan *post, writers*each)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range writers * each {
		posts <- newPost(r, i)
	}
	close(posts)
	before, start := s.Stats(), logSyncs.Load()
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for p := range posts {
				called := logSyncs.Load()
				if err := s.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: "posts", Doc: p}); err != nil {
					t.Error(err)
				}
				if logSyncs.Load() == called {
					t.Errorf("%s was acknowledged without a sync", p.ID)
				}
			}
		})
	}
	wg.Wait()
	after := s.Stats()
	jobs, commits, syncs := after.Jobs-before.Jobs, after.Commits-before.Commits, logSyncs.Load()-start
	if jobs != writers*each || syncs < commits {
		t.Errorf("%d jobs in %d commits with %d syncs", jobs, commits, syncs)
	}
	t.Logf("%.1f creates per sync (%d in %d commits, %d syncs of the log)", float64(jobs)/float64(commits), jobs, commits, syncs)
	if commits*2 > jobs {
		t.Errorf("%d concurrent jobs took %d commits", jobs, commits)
	}
}

// A file system of SQLite that counts the syncs of write-ahead logs, or has them
// fail, counts how often somebody waits for a lock, and leaves everything else to the default one.
const syncVFS = "counting"

var (
	registerSyncVFS sync.Once
	logSyncs        atomic.Int64
	diskFull        atomic.Bool // has every sync fail
	lockWaits       atomic.Int64
	defaultSleep    func(*libc.TLS, uintptr, int32) int32
	defaultOpen     func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32
	defaultVFS      uintptr
	defaultSync     sync.Map // file -> func(*libc.TLS, uintptr, int32) int32
)

// at reads C memory, pointer is a Go function as a C one, function the reverse.
func at[T any](p uintptr) *T      { return *(**T)(unsafe.Pointer(&p)) }
func pointer[F any](f F) uintptr  { return *(*uintptr)(unsafe.Pointer(&f)) }
func function[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ uintptr }{p})) }

func registerVFS(t *testing.T) {
	tls := libc.NewTLS() // as long as the process
	name, err := libc.CString(syncVFS)
	if err != nil {
		t.Fatal(err)
	}
	defaultVFS = sqlite3.Xsqlite3_vfs_find(tls, 0)
	defaultOpen = function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](at[sqlite3.Tsqlite3_vfs](defaultVFS).FxOpen)
	vfs := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	*at[sqlite3.Tsqlite3_vfs](vfs) = *at[sqlite3.Tsqlite3_vfs](defaultVFS)
	defaultSleep = function[func(*libc.TLS, uintptr, int32) int32](at[sqlite3.Tsqlite3_vfs](defaultVFS).FxSleep)
	at[sqlite3.Tsqlite3_vfs](vfs).FxSleep = pointer(countingSleep)
	at[sqlite3.Tsqlite3_vfs](vfs).FzName = name
	at[sqlite3.Tsqlite3_vfs](vfs).FxOpen = pointer(countingOpen)
	if rc := sqlite3.Xsqlite3_vfs_register(tls, vfs, 0); rc != sqlite3.SQLITE_OK {
		t.Fatalf("vfs_register: %d", rc)
	}
}

func countingOpen(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	rc := defaultOpen(tls, defaultVFS, name, file, flags, out)
	if f := at[sqlite3.Tsqlite3_file](file); rc == sqlite3.SQLITE_OK && flags&sqlite3.SQLITE_OPEN_WAL != 0 {
		methods := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_io_methods{})))
		*at[sqlite3.Tsqlite3_io_methods](methods) = *at[sqlite3.Tsqlite3_io_methods](f.FpMethods)
		defaultSync.Store(file, function[func(*libc.TLS, uintptr, int32) int32](at[sqlite3.Tsqlite3_io_methods](f.FpMethods).FxSync))
		at[sqlite3.Tsqlite3_io_methods](methods).FxSync = pointer(countingSync)
		f.FpMethods = methods
	}
	return rc
}

func countingSync(tls *libc.TLS, file uintptr, flags int32) int32 {
	f, _ := defaultSync.Load(file)
	if diskFull.Load() {
		return sqlite3.SQLITE_FULL
	}
	rc := f.(func(*libc.TLS, uintptr, int32) int32)(tls, file, flags)
	if rc == sqlite3.SQLITE_OK {
		logSyncs.Add(1)
	}
	return rc
}

// countingSleep is how SQLite waits for locks: a millisecond or more each time. Retries
// inside of the log sleep less.
func countingSleep(tls *libc.TLS, vfs uintptr, microseconds int32) int32 {
	if microseconds >= 1000 {
		lockWaits.Add(1)
	}
	return defaultSleep(tls, defaultVFS, microseconds)
}

const crashWrites = 1000

// writeUntilKilled is the process that TestCrash kills: it writes from many
// goroutines and prints the id of every acknowledged document.
func writeUntilKilled(path string) {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path)
	if err == nil {
		err = s.Ensure(ctx, []core.Spec{postSpec()})
	}
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	r := rand.New(rand.NewPCG(5, 6))
	posts := make(chan *post, crashWrites)
	for i := range crashWrites {
		posts <- newPost(r, i)
	}
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for p := range posts {
				err := s.Write(ctx,
					core.Op{Kind: core.OpInsert, Coll: "posts", Doc: p},
					core.Op{Kind: core.OpUpdate, Coll: "posts", Filter: core.Eq("_id", p.ID), Patch: core.Patch{core.Inc("version", 1)}})
				if err != nil {
					fmt.Println("error", err)
					return
				}
				fmt.Println(p.ID) // one write call: lines do not mix
			}
		})
	}
	wg.Wait()
	select {} // the parent kills
}

// TestCrash kills a process in the middle of many writes, several times, and
// looks for what it had acknowledged.
func TestCrash(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range []int{1, 300, 700} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "grapnel.db")
			cmd := exec.CommandContext(t.Context(), exe)
			cmd.Env = append(os.Environ(), "SQLITE_TEST_CRASH="+path)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var acked []string
			lines := bufio.NewScanner(out)
			for lines.Scan() {
				line := lines.Text()
				if strings.HasPrefix(line, "error") {
					t.Error(line)
				}
				if acked = append(acked, line); len(acked) == after {
					if err := cmd.Process.Kill(); err != nil {
						t.Error(err)
					}
				}
			}
			cmd.Wait() // killed
			if len(acked) < after || len(acked) >= crashWrites {
				t.Fatalf("killed after %d acknowledged writes, not in the middle", len(acked))
			}

			s, err := sqlite.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			fill(t, s, 0)
			for _, id := range acked {
				read(t, t.Context(), s, core.Query{Filter: core.And(core.Eq("_id", id), core.Eq("version", 2)), Limit: 2}, 1)
			}
			// Nothing half-written: neither half of a Write, nor a document
			// without its elements.
			all, err := s.Count(t.Context(), "posts", core.Query{})
			if err != nil || all < int64(len(acked)) {
				t.Errorf("%d documents (%v) of %d acknowledged", all, err, len(acked))
			}
			for _, f := range []core.Filter{core.Eq("version", 2), core.Eq("tags", "all")} {
				if n, err := s.Count(t.Context(), "posts", core.Query{Filter: f}); err != nil || n != all {
					t.Errorf("%d (%v) of %d documents match %v", n, err, all, f)
				}
			}
			t.Logf("%d acknowledged, %d found", len(acked), all)
		})
	}
}

// TestWritesBesideWordsThatFail writes to a collection while its index of words is made
// anew, which fails in the end.
func TestWritesBesideWordsThatFail(t *testing.T) {
	t.Parallel()
	s := open(t)
	spec := noteSpec()
	v := &verified{s, t, []core.Spec{spec}}
	defer v.Close()
	ensure(t, s, spec)
	var failed, written atomic.Int64
	var writers sync.WaitGroup
	for n := range 4 {
		writers.Go(func() {
			for i := 0; failed.Load() < 30; i++ {
				if err := s.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: "notes", Doc: newNote(fmt.Sprintf("not_%d_%d", n, i), "same")}); err != nil {
					t.Errorf("a write beside it: %v", err)
					return
				}
				written.Add(1)
			}
		})
	}
	for range 30 {
		if err := s.FailWords(t.Context(), "notes"); !errors.Is(err, sqlite.ErrFailWords) {
			t.Error(err)
		}
		failed.Add(1)
	}
	writers.Wait()
	if got, want := count(t, s, core.Search("same")), written.Load(); got != want {
		t.Errorf("found %d of %d", got, want)
	}
}
