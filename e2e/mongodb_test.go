// Package e2e_test runs the contracts of the adapters against the stand-in
// servers of this module.
package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.uber.org/goleak"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/e2e/mongod"
	"github.com/grapnel/grapnel/storage/mongodb"
	"github.com/grapnel/grapnel/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func startMongod(t *testing.T) *mongod.Server { return startRelease(t, mongod.Newest) }

func startRelease(t *testing.T, release mongod.Release) *mongod.Server {
	s, err := mongod.Start(release)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the server: %v", err)
		}
	})
	return s
}

func openMongo(t *testing.T, uri string) core.DocStore {
	s, err := mongodb.Open(context.Background(), uri)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// servers finds the server of a store, for the tests that act on it.
type servers struct{ sync.Map }

func (m *servers) open(t *testing.T, server *mongod.Server) core.DocStore {
	s := openMongo(t, server.URI()+"test")
	m.Store(s, server)
	return s
}

func (m *servers) of(s core.DocStore) *mongod.Server {
	v, _ := m.Load(s)
	return v.(*mongod.Server)
}

// TestMongoDBContract gives each test a server of its own.
func TestMongoDBContract(t *testing.T) {
	var m servers
	storagetest.RunDocuments(t,
		func(t *testing.T, _ []core.Spec) core.DocStore { return m.open(t, startMongod(t)) },
		storagetest.Peers(func(t *testing.T, _ []core.Spec) (a, b core.DocStore) {
			server := startMongod(t)
			return m.open(t, server), m.open(t, server)
		}),
		storagetest.Expire(func(t *testing.T, s core.DocStore) {
			if err := m.of(s).Expire(); err != nil {
				t.Errorf("Expire: %v", err)
			}
		}),
		storagetest.Forget(func(_ *testing.T, s core.DocStore) { m.of(s).Forget() }),
	)
}

// note is a document of the tests here.
type note struct {
	core.Head `bson:",inline"`
	Text      string `bson:"text"`
}

func newNotes(t *testing.T) (store core.DocStore, admin *mongo.Database) {
	server := startMongod(t)
	store = openMongo(t, server.URI())
	t.Cleanup(func() { store.Close() })
	err := store.Ensure(t.Context(), []core.Spec{{Name: "notes", Prefix: "not", Live: true}})
	if err != nil {
		t.Fatal(err)
	}
	client, err := mongo.Connect(options.Client().ApplyURI(server.URI()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return store, client.Database("admin")
}

// failing lets commands fail a number of times.
func failing(t *testing.T, admin *mongo.Database, times int, data bson.D) {
	t.Helper()
	err := admin.RunCommand(t.Context(), bson.D{
		{Key: "configureFailPoint", Value: "failCommand"},
		{Key: "mode", Value: bson.D{{Key: "times", Value: times}}},
		{Key: "data", Value: data},
	}).Err()
	if err != nil {
		t.Fatal(err)
	}
}

// checkFailed checks that something failed, and ends it.
func checkFailed(t *testing.T, admin *mongo.Database, times int) {
	t.Helper()
	var was struct {
		Count int `bson:"count"`
	}
	err := admin.RunCommand(t.Context(), bson.D{{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: "off"}}).Decode(&was)
	if err != nil || was.Count != times {
		t.Errorf("%d commands have failed (%v), want %d", was.Count, err, times)
	}
}

func insertNote(id string) core.Op {
	return core.Op{Kind: core.OpInsert, Coll: "notes", Doc: &note{Head: core.Head{ID: id, Version: 1}}}
}

func incNote(id string) core.Op {
	return core.Op{Kind: core.OpUpdate, Coll: "notes", Filter: core.Eq("_id", id), Patch: core.Patch{core.Inc("version", 1)}}
}

func noteVersion(t *testing.T, s core.DocStore, id string) (version int64) {
	t.Helper()
	for d, err := range s.Find(t.Context(), "notes", core.Query{Filter: core.Eq("_id", id), Limit: 1}) {
		var n note
		if err == nil {
			err = d.Decode(&n)
		}
		if err != nil {
			t.Fatal(err)
		}
		version = n.Version
	}
	return version
}

// TestMongoDBFailures has commands fail once: the adapter's callers see
// nothing of it, and each write has its effect once.
func TestMongoDBFailures(t *testing.T) {
	t.Parallel()
	cut := func(command string) bson.D {
		return bson.D{{Key: "failCommands", Value: bson.A{command}}, {Key: "closeConnection", Value: true}}
	}
	code := func(command string, code int, label string) bson.D {
		return bson.D{{Key: "failCommands", Value: bson.A{command}}, {Key: "errorCode", Value: code}, {Key: "errorLabels", Value: bson.A{label}}}
	}
	for _, test := range []struct {
		name string
		fail bson.D
		ops  []core.Op
	}{
		{"connection cut under a write", cut("update"), []core.Op{incNote("not_1")}},
		{"primary steps down under a write", code("update", 189, "RetryableWriteError"), []core.Op{incNote("not_1")}},
		{"conflict of transactions", code("update", 112, "TransientTransactionError"), []core.Op{insertNote("not_2"), incNote("not_1")}},
		{"connection cut in a transaction", cut("update"), []core.Op{insertNote("not_2"), incNote("not_1")}},
		{"connection cut under a commit", cut("commitTransaction"), []core.Op{insertNote("not_2"), incNote("not_1")}},
		{"commit with an unknown end", code("commitTransaction", 91, "UnknownTransactionCommitResult"), []core.Op{insertNote("not_2"), incNote("not_1")}},
		{"connection cut under a read", cut("find"), []core.Op{incNote("not_1")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, admin := newNotes(t)
			if err := s.Write(t.Context(), insertNote("not_1")); err != nil {
				t.Fatal(err)
			}
			failing(t, admin, 1, test.fail)
			if err := s.Write(t.Context(), test.ops...); err != nil {
				t.Fatalf("Write: %v", err)
			}
			if v := noteVersion(t, s, "not_1"); v != 2 {
				t.Errorf("version %d, want 2", v)
			}
			if n, err := s.Count(t.Context(), "notes", core.Query{}); err != nil || n != int64(len(test.ops)) {
				t.Errorf("%d notes (%v), want %d", n, err, len(test.ops))
			}
			checkFailed(t, admin, 1)
		})
	}
}

// TestMongoDBStreamFailures cuts a stream between two events.
func TestMongoDBStreamFailures(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]bson.D{
		"connection cut": {{Key: "failCommands", Value: bson.A{"getMore"}}, {Key: "closeConnection", Value: true}},
		"resumable":      {{Key: "failCommands", Value: bson.A{"getMore"}}, {Key: "errorCode", Value: 91}, {Key: "errorLabels", Value: bson.A{"ResumableChangeStreamError"}}},
		"cursor gone":    {{Key: "failCommands", Value: bson.A{"getMore"}}, {Key: "errorCode", Value: 43}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, admin := newNotes(t)
			stream, err := s.Changes(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Close()
			for i := range 3 {
				id := fmt.Sprintf("not_%d", i)
				if err := s.Write(t.Context(), insertNote(id)); err != nil {
					t.Fatal(err)
				}
				failing(t, admin, 1, data)
				if e, err := stream.Next(t.Context()); err != nil || e.ID != id {
					t.Fatalf("Next is %q (%v), want %s", e.ID, err, id)
				}
				checkFailed(t, admin, 1)
			}
		})
	}
}

// TestMongoDBDropped ends the streams of a database that goes.
func TestMongoDBDropped(t *testing.T) {
	t.Parallel()
	s, admin := newNotes(t)
	stream, err := s.Changes(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if err := admin.Client().Database("grapnel").Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Next(t.Context()); !errors.Is(err, core.ErrTokenLost) {
		t.Errorf("Next of a dropped database: %v", err)
	}
}

// TestMongoDBSecondStart has types that change from one start to the next, on each
// release: they differ in what they answer to who creates what is there.
func TestMongoDBSecondStart(t *testing.T) {
	t.Parallel()
	for _, release := range []mongod.Release{mongod.Release6, mongod.Release7, mongod.Release8} {
		t.Run(fmt.Sprint(release), func(t *testing.T) {
			t.Parallel()
			testSecondStart(t, startRelease(t, release))
		})
	}
}

func testSecondStart(t *testing.T, server *mongod.Server) {
	start := func(edit func(*core.Spec)) core.DocStore {
		t.Helper()
		spec := core.Spec{
			Name: "notes", Prefix: "not",
			Fields:  []core.Field{{Name: "text", Kind: core.String}, {Name: "createdAt", Kind: core.Time}},
			Indexes: [][]string{{"text", "createdAt"}},
		}
		edit(&spec)
		s := openMongo(t, server.URI())
		t.Cleanup(func() { s.Close() })
		if err := s.Ensure(t.Context(), []core.Spec{spec}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	insert := func(s core.DocStore, id, text string) error {
		return s.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: "notes", Doc: &note{Head: core.Head{ID: id, Version: 1}, Text: text}})
	}
	found := func(s core.DocStore, text string) int64 {
		t.Helper()
		n, err := s.Count(t.Context(), "notes", core.Query{Filter: core.Search(text)})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}

	// Unique and searchable at first, and gone at once.
	s := start(func(spec *core.Spec) {
		spec.Fields[0].Unique, spec.Search, spec.Expires = true, []string{"text"}, "createdAt"
	})
	if err := errors.Join(insert(s, "not_1", "one"), server.Expire()); err != nil {
		t.Fatal(err)
	}
	if n := found(s, "one"); n != 0 {
		t.Errorf("%d expired notes are left", n)
	}
	// None of that now.
	s = start(func(*core.Spec) {})
	if err := errors.Join(insert(s, "not_2", "two"), insert(s, "not_3", "two"), server.Expire()); err != nil {
		t.Fatalf("the second start: %v", err)
	}
	if n, err := s.Count(t.Context(), "notes", core.Query{}); err != nil || n != 2 {
		t.Errorf("%d notes (%v), want 2", n, err)
	}
	// Searchable again, and live for the first time.
	s = start(func(spec *core.Spec) { spec.Search, spec.Live = []string{"text"}, true })
	if n := found(s, "two"); n != 2 {
		t.Errorf("a search finds %d notes, want 2", n)
	}
	stream, err := s.Changes(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if err := s.Write(t.Context(), incNote("not_2")); err != nil {
		t.Fatal(err)
	}
	if e, err := stream.Next(t.Context()); err != nil || e.Before == nil || e.After == nil {
		t.Errorf("Next of a type that became live later: %+v (%v)", e, err)
	}
}
