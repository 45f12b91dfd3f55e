package mongod

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/256dpi/lungo/bsonkit"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T) *Server {
	t.Helper()
	return startRelease(t, Newest)
}

func startRelease(t *testing.T, release Release) *Server {
	t.Helper()
	s, err := Start(release)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// run sends a command, written as extended JSON, past the network.
func run(t *testing.T, s *Server, text string, more ...bson.E) bson.D {
	t.Helper()
	var body bson.D
	if err := bson.UnmarshalExtJSON([]byte(text), false, &body); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	body = append(body, bson.E{Key: "$db", Value: "test"})
	reply, err := s.answer("127.0.0.1:1", &message{op: opMsg, body: append(body, more...)})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return reply
}

func get(d bson.D, path string) any { return bsonkit.Get(&d, path) }

// good runs a command that succeeds, with all of its statements.
func good(t *testing.T, s *Server, text string, more ...bson.E) bson.D {
	t.Helper()
	reply := run(t, s, text, more...)
	if get(reply, "ok") != 1.0 || get(reply, "writeErrors") != bsonkit.Missing {
		t.Fatalf("%s: %v", text, reply)
	}
	return reply
}

// codeOf is the code of a failed command, or of its first failed statement.
func codeOf(reply bson.D) any {
	if get(reply, "ok") == 1.0 {
		return get(reply, "writeErrors.0.code")
	}
	return get(reply, "code")
}

// TestReleases has what differs between them.
func TestReleases(t *testing.T) {
	t.Parallel()
	for release, again := range map[Release]any{Release6: int32(48), Release7: nil, Release8: nil} {
		s := startRelease(t, release)
		if got := get(good(t, s, `{"buildInfo":1}`), "versionArray.0"); got != int32(release) {
			t.Errorf("release %d says that it is %v", release, got)
		}
		good(t, s, `{"create":"c","changeStreamPreAndPostImages":{"enabled":true}}`)
		reply := run(t, s, `{"create":"c","changeStreamPreAndPostImages":{"enabled":true}}`)
		if again == nil && get(reply, "ok") != 1.0 || again != nil && codeOf(reply) != again {
			t.Errorf("release %d, the same again: %v", release, reply)
		}
		if reply := run(t, s, `{"create":"c"}`); codeOf(reply) != int32(48) {
			t.Errorf("release %d, with other options: %v", release, reply)
		}
		good(t, s, `{"collMod":"c","changeStreamPreAndPostImages":{"enabled":false}}`)
		reply = run(t, s, `{"create":"c"}`)
		if again == nil && get(reply, "ok") != 1.0 || again != nil && codeOf(reply) != again {
			t.Errorf("release %d, with the options that it has now: %v", release, reply)
		}
	}
	if s, err := Start(5); err == nil {
		s.Close()
		t.Error("an unknown release was started")
	}
}

// TestUnknown has what the server does not know, each of which must fail and
// also when there is no document to try it on.
func TestUnknown(t *testing.T) {
	t.Parallel()
	s := start(t)
	for text, code := range map[string]int32{
		`{"mapReduce": "c"}`:                                                                                          59,
		`{"findAndModify": "c"}`:                                                                                      59,
		`{"find": "c", "skip": 1}`:                                                                                    40415,
		`{"find": "c", "filter": {}, "filter": {}}`:                                                                   9,
		`{"find": "c", "lsid": {"id": 1}}`:                                                                            40415,
		`{"find": "c", "filter": {"a": {"$regex": "x"}}}`:                                                             2,
		`{"find": "c", "filter": {"$where": "x"}}`:                                                                    2,
		`{"find": "c", "filter": {"a": {"b": 1}}}`:                                                                    2,
		`{"find": "c", "filter": {"a": {"$eq": {}}}}`:                                                                 2,
		`{"find": "c", "filter": {"$or": []}}`:                                                                        2,
		`{"find": "c", "filter": {"a.$b": 1}}`:                                                                        2,
		`{"find": "c", "sort": {"a": "text"}}`:                                                                        2,
		`{"find": "c", "limit": -1}`:                                                                                  14,
		`{"find": "c", "readConcern": {"level": "linearizable"}}`:                                                     40415,
		`{"find": "c", "readConcern": {"level": "snapshot"}}`:                                                         72,
		`{"find": "system.users"}`:                                                                                    73,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$lookup": {}}]}`:                                             40324,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$match": {}}, {"$group": {"_id": "$a"}}]}`:                   40324,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$match": {}, "$limit": 1}]}`:                                 40323,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$match": {"a": {"$regex": "x"}}}]}`:                          2,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$match": 1}]}`:                                               14,
		`{"count": "c", "query": {"a": 1}}`:                                                                           40415,
		`{"find": "c", "filter": {"a": {"$elemMatch": {"b": 1}}}}`:                                                    2,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$sort": {}}]}`:                                               15976,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$sort": {"a": "text"}}]}`:                                    2,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$limit": 0}]}`:                                               15958,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$project": {}}]}`:                                            51272,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$project": {"a": "$b"}}]}`:                                   2,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$set": {}}]}`:                                                40177,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$set": {"a": "$b"}}]}`:                                       2,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$set": {"$a": 1}}]}`:                                         2,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$unionWith": {"pipeline": []}}]}`:                            40414,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$unionWith": {"coll": "c", "let": {}}}]}`:                    40415,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$unionWith": {"coll": "c", "pipeline": [{"$out": {}}]}}]}`:   40324,
		`{"aggregate": "c", "cursor": {}, "pipeline": [{"$unionWith": {"coll": "c", "pipeline": [{"$limit": -1}]}}]}`: 15958,
		`{"aggregate": "c", "cursor": {}, "pipeline": [` + strings.Repeat(`{"$limit": 1},`, 1000) + `{"$limit": 1}]}`: 7749501,
		`{"aggregate": 1, "cursor": {}, "pipeline": [{"$changeStream": {}}]}`:                                         2,
		`{"aggregate": 1, "cursor": {}, "readConcern": {"level": "majority"}, "pipeline": [{"$changeStream": {"fullDocument": "updateLookup"}}]}`: 40415,
		`{"aggregate": 1, "cursor": {}, "readConcern": {"level": "majority"}, "pipeline": [{"$changeStream": {}}, {"$set": {"a": 1}}]}`:           40324,
		`{"update": "c", "updates": [{"q": {}, "u": {"$push": {"a": 1}}}]}`:                                                                       9,
		`{"update": "c", "updates": [{"q": {}, "u": {"a": 1}}]}`:                                                                                  9,
		`{"update": "c", "updates": [{"q": {}, "u": [{"$set": {"a": 1}}]}]}`:                                                                      14,
		`{"update": "c", "updates": [{"q": {}, "u": {"$set": {"a": 1}}, "upsert": true}]}`:                                                        40415,
		`{"update": "c", "updates": [{"q": {}, "u": {"$set": {"a": 1}, "$inc": {"a": 1}}}]}`:                                                      40,
		`{"update": "c", "updates": [{"q": {}, "u": {"$set": {"a": 1, "a.b": 1}}}]}`:                                                              40,
		`{"update": "c", "updates": [{"q": {}, "u": {"$set": {"_id": 1}}}]}`:                                                                      66,
		`{"update": "c", "updates": [{"q": {}, "u": {"$inc": {"a": "1"}}}]}`:                                                                      14,
		`{"delete": "c", "deletes": [{"q": {}, "limit": 2}]}`:                                                                                     9,
		`{"insert": "c", "documents": [{"a": 1}]}`:                                                                                                2,
		`{"insert": "c", "documents": [{"_id": 1, "$a": 1}]}`:                                                                                     52,
		`{"insert": "c", "documents": []}`:                                                                                                        16,
		`{"insert": "c", "documents": [{"_id": 1}], "writeConcern": {"w": 0}}`:                                                                    40415,
		`{"insert": "c", "documents": [{"_id": 1}], "txnNumber": {"$numberLong": "1"}}`:                                                           72,
		`{"collMod": "c"}`:                26,
		`{"create": "c", "capped": true}`: 40415,
		`{"createIndexes": "c", "indexes": [{"key": {"a": "text"}, "name": "a"}]}`:                                          2,
		`{"createIndexes": "c", "indexes": [{"key": {"a.$**": 1}, "name": "a"}]}`:                                           2,
		`{"createIndexes": "c", "indexes": [{"key": {"a": 1}, "name": "a", "sparse": true}]}`:                               40415,
		`{"createIndexes": "c", "indexes": [{"key": {"a": 1}, "name": "a", "partialFilterExpression": {"a": {"$ne": 1}}}]}`: 67,
		`{"createIndexes": "c", "indexes": [{"key": {"a": 1, "b": 1}, "name": "a", "expireAfterSeconds": 1}]}`:              67,
		`{"getMore": {"$numberLong": "99"}, "collection": "c"}`:                                                             43,
		`{"commitTransaction": 1}`:                       72,
		`{"configureFailPoint": "other", "mode": "off"}`: 2,
	} {
		if reply := run(t, s, text); codeOf(reply) != code {
			t.Errorf("%s: %v, want code %d", text, reply, code)
		}
	}
}

