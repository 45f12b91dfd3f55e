package core

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// ChangeKind says what a change was, as the subscriber sees it.
type ChangeKind string

// Added came into the subscriber's sight, Removed left it.
const (
	Added   ChangeKind = "ADDED"
	Updated ChangeKind = "UPDATED"
	Removed ChangeKind = "REMOVED"
)

// Change is what a subscriber may know of one change. Doc is nil when Kind is
// Removed. Err ends the stream: it is the last value.
type Change[T any] struct {
	Kind ChangeKind
	ID   string
	Doc  *T
	Err  error
}

// maxQueue bounds the changes that wait for one subscriber; a slower one is dropped.
const maxQueue = 256

// watch streams the changes of documents that the caller may see and that
// where finds, until ctx ends. The rules are applied anew to each change, to
// the document before and after it, with the caller's rights of that moment,
// which refresh gives.
func (c *Collection[T]) watch(ctx context.Context, where Filter, refresh func(context.Context) (Principal, error)) (<-chan *Change[T], error) {
	if err := c.mayName(ctx, where, nil); err != nil {
		return nil, err
	}
	sub, err := c.feed.subscribe()
	if err != nil {
		return nil, err
	}
	out := make(chan *Change[T])
	go func() {
		defer close(out)
		defer c.feed.unsubscribe(sub)
		send := func(ch *Change[T]) bool {
			select {
			case out <- ch:
				return ch.Err == nil
			case <-ctx.Done():
				return false
			}
		}
		for {
			select {
			case <-ctx.Done():
				return
			case img, open := <-sub.queue:
				if !open {
					send(&Change[T]{Err: sub.err})
					return
				}
				p, err := refresh(ctx)
				if err == nil {
					err = c.mayName(WithPrincipal(ctx, p), where, nil)
				}
				if err != nil {
					send(&Change[T]{Err: err})
					return
				}
				if ch := c.seen(p, where, img); ch != nil && !send(ch) {
					return
				}
			}
		}
	}()
	return out, nil
}

// seen is the change as p may know of it; nil when p may not.
func (c *Collection[T]) seen(p Principal, where Filter, img images[T]) *Change[T] {
	sees := func(doc *T, at time.Time) bool {
		return doc != nil && And(c.spec.allowed(p, Read, at), where).Match(doc, c.spec.Search)
	}
	before, after := sees(img.before, img.beforeAt), sees(img.after, img.at)
	if !before && !after {
		return nil
	}
	ch := &Change[T]{Kind: Removed, ID: img.id}
	if after {
		doc := *img.after // each subscriber resolves links with rights of its own
		ch.Kind, ch.Doc = Added, alone(&doc)
	}
	if before && after {
		ch.Kind = Updated
	}
	return ch
}

// images is one change with the moments at which its two sides are judged.
type images[T any] struct {
	id            string
	before, after *T
	beforeAt, at  time.Time
}

// alarm watches one field with moments at which documents come into sight, or
// leave it.
type alarm struct {
	field string
	wake  bell // a document may be due earlier than thought
}

// alarmEvery is how long an alarm sleeps at most.
const alarmEvery = time.Minute

// maxTold bounds the moments of which a feed remembers that subscribers heard: more
// within a minute than any of them can take.
const maxTold = 40 * maxQueue

// subscriber is one reader of a feed. err is set before queue is closed.
type subscriber[T any] struct {
	queue chan images[T]
	err   error
}

// feed hands the changes of one collection to its subscribers in this process.
// Besides what the store reports it knows the documents that a rule hides
// until a moment ([Now]): they change by the clock alone.
type feed[T any] struct {
	c      *Collection[T]
	alarms []alarm    // one for each field that the rules compare with Now
	mu     sync.Mutex // guards what follows
	subs   map[*subscriber[T]]struct{}
	since  time.Time // when there was a subscriber first, after there was none
	// told are the moments of documents that subscribers have heard of, lately.
	told   *lru.Cache[moment, struct{}]
	closed error
}

