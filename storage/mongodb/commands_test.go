package mongodb_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/drivertest"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/mongodb"
)

// mock is a store on a server that answers what the test says, in order.
type mock struct {
	*mongodb.Store
	deployment *drivertest.MockDeployment

	mu   sync.Mutex
	sent []bson.Raw
}

var (
	replicaSet = bson.D{{Key: "ok", Value: 1}, {Key: "setName", Value: "rs0"}, {Key: "maxWireVersion", Value: 21}}
	ok         = bson.D{{Key: "ok", Value: 1}}
	changed    = bson.D{{Key: "ok", Value: 1}, {Key: "n", Value: 1}, {Key: "nModified", Value: 1}}
)

// noIndexes are those of a collection that was just made.
var noIndexes = page(0, "firstBatch", bson.D{{Key: "name", Value: "_id_"}, {Key: "key", Value: bson.D{{Key: "_id", Value: 1}}}})

// fenced is what the fence holds once a spec is in force.
func fenced(spec core.Spec) bson.D {
	return page(0, "firstBatch", bson.D{{Key: "_id", Value: spec.Name}, {Key: "spec", Value: spec.Fingerprint()}})
}

func failure(code int32, labels ...string) bson.D {
	return bson.D{{Key: "ok", Value: 0}, {Key: "code", Value: code}, {Key: "errmsg", Value: "a failure"}, {Key: "errorLabels", Value: labels}}
}

func page(id int64, field string, docs ...bson.D) bson.D {
	docs = append([]bson.D{}, docs...) // never null
	return bson.D{{Key: "ok", Value: 1}, {Key: "cursor", Value: bson.D{
		{Key: "id", Value: id}, {Key: "ns", Value: "grapnel.items"}, {Key: field, Value: docs}}}}
}

// newMock opens a store and ensures one collection, of whatever spec.
func newMock(t *testing.T, spec core.Spec, opts ...mongodb.Option) *mock {
	t.Helper()
	m := &mock{deployment: drivertest.NewMockDeployment()}
	opts = append(opts, mongodb.Adjust(func(o *options.ClientOptions) {
		ours := o.Monitor
		o.Deployment = m.deployment
		o.SetMonitor(&event.CommandMonitor{
			Started: func(ctx context.Context, e *event.CommandStartedEvent) {
				m.mu.Lock()
				defer m.mu.Unlock()
				m.sent = append(m.sent, append(bson.Raw(nil), e.Command...))
				ours.Started(ctx, e)
			},
			Succeeded: ours.Succeeded,
			Failed:    ours.Failed,
		})
	}))
	opts = append(opts, mongodb.Lease(time.Hour))
	m.deployment.AddResponses(replicaSet, ok, noIndexes, ok, fenced(spec), page(0, "firstBatch"), ok)
	store, err := mongodb.Open(context.Background(), "mongodb://localhost/", opts...)
	if err != nil {
		t.Fatal(err)
	}
	m.Store = store
	if err := store.Ensure(context.Background(), []core.Spec{spec}); err != nil {
		t.Fatal(err)
	}
	m.deployment.ClearResponses()
	t.Cleanup(func() { store.Close() })
	return m
}

// took hands out the commands since the last call, as extended JSON without
// what differs from run to run.
func (m *mock) took(t *testing.T) []string {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, raw := range m.sent {
		var cmd bson.D
		if err := bson.Unmarshal(raw, &cmd); err != nil {
			t.Fatal(err)
		}
		var kept bson.D
		for _, e := range cmd {
			switch e.Key {
			case "lsid", "$db", "$clusterTime", "$readPreference", "maxTimeMS":
			default:
				kept = append(kept, e)
			}
		}
		text, err := bson.MarshalExtJSON(kept, false, false)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(text))
	}
	m.sent = nil
	return out
}

