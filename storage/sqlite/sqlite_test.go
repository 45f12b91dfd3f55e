package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/sqlite"
	"github.com/grapnel/grapnel/storage/storagetest"
)

// open opens a store in a folder of its own; the caller closes it.
func open(t testing.TB, opts ...sqlite.Option) *sqlite.Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "data", "grapnel.db"), opts...)
}

func openAt(t testing.TB, path string, opts ...sqlite.Option) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// verified is a store whose tables must hold what its documents do when it is closed.
type verified struct {
	*sqlite.Store
	t     *testing.T
	specs []core.Spec
}

func (v *verified) Close() error {
	err := v.Verify(context.WithoutCancel(v.t.Context()), v.specs, func(fault string) { v.t.Errorf("Verify: %s", fault) })
	if err != nil && !core.Is(err, core.Unavailable) { // it may be closed already
		v.t.Errorf("Verify: %v", err)
	}
	return v.Store.Close()
}

func TestContract(t *testing.T) {
	t.Parallel()
	storagetest.RunDocuments(t,
		func(t *testing.T, specs []core.Spec) core.DocStore { return &verified{open(t), t, specs} },
		storagetest.Peers(func(t *testing.T, specs []core.Spec) (a, b core.DocStore) {
			path := filepath.Join(t.TempDir(), "shared.db")
			return &verified{openAt(t, path), t, specs}, openAt(t, path)
		}),
		storagetest.Expire(func(t *testing.T, s core.DocStore) {
			if err := s.(*verified).Expire(t.Context()); err != nil {
				t.Fatal(err)
			}
		}),
		storagetest.Explain(func(t *testing.T, s core.DocStore, coll string, q core.Query, count bool) (e storagetest.Explanation) {
			explain := s.(*verified).Explain
			if count {
				explain = s.(*verified).ExplainCount
			}
			sql, steps, err := explain(t.Context(), coll, q)
			if err == nil {
				e.Examined, err = s.(*verified).Looked(t.Context(), coll, q, count)
			}
			if err != nil {
				t.Fatal(err)
			}
			e.Text = sql + "\n" + strings.Join(steps, "\n")
			e.Sorts = strings.Contains(e.Text, "TEMP B-TREE")
			return e
		}),
		storagetest.Forget(func(t *testing.T, s core.DocStore) {
			if err := s.(*verified).Forget(t.Context()); err != nil {
				t.Fatal(err)
			}
		}),
	)
}

// note is a small live type.
type note struct {
	core.Head `bson:",inline"`
	Text      string     `bson:"text"`
	Tags      []string   `bson:"tags"`
	Ends      *time.Time `bson:"ends"`
}

func noteSpec() core.Spec {
	return core.Spec{
		Name: "notes", Prefix: "not", Live: true, Expires: "ends", Search: []string{"text"},
		Fields: []core.Field{
			{Name: "version", Kind: core.Int},
			{Name: "text", Kind: core.String},
			{Name: "tags", Kind: core.String, Array: true, Unique: true},
			{Name: "ends", Kind: core.Time},
		},
		Indexes: [][]string{{"text"}},
	}
}

func ensure(t *testing.T, s *sqlite.Store, specs ...core.Spec) {
	t.Helper()
	if err := s.Ensure(t.Context(), specs); err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, s *sqlite.Store, notes ...*note) {
	t.Helper()
	for _, n := range notes {
		if err := s.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: "notes", Doc: n}); err != nil {
			t.Fatal(err)
		}
	}
}

func newNote(id, text string) *note { return &note{Head: core.Head{ID: id, Version: 1}, Text: text} }

