package mongod

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/256dpi/lungo"
	"github.com/256dpi/lungo/bsonkit"
	"github.com/256dpi/lungo/mongokit"
	"go.mongodb.org/mongo-driver/bson"
)

const maxIndexes = 64

func create(s *Server, txn *lungo.Transaction, c *command) (bson.D, error) {
	ns, err := c.coll()
	if err != nil {
		return nil, err
	}
	on, err := images(c)
	if err != nil {
		return nil, err
	}
	if txn.Catalog().Namespaces[ns] != nil {
		s.mu.Lock()
		same := s.images[ns] == on
		s.mu.Unlock()
		if s.release > Release6 && same {
			return bson.D{}, nil
		}
		return nil, errorf(48, "NamespaceExists", "collection %s already exists", ns)
	}
	if err := txn.Create(ns); err != nil {
		return nil, err
	}
	s.setImages(ns, on)
	return bson.D{}, nil
}

func collMod(s *Server, txn *lungo.Transaction, c *command) (bson.D, error) {
	ns, err := c.coll()
	if err != nil {
		return nil, err
	}
	if txn.Catalog().Namespaces[ns] == nil {
		return nil, errorf(26, "NamespaceNotFound", "ns does not exist: %s", ns)
	}
	on, err := images(c)
	if err != nil {
		return nil, err
	}
	if len(c.args) > 1 {
		s.setImages(ns, on)
	}
	return bson.D{}, nil
}

// images reads changeStreamPreAndPostImages.
func images(c *command) (on bool, err error) {
	d, err := arg(c.args, "changeStreamPreAndPostImages", bson.D(nil))
	if err != nil || d == nil {
		return false, err
	}
	on, err = arg(d, "enabled", false)
	if err != nil || len(d) != 1 {
		return false, errorf(9, "FailedToParse", "changeStreamPreAndPostImages: %v", d)
	}
	return on, nil
}

func (s *Server) setImages(ns lungo.Handle, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.images[ns] = on
}

func dropDatabase(s *Server, txn *lungo.Transaction, c *command) (bson.D, error) {
	if n, ok := number(c.args[0].Value); !ok || n != 1 {
		return nil, errorf(2, "BadValue", "dropDatabase: %v", c.args[0].Value)
	}
	s.mu.Lock()
	for ns := range s.images {
		if ns[0] == c.db {
			delete(s.images, ns)
		}
	}
	s.mu.Unlock()
	return bson.D{}, txn.Drop(lungo.Handle{c.db})
}

func createIndexes(_ *Server, txn *lungo.Transaction, c *command) (bson.D, error) {
	ns, err := c.coll()
	if err != nil {
		return nil, err
	}
	list, err := arg(c.args, "indexes", bson.A(nil))
	if err != nil {
		return nil, err
	}
	specs, err := documents(list, "key", "name", "unique", "partialFilterExpression", "expireAfterSeconds")
	if err != nil {
		return nil, err
	}
	if len(specs) == 0 {
		return nil, errorf(2, "BadValue", "no indexes")
	}
	if err := txn.Create(ns); err != nil {
		return nil, err
	}
	before := len(txn.Catalog().Namespaces[ns].Indexes)
	for _, spec := range specs {
		name, config, err := indexConfig(spec)
		if err != nil {
			return nil, err
		}
		have := txn.Catalog().Namespaces[ns].Indexes
		for other, index := range have {
			sameKey := bsonkit.Compare(*index.Config().Key, *config.Key) == 0
			switch {
			case other == name && !sameKey:
				return nil, errorf(86, "IndexKeySpecsConflict", "an index named %s has other keys", name)
			case sameKey && (other != name || !config.Equal(index.Config())):
				return nil, errorf(85, "IndexOptionsConflict", "the index %s has the same keys and other options", other)
			}
		}
		if have[name] == nil && len(have) >= maxIndexes {
			return nil, errorf(67, "CannotCreateIndex", "more than %d indexes", maxIndexes)
		}
		if _, err := txn.CreateIndex(ns, name, config); err != nil {
			return nil, duplicate(txn, ns, err)
		}
	}
	for _, d := range txn.Catalog().Namespaces[ns].Documents.List {
		if err := checkIndexes(txn, ns, *d); err != nil {
			return nil, err
		}
	}
	return bson.D{
		{Key: "numIndexesBefore", Value: int32(before)},
		{Key: "numIndexesAfter", Value: int32(len(txn.Catalog().Namespaces[ns].Indexes))},
	}, nil
}

