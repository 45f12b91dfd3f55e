// Package storagetest holds the contracts that every storage adapter passes:
// [RunDocuments] for core.DocStore and RunObjects for core.ObjectStore.
package storagetest

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// Option tells RunDocuments what else an adapter can do in a test.
type Option func(*documents)

// Peers adds the tests of several processes on one database: open returns two
// independent stores on the same, empty database.
func Peers(open func(t *testing.T, specs []core.Spec) (a, b core.DocStore)) Option {
	return func(d *documents) { d.peers = open }
}

// Expire gives the suite a way to run the removal of expired documents at
// once. Without it the suite waits for the store to do so by itself.
func Expire(now func(t *testing.T, store core.DocStore)) Option {
	return func(d *documents) { d.expire = now }
}

// Forget gives the suite a way to make the store forget every change so far,
// as it does when changes grow old. Without it only foreign tokens are lost.
func Forget(all func(t *testing.T, store core.DocStore)) Option {
	return func(d *documents) { d.forget = all }
}

// documents is one run of the contract.
type documents struct {
	open    func(t *testing.T, specs []core.Spec) core.DocStore
	peers   func(t *testing.T, specs []core.Spec) (a, b core.DocStore)
	expire  func(t *testing.T, store core.DocStore)
	forget  func(t *testing.T, store core.DocStore)
	explain func(t *testing.T, store core.DocStore, coll string, q core.Query, count bool) Explanation
}

// RunDocuments holds an adapter to the contract of core.DocStore. open returns
// a store on a new, empty database; the suite calls Ensure with the same specs
// and Close. Each test uses a store of its own, and they run in parallel.
func RunDocuments(t *testing.T, open func(t *testing.T, specs []core.Spec) core.DocStore, opts ...Option) {
	d := &documents{open: open}
	for _, o := range opts {
		o(d)
	}
	for _, test := range []struct {
		name string
		run  func(*testing.T, *documents)
	}{
		{"Ensure", testEnsure},
		{"EnsureNewFields", testEnsureNewFields},
		{"EnsurePart", testEnsurePart},
		{"EnsureKind", testEnsureKind},
		{"EnsureTwice", testEnsureTwice},
		{"EnsureSearch", testEnsureSearch},
		{"Outdated", testOutdated},
		{"ReadBeforeEnsure", testReadBeforeEnsure},
		{"DecodeMap", testDecodeMap},
		{"Ping", testPing},
		{"RoundTrip", testRoundTrip},
		{"FindAndLeave", testFindAndLeave},
		{"Filters", testFilters},
		{"OperatorStrings", testOperatorStrings},
		{"Pages", testPages},
		{"FindEach", testFindEach},
		{"FindEachMany", testFindEachMany},
		{"Brief", testBrief},
		{"ManyIDs", testManyIDs},
		{"Snapshot", testSnapshot},
		{"Search", testSearch},
		{"MatchProperty", testMatchProperty},
		{"PageProperty", testPageProperty},
		{"Explain", testExplain},
		{"Files", testFiles},

		{"InsertTwice", testInsertTwice},
		{"Unique", testUnique},
		{"UniqueArray", testUniqueArray},
		{"UniqueDecimal", testUniqueDecimal},
		{"Patch", testPatch},
		{"Many", testMany},
		{"NoMatch", testNoMatch},
		{"Atomic", testAtomic},
		{"OneWinner", testOneWinner},
		{"ConcurrentInc", testConcurrentInc},
		{"ConcurrentUnique", testConcurrentUnique},
		{"Check", testCheck},
		{"Damage", testDamage},
		{"DamageInLists", testDamageInLists},
		{"Contention", testContention},
		{"ContentionOfProcesses", testContentionOfProcesses},
		{"SetUp", testSetUp},
		{"SetUpBeside", testSetUpBeside},
		{"MailedToken", testMailedToken},
		{"Outbox", testOutbox},
		{"Contexts", testContexts},
		{"Expiry", testExpiry},

		{"Changes", testChanges},
		{"ChangesOfMany", testChangesOfMany},
		{"ChangesAbandoned", testChangesAbandoned},
		{"ChangesResume", testChangesResume},
		{"ChangesLost", testChangesLost},
		{"ChangesLarge", testChangesLarge},
		{"ChangesWait", testChangesWait},
		{"ChangesAcrossStores", testChangesAcrossStores},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, d)
		})
	}
}

