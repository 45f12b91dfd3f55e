// Package sqlite keeps documents in one SQLite file: the embedded default.
//
// A collection is a table of BSON documents beside one real column for each
// declared field, so that filters and orders run on plain indexes and nothing
// ever looks inside a document in SQL. Array fields have side tables, searched
// text a full-text index. All writes go through one goroutine, which commits
// many of them with one sync of the disk; reads use a few connections of their
// own and never wait for writes.
//
// Several processes of one machine may share the file, such as a server and a
// command beside it: SQLite's own locks order their writes, and each notices
// within a second what the others have changed.
package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/grapnel/grapnel/core"
)

// Store is a core.DocStore on one SQLite file.
type Store struct {
	config
	path    string
	epoch   []byte  // tells the tokens of this database from those of others
	pool    []*conn // every reader
	readers *readers
	writer  *writer
	feed    *feed

	colls  atomic.Pointer[map[string]*collection]
	ensure sync.Mutex // one Ensure at a time

	long     chan struct{} // holds one when the write-ahead log is too long
	grown    chan struct{} // the same when the history of changes has grown
	outdated chan struct{} // closed when another process has declared a collection otherwise
	closing  chan struct{} // closed by Close
	close    sync.Once
	done     sync.WaitGroup // writer, upkeep, follow and trim
}

var _ core.DocStore = (*Store)(nil)

type config struct {
	clock     func() time.Time
	interval  time.Duration // between two rounds of upkeep
	keepFor   time.Duration // changes
	keepMax   int64         // changes
	keepBytes int64         // of changes
	maxLog    int64         // bytes of the write-ahead log
	maxBatch  int           // jobs in one commit
	log       *slog.Logger
	readOnly  bool

	// For tests.
	vfs   string
	after func(time.Duration) <-chan time.Time
}

// Option changes a default of Open.
type Option func(*config)

// WithClock replaces the clock, which says what is expired and how old a
// change is.
func WithClock(now func() time.Time) Option { return func(c *config) { c.clock = now } }

// WithUpkeep sets how often expired documents and old changes are removed;
// every 60 s when not set.
func WithUpkeep(every time.Duration) Option { return func(c *config) { c.interval = every } }

// WithChanges sets for how long, how many, and how many bytes of changes are kept for
// streams that resume; 24 h, 100,000 and 256 MiB when not set.
func WithChanges(age time.Duration, count, bytes int64) Option {
	return func(c *config) { c.keepFor, c.keepMax, c.keepBytes = age, count, bytes }
}

// WithLogger names the logger of what an operator must know; slog.Default otherwise.
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.log = l } }

// ReadOnly opens a database that is there only to look at it, also beside a process
// that writes to it: Find, Count and Verify.
func ReadOnly() Option { return func(c *config) { c.readOnly = true } }

// Open opens the database at path, or makes it, with its folder, for this user
// only.
func Open(ctx context.Context, path string, opts ...Option) (_ *Store, err error) {
	s := &Store{
		config: config{
			clock:     time.Now,
			interval:  time.Minute,
			keepFor:   24 * time.Hour,
			keepMax:   100_000,
			keepBytes: 256 << 20,
			maxLog:    64 << 20,
			maxBatch:  256,
			log:       slog.Default(),
			after:     time.After,
		},
		long:     make(chan struct{}, 1),
		grown:    make(chan struct{}, 1),
		outdated: make(chan struct{}),
		closing:  make(chan struct{}),
	}
	for _, o := range opts {
		o(&s.config)
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, core.Wrap(core.Internal, err, "The path of the database is wrong.")
	}
	s.path = path
	if !s.readOnly {
		err = prepareFiles(path)
	} else {
		_, err = os.Stat(path)
	}
	if err != nil {
		return nil, core.Wrap(core.Internal, err, fmt.Sprintf("The database %s cannot be opened.", path))
	}
	var wconn *conn
	var idle []*reader
	defer func() {
		if err != nil {
			for _, r := range idle {
				r.close()
			}
			_ = closeAll(append(s.pool, wconn))
		}
	}()

	var seq int64
	if !s.readOnly {
		if wconn, err = openConn(s.dsn(path, false)); err != nil {
			return nil, s.failure(err)
		}
		if seq, err = s.prepareSchema(ctx, wconn); err != nil {
			return nil, err
		}
	}
	n := max(2, runtime.NumCPU()) // more only contend inside the driver
	for range n {
		r, err := openConn(s.dsn(path, true))
		if err != nil {
			return nil, s.failure(err)
		}
		s.pool = append(s.pool, r)
		idle = append(idle, newReader(r))
	}
	s.readers = newReaders(idle)
	s.colls.Store(&map[string]*collection{})
	s.feed = newFeed(seq)
	if s.readOnly {
		return s, nil
	}
	s.writer = newWriter(wconn, s.feed, s.maxBatch)
	s.done.Go(func() { s.writer.run(s.closing, func() { s.noticeLog(); s.noticeHistory() }) })
	s.done.Go(s.trim)
	s.done.Go(s.upkeep)
	s.done.Go(s.follow)
	return s, nil
}

