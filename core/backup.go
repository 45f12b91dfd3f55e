package core

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// BackupEntry is one document or one file of an installation.
type BackupEntry struct {
	Coll string // of a document
	Doc  []byte // BSON

	Key         string // of a file
	ContentType string
	Size        int64
	Body        io.Reader // exactly Size bytes, to be read before the next entry
}

// Backup copies a whole installation while servers work on it: every document, as the
// store was at one moment, and the bytes of every file that was READY then. It is right
// to read the bytes afterwards, for no key is used twice and a hold keeps them. Sessions
// are among the documents; the token key is not.
type Backup struct {
	Specs   []Spec // as for New
	Docs    DocStore
	Objects ObjectStore
	// Write stores an entry, and returns the SHA-256 of a file.
	Write func(BackupEntry) (sha256 []byte, err error)
	// Found hears of READY files whose bytes are gone or are not those that were stored.
	Found func(Problem)
}

// Run counts what it has copied.
func (b *Backup) Run(ctx context.Context) (documents, files int64, err error) {
	specs, err := CompleteSpecs(b.Specs)
	if err != nil {
		return 0, 0, err
	}
	ctx = AsSystem(ctx)
	if err := checkRestored(ctx, b.Docs); err != nil {
		return 0, 0, err
	}
	ctx, giveBack, err := takeHold(ctx, b.Docs, specs["holds"], newID(holdSpec().Prefix))
	if err != nil {
		return 0, 0, err
	}
	defer giveBack()
	// The files may be more than memory holds.
	spool, err := os.CreateTemp("", "grapnel-files-*")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, spool.Close(), os.Remove(spool.Name())) }()
	list := bufio.NewWriter(spool)
	assets := json.NewEncoder(list)
	err = b.Docs.Snapshot(ctx, func(all Snapshot) error {
		colls, err := everyCollection(specs, all(snapshotSpec().Name))
		for i := 0; i < len(colls) && err == nil; i++ {
			for doc, failed := range all(colls[i]) {
				if failed != nil {
					return failed
				}
				if err := ctx.Err(); err != nil {
					return context.Cause(ctx)
				}
				var fields map[string]any
				if err := doc.Decode(&fields); err != nil || fields["_id"] != doc.ID() {
					b.Found(Problem{Collection: colls[i], ID: doc.ID(), What: "cannot be read, and is left out"})
					continue
				}
				if _, err := b.Write(BackupEntry{Coll: colls[i], Doc: doc.BSON()}); err != nil {
					return err
				}
				documents++
				if colls[i] == "assets" {
					if err := b.note(doc, assets); err != nil {
						return err
					}
				}
			}
		}
		return err
	})
	if err == nil {
		err = list.Flush()
	}
	if err == nil {
		_, err = spool.Seek(0, io.SeekStart)
	}
	if err != nil {
		return documents, 0, err
	}
	for list := json.NewDecoder(bufio.NewReader(spool)); ; {
		a := new(Asset)
		if err := list.Decode(a); err == io.EOF {
			return documents, files, nil
		} else if err != nil {
			return documents, files, err
		}
		copied, err := b.copy(ctx, a)
		if err != nil {
			return documents, files, err
		}
		if copied {
			files++
		}
	}
}

// everyCollection names those that hold documents: the declared ones, those that older
// programs declared, and the snapshots of both, which come last: where they are missing,
// a copy is not whole.
func everyCollection(specs map[string]Spec, snapshots iter.Seq2[Doc, error]) ([]string, error) {
	names := map[string]bool{}
	for name := range specs {
		names[name] = true
	}
	for doc, err := range snapshots {
		if err != nil {
			return nil, err
		}
		names[doc.ID()] = true
	}
	delete(names, holdSpec().Name)
	delete(names, viewingSpec().Name) // what ends with the servers
	return append(slices.Sorted(maps.Keys(names)), snapshotSpec().Name), nil
}