func TestDuplicateKey(t *testing.T) {
	t.Parallel()
	s := start(t)
	good(t, s, `{"createIndexes": "c", "indexes": [{"key": {"tags": 1}, "name": "tags_1", "unique": true, "partialFilterExpression": {"tags": {"$gte": ""}}}]}`)
	good(t, s, `{"insert": "c", "documents": [{"_id": 1, "tags": ["a", "b"]}, {"_id": 2, "tags": []}, {"_id": 3, "tags": []}, {"_id": 4}, {"_id": 5, "tags": null}]}`)
	for _, text := range []string{
		`{"insert": "c", "documents": [{"_id": 6, "tags": ["c", "b"]}]}`,
		`{"update": "c", "updates": [{"q": {"_id": 2}, "u": {"$set": {"tags": ["a"]}}}]}`,
	} {
		reply := run(t, s, text)
		if msg, _ := get(reply, "writeErrors.0.errmsg").(string); codeOf(reply) != int32(11000) || !strings.HasPrefix(msg, "E11000 duplicate key error collection: test.c index: tags_1 dup key: ") {
			t.Errorf("%s: %v", text, reply)
		}
	}
	if reply := run(t, s, `{"createIndexes": "c", "indexes": [{"key": {"tags": 1}, "name": "tags_1"}]}`); codeOf(reply) != int32(85) {
		t.Errorf("the index with other options: %v", reply)
	}
	if reply := run(t, s, `{"createIndexes": "c", "indexes": [{"key": {"a": 1}, "name": "tags_1"}]}`); codeOf(reply) != int32(86) {
		t.Errorf("another index of the same name: %v", reply)
	}
	good(t, s, `{"createIndexes": "c", "indexes": [{"key": {"a": 1, "b": 1}, "name": "a_1_b_1"}]}`)
	if reply := run(t, s, `{"insert": "c", "documents": [{"_id": 7, "a": [1], "b": [2]}]}`); codeOf(reply) != int32(171) {
		t.Errorf("parallel arrays: %v", reply)
	}
	good(t, s, `{"insert": "c", "documents": [{"_id": 7, "a": [1], "b": 2}]}`)
	if reply := run(t, s, `{"update": "c", "updates": [{"q": {"_id": 7}, "u": {"$set": {"b": [2]}}}]}`); codeOf(reply) != int32(171) {
		t.Errorf("parallel arrays: %v", reply)
	}
	if reply := run(t, s, `{"update": "c", "updates": [{"q": {"_id": 5}, "u": {"$inc": {"tags": 1}}}]}`); codeOf(reply) == bsonkit.Missing {
		t.Errorf("incremented null: %v", reply)
	}
}