// specs declares the collections of the suite.
func specs() []core.Spec {
	return []core.Spec{
		{
			Name: "articles", Prefix: "art", Live: true,
			Fields: []core.Field{
				{Name: "version", Kind: core.Int},
				{Name: "createdAt", Kind: core.Time},
				{Name: "slug", Kind: core.String, Unique: true},
				{Name: "status", Kind: core.String},
				{Name: "author", Kind: core.String},
				{Name: "editor", Kind: core.String},
				{Name: "date", Kind: core.Time},
				{Name: "until", Kind: core.Time},
				{Name: "views", Kind: core.Int},
				{Name: "likes", Kind: core.Int},
				{Name: "score", Kind: core.Float},
				{Name: "pinned", Kind: core.Bool},
				{Name: "tags", Kind: core.String, Array: true},
				{Name: "marks", Kind: core.Int, Array: true},
				{Name: "day", Kind: core.Date},
				{Name: "price", Kind: core.Decimal},
			},
			Indexes: [][]string{{"status", "date"}, {"author", "date"}, {"date"}, {"tags", "date"}, {"views"}},
			Search:  []string{"title", "body"},
		},
		{
			Name: "accounts", Prefix: "acc",
			Fields: []core.Field{
				{Name: "name", Kind: core.String, Unique: true},
				{Name: "emails", Kind: core.String, Array: true, Unique: true},
				{Name: "logins", Kind: core.Int},
				{Name: "limit", Kind: core.Decimal, Unique: true},
			},
		},
		{
			Name: "tickets", Prefix: "tic",
			Fields:  []core.Field{{Name: "expiresAt", Kind: core.Time}},
			Expires: "expiresAt",
		},
	}
}

// status shows that named types of a kind are stored like the kind.
type status string

// article is a live type with a field of every kind.
type article struct {
	core.Head `bson:",inline"`
	Title     string            `bson:"title"`
	Body      *string           `bson:"body"`
	Slug      *string           `bson:"slug"`
	Status    status            `bson:"status"`
	Author    string            `bson:"author"`
	Editor    *string           `bson:"editor,omitempty"` // absent when nil
	Date      time.Time         `bson:"date"`
	Until     *time.Time        `bson:"until"`
	Views     int64             `bson:"views"`
	Likes     *int64            `bson:"likes"`
	Score     *float64          `bson:"score"`
	Pinned    *bool             `bson:"pinned"`
	Tags      []string          `bson:"tags"`
	Marks     []int64           `bson:"marks"`
	Small     int32             `bson:"small"`
	Plain     int               `bson:"plain"`
	Ratio     float64           `bson:"ratio"`
	Hash      []byte            `bson:"hash"`
	Cover     *cover            `bson:"cover"`
	Links     []cover           `bson:"links"`
	Labels    map[string]string `bson:"labels"`
	Day       *value.Date       `bson:"day"`
	Price     value.Decimal     `bson:"price"`
	Rates     []value.Decimal   `bson:"rates"`
	Meta      *value.JSON       `bson:"meta"`
	hidden    string
}

// cover is a document inside a document.
type cover struct {
	URL   string    `bson:"url"`
	Width int       `bson:"width"`
	Taken time.Time `bson:"taken"`
}

// account is a type that is not live and has a unique array.
type account struct {
	core.Head `bson:",inline"`
	Name      *string        `bson:"name"`
	Emails    []string       `bson:"emails"`
	Logins    int64          `bson:"logins"`
	Limit     *value.Decimal `bson:"limit"`
}

// ticket is a type that expires.
type ticket struct {
	core.Head `bson:",inline"`
	ExpiresAt *time.Time `bson:"expiresAt"`
}

