package core

import (
	"context"
	"io"
	"iter"
	"time"
)

// DocStore keeps documents: one collection for each type, described by its
// [Spec]. It knows no rule and no type; rules arrive inside the filters. Every
// call returns *Error for what the caller can act on: CONFLICT by [Taken] for
// a unique index, UNAVAILABLE when the store does not answer in time, and
// *[NoMatch]. Implementations pass storage/storagetest.
type DocStore interface {
	// Ensure creates the collections and indexes that specs declare. It is
	// idempotent, and may be called again for some of them or for more. When
	// documents hold the same value in a unique field it fails with CONFLICT.
	// Before it only Find and Count may be called. Once it has returned, every
	// store that was told a Spec with another Fingerprint of one of these
	// collections, in whatever process, refuses it with [ErrOutdated], and Ping.
	Ensure(ctx context.Context, specs []Spec) error
	// Find yields the documents that q describes, in order. Leaving the loop
	// early releases everything; an error ends it. A collection of which
	// Ensure was not told can be read as well, where q names no field but
	// "_id"; one that the store does not have is empty.
	Find(ctx context.Context, coll string, q Query) iter.Seq2[Doc, error]
	// FindEach answers several queries of one collection together, each as Find
	// would, in the order of qs: for pages below each document of a list. It
	// costs one round trip for each 100 queries, and holds the whole answer: the
	// limits bound it.
	FindEach(ctx context.Context, coll string, qs []Query) ([][]Doc, error)
	// Count counts what q matches, at most its Limit when that is not 0, in the
	// collections that Find reads. Of q only Filter, Arms and Limit matter; the arms
	// are those of [Spec.CountArms], and have no document in common.
	Count(ctx context.Context, coll string, q Query) (int64, error)
	// Write carries out all operations as one atomic, durable step, or none.
	Write(ctx context.Context, ops ...Op) error
	// Changes opens a stream of what Write did to live collections after the
	// given token, or from now on when it is nil. The stream is open when
	// Changes returns: no later write is missed. A token that is no longer
	// known fails with [ErrTokenLost], here or at Next.
	Changes(ctx context.Context, after Token) (Stream, error)
	// Snapshot calls read with the state of the whole store at one moment, whatever is
	// written meanwhile. The Snapshot is good until read returns, whose error comes back.
	// A store that cannot keep the state for so long fails with UNAVAILABLE.
	Snapshot(ctx context.Context, read func(Snapshot) error) error
	// Ping reports whether the store answers and can be written.
	Ping(ctx context.Context) error
	Kind() StoreKind
	Close() error
}

// Snapshot yields every document of a collection, once, in no particular order; of one
// that the store does not have, none. An error ends it.
type Snapshot func(coll string) iter.Seq2[Doc, error]

// Doc is one stored document, still encoded. It stays valid after the loop
// that yielded it.
type Doc interface {
	// ID is the document's id: also of one that cannot be decoded, when its Query
	// asked to Identify it, and otherwise as far as its bytes tell.
	ID() string
	// Decode fills a struct with bson tags, or a map[string]any: there, numbers
	// are int32, int64 or float64, a decimal128 has a method BigInt, times have a
	// method Time, and lists and documents are slices and maps. What does not fit is
	// a *[DecodeError].
	Decode(into any) error
	// BSON is the encoded document; read-only.
	BSON() []byte
}

// Query asks for documents of one collection.
type Query struct {
	Filter Filter
	// Arms are the ways to the documents, as core has planned them; see [Spec.Plan].
	Arms []Arm
	// Order ends with "_id", so that it is total; the fields before it are
	// never null. Empty means no particular order.
	Order []Order
	// After holds one value for each key of Order: only documents strictly
	// behind it are wanted. Nil starts at the beginning.
	After []any
	// Before is the same for the end: only documents strictly before it. Nil goes on
	// to the last.
	Before []any
	// Limit bounds the answer; it is never 0.
	Limit int
	// Brief allows a store to leave the Bulk fields of the Spec out.
	Brief bool
	// Identify has the store tell the ids of documents by what it found them by,
	// and not by their bytes, which may be damaged.
	Identify bool
}

