package core

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"time"
)

const (
	// presenceLife is how long somebody is told to have a record open of whom nothing
	// more is heard: the server was killed.
	presenceLife = 45 * time.Second
	// presenceRenew is how often a server says that it is still there.
	presenceRenew = 15 * time.Second
	// maxViewers is how many others are told of one record, and maxViewings of how many
	// viewings they are made: somebody may have it open at several servers.
	maxViewers  = 50
	maxViewings = 4 * maxViewers
	// maxOpen is how many records one user may have open at one server at a time, each as
	// often as it is open.
	maxOpen = 100
)

// RecordViewers is who else has a record open, as far as one who has it open may know.
type RecordViewers struct {
	RecordID string
	Users    []*User // who came first first, at most maxViewers
	Err      error   // ends the stream: it is the last value
}

// viewing says that a user has a record open at a server, until a moment that the server
// puts off as long as it is so.
type viewing struct {
	Head     `bson:",inline"`
	RecordID string    `bson:"recordId"`
	UserID   string    `bson:"userId"`
	Server   string    `bson:"server"` // random, of one process
	Until    time.Time `bson:"until"`
}

// viewingSpec describes viewings, which no schema declares and only the system knows.
// No type of a schema can have these names.
func viewingSpec() Spec {
	return Spec{
		Name: "_presence", Prefix: "_presence", Live: true, Expires: "until", Personal: "userId",
		Fields:  []Field{{Name: "recordId"}, {Name: "server"}, {Name: "userId"}, {Name: "until", Kind: Time}},
		Indexes: [][]string{{"recordId"}, {"server"}, {"userId"}},
	}
}

// Presence is the service of who has which record open. One goroutine brings what is
// stored to what is open at this server, and hears from the changes of the store what is
// open at others. As long as nobody asks, it rests.
type Presence struct {
	app    *App
	docs   *Collection[viewing]
	server string
	wake   bell // somebody came or went

	mu      sync.Mutex // guards what follows
	records map[string]*openRecord
	open    map[string]int // by user, how many of their viewers there are
	ended   error          // why nobody is told any more
}

// openRecord is a record that somebody has open at this server.
type openRecord struct {
	viewers map[*viewer]struct{}
	known   bool     // users are what is stored
	users   []string // who has it open at any server
}

// viewer is one subscriber.
type viewer struct {
	user string
	news bell // there is something to be told
}

func newPresence(a *App) *Presence {
	return &Presence{app: a, docs: register[viewing](a, viewingSpec().Name), server: rand.Text(), wake: newBell(),
		records: map[string]*openRecord{}, open: map[string]int{}}
}

// Watch has a record open for the caller until ctx ends, and streams who else has: first
// how it is, then each change. For authors and whoever has more rights, and records that
// they may read: NOT_FOUND for others.
func (p *Presence) Watch(ctx context.Context, id string) (<-chan *RecordViewers, error) {
	if err := p.mayWatch(ctx, id); err != nil {
		return nil, err
	}
	v, err := p.enter(id, PrincipalOf(ctx).UserID)
	if err != nil {
		return nil, err
	}
	out := make(chan *RecordViewers)
	go func() {
		defer close(out)
		defer p.leave(id, v)
		var told []string
		for first := true; ; first = false {
			select {
			case <-ctx.Done():
				return
			case <-v.news:
			}
			others, err := p.others(id, v)
			if err == nil && !first && slices.Equal(others, told) {
				continue
			}
			seen := &RecordViewers{RecordID: id, Err: err}
			if err == nil {
				seen.Users, seen.Err = p.users(ctx, id, others)
			}
			select {
			case out <- seen:
			case <-ctx.Done():
				return
			}
			if seen.Err != nil {
				return
			}
			told = others
		}
	}()
	return out, nil
}

func (p *Presence) mayWatch(ctx context.Context, id string) error {
	caller, err := inPerson(ctx)
	if err == nil && !caller.Role.AtLeast(Author) {
		err = denied(ctx)
	}
	if err == nil {
		_, err = p.app.Node(ctx, id)
	}
	return err
}

// enter adds a viewer of a record.
func (p *Presence) enter(id, user string) (*viewer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended != nil {
		return nil, p.ended
	}
	if p.open[user] >= maxOpen {
		e := Errorf(RateLimited, "You have %d records open at this moment; close one of them first.", maxOpen)
		e.RetryAfter = time.Second
		return nil, e
	}
	r := p.records[id]
	if r == nil {
		r = &openRecord{viewers: map[*viewer]struct{}{}}
		p.records[id] = r
	}
	v := &viewer{user: user, news: newBell()}
	r.viewers[v] = struct{}{}
	p.open[user]++
	if r.known {
		v.news.ring()
	}
	p.wake.ring()
	return v, nil
}

