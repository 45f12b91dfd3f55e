package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"
)

// maxBatch bounds the ids of one lookup; longer lists are split.
const maxBatch = 500

// maxTries bounds how often a write starts over that others seldom come before.
const maxTries = 10

// Collection is the one mechanism behind every stored type: rules, versions,
// pages, links and changes over a [DocStore]. T embeds [Head]. The caller is
// the [Principal] in the context; what the rules hide from it does not exist.
// Reading is for everybody; writing goes through the service of the type, which
// knows what else must hold.
type Collection[T any] struct {
	spec   Spec
	fields map[string]Field
	// referring are the embedded types that hold references.
	referring map[string]bool
	guards    map[string][]Rule
	docs      DocStore
	now       func() time.Time
	feed      *feed[T]
	types     *registry    // what references lead to
	stored    reflect.Type // of a new document with all that is stored beside it; nil when nothing is
	// settle, when not nil, brings documents that were read together up to the
	// present moment, where the clock alone has changed what they are.
	settle func(context.Context, []*T)
	// unsettled, when not nil, matches a document as long as settle has not changed
	// what is stored of it, which leaves its version as it is.
	unsettled           func(*T) Filter
	inspector, addition *inspector // of T and of spec.Added, which may be nil
	turns               turns      // of those who write one document, by its id
	// remove, when not nil, deletes a document as the service of its type does.
	remove func(ctx context.Context, id string) error
	// advisor looks at lists before they are read.
	advisor *advisor
	log     *slog.Logger
}

// newCollection panics when T does not embed Head: a mistake in the program.
func newCollection[T any](docs DocStore, spec Spec, now func() time.Time) *Collection[T] {
	headOf(new(T))
	c := &Collection[T]{spec: spec, docs: docs, now: now, log: slog.New(slog.DiscardHandler), guards: map[string][]Rule{}, fields: map[string]Field{
		"_id": {Name: "_id", Kind: String, Unique: true},
	}}
	for _, f := range spec.Fields {
		c.fields[f.Name] = f
	}
	if len(spec.Search) > 0 {
		c.fields[Relevance] = Field{Name: Relevance, Kind: Int}
	}
	for _, a := range spec.Attributes {
		if len(a.Guard) > 0 {
			c.guards[a.Name] = a.Guard
		}
	}
	c.referring = spec.referring()
	c.stored = spec.storedType(reflect.TypeFor[T]())
	c.inspector = newInspector(reflect.TypeFor[T](), spec)
	if spec.Added != nil {
		c.addition = newInspector(spec.Added.fields, spec)
	}
	c.feed = newFeed(c)
	return c
}

func headOf[T any](doc *T) *Head { return any(doc).(Node).head() }

// Get is the document with this id; NOT_FOUND when there is none for the caller.
func (c *Collection[T]) Get(ctx context.Context, id string) (*T, error) {
	return c.one(c.findByID(ctx, []string{id}))
}

// First is any document that f matches; NOT_FOUND when there is none for the caller.
func (c *Collection[T]) First(ctx context.Context, f Filter) (*T, error) {
	return c.one(c.find(ctx, Query{Filter: And(c.may(ctx, Read), f), Limit: 1}))
}

// one is the only document of a list.
func (c *Collection[T]) one(list []*T, damaged []*Error, err error) (*T, error) {
	switch {
	case err != nil:
		return nil, err
	case len(list) > 0:
		return list[0], nil
	case len(damaged) > 0:
		return nil, damaged[0]
	}
	return nil, c.notFound()
}

// By is the document that holds a value in a unique field; NOT_FOUND when
// there is none for the caller, FORBIDDEN when it may not read the field.
func (c *Collection[T]) By(ctx context.Context, field string, value any) (*T, error) {
	f := Eq(field, value)
	if err := c.mayName(ctx, f, nil); err != nil {
		return nil, err
	}
	return c.First(ctx, f)
}

// Whole is doc with its Bulk fields, which a list may have left out. The first
// call for one document of a list reads them for all of it.
func (c *Collection[T]) Whole(ctx context.Context, doc *T) (*T, error) {
	if headOf(doc).brief {
		var err error
		if doc, err = Follow(ctx, doc, " whole", func(doc *T) string { return headOf(doc).ID }, c); err != nil {
			return nil, err
		}
	}
	// Each time, for each alias of a large field is in the answer once more.
	return doc, ReadingOf(ctx).charge(headOf(doc).size)
}

