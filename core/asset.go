package core

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/url"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/singleflight"
)

// Visibility says who may see an asset.
type Visibility string

// A public asset is for everybody, a private one for its owner and editors.
const (
	Public  Visibility = "PUBLIC"
	Private Visibility = "PRIVATE"
)

// AssetState says how far an upload has come. Every upload, through us or
// straight to the store, goes from Pending to Ready or vanishes: what is left of
// it, and of a file that is deleted, is a [Leftover].
type AssetState string

// The states.
const (
	Pending AssetState = "PENDING"
	Ready   AssetState = "READY"
)

// Asset is a file. What clients see of it is in schema/asset.graphqls.
type Asset struct {
	Head        `bson:",inline"`
	Filename    string     `bson:"filename"`
	ContentType string     `bson:"contentType"`
	Size        int64      `bson:"size"`
	SHA256      string     `bson:"sha256"`
	Width       *int       `bson:"width"`
	Height      *int       `bson:"height"`
	Alt         *string    `bson:"alt"`
	OwnerID     string     `bson:"ownerId"`
	Visibility  Visibility `bson:"visibility"`
	State       AssetState `bson:"state"`
	// Deadline is when a pending upload is given up; null once it is ready.
	Deadline *time.Time `bson:"deadline"`
	// KeepMetadata: the uploader wants the image as it is, with its position and
	// serial numbers, when it is public.
	KeepMetadata bool `bson:"keepMetadata"`
	// Key is where its bytes are in the object store; empty in records of releases
	// that had one key for each asset. It never changes while the file is Pending.
	Key string `bson:"key"`
	// SignedUntil is when a signature ends with which somebody else may write to Key;
	// null when there is none.
	SignedUntil *time.Time `bson:"signedUntil"`
	// ReplacedAt is when it got other bytes; null when it has those that it began with.
	ReplacedAt *time.Time `bson:"replacedAt"`

	// next is where the bytes are that are about to replace those of Key; reserved.
	next string
}

// AssetConnection is a page of assets.
type AssetConnection = Page[Asset]

// AssetEdge is one of its edges.
type AssetEdge = Edge[Asset]

// completeAssets adds what the schema does not tell of assets: when a pending
// upload is given up.
func completeAssets(s Spec) Spec {
	s.Fields = append(slices.Clone(s.Fields), Field{Name: "deadline", Kind: Time})
	s.Indexes = append(slices.Clone(s.Indexes), []string{"deadline"})
	return s
}

// Assets is the service of files.
type Assets struct {
	*Collection[Asset]
	app    *App
	left   *leftovers
	quota  *quota
	types  FileTypes
	max    int64
	places places
	// completing are the promised files that are looked at, by id: once, however
	// many ask.
	completing singleflight.Group
}

// AssetPatch is what [Assets.Update] changes.
type AssetPatch struct {
	Filename   Opt[string]
	Alt        Opt[*string]
	Visibility Opt[Visibility]
	// KeepMetadata counts when the file becomes public.
	KeepMetadata Opt[bool]
}

// Update changes what is said of a file. The bytes of an image that becomes public
// are cleaned before it does.
func (a *Assets) Update(ctx context.Context, id string, expected *int64, p AssetPatch) (*Asset, error) {
	edit := func(asset *Asset) error {
		var check Checker
		set(&asset.Filename, p.Filename)
		asset.Filename = CleanFilename(asset.Filename)
		set(&asset.Alt, p.Alt)
		set(&asset.Visibility, p.Visibility)
		set(&asset.KeepMetadata, p.KeepMetadata)
		a.checkMeta(&check, asset)
		return check.Err()
	}
	before, err := a.current(ctx, id, Update, expected)
	if err != nil {
		return nil, err
	}
	published := *before
	if err := edit(&published); err != nil {
		return nil, err
	}
	publishes := func(was, is *Asset) bool { return was.State == Ready && was.Visibility == Private && is.cleans() }
	cleaned := publishes(before, &published)
	if cleaned {
		if err := a.publish(ctx, &published); err != nil {
			return nil, err
		}
	}
	done, err := a.update(ctx, id, expected, func(asset *Asset) ([]Op, error) {
		was := *asset
		if err := edit(asset); err != nil {
			return nil, err
		}
		if !publishes(&was, asset) {
			return nil, nil
		}
		if !cleaned || was.key() != before.key() {
			return nil, Errorf(Conflict, "The file has changed meanwhile; try again.")
		}
		asset.SHA256, asset.Width, asset.Height = published.SHA256, published.Width, published.Height
		also, held := a.replace(asset, &published)
		if held == 0 {
			return also, nil
		}
		count, err := a.quota.settle(ctx, asset.OwnerID, held)
		return append(also, count...), err
	})
	if err != nil || done.key() != published.next {
		a.release(ctx, &published)
	}
	return done, err
}

// Delete removes a file: the record becomes a leftover in one step, and the sweep
// then deletes the bytes.
func (a *Assets) Delete(ctx context.Context, id string, expected *int64) error {
	err := a.turns.do(ctx, id, raced, func(ctx context.Context) error {
		asset, err := a.current(ctx, id, Delete, expected)
		if err != nil {
			return err
		}
		ops, err := a.remove(ctx, asset, a.exactly(asset, a.may(ctx, Delete)))
		if err != nil {
			return err
		}
		return a.docs.Write(ctx, ops...)
	})
	a.left.wake.ring()
	return err
}

