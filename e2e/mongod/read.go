package mongod

import (
	"slices"
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
	maxStages  = 1000
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
	hint, err := arg(c.args, "hint", "")
	if err != nil {
		return nil, err
	}
	if err := checkHint(txn, ns, hint); err != nil {
		return nil, err
	}
	res, err := txn.Find(ns, &filter, &sort, 0, int(limit))
	if err != nil {
		return nil, err
	}
	list := res.Matched
	if len(projection) > 0 {
		if err := checkProjection(projection); err != nil {
			return nil, err
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

// checkHint refuses the name of an index that the collection does not have. The
// engine itself looks at every document.
func checkHint(txn *lungo.Transaction, ns lungo.Handle, name string) error {
	if name == "" || txn.Catalog().Namespaces[ns] == nil {
		return nil
	}
	list, err := txn.ListIndexes(ns)
	if err != nil {
		return err
	}
	for _, index := range list {
		if bsonkit.Get(index, "name") == name {
			return nil
		}
	}
	return errorf(2, "BadValue", "error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index")
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

// aggregate knows change streams, and the stages of pipeline.
func aggregate(s *Server, txn *lungo.Transaction, c *command) (bson.D, error) {
	list, err := arg(c.args, "pipeline", bson.A(nil))
	if err != nil {
		return nil, err
	}
	stages, err := stagesOf(list)
	if err != nil {
		return nil, err
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
	hint, err := arg(c.args, "hint", "")
	if err != nil {
		return nil, err
	}
	if err := checkHint(txn, ns, hint); err != nil {
		return nil, err
	}
	out, err := pipeline(txn, ns, stages)
	if err != nil {
		return nil, err
	}
	return s.open(&cursor{ns: ns, rest: out}, batch)
}

// stagesOf takes a pipeline apart.
func stagesOf(list bson.A) ([]bson.D, error) {
	if len(list) > maxStages {
		return nil, errorf(7749501, "Location7749501", "Pipeline length must be no longer than %d stages", maxStages)
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
	return stages, nil
}

// pipeline runs all documents of a collection through stages. Each stage is
// checked whether or not a document reaches it.
func pipeline(txn *lungo.Transaction, ns lungo.Handle, stages []bson.D) (bsonkit.List, error) {
	res, err := txn.Find(ns, &bson.D{}, nil, 0, 0)
	if err != nil {
		return nil, err
	}
	list := res.Matched
	for _, stage := range stages {
		name, value := stage[0].Key, stage[0].Value
		if name == "$limit" {
			n, ok := number(value)
			if !ok || n <= 0 {
				return nil, errorf(15958, "Location15958", "the limit must be positive: %v", value)
			}
			list = list[:min(int64(len(list)), n)]
			continue
		}
		spec, ok := value.(bson.D)
		if !ok {
			return nil, errorf(14, "TypeMismatch", "%s is a %T", name, value)
		}
		switch name {
		case "$match":
			if err = checkFilter(spec); err == nil {
				list, err = mongokit.Filter(list, &spec, 0)
			}
		case "$sort":
			if len(spec) == 0 {
				return nil, errorf(15976, "Location15976", "$sort stage must have at least one sort key")
			}
			if err = checkKeys(spec); err == nil {
				list, err = mongokit.Sort(list, &spec)
			}
		case "$project":
			if len(spec) == 0 {
				return nil, errorf(51272, "Location51272", "projection specification must have at least one field")
			}
			if err = checkProjection(spec); err == nil {
				list, err = mongokit.ProjectList(list, &spec)
			}
		case "$set":
			list, err = set(list, spec)
		case "$unionWith":
			var more bsonkit.List
			more, err = union(txn, ns, spec)
			list = slices.Concat(list, more)
		case "$group":
			list, err = count(list, spec)
		default:
			return nil, errorf(40324, "Location40324", "Unrecognized pipeline stage name: '%s'", name)
		}
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// set adds fields with constants to each document.
func set(list bsonkit.List, fields bson.D) (bsonkit.List, error) {
	if len(fields) == 0 {
		return nil, errorf(40177, "Location40177", "invalid $set: specification must have at least one field")
	}
	for _, e := range fields {
		if err := checkPath(e.Key); err != nil {
			return nil, err
		}
		if _, ok := number(e.Value); !ok { // whatever else may be an expression
			return nil, errorf(2, "BadValue", "$set of %s: %v", e.Key, e.Value)
		}
	}
	out := bsonkit.CloneList(list)
	for _, d := range out {
		for _, e := range fields {
			if _, err := bsonkit.Put(d, e.Key, e.Value, false); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// union is what the pipeline of a $unionWith yields.
func union(txn *lungo.Transaction, ns lungo.Handle, spec bson.D) (bsonkit.List, error) {
	if _, err := documents(bson.A{spec}, "coll", "pipeline"); err != nil {
		return nil, err
	}
	coll, err := arg(spec, "coll", "")
	if err != nil {
		return nil, err
	}
	if coll == "" {
		return nil, errorf(40414, "Location40414", "BSON field '$unionWith.coll' is missing but a required field")
	}
	list, err := arg(spec, "pipeline", bson.A(nil))
	if err != nil {
		return nil, err
	}
	stages, err := stagesOf(list)
	if err != nil {
		return nil, err
	}
	return pipeline(txn, lungo.Handle{ns[0], coll}, stages)
}

// countAll is the count of a whole collection; it knows no query.
func countAll(_ *Server, txn *lungo.Transaction, c *command) (bson.D, error) {
	ns, err := c.coll()
	if err != nil {
		return nil, err
	}
	res, err := txn.Find(ns, &bson.D{}, nil, 0, 0)
	if err != nil {
		return nil, err
	}
	return bson.D{{Key: "n", Value: int32(len(res.Matched))}}, nil
}

// count is the one $group that there is: how many documents reached it.
func count(list bsonkit.List, spec bson.D) (bsonkit.List, error) {
	one := bson.D{{Key: "_id", Value: int32(1)}, {Key: "n", Value: bson.D{{Key: "$sum", Value: int32(1)}}}}
	if bsonkit.Compare(spec, one) != 0 {
		return nil, errorf(40324, "Location40324", "unknown $group: %v", spec)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return bsonkit.List{{{Key: "_id", Value: int32(1)}, {Key: "n", Value: int32(len(list))}}}, nil
}