// note writes a file down that is to be copied.
func (b *Backup) note(doc Doc, to *json.Encoder) error {
	a := new(Asset)
	if err := doc.Decode(a); err != nil {
		b.Found(Problem{Collection: "assets", ID: doc.ID(), What: "cannot be read as a file; its bytes are not copied"})
		return nil
	}
	if a.State != Ready {
		return nil
	}
	return to.Encode(a)
}

// copy copies the bytes of a file, if there are any.
func (b *Backup) copy(ctx context.Context, a *Asset) (copied bool, err error) {
	found := func(what string) { b.Found(Problem{Collection: "assets", ID: a.ID, What: what}) }
	defer func() {
		if err != nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
	}()
	info, err := b.Objects.Stat(ctx, a.key())
	if Is(err, NotFound) {
		found("its bytes are not in the file store")
		return false, nil
	}
	if err != nil {
		return false, err
	}
	r, err := b.Objects.Open(ctx, a.key(), 0, -1)
	if err != nil {
		return false, err
	}
	defer r.Close()
	sum, err := b.Write(BackupEntry{Key: a.key(), ContentType: a.ContentType, Size: info.Size, Body: r})
	if err != nil {
		return false, err
	}
	if hex.EncodeToString(sum) != a.SHA256 || info.Size != a.Size {
		found("its bytes are not those that were stored; they are copied as they are")
	}
	return true, nil
}

// Restore fills stores with what a Backup has copied.
type Restore struct {
	Specs   []Spec // as for New
	Docs    DocStore
	Objects ObjectStore
	// Replace deletes the documents that are there; without it they are refused.
	Replace bool
	// Entries are those of the backup, documents first.
	Entries iter.Seq2[BackupEntry, error]
}

// restoring is the id of a hold that is there while a Restore is not complete.
const restoring = "hold_restore"

const (
	restoreDocs  = 500     // written at once
	restoreBytes = 4 << 20 // of them
)

// collectionName is what a backup may bring.
var collectionName = regexp.MustCompile(`^_?[A-Za-z][A-Za-z0-9_]{0,99}$`)

// Run stores the documents as they were, and brings them to the declared types. A store
// in which it was cut short is refused by New until it has run again, with Replace.
func (r *Restore) Run(ctx context.Context) (documents, files int64, err error) {
	ctx = AsSystem(ctx)
	specs, err := CompleteSpecs(r.Specs)
	if err != nil {
		return 0, 0, err
	}
	if err := r.mayFill(ctx, specs); err != nil {
		return 0, 0, err
	}
	ctx, giveBack, err := takeHold(ctx, r.Docs, specs["holds"], "hold_restoring")
	if errors.Is(err, errHeld) {
		return 0, 0, Errorf(Conflict, "Another restore is running here. One that was killed is over after five minutes.")
	}
	if err != nil {
		return 0, 0, err
	}
	defer giveBack()
	defer func() {
		if gone := context.Cause(ctx); err != nil && gone != nil {
			err = gone
		}
	}()
	mark := &hold{Head: Head{ID: restoring, Version: 1}, Until: Millis(time.Now().AddDate(1000, 0, 0))}
	holds := holdSpec().Name
	if err := r.Docs.Write(ctx, Op{Kind: OpDelete, Coll: holds, Filter: Eq("_id", restoring), Optional: true}, Op{Kind: OpInsert, Coll: holds, Doc: mark}); err != nil {
		return 0, 0, err
	}
	there, err := r.clear(ctx, specs)
	if err != nil {
		return 0, 0, err
	}
	var batch []Op
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := r.Docs.Write(ctx, batch...)
		documents += int64(len(batch))
		batch, size = batch[:0], 0
		return err
	}
	for e, err := range r.Entries {
		if err != nil {
			return documents, files, err
		}
		if e.Coll == "" {
			if !strings.HasPrefix(e.Key, objectPrefix) {
				return documents, files, Errorf(Invalid, "The backup holds a file %q, which is none of this program.", e.Key)
			}
			if err := r.Objects.Put(ctx, e.Key, e.Body, ObjectMeta{ContentType: e.ContentType}); err != nil {
				return documents, files, err
			}
			files++
			continue
		}
		if !there[e.Coll] {
			if !collectionName.MatchString(e.Coll) || e.Coll == holdSpec().Name {
				return documents, files, Errorf(Invalid, "The backup holds a collection %q, which is none of this program.", e.Coll)
			}
			if err := r.prepare(ctx, e.Coll, there); err != nil {
				return documents, files, err
			}
		}
		batch, size = append(batch, Op{Kind: OpInsert, Coll: e.Coll, Doc: encoded(e.Doc)}), size+len(e.Doc)
		if len(batch) == restoreDocs || size >= restoreBytes {
			if err := flush(); err != nil {
				return documents, files, err
			}
		}
	}
	if err := flush(); err != nil {
		return documents, files, err
	}
	m, err := planMigration(ctx, r.Docs, specs, nil)
	if err != nil {
		return documents, files, err
	}
	if err := m.Apply(ctx); err != nil {
		return documents, files, err
	}
	return documents, files, r.Docs.Write(ctx, Op{Kind: OpDelete, Coll: holds, Filter: Eq("_id", restoring)})
}

