package mongod

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/256dpi/lungo"
	"github.com/256dpi/lungo/bsonkit"
	"github.com/256dpi/lungo/mongokit"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// maxChanges bounds the history; older changes are forgotten.
const maxChanges = 100_000

// changes is the history of all databases, with the images of the documents.
type changes struct {
	id string // of this server, part of its tokens

	mu     sync.Mutex
	list   []change
	first  int64         // number of list[0]
	grown  chan struct{} // closed when list grows, then replaced
	latest map[lungo.Handle]map[string]bson.D
}

// change is one entry; its number is its place in the history.
type change struct {
	event         bson.D // as the engine wrote it
	ns            lungo.Handle
	op            string
	images        bool // the collection keeps them
	before, after bson.D
}

func newChanges(id string) *changes {
	return &changes{id: id, grown: make(chan struct{}), latest: map[lungo.Handle]map[string]bson.D{}}
}

// append adds the events of a commit, in one step with the commit itself.
func (h *changes) append(images map[lungo.Handle]bool, commit func(add func(event bson.D)) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := len(h.list)
	if err := commit(func(event bson.D) { h.add(images, event) }); err != nil {
		return err
	}
	if len(h.list) > n {
		if over := len(h.list) - maxChanges; over > 0 {
			h.list, h.first = slices.Clone(h.list[over:]), h.first+int64(over)
		}
		close(h.grown)
		h.grown = make(chan struct{})
	}
	return nil
}

func (h *changes) add(images map[lungo.Handle]bool, event bson.D) {
	db, _ := bsonkit.Get(&event, "ns.db").(string)
	coll, _ := bsonkit.Get(&event, "ns.coll").(string)
	op, _ := bsonkit.Get(&event, "operationType").(string)
	c := change{event: event, ns: lungo.Handle{db, coll}, op: op, images: images[lungo.Handle{db, coll}]}
	docs := h.latest[c.ns]
	if docs == nil {
		docs = map[string]bson.D{}
		h.latest[c.ns] = docs
	}
	id := fmt.Sprintf("%#v", bsonkit.Get(&event, "documentKey._id"))
	c.before = docs[id]
	switch op {
	case "insert", "update", "replace":
		c.after, _ = bsonkit.Get(&event, "fullDocument").(bson.D)
		docs[id] = c.after
	case "delete":
		delete(docs, id)
	case "drop", "dropDatabase":
		delete(h.latest, c.ns)
	}
	h.list = append(h.list, c)
}

func (h *changes) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.first += int64(len(h.list))
	h.list = nil
}

// end is the number of the next change.
func (h *changes) end() int64 { return h.first + int64(len(h.list)) }

// token names the position behind the changes before number, and behind so many
// fragments of the next one.
func (h *changes) token(number int64, fragments int) bson.D {
	return bson.D{{Key: "_data", Value: fmt.Sprintf("%s-%d-%d", h.id, number, fragments)}}
}

// position reads a token.
func (h *changes) position(token bson.D) (number int64, fragments int, err error) {
	data, err := arg(token, "_data", "")
	if err != nil || len(token) != 1 {
		return 0, 0, errorf(260, "InvalidResumeToken", "the resume token %v", token)
	}
	id, digits, _ := strings.Cut(data, "-")
	digits, more, _ := strings.Cut(digits, "-")
	number, err = strconv.ParseInt(digits, 10, 64)
	if err == nil {
		fragments, err = strconv.Atoi(more)
	}
	switch {
	case err != nil:
		return 0, 0, errorf(260, "InvalidResumeToken", "the resume token %s", data)
	case id != h.id || number > h.end():
		return 0, 0, errorf(280, "ChangeStreamFatalError", "cannot resume stream; the resume token was not found")
	case number < h.first:
		return 0, 0, historyLost()
	}
	return number, fragments, nil
}

func historyLost() error {
	e := errorf(286, "ChangeStreamHistoryLost", "Resume of change stream was not possible, as the resume point may no longer be in the oplog.")
	e.labels = []string{"NonResumableChangeStreamError"}
	return e
}

// stream is the position of a change stream.
type stream struct {
	changes       *changes
	db            string
	after, before string // options for the images
	stages        []bson.D
	split         bool     // large events, into fragments
	number        int64    // of the change to look at next
	rest          []bson.D // fragments of the one before that are not sent yet
	sent          int      // of its fragments, while there are more
}