// dsn names the file and the settings of one connection. FULL makes every
// commit wait for the disk. Pages of 8 KiB hold three documents of 2 KB where
// 4 KiB hold one; the size must be set before the journal mode, and the driver
// runs _journal_mode last.
func (s *Store) dsn(path string, reader bool) string {
	q := url.Values{"_pragma": {
		"busy_timeout(5000)",
		"page_size(8192)",
		"synchronous(FULL)",
		"cache_size(-16000)",
		"temp_store(MEMORY)",
		"journal_size_limit(67108864)",
		fmt.Sprintf("wal_autocheckpoint(%d)", checkpointPages),
	}}
	if s.readOnly {
		q.Set("mode", "ro")
	} else {
		q.Set("_journal_mode", "WAL")
	}
	if reader {
		q.Add("_pragma", "query_only(1)")
	}
	if s.vfs != "" {
		q.Set("vfs", s.vfs)
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// prepareFiles makes the folder and the file with tight permissions; SQLite
// gives its companion files those of the database.
func prepareFiles(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// Close carries out the writes that were accepted, then closes the file. Reads
// in progress end first; later calls fail with UNAVAILABLE.
func (s *Store) Close() (err error) {
	s.close.Do(func() {
		close(s.closing)
		s.feed.close()
		s.done.Wait()
		for _, r := range s.everyReader() {
			r.close()
		}
		err = closeAll(s.pool)
		if s.readOnly {
			return
		}
		w := s.writer.conn
		ctx := context.Background()
		// Who still reads from the log keeps it; the next start goes on with it.
		for _, sql := range []string{"PRAGMA optimize", "PRAGMA busy_timeout=0", "PRAGMA wal_checkpoint(TRUNCATE)"} {
			if e := w.exec(ctx, sql); e != nil && err == nil {
				err = s.failure(e)
			}
		}
		if e := w.close(); e != nil && err == nil {
			err = s.failure(e)
		}
	})
	return err
}

// Ping reads from the file, and writes to it unless somebody has just done so: that
// a disk is full is known only by trying.
func (s *Store) Ping(ctx context.Context) error {
	err := s.read(ctx, s.current)
	if err != nil || s.readOnly || time.Since(time.Unix(0, s.writer.wrote.Load())) < writtenLately {
		return err
	}
	return s.failure(s.writer.do(ctx, func(w *writer) error {
		return w.conn.exec(ctx, "INSERT OR REPLACE INTO meta VALUES('ping',?)", s.clock().UnixMilli())
	}))
}

// Kind implements core.DocStore.
func (s *Store) Kind() core.StoreKind { return core.Sqlite }

// writtenLately is for how long a write shows that others would succeed.
const writtenLately = 5 * time.Second

// quickRead is for how long the reads of an operation may take, all together, before
// they wait behind those of others, and only for some of the readers.
const quickRead = 20 * time.Millisecond

// read lends f a reader. When it takes too long where others wait, f is ended and
// called again for as long as its operation may read.
func (s *Store) read(ctx context.Context, f func(context.Context, *conn) error) error {
	err := core.ErrSlow
	if core.ReadingOf(ctx).Spent() < quickRead {
		err = s.readWith(ctx, false, f)
	}
	if errors.Is(err, core.ErrSlow) {
		err = s.readWith(ctx, true, f)
	}
	return s.failure(err)
}

func (s *Store) readWith(ctx context.Context, slow bool, f func(context.Context, *conn) error) error {
	if err := cmp.Or(ctx.Err(), s.ended()); err != nil {
		return err
	}
	reading, until := core.ReadingOf(ctx), quickRead
	if slow {
		until = 0
	}
	r, err := s.readers.take(ctx, reading, slow, s.closing)
	if err != nil {
		return err
	}
	defer s.readers.give(r, slow)
	return reading.Within(until, func(most time.Duration) error { return r.do(ctx, most, f) })
}

// ended is the error of a store that is closed; nil before.
func (s *Store) ended() error {
	select {
	case <-s.closing:
		return errClosed()
	default:
		return nil
	}
}

// collection finds what Ensure has declared.
func (s *Store) collection(name string) (*collection, error) {
	if c := (*s.colls.Load())[name]; c != nil {
		return c, nil
	}
	return nil, core.Errorf(core.Internal, "There is no collection %q.", name)
}

// readable is a collection for Find and Count. One of which Ensure was not told
// has no field but the id; it is nil when the file does not have it.
func (s *Store) readable(ctx context.Context, name string) (*collection, error) {
	if c := (*s.colls.Load())[name]; c != nil {
		return c, nil
	}
	var table string
	err := s.read(ctx, func(ctx context.Context, conn *conn) (err error) {
		table, err = tableOf(ctx, conn, name)
		return err
	})
	if err != nil || table == "" {
		return nil, err
	}
	c, err := layOut(core.Spec{Name: name})
	if err != nil {
		return nil, err
	}
	return c.in(table), nil
}

// current fails with core.ErrOutdated when another process has declared a collection
// otherwise. Reads and writes find that out by themselves: their table is gone.
func (s *Store) current(ctx context.Context, conn *conn) error {
	if !s.ensure.TryLock() {
		return nil // another declaration is on its way, and from here
	}
	defer s.ensure.Unlock()
	there := map[string]bool{}
	err := conn.query(ctx, "SELECT name FROM sqlite_schema WHERE type='table'", nil, func(row []driver.Value) error {
		name, _ := row[0].(string)
		there[name] = true
		return nil
	})
	for _, c := range *s.colls.Load() {
		if err == nil && !there[c.name] {
			err = core.ErrOutdated
		}
	}
	return err
}

// declare publishes the collections that Ensure has prepared.
func (s *Store) declare(colls []*collection) {
	all := maps.Clone(*s.colls.Load())
	for _, c := range colls {
		all[c.spec.Name] = c
	}
	s.colls.Store(&all)
}

// Stats counts what the writer has done since Open.
type Stats struct {
	// Commits is the number of transactions, each with one sync of the disk.
	Commits int64
	// Jobs is the number of calls that they carried.
	Jobs int64
}

// Stats reads the counters.
func (s *Store) Stats() Stats {
	return Stats{Commits: s.writer.commits.Load(), Jobs: s.writer.jobsDone.Load()}
}