func (m *mock) check(t *testing.T, want ...string) {
	t.Helper()
	got := m.took(t)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("sent\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEnsureCommands(t *testing.T) {
	spec := itemSpec()
	spec.Fields = append(spec.Fields,
		core.Field{Name: "number", Kind: core.Int, Unique: true},
		core.Field{Name: "at", Kind: core.Time, Unique: true})
	spec.Expires = "createdAt"
	m := newMock(t, spec)
	create := `{"create":"items","changeStreamPreAndPostImages":{"enabled":true},"writeConcern":{"w":"majority"}}`
	indexes := `{"createIndexes":"items","indexes":[` +
		`{"key":{"title":1,"createdAt":1,"_id":1},"name":"title_1_createdAt_1__id_1"},` +
		`{"key":{"tags":1,"createdAt":1,"_id":1},"name":"tags_1_createdAt_1__id_1"},` +
		`{"key":{"slug":1},"name":"slug_1","unique":true,"partialFilterExpression":{"slug":{"$gte":""}}},` +
		`{"key":{"number":1},"name":"number_1","unique":true,"partialFilterExpression":{"number":{"$gte":{"$numberDouble":"-Infinity"}}}},` +
		`{"key":{"at":1},"name":"at_1","unique":true,"partialFilterExpression":{"at":{"$gte":{"$date":{"$numberLong":"-9223372036854775808"}}}}},` +
		`{"key":{"createdAt":1},"expireAfterSeconds":0,"name":"createdAt_1"}],"writeConcern":{"w":"majority"}}`
	list := `{"listIndexes":"items","cursor":{}}`
	every := `{"find":"items","filter":{},"projection":{"title":1},"readConcern":{"level":"majority"}}`
	wordIndex := `{"createIndexes":"items","indexes":[{"key":{"_words.title":1},"name":"_words.title_1"}],"writeConcern":{"w":"majority"}}`
	wordless := `{"find":"items","filter":{"_words.title":{"$ne":"#2"}},"projection":{"title":1},"readConcern":{"level":"majority"}}`
	fence := `{"find":"_fence","filter":{},"projection":{"spec":1},"readConcern":{"level":"majority"}}`
	m.check(t, `{"hello":1}`, create, list, indexes, fence, every, wordIndex)

	// With documents from before their type was live and searchable.
	m.deployment.AddResponses(failure(48), ok, noIndexes, ok, fenced(spec),
		page(0, "firstBatch", bson.D{{Key: "_id", Value: "itm_1"}, {Key: "title", Value: "An old title"}}), changed, ok)
	ensure(t, m, spec)
	m.check(t, create,
		`{"collMod":"items","changeStreamPreAndPostImages":{"enabled":true}}`,
		list, indexes, fence, every,
		`{"update":"items","ordered":false,"writeConcern":{"w":"majority"},"txnNumber":1,"updates":[{"q":{"_id":"itm_1","title":{"$eq":"An old title"}},"u":{"$set":{"_words.title":["#2","an","old","title"]}}}]}`,
		wordIndex)

	// With words of an older program in one of two documents.
	words := page(0, "firstBatch", bson.D{{Key: "name", Value: "_words.title_1"}, {Key: "key", Value: bson.D{{Key: "_words.title", Value: 1}}}})
	number := func(n int32) bson.D { return bson.D{{Key: "ok", Value: 1}, {Key: "n", Value: n}} }
	m.deployment.AddResponses(failure(48), ok, words, ok, fenced(spec), number(2), page(0, "firstBatch", bson.D{{Key: "n", Value: int32(1)}}),
		page(0, "firstBatch", bson.D{{Key: "_id", Value: "itm_1"}}), changed)
	ensure(t, m, spec)
	m.check(t, create,
		`{"collMod":"items","changeStreamPreAndPostImages":{"enabled":true}}`,
		list, indexes, fence,
		`{"count":"items","readConcern":{"level":"majority"}}`,
		`{"aggregate":"items","pipeline":[{"$match":{"_words.title":{"$eq":"#2"}}},{"$group":{"_id":1,"n":{"$sum":1}}}],"cursor":{},"readConcern":{"level":"majority"}}`,
		wordless,
		`{"update":"items","ordered":false,"writeConcern":{"w":"majority"},"txnNumber":2,"updates":[{"q":{"_id":"itm_1","title":{"$eq":null}},"u":{"$set":{"_words.title":["#2"]}}}]}`)

	// With everything there already, which MongoDB 7 does not tell.
	m.deployment.AddResponses(ok, words, ok, fenced(spec), number(1), page(0, "firstBatch", bson.D{{Key: "n", Value: int32(1)}}))
	ensure(t, m, spec)
	if sent := m.took(t); len(sent) != 6 {
		t.Errorf("sent %v", sent)
	}
}

func TestWriteCommands(t *testing.T) {
	m := newMock(t, itemSpec())
	m.took(t)
	ctx := context.Background()
	m.deployment.AddResponses(changed, changed, changed)

	// One command for one operation on one document, numbered for a retry.
	op := setTitle("itm_1", "$title")
	op.Filter = core.And(op.Filter, core.Eq("slug", nil))
	op.Patch = append(op.Patch, core.Set("slug", nil))
	for _, op := range []core.Op{op, {Kind: core.OpDelete, Coll: "items", Filter: core.Eq("_id", "itm_1")}, insert("itm_1", "b a b")} {
		if err := m.Write(ctx, op); err != nil {
			t.Fatal(err)
		}
	}
	m.check(t,
		`{"update":"items","ordered":true,"writeConcern":{"w":"majority"},"txnNumber":1,"updates":[{"q":{"$and":[{"_id":{"$eq":"itm_1"}},{"slug":{"$eq":null}}]},"u":{"$set":{"title":"$title","_words.title":["#2","title"]},"$unset":{"slug":""},"$inc":{"version":1}}}]}`,
		`{"delete":"items","ordered":true,"writeConcern":{"w":"majority"},"txnNumber":2,"deletes":[{"q":{"_id":{"$eq":"itm_1"}},"limit":1}]}`,
		`{"insert":"items","ordered":true,"writeConcern":{"w":"majority"},"txnNumber":3,"documents":[{"_id":"itm_1","version":1,"createdAt":{"$date":{"$numberLong":"-62135596800000"}},"updatedAt":{"$date":{"$numberLong":"-62135596800000"}},"title":"b a b","tags":[],"_words":{"title":["#2","b","a"]}}]}`,
	)
}

func TestTransactionCommands(t *testing.T) {
	m := newMock(t, itemSpec())
	m.took(t)
	ctx := context.Background()
	many := core.Op{Kind: core.OpUpdate, Coll: "items", Filter: core.Eq("title", "a"), Patch: core.Patch{core.Set("title", "b")}}

	// A conflict starts it anew; a lost commit is sent again.
	m.deployment.AddResponses(
		failure(112, "TransientTransactionError"), ok,
		changed, changed, failure(91, "UnknownTransactionCommitResult"), ok)
	if err := m.Write(ctx, setTitle("itm_1", "a"), many); err != nil {
		t.Fatal(err)
	}
	one := `"updates":[{"q":{"_id":{"$eq":"itm_1"}},"u":{"$set":{"title":"a","_words.title":["#2","a"]},"$inc":{"version":1}}}]}`
	m.check(t,
		`{"update":"items","ordered":true,"readConcern":{"level":"snapshot"},"txnNumber":1,"startTransaction":true,"autocommit":false,`+one,
		`{"abortTransaction":1,"writeConcern":{"w":"majority"},"txnNumber":1,"autocommit":false}`,
		`{"update":"items","ordered":true,"readConcern":{"level":"snapshot"},"txnNumber":2,"startTransaction":true,"autocommit":false,`+one,
		`{"update":"items","ordered":true,"txnNumber":2,"autocommit":false,"updates":[{"q":{"title":{"$eq":"a"}},"u":{"$set":{"title":"b","_words.title":["#2","b"]}},"multi":true}]}`,
		`{"commitTransaction":1,"writeConcern":{"w":"majority"},"txnNumber":2,"autocommit":false}`,
		`{"commitTransaction":1,"writeConcern":{"w":"majority"},"txnNumber":2,"autocommit":false}`,
	)

	// One that matches nothing takes the others with it.
	m.deployment.AddResponses(changed, bson.D{{Key: "ok", Value: 1}, {Key: "n", Value: 0}, {Key: "nModified", Value: 0}}, ok)
	err := m.Write(ctx, setTitle("itm_1", "a"), setTitle("itm_2", "a"))
	if none, is := err.(*core.NoMatch); !is || none.Op != 1 {
		t.Errorf("got %v, want NoMatch of operation 1", err)
	}
	sent := m.took(t)
	if len(sent) != 3 || !strings.HasPrefix(sent[2], `{"abortTransaction":1`) {
		t.Errorf("sent %v", sent)
	}
}

func TestChangesResumption(t *testing.T) {
	m := newMock(t, itemSpec())
	m.took(t)
	ctx := context.Background()
	token := func(s string) bson.D { return bson.D{{Key: "_data", Value: s}} }
	event := func(id string) bson.D {
		return bson.D{
			{Key: "_id", Value: token(id)},
			{Key: "operationType", Value: "insert"},
			{Key: "ns", Value: bson.D{{Key: "db", Value: "grapnel"}, {Key: "coll", Value: "items"}}},
			{Key: "documentKey", Value: bson.D{{Key: "_id", Value: id}}},
			{Key: "fullDocument", Value: bson.D{{Key: "_id", Value: id}}},
		}
	}
	m.deployment.AddResponses(
		page(7, "firstBatch"),
		page(7, "nextBatch", event("itm_1")),
		failure(91, "ResumableChangeStreamError"), // the primary steps down
		ok, // killCursors
		page(8, "firstBatch", event("itm_2")),
		failure(286),
		ok, // killCursors
	)
	stream, err := m.Changes(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	checkNext(t, stream, "itm_1")
	checkNext(t, stream, "itm_2")
	if _, err := stream.Next(ctx); err != core.ErrTokenLost {
		t.Errorf("with the history lost: %v", err)
	}
	watch := func(options string) string {
		return `{"aggregate":1,"pipeline":[{"$changeStream":{"fullDocument":"whenAvailable","fullDocumentBeforeChange":"whenAvailable"` + options + `}},` +
			`{"$match":{"operationType":{"$in":["insert","update","replace","delete"]},"ns.coll":{"$in":["items"]}}},` +
			`{"$unset":["fullDocument._words","fullDocumentBeforeChange._words","updateDescription"]},{"$changeStreamSplitLargeEvent":{}}],"cursor":{},"readConcern":{"level":"majority"}}`
	}
	var got []string
	for _, cmd := range m.took(t) {
		if strings.HasPrefix(cmd, `{"aggregate"`) {
			got = append(got, cmd)
		}
	}
	want := []string{watch(""), watch(`,"resumeAfter":{"_data":"itm_1"}`)}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("sent\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestLargeChanges has events in fragments, and servers before 6.0.9, which cannot cut
// them and end the stream: subscribers must hear of that.
func TestLargeChanges(t *testing.T) {
	m := newMock(t, itemSpec())
	m.took(t)
	ctx := context.Background()
	fragment := func(n, of int32, fields ...bson.E) bson.D {
		return append(bson.D{
			{Key: "_id", Value: bson.D{{Key: "_data", Value: fmt.Sprint(n, "/", of)}}},
			{Key: "splitEvent", Value: bson.D{{Key: "fragment", Value: n}, {Key: "of", Value: of}}},
		}, fields...)
	}
	update := []bson.D{
		fragment(1, 3,
			bson.E{Key: "operationType", Value: "update"},
			bson.E{Key: "ns", Value: bson.D{{Key: "db", Value: "grapnel"}, {Key: "coll", Value: "items"}}},
			bson.E{Key: "documentKey", Value: bson.D{{Key: "_id", Value: "itm_1"}}}),
		fragment(2, 3, bson.E{Key: "fullDocument", Value: bson.D{{Key: "_id", Value: "itm_1"}, {Key: "title", Value: "new"}}}),
		fragment(3, 3, bson.E{Key: "fullDocumentBeforeChange", Value: bson.D{{Key: "_id", Value: "itm_1"}, {Key: "title", Value: "old"}}}),
	}
	watched := func() (n int, last string) {
		for _, cmd := range m.took(t) {
			if strings.HasPrefix(cmd, `{"aggregate"`) {
				n, last = n+1, cmd
			}
		}
		return n, last
	}
	titles := func(e core.Event) (both string) {
		for _, d := range []core.Doc{e.Before, e.After} {
			var i item
			if err := d.Decode(&i); err != nil {
				t.Fatal(err)
			}
			both += i.Title + " "
		}
		return both
	}

	// The stream breaks after two of three: they come again, from the position before.
	m.deployment.AddResponses(
		page(7, "firstBatch", update[:2]...),
		failure(9), ok,
		page(8, "firstBatch", update[0]), page(8, "nextBatch", update[1:]...), ok)
	stream, err := m.Changes(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Next(ctx); !core.Is(err, core.Internal) {
		t.Errorf("the break: %v", err)
	}
	e, err := stream.Next(ctx)
	if err != nil || e.ID != "itm_1" || titles(e) != "old new " || !strings.Contains(string(e.Token), "3/3") {
		t.Errorf("got %+v, %v", e, err)
	}
	if n, last := watched(); n != 2 || strings.Contains(last, "/3") {
		t.Errorf("went on from inside of an event: %s", last)
	}
	stream.Close()

	// Parts of which one is missing are no event.
	m.deployment.ClearResponses()
	m.deployment.AddResponses(page(9, "firstBatch", update[0], update[2]), ok)
	if stream, err = m.Changes(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Next(ctx); err != core.ErrTokenLost {
		t.Errorf("without a part: %v", err)
	}
	stream.Close()

	m.took(t)
	m.deployment.ClearResponses()
	m.deployment.AddResponses(failure(40324), page(10, "firstBatch"), failure(10334), ok)
	if stream, err = m.Changes(ctx, nil); err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if n, last := watched(); n != 2 || strings.Contains(last, "Split") {
		t.Errorf("an old server was asked %d times, %s", n, last)
	}
	if _, err := stream.Next(ctx); err != core.ErrTokenLost {
		t.Errorf("beyond 16 MB: %v", err)
	}
}

// TestFindEachCommands shows that any number of queries, up to a bound, is one
// command, whose branches each begin with what an index answers.
func TestFindEachCommands(t *testing.T) {
	spec := itemSpec()
	spec.Bulk = []string{"tags"}
	m := newMock(t, spec)
	m.took(t)
	ctx := context.Background()
	order := []core.Order{{Field: "createdAt", Desc: true}, {Field: "_id", Desc: true}}
	found := func(id string, mark int32) bson.D {
		return bson.D{{Key: "_id", Value: id}, {Key: "title", Value: "a"}, {Key: "_q", Value: mark}}
	}

	m.deployment.AddResponses(page(0, "firstBatch", found("itm_1", 1), found("itm_2", 1), found("itm_3", 3)))
	each, err := m.FindEach(ctx, "items", []core.Query{
		{Filter: core.None, Limit: 5},
		{Filter: core.Eq("title", "a"), Order: order, Limit: 5},
		{Filter: core.Eq("title", "b"), Order: order[1:], After: []any{"itm_9"}, Limit: 6},
		{Limit: 1, Brief: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.check(t, `{"aggregate":"items","pipeline":[`+
		`{"$match":{"title":{"$eq":"a"}}},{"$sort":{"createdAt":-1,"_id":-1}},{"$limit":5},{"$project":{"_words":0}},{"$set":{"_q":1}},`+
		`{"$unionWith":{"coll":"items","pipeline":[`+
		`{"$match":{"$and":[{"title":{"$eq":"b"}},{"_id":{"$lt":"itm_9"}}]}},{"$sort":{"_id":-1}},{"$limit":6},{"$project":{"_words":0}},{"$set":{"_q":2}}]}},`+
		`{"$unionWith":{"coll":"items","pipeline":[`+
		`{"$match":{}},{"$limit":1},{"$project":{"_words":0,"tags":0}},{"$set":{"_q":3}}]}}],`+
		`"cursor":{"batchSize":13},"readConcern":{"level":"majority"}}`)
	var got []string
	for i, docs := range each {
		for _, d := range docs {
			text, err := bson.MarshalExtJSON(bson.Raw(d.BSON()), false, false)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(i, " ", string(text)))
		}
	}
	want := []string{`1 {"_id":"itm_1","title":"a"}`, `1 {"_id":"itm_2","title":"a"}`, `3 {"_id":"itm_3","title":"a"}`}
	if len(each) != 4 || !slices.Equal(got, want) {
		t.Errorf("%d answers: %v, want %v", len(each), got, want)
	}

	// Nothing to find costs nothing.
	if each, err := m.FindEach(ctx, "items", []core.Query{{Filter: core.None, Limit: 1}}); err != nil || len(each) != 1 {
		t.Errorf("%v, %v", each, err)
	}
	m.check(t)

	// More than the bound are several commands.
	m.deployment.AddResponses(page(0, "firstBatch"), page(0, "firstBatch", found("itm_1", 49)))
	each, err = m.FindEach(ctx, "items", slices.Repeat([]core.Query{{Filter: core.Eq("title", "a"), Limit: 1}}, 150))
	if err != nil || len(each) != 150 || len(each[149]) != 1 {
		t.Errorf("%d answers, the last %v, %v", len(each), each[len(each)-1], err)
	}
	if sent := m.took(t); len(sent) != 2 {
		t.Errorf("sent %d commands for 150 queries", len(sent))
	}

	// A reply that is not ours is no document.
	m.deployment.AddResponses(page(0, "firstBatch", bson.D{{Key: "_id", Value: "itm_1"}}))
	if _, err := m.FindEach(ctx, "items", []core.Query{{Limit: 1}}); !core.Is(err, core.Internal) {
		t.Errorf("without the mark: %v", err)
	}
}

// A list of a visitor names the index that core has found for its one way. That of a
// member has two, which the server merges.
func TestFindCommands(t *testing.T) {
	all, err := core.CompleteSpecs([]core.Spec{{Name: "users", Prefix: "user"}, {Name: "posts", Prefix: "post"}, {Name: "assets", Prefix: "asset"}, {Name: "mails", Prefix: "mail"}, {Name: "apiKeys", Prefix: "apikey"}, {Name: "invitations", Prefix: "invitation", Fields: []core.Field{{Name: "email"}}}, {
		Name: "papers", Prefix: "pap", Type: "Paper", New: func() any {
			return &struct {
				core.Head `bson:",inline"`
				Status    string `bson:"status"`
				Owner     string `bson:"owner"`
				Size      int64  `bson:"size"`
			}{}
		},
		Fields:  []core.Field{{Name: "status"}, {Name: "owner"}, {Name: "size", Kind: core.Int}},
		Indexes: [][]string{{"size"}},
		Rules:   []core.Rule{{Verbs: core.Read, Where: core.Eq("status", "OUT")}, {Verbs: core.Read, Owner: "owner"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	spec := all["papers"]
	m := newMock(t, spec)
	m.took(t)
	for _, test := range []struct {
		caller core.Principal
		filter string
		hint   string
	}{
		{core.Principal{}, `{"$and":[{"_audience":{"$eq":1}},{"status":{"$eq":"OUT"}}]}`, `,"hint":"_audience_1_size_1__id_1"`},
		{core.Principal{UserID: "me", Role: core.Member}, `{"$or":[` +
			`{"$and":[{"_audience":{"$eq":1}},{"$or":[{"status":{"$eq":"OUT"}},{"owner":{"$eq":"me"}}]}]},` +
			`{"$and":[{"_own_owner":{"$eq":"me"}},{"_audience":{"$eq":6}},{"$or":[{"status":{"$eq":"OUT"}},{"owner":{"$eq":"me"}}]}]}]}`, ``},
	} {
		q, problem := spec.PlanList(test.caller, time.Now(), core.All, []core.Order{{Field: "size", Desc: true}})
		if problem != "" {
			t.Fatal(problem)
		}
		m.deployment.AddResponses(page(0, "firstBatch"))
		for _, err := range m.Find(t.Context(), "papers", q) {
			t.Fatal(err)
		}
		m.check(t, `{"find":"papers","batchSize":22,"filter":`+test.filter+test.hint+`,"limit":21,"sort":{"size":-1,"_id":-1},"readConcern":{"level":"majority"}}`)
	}
}

// A count is one command, which names the index where core has found one way.
func TestCountCommands(t *testing.T) {
	m := newMock(t, itemSpec())
	m.took(t)
	group := `{"$group":{"_id":1,"n":{"$sum":1}}}],"cursor":{}`
	for _, test := range []struct {
		query core.Query
		sent  string
		hint  string
	}{
		{core.Query{}, `[{"$match":{}},` + group, ""},
		{core.Query{Filter: core.Eq("title", "a")}, `[{"$match":{"title":{"$eq":"a"}}},` + group, `"hint":"title_1_createdAt_1__id_1",`},
		{core.Query{Filter: core.Eq("tags", "a"), Limit: 7}, `[{"$match":{"tags":{"$eq":"a"}}},{"$limit":7},` + group, `"hint":"tags_1_createdAt_1__id_1",`},
		{core.Query{Filter: core.Gt("_id", "a")}, `[{"$match":{"_id":{"$gt":"a"}}},` + group, `"hint":"_id_",`},
		{core.Query{Filter: core.Eq("slug", "a")}, `[{"$match":{"slug":{"$eq":"a"}}},` + group, ""},
		{core.Query{Filter: core.Or(core.Eq("title", "a"), core.Eq("tags", "b"))},
			`[{"$match":{"$or":[{"title":{"$eq":"a"}},{"$and":[{"tags":{"$eq":"b"}},{"$nor":[{"title":{"$eq":"a"}}]}]}]}},` + group, ""},
	} {
		m.deployment.AddResponses(page(0, "firstBatch", bson.D{{Key: "_id", Value: 1}, {Key: "n", Value: int32(3)}}))
		if n, err := m.Count(t.Context(), "items", test.query); n != 3 || err != nil {
			t.Errorf("%d (%v)", n, err)
		}
		m.check(t, `{"aggregate":"items",`+test.hint+`"pipeline":`+test.sent+`,"readConcern":{"level":"majority"}}`)
	}
}

// TestServersRefused has servers that cannot do what the store needs.
func TestServersRefused(t *testing.T) {
	for _, test := range []struct {
		name  string
		hello bson.D
		says  string
	}{
		{"standalone", bson.D{{Key: "ok", Value: 1}, {Key: "maxWireVersion", Value: 21}}, "standalone"},
		{"old", bson.D{{Key: "ok", Value: 1}, {Key: "setName", Value: "rs0"}, {Key: "maxWireVersion", Value: 13}}, "older than 6.0"},
	} {
		_, err := mongodb.Open(context.Background(), "mongodb://localhost/", mongodb.Adjust(func(o *options.ClientOptions) {
			o.Deployment = drivertest.NewMockDeployment(test.hello)
		}))
		if !core.Is(err, core.Invalid) || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "rs.initiate()") {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestErrors(t *testing.T) {
	m := newMock(t, itemSpec())
	taken := bson.D{{Key: "ok", Value: 1}, {Key: "n", Value: 0}, {Key: "writeErrors", Value: bson.A{bson.D{
		{Key: "index", Value: 0}, {Key: "code", Value: 11000},
		{Key: "errmsg", Value: `E11000 duplicate key error collection: grapnel.items index: slug_1 dup key: { slug: " index: other_1 " }`},
	}}}}
	slowMajority := bson.D{{Key: "ok", Value: 1}, {Key: "n", Value: 1}, {Key: "writeConcernError", Value: bson.D{{Key: "code", Value: 64}, {Key: "errmsg", Value: "waiting for replication timed out"}}}}
	for _, test := range []struct {
		name  string
		reply bson.D
		code  core.Code
	}{
		{"duplicate", taken, core.Conflict},
		{"no majority", slowMajority, core.Unavailable},
		{"time", failure(50), core.Unavailable},
		{"size", failure(10334), core.TooLarge},
		{"anything else", failure(9), core.Internal},
	} {
		m.deployment.ClearResponses()
		m.deployment.AddResponses(test.reply)
		err := m.Write(context.Background(), insert("itm_1", "a"))
		if !core.Is(err, test.code) {
			t.Errorf("%s: %v, want %s", test.name, err, test.code)
		}
		if e, is := err.(*core.Error); !is {
			t.Errorf("%s: a %T crosses the port", test.name, err)
		} else if test.code == core.Conflict && e.Fields[0].Path != "slug" {
			t.Errorf("the conflict names %v", e.Fields)
		}
	}
	for _, q := range []core.Query{
		{Filter: core.Eq("other", 1), Limit: 1},
		{Filter: core.Gt("tags", "a"), Limit: 1},
		{Filter: core.Eq("slug", core.Now{}), Limit: 1},
		{Order: []core.Order{{Field: "other"}}, Limit: 1},
	} {
		for _, err := range m.Find(context.Background(), "items", q) {
			if !core.Is(err, core.Internal) {
				t.Errorf("%+v: %v", q, err)
			}
		}
		if _, err := m.FindEach(context.Background(), "items", []core.Query{{Limit: 1}, q}); !core.Is(err, core.Internal) {
			t.Errorf("among others %+v: %v", q, err)
		}
	}
	m.deployment.ClearResponses()
	m.deployment.AddResponses(failure(50))
	if _, err := m.FindEach(context.Background(), "items", []core.Query{{Limit: 1}}); !core.Is(err, core.Unavailable) {
		t.Errorf("out of time: %v", err)
	}
}

func TestSlowLog(t *testing.T) {
	var log strings.Builder
	m := newMock(t, itemSpec(), mongodb.WithSlow(0), mongodb.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	log.Reset()
	m.deployment.AddResponses(changed)
	if err := m.Write(context.Background(), setTitle("itm_1", "a secret")); err != nil {
		t.Fatal(err)
	}
	if got := log.String(); !strings.Contains(got, "command=update collection=items took=") || strings.Contains(got, "secret") {
		t.Errorf("logged %q", got)
	}
	log.Reset()
	newMock(t, itemSpec(), mongodb.WithSlow(time.Hour), mongodb.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if log.Len() > 0 {
		t.Errorf("logged %q", log.String())
	}
}

// A machine that was suspended wakes with a lease that its monotonic clock takes for good,
// while another schema may have come into force: it looks again before it works.
func TestSuspended(t *testing.T) {
	spec := itemSpec()
	m := newMock(t, spec)
	m.took(t)
	m.Suspend(59 * time.Minute) // of an hour
	m.deployment.AddResponses(changed)
	if err := m.Write(t.Context(), insert("itm_1", "a")); err != nil {
		t.Fatal(err)
	}
	if sent := m.took(t); len(sent) != 1 || !strings.Contains(sent[0], `"insert":"items"`) {
		t.Errorf("within the lease: %q", sent)
	}
	m.Suspend(time.Minute)
	other := itemSpec()
	other.Search = nil
	m.deployment.AddResponses(fenced(other))
	if err := m.Write(t.Context(), insert("itm_2", "a")); !errors.Is(err, core.ErrOutdated) {
		t.Errorf("after another schema has come into force: %v", err)
	}
	m.check(t, `{"find":"_fence","filter":{},"projection":{"spec":1},"readConcern":{"level":"majority"}}`)
}

// A type with more indexes than a collection may have is refused before anything is
// changed, and says why.
func TestTooManyIndexes(t *testing.T) {
	m := newMock(t, itemSpec())
	m.took(t)
	spec := itemSpec() // with the words, one unique field and _id
	for len(spec.Indexes) < 61 {
		name := fmt.Sprint("f", len(spec.Indexes))
		spec.Fields = append(spec.Fields, core.Field{Name: name})
		spec.Indexes = append(spec.Indexes, []string{name})
	}
	m.deployment.AddResponses(ok, noIndexes, ok, fenced(spec), page(0, "firstBatch"), ok)
	if err := m.Ensure(t.Context(), []core.Spec{spec}); err != nil {
		t.Errorf("64 indexes: %v", err)
	}
	m.took(t)
	spec.Indexes = append(spec.Indexes, []string{"f60", "title"})
	if err := m.Ensure(t.Context(), []core.Spec{spec}); !core.Is(err, core.Invalid) || !strings.Contains(err.Error(), "65 indexes") {
		t.Errorf("65 indexes: %v", err)
	}
	m.check(t)
}
