package mongodb

import (
	"context"
	"errors"
	"slices"
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
)

// Ensure creates what specs declare and is missing. It drops nothing: an index
// that no spec declares any more stays. Words of documents that were written
// before their type was searchable are added here. Several servers may run it
// at once.
func (s *Store) Ensure(ctx context.Context, specs []core.Spec) error {
	// A deadline of its own, for the client's default is meant for requests.
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	for _, spec := range specs {
		c := s.newCollection(spec)
		if err := s.ensure(ctx, c); err != nil {
			return fail(ctx, err)
		}
		s.mu.Lock()
		s.colls[spec.Name] = c
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
		if err == nil {
			err = c.fillWords(ctx)
		}
	}
	if err != nil {
		return err
	}
	if models := c.indexes(); len(models) > 0 {
		_, err = c.Indexes().CreateMany(ctx, models)
	}
	return err
}

// indexes are what the spec declares. Their names are the usual ones, "slug_1",
// which takenField reads.
func (c *collection) indexes() []mongo.IndexModel {
	var models []mongo.IndexModel
	for _, fields := range c.spec.Indexes {
		var key bson.D
		for _, f := range append(slices.Clone(fields), "_id") {
			key = append(key, bson.E{Key: f, Value: 1})
		}
		models = append(models, mongo.IndexModel{Keys: key})
	}
	for _, f := range c.spec.Fields {
		if f.Unique {
			models = append(models, mongo.IndexModel{
				Keys:    bson.D{{Key: f.Name, Value: 1}},
				Options: options.Index().SetUnique(true).SetPartialFilterExpression(compare(f.Name, "$gte", least(f.Kind))),
			})
		}
	}
	if c.spec.Expires != "" {
		models = append(models, mongo.IndexModel{
			Keys:    bson.D{{Key: c.spec.Expires, Value: 1}},
			Options: options.Index().SetExpireAfterSeconds(0),
		})
	}
	for _, f := range c.spec.Search {
		models = append(models, mongo.IndexModel{Keys: bson.D{{Key: wordsField + "." + f, Value: 1}}})
	}
	return models
}

// fillWords adds the words of searchable fields that have no index yet, and so
// became searchable after documents were written. The index is made afterwards:
// should this be cut short, the next start does it again.
func (c *collection) fillWords(ctx context.Context) error {
	specs, err := c.Indexes().ListSpecifications(ctx)
	if err != nil {
		return err
	}
	for _, field := range c.spec.Search {
		name := wordsField + "." + field + "_1"
		if slices.ContainsFunc(specs, func(i mongo.IndexSpecification) bool { return i.Name == name }) {
			continue
		}
		if err := c.fillWordsOf(ctx, field); err != nil {
			return err
		}
	}
	return nil
}

func (c *collection) fillWordsOf(ctx context.Context, field string) (err error) {
	cur, err := c.Collection.Find(ctx, compare(field, "$gte", ""), options.Find().SetProjection(bson.D{{Key: field, Value: 1}}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cur.Close(ctx)) }()
	var batch []mongo.WriteModel
	for cur.Next(ctx) {
		id, text := cur.Current.Lookup("_id"), cur.Current.Lookup(field)
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