func count(t *testing.T, s *sqlite.Store, f core.Filter) int64 {
	t.Helper()
	n, err := s.Count(t.Context(), "notes", core.Query{Filter: f})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFilesAndLock(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "data")
	path := filepath.Join(dir, "grapnel.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ensure(t, s, noteSpec())
	create(t, s, newNote("not_1", "kept"))

	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v (%v)", info.Mode(), err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 3 {
		t.Errorf("files %v (%v)", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v (%v)", f, info.Mode(), err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}

	if s, err = sqlite.Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ensure(t, s, noteSpec())
	if n := count(t, s, core.Search("kept")); n != 1 {
		t.Errorf("%d notes after opening again", n)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "text.db")
	if err := os.WriteFile(path, []byte("this is no database, but a text that is long enough to be taken for one at first sight"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path); err == nil {
		t.Error("opened a text file")
	}
	if _, err := sqlite.Open(t.Context(), dir); err == nil {
		t.Error("opened a folder")
	}

	path = filepath.Join(dir, "newer.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec("PRAGMA user_version=99")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path); err == nil {
		t.Error("opened a file of a newer version")
	}
}

func TestOddPath(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?c=d#e%41", "ü.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Errorf("the database is not at its path: %v", err)
	}
}

func TestSpecsRefused(t *testing.T) {
	t.Parallel()
	s := open(t)
	defer s.Close()
	for name, change := range map[string]func(*core.Spec){
		"no name":           func(s *core.Spec) { s.Name = "" },
		"separator":         func(s *core.Spec) { s.Name = "a$b" },
		"two fields":        func(s *core.Spec) { s.Fields = append(s.Fields, core.Field{Name: "TEXT"}) },
		"the id":            func(s *core.Spec) { s.Fields = append(s.Fields, core.Field{Name: "_id"}) },
		"unknown kind":      func(s *core.Spec) { s.Fields = append(s.Fields, core.Field{Name: "x", Kind: 77}) },
		"undeclared":        func(s *core.Spec) { s.Indexes = [][]string{{"nothing"}} },
		"empty index":       func(s *core.Spec) { s.Indexes = [][]string{{}} },
		"array not first":   func(s *core.Spec) { s.Indexes = [][]string{{"text", "tags"}} },
		"expires by a text": func(s *core.Spec) { s.Expires = "text" },
	} {
		spec := noteSpec()
		change(&spec)
		if err := s.Ensure(t.Context(), []core.Spec{spec}); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
	ensure(t, s, noteSpec())
	for name, q := range map[string]core.Query{
		"undeclared field":  {Filter: core.Eq("nothing", 1), Limit: 1},
		"undeclared order":  {Order: []core.Order{{Field: "nothing"}}, Limit: 1},
		"no total order":    {Order: []core.Order{{Field: "text"}}, Limit: 1},
		"order by array":    {Order: []core.Order{{Field: "tags"}, {Field: "_id"}}, Limit: 1},
		"range of an array": {Filter: core.Lt("tags", "a"), Limit: 1},
		"no limit":          {},
		"short cursor":      {Order: []core.Order{{Field: "text"}, {Field: "_id"}}, After: []any{"a"}, Limit: 1},
		"cursor of a kind":  {Order: []core.Order{{Field: "text"}, {Field: "_id"}}, After: []any{int64(1), "a"}, Limit: 1},
	} {
		for _, err := range s.Find(t.Context(), "notes", q) {
			if err == nil {
				t.Errorf("%s: not refused", name)
			}
		}
	}
	if err := s.Write(t.Context(), core.Op{Kind: core.OpDelete, Coll: "nothing"}); err == nil {
		t.Error("wrote to a collection that is not there")
	}
	if err := s.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: "notes", Doc: &struct {
		ID   string `bson:"_id"`
		Text int    `bson:"text"`
	}{ID: "not_1"}}); err == nil {
		t.Error("a number was stored in a field of strings")
	}
}

// TestLargeFilters holds filters of any size to an answer or a clear error.
func TestLargeFilters(t *testing.T) {
	t.Parallel()
	s := open(t)
	defer s.Close()
	ensure(t, s, noteSpec())
	create(t, s, newNote("not_1", "w1 w2"))
	for _, n := range []int{10, 100, 240, 10_000} {
		var or []core.Filter
		var in []string
		text := ""
		nested := core.Eq("text", "x")
		for i := range n {
			or = append(or, core.And(core.Eq("version", i), core.Prefix("text", fmt.Sprint("w", i))))
			in = append(in, fmt.Sprint("not_", i))
			text += fmt.Sprint(" w", i)
			nested = core.Not(core.Or(nested, core.Eq("version", i)))
		}
		for name, f := range map[string]core.Filter{
			"or": core.Or(or...), "and": core.And(or...), "not": nested, "in": core.In("_id", in), "search": core.Search(text),
		} {
			_, err := s.Count(t.Context(), "notes", core.Query{Filter: f})
			for _, e := range s.Find(t.Context(), "notes", core.Query{Filter: f, Order: []core.Order{{Field: "_id"}}, Limit: 10}) {
				err = errors.Join(err, e)
			}
			if err != nil && (n <= 100 || !core.Is(err, core.Invalid)) {
				t.Errorf("%s of %d: %v", name, n, err)
			}
		}
	}
}

// TestSchemaChanges lets a type change in every way between two starts.
func TestSchemaChanges(t *testing.T) {
	t.Parallel()
	s := open(t)
	defer s.Close()
	ensure(t, s, noteSpec())
	var ops []core.Op
	for i := range 1200 { // more than one step of the copy
		n := newNote(fmt.Sprintf("not_%04d", i), fmt.Sprintf("word%d same", i%10))
		n.Tags = []string{fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i)}
		ops = append(ops, core.Op{Kind: core.OpInsert, Coll: "notes", Doc: n})
	}
	if err := s.Write(t.Context(), ops...); err != nil {
		t.Fatal(err)
	}
	check := func(f core.Filter, want int64) {
		t.Helper()
		if n := count(t, s, f); n != want {
			t.Errorf("%+v matches %d, want %d", f, n, want)
		}
	}
	spec := noteSpec()
	spec.Fields = append(spec.Fields, core.Field{Name: "createdAt", Kind: core.Time})
	spec.Indexes = [][]string{{"tags", "text"}, {"createdAt", "text"}}
	ensure(t, s, spec)
	check(core.Eq("createdAt", time.Time{}), 1200)
	check(core.Eq("tags", "b77"), 1)
	check(core.Search("word3 same"), 120)

	spec.Fields, spec.Indexes, spec.Search, spec.Expires = spec.Fields[1:2], nil, nil, "" // only text
	ensure(t, s, spec)
	check(core.Eq("text", "word3 same"), 120)
	if _, err := s.Count(t.Context(), "notes", core.Query{Filter: core.Eq("tags", "b77")}); err == nil {
		t.Error("a field that is not declared any more is served")
	}

	// What cannot become unique is refused, and all stays as it was.
	spec.Fields = []core.Field{{Name: "text", Kind: core.String, Unique: true}}
	if err := s.Ensure(t.Context(), []core.Spec{spec}); !core.Is(err, core.Conflict) {
		t.Errorf("a unique field over equal values: %v", err)
	}
	check(core.Eq("text", "word3 same"), 120)
	ensure(t, s, noteSpec())
	check(core.Eq("tags", "b77"), 1)
	check(core.Search("word3 same"), 120)
	n := newNote("not_x", "x")
	n.Tags = []string{"b77"}
	if err := s.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: "notes", Doc: n}); !core.Is(err, core.Conflict) {
		t.Errorf("a taken element: %v", err)
	}
}

