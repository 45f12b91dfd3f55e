package mongod

import (
	"time"

	"github.com/256dpi/lungo"
	"github.com/256dpi/lungo/bsonkit"
	"github.com/256dpi/lungo/mongokit"
	"go.mongodb.org/mongo-driver/bson"
)

const (
	firstBatch = 101 // documents of a first batch when the client does not say
	maxCursors = 10_000
	maxReply   = maxDocument // bytes of documents in one batch
)

// cursor is what is left of a result, or a change stream.
type cursor struct {
	ns     lungo.Handle
	rest   bsonkit.List
	stream *stream
}

func find(s *Server, txn *lungo.Transaction, c *command) (bson.D, error) {
	ns, err := c.coll()
	if err != nil {
		return nil, err
	}
	filter, err := arg(c.args, "filter", bson.D{})
	if err != nil {
		return nil, err
	}
	if err := checkFilter(filter); err != nil {
		return nil, err
	}
	sort, err := arg(c.args, "sort", bson.D{})
	if err != nil {
		return nil, err
	}
	if err := checkKeys(sort); err != nil {
		return nil, err
	}
	limit, err := intArg(c.args, "limit", 0)
	if err != nil {
		return nil, err
	}
	batch, err := intArg(c.args, "batchSize", firstBatch)
	if err != nil {
		return nil, err
	}
	projection, err := arg(c.args, "projection", bson.D{})
	if err != nil {
		return nil, err
	}
	res, err := txn.Find(ns, &filter, &sort, 0, int(limit))
	if err != nil {
		return nil, err
	}
	list := res.Matched
	if len(projection) > 0 {
		for _, e := range projection {
			if n, ok := number(e.Value); !ok || n < 0 || n > 1 {
				return nil, errorf(2, "BadValue", "projection of %s: %v", e.Key, e.Value)
			}
		}
		if list, err = mongokit.ProjectList(list, &projection); err != nil {
			return nil, err
		}
	}
	single, err := arg(c.args, "singleBatch", false)
	if err != nil {
		return nil, err
	}
	cur := &cursor{ns: ns, rest: list}
	if single {
		cur.rest = list[:min(int64(len(list)), batch)]
	}
	return s.open(cur, batch)
}

// open replies with a first batch and keeps the cursor when there is more.
func (s *Server) open(cur *cursor, batch int64) (bson.D, error) {
	docs, err := cur.next(batch)
	if err != nil {
		return nil, err
	}
	var id int64
	if len(cur.rest) > 0 || cur.stream != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.cursors) >= maxCursors {
			return nil, errorf(2, "BadValue", "too many open cursors")
		}
		s.cursorID++
		id = s.cursorID
		s.cursors[id] = cur
	}
	return cur.reply(id, "firstBatch", docs), nil
}

// next takes the next documents of a result, as many as fit into a reply.
func (cur *cursor) next(batch int64) (bson.A, error) {
	docs, size := bson.A{}, 0
	for len(cur.rest) > 0 && int64(len(docs)) < batch {
		raw, err := bson.Marshal(cur.rest[0])
		if err != nil {
			return nil, err
		}
		if size += len(raw); size > maxReply && len(docs) > 0 {
			break
		}
		docs = append(docs, bson.Raw(raw))
		cur.rest = cur.rest[1:]
	}
	return docs, nil
}

func (cur *cursor) reply(id int64, field string, docs bson.A) bson.D {
	d := bson.D{
		{Key: "id", Value: id},
		{Key: "ns", Value: cur.ns.String()},
		{Key: field, Value: docs},
	}
	if cur.stream != nil {
		d = append(d, bson.E{Key: "postBatchResumeToken", Value: cur.stream.token()})
	}
	return bson.D{{Key: "cursor", Value: d}}
}