// GetMany looks up ids and answers in their order, nil where there is no
// document for the caller. It costs one storage call for each 500 ids.
func (c *Collection[T]) GetMany(ctx context.Context, ids []string) ([]*T, error) {
	list, damaged, err := c.getMany(ctx, ids)
	report(ctx, slices.Collect(maps.Values(damaged)))
	return list, err
}

// getMany is GetMany, with the documents that cannot be read by their ids.
func (c *Collection[T]) getMany(ctx context.Context, ids []string) ([]*T, map[string]*Error, error) {
	byID, damaged := make(map[string]*T, len(ids)), map[string]*Error(nil)
	for part := range slices.Chunk(distinct(ids), maxBatch) {
		list, bad, err := c.findByID(ctx, part)
		if err != nil {
			return nil, nil, err
		}
		for _, doc := range list {
			byID[headOf(doc).ID] = doc
		}
		for _, err := range bad {
			if damaged == nil {
				damaged = map[string]*Error{}
			}
			damaged[err.ID] = err
		}
	}
	out := make([]*T, len(ids))
	for i, id := range ids {
		out[i] = byID[id]
	}
	return out, damaged, nil
}

// findByID is find for the documents with these ids, which are sorted. One whose
// bytes hold another id than the one by which the store has found it is damaged.
func (c *Collection[T]) findByID(ctx context.Context, ids []string) (list []*T, damaged []*Error, err error) {
	if c.spec.Singleton { // what else is stored is from before it was one
		if ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id != c.OnlyID() }); len(ids) == 0 {
			return nil, nil, nil
		}
	}
	f := In("_id", ids)
	if len(ids) == 1 {
		f = Eq("_id", ids[0])
	}
	q := Query{Filter: And(c.may(ctx, Read), f), Limit: len(ids)}
	list, damaged, err = c.find(ctx, q)
	if err == nil && slices.ContainsFunc(list, func(doc *T) bool {
		_, asked := slices.BinarySearch(ids, headOf(doc).ID)
		return !asked
	}) {
		q.Identify = true
		return c.find(ctx, q)
	}
	return list, damaged, err
}

// create stores doc, whose Head it fills (an id or creation time that is
// already there stays), together with the other operations, all or none.
func (c *Collection[T]) create(ctx context.Context, doc *T, also ...Op) error {
	c.stamp(doc)
	if !c.may(ctx, Create).Match(doc, c.spec.Search) {
		return denied(ctx)
	}
	if err := c.docs.Write(ctx, append([]Op{c.insert(doc)}, also...)...); err != nil {
		return err
	}
	alone(doc)
	return nil
}

// stamp makes the head of doc that of a new document, which may have an id and the time of
// its creation already.
func (c *Collection[T]) stamp(doc *T) {
	h, now := headOf(doc), Millis(c.now())
	if h.ID == "" {
		h.ID = newID(c.spec.Prefix)
	}
	if h.CreatedAt.IsZero() {
		h.CreatedAt = now
	}
	h.Version, h.UpdatedAt = 1, now
}

// insert is the operation that stores a document as it stands.
func (c *Collection[T]) insert(doc *T) Op {
	return Op{Kind: OpInsert, Coll: c.spec.Name, Doc: c.spec.whole(c.stored, doc)}
}

// deleteOf is the operation that removes every document of a user.
func (c *Collection[T]) deleteOf(userID string) Op {
	return Op{Kind: OpDelete, Coll: c.spec.Name, Filter: Eq("userId", userID), Optional: true}
}

// update lets change edit the document and stores what it changed, as one step:
// rules hold for the document before and after, the version counts up, and a
// write that came in between starts it over, so change must be free of side
// effects and must replace slices instead of editing them. Updates of one document
// wait for their turn. expected, when not
// nil, is the version that the caller knows: CONFLICT when it differs. The
// operations that change returns are written along, all or none.
func (c *Collection[T]) update(ctx context.Context, id string, expected *int64, change func(doc *T) ([]Op, error)) (doc *T, err error) {
	err = c.inTurns(ctx, id, Update, expected, func(ctx context.Context, before *T) error {
		doc, err = c.tryUpdate(ctx, before, change)
		return err
	})
	if err != nil {
		return nil, err
	}
	return doc, nil
}

