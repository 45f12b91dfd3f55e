package mongodb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grapnel/grapnel/core"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const (
	buildTimeout    = 30 * time.Minute // for building indexes over what is there
	fillBatch       = 500              // documents whose words are added at once
	namespaceExists = 48               // the server's code
	maxIndexes      = 64               // of a collection
)

// indexConflicts are the server's codes for an index of the same name or keys
// that is another one.
var indexConflicts = []int{85, 86}

// Ensure creates what specs declare and is missing, words of documents that
// were written before their type was searchable, or by a program with other rules
// for words, included. Of the indexes that no spec declares any more it drops
// those that would still act: unique ones, expiring ones, and those of words,
// which would grow stale. Others stay. Several servers may run it at once.
func (s *Store) Ensure(ctx context.Context, specs []core.Spec) error {
	// A deadline of its own, for the client's default is meant for requests.
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	colls := make([]*collection, len(specs))
	for i, spec := range specs {
		colls[i] = s.newCollection(spec)
		if n := 1 + len(colls[i].indexes()) + len(spec.Search); n > maxIndexes { // one is that of _id
			return core.Errorf(core.Invalid, "The collection %q needs %d indexes, and MongoDB allows %d. Declare fewer with @index, @unique and @searchable, or fewer owners in rules that read.", spec.Name, n, maxIndexes)
		}
	}
	// First what can fail by what is stored: then nobody is in the way of others.
	for _, c := range colls {
		spec, err := c.spec, s.ensure(ctx, c)
		if hasCode(err, indexConflicts) {
			err = core.Wrap(core.Internal, err, fmt.Sprintf("An index of the collection %q differs from what its type declares; drop it and start again.", spec.Name))
		}
		if mongo.IsDuplicateKeyError(err) {
			err = core.Wrap(core.Conflict, err, fmt.Sprintf("Documents in the collection %q hold the same %s, which must be unique. Change them first, or leave @unique out.", spec.Name, takenField(err)))
		}
		if err != nil {
			return fail(ctx, err)
		}
	}
	if err := s.raise(ctx, colls); err != nil {
		return fail(ctx, err)
	}
	for _, c := range colls {
		if err := c.ensureWords(ctx); err != nil {
			return fail(ctx, err)
		}
		s.mu.Lock()
		s.colls[c.spec.Name] = c
		s.mu.Unlock()
	}
	return nil
}

func (s *Store) ensure(ctx context.Context, c *collection) error {
	images := bson.D{{Key: "enabled", Value: c.spec.Live}}
	create := options.CreateCollection()
	if c.spec.Live {
		create.SetChangeStreamPreAndPostImages(images)
	}
	err := s.db.CreateCollection(ctx, c.spec.Name, create)
	if hasCode(err, []int{namespaceExists}) {
		err = nil
		if c.spec.Live {
			err = s.db.RunCommand(ctx, bson.D{
				{Key: "collMod", Value: c.spec.Name},
				{Key: "changeStreamPreAndPostImages", Value: images},
			}).Err()
		}
	}
	if err != nil {
		return err
	}
	// MongoDB 7 and newer do not say whether there was such a collection
	// (SERVER-60064).
	if err := c.adopt(ctx); err != nil {
		return err
	}
	if models := c.indexes(); len(models) > 0 {
		_, err = c.Indexes().CreateMany(ctx, models)
	}
	return err
}

// indexes are what the spec declares, without those of words. takenField reads the names
// of the unique ones.
func (c *collection) indexes() []mongo.IndexModel {
	var models []mongo.IndexModel
	add := func(o *options.IndexOptionsBuilder, fields ...string) {
		var keys, partial bson.D
		for _, f := range fields {
			keys = append(keys, bson.E{Key: f, Value: 1})
			if c.fields[f].Sparse {
				partial = append(partial, compare(f, "$gte", least(c.fields[f].Kind))...)
			}
		}
		if partial != nil {
			o.SetPartialFilterExpression(partial)
		}
		models = append(models, mongo.IndexModel{Keys: keys, Options: o.SetName(indexName(fields...))})
	}
	for _, fields := range c.spec.Indexes {
		add(options.Index(), append(slices.Clone(fields), "_id")...)
	}
	for _, f := range c.spec.Fields {
		if f.Unique {
			add(options.Index().SetUnique(true).SetPartialFilterExpression(compare(f.Name, "$gte", least(f.Kind))), f.Name)
		}
	}
	if c.spec.Expires != "" {
		add(options.Index().SetExpireAfterSeconds(0), c.spec.Expires)
	}
	return models
}