func (p *Presence) leave(id string, v *viewer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open[v.user]--; p.open[v.user] == 0 {
		delete(p.open, v.user)
	}
	r := p.records[id]
	if delete(r.viewers, v); len(r.viewers) == 0 {
		delete(p.records, id)
	}
	p.wake.ring()
}

// others are the users who have a record open beside a viewer.
func (p *Presence) others(id string, v *viewer) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended != nil {
		return nil, p.ended
	}
	var others []string
	for _, user := range p.records[id].users {
		if user != v.user && len(others) < maxViewers {
			others = append(others, user)
		}
	}
	return others, nil
}

// users are those with these ids, as the caller may see them at this moment.
func (p *Presence) users(ctx context.Context, id string, ids []string) ([]*User, error) {
	now, err := p.app.Sessions.refresh(ctx)
	if err != nil {
		return nil, err
	}
	ctx = WithPrincipal(ctx, now)
	if err := p.mayWatch(ctx, id); err != nil {
		return nil, err
	}
	users, _, err := p.app.Users.getMany(ctx, ids)
	return slices.DeleteFunc(users, func(u *User) bool { return u == nil }), err
}

// end tells all viewers that they are told no more, and why.
func (p *Presence) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = err
	for _, r := range p.records {
		for v := range r.viewers {
			v.news.ring()
		}
	}
}

// keep runs until ctx ends.
func (p *Presence) keep(ctx context.Context) {
	k := &presenceKeeper{Presence: p, written: map[presenceKey]string{}, tick: time.NewTicker(presenceRenew)}
	defer k.tick.Stop()
	defer k.withdraw(ctx)
	said := ""
	for {
		if err := k.wait(ctx); err != nil {
			p.end(err)
			return
		}
		switch err := k.settle(AsSystem(ctx)); {
		case err == nil:
			said = ""
		case ctx.Err() == nil && err.Error() != said: // once
			said = err.Error()
			p.app.log.WarnContext(ctx, "who has records open is not up to date", "error", err)
		}
	}
}

// presenceKeeper is what the one goroutine of a Presence knows.
type presenceKeeper struct {
	*Presence
	changes *subscriber[viewing] // nil while nothing is open here
	tick    *time.Ticker         // stands while nothing is open here
	written map[presenceKey]string
	lost    bool // what is stored of this server may be something else
	renewed time.Time
	stale   map[string]bool // records whose viewers are to be read again
	due     bool            // all of them, and what is written is to be renewed
}

// presenceKey is a user who has a record open here; written are their ids in the store.
type presenceKey struct{ record, user string }

// wait waits for something to do. The error says why there will be nothing any more.
func (k *presenceKeeper) wait(ctx context.Context) error {
	var changes chan images[viewing]
	if k.changes != nil {
		changes = k.changes.queue
	}
	select {
	case <-ctx.Done():
		return Errorf(Unavailable, "The server is shutting down; subscribe again.")
	case <-k.wake:
	case <-k.tick.C:
		k.due = true
	case img, open := <-changes:
		for more := true; more; {
			if !open { // it fell behind
				k.changes, k.due = nil, true
				break
			}
			k.hear(img)
			select {
			case img, open = <-changes:
			default:
				more = false
			}
		}
	}
	if k.changes == nil && k.isNeeded() {
		var err error
		if k.changes, err = k.docs.feed.subscribe(); err != nil {
			return err
		}
		k.tick.Reset(presenceRenew)
	}
	return nil
}

// hear notes what has changed elsewhere. That something was only renewed is no news.
func (k *presenceKeeper) hear(img images[viewing]) {
	if img.before != nil && img.after != nil {
		return
	}
	doc := img.after
	if doc == nil {
		doc = img.before
	}
	if doc.Server != k.server {
		k.isStale(doc.RecordID)
	}
}

func (k *presenceKeeper) isStale(record string) {
	if k.stale == nil {
		k.stale = map[string]bool{}
	}
	k.stale[record] = true
}

func (k *presenceKeeper) isNeeded() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.records) > 0 || len(k.written) > 0
}