// tryUpdate is update until another write comes in between.
func (c *Collection[T]) tryUpdate(ctx context.Context, before *T, change func(doc *T) ([]Op, error)) (*T, error) {
	after := *before
	also, err := change(&after)
	if err != nil {
		return nil, err
	}
	if err := c.extend(ctx, before, &after); err != nil {
		return nil, err
	}
	may := c.may(ctx, Update)
	if !may.Match(&after, c.spec.Search) {
		return nil, denied(ctx)
	}
	patch := c.patch(before, &after)
	if len(patch) == 0 && len(also) == 0 {
		return before, nil
	}
	h := headOf(&after)
	h.Version, h.UpdatedAt = h.Version+1, Millis(c.now())
	patch = append(patch, Inc("version", 1), Set("updatedAt", h.UpdatedAt))
	return alone(&after), c.docs.Write(ctx, append([]Op{{Kind: OpUpdate, Coll: c.spec.Name, Filter: c.exactly(before, may), Patch: patch}}, also...)...)
}

// patch lists what of a stored document has changed.
func (c *Collection[T]) patch(before, after *T) Patch {
	return slices.Concat(diff(before, after), diffAdded(headOf(before), headOf(after)), c.spec.diffHidden(before, after))
}

// delete removes the document, under the same conditions as update, and
// returns it as it was. check, when not nil, may refuse; it may run several times.
func (c *Collection[T]) delete(ctx context.Context, id string, expected *int64, check func(context.Context, *T) error) (doc *T, err error) {
	err = c.inTurns(ctx, id, Delete, expected, func(ctx context.Context, before *T) error {
		doc = before
		if check != nil {
			if err := check(inTurn(ctx), doc); err != nil {
				return err
			}
		}
		return c.docs.Write(ctx, Op{Kind: OpDelete, Coll: c.spec.Name, Filter: c.exactly(doc, c.may(ctx, Delete))})
	})
	if err != nil {
		return nil, err
	}
	return doc, nil
}

// inTurns reads the document and calls try for it when its turn has come, and again
// when others have written it in between. When its version stays the same and yet no
// write that is pinned to it finds the document, then the bytes are not those by which
// the store finds it, and no try ever will.
func (c *Collection[T]) inTurns(ctx context.Context, id string, verb Verb, expected *int64, try func(ctx context.Context, before *T) error) error {
	var version, same int64
	return c.turns.do(ctx, id, raced, func(ctx context.Context) error {
		before, err := c.current(ctx, id, verb, expected)
		if err != nil {
			return err
		}
		if err = try(ctx, before); !raced(err) {
			return err
		}
		if v := headOf(before).Version; v != version {
			version, same = v, 0
		}
		if same++; same%maxTries != 0 {
			return err
		}
		if n, lost := c.docs.Count(ctx, c.spec.Name, Query{Filter: c.exactly(before, c.may(ctx, verb))}); lost == nil && n == 0 {
			return c.damaged(ctx, id, NewDecodeError(errors.New("its bytes do not hold what the store has found it by")))
		}
		return err
	})
}

// current reads the document for a write and tells apart why it may not be
// written: NOT_FOUND, FORBIDDEN or CONFLICT.
func (c *Collection[T]) current(ctx context.Context, id string, verb Verb, expected *int64) (*T, error) {
	doc, err := c.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if !c.may(ctx, verb).Match(doc, c.spec.Search) {
		return nil, denied(ctx)
	}
	if v := headOf(doc).Version; expected != nil && *expected != v {
		return nil, &Error{Code: Conflict, CurrentVersion: v,
			Message: fmt.Sprintf("The record has changed: its version is %d, not %d. Read it again.", v, *expected)}
	}
	return doc, nil
}

// exactly pins a write to what was read, under the rule.
func (c *Collection[T]) exactly(doc *T, may Filter) Filter {
	h := headOf(doc)
	pin := And(Eq("_id", h.ID), Eq("version", h.Version), may)
	if c.unsettled != nil {
		pin = And(pin, c.unsettled(doc))
	}
	return pin
}

// raced reports whether an operation of a Write, pinned to what was read, found
// it changed.
func raced(err error) bool {
	var e *NoMatch
	return errors.As(err, &e)
}

// Withholds reports whether the caller may not read a guarded field of doc: then
// the answer is null, and says so; see [OnWithheld].
func (c *Collection[T]) Withholds(ctx context.Context, doc *T, field string) bool {
	guard, guarded := c.guards[field]
	p := PrincipalOf(ctx)
	if own := headOf(doc).own; own != nil {
		p = *own
	}
	if !guarded || allowed(guard, p, Read, c.now()).Match(doc, nil) {
		return false
	}
	withhold(ctx)
	return true
}