// Order is one key of a sort.
type Order struct {
	Field string
	Desc  bool
}

// OpKind says what an [Op] does.
type OpKind uint8

// Insert adds Doc. Update changes, and Delete removes, every document that
// Filter matches.
const (
	OpInsert OpKind = iota
	OpUpdate
	OpDelete
)

// Op is one operation of [DocStore.Write].
type Op struct {
	Kind   OpKind
	Coll   string
	Doc    any    // OpInsert: a pointer to a struct with bson tags
	Filter Filter // OpUpdate, OpDelete
	Patch  Patch  // OpUpdate
	// Optional lets the operation match nothing; otherwise the whole Write
	// fails with *NoMatch and writes nothing.
	Optional bool
}

// Patch is a list of changes to top-level fields, each named at most once.
type Patch []Edit

// Edit is one change: Value replaces the field, or is added to the number in
// it when Inc is true.
type Edit struct {
	Field string
	Value any
	Inc   bool
}

// Set replaces a field; a nil value makes it null.
func Set(field string, v any) Edit { return Edit{Field: field, Value: v} }

// Inc adds n to an integer field; null counts as 0.
func Inc(field string, n int64) Edit { return Edit{Field: field, Value: n, Inc: true} }

// Token is a position in the stream of changes; opaque.
type Token []byte

// ErrTokenLost says that changes between the token and now are gone.
var ErrTokenLost error = Errorf(Unavailable, "The missed changes are no longer kept; read again and subscribe anew.")

// Stream hands out changes in the order in which they were committed.
type Stream interface {
	// Next waits for the next change, until ctx ends. After an error other
	// than ErrTokenLost it may be called again and goes on where it stood.
	Next(ctx context.Context) (Event, error)
	Close() error
}

// Event is one committed change of one document. Before is nil for an insert,
// After for a delete.
type Event struct {
	Coll, ID      string
	Before, After Doc
	Token         Token
}

// Spec describes a stored type to the stores and to [Collection]. It is data:
// what the schema declares of the type, and what core adds to the types that it
// knows itself.
type Spec struct {
	Type   string // in the GraphQL schema: "Post"
	Name   string // of the collection: "posts"
	Prefix string // of its ids: "post"
	// Attributes are the stored fields that the schema declares.
	Attributes []Attribute
	// Embedded are the types inside the documents, at any depth, by their names.
	Embedded map[string][]Attribute
	// New makes an empty document, a pointer to its struct. Core knows its own.
	New func() any
	// Added holds those that a project adds to one of Grapnel's own types.
	Added *Addition
	// Fields lists what filters and orders may name, besides "_id", which is
	// always there.
	Fields []Field
	// Indexes are compound, in this order of fields, each followed by "_id".
	// An array field may only come first.
	Indexes [][]string
	// Bulk lists fields that are large and that lists can do without. Their
	// struct fields come last, so that a store can stop reading before them.
	Bulk []string
	// Search lists the string fields that Search looks in.
	Search []string
	// Expires names a TIME field: the store removes a document within about
	// a minute after that time. Empty: never; a null time: never.
	Expires string
	// Live collections appear in Changes.
	Live bool
	// Singleton: the collection has exactly one document, [Spec.OnlyID].
	Singleton bool
	// Rules say who may do what; without rules, only the system may.
	Rules []Rule
	// Personal names the field with the id of the user about whom a document is: it goes with
	// the account. Empty: documents are about nobody, or have an owner by the Rules.
	Personal string

	audience *audience // of the read rules; nil before the Spec is complete
	mentions *mentions // of files; nil for none, and before the Spec is complete
}

// Kind is the type of a [Field]. A field holds values of one kind only.
type Kind uint8

