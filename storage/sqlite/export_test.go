package sqlite

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/grapnel/grapnel/core"
	modernc "modernc.org/sqlite"
)

// WithVFS opens the file through another of SQLite's file systems.
func WithVFS(name string) Option { return func(c *config) { c.vfs = name } }

// WithMaxLog bounds the write-ahead log.
func WithMaxLog(bytes int64) Option { return func(c *config) { c.maxLog = bytes } }

// WithPauses replaces the pauses between tries to empty the write-ahead log.
func WithPauses(after func(time.Duration) <-chan time.Time) Option {
	return func(c *config) { c.after = after }
}

// WithMaxBatch bounds the jobs of one commit.
func WithMaxBatch(n int) Option { return func(c *config) { c.maxBatch = n } }

// Expire runs one round of removal of expired documents.
func (s *Store) Expire(ctx context.Context) error { return s.expire(ctx) }

// Forget prunes every change so far.
func (s *Store) Forget(ctx context.Context) error {
	return s.prune(ctx, time.Now().Add(time.Hour), 0, 0)
}

// Table is the quoted name of the table of a collection.
func Table(spec core.Spec) string {
	c, err := newCollection(spec)
	if err != nil {
		panic(err)
	}
	return c.table
}

// Pragma is a setting of the writing connection.
func (s *Store) Pragma(ctx context.Context, name string) (v any, err error) {
	err = s.writer.do(ctx, func(w *writer) error {
		v, err = w.conn.value(ctx, "PRAGMA "+name)
		return err
	})
	return v, err
}

// Looked is how many pages of the file SQLite looks at to carry out a list or a count.
func (s *Store) Looked(ctx context.Context, coll string, q core.Query, count bool) (pages int, err error) {
	c, err := s.collection(coll)
	if err != nil {
		return 0, err
	}
	err = s.read(ctx, func(ctx context.Context, conn *conn) error {
		run := func() error {
			if count {
				sql, args, err := c.count(q)
				if err == nil {
					_, err = conn.value(ctx, sql, args...)
				}
				return err
			}
			p, err := c.plan(q)
			if err == nil {
				_, err = p.read(ctx, conn)
			}
			return err
		}
		if err := run(); err != nil { // reads the schema, and prepares
			return err
		}
		seen := func() (n int, err error) {
			for _, op := range []modernc.DBStatusOp{modernc.DBStatusCacheHit, modernc.DBStatusCacheMiss} {
				at, _, err := conn.raw.(modernc.DBStatus).Status(op, false)
				if err != nil {
					return 0, err
				}
				n += at
			}
			return n, nil
		}
		before, err := seen()
		if err == nil {
			err = run()
		}
		if err == nil {
			pages, err = seen()
		}
		pages -= before
		return err
	})
	return pages, err
}

// Prepared counts the prepared statements of all readers that name a table.
func (s *Store) Prepared(table string) (n int) {
	idle := s.everyReader()
	for _, r := range idle {
		for _, sql := range r.conn.stmts.Keys() {
			if strings.Contains(sql, table) {
				n++
			}
		}
		s.readers.give(r, false)
	}
	return n
}

// The two ways to decode, and the way to encode.
var (
	FastDecode = fastDecode
	Encode     = encode
)

// Pack packs a document with those that a reader has too.
func Pack(raw []byte, known ...[]byte) []byte {
	var d dictionary
	for _, k := range known {
		d.addDocument(k)
	}
	return d.pack(raw)
}

// Unpack is the reverse of Pack.
var Unpack = unpack

// LibraryDecode decodes as the library does.
func LibraryDecode(raw []byte, into any) error { return libraryDecode(raw, into) }

// ErrFailWords is how FailWords fails.
var ErrFailWords = errors.New("failed on purpose")

// FailWords makes the index of words of a collection anew, and then fails.
func (s *Store) FailWords(ctx context.Context, coll string) error {
	c, err := s.collection(coll)
	if err != nil {
		return err
	}
	return s.writer.remake(ctx, func(w *writer) error {
		if err := w.emptyWords(ctx, c); err != nil {
			return err
		}
		if _, err := w.refillWords(ctx, c); err != nil {
			return err
		}
		return ErrFailWords
	})
}