// mayWrite refuses a caller who names a guarded field of docs that it may not
// write, whatever the value: an answer that depended on the value would tell it.
func (c *Collection[T]) mayWrite(ctx context.Context, verb Verb, fields []string, docs ...*T) error {
	for _, f := range fields {
		may := allowed(c.guards[f], PrincipalOf(ctx), verb, c.now())
		for _, doc := range docs {
			if !may.Match(doc, nil) {
				return denied(ctx)
			}
		}
	}
	return nil
}

// may is the filter of the documents on which the caller may do verb.
func (c *Collection[T]) may(ctx context.Context, verb Verb) Filter {
	return c.spec.allowed(PrincipalOf(ctx), verb, c.now())
}

// mayName refuses a client's filter or order that names a guarded field which
// the caller may not read on every document: its answer would tell the value.
// A search names every field that it looks in.
func (c *Collection[T]) mayName(ctx context.Context, f Filter, order []Order) error {
	var err error
	check := func(name string) {
		_, ok := c.fields[name]
		guard, guarded := c.guards[name]
		switch {
		case err != nil:
		case !ok && !guarded && !slices.Contains(c.spec.Search, name):
			err = fmt.Errorf("core: %s declares no field %q", c.spec.Name, name)
		case guarded && allowed(guard, PrincipalOf(ctx), Read, c.now()).Op != OpAll:
			err = Errorf(Forbidden, "You may not filter, sort or search by a field that you may not read.")
		}
	}
	f.names(check)
	f.Walk(func(f Filter) {
		if f.Op == OpSearch {
			for _, name := range c.spec.Search {
				check(name)
			}
		}
	})
	for _, o := range order {
		check(o.Field)
	}
	return err
}

// find decodes what q describes; the documents of one call form one batch for
// their links. Those that cannot be read are left out and told beside them.
func (c *Collection[T]) find(ctx context.Context, q Query) (docs []*T, damaged []*Error, err error) {
	if q.Filter.Op == OpNone {
		return nil, nil, nil
	}
	b, reading := &batch[T]{}, ReadingOf(ctx)
	for doc, err := range c.docs.Find(ctx, c.spec.Name, q) {
		if err == nil {
			err = c.join(reading, b, doc, &q)
		}
		if isDamage(err) {
			b.docs = nil
			if damaged, err = c.readAround(ctx, reading, b, q); err == nil {
				break
			}
		}
		if err != nil {
			return nil, nil, err
		}
	}
	c.settleAll(ctx, b)
	return b.docs, damaged, nil
}

// readAround reads into b what q describes when some of it cannot be read. It
// takes as many of the documents that follow instead, so that pages are full, their
// cursors lead on, and nobody who walks through a list stands still.
func (c *Collection[T]) readAround(ctx context.Context, reading *Reading, b *batch[T], q Query) (damaged []*Error, err error) {
	want := len(b.docs) + q.Limit
	q.Identify, q.Limit = true, q.Limit+maxDamaged
	for doc, err := range c.docs.Find(ctx, c.spec.Name, q) {
		if err == nil {
			err = c.join(reading, b, doc, &q)
		}
		switch {
		case isDamage(err) && len(damaged) == maxDamaged:
			return nil, Wrap(Unreadable, err, fmt.Sprintf("More than %d documents of this list cannot be read. Whoever runs the server finds the reason in its log.", maxDamaged))
		case isDamage(err):
			damaged = append(damaged, c.damaged(ctx, doc.ID(), err))
		case err != nil:
			return nil, err
		}
		if len(b.docs) == want {
			break
		}
	}
	return damaged, nil
}

// findEach is find for several queries in one call; the documents of all of
// them form one batch.
func (c *Collection[T]) findEach(ctx context.Context, qs []Query) (each [][]*T, damaged [][]*Error, err error) {
	each, damaged = make([][]*T, len(qs)), make([][]*Error, len(qs))
	if !slices.ContainsFunc(qs, func(q Query) bool { return q.Filter.Op != OpNone }) {
		return each, damaged, nil
	}
	found, err := c.docs.FindEach(ctx, c.spec.Name, qs)
	if err != nil {
		return nil, nil, err
	}
	b, reading := &batch[T]{}, ReadingOf(ctx)
	for i, docs := range found {
		n := len(b.docs)
		for _, doc := range docs {
			err := c.join(reading, b, doc, &qs[i])
			if isDamage(err) {
				b.docs = b.docs[:n]
				if damaged[i], err = c.readAround(ctx, reading, b, qs[i]); err == nil {
					break
				}
			}
			if err != nil {
				return nil, nil, err
			}
		}
		each[i] = slices.Clone(b.docs[n:])
	}
	c.settleAll(ctx, b)
	return each, damaged, nil
}

