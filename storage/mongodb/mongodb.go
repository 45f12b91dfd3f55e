// Package mongodb keeps documents in MongoDB 6.0 or newer. It needs a replica
// set, of which one node is enough: writes of several operations are
// transactions, and the stream of changes is a change stream with the images
// of each document before and after.
//
// Documents are stored as their structs encode, with two differences. Null
// fields are left out, since null and missing are the same to a filter: so
// $inc can start from nothing. And a document of a searchable type carries
// the words of each searchable field in the hidden field _words, for example
//
//	_words: {title: ["cafe", "creme"], body: [...]}
//
// with a multikey index on each. A text index would be shorter to write, but
// its words are not those of core.Words (another folding, other separators),
// $text can stand neither inside a negation nor beside an unindexed
// alternative, and it cannot use the index of a sort. The words are split by
// field because an update of one field must not need to read the others.
//
// A unique field has a partial index on {$gte: the least value of its kind}.
// Unlike {$type: ...}, which holds the same documents, the planner can prove
// that a comparison with a value implies it, so lookups use the index too; and
// empty arrays, which MongoDB would index as one same value, stay outside.
package mongodb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/grapnel/grapnel/core"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"
)

const (
	// defaultDatabase is used when the URI names none.
	defaultDatabase = "grapnel"
	// minWireVersion is MongoDB 6.0, the first with pre- and post-images.
	minWireVersion = 17

	selectTimeout = 5 * time.Second  // until a server must be found
	callTimeout   = 10 * time.Second // of a call whose context has no deadline
	closeTimeout  = 2 * time.Second  // for giving back cursors and connections
)

// Store is a core.DocStore on one database.
type Store struct {
	client *mongo.Client
	db     *mongo.Database

	fence fence

	mu    sync.RWMutex
	colls map[string]*collection // by name, from Ensure
}

var _ core.DocStore = (*Store)(nil)

// Option changes what Open does by default.
type Option func(*settings)

type settings struct {
	log    *slog.Logger
	slow   time.Duration
	lease  time.Duration                // for tests
	adjust func(*options.ClientOptions) // for tests
}

// WithLogger names the logger of slow commands; slog.Default otherwise.
func WithLogger(l *slog.Logger) Option { return func(s *settings) { s.log = l } }

// WithSlow logs commands that take at least d, 100 ms by default.
func WithSlow(d time.Duration) Option { return func(s *settings) { s.slow = d } }

