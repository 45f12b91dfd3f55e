package core

import (
	"context"
	"sync"
	"time"
)

// StorageTotals is what the files of everybody take together.
type StorageTotals struct {
	Used      int64 // bytes of those that are READY
	Files     int64
	CountedAt time.Time
}

const (
	// totalsLife is how long a sum is good; that of very many files longer, so that
	// adding up takes a hundredth of the time at most.
	totalsLife  = time.Minute
	totalsShare = 100
	// totalsPatience is how long a caller waits for the first sum, totalsLimit how long
	// one may take.
	totalsPatience = time.Second
	totalsLimit    = 10 * time.Minute
)

// totals keeps the sum of all files. It is made when somebody asks, beside them, and
// not by each write: all uploads would meet in one record.
type totals struct {
	app    *App
	mu     sync.Mutex
	last   *StorageTotals
	next   time.Time     // when another sum may be made
	making chan struct{} // closed when the one that is made is there; nil for none
}

// now is the last sum; nil when there is none yet.
func (t *totals) now(ctx context.Context) *StorageTotals {
	t.mu.Lock()
	if t.making == nil && !time.Now().Before(t.next) {
		making := make(chan struct{})
		if t.app.goOn(AsSystem(ctx), totalsLimit, func(ctx context.Context) { t.make(ctx, making) }) {
			t.making = making
		}
	}
	last, making := t.last, t.making
	t.mu.Unlock()
	if last != nil || making == nil {
		return last
	}
	select {
	case <-making:
	case <-time.After(totalsPatience):
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

func (t *totals) make(ctx context.Context, done chan struct{}) {
	began := time.Now()
	sum, err := t.add(context.WithValue(ctx, readingKey{}, (*Reading)(nil))) // not what the caller asked for
	if err != nil {
		t.app.log.WarnContext(ctx, "the files are not added up", "error", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.last = sum
	}
	t.next = time.Now().Add(max(totalsLife, totalsShare*time.Since(began)))
	t.making = nil
	close(done)
}

// add reads the record of each file, a page at a time.
func (t *totals) add(ctx context.Context) (*StorageTotals, error) {
	assets := t.app.Assets.Collection
	sum := &StorageTotals{CountedAt: Millis(t.app.now())}
	q := Query{Order: []Order{{Field: "_id"}}, Limit: maxBatch, Brief: true}
	for {
		list, damaged, err := assets.find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			if q.After = []any{a.ID}; a.State == Ready {
				sum.Used, sum.Files = sum.Used+a.Size, sum.Files+1
			}
		}
		if len(list)+len(damaged) < q.Limit {
			return sum, nil
		}
	}
}
