package mongod

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/256dpi/lungo"
	"github.com/256dpi/lungo/bsonkit"
	"go.mongodb.org/mongo-driver/bson"
)

// batch carries out the statements of one command, up to the first that fails
// when they are ordered. The effect of those before it stays, as always
// outside a transaction.
func batch(c *command, field string, allowed []string, run func(ns lungo.Handle, d bson.D) (n, modified int, err error)) (bson.D, error) {
	ns, err := c.coll()
	if err != nil {
		return nil, err
	}
	list, err := arg(c.args, field, bson.A(nil))
	if err != nil {
		return nil, err
	}
	docs, err := documents(list, allowed...)
	if err != nil {
		return nil, err
	}
	if len(docs) == 0 || len(docs) > 100_000 {
		return nil, errorf(16, "InvalidLength", "%d statements", len(docs))
	}
	ordered, err := arg(c.args, "ordered", true)
	if err != nil {
		return nil, err
	}
	var n, modified int
	var failed bson.A
	for i, d := range docs {
		dn, dm, err := run(ns, d)
		n, modified = n+dn, modified+dm
		if err == nil {
			continue
		}
		e := engineError(err)
		failed = append(failed, append(bson.D{
			{Key: "index", Value: int32(i)},
			{Key: "code", Value: e.code},
			{Key: "errmsg", Value: e.text},
		}, e.extra...))
		if ordered {
			break
		}
	}
	reply := bson.D{{Key: "n", Value: int32(n)}}
	if field == "updates" {
		reply = append(reply, bson.E{Key: "nModified", Value: int32(modified)})
	}
	if failed != nil {
		reply = append(reply, bson.E{Key: "writeErrors", Value: failed})
	}
	return reply, nil
}

func insert(_ *Server, txn *lungo.Transaction, c *command) (bson.D, error) {
	return batch(c, "documents", nil, func(ns lungo.Handle, d bson.D) (int, int, error) {
		if err := checkDocument(d); err != nil {
			return 0, 0, err
		}
		if err := checkIndexes(txn, ns, d); err != nil {
			return 0, 0, err
		}
		res, err := txn.Insert(ns, bsonkit.List{&d}, true)
		if err == nil {
			err = res.Error
		}
		if err != nil {
			return 0, 0, duplicate(txn, ns, err)
		}
		return len(res.Modified), 0, nil
	})
}

func update(_ *Server, txn *lungo.Transaction, c *command) (bson.D, error) {
	var half error // after a change that must not stay
	reply, err := batch(c, "updates", []string{"q", "u", "multi"}, func(ns lungo.Handle, d bson.D) (int, int, error) {
		q, err := arg(d, "q", bson.D(nil))
		if err != nil {
			return 0, 0, err
		}
		u, err := arg(d, "u", bson.D(nil))
		if err != nil {
			return 0, 0, err
		}
		multi, err := arg(d, "multi", false)
		if err != nil {
			return 0, 0, err
		}
		if multi && c.txnNumber >= 0 && !c.inTxn {
			return 0, 0, errorf(72, "InvalidOptions", "an update of many cannot be retried")
		}
		if err := errors.Join(checkFilter(q), checkUpdate(u)); err != nil {
			return 0, 0, err
		}
		// One after the other: an update of many can stop halfway.
		ids, err := matching(txn, ns, q, multi)
		if err != nil {
			return 0, 0, err
		}
		var n, modified int
		for _, id := range ids {
			res, err := txn.Update(ns, &bson.D{{Key: "_id", Value: id}}, nil, &u, 0, 1, false, nil)
			if err != nil {
				return n, modified, duplicate(txn, ns, err)
			}
			for _, doc := range res.Modified {
				half = errors.Join(half, checkIndexes(txn, ns, *doc))
			}
			n, modified = n+1, modified+len(res.Modified)
		}
		return n, modified, nil
	})
	return reply, errors.Join(err, half)
}

func remove(_ *Server, txn *lungo.Transaction, c *command) (bson.D, error) {
	return batch(c, "deletes", []string{"q", "limit"}, func(ns lungo.Handle, d bson.D) (int, int, error) {
		q, err := arg(d, "q", bson.D(nil))
		if err != nil {
			return 0, 0, err
		}
		limit, err := intArg(d, "limit", -1)
		if err != nil || limit < 0 || limit > 1 {
			return 0, 0, errorf(9, "FailedToParse", "limit is 0 or 1")
		}
		if limit == 0 && c.txnNumber >= 0 && !c.inTxn {
			return 0, 0, errorf(72, "InvalidOptions", "a delete of many cannot be retried")
		}
		if err := checkFilter(q); err != nil {
			return 0, 0, err
		}
		res, err := txn.Delete(ns, &q, nil, 0, int(limit))
		if err != nil {
			return 0, 0, err
		}
		return len(res.Matched), 0, nil
	})
}

// matching are the ids of the documents that q matches.
func matching(txn *lungo.Transaction, ns lungo.Handle, q bson.D, many bool) ([]any, error) {
	limit := 1
	if many {
		limit = 0
	}
	res, err := txn.Find(ns, &q, nil, 0, limit)
	if err != nil {
		return nil, err
	}
	ids := make([]any, len(res.Matched))
	for i, d := range res.Matched {
		ids[i] = bsonkit.Get(d, "_id")
	}
	return ids, nil
}

// checkIndexes refuses two arrays in one index, which the engine would take.
func checkIndexes(txn *lungo.Transaction, ns lungo.Handle, d bson.D) error {
	coll := txn.Catalog().Namespaces[ns]
	if coll == nil {
		return nil
	}
	for name, index := range coll.Indexes {
		arrays := 0
		for _, e := range *index.Config().Key {
			if _, ok := bsonkit.Get(&d, e.Key).(bson.A); ok {
				arrays++
			}
		}
		if arrays > 1 {
			return errorf(171, "CannotIndexParallelArrays", "cannot index parallel arrays in %s", name)
		}
	}
	return nil
}

// duplicateIndex is how the engine says that a unique index refused a document.
var duplicateIndex = regexp.MustCompile(`^duplicate document for index "(.*)"$`)

// duplicate turns that into E11000, with the text that drivers' users parse.
func duplicate(txn *lungo.Transaction, ns lungo.Handle, err error) error {
	m := duplicateIndex.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	e := errorf(11000, "DuplicateKey", "E11000 duplicate key error collection: %s index: %s dup key: { ... }", ns, m[1])
	if coll := txn.Catalog().Namespaces[ns]; coll != nil && coll.Indexes[m[1]] != nil {
		key := *coll.Indexes[m[1]].Config().Key
		e.text = fmt.Sprintf("E11000 duplicate key error collection: %s index: %s dup key: { %s: ... }", ns, m[1], key[0].Key)
		e.extra = bson.D{{Key: "keyPattern", Value: key}}
	}
	return e
}