// remove is the operations that make a leftover of an asset which pin matches.
func (a *Assets) remove(ctx context.Context, asset *Asset, pin Filter) ([]Op, error) {
	old := a.leftover(asset, a.now())
	count, err := a.quota.settle(ctx, asset.OwnerID, old.Held-asset.Size)
	return append([]Op{{Kind: OpDelete, Coll: a.spec.Name, Filter: pin}, a.left.docs.insert(old)}, count...), err
}

// leftover is what is left of the bytes of an asset, for which the sweep comes when
// they are due. What a signed request to the store can bring back stays counted.
func (a *Assets) leftover(asset *Asset, due time.Time) *Leftover {
	old := a.left.abandon(asset.key(), due, asset.writableUntil())
	if _, signed := a.app.objects.(UploadSigner); signed && asset.SignedUntil != nil && old.Until.After(a.now()) {
		old.OwnerID, old.Held = asset.OwnerID, asset.Size
	}
	return old
}

// replace has doc, whose bytes are those of its key, take those that done has made of
// them, if it has. What is held of the old ones is to be counted.
func (a *Assets) replace(doc, done *Asset) (ops []Op, held int64) {
	if done.next == "" {
		return nil, 0
	}
	old := a.leftover(doc, a.now().Add(readGrace))
	doc.Key, doc.SignedUntil = done.next, nil
	return []Op{a.left.claim(done.next), a.left.docs.insert(old)}, old.Held
}

// URL is where the bytes are; nil while they are not. Whoever sees a private
// asset gets an address that is good for an hour or two.
func (a *Assets) URL(asset *Asset) *string {
	if asset.State != Ready {
		return nil
	}
	u := a.app.base + "/files/" + asset.ID + "/" + url.PathEscape(nameFor(asset.Filename, asset.ContentType))
	query := url.Values{}
	if asset.Visibility == Private {
		query = a.sign("file", asset.ID, a.now().Truncate(urlLife).Add(2*urlLife))
	}
	if asset.ReplacedAt != nil { // so that no cache answers with the bytes before
		query.Set("v", asset.SHA256[:min(len(asset.SHA256), 12)])
	}
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return &u
}

// File is what serving the bytes of an asset needs to know.
type File struct {
	Key         string // for OpenFile
	Name        string // agrees with ContentType
	ContentType string
	Size        int64
	ETag        string // with its quotes
	Private     bool
	Modified    time.Time
}

// File is the file behind an address; NOT_FOUND when there is none, or when
// it is private and query holds no good signature.
func (a *Assets) File(ctx context.Context, id string, query url.Values) (File, error) {
	asset, err := a.Get(AsSystem(ctx), id)
	if err != nil {
		return File{}, err
	}
	if asset.State != Ready || (asset.Visibility == Private && a.verify("file", id, query) != nil) {
		return File{}, a.notFound()
	}
	return File{
		Key: asset.key(), Name: nameFor(asset.Filename, asset.ContentType), ContentType: asset.ContentType, Size: asset.Size, ETag: `"` + asset.SHA256 + `"`,
		Private: asset.Visibility == Private, Modified: *cmp.Or(asset.ReplacedAt, &asset.CreatedAt),
	}, nil
}

// OpenFile reads the bytes from offset that a [File] has under its key.
func (a *Assets) OpenFile(ctx context.Context, key string, offset int64) (io.ReadCloser, error) {
	return a.app.objects.Open(ctx, key, offset, -1)
}

// checkImage checks a reference to an image that the caller may see.
func (a *Assets) checkImage(ctx context.Context, check *Checker, path string, id *string) error {
	if id == nil {
		return nil
	}
	asset, err := a.Get(ctx, *id)
	if err != nil && !Is(err, NotFound) {
		return err
	}
	if err != nil || asset.State != Ready || !isImage(asset.ContentType) {
		check.Add(path, "UNKNOWN", "is no image that you may see", nil)
	}
	return nil
}

func (a *Assets) checkMeta(check *Checker, asset *Asset) {
	check.Text("filename", asset.Filename, 1, 255)
	check.optional("alt", asset.Alt, 1000)
}

// key is where the bytes of an asset are in the object store.
func (a *Asset) key() string { return cmp.Or(a.Key, objectPrefix+a.ID) }

// latest is where its newest bytes are: those that will replace the others, if any.
func (a *Asset) latest() string { return cmp.Or(a.next, a.key()) }

// writableUntil is when nobody can write to its key any more.
func (a *Asset) writableUntil() (end time.Time) {
	if a.Deadline != nil {
		end = a.Deadline.Add(attemptLife - uploadLife + attemptGrace)
	}
	if a.SignedUntil != nil {
		end = a.SignedUntil.Add(signedGrace)
	}
	return end
}

// sign makes the query of a signed address: when it ends, and a MAC.
func (a *Assets) sign(purpose, id string, expires time.Time) url.Values {
	e := strconv.FormatInt(expires.Unix(), 10)
	return url.Values{"expires": {e}, "signature": {a.signature(purpose, id, e)}}
}

func (a *Assets) verify(purpose, id string, query url.Values) error {
	e := query.Get("expires")
	unix, err := strconv.ParseInt(e, 10, 64)
	if err != nil || !hmac.Equal([]byte(query.Get("signature")), []byte(a.signature(purpose, id, e))) {
		return Errorf(Forbidden, "The signature of this address is wrong.")
	}
	if a.now().Unix() >= unix {
		return Errorf(Forbidden, "This address has expired; ask for a new one.")
	}
	return nil
}

func (a *Assets) signature(purpose, id, expires string) string {
	mac := hmac.New(sha256.New, a.app.keys.url)
	for _, s := range []string{purpose, id, expires} {
		mac.Write([]byte(s))
		mac.Write([]byte{0})
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
