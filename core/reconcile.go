package core

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"
)

// FilesCheck compares the object store with the records of files. It walks both in the
// order of keys, side by side, and holds a page of each; what seems wrong is looked at
// once more before it is said, so that it may run beside servers.
type FilesCheck struct {
	Specs   []Spec // as for New
	Docs    DocStore
	Objects ObjectStore
	// MinAge is how old an object without a record must be to count: others may be
	// at work on a younger one.
	MinAge time.Duration
	// Found hears of what is wrong: bytes that no record names, READY files whose bytes
	// are gone or of another length.
	Found func(Problem)

	listed, named, unnamed int64
	repair                 *leftovers
}

// Run compares and writes nothing; it counts the objects.
func (c *FilesCheck) Run(ctx context.Context) (objects int64, err error) {
	c.listed, c.named, c.unnamed = 0, 0, 0
	err = c.compare(ctx)
	return c.listed, err
}

// Repair is Run that deletes the bytes that no record names. Records whose bytes are
// gone stay: what they say may be all that is left of a file, and its bytes may come
// back from a backup. It refuses when no object at all is named by a record, since
// then the two stores hardly belong together.
func (c *FilesCheck) Repair(ctx context.Context) (objects int64, err error) {
	look := FilesCheck{Docs: c.Docs, Objects: c.Objects, MinAge: c.MinAge, Found: func(Problem) {}}
	if _, err := look.Run(ctx); err != nil {
		return 0, err
	}
	if look.named == 0 && look.unnamed > 0 {
		return 0, Errorf(Invalid, "No file in the store is named by this database: they seem not to belong together. Nothing was deleted.")
	}
	specs, err := CompleteSpecs(c.Specs)
	if err != nil {
		return 0, err
	}
	spec := specs["leftovers"]
	if err := c.Docs.Ensure(ctx, []Spec{spec}); err != nil {
		return 0, err
	}
	c.repair = newLeftovers(newCollection[Leftover](c.Docs, spec, time.Now), c.Objects, time.Now)
	defer func() { c.repair = nil }()
	return c.Run(ctx)
}

// record is what names an object: an asset, or a leftover when asset is nil.
type record struct {
	key   string
	asset *Asset
}

func (c *FilesCheck) compare(ctx context.Context) error {
	next, stop := iter.Pull2(c.records(ctx))
	defer stop()
	at, err, more := next()
	advance := func() { at, err, more = next() }
	for object, failed := range c.Objects.List(ctx, objectPrefix) {
		if failed != nil {
			return failed
		}
		c.listed++
		for more && err == nil && at.key < object.Key {
			if err := c.missing(ctx, at); err != nil {
				return err
			}
			advance()
		}
		if err != nil {
			return err
		}
		if !more || at.key != object.Key {
			if err := c.nameless(ctx, object); err != nil {
				return err
			}
			continue
		}
		c.named++
		if a := at.asset; a != nil && a.State == Ready && a.Size != object.Size {
			c.Found(Problem{Collection: "assets", ID: a.ID, Field: "size", What: fmt.Sprintf("%d bytes are in the file store, and %d are recorded (key %s)", object.Size, a.Size, object.Key)})
		}
		advance()
	}
	for ; more; advance() {
		if err != nil {
			return err
		}
		if err := c.missing(ctx, at); err != nil {
			return err
		}
	}
	return nil
}

// records yields what names objects, in the order of keys: that of ids.
func (c *FilesCheck) records(ctx context.Context) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		next, stop := iter.Pull2(everyDocument(ctx, c.Docs, "leftovers"))
		defer stop()
		left, err, more := next()
		for doc, failed := range everyDocument(ctx, c.Docs, "assets") {
			asset := new(Asset)
			if failed == nil && doc.Decode(asset) != nil {
				continue // nameless asks by its id
			}
			for ; failed == nil && err == nil && more && leftoverID(asset.key()) > left.id; left, err, more = next() {
				if !yield(record{key: (&Leftover{Head: Head{ID: left.id}}).key()}, nil) {
					return
				}
			}
			if failed == nil {
				failed = err
			}
			if !yield(record{asset.key(), asset}, failed) || failed != nil {
				return
			}
		}
		for ; more; left, err, more = next() {
			if !yield(record{key: (&Leftover{Head: Head{ID: left.id}}).key()}, err) || err != nil {
				return
			}
		}
	}
}

// missing looks at a record of which the listing has no object.
func (c *FilesCheck) missing(ctx context.Context, r record) error {
	if r.asset == nil || r.asset.State != Ready {
		return nil // its bytes may come or be gone
	}
	now, err := c.asset(ctx, r.asset.ID)
	if err != nil || now == nil || now.State != Ready || now.key() != r.key {
		return err
	}
	_, err = c.Objects.Stat(ctx, r.key)
	if !Is(err, NotFound) {
		return err
	}
	c.Found(Problem{Collection: "assets", ID: now.ID, What: fmt.Sprintf("its %d bytes are not in the file store (key %s, sha256 %s): bring them back from a backup, or delete it", now.Size, r.key, now.SHA256)})
	return nil
}

// nameless looks at an object that no record has named.
func (c *FilesCheck) nameless(ctx context.Context, object Object) error {
	age := time.Since(object.Modified)
	if age < c.MinAge {
		return nil
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(object.Key, objectPrefix), ".")
	asset, err := c.asset(ctx, id)
	if isDamage(err) || asset != nil && asset.key() == object.Key {
		return nil // whether it is the one of a damaged record, nobody knows
	}
	if err != nil {
		return err
	}
	if left, err := exists(ctx, c.Docs, "leftovers", Eq("_id", leftoverID(object.Key))); left || err != nil {
		return err
	}
	if _, err := c.Objects.Stat(ctx, object.Key); err != nil {
		if Is(err, NotFound) {
			return nil
		}
		return err
	}
	c.unnamed++
	what := fmt.Sprintf("%d bytes of %s that no record names", object.Size, object.Modified.UTC().Format(time.RFC3339))
	if c.repair != nil {
		if err := c.repair.adopt(ctx, object.Key); err != nil {
			return err
		}
		what += "; deleted"
	}
	c.Found(Problem{Collection: "files", ID: object.Key, What: what})
	return nil
}

// asset is the record as it is now; nil when there is none.
func (c *FilesCheck) asset(ctx context.Context, id string) (*Asset, error) {
	for doc, err := range c.Docs.Find(ctx, "assets", Query{Filter: Eq("_id", id), Limit: 1}) {
		if err != nil {
			return nil, err
		}
		asset := new(Asset)
		return asset, doc.Decode(asset)
	}
	return nil, nil
}