// TestBatchesAreIndependent lets jobs fail in every way beside jobs that do
// not, all in the same few commits.
func TestBatchesAreIndependent(t *testing.T) {
	t.Parallel()
	s := open(t)
	defer s.Close()
	ensure(t, s, noteSpec())
	taken := newNote("not_taken", "x")
	taken.Tags = []string{"taken"}
	create(t, s, taken)
	stream, err := s.Changes(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()

	const n = 300
	good := 0
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		note := newNote(fmt.Sprintf("not_%d", i), "text")
		op := core.Op{Kind: core.OpInsert, Coll: "notes", Doc: note}
		ops, ok := []core.Op{op}, func(err error) bool { return err == nil }
		switch i % 5 {
		case 1: // fails after the document was inserted
			note.Tags = []string{"free", "taken"}
			ok = func(err error) bool { return core.Is(err, core.Conflict) }
		case 2: // fails at the second operation
			ops = append(ops, core.Op{Kind: core.OpDelete, Coll: "notes", Filter: core.Eq("_id", "absent")})
			ok = func(err error) bool { var e *core.NoMatch; return errors.As(err, &e) && e.Op == 1 }
		case 3: // fails at once
			note.ID = "not_taken"
			ok = func(err error) bool { return core.Is(err, core.Conflict) }
		default:
			good++
		}
		wg.Go(func() {
			<-start
			if err := s.Write(t.Context(), ops...); !ok(err) {
				t.Errorf("job %d: %v", i, err)
			}
		})
	}
	close(start)
	wg.Wait()
	if got := count(t, s, core.Eq("text", "text")); got != int64(good) {
		t.Errorf("%d notes were stored, want %d", got, good)
	}
	if got := count(t, s, core.Search("text")); got != int64(good) {
		t.Errorf("%d notes can be searched, want %d", got, good)
	}
	if got := count(t, s, core.Eq("tags", "free")); got != 0 {
		t.Error("an element of a refused note was kept")
	}
	seen := map[string]bool{}
	for range good {
		e, err := stream.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if seen[e.ID] {
			t.Errorf("two events of %s", e.ID)
		}
		seen[e.ID] = true
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if e, err := stream.Next(ctx); err == nil {
		t.Errorf("an event of %s, which was refused", e.ID)
	}
}

// TestClose lets calls race with Close: each succeeds, or fails as UNAVAILABLE
// and has done nothing.
func TestClose(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "grapnel.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ensure(t, s, noteSpec())
	stream, err := s.Changes(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error, 1)
	other, err := s.Changes(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			if _, err := stream.Next(context.Background()); err != nil {
				waiting <- err
				return
			}
		}
	}()
	var mu sync.Mutex
	var acked []string
	var wg sync.WaitGroup
	first := make(chan struct{})
	var once sync.Once
	for w := range 16 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("not_%d_%d", w, i)
				err := s.Write(context.Background(), core.Op{Kind: core.OpInsert, Coll: "notes", Doc: newNote(id, "x")})
				if err != nil {
					if !core.Is(err, core.Unavailable) {
						t.Errorf("Write: %v", err)
					}
					return
				}
				mu.Lock()
				acked = append(acked, id)
				mu.Unlock()
				once.Do(func() { close(first) })
				if _, err := s.Count(context.Background(), "notes", core.Query{}); err != nil && !core.Is(err, core.Unavailable) {
					t.Errorf("Count: %v", err)
				}
			}
		})
	}
	<-first
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if err := <-waiting; !core.Is(err, core.Unavailable) {
		t.Errorf("a waiting stream ends with %v", err)
	}
	if _, err := other.Next(t.Context()); !core.Is(err, core.Unavailable) {
		t.Errorf("a closed stream ends with %v", err)
	}

	if s, err = sqlite.Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ensure(t, s, noteSpec())
	if n := count(t, s, core.All); n != int64(len(acked)) {
		t.Errorf("%d notes of %d acknowledged", n, len(acked))
	}
}