// moment is one of a document.
type moment struct {
	id string
	ms int64
}

func newFeed[T any](c *Collection[T]) *feed[T] {
	f := &feed[T]{c: c, subs: map[*subscriber[T]]struct{}{}, told: newCache[moment, struct{}](maxTold)}
	for _, r := range c.spec.Rules {
		r.Where.Walk(func(w Filter) {
			if _, ok := w.Value.(Now); ok {
				if !slices.ContainsFunc(f.alarms, func(a alarm) bool { return a.field == w.Field }) {
					f.alarms = append(f.alarms, alarm{w.Field, newBell()})
				}
			}
		})
	}
	return f
}

func (f *feed[T]) subscribe() (*subscriber[T], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed != nil {
		return nil, f.closed
	}
	s := &subscriber[T]{queue: make(chan images[T], maxQueue)}
	f.subs[s] = struct{}{}
	if len(f.subs) == 1 {
		f.since = f.c.now()
		for _, a := range f.alarms {
			a.wake.ring()
		}
	}
	return s, nil
}

func (f *feed[T]) unsubscribe(s *subscriber[T]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.subs, s)
}

// end drops every subscriber with err; with final, later ones too.
func (f *feed[T]) end(err error, final bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for s := range f.subs {
		f.drop(s, err)
	}
	if final {
		f.closed = err
	}
}

func (f *feed[T]) drop(s *subscriber[T], err error) {
	s.err = err
	close(s.queue)
	delete(f.subs, s)
}

// publish hands on a change that the store reports. Both sides are judged at
// the moment of the write, so that what comes due by the clock around that
// moment is announced once: by keepTime or, when the document was written before it
// could be, here.
func (f *feed[T]) publish(e Event) {
	if f.idle() {
		return
	}
	img := images[T]{id: e.ID, before: f.image(e.ID, e.Before), after: f.image(e.ID, e.After)}
	if img.before == nil && img.after == nil {
		return
	}
	img.at = f.c.now()
	if img.after != nil {
		for _, a := range f.alarms {
			if dueAt(img.after, a.field).After(img.at) {
				a.wake.ring()
			}
		}
		img.at = headOf(img.after).UpdatedAt
	}
	img.beforeAt = img.at
	f.mu.Lock()
	defer f.mu.Unlock()
	if img.before != nil {
		for _, a := range f.alarms {
			if at := dueAt(img.before, a.field); f.mayMiss(img, at) && f.tell(img.id, at) && !at.After(img.beforeAt) {
				img.beforeAt = at.Add(-time.Millisecond)
			}
		}
	}
	f.deliver(img)
}

// mayMiss reports, with f.mu held, whether a moment of the document before a change, to
// which the clock came by itself, may not have been announced yet: the alarm comes within
// a minute, and leaves to publish what it finds written since.
func (f *feed[T]) mayMiss(img images[T], at time.Time) bool {
	return at.After(headOf(img.before).UpdatedAt) && at.After(f.since) && !at.After(img.at) && img.at.Sub(at) < 2*alarmEvery
}

// tell notes, with f.mu held, that subscribers hear of a moment; false when they have heard.
func (f *feed[T]) tell(id string, at time.Time) bool {
	known, _ := f.told.ContainsOrAdd(moment{id, at.UnixMilli()}, struct{}{})
	return !known
}

// announce hands on a document to one of whose moments the clock has come, unless
// subscribers have heard of it: by the write after it, or by another alarm.
func (f *feed[T]) announce(doc *T, at time.Time) {
	id := headOf(doc).ID
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tell(id, at) {
		f.deliver(images[T]{id: id, before: doc, after: doc, beforeAt: at.Add(-time.Millisecond), at: at.Add(time.Millisecond)})
	}
}