// TestPipeline has the stages in which lists are read together.
func TestPipeline(t *testing.T) {
	t.Parallel()
	s := start(t)
	good(t, s, `{"insert": "c", "documents": [{"_id": 1, "a": 1, "b": 1}, {"_id": 2, "a": 1, "b": 2}, {"_id": 3, "a": 2, "b": 3}]}`)
	good(t, s, `{"insert": "d", "documents": [{"_id": 4, "a": 1}]}`)
	branch := func(a, limit, q string) string {
		return `{"$match": {"a": ` + a + `}}, {"$sort": {"_id": -1}}, {"$limit": ` + limit + `}, {"$project": {"b": 0}}, {"$set": {"_q": ` + q + `}}`
	}
	list := get(good(t, s, `{"aggregate": "c", "cursor": {}, "pipeline": [`+branch("1", "1", "0")+
		`, {"$unionWith": {"coll": "c", "pipeline": [`+branch("9", "1", "1")+`]}}`+
		`, {"$unionWith": {"coll": "c", "pipeline": [`+branch("1", "5", "2")+`]}}`+
		`, {"$unionWith": {"coll": "d", "pipeline": []}}]}`), "cursor.firstBatch")
	raw, err := bson.MarshalExtJSON(bson.D{{Key: "list", Value: list}}, false, false)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"list":[{"_id":2,"a":1,"_q":0},{"_id":2,"a":1,"_q":2},{"_id":1,"a":1,"_q":2},{"_id":4,"a":1}]}`
	if string(raw) != want {
		t.Errorf("got %s, want %s", raw, want)
	}
	// The stored documents are as they were.
	if list := get(good(t, s, `{"find": "c", "filter": {"_q": {"$gte": 0}}}`), "cursor.firstBatch").(bson.A); len(list) != 0 {
		t.Errorf("stored: %v", list)
	}
}

// TestManyStopsHalfway is how the original does it outside a transaction.
func TestManyStopsHalfway(t *testing.T) {
	t.Parallel()
	s := start(t)
	good(t, s, `{"createIndexes": "c", "indexes": [{"key": {"a": 1}, "name": "a_1", "unique": true}]}`)
	good(t, s, `{"insert": "c", "documents": [{"_id": 1, "a": 1}, {"_id": 2, "a": 2}]}`)
	reply := run(t, s, `{"update": "c", "updates": [{"q": {}, "u": {"$set": {"a": 3}}, "multi": true}]}`)
	if codeOf(reply) != int32(11000) || get(reply, "n") != int32(1) {
		t.Errorf("got %v", reply)
	}
	if list := get(good(t, s, `{"find": "c", "filter": {"a": 3}}`), "cursor.firstBatch").(bson.A); len(list) != 1 {
		t.Errorf("%d documents changed, want one", len(list))
	}
}

func lsid(b byte) bson.E {
	id := primitive.Binary{Subtype: 4, Data: bytes.Repeat([]byte{b}, 16)}
	return bson.E{Key: "lsid", Value: bson.D{{Key: "id", Value: id}}}
}

func number64(key string, n int64) bson.E { return bson.E{Key: key, Value: n} }

func transaction(b byte, n int64, first bool) []bson.E {
	e := []bson.E{lsid(b), number64("txnNumber", n), {Key: "autocommit", Value: false}}
	if first {
		e = append(e, bson.E{Key: "startTransaction", Value: true})
	}
	return e
}

func version(t *testing.T, s *Server) any {
	t.Helper()
	return get(good(t, s, `{"aggregate": "c", "cursor": {}, "pipeline": [{"$match": {"v": {"$gt": 1}}}, {"$group": {"_id": 1, "n": {"$sum": 1}}}]}`), "cursor.firstBatch.0")
}

// TestRetriedWrite sends one numbered write twice, as a driver does when it
// has lost the reply.
func TestRetriedWrite(t *testing.T) {
	t.Parallel()
	s := start(t)
	good(t, s, `{"insert": "c", "documents": [{"_id": 1, "v": 1}]}`)
	inc := `{"update": "c", "updates": [{"q": {"_id": 1}, "u": {"$inc": {"v": 1}}}]}`
	for range 2 {
		if reply := good(t, s, inc, lsid(1), number64("txnNumber", 1)); get(reply, "nModified") != int32(1) {
			t.Errorf("got %v", reply)
		}
	}
	list := get(good(t, s, `{"find": "c", "filter": {"v": 2}}`), "cursor.firstBatch").(bson.A)
	if len(list) != 1 {
		t.Error("the second one took effect")
	}
	if reply := run(t, s, inc, lsid(1), number64("txnNumber", 0)); codeOf(reply) != int32(225) {
		t.Errorf("an older number: %v", reply)
	}
	many := `{"update": "c", "updates": [{"q": {}, "u": {"$inc": {"v": 1}}, "multi": true}]}`
	if reply := run(t, s, many, lsid(1), number64("txnNumber", 2)); codeOf(reply) != int32(72) {
		t.Errorf("a numbered update of many: %v", reply)
	}
}

func TestTransactions(t *testing.T) {
	t.Parallel()
	s := start(t)
	good(t, s, `{"insert": "c", "documents": [{"_id": 1, "v": 1}]}`)
	inc := `{"update": "c", "updates": [{"q": {"_id": 1}, "u": {"$inc": {"v": 1}}}]}`
	admin := func(b byte, n int64, name string) bson.D {
		reply, err := s.answer("", &message{body: append(bson.D{{Key: name, Value: 1}, {Key: "$db", Value: "admin"}}, transaction(b, n, false)...)})
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}

	good(t, s, inc, transaction(1, 1, true)...)
	if version(t, s) != bsonkit.Missing {
		t.Error("an open transaction is seen outside")
	}
	// A second one does not wait for the first.
	reply := run(t, s, inc, transaction(2, 1, true)...)
	if codeOf(reply) != int32(112) || get(reply, "errorLabels.0") != "TransientTransactionError" {
		t.Errorf("the second transaction: %v", reply)
	}
	for range 2 { // also when it is sent again
		if reply := admin(1, 1, "commitTransaction"); get(reply, "ok") != 1.0 {
			t.Errorf("commit: %v", reply)
		}
	}
	if version(t, s) == bsonkit.Missing {
		t.Error("a committed transaction is not seen")
	}

	// An error ends it.
	good(t, s, inc, transaction(1, 2, true)...)
	if reply := run(t, s, `{"insert": "c", "documents": [{"_id": 1}]}`, transaction(1, 2, false)...); codeOf(reply) != int32(11000) {
		t.Errorf("got %v", reply)
	}
	if reply := admin(1, 2, "commitTransaction"); codeOf(reply) != int32(251) {
		t.Errorf("commit after an error: %v", reply)
	}
	// Collections are not made inside, and concerns are for its ends.
	good(t, s, inc, transaction(1, 3, true)...)
	if reply := run(t, s, `{"create": "d"}`, transaction(1, 3, false)...); codeOf(reply) != int32(263) {
		t.Errorf("create: %v", reply)
	}
	if reply := run(t, s, `{"update": "c", "updates": [], "writeConcern": {"w": "majority"}}`, transaction(1, 3, false)...); codeOf(reply) != int32(72) {
		t.Errorf("a write concern inside: %v", reply)
	}
	if reply := admin(1, 3, "abortTransaction"); get(reply, "ok") != 1.0 {
		t.Errorf("abort: %v", reply)
	}
	list := get(good(t, s, `{"find": "c", "filter": {"v": 2}}`), "cursor.firstBatch").(bson.A)
	if len(list) != 1 {
		t.Error("an aborted transaction left something")
	}
}

// TestImages shows that images are there only where they were asked for.
func TestImages(t *testing.T) {
	t.Parallel()
	s := start(t)
	open := func(options string) (read func() bson.A) {
		reply := good(t, s, `{"aggregate": 1, "cursor": {}, "readConcern": {"level": "majority"}, "pipeline": [{"$changeStream": `+options+`}]}`)
		id := get(reply, "cursor.id")
		return func() bson.A {
			reply, err := s.answer("", &message{body: bson.D{{Key: "getMore", Value: id}, {Key: "collection", Value: "$cmd.aggregate"}, {Key: "$db", Value: "test"}}})
			if err != nil {
				t.Fatal(err)
			}
			list, _ := get(reply, "cursor.nextBatch").(bson.A)
			return list
		}
	}
	available := open(`{"fullDocument": "whenAvailable", "fullDocumentBeforeChange": "whenAvailable"}`)
	required := open(`{"fullDocument": "required", "fullDocumentBeforeChange": "required"}`)
	good(t, s, `{"create": "c"}`)
	good(t, s, `{"insert": "c", "documents": [{"_id": 1, "v": 1}]}`)
	good(t, s, `{"update": "c", "updates": [{"q": {}, "u": {"$set": {"v": 2}}}]}`)
	events := available()
	if len(events) != 2 || get(events[1].(bson.D), "fullDocument") != nil || get(events[1].(bson.D), "fullDocumentBeforeChange") != nil {
		t.Errorf("without images: %v", events)
	}
	if events := required(); events != nil {
		t.Errorf("without the required images: %v", events)
	}
	good(t, s, `{"collMod": "c", "changeStreamPreAndPostImages": {"enabled": true}}`)
	good(t, s, `{"update": "c", "updates": [{"q": {}, "u": {"$set": {"v": 3}}}]}`)
	good(t, s, `{"update": "c", "updates": [{"q": {}, "u": {"$set": {"v": 3}}}]}`) // changes nothing
	good(t, s, `{"delete": "c", "deletes": [{"q": {}, "limit": 0}]}`)
	events = available()
	if len(events) != 2 {
		t.Fatalf("with images: %v", events)
	}
	if get(events[0].(bson.D), "fullDocumentBeforeChange.v") != int32(2) || get(events[0].(bson.D), "fullDocument.v") != int32(3) ||
		get(events[1].(bson.D), "fullDocumentBeforeChange.v") != int32(3) {
		t.Errorf("with images: %v", events)
	}
}

// TestLargeEvents shows that an event of more than 16 MB ends a stream, unless it asked
// for fragments, and that a stream may begin inside of one.
func TestLargeEvents(t *testing.T) {
	t.Parallel()
	s := start(t)
	open := func(options, more string) bson.D {
		return run(t, s, `{"aggregate": 1, "cursor": {"batchSize": 1}, "readConcern": {"level": "majority"}, "pipeline": [{"$changeStream": {"fullDocument": "required", "fullDocumentBeforeChange": "required"`+options+`}}`+more+`]}`)
	}
	more := func(id any) bson.D {
		reply, err := s.answer("", &message{body: bson.D{{Key: "getMore", Value: id}, {Key: "collection", Value: "$cmd.aggregate"}, {Key: "batchSize", Value: int32(1)}, {Key: "$db", Value: "test"}}})
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	const split = `, {"$changeStreamSplitLargeEvent": {}}`
	good(t, s, `{"create": "c", "changeStreamPreAndPostImages": {"enabled": true}}`)
	good(t, s, fmt.Sprintf(`{"insert": "c", "documents": [{"_id": 1, "v": 1, "large": %q}]}`, strings.Repeat("x", 9<<20)))
	whole, fragments := get(open("", ""), "cursor.id"), get(open("", split), "cursor.id")
	good(t, s, `{"update": "c", "updates": [{"q": {}, "u": {"$set": {"v": 2}}}]}`)
	if reply := more(whole); codeOf(reply) != int32(10334) {
		t.Errorf("without fragments: code %v", codeOf(reply))
	}
	if reply := more(whole); codeOf(reply) != int32(43) {
		t.Errorf("after that: code %v", codeOf(reply))
	}
	part := func(id any, want string) (token string) {
		t.Helper()
		reply := more(id)
		list, _ := get(reply, "cursor.nextBatch").(bson.A)
		if len(list) != 1 {
			t.Fatalf("%d fragments, code %v", len(list), codeOf(reply))
		}
		d := list[0].(bson.D)
		got := fmt.Sprint(get(d, "splitEvent.fragment"), "/", get(d, "splitEvent.of"), " ", get(d, "operationType") == "update", " ", get(d, "fullDocument.v"), " ", get(d, "fullDocumentBeforeChange.v"))
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		token, _ = get(d, "_id._data").(string)
		return token
	}
	const first, second = "1/2 true 2 {}", "2/2 false {} 1"
	token := part(fragments, first)
	part(fragments, second)
	resume := `, "resumeAfter": {"_data": "` + token + `"}`
	part(get(open(resume, split), "cursor.id"), second)
	if reply := open(resume, ""); codeOf(reply) != int32(280) {
		t.Errorf("inside of an event, without the stage: %v", reply)
	}
}

// FuzzReadMessage must end with a message or an error, whatever comes.
func FuzzReadMessage(f *testing.F) {
	for _, body := range []bson.D{{{Key: "ping", Value: 1}, {Key: "$db", Value: "admin"}}, {{Key: "hello", Value: 1}}} {
		raw, err := bson.Marshal(body)
		if err != nil {
			f.Fatal(err)
		}
		b := binary.LittleEndian.AppendUint32(nil, uint32(16+5+len(raw)))
		b = append(b, 1, 0, 0, 0, 0, 0, 0, 0)
		b = binary.LittleEndian.AppendUint32(b, opMsg)
		f.Add(append(append(b, 0, 0, 0, 0, 0), raw...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4 { // the length must not make it wait for memory
			binary.LittleEndian.PutUint32(b, min(binary.LittleEndian.Uint32(b), uint32(len(b))))
		}
		m, err := readMessage(bytes.NewReader(b))
		if err == nil && m.body == nil {
			t.Error("neither a message nor an error")
		}
		if err == nil {
			_ = writeMessage(io.Discard, m, bson.D{})
		}
	})
}
