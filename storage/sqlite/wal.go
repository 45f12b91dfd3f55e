package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"os"
	"time"
)

// How long trim pauses after a try that failed: twice as long each time.
const (
	firstPause   = time.Second
	longestPause = time.Minute
	// readersStay is how many tries fail before the operator is told.
	readersStay = 3
)

// checkpointPages is how long the log grows, 32 MiB, before a commit brings it into the
// database. Most pages that writes touch are the same ones, the ends of indexes, and are
// brought there once; with more, readers look for pages in a second part of its index.
const checkpointPages = 4000

// noticeLog wakes trim when the write-ahead log has grown too long. The writer calls it
// between two transactions.
func (s *Store) noticeLog() {
	if s.logSize() < s.maxLog {
		return
	}
	select {
	case s.long <- struct{}{}:
	default:
	}
}

func (s *Store) logSize() int64 {
	info, err := os.Stat(s.path + "-wal")
	if err != nil {
		return 0
	}
	return info.Size()
}

// trim keeps the log short. SQLite begins it anew by itself in a moment in which all of
// it is in the database and nobody reads; where there is none, trim makes one. Readers of
// others (a backup, litestream, an open shell) it cannot send away, and waits for none:
// it tries again after pauses that grow, while reads and writes go on.
func (s *Store) trim() {
	for {
		select {
		case <-s.closing:
			return
		case <-s.long:
		}
		// Commits leave the log alone meanwhile, for theirs is the time that callers wait.
		s.setCheckpoints(0)
		pause := firstPause
		for tries := 1; !s.tryTrim(); tries++ {
			if tries == readersStay {
				s.log.Warn("somebody reads the database in one long transaction, such as a backup or another program; its write-ahead log grows until that ends", "log", s.path+"-wal", "bytes", s.logSize())
			}
			select {
			case <-s.closing:
				return
			case <-s.after(pause):
			}
			pause = min(2*pause, longestPause)
		}
		s.setCheckpoints(checkpointPages)
	}
}

// setCheckpoints has commits bring the log into the database once it has so many pages;
// 0: never.
func (s *Store) setCheckpoints(pages int) {
	s.writer.rest(func(w *conn) {
		_ = w.script(context.Background(), fmt.Sprintf("PRAGMA wal_autocheckpoint=%d", pages))
	})
}

// tryTrim empties the log if nobody else reads from it. Most of the work is done while
// reads and writes go on; what is left, with the writer at rest and every reader held.
func (s *Store) tryTrim() (done bool) {
	if s.logSize() < s.maxLog {
		return true
	}
	ctx := context.Background()
	c, err := openConn(s.dsn(s.path, false))
	if err != nil {
		return false
	}
	defer c.close()
	if err := c.exec(ctx, "PRAGMA busy_timeout=0"); err != nil {
		return false
	}
	c.checkpoint(ctx, "PASSIVE") // as far as those allow who read meanwhile
	idle := s.everyReader()
	defer func() {
		for _, r := range idle {
			s.readers.give(r, false)
		}
	}()
	c.checkpoint(ctx, "PASSIVE") // the rest, but for what is written just now
	s.writer.rest(func(*conn) {
		done = c.checkpoint(ctx, "TRUNCATE") // or somebody reads who is not one of ours
	})
	return done
}

// checkpoint brings the log into the database and reports whether all of it is there.
// Anything but PASSIVE waits for others as long as the connection's busy_timeout.
func (c *conn) checkpoint(ctx context.Context, mode string) (all bool) {
	err := c.query(ctx, "PRAGMA wal_checkpoint("+mode+")", nil, func(row []driver.Value) error {
		all = row[0] == int64(0) && row[1] == row[2] // busy, pages in the log, of them in the database
		return nil
	})
	return err == nil && all
}

// everyReader waits for all readers of this process.
func (s *Store) everyReader() (all []*reader) {
	for range s.pool {
		r, _ := s.readers.take(context.Background(), nil, false, nil) // which only ends with one
		all = append(all, r)
	}
	return all
}