// image is one side of a change. One that cannot be read shows nobody anything: a
// document that is damaged leaves sight, and one that is mended comes into it.
func (f *feed[T]) image(id string, doc Doc) *T {
	t, err := f.c.decode(doc)
	if err != nil {
		_ = f.c.damaged(context.Background(), id, err) // which logs it
	}
	return t
}

func (f *feed[T]) idle() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.subs) == 0
}

// deliver hands an image to all subscribers; its caller holds f.mu.
func (f *feed[T]) deliver(img images[T]) {
	for s := range f.subs {
		select {
		case s.queue <- img:
		default:
			f.drop(s, Errorf(Unavailable, "You read too slowly and missed changes; read again and subscribe anew."))
		}
	}
}

func dueAt(doc any, field string) time.Time {
	t, _ := fieldOf(doc, field).(time.Time)
	return t
}

// keepTime runs the alarms until ctx ends.
func (f *feed[T]) keepTime(ctx context.Context, log *slog.Logger) {
	var running sync.WaitGroup
	for _, a := range f.alarms {
		running.Go(func() { f.keep(ctx, a, log) })
	}
	running.Wait()
}

// keep publishes the documents that come due by the clock, while there are
// subscribers. It holds no list: the next one is asked of the store, at
// least once a minute, so that a write by another process is noticed too.
func (f *feed[T]) keep(ctx context.Context, a alarm, log *slog.Logger) {
	ctx = AsSystem(ctx)
	order := []Order{{Field: a.field}, {Field: "_id"}}
	since := func(t time.Time) []any { return []any{Millis(t), "~"} } // behind every id
	after := since(f.c.now())
	for ctx.Err() == nil {
		if f.idle() {
			select {
			case <-ctx.Done():
			case <-a.wake:
			}
			after = since(f.c.now())
			continue
		}
		now := Millis(f.c.now())
		next, _, err := f.c.find(ctx, Query{Order: order, After: after, Limit: MaxPage})
		if err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "read the schedule", "collection", f.c.spec.Name, "error", err)
		}
		wait := alarmEvery
		for _, doc := range next {
			h, at := headOf(doc), dueAt(doc, a.field)
			if at.After(now) {
				wait = min(wait, at.Sub(now))
				break
			}
			wait = 0 // there may be more
			after = []any{at, h.ID}
			if !at.After(h.UpdatedAt) {
				continue // its own write announced it
			}
			f.announce(doc, at)
		}
		select {
		case <-ctx.Done():
		case <-a.wake:
		case <-time.After(wait):
		}
	}
}

// listener is a feed of any type.
type listener interface {
	publish(Event)
	end(err error, final bool)
	keepTime(context.Context, *slog.Logger)
}

// listen reads the store's changes until ctx ends and hands them to the feeds
// by collection; after a failure it goes on where it stood.
func (a *App) listen(ctx context.Context, stream Stream) {
	pause := time.Duration(0)
	var end error = Errorf(Unavailable, "The server is shutting down; subscribe again.")
	for ctx.Err() == nil {
		e, err := stream.Next(ctx)
		if err == nil {
			pause = 0
			if c := a.types.named(e.Coll); c != nil {
				c.listener().publish(e)
			}
			continue
		}
		if ctx.Err() != nil {
			break
		}
		a.log.WarnContext(ctx, "follow changes", "error", err)
		if errors.Is(err, ErrOutdated) {
			end = err
			break
		}
		if errors.Is(err, ErrTokenLost) {
			// Open anew first: who subscribes from then on misses nothing.
			if next, err := a.docs.Changes(ctx, nil); err == nil {
				_ = stream.Close()
				stream = next
				for _, c := range a.types.all() {
					c.listener().end(ErrTokenLost, false)
				}
				continue
			}
		}
		pause = min(max(pause*2, 100*time.Millisecond), 10*time.Second)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	_ = stream.Close()
	for _, c := range a.types.all() {
		c.listener().end(end, true)
	}
}
