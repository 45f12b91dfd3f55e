package mongod

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/256dpi/lungo"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// command is a parsed request.
type command struct {
	name string
	db   string
	addr string // on which the client reached us
	args bson.D // the fields of its own, the first with the command's name

	maxTime    time.Duration
	session    string // "" for none
	txnNumber  int64  // -1 for none
	inTxn      bool   // autocommit: false
	startTxn   bool
	consistent string               // the level of the read concern
	at         *primitive.Timestamp // of the snapshot to read
	majority   bool                 // a write concern was given
}

// handler is what the server knows of a command.
type handler struct {
	run    func(s *Server, txn *lungo.Transaction, c *command) (bson.D, error)
	fields []string // that it may have, besides the general ones
	use    use
}

// use says where a command may stand.
type use uint8

const (
	useRead  use = 1 << iota // takes a read concern, allowed in transactions
	useWrite                 // takes a write concern, allowed in transactions, retryable
	useAdmin                 // takes a write concern, not allowed in transactions
	useEnd                   // ends a transaction
)

// handlers lists every command. It is a function because handlers call it.
func handlers(name string) (handler, bool) {
	h, ok := map[string]handler{
		"hello":              {run: hello, fields: []string{"helloOk", "client", "compression", "backpressure"}},
		"isMaster":           {run: hello, fields: []string{"helloOk", "client", "compression", "backpressure"}},
		"ismaster":           {run: hello, fields: []string{"helloOk", "client", "compression", "backpressure"}},
		"buildInfo":          {run: buildInfo},
		"ping":               {run: ping},
		"endSessions":        {run: endSessions},
		"configureFailPoint": {run: configureFailPoint, fields: []string{"mode", "data"}},

		"find":        {run: find, fields: []string{"filter", "sort", "projection", "limit", "batchSize", "singleBatch", "hint"}, use: useRead},
		"aggregate":   {run: aggregate, fields: []string{"pipeline", "cursor", "hint"}, use: useRead},
		"count":       {run: countAll, use: useRead},
		"getMore":     {run: getMore, fields: []string{"collection", "batchSize"}},
		"killCursors": {run: killCursors, fields: []string{"cursors"}},

		"insert": {run: insert, fields: []string{"documents", "ordered"}, use: useWrite},
		"update": {run: update, fields: []string{"updates", "ordered"}, use: useWrite},
		"delete": {run: remove, fields: []string{"deletes", "ordered"}, use: useWrite},

		"commitTransaction": {run: nil, use: useEnd},
		"abortTransaction":  {run: nil, use: useEnd},

		"create":        {run: create, fields: []string{"changeStreamPreAndPostImages"}, use: useAdmin},
		"collMod":       {run: collMod, fields: []string{"changeStreamPreAndPostImages"}, use: useAdmin},
		"createIndexes": {run: createIndexes, fields: []string{"indexes"}, use: useAdmin},
		"dropIndexes":   {run: dropIndexes, fields: []string{"index"}, use: useAdmin},
		"listIndexes":   {run: listIndexes, fields: []string{"cursor"}},
		"dropDatabase":  {run: dropDatabase, use: useAdmin},
	}[name]
	return h, ok
}

