package mongodb_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.uber.org/goleak"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/mongodb"
	"github.com/grapnel/grapnel/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newDatabase is the URI of a new database on the server that TEST_MONGODB_URI
// names, which is dropped with the test. A user in that URI needs authSource.
func newDatabase(t *testing.T) (uri, name string) {
	t.Helper()
	uri = os.Getenv("TEST_MONGODB_URI")
	if uri == "" {
		if os.Getenv("GRAPNEL_TEST_REQUIRE") == "1" {
			t.Fatal("TEST_MONGODB_URI is not set")
		}
		t.Skip("TEST_MONGODB_URI is not set")
	}
	scheme, rest, _ := strings.Cut(uri, "://")
	rest, query, _ := strings.Cut(rest, "?")
	hosts, _, _ := strings.Cut(rest, "/")
	name = "grapnel_test_" + strings.ToLower(rand.Text())
	uri = scheme + "://" + hosts + "/" + name + "?" + query
	t.Cleanup(func() {
		client := connect(t, uri)
		if err := client.Database(name).Drop(context.Background()); err != nil {
			t.Errorf("dropping %s: %v", name, err)
		}
		if err := client.Disconnect(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return uri, name
}

// connect opens a client past the adapter.
func connect(t *testing.T, uri string) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetTimeout(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func open(t *testing.T, uri string, opts ...mongodb.Option) *mongodb.Store {
	t.Helper()
	s, err := mongodb.Open(context.Background(), uri, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	newDatabase(t) // skips once, not thirty times
	storagetest.RunDocuments(t,
		func(t *testing.T, _ []core.Spec) core.DocStore {
			uri, _ := newDatabase(t)
			return open(t, uri, mongodb.Lease(300*time.Millisecond))
		},
		storagetest.Peers(func(t *testing.T, _ []core.Spec) (a, b core.DocStore) {
			uri, _ := newDatabase(t)
			return open(t, uri, mongodb.Lease(300*time.Millisecond)), open(t, uri, mongodb.Lease(300*time.Millisecond))
		}),
	)
}

// item is a document of the tests here.
type item struct {
	core.Head `bson:",inline"`
	Slug      *string  `bson:"slug"`
	Title     string   `bson:"title"`
	Tags      []string `bson:"tags"`
}

func itemSpec() core.Spec {
	return core.Spec{
		Name: "items", Prefix: "itm", Live: true,
		Fields: []core.Field{
			{Name: "slug", Kind: core.String, Unique: true},
			{Name: "title", Kind: core.String},
			{Name: "tags", Kind: core.String, Array: true},
			{Name: "createdAt", Kind: core.Time},
		},
		Indexes: [][]string{{"title", "createdAt"}, {"tags", "createdAt"}},
		Search:  []string{"title"},
	}
}

func ensure(t *testing.T, s core.DocStore, specs ...core.Spec) {
	t.Helper()
	if err := s.Ensure(context.Background(), specs); err != nil {
		t.Fatal(err)
	}
}

func insert(id, title string) core.Op {
	return core.Op{Kind: core.OpInsert, Coll: "items", Doc: &item{Head: core.Head{ID: id, Version: 1}, Title: title}}
}

func setTitle(id, title string) core.Op {
	return core.Op{Kind: core.OpUpdate, Coll: "items", Filter: core.Eq("_id", id), Patch: core.Patch{core.Set("title", title), core.Inc("version", 1)}}
}

// proxy stands between the store and the server and can be taken away.
type proxy struct {
	addr, target string

	mu       sync.Mutex
	listener net.Listener
	conns    []net.Conn
	wg       sync.WaitGroup
}

func newProxy(t *testing.T, target string) *proxy {
	p := &proxy{addr: "127.0.0.1:0", target: target}
	p.start(t)
	t.Cleanup(p.stop)
	return p
}

func (p *proxy) start(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	p.addr, p.listener = l.Addr().String(), l
	p.wg.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", p.target)
			if err != nil {
				near.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, near, far)
			p.mu.Unlock()
			for _, pair := range [][2]net.Conn{{near, far}, {far, near}} {
				p.wg.Go(func() {
					_, _ = io.Copy(pair[0], pair[1])
					pair[0].Close()
				})
			}
		}
	})
}

// stop cuts every connection and refuses new ones.
func (p *proxy) stop() {
	p.listener.Close()
	p.mu.Lock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
	p.mu.Unlock()
	p.wg.Wait()
}

// TestServerGoesAway and comes back: calls fail with UNAVAILABLE meanwhile,
// none hangs, and a stream misses nothing.
func TestServerGoesAway(t *testing.T) {
	uri, name := newDatabase(t)
	hosts := options.Client().ApplyURI(uri).Hosts
	if len(hosts) != 1 || strings.Contains(uri, "@") || strings.Contains(uri, "tls=true") {
		t.Skip("needs one plain server")
	}
	p := newProxy(t, hosts[0])
	s := open(t, "mongodb://"+p.addr+"/"+name+"?directConnection=true&serverSelectionTimeoutMS=500&heartbeatFrequencyMS=500")
	defer s.Close()
	ensure(t, s, itemSpec())
	ctx := context.Background()
	stream, err := s.Changes(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if err := s.Write(ctx, insert("itm_1", "one")); err != nil {
		t.Fatal(err)
	}
	checkNext(t, stream, "itm_1")

	p.stop()
	start := time.Now()
	for call, f := range map[string]func() error{
		"Ping":   func() error { return s.Ping(ctx) },
		"Write":  func() error { return s.Write(ctx, setTitle("itm_1", "lost")) },
		"Writes": func() error { return s.Write(ctx, setTitle("itm_1", "lost"), insert("itm_9", "lost")) },
		"Count":  func() error { _, err := s.Count(ctx, "items", core.Query{}); return err },
		"Next":   func() error { _, err := stream.Next(ctx); return err },
		"Ensure": func() error { return s.Ensure(ctx, []core.Spec{itemSpec()}) },
		"Find": func() (err error) {
			for _, e := range s.Find(ctx, "items", core.Query{Limit: 1}) {
				err = e
			}
			return err
		},
	} {
		if err := f(); !core.Is(err, core.Unavailable) {
			t.Errorf("%s without a server: %v", call, err)
		}
	}
	if d := time.Since(start); d > time.Minute {
		t.Errorf("calls without a server took %v", d)
	}

	// Somebody else writes meanwhile.
	direct := open(t, uri)
	defer direct.Close()
	ensure(t, direct, itemSpec())
	if err := direct.Write(ctx, insert("itm_2", "two")); err != nil {
		t.Fatal(err)
	}
	p.start(t)
	wait(t, func() bool { return s.Ping(ctx) == nil })
	checkNext(t, stream, "itm_2")
	if err := s.Write(ctx, insert("itm_3", "three")); err != nil {
		t.Errorf("Write with the server back: %v", err)
	}
	checkNext(t, stream, "itm_3")
}

func checkNext(t *testing.T, stream core.Stream, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	e, err := stream.Next(ctx)
	if err != nil || e.ID != id {
		t.Fatalf("Next is %q (%v), want %s", e.ID, err, id)
	}
}

// wait polls for a condition that another process brings about.
func wait(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

// TestHidden shows what is stored: no nulls, and the words where nobody sees
// them.
func TestHidden(t *testing.T) {
	uri, name := newDatabase(t)
	s := open(t, uri)
	defer s.Close()
	ensure(t, s, itemSpec())
	ctx := context.Background()
	stream, err := s.Changes(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if err := s.Write(ctx, insert("itm_1", "Crème, crème!")); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(ctx, setTitle("itm_1", "Café crème")); err != nil {
		t.Fatal(err)
	}

	client := connect(t, uri)
	defer client.Disconnect(ctx)
	raw, err := client.Database(name).Collection("items").FindOne(ctx, bson.D{}).Raw()
	if err != nil {
		t.Fatal(err)
	}
	var stored struct {
		Words struct {
			Title []string `bson:"title"`
		} `bson:"_words"`
	}
	if err := bson.Unmarshal(raw, &stored); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(stored.Words.Title, " "); got != "#2 cafe creme" {
		t.Errorf("the stored words are %q", got)
	}
	if _, err := raw.LookupErr("slug"); err == nil {
		t.Error("a null is stored")
	}

	var seen []core.Doc
	for d, err := range s.Find(ctx, "items", core.Query{Limit: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, d)
	}
	for range 2 {
		e, err := stream.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, e.After)
		if e.Before != nil {
			seen = append(seen, e.Before)
		}
	}
	if len(seen) != 4 {
		t.Fatalf("%d documents, want 4", len(seen))
	}
	for _, d := range seen {
		if _, err := bson.Raw(d.BSON()).LookupErr("_words"); err == nil {
			t.Error("the words leave the adapter")
		}
	}
}

// TestPlans asks the planner of a real server whether it uses the indexes.
func TestPlans(t *testing.T) {
	uri, name := newDatabase(t)
	s := open(t, uri)
	defer s.Close()
	ensure(t, s, itemSpec())
	ctx := context.Background()
	client := connect(t, uri)
	defer client.Disconnect(ctx)
	for _, test := range []struct {
		what         string
		filter, sort bson.D
		index        string
	}{
		{"unique field", bson.D{{Key: "slug", Value: bson.D{{Key: "$eq", Value: "x"}}}}, bson.D{}, "slug_1"},
		{"several unique values", bson.D{{Key: "slug", Value: bson.D{{Key: "$in", Value: bson.A{"x", "y"}}}}}, bson.D{}, "slug_1"},
		{"equality and order", bson.D{{Key: "title", Value: bson.D{{Key: "$eq", Value: "x"}}}}, bson.D{{Key: "createdAt", Value: -1}, {Key: "_id", Value: -1}}, "title_1_createdAt_1__id_1"},
		{"element and order", bson.D{{Key: "tags", Value: bson.D{{Key: "$eq", Value: "x"}}}}, bson.D{{Key: "createdAt", Value: -1}, {Key: "_id", Value: -1}}, "tags_1_createdAt_1__id_1"},
		{"words", bson.D{{Key: "_words.title", Value: bson.D{{Key: "$eq", Value: "x"}}}}, bson.D{}, "_words.title_1"},
	} {
		var plan bson.Raw
		err := client.Database(name).RunCommand(ctx, bson.D{
			{Key: "explain", Value: bson.D{{Key: "find", Value: "items"}, {Key: "filter", Value: test.filter}, {Key: "sort", Value: test.sort}}},
			{Key: "verbosity", Value: "queryPlanner"},
		}).Decode(&plan)
		var server mongo.ServerError
		if errors.As(err, &server) && server.HasErrorCode(59) {
			t.Skip("the server has no planner")
		}
		if err != nil {
			t.Fatal(err)
		}
		winning := plan.Lookup("queryPlanner", "winningPlan").String()
		if !strings.Contains(winning, `"`+test.index+`"`) || strings.Contains(winning, "COLLSCAN") || strings.Contains(winning, `"SORT"`) {
			t.Errorf("%s: the plan is %s", test.what, winning)
		}
	}
}

func TestDatabaseName(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"mongodb://localhost":                      "grapnel",
		"mongodb://localhost/":                     "grapnel",
		"mongodb://localhost/?replicaSet=rs0":      "grapnel",
		"mongodb://a:1,b:2,c:3/news?w=1":           "news",
		"mongodb+srv://user:p%2Fw@host/n%20ews":    "n ews",
		"mongodb://%2Ftmp%2Fmongodb-27017.sock/db": "db",
	} {
		if got := mongodb.DatabaseName(uri); got != want {
			t.Errorf("%s names %q, want %q", uri, got, want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens there now
	for _, test := range []struct {
		name, uri string
		code      core.Code
		says      string
	}{
		{"no URI", "localhost", core.Invalid, "URI"},
		{"nobody there", "mongodb://user:secret@" + l.Addr().String() + "/?serverSelectionTimeoutMS=100", core.Unavailable, l.Addr().String()},
	} {
		_, err := mongodb.Open(context.Background(), test.uri)
		var e *core.Error
		if !errors.As(err, &e) || e.Code != test.code || !strings.Contains(e.Message, test.says) {
			t.Errorf("%s: %v", test.name, err)
		} else if strings.Contains(e.Message, "secret") {
			t.Errorf("%s: the message holds the password", test.name)
		}
	}
}

// FuzzSuccessor holds the range of a prefix to strings.HasPrefix.
func FuzzSuccessor(f *testing.F) {
	for _, p := range []string{"", "a", "\x00", "\u007f", "\u07ff", "\ud7ff", "\uffff", "a\U0010ffff", "\U0010ffff"} {
		f.Add(p, p+"x")
		f.Add(p, "b")
	}
	f.Fuzz(func(t *testing.T, p, s string) {
		p, s = strings.ToValidUTF8(p, "?"), strings.ToValidUTF8(s, "?")
		for _, s := range []string{s, p + s} {
			end, ok := mongodb.Successor(p)
			if in := s >= p && (!ok || s < end); in != strings.HasPrefix(s, p) {
				t.Errorf("%q in [%q, %q) is %v", s, p, end, in)
			}
		}
	})
}

// TestOldWords starts beside a server with other rules for words, which goes on
// writing; the next start finds what it left. Nobody hears of it.
func TestOldWords(t *testing.T) {
	uri, name := newDatabase(t)
	s := open(t, uri)
	defer s.Close()
	ensure(t, s, itemSpec())
	ctx := context.Background()
	var ops []core.Op
	for i := range 20 {
		ops = append(ops, insert(fmt.Sprintf("itm_%02d", i), "Łódź 北京大学"))
	}
	if err := s.Write(ctx, ops...); err != nil {
		t.Fatal(err)
	}
	client := connect(t, uri)
	defer client.Disconnect(ctx)
	items := client.Database(name).Collection("items")
	old := func(filter bson.D, words ...string) {
		t.Helper()
		if _, err := items.UpdateMany(ctx, filter, bson.D{{Key: "$set", Value: bson.D{{Key: "_words.title", Value: words}}}}); err != nil {
			t.Fatal(err)
		}
	}
	found := func(text string) int64 {
		t.Helper()
		n, err := s.Count(ctx, "items", core.Query{Filter: core.Search(text)})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	stream, err := s.Changes(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	old(bson.D{}, "łodz", "北京大学")
	if _, err := items.InsertOne(ctx, bson.D{{Key: "_id", Value: "itm_old"}, {Key: "version", Value: 1}, {Key: "title", Value: "Łódź"}}); err != nil {
		t.Fatal(err)
	}
	if n := found("lodz"); n != 0 {
		t.Fatalf("%d found by words that are not there", n)
	}
	ensure(t, s, itemSpec())
	if a, b := found("lodz"), found("京大"); a != 21 || b != 20 {
		t.Errorf("%d and %d found, want 21 and 20", a, b)
	}
	old(bson.D{{Key: "_id", Value: "itm_07"}}, "łodz")
	ensure(t, s, itemSpec())
	if n := found("lod"); n != 21 {
		t.Errorf("%d found after another start, want 21", n)
	}
	if err := s.Write(ctx, setTitle("itm_01", "New")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"itm_old", "itm_01"} {
		e, err := stream.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if e.ID != want {
			t.Errorf("a change of %s, want %s", e.ID, want)
		}
	}
}