// indexName is the usual name of an index on some fields.
func indexName(fields ...string) string { return strings.Join(fields, "_1_") + "_1" }

// adopt drops what still acts of the indexes of an earlier start, and finds those of
// words.
func (c *collection) adopt(ctx context.Context) error {
	cur, err := c.Indexes().List(ctx)
	if err != nil {
		return err
	}
	var have []index
	if err := cur.All(ctx, &have); err != nil {
		return err
	}
	c.words = map[string]bool{}
	for _, i := range have {
		if field, is := strings.CutPrefix(i.Name, wordsField+"."); is {
			c.words[strings.TrimSuffix(field, "_1")] = true
		}
		if c.outdated(i) {
			if err := c.Indexes().DropOne(ctx, i.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// ensureWords makes the words that are missing, and then their indexes. Without an index
// nobody has kept the words that there are: all are made anew, and again should it be
// cut short.
func (c *collection) ensureWords(ctx context.Context) error {
	for _, field := range c.spec.Search {
		name, whole := wordsField+"."+field, false
		missing := bson.D{}
		if c.words[field] {
			var err error
			if whole, err = c.hasWords(ctx, field); err != nil {
				return err
			}
			missing = compare(name, "$ne", rulesMark)
		}
		if !whole {
			if err := c.fillWords(ctx, field, missing); err != nil {
				return err
			}
		}
		if !c.words[field] {
			_, err := c.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: name, Value: 1}}, Options: options.Index().SetName(indexName(name))})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// hasWords reports whether all documents have the words of a field by the present
// rules. It counts in the index at each start, for an older server may have
// written after this one's last start.
func (c *collection) hasWords(ctx context.Context, field string) (bool, error) {
	all, err := c.EstimatedDocumentCount(ctx)
	if err != nil {
		return false, err
	}
	done, err := c.CountDocuments(ctx, compare(wordsField+"."+field, "$eq", rulesMark))
	return done == all, err
}

// index is what the server says of an index.
type index struct {
	Name                    string
	Unique                  bool
	ExpireAfterSeconds      *int32   `bson:"expireAfterSeconds"`
	PartialFilterExpression bson.Raw `bson:"partialFilterExpression"`
}

// outdated holds for an index that acts and that the spec does not declare so.
func (c *collection) outdated(i index) bool {
	field, isOne := strings.CutSuffix(i.Name, "_1")
	words, isWords := strings.CutPrefix(field, wordsField+".")
	switch {
	case isOne && isWords:
		return !c.searches(words)
	case i.ExpireAfterSeconds != nil:
		return field != c.spec.Expires
	case i.Unique:
		f := c.fields[field]
		return !f.Unique || !isOfKind(i.PartialFilterExpression, f)
	}
	return false
}

// isOfKind reports whether the filter of a unique index is about values of the
// field's kind.
func isOfKind(filter bson.Raw, f core.Field) bool {
	t, _, err := bson.MarshalValue(least(f.Kind))
	return err == nil && filter.Lookup(f.Name, "$gte").Type == t
}

// fillWords sets the words of one field in documents.
func (c *collection) fillWords(ctx context.Context, field string, which bson.D) (err error) {
	cur, err := c.Collection.Find(ctx, which, options.Find().SetProjection(bson.D{{Key: field, Value: 1}}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cur.Close(ctx)) }()
	var batch []mongo.WriteModel
	for cur.Next(ctx) {
		id, text := cur.Current.Lookup("_id"), cur.Current.Lookup(field)
		if text.Type == 0 {
			text = bson.RawValue{Type: bson.TypeNull}
		}
		batch = append(batch, mongo.NewUpdateOneModel().
			SetFilter(bson.D{{Key: "_id", Value: clone(id)}, {Key: field, Value: bson.D{{Key: "$eq", Value: clone(text)}}}}). // unless it changed meanwhile
			SetUpdate(bson.D{{Key: "$set", Value: bson.D{{Key: wordsField + "." + field, Value: wordsOf(text)}}}}))
		if len(batch) < fillBatch && cur.RemainingBatchLength() > 0 {
			continue
		}
		if _, err := c.BulkWrite(ctx, batch, options.BulkWrite().SetOrdered(false)); err != nil {
			return err
		}
		batch = batch[:0]
	}
	return cur.Err()
}

// clone copies a value out of the cursor's buffer.
func clone(v bson.RawValue) bson.RawValue {
	v.Value = slices.Clone(v.Value)
	return v
}