// parseCommand checks everything that does not need the data.
func parseCommand(body bson.D, addr string) (*command, error) {
	if len(body) == 0 {
		return nil, errorf(9, "FailedToParse", "an empty command")
	}
	c := &command{name: body[0].Key, addr: addr, txnNumber: -1}
	h, ok := handlers(c.name)
	if !ok {
		return nil, errorf(59, "CommandNotFound", "no such command: '%s'", c.name)
	}
	seen := map[string]bool{}
	for i, e := range body {
		if seen[e.Key] {
			return nil, errorf(9, "FailedToParse", "the field %s is twice in %s", e.Key, c.name)
		}
		seen[e.Key] = true
		var err error
		switch {
		case i == 0, slices.Contains(h.fields, e.Key):
			c.args = append(c.args, e)
		default:
			err = c.general(h, e)
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case c.db == "":
		return nil, errorf(9, "FailedToParse", "the field $db is missing")
	case (c.inTxn || c.startTxn || c.txnNumber >= 0) && (c.session == "" || c.txnNumber < 0):
		return nil, errorf(72, "InvalidOptions", "a transaction needs lsid and txnNumber")
	case c.startTxn && !c.inTxn:
		return nil, errorf(72, "InvalidOptions", "startTransaction needs autocommit: false")
	case c.inTxn && h.use&(useRead|useWrite|useEnd) == 0:
		return nil, errorf(263, "OperationNotSupportedInTransaction", "cannot run %s in a transaction", c.name)
	case !c.inTxn && h.use == useEnd:
		return nil, errorf(72, "InvalidOptions", "%s needs autocommit: false", c.name)
	case c.inTxn && c.majority && h.use != useEnd:
		return nil, errorf(72, "InvalidOptions", "writeConcern belongs to commitTransaction")
	case c.inTxn && c.consistent != "" && !c.startTxn:
		return nil, errorf(72, "InvalidOptions", "readConcern belongs to the first command of a transaction")
	case !c.inTxn && c.consistent == "snapshot" && (c.name != "find" || c.session == ""):
		return nil, errorf(72, "InvalidOptions", "read concern snapshot of a %s outside a transaction", c.name)
	case c.at != nil && (c.inTxn || c.consistent != "snapshot"):
		return nil, errorf(72, "InvalidOptions", "atClusterTime needs read concern snapshot, here without a transaction")
	}
	return c, nil
}

// general reads a field that many commands have.
func (c *command) general(h handler, e bson.E) error {
	wrong := errorf(40415, "Location40415", "BSON field '%s.%s' is an unknown field", c.name, e.Key)
	switch e.Key {
	case "$db":
		c.db, _ = e.Value.(string)
		return nil
	case "lsid":
		if d, ok := e.Value.(bson.D); ok && len(d) == 1 && d[0].Key == "id" {
			if b, ok := d[0].Value.(primitive.Binary); ok && b.Subtype == 4 && len(b.Data) == 16 {
				c.session = string(b.Data)
				return nil
			}
		}
	case "txnNumber":
		if n, ok := e.Value.(int64); ok && n >= 0 {
			c.txnNumber = n
			return nil
		}
	case "autocommit":
		if e.Value == false {
			c.inTxn = true
			return nil
		}
	case "startTransaction":
		if e.Value == true {
			c.startTxn = true
			return nil
		}
	case "maxTimeMS":
		if n, ok := number(e.Value); ok && n >= 0 {
			c.maxTime = time.Duration(n) * time.Millisecond
			return nil
		}
	case "$readPreference":
		if d, ok := e.Value.(bson.D); ok && len(d) == 1 && d[0].Key == "mode" && (d[0].Value == "primary" || d[0].Value == "primaryPreferred") {
			return nil
		}
	case "readConcern":
		// In a transaction the first command has it, whatever it is.
		d, ok := e.Value.(bson.D)
		if ok && len(d) == 2 && d[1].Key == "atClusterTime" {
			if at, isTime := d[1].Value.(primitive.Timestamp); isTime {
				c.at, d = &at, d[:1]
			}
		}
		if ok && len(d) == 1 && d[0].Key == "level" && (h.use&useRead != 0 || h.use&useWrite != 0) {
			if level, _ := d[0].Value.(string); slices.Contains([]string{"local", "majority", "snapshot"}, level) {
				c.consistent = level
				return nil
			}
		}
	case "writeConcern":
		if d, ok := e.Value.(bson.D); ok && h.use&(useWrite|useAdmin|useEnd) != 0 {
			for _, f := range d {
				if n, isNumber := number(f.Value); f.Key == "w" && (f.Value == "majority" || isNumber && n == 1) {
					c.majority = true
				} else if f.Key != "wtimeout" {
					return wrong
				}
			}
			return nil
		}
	}
	return wrong
}

// coll is the namespace that the first field names.
func (c *command) coll() (lungo.Handle, error) {
	name, ok := c.args[0].Value.(string)
	if !ok || name == "" || strings.ContainsAny(name, "$\x00") || strings.HasPrefix(name, "system.") || strings.ContainsAny(c.db, "/\\. \"$\x00") {
		return lungo.Handle{}, errorf(73, "InvalidNamespace", "invalid namespace %s.%v", c.db, c.args[0].Value)
	}
	return lungo.Handle{c.db, name}, nil
}

// arg looks up a field, and want tells its type.
func arg[T any](d bson.D, name string, missing T) (T, error) {
	for _, e := range d {
		if e.Key == name {
			v, ok := e.Value.(T)
			if !ok {
				return missing, errorf(14, "TypeMismatch", "%s is a %T", name, e.Value)
			}
			return v, nil
		}
	}
	return missing, nil
}

// intArg looks up a whole number that is not negative, of whatever type.
func intArg(d bson.D, name string, missing int64) (int64, error) {
	for _, e := range d {
		if e.Key == name {
			n, ok := number(e.Value)
			if !ok || n < 0 {
				return 0, errorf(14, "TypeMismatch", "%s is %v", name, e.Value)
			}
			return n, nil
		}
	}
	return missing, nil
}

// number is a whole number of any numeric type.
func number(v any) (int64, bool) {
	switch v := v.(type) {
	case int32:
		return int64(v), true
	case int64:
		return v, true
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v), true
		}
	}
	return 0, false
}

// documents are the elements of a list of documents.
func documents(list bson.A, allowed ...string) ([]bson.D, error) {
	out := make([]bson.D, len(list))
	for i, v := range list {
		d, ok := v.(bson.D)
		if !ok {
			return nil, errorf(14, "TypeMismatch", "a %T among documents", v)
		}
		for _, e := range d {
			if allowed != nil && !slices.Contains(allowed, e.Key) {
				return nil, errorf(40415, "Location40415", "unknown field '%s'", e.Key)
			}
		}
		out[i] = d
	}
	return out, nil
}