// join decodes doc into a batch, within the limit of what may be read.
func (c *Collection[T]) join(reading *Reading, b *batch[T], doc Doc, q *Query) error {
	if err := reading.charge(len(doc.BSON())); err != nil {
		return err
	}
	t, err := c.decode(doc)
	if err != nil {
		return err
	}
	h := headOf(t)
	if q.Identify && h.ID != doc.ID() {
		return &DecodeError{Field: "_id", cause: fmt.Errorf("its bytes hold the id %q", h.ID)}
	}
	h.batch, h.brief, h.size = b, q.Brief, len(doc.BSON())
	b.docs = append(b.docs, t)
	return nil
}

func (c *Collection[T]) settleAll(ctx context.Context, b *batch[T]) {
	if c.settle != nil {
		c.settle(ctx, b.docs)
	}
}

// decode reads a stored document; nil when there is none.
func (c *Collection[T]) decode(doc Doc) (*T, error) {
	if doc == nil {
		return nil, nil
	}
	t := new(T)
	err := doc.Decode(t)
	if err == nil && c.spec.Added != nil {
		headOf(t).added = c.spec.Added.make()
		err = doc.Decode(headOf(t).added)
	}
	if err == nil {
		err = c.inspect(t)
	}
	if err != nil {
		return nil, fmt.Errorf("core: decode from %s: %w", c.spec.Name, err)
	}
	return t, nil
}

// inspect is the error of a document that holds what its type does not allow.
func (c *Collection[T]) inspect(doc *T) error {
	f := c.inspector.look(reflect.ValueOf(doc).Elem())
	if f == nil && c.addition != nil {
		f = c.addition.look(reflect.ValueOf(headOf(doc).added).Elem())
	}
	if f == nil {
		return nil
	}
	return f.decodeError()
}

// isDamage reports whether err is about one document that cannot be decoded.
func isDamage(err error) bool {
	if err == nil {
		return false // without a word to the heap
	}
	var e *DecodeError
	return errors.As(err, &e)
}

func (c *Collection[T]) notFound() error {
	return Errorf(NotFound, "There is no such %s.", c.spec.Prefix)
}

// denied is the error for a caller whom a rule refuses.
func denied(ctx context.Context) error {
	switch p := PrincipalOf(ctx); {
	case p.KeyID != "":
		return Errorf(Forbidden, "This API key may not do this.")
	case !p.SignedIn():
		return Errorf(Unauthenticated, "Sign in first.")
	}
	return Errorf(Forbidden, "You may not do this.")
}

// newID makes an id that names its type and sorts by creation.
func newID(prefix string) string { return prefix + "_" + uuid.Must(uuid.NewV7()).String() }

func distinct(ids []string) []string {
	out := slices.Clone(ids)
	slices.Sort(out)
	return slices.Compact(out)
}

// checkReferences checks that what doc refers to, and before did not, is there
// for the caller.
func (c *Collection[T]) checkReferences(ctx context.Context, check *Checker, before, doc *T) error {
	type held struct{ of, id string }
	had := map[held]bool{}
	for _, u := range c.uses(before) {
		had[held{u.of, u.id}] = true
	}
	fresh := map[string][]use{} // by the collection that is referred to
	for _, u := range c.uses(doc) {
		if own := u.to == "users" && u.id == PrincipalOf(ctx).UserID; !own && !had[held{u.of, u.id}] {
			fresh[u.to] = append(fresh[u.to], u)
		}
	}
	for to, list := range fresh {
		ids := make([]string, len(list))
		for i, u := range list {
			ids[i] = u.id
		}
		other := c.types.named(to)
		unseen, err := other.unseen(ctx, ids)
		if err != nil {
			return err
		}
		for _, u := range list {
			if unseen[u.id] {
				check.Add(u.path, "UNKNOWN", fmt.Sprintf("is no %s that you may see", other.describe().Type), nil)
			}
		}
	}
	return nil
}

// idsOf is the ids in a field of doc, one or a list.
func idsOf(doc any, field string) []string {
	switch v := fieldOf(doc, field).(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case []any:
		ids := make([]string, 0, len(v))
		for _, e := range v {
			if id, ok := e.(string); ok {
				ids = append(ids, id)
			}
		}
		return ids
	}
	return nil
}