func (st *stream) token() bson.D {
	if len(st.rest) > 0 {
		return st.changes.token(st.number-1, st.sent)
	}
	return st.changes.token(st.number, st.sent)
}

// watch opens a change stream on a database.
func (s *Server) watch(c *command, stages []bson.D, batch int64) (bson.D, error) {
	if n, ok := number(c.args[0].Value); !ok || n != 1 || c.inTxn || c.consistent != "majority" {
		return nil, errorf(2, "BadValue", "change streams are on a database, with read concern majority")
	}
	options, ok := stages[0][0].Value.(bson.D)
	if !ok {
		return nil, errorf(14, "TypeMismatch", "$changeStream is a %T", stages[0][0].Value)
	}
	st := &stream{changes: s.changes, db: c.db, after: "default", before: "off", stages: stages[1:]}
	if last := st.stages; len(last) > 0 && last[len(last)-1][0].Key == "$changeStreamSplitLargeEvent" {
		if spec, ok := last[len(last)-1][0].Value.(bson.D); !ok || len(spec) > 0 {
			return nil, errorf(7182800, "Location7182800", "$changeStreamSplitLargeEvent spec should be an empty object")
		}
		st.split, st.stages = true, last[:len(last)-1]
	}
	s.changes.mu.Lock()
	defer s.changes.mu.Unlock()
	st.number = s.changes.end()
	images := []string{"off", "whenAvailable", "required"}
	for _, e := range options {
		mode, _ := e.Value.(string)
		token, _ := e.Value.(bson.D)
		var err error
		switch {
		case e.Key == "fullDocument" && (mode == "default" || slices.Contains(images[1:], mode)):
			st.after = mode
		case e.Key == "fullDocumentBeforeChange" && slices.Contains(images, mode):
			st.before = mode
		case e.Key == "resumeAfter" && token != nil:
			st.number, st.sent, err = s.changes.position(token)
			if st.sent > 0 && !st.split {
				err = errorf(280, "ChangeStreamFatalError", "a token inside of an event needs $changeStreamSplitLargeEvent")
			}
		default:
			err = errorf(40415, "Location40415", "$changeStream.%s: %v", e.Key, e.Value)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, stage := range st.stages {
		if err := checkStage(stage[0]); err != nil {
			return nil, err
		}
	}
	return s.open(&cursor{ns: lungo.Handle{c.db, "$cmd.aggregate"}, stream: st}, batch)
}

// checkStage allows $match and $unset behind $changeStream.
func checkStage(stage bson.E) error {
	switch v := stage.Value.(type) {
	case bson.D:
		if stage.Key == "$match" {
			return checkFilter(v)
		}
	case bson.A:
		if stage.Key == "$unset" {
			for _, path := range v {
				p, ok := path.(string)
				if !ok || p == "_id" {
					return errorf(2, "BadValue", "$unset: %v", path)
				}
				if err := checkPath(p); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return errorf(40324, "Location40324", "unknown stage: %v", stage)
}

// next waits for changes and returns them; open is false at the end of the
// stream, when its database was dropped.
func (st *stream) next(s *Server, batch int64, patience time.Duration) (docs bson.A, open bool, err error) {
	end := time.Now().Add(patience)
	docs = bson.A{}
	for {
		st.changes.mu.Lock()
		grown := st.changes.grown
		open, err := st.read(batch, &docs)
		st.changes.mu.Unlock()
		left := time.Until(end)
		if err != nil || !open || len(docs) > 0 || left <= 0 {
			return docs, open, err
		}
		if !s.wait(grown, left) {
			return nil, false, errorf(91, "ShutdownInProgress", "the server is shutting down")
		}
	}
}

// read appends the changes that the stream wants, as many as fit into a reply.
func (st *stream) read(batch int64, docs *bson.A) (open bool, err error) {
	if st.number < st.changes.first && len(st.rest) == 0 {
		return false, historyLost()
	}
	for size := 0; int64(len(*docs)) < batch; {
		if len(st.rest) == 0 {
			if st.number == st.changes.end() {
				break
			}
			c := st.changes.list[st.number-st.changes.first]
			st.number++
			if c.ns[0] != st.db {
				continue
			}
			if c.op == "dropDatabase" {
				return false, nil
			}
			d, err := st.document(c)
			if err != nil {
				return false, err
			}
			if d == nil {
				continue
			}
			if st.rest, err = st.fragments(*d); err != nil {
				return false, err
			}
			st.rest = st.rest[min(st.sent, len(st.rest)):]
			continue
		}
		raw, err := bson.Marshal(st.rest[0])
		if err != nil {
			return false, err
		}
		if size += len(raw); size > maxReply && len(*docs) > 0 {
			break
		}
		*docs = append(*docs, st.rest[0])
		st.rest, st.sent = st.rest[1:], st.sent+1
		if len(st.rest) == 0 {
			st.sent = 0
		}
	}
	return true, nil
}

// maxEvent is the most bytes of an event, as of any document inside of the original.
const maxEvent = maxDocument + 16<<10

// fragments are what an event is sent as: itself, or parts with some of its fields each,
// small fields first.
func (st *stream) fragments(d bson.D) ([]bson.D, error) {
	raw, err := bson.Marshal(d)
	if err != nil {
		return nil, err
	}
	if len(raw) <= maxEvent {
		return []bson.D{d}, nil
	}
	tooLarge := errorf(10334, "BSONObjectTooLarge", "BSONObj size: %d is invalid. Size must be between 0 and %d(16MB)", len(raw), maxEvent)
	if !st.split {
		return nil, tooLarge
	}
	sizes := map[string]int{}
	for _, e := range d {
		one, err := bson.Marshal(bson.D{e})
		if err != nil {
			return nil, err
		}
		sizes[e.Key] = len(one)
	}
	fields := slices.Clone(d[1:]) // behind the _id
	slices.SortStableFunc(fields, func(a, b bson.E) int { return sizes[a.Key] - sizes[b.Key] })
	const head = 200 // for the _id and splitEvent of each
	var parts []bson.D
	for size := maxEvent; len(fields) > 0; fields = fields[1:] {
		n := sizes[fields[0].Key]
		if head+n > maxEvent {
			return nil, tooLarge
		}
		if size+n > maxEvent {
			parts, size = append(parts, bson.D{{}, {}}), head
		}
		last := len(parts) - 1
		parts[last], size = append(parts[last], fields[0]), size+n
	}
	for i, part := range parts {
		token := st.changes.token(st.number-1, i+1)
		if i == len(parts)-1 {
			token = st.changes.token(st.number, 0)
		}
		part[0] = bson.E{Key: "_id", Value: token}
		part[1] = bson.E{Key: "splitEvent", Value: bson.D{{Key: "fragment", Value: int32(i + 1)}, {Key: "of", Value: int32(len(parts))}}}
	}
	return parts, nil
}

// document is a change as this stream shows it; nil when it does not.
func (st *stream) document(c change) (bsonkit.Doc, error) {
	d := bson.D{
		{Key: "_id", Value: st.changes.token(st.number, 0)},
		{Key: "operationType", Value: c.op},
		{Key: "clusterTime", Value: bsonkit.Get(&c.event, "clusterTime")},
		{Key: "wallTime", Value: primitive.NewDateTimeFromTime(time.Now())},
		{Key: "ns", Value: bson.D{{Key: "db", Value: c.ns[0]}, {Key: "coll", Value: c.ns[1]}}},
	}
	for _, field := range []string{"documentKey", "updateDescription"} {
		if v := bsonkit.Get(&c.event, field); v != bsonkit.Missing {
			d = append(d, bson.E{Key: field, Value: v})
		}
	}
	add := func(field, mode string, image bson.D) error {
		switch {
		case c.images || c.op == "insert" || c.op == "replace" && field == "fullDocument":
			d = append(d, bson.E{Key: field, Value: image})
		case mode == "required":
			return errorf(47, "NoMatchingDocument", "%s of a change of %s is not kept", field, c.ns)
		case mode == "whenAvailable":
			d = append(d, bson.E{Key: field, Value: nil})
		}
		return nil
	}
	if c.op == "insert" || c.op == "replace" || c.op == "update" && st.after != "default" {
		if err := add("fullDocument", st.after, c.after); err != nil {
			return nil, err
		}
	}
	if st.before != "off" && slices.Contains([]string{"update", "replace", "delete"}, c.op) {
		if err := add("fullDocumentBeforeChange", st.before, c.before); err != nil {
			return nil, err
		}
	}
	out := bsonkit.Clone(&d)
	for _, stage := range st.stages {
		switch v := stage[0].Value.(type) {
		case bson.D:
			if ok, err := mongokit.Match(out, &v); err != nil || !ok {
				return nil, err
			}
		case bson.A:
			for _, path := range v {
				bsonkit.Unset(out, path.(string))
			}
		}
	}
	return out, nil
}