// settle writes what is open here, reads what is open elsewhere, and tells the viewers.
func (k *presenceKeeper) settle(ctx context.Context) error {
	now := k.docs.now()
	since := now.Sub(k.renewed)
	k.due = k.due || since >= presenceRenew
	k.lost = k.lost || since >= presenceLife
	if err := k.write(ctx, Millis(now)); err != nil {
		k.lost = true
		return err
	}
	if err := k.read(ctx, Millis(now)); err != nil {
		return err
	}
	if k.changes != nil && !k.isNeeded() {
		k.docs.feed.unsubscribe(k.changes)
		k.changes = nil
		k.tick.Stop()
	}
	return nil
}

// write brings what is stored of this server to what is so.
func (k *presenceKeeper) write(ctx context.Context, now time.Time) error {
	open, stored := k.openHere(), k.written
	coll, mine, until := k.docs.spec.Name, Eq("server", k.server), now.Add(presenceLife)
	var ops []Op
	switch {
	case k.lost:
		ops, stored = append(ops, Op{Kind: OpDelete, Coll: coll, Filter: mine, Optional: true}), nil
	case k.due && len(stored) > 0:
		ops = append(ops, Op{Kind: OpUpdate, Coll: coll, Filter: mine, Patch: Patch{Set("until", until)}, Optional: true})
	}
	written := map[presenceKey]string{}
	var gone []string
	for key, id := range stored {
		if open[key] {
			written[key] = id
			continue
		}
		gone = append(gone, id)
		k.isStale(key.record)
	}
	for part := range slices.Chunk(gone, maxBatch) {
		ops = append(ops, Op{Kind: OpDelete, Coll: coll, Filter: In("_id", part), Optional: true})
	}
	for key := range open {
		if written[key] != "" {
			continue
		}
		v := &viewing{RecordID: key.record, UserID: key.user, Server: k.server, Until: until}
		k.docs.stamp(v)
		written[key] = v.ID
		ops = append(ops, k.docs.insert(v))
		k.isStale(key.record)
	}
	if len(ops) > 0 {
		if err := k.docs.docs.Write(ctx, ops...); err != nil {
			return err
		}
	}
	if k.due || k.lost {
		k.renewed = now
	}
	k.written, k.lost = written, false
	return nil
}

// openHere is who has which record open at this server.
func (k *presenceKeeper) openHere() map[presenceKey]bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	open := map[presenceKey]bool{}
	for id, r := range k.records {
		for v := range r.viewers {
			open[presenceKey{id, v.user}] = true
		}
	}
	return open
}

// read reads who has the stale records open, all of them when it is due, and tells their
// viewers what is new.
func (k *presenceKeeper) read(ctx context.Context, now time.Time) error {
	var ids []string
	var qs []Query
	k.mu.Lock()
	for id, r := range k.records {
		if k.due || k.stale[id] || !r.known {
			ids = append(ids, id)
			qs = append(qs, Query{Filter: And(Eq("recordId", id), Gt("until", now)), Order: []Order{{Field: "_id"}}, Limit: maxViewings})
		}
	}
	k.mu.Unlock()
	if len(qs) > 0 {
		each, err := k.docs.docs.FindEach(ctx, k.docs.spec.Name, qs)
		if err != nil {
			return err
		}
		for i, docs := range each {
			k.learn(ids[i], docs)
		}
	}
	k.stale, k.due = nil, false
	return nil
}

// learn takes over who has a record open.
func (k *presenceKeeper) learn(id string, docs []Doc) {
	var users []string
	for _, doc := range docs {
		if v, err := k.docs.decode(doc); err == nil && !slices.Contains(users, v.UserID) {
			users = append(users, v.UserID)
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.records[id]
	if r == nil || r.known && slices.Equal(r.users, users) {
		return
	}
	r.users, r.known = users, true
	for v := range r.viewers {
		v.news.ring()
	}
}

// withdraw removes what is stored of this server; what is left of it runs out.
func (k *presenceKeeper) withdraw(ctx context.Context) {
	if k.changes != nil {
		k.docs.feed.unsubscribe(k.changes)
	}
	if len(k.written) == 0 {
		return
	}
	ctx, cancel := aside(AsSystem(ctx))
	defer cancel()
	op := Op{Kind: OpDelete, Coll: k.docs.spec.Name, Filter: Eq("server", k.server), Optional: true}
	if err := k.docs.docs.Write(ctx, op); err != nil {
		k.app.log.WarnContext(ctx, "who has records open here is told for a moment longer", "error", err)
	}
}