// TestChangesOutlive resumes a stream after a restart, and elsewhere not.
func TestChangesOutlive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "grapnel.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ensure(t, s, noteSpec())
	stream, err := s.Changes(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	create(t, s, newNote("not_1", "a"), newNote("not_2", "b"))
	e, err := stream.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(stream.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	other := open(t)
	defer other.Close()
	if _, err := other.Changes(t.Context(), e.Token); !errors.Is(err, core.ErrTokenLost) {
		t.Errorf("the token of another database: %v", err)
	}

	if s, err = sqlite.Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ensure(t, s, noteSpec())
	if stream, err = s.Changes(t.Context(), e.Token); err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if e, err = stream.Next(t.Context()); err != nil || e.ID != "not_2" {
		t.Errorf("resumed at %q (%v)", e.ID, err)
	}
	create(t, s, newNote("not_3", "c"))
	if e, err = stream.Next(t.Context()); err != nil || e.ID != "not_3" {
		t.Errorf("went on at %q (%v)", e.ID, err)
	}
}

// TestUpkeep has the ticker remove expired documents and surplus changes.
func TestUpkeep(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	s := open(t, sqlite.WithClock(clock), sqlite.WithUpkeep(time.Millisecond), sqlite.WithChanges(time.Hour, 10, 1<<20))
	defer s.Close()
	ensure(t, s, noteSpec())
	stream, err := s.Changes(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	ends := now.Add(time.Minute)
	first := newNote("not_0", "x")
	create(t, s, first)
	e, err := stream.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 600 { // more than one batch
		n := newNote(fmt.Sprintf("not_e%d", i), "x")
		n.Ends = &ends
		create(t, s, n)
	}
	if n := count(t, s, core.All); n != 601 {
		t.Errorf("%d notes before their time is over", n)
	}
	mu.Lock()
	now = ends
	mu.Unlock()
	until(t, func() bool { return count(t, s, core.All) == 1 })

	// The removals are changes, but by now too many to keep.
	until(t, func() bool {
		again, err := s.Changes(t.Context(), e.Token)
		if err == nil {
			defer again.Close()
			_, err = again.Next(t.Context())
		}
		return errors.Is(err, core.ErrTokenLost)
	})
}

// TestLogIsBounded reads without a pause while it writes: the log, which SQLite
// can only empty in a pause, stays short all the same.
func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "grapnel.db")
	var told strings.Builder
	s, err := sqlite.Open(t.Context(), path, sqlite.WithMaxLog(1<<20), sqlite.WithLogger(slog.New(slog.NewTextHandler(&told, nil))),
		sqlite.WithPauses(func(time.Duration) <-chan time.Time {
			t.Error("a reader of ours was taken for a foreign one")
			return time.After(0)
		}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ensure(t, s, noteSpec())
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := s.Count(ctx, "notes", core.Query{Filter: core.Search("many words")}); err != nil && ctx.Err() == nil {
					t.Errorf("Count: %v", err)
				}
			}
		})
	}
	size := func() int64 {
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	for i, emptied, last := 0, 0, int64(0); emptied < 3; i++ { // while all of them go on
		create(t, s, newNote(fmt.Sprintf("not_%d", i), "many words"+strings.Repeat(" x", 2000)))
		now := size()
		if now < last {
			emptied++
		}
		last = now
	}
	stop()
	wg.Wait()
	if told.Len() > 0 {
		t.Errorf("the operator is told %s", told.String())
	}
}