// newArticle has every field filled as a round trip brings it back.
func newArticle(id string, date time.Time) *article {
	return &article{
		Head:  core.Head{ID: id, Version: 1, CreatedAt: day(0), UpdatedAt: day(0)},
		Title: "Title of " + id, Status: "DRAFT", Author: "usr_1", Date: date,
		Tags: []string{}, Marks: []int64{}, Hash: []byte{}, Links: []cover{}, Labels: map[string]string{}, Rates: []value.Decimal{},
	}
}

func newAccount(id string) *account {
	return &account{Head: core.Head{ID: id, Version: 1, CreatedAt: day(0), UpdatedAt: day(0)}, Emails: []string{}}
}

// day is a fixed time, n days into the suite's calendar.
func day(n int) time.Time {
	return time.Date(2026, 3, 1, 12, 30, 15, 123_000_000, time.UTC).AddDate(0, 0, n)
}

func ptr[T any](v T) *T { return &v }

// limit is far more than any test stores.
const limit = 100_000

// timeout bounds whatever a test waits for.
const timeout = time.Minute

// deadline bounds one call of a test.
func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 4*timeout)
	t.Cleanup(cancel)
	return ctx
}

// store opens a fresh store with the suite's specs ensured.
func (d *documents) store(t *testing.T) core.DocStore {
	t.Helper()
	return d.storeFor(t, specs())
}

func (d *documents) storeFor(t *testing.T, specs []core.Spec) core.DocStore {
	t.Helper()
	s := d.open(t, specs)
	closeAtEnd(t, s)
	if err := s.Ensure(deadline(t), specs); err != nil {
		t.Fatalf("Ensure: %v", err)
	}
	return s
}

func closeAtEnd(t *testing.T, s core.DocStore) {
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

// insert writes documents, all in one step.
func insert[T any](t *testing.T, s core.DocStore, coll string, docs ...*T) {
	t.Helper()
	ops := make([]core.Op, len(docs))
	for i, d := range docs {
		ops[i] = core.Op{Kind: core.OpInsert, Coll: coll, Doc: d}
	}
	write(t, s, ops...)
}

// write fails the test when the ops fail.
func write(t *testing.T, s core.DocStore, ops ...core.Op) {
	t.Helper()
	if err := s.Write(deadline(t), ops...); err != nil {
		t.Fatalf("Write: %v", err)
	}
}

func update(coll string, f core.Filter, p ...core.Edit) core.Op {
	return core.Op{Kind: core.OpUpdate, Coll: coll, Filter: f, Patch: p}
}

func remove(coll string, f core.Filter) core.Op {
	return core.Op{Kind: core.OpDelete, Coll: coll, Filter: f}
}

// find decodes what q yields.
func find[T any](t *testing.T, s core.DocStore, coll string, q core.Query) []*T {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = limit
	}
	return decodeAll[T](t, s.Find(deadline(t), coll, q))
}

// decodeAll decodes after the loop, since documents stay valid.
func decodeAll[T any](t *testing.T, seq iter.Seq2[core.Doc, error]) []*T {
	t.Helper()
	var docs []core.Doc
	for d, err := range seq {
		if err != nil {
			t.Fatalf("Find: %v", err)
		}
		docs = append(docs, d)
	}
	out := make([]*T, len(docs))
	for i, d := range docs {
		out[i] = decode[T](t, d)
	}
	return out
}

func decode[T any](t *testing.T, d core.Doc) *T {
	t.Helper()
	v := new(T)
	if err := d.Decode(v); err != nil {
		t.Fatalf("Decode: %v", err)
	}
	return v
}

// get is the article with this id, nil when there is none.
func get[T any](t *testing.T, s core.DocStore, coll, id string) *T {
	t.Helper()
	got := find[T](t, s, coll, core.Query{Filter: core.Eq("_id", id), Limit: 2})
	switch len(got) {
	case 0:
		return nil
	case 1:
		return got[0]
	}
	t.Fatalf("two documents with the id %s", id)
	return nil
}

func count(t *testing.T, s core.DocStore, coll string, f core.Filter) int64 {
	t.Helper()
	n, err := s.Count(deadline(t), coll, core.Query{Filter: f})
	if err != nil {
		t.Fatalf("Count: %v", err)
	}
	return n
}