func getMore(s *Server, _ *lungo.Transaction, c *command) (bson.D, error) {
	id, _ := c.args[0].Value.(int64)
	coll, err := arg(c.args, "collection", "")
	if err != nil {
		return nil, err
	}
	batch, err := intArg(c.args, "batchSize", maxCursors)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	cur := s.cursors[id]
	delete(s.cursors, id) // nobody else may use it meanwhile
	s.mu.Unlock()
	if cur == nil || cur.ns != (lungo.Handle{c.db, coll}) {
		return nil, errorf(43, "CursorNotFound", "cursor id %d not found", id)
	}
	var docs bson.A
	open := false
	if cur.stream != nil {
		if c.maxTime == 0 {
			c.maxTime = time.Second
		}
		docs, open, err = cur.stream.next(s, batch, c.maxTime)
	} else {
		docs, err = cur.next(batch)
		open = len(cur.rest) > 0
	}
	if err != nil {
		return nil, err
	}
	if !open {
		return cur.reply(0, "nextBatch", docs), nil
	}
	s.mu.Lock()
	s.cursors[id] = cur
	s.mu.Unlock()
	return cur.reply(id, "nextBatch", docs), nil
}

func killCursors(s *Server, _ *lungo.Transaction, c *command) (bson.D, error) {
	ids, err := arg(c.args, "cursors", bson.A{})
	if err != nil {
		return nil, err
	}
	killed, unknown := bson.A{}, bson.A{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range ids {
		id, _ := v.(int64)
		if s.cursors[id] == nil {
			unknown = append(unknown, v)
			continue
		}
		delete(s.cursors, id)
		killed = append(killed, v)
	}
	return bson.D{
		{Key: "cursorsKilled", Value: killed},
		{Key: "cursorsNotFound", Value: unknown},
		{Key: "cursorsAlive", Value: bson.A{}},
		{Key: "cursorsUnknown", Value: bson.A{}},
	}, nil
}

// aggregate knows two pipelines: a change stream, and a $match with the $group
// that counts.
func aggregate(s *Server, txn *lungo.Transaction, c *command) (bson.D, error) {
	list, err := arg(c.args, "pipeline", bson.A(nil))
	if err != nil {
		return nil, err
	}
	stages, err := documents(list)
	if err != nil {
		return nil, err
	}
	for _, stage := range stages {
		if len(stage) != 1 {
			return nil, errorf(40323, "Location40323", "a stage has exactly one field")
		}
	}
	options, err := arg(c.args, "cursor", bson.D(nil))
	if err != nil {
		return nil, err
	}
	batch, err := intArg(options, "batchSize", firstBatch)
	if err != nil || options == nil || len(options) > 1 || len(options) == 1 && options[0].Key != "batchSize" {
		return nil, errorf(9, "FailedToParse", "cursor: %v", options)
	}
	if len(stages) > 0 && stages[0][0].Key == "$changeStream" {
		return s.watch(c, stages, batch)
	}
	ns, err := c.coll()
	if err != nil {
		return nil, err
	}
	if len(stages) != 2 || stages[0][0].Key != "$match" || stages[1][0].Key != "$group" {
		return nil, errorf(40324, "Location40324", "unknown pipeline: %v", stages)
	}
	filter, ok := stages[0][0].Value.(bson.D)
	if !ok {
		return nil, errorf(14, "TypeMismatch", "$match is a %T", stages[0][0].Value)
	}
	if err := checkFilter(filter); err != nil {
		return nil, err
	}
	one := bson.D{{Key: "_id", Value: int32(1)}, {Key: "n", Value: bson.D{{Key: "$sum", Value: int32(1)}}}}
	if group, ok := stages[1][0].Value.(bson.D); !ok || bsonkit.Compare(group, one) != 0 {
		return nil, errorf(40324, "Location40324", "unknown $group: %v", stages[1])
	}
	res, err := txn.Find(ns, &filter, nil, 0, 0)
	if err != nil {
		return nil, err
	}
	var out bsonkit.List
	if n := len(res.Matched); n > 0 {
		out = bsonkit.List{{{Key: "_id", Value: int32(1)}, {Key: "n", Value: int32(n)}}}
	}
	return s.open(&cursor{ns: ns, rest: out}, batch)
}