// TestForeignReader has another program read in one transaction, as VACUUM INTO,
// litestream and open shells do: nobody waits for it, the operator is told once, and
// the log is emptied when it has gone.
func TestForeignReader(t *testing.T) {
	registerSyncVFS.Do(func() { registerVFS(t) })
	path := filepath.Join(t.TempDir(), "grapnel.db")
	var told strings.Builder
	pauses, over := make(chan time.Duration), make(chan time.Time)
	s, err := sqlite.Open(t.Context(), path, sqlite.WithVFS(syncVFS), sqlite.WithMaxLog(1<<20),
		sqlite.WithLogger(slog.New(slog.NewTextHandler(&told, nil))),
		sqlite.WithPauses(func(d time.Duration) <-chan time.Time {
			pauses <- d
			return over
		}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ensure(t, s, noteSpec())
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	shell, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shell.Exec("SELECT count(*) FROM meta"); err != nil {
		t.Fatal(err)
	}
	size := func() int64 {
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	n, waits := 0, lockWaits.Load()
	write := func() {
		create(t, s, newNote(fmt.Sprintf("not_%d", n), strings.Repeat("x", 50_000)))
		n++
	}
	for size() < 1<<20 {
		write()
	}
	for _, want := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		if got := <-pauses; got != time.Duration(want)*time.Second {
			t.Errorf("a pause of %v, want %d s", got, want)
		}
		for range 20 { // while it pauses, and again as it tries
			write()
		}
		over <- time.Time{}
		for range 20 {
			write()
		}
	}
	<-pauses
	if got := lockWaits.Load() - waits; got != 0 {
		t.Errorf("somebody waited for a lock %d times", got)
	}
	if got := strings.Count(told.String(), "somebody reads the database"); got != 1 {
		t.Errorf("the log says it %d times: %s", got, &told)
	}
	if err := shell.Rollback(); err != nil {
		t.Fatal(err)
	}
	over <- time.Time{}
	until(t, func() bool { return size() < 1<<20 })
}

// TestSettings reads back what the file was made with.
func TestSettings(t *testing.T) {
	t.Parallel()
	s := open(t)
	defer s.Close()
	for pragma, want := range map[string]any{"journal_mode": "wal", "synchronous": int64(2), "page_size": int64(8192)} {
		if got, err := s.Pragma(t.Context(), pragma); err != nil || got != want {
			t.Errorf("%s is %v (%v), want %v", pragma, got, err, want)
		}
	}
}

// until polls for what happens elsewhere.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not happen")
		}
	}
}

// TestGivenUp has callers leave while their jobs wait: what they were told is
// what happened.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	s := open(t)
	defer s.Close()
	ensure(t, s, noteSpec())
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*50*time.Microsecond)
			defer cancel()
			id := fmt.Sprintf("not_%d", i)
			err := s.Write(ctx, core.Op{Kind: core.OpInsert, Coll: "notes", Doc: newNote(id, "x")})
			if err != nil && !core.Is(err, core.Unavailable) {
				t.Errorf("Write: %v", err)
			}
			stored := count(t, s, core.Eq("_id", id)) == 1
			if stored != (err == nil) {
				t.Errorf("Write said %v, stored is %v", err, stored)
			}
		})
	}
	wg.Wait()
}