func hello(s *Server, _ *lungo.Transaction, c *command) (bson.D, error) {
	primary := "isWritablePrimary"
	if c.name != "hello" {
		primary = "ismaster"
	}
	return bson.D{
		{Key: "helloOk", Value: true},
		{Key: primary, Value: true},
		{Key: "secondary", Value: false},
		{Key: "setName", Value: setName},
		{Key: "setVersion", Value: int32(1)},
		{Key: "hosts", Value: bson.A{c.addr}},
		{Key: "primary", Value: c.addr},
		{Key: "me", Value: c.addr},
		{Key: "maxBsonObjectSize", Value: int32(maxDocument)},
		{Key: "maxMessageSizeBytes", Value: int32(maxMessage)},
		{Key: "maxWriteBatchSize", Value: int32(100_000)},
		{Key: "localTime", Value: time.Now()},
		{Key: "logicalSessionTimeoutMinutes", Value: int32(30)},
		{Key: "minWireVersion", Value: int32(0)},
		{Key: "maxWireVersion", Value: s.release.wire()},
		{Key: "readOnly", Value: false},
	}, nil
}

func buildInfo(s *Server, _ *lungo.Transaction, _ *command) (bson.D, error) {
	return bson.D{
		{Key: "version", Value: fmt.Sprintf("%d.0.0", s.release)},
		{Key: "versionArray", Value: bson.A{int32(s.release), int32(0), int32(0), int32(0)}},
		{Key: "maxBsonObjectSize", Value: int32(maxDocument)},
	}, nil
}

func ping(*Server, *lungo.Transaction, *command) (bson.D, error) {
	return bson.D{}, nil
}

// failPoint makes commands fail on purpose.
type failPoint struct {
	times  int64 // -1: always
	count  int32 // commands that have failed
	names  []string
	cut    bool
	block  time.Duration
	code   int32
	labels bson.A
}

// configureFailPoint knows the fail point failCommand; see
// https://github.com/mongodb/mongo/wiki/The-%22failCommand%22-fail-point.
func configureFailPoint(s *Server, _ *lungo.Transaction, c *command) (bson.D, error) {
	if c.db != "admin" || c.args[0].Value != "failCommand" {
		return nil, errorf(2, "BadValue", "no such fail point: %v", c.args[0].Value)
	}
	f := &failPoint{times: -1}
	for _, e := range c.args[1:] {
		switch v := e.Value.(type) {
		case string:
			switch {
			case e.Key == "mode" && v == "off":
				f = nil
			case e.Key == "mode" && v == "alwaysOn":
			default:
				return nil, errorf(2, "BadValue", "%s: %s", e.Key, v)
			}
		case bson.D:
			if f == nil {
				break
			}
			if e.Key == "mode" {
				n, err := intArg(v, "times", -1)
				if err != nil || n < 0 || len(v) != 1 {
					return nil, errorf(2, "BadValue", "mode: %v", v)
				}
				f.times = n
			} else if err := f.data(v); err != nil {
				return nil, err
			}
		default:
			return nil, errorf(14, "TypeMismatch", "%s: %T", e.Key, v)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var count int32 // of the one before, as the original reports it
	if s.fail != nil {
		count = s.fail.count
	}
	s.fail = f
	return bson.D{{Key: "count", Value: count}}, nil
}

func (f *failPoint) data(d bson.D) error {
	for _, e := range d {
		n, isNumber := number(e.Value)
		switch v := e.Value.(type) {
		case bson.A:
			switch e.Key {
			case "failCommands":
				for _, name := range v {
					f.names = append(f.names, fmt.Sprint(name))
				}
				continue
			case "errorLabels":
				f.labels = v
				continue
			}
		case bool:
			if e.Key == "closeConnection" {
				f.cut = v
				continue
			}
			if e.Key == "blockConnection" {
				continue // blockTimeMS says how long
			}
		default:
			if e.Key == "errorCode" && isNumber {
				f.code = int32(n)
				continue
			}
			if e.Key == "blockTimeMS" && isNumber {
				f.block = time.Duration(n) * time.Millisecond
				continue
			}
		}
		return errorf(2, "BadValue", "failCommand: %s: %v", e.Key, e.Value)
	}
	return nil
}

// failPoint applies the configured one to a command.
func (s *Server) failPoint(c *command) error {
	s.mu.Lock()
	f := s.fail
	if f == nil || !slices.Contains(f.names, c.name) || f.times == 0 {
		s.mu.Unlock()
		return nil
	}
	if f.times > 0 {
		f.times--
	}
	f.count++
	s.mu.Unlock()
	if f.block > 0 {
		s.wait(nil, f.block)
	}
	switch {
	case f.cut:
		return errCut
	case f.code != 0:
		e := errorf(f.code, "FailPoint", "failing command '%s' by fail point", c.name)
		for _, l := range f.labels {
			e.labels = append(e.labels, fmt.Sprint(l))
		}
		return e
	}
	return nil
}