// The kinds, with the Go types they have in documents.
const (
	String   Kind = iota // string, or a type of that kind
	Int                  // int64, int32, int
	Float                // float64
	Bool                 // bool
	Time                 // time.Time, UTC, cut to milliseconds
	Date                 // value.Date; kept as a text of BSON
	Decimal              // value.Decimal; kept as a decimal128 of BSON
	JSON                 // value.JSON; kept as a text of BSON
	Document             // a struct inside the document
)

// IsComparable reports whether a [Field] may be of the kind, and not only an
// [Attribute].
func (k Kind) IsComparable() bool { return k < JSON }

// Attribute is a stored field as the schema declares it.
type Attribute struct {
	Name  string // BSON name
	Kind  Kind
	Array bool // a list of Kind
	Bits  int  // of an Int: 32 when it holds no more, else 0
	// Required: never null.
	Required bool
	// Default is what a document has that was stored before the field was declared.
	Default any
	// Values are those of an enum.
	Values []string
	// Reference is the Name of the Spec whose ids the field holds.
	Reference string
	// Type names the embedded type of a Document, which the Spec describes.
	Type string
	// Constraint is @constraint as it is declared, so that a change of it is seen.
	Constraint string
	// Guard lists who may read the field, filter, order or search by it, and
	// write it, on top of who may do so with the document; empty: the same.
	Guard []Rule
}

// Field is a top-level field that filters or orders may name.
type Field struct {
	Name  string // BSON name
	Kind  Kind
	Array bool // a list of Kind
	// Unique: no two documents hold the same non-null value (in an array: the
	// same element). Null never conflicts.
	Unique bool
	// Hidden: core writes it, of what else is in the document, and nobody reads it.
	// It may stand behind the Bulk fields.
	Hidden bool
	// Sparse: the indexes in which it stands leave out documents where it is null.
	Sparse bool
}

// ObjectStore keeps the bytes of files under generated keys. Missing keys are
// NOT_FOUND, a store that does not answer is UNAVAILABLE.
type ObjectStore interface {
	// Put streams r into a new object. When r or the store fails, or ctx
	// ends, nothing remains and the error of r comes back wrapped.
	Put(ctx context.Context, key string, r io.Reader, meta ObjectMeta) error
	// Open reads from offset; length bytes, or to the end when it is -1.
	Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	Stat(ctx context.Context, key string) (ObjectInfo, error)
	// Delete removes an object for good, and what unfinished Puts have left of one; an
	// absent one is no error.
	Delete(ctx context.Context, key string) error
	// List yields the objects whose keys begin with prefix, in the order of their
	// keys, byte by byte. It holds a bounded part of them at a time; those that come
	// or go meanwhile may be among them or not. An error ends it.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]
	// Ping reports whether the store answers; one that is local, whether it can
	// be written.
	Ping(ctx context.Context) error
	Kind() StoreKind
	Close() error
}

// ObjectMeta goes with an object into the store.
type ObjectMeta struct {
	ContentType string
}

// ObjectInfo is what a store knows of an object. SHA256 is nil when the store
// kept no checksum.
type ObjectInfo struct {
	Size   int64
	SHA256 []byte
}

// Object is what a listing tells of an object.
type Object struct {
	Key      string
	Size     int64
	Modified time.Time // when it was stored
}

// UploadSigner is an ObjectStore that clients can write to directly. Without
// it, direct uploads go to our own origin, signed by core.
type UploadSigner interface {
	// SignUpload describes a request that creates exactly this object, once.
	SignUpload(ctx context.Context, key string, want UploadWant) (SignedRequest, error)
}

// UploadWant is what a signed upload must bring.
type UploadWant struct {
	Size        int64
	SHA256      []byte
	ContentType string
	Expires     time.Duration
}

// SignedRequest is an HTTP request for a client to send with the file as body.
type SignedRequest struct {
	Method    string
	URL       string
	Headers   []HTTPHeader
	ExpiresAt time.Time // of the signature, by the clock of whoever checks it
}

// HTTPHeader is one header of a SignedRequest.
type HTTPHeader struct{ Name, Value string }