// encoded is a document that is BSON already.
type encoded []byte

// MarshalBSON implements the interface of that name of the BSON library.
func (e encoded) MarshalBSON() ([]byte, error) { return e, nil }

// mayFill refuses stores that hold something, unless it may go.
func (r *Restore) mayFill(ctx context.Context, specs map[string]Spec) error {
	if r.Replace {
		return nil
	}
	colls, err := r.collections(ctx, specs)
	if err != nil {
		return err
	}
	if err := checkRestored(ctx, r.Docs); err != nil {
		return err
	}
	for _, coll := range colls {
		there, err := exists(ctx, r.Docs, coll, All)
		if err != nil {
			return err
		}
		if there {
			return Errorf(Conflict, "There are documents already. To delete them first, stop the servers and say --replace.")
		}
	}
	for _, err := range r.Objects.List(ctx, objectPrefix) {
		if err == nil {
			err = Errorf(Conflict, "There are files already. If they are those of the backup or may stay, say --replace.")
		}
		return err
	}
	return nil
}

// collections names those that the stores have.
func (r *Restore) collections(ctx context.Context, specs map[string]Spec) ([]string, error) {
	return everyCollection(specs, r.Docs.Find(ctx, snapshotSpec().Name, Query{Limit: maxTypes}))
}

// clear makes room.
func (r *Restore) clear(ctx context.Context, specs map[string]Spec) (prepared map[string]bool, err error) {
	colls, err := r.collections(ctx, specs)
	if err != nil {
		return nil, err
	}
	prepared = map[string]bool{}
	for _, coll := range colls {
		if err := r.prepare(ctx, coll, prepared); err != nil {
			return nil, err
		}
		for {
			page, err := readPage(ctx, r.Docs, coll, nil, restoreDocs)
			if err != nil {
				return nil, err
			}
			if len(page) == 0 {
				break
			}
			ids := make([]string, len(page))
			for i, doc := range page {
				ids[i] = doc.id
			}
			if err := r.Docs.Write(ctx, Op{Kind: OpDelete, Coll: coll, Filter: In("_id", ids), Optional: true}); err != nil {
				return nil, err
			}
		}
	}
	return prepared, nil
}

// prepare makes a collection without any field: the migration knows the fields.
func (r *Restore) prepare(ctx context.Context, coll string, prepared map[string]bool) error {
	prepared[coll] = true
	return r.Docs.Ensure(ctx, []Spec{{Name: coll, Prefix: coll}})
}

// checkRestored refuses a store that a Restore has not completed.
func checkRestored(ctx context.Context, docs DocStore) error {
	cut, err := exists(ctx, docs, holdSpec().Name, Eq("_id", restoring))
	if cut {
		return Errorf(Conflict, "A restore was cut short here, and not all documents are there. Run it again, with --replace.")
	}
	return err
}