// dropIndexes drops one index by its name.
func dropIndexes(_ *Server, txn *lungo.Transaction, c *command) (bson.D, error) {
	ns, err := c.coll()
	if err != nil {
		return nil, err
	}
	name, err := arg(c.args, "index", "")
	if err != nil || name == "" || name == "*" || name == "_id_" {
		return nil, errorf(72, "InvalidOptions", "index: %q", name)
	}
	coll := txn.Catalog().Namespaces[ns]
	if coll == nil {
		return nil, errorf(26, "NamespaceNotFound", "ns not found %s", ns)
	}
	if coll.Indexes[name] == nil {
		return nil, errorf(27, "IndexNotFound", "index not found with name [%s]", name)
	}
	return bson.D{{Key: "nIndexesWas", Value: int32(len(coll.Indexes))}}, txn.DropIndex(ns, name)
}

// indexConfig reads an index specification.
func indexConfig(spec bson.D) (name string, config mongokit.IndexConfig, err error) {
	name, err = arg(spec, "name", "")
	key, err2 := arg(spec, "key", bson.D(nil))
	unique, err3 := arg(spec, "unique", false)
	partial, err4 := arg(spec, "partialFilterExpression", bson.D(nil))
	seconds, err5 := intArg(spec, "expireAfterSeconds", -1)
	if err := errors.Join(err, err2, err3, err4, err5, checkKeys(key)); err != nil {
		return "", config, err
	}
	if name == "" || len(key) == 0 || len(key) > 32 {
		return "", config, errorf(67, "CannotCreateIndex", "the index %q has the keys %v", name, key)
	}
	if slices.ContainsFunc(key, func(e bson.E) bool { return strings.Contains(e.Key, "$") }) {
		return "", config, errorf(67, "CannotCreateIndex", "keys: %v", key)
	}
	config = mongokit.IndexConfig{Key: &key, Unique: unique}
	if partial != nil {
		if err := checkPartial(partial); err != nil {
			return "", config, err
		}
		config.Partial = &partial
	}
	if seconds >= 0 {
		if len(key) != 1 || key[0].Key == "_id" {
			return "", config, errorf(67, "CannotCreateIndex", "a TTL index has one key, not _id")
		}
		// The engine takes 0 for no expiry.
		config.Expiry = max(time.Duration(seconds)*time.Second, 1)
	}
	return name, config, nil
}

// checkPartial allows the operators that an index may have and checkFilter
// knows.
func checkPartial(filter bson.D) error {
	for _, e := range filter {
		d, ok := e.Value.(bson.D)
		if !ok || len(d) != 1 || !slices.Contains([]string{"$eq", "$lt", "$lte", "$gt", "$gte"}, d[0].Key) {
			return errorf(67, "CannotCreateIndex", "unsupported expression in partial index: %v", e)
		}
	}
	return checkFilter(filter)
}

func listIndexes(s *Server, txn *lungo.Transaction, c *command) (bson.D, error) {
	ns, err := c.coll()
	if err != nil {
		return nil, err
	}
	if txn.Catalog().Namespaces[ns] == nil {
		return nil, errorf(26, "NamespaceNotFound", "ns does not exist: %s", ns)
	}
	list, err := txn.ListIndexes(ns)
	if err != nil {
		return nil, err
	}
	return s.open(&cursor{ns: ns, rest: list}, maxIndexes+1)
}