// Open connects to the database that uri names in its path, "grapnel" without
// one, and checks that the server can do what the store needs. What the uri
// says about pools, timeouts and compression goes before our defaults; writes
// always wait for a majority. The errors are for whoever starts the program.
func Open(ctx context.Context, uri string, opts ...Option) (*Store, error) {
	set := &settings{log: slog.Default(), slow: 100 * time.Millisecond, lease: fenceLease}
	for _, o := range opts {
		o(set)
	}
	o := clientOptions(uri, set)
	client, err := mongo.Connect(o) // waits for no server
	if err != nil {
		return nil, core.Wrap(core.Invalid, err, "The MongoDB URI is not valid.")
	}
	s := &Store{client: client, db: client.Database(databaseName(uri)), colls: map[string]*collection{}, fence: fence{lease: set.lease, stopped: make(chan struct{})}}
	follow, stop := context.WithCancel(context.Background())
	s.fence.stop = stop
	go s.follow(follow)
	if err := s.check(ctx, strings.Join(o.Hosts, ",")); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func clientOptions(uri string, set *settings) *options.ClientOptions {
	o := options.Client().
		SetAppName("grapnel").
		SetServerSelectionTimeout(selectTimeout).
		SetTimeout(callTimeout).
		SetMaxPoolSize(100).
		SetMinPoolSize(4).
		ApplyURI(uri).
		SetWriteConcern(writeconcern.Majority()).
		SetReadConcern(readconcern.Majority()).
		SetMonitor(monitor(set.log, set.slow)).
		SetBSONOptions(&options.BSONOptions{
			NilMapAsEmpty:       true,
			NilSliceAsEmpty:     true,
			NilByteSliceAsEmpty: true,
			DefaultDocumentM:    true,
			ObjectIDAsHexString: true,
		})
	if len(o.Compressors) == 0 && !local(o.Hosts) {
		o.SetCompressors([]string{"zstd", "snappy"})
	}
	if set.adjust != nil {
		set.adjust(o)
	}
	return o
}

// local says whether all hosts are this machine.
func local(hosts []string) bool {
	for _, h := range hosts {
		if name, _, err := net.SplitHostPort(h); err == nil {
			h = name
		}
		if ip := net.ParseIP(h); h != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}

// databaseName is the path of a MongoDB URI, which net/url cannot parse when
// it lists several hosts.
func databaseName(uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	_, path, _ := strings.Cut(rest, "/")
	name, _, _ := strings.Cut(path, "?")
	if name, err := url.PathUnescape(name); err == nil && name != "" {
		return name
	}
	return defaultDatabase
}

// check refuses a server that has no transactions or no pre-images, now and
// not at the first request.
func (s *Store) check(ctx context.Context, hosts string) error {
	var hello struct {
		SetName        string `bson:"setName"`
		Msg            string `bson:"msg"`
		MaxWireVersion int    `bson:"maxWireVersion"`
	}
	err := s.client.Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello)
	var selection topology.ServerSelectionError
	switch {
	case errors.As(err, &selection) && strings.Contains(selection.Desc.String(), "RSGhost"):
		return core.Wrap(core.Invalid, err, fmt.Sprintf("MongoDB at %s runs with --replSet, but its replica set was never started: run rs.initiate() once in mongosh.", hosts))
	case err != nil:
		return core.Wrap(core.Unavailable, err, fmt.Sprintf("MongoDB at %s does not answer.", hosts))
	case hello.MaxWireVersion < minWireVersion:
		return core.Errorf(core.Invalid, "MongoDB at %s is older than 6.0: install 6.0 or newer, start it with --replSet rs0 and run rs.initiate() once in mongosh.", hosts)
	case hello.SetName == "" && hello.Msg != "isdbgrid":
		return core.Errorf(core.Invalid, "MongoDB at %s is a standalone server, which has no transactions: start it with --replSet rs0 and run rs.initiate() once in mongosh; one node is enough.", hosts)
	}
	return nil
}

// Ping writes to the database: that a disk is full is known only by trying.
func (s *Store) Ping(ctx context.Context) error {
	if err := outdated(s.ensured()); err != nil {
		return err
	}
	return fail(ctx, s.put(ctx, pingCollection, "ping", bson.D{{Key: "at", Value: time.Now()}}))
}

// Kind implements core.DocStore.
func (s *Store) Kind() core.StoreKind { return core.Mongodb }

// put sets fields of a document of the store's own, which it makes if need be.
func (s *Store) put(ctx context.Context, coll, id string, fields bson.D) error {
	for {
		res, err := s.db.Collection(coll).UpdateByID(ctx, id, bson.D{{Key: "$set", Value: fields}})
		if err != nil || res.MatchedCount > 0 {
			return err
		}
		_, err = s.db.Collection(coll).InsertOne(ctx, append(bson.D{{Key: "_id", Value: id}}, fields...))
		if !mongo.IsDuplicateKeyError(err) { // else another server was first
			return err
		}
	}
}

// pingCollection has one document, which Ping writes.
const pingCollection = "_ping"

// Close ends all connections.
func (s *Store) Close() error {
	s.fence.stop()
	<-s.fence.stopped
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return fail(ctx, s.client.Disconnect(ctx))
}

// collection is one ensured collection.
type collection struct {
	*mongo.Collection
	spec   core.Spec
	fields map[string]core.Field // what filters and orders may name

	fingerprint string
	stale       atomic.Bool     // another Spec is in force
	words       map[string]bool // the fields with an index of words when Ensure began
}

func (s *Store) newCollection(spec core.Spec) *collection {
	fields := map[string]core.Field{"_id": {Name: "_id", Kind: core.String}}
	for _, f := range spec.Fields {
		fields[f.Name] = f
	}
	return &collection{Collection: s.db.Collection(spec.Name), spec: spec, fields: fields, fingerprint: spec.Fingerprint()}
}

// ensured are the collections of which Ensure was told.
func (s *Store) ensured() []*collection {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Collect(maps.Values(s.colls))
}

// known is a collection of which Ensure was told, if it is still to be used; nil for others.
func (s *Store) known(ctx context.Context, name string) (*collection, error) {
	s.mu.RLock()
	c := s.colls[name]
	s.mu.RUnlock()
	if c == nil {
		return nil, nil
	}
	return c, s.lease(ctx, c)
}

func (s *Store) collection(ctx context.Context, name string) (*collection, error) {
	c, err := s.known(ctx, name)
	if c == nil {
		return nil, core.Errorf(core.Internal, "mongodb: no spec declares the collection %q", name)
	}
	return c, err
}

// readable is a collection for Find and Count. One of which Ensure was not told
// has no field but the id.
func (s *Store) readable(ctx context.Context, name string) (*collection, error) {
	c, err := s.known(ctx, name)
	if c == nil {
		return s.newCollection(core.Spec{Name: name}), nil
	}
	return c, err
}
