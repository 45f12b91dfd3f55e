package core

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"image"
	_ "image/gif" // dimensions of each image type that may be uploaded
	_ "image/jpeg"
	_ "image/png"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gabriel-vasile/mimetype"
	_ "golang.org/x/image/webp" // likewise
)

// Visibility says who may see an asset.
type Visibility string

// A public asset is for everybody, a private one for its owner and editors.
const (
	Public  Visibility = "PUBLIC"
	Private Visibility = "PRIVATE"
)

// AssetState says how far an upload has come. Every upload, through us or
// straight to the store, goes from Pending to Ready or vanishes.
type AssetState string

// The states.
const (
	Pending AssetState = "PENDING"
	Ready   AssetState = "READY"
)

// Asset is a file. What clients see of it is in schema/asset.graphqls. Its
// bytes are in the object store under Key.
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
	app   *App
	max   int64
	slots chan struct{} // uploads at work; each holds some memory
}

// Upload is a file that a client sends.
type Upload struct {
	Filename string
	// Declared is the size in bytes that the client announced, -1 when it did not.
	Declared   int64
	Body       io.Reader
	Visibility Visibility
	Alt        *string
}

// Promise is a file that a client will send straight to the store.
type Promise struct {
	Filename    string
	ContentType string
	Size        int64
	SHA256      string // hexadecimal
	Visibility  Visibility
	Alt         *string
}

// AssetPatch is what [Assets.Update] changes.
type AssetPatch struct {
	Filename   Opt[string]
	Alt        Opt[*string]
	Visibility Opt[Visibility]
}

const (
	// sniffLen is how many bytes the type of a file is read from.
	sniffLen = 3072
	// maxUploads bounds the uploads that one process takes at a time.
	maxUploads = 32
	// uploadLife is how long a promised upload may take.
	uploadLife = time.Hour
	// urlLife is how long the address of a private file is good, at least;
	// it changes once in that time, so that clients can cache it.
	urlLife = time.Hour
)

// mediaTypes may be uploaded, by what their bytes show. Nothing among them
// runs scripts in a page.
var mediaTypes = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/avif": true, "image/heic": true,
	"video/mp4": true, "video/webm": true, "video/quicktime": true, "video/x-matroska": true, "video/ogg": true,
	"audio/mpeg": true, "audio/mp4": true, "audio/x-m4a": true, "audio/ogg": true, "audio/wav": true, "audio/flac": true, "audio/aac": true, "audio/webm": true,
	"application/pdf": true, "application/zip": true, "application/gzip": true, "text/plain": true, "text/csv": true, "application/json": true,
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   true,
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         true,
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": true,
	"application/epub+zip": true,
}

// MayUpload refuses callers who may not upload at all, before a byte is read.
func (a *Assets) MayUpload(ctx context.Context) error {
	if a.may(ctx, Create).Op == OpNone {
		return denied(ctx)
	}
	return nil
}

// Upload stores a file while it arrives. Rights, the announced size and the
// type of the first bytes are judged before anything is stored; the real size
// while the bytes pass. When anything fails, nothing remains.
func (a *Assets) Upload(ctx context.Context, u Upload) (*Asset, error) {
	if err := a.MayUpload(ctx); err != nil {
		return nil, err
	}
	asset := a.pending(ctx, u.Filename, u.Visibility, u.Alt)
	var check Checker
	a.checkMeta(&check, asset)
	if err := check.Err(); err != nil {
		return nil, err
	}
	if u.Declared > a.max {
		return nil, a.tooLarge()
	}
	leave, err := a.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	head := make([]byte, sniffLen)
	n, err := io.ReadFull(u.Body, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	head = head[:n]
	if n == 0 {
		return nil, invalidField("file", "EMPTY", "must not be empty")
	}
	if asset.ContentType, err = sniff(head); err != nil {
		return nil, err
	}
	if err := a.create(ctx, asset); err != nil {
		return nil, err
	}
	in := &intake{r: io.MultiReader(bytes.NewReader(head), u.Body), hash: sha256.New(), left: a.max, tooLarge: a.tooLarge()}
	err = a.app.objects.Put(ctx, asset.key(), in, ObjectMeta{ContentType: asset.ContentType})
	if err == nil {
		asset.Size, asset.SHA256 = in.n, hex.EncodeToString(in.hash.Sum(nil))
		asset, err = a.ready(ctx, asset)
	}
	if err != nil {
		a.discard(ctx, asset)
		return nil, err
	}
	return asset, nil
}

// enter takes one of the places for uploads; UNAVAILABLE when all are taken.
func (a *Assets) enter() (leave func(), err error) {
	select {
	case a.slots <- struct{}{}:
		return func() { <-a.slots }, nil
	default:
		return nil, Errorf(Unavailable, "Too many files are being uploaded at this moment; try again.")
	}
}

// intake measures and hashes what passes and stops at the limit.
type intake struct {
	r        io.Reader
	hash     hash.Hash
	n, left  int64
	tooLarge error
}

func (i *intake) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	i.n, i.left = i.n+int64(n), i.left-int64(n)
	if i.left < 0 {
		return 0, i.tooLarge
	}
	i.hash.Write(p[:n])
	return n, err
}

// Promise begins an upload that the client sends straight to the store.
func (a *Assets) Promise(ctx context.Context, p Promise) (*Asset, *SignedRequest, error) {
	fail := func(err error) (*Asset, *SignedRequest, error) { return nil, nil, err }
	if err := a.MayUpload(ctx); err != nil {
		return fail(err)
	}
	asset := a.pending(ctx, p.Filename, p.Visibility, p.Alt)
	asset.ContentType, asset.Size, asset.SHA256 = p.ContentType, p.Size, strings.ToLower(p.SHA256)
	var check Checker
	a.checkMeta(&check, asset)
	if !mediaTypes[asset.ContentType] {
		check.Add("contentType", "TYPE", "is no type of file that may be uploaded", nil)
	}
	if asset.Size <= 0 {
		check.Add("size", "EMPTY", "must be more than 0", nil)
	}
	if !sha256Form.MatchString(asset.SHA256) {
		check.Add("sha256", "FORM", "must be 64 hexadecimal digits", nil)
	}
	if err := check.Err(); err != nil {
		return fail(err)
	}
	if asset.Size > a.max {
		return fail(a.tooLarge())
	}
	if err := a.create(ctx, asset); err != nil {
		return fail(err)
	}
	if signer, ok := a.app.objects.(UploadSigner); ok {
		sum, _ := hex.DecodeString(asset.SHA256) // its form was checked
		req, err := signer.SignUpload(ctx, asset.key(), UploadWant{Size: asset.Size, SHA256: sum, ContentType: asset.ContentType, Expires: uploadLife})
		req.ExpiresAt = *asset.Deadline
		return asset, &req, err
	}
	query := a.sign("upload", asset.ID, *asset.Deadline)
	return asset, &SignedRequest{
		Method:    "PUT",
		URL:       a.app.base + "/uploads/" + asset.ID + "?" + query.Encode(),
		Headers:   []HTTPHeader{{"Content-Type", asset.ContentType}, {"Content-Length", strconv.FormatInt(asset.Size, 10)}},
		ExpiresAt: *asset.Deadline,
	}, nil
}

// Receive stores the body of a signed upload request to our own origin. Length
// is the Content-Length of the request, -1 when it has none.
func (a *Assets) Receive(ctx context.Context, id string, query url.Values, body io.Reader, length int64) error {
	if err := a.verify("upload", id, query); err != nil {
		return err
	}
	ctx = AsSystem(ctx)
	asset, err := a.Get(ctx, id)
	if err != nil {
		return err
	}
	if asset.State != Pending {
		return Errorf(Conflict, "This file was sent already.")
	}
	mismatch := Errorf(Invalid, "The bytes are not the promised ones: size or checksum differ.")
	if length >= 0 && length != asset.Size {
		return mismatch
	}
	if _, err := a.app.objects.Stat(ctx, asset.key()); err == nil {
		return Errorf(Conflict, "This file was sent already.")
	} else if !Is(err, NotFound) {
		return err
	}
	leave, err := a.enter()
	if err != nil {
		return err
	}
	defer leave()
	in := &intake{r: body, hash: sha256.New(), left: asset.Size, tooLarge: mismatch}
	// A body that does not keep the promise must fail inside Put, before it
	// becomes an object.
	promised := &checked{intake: in, want: asset, mismatch: mismatch}
	return a.app.objects.Put(ctx, asset.key(), promised, ObjectMeta{ContentType: asset.ContentType})
}

// checked turns the end of a body that is not the promised one into an error.
type checked struct {
	*intake
	want     *Asset
	mismatch error
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.intake.Read(p)
	if err == io.EOF && (c.n != c.want.Size || hex.EncodeToString(c.hash.Sum(nil)) != c.want.SHA256) {
		return n, c.mismatch
	}
	return n, err
}

// Complete checks a promised file that has arrived and makes it ready.
func (a *Assets) Complete(ctx context.Context, id string) (*Asset, error) {
	asset, err := a.current(ctx, id, Update, nil)
	if err != nil {
		return nil, err
	}
	if asset.State == Ready {
		return asset, nil
	}
	if !asset.Deadline.After(a.now()) { // the sweep may be at work on it
		return nil, Errorf(Invalid, "The file came too late; begin a new upload.")
	}
	info, err := a.app.objects.Stat(ctx, asset.key())
	if Is(err, NotFound) {
		return nil, Errorf(Invalid, "The file has not arrived yet: send it first.")
	}
	if err != nil {
		return nil, err
	}
	sum := hex.EncodeToString(info.SHA256)
	if info.SHA256 == nil {
		if sum, err = a.checksum(ctx, asset); err != nil {
			return nil, err
		}
	}
	if info.Size != asset.Size || sum != asset.SHA256 {
		err = Errorf(Invalid, "The file is not the promised one: size or checksum differ. Begin a new upload.")
	} else {
		asset.ContentType, err = a.sniffObject(ctx, asset)
	}
	if err == nil {
		return a.ready(ctx, asset)
	}
	if Is(err, Invalid) {
		a.discard(ctx, asset)
	}
	return nil, err
}

// Update changes what is said of a file.
func (a *Assets) Update(ctx context.Context, id string, expected *int64, p AssetPatch) (*Asset, error) {
	return a.update(ctx, id, expected, func(asset *Asset) ([]Op, error) {
		var check Checker
		set(&asset.Filename, p.Filename)
		asset.Filename = CleanFilename(asset.Filename)
		set(&asset.Alt, p.Alt)
		set(&asset.Visibility, p.Visibility)
		a.checkMeta(&check, asset)
		return nil, check.Err()
	})
}

// Delete removes a file: first the record, then the bytes.
func (a *Assets) Delete(ctx context.Context, id string, expected *int64) error {
	asset, err := a.delete(ctx, id, expected, nil)
	if err != nil {
		return err
	}
	if err := a.app.objects.Delete(ctx, asset.key()); err != nil {
		a.app.log.WarnContext(ctx, "the bytes of a deleted file remain", "asset", id, "error", err)
	}
	return nil
}

// URL is where the bytes are; nil while they are not. Whoever sees a private
// asset gets an address that is good for an hour or two.
func (a *Assets) URL(asset *Asset) *string {
	if asset.State != Ready {
		return nil
	}
	u := a.app.base + "/files/" + asset.ID + "/" + url.PathEscape(asset.Filename)
	if asset.Visibility == Private {
		u += "?" + a.sign("file", asset.ID, a.now().Truncate(urlLife).Add(2*urlLife)).Encode()
	}
	return &u
}

// File is what serving the bytes of an asset needs to know.
type File struct {
	Name        string
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
		Name: asset.Filename, ContentType: asset.ContentType, Size: asset.Size, ETag: `"` + asset.SHA256 + `"`,
		Private: asset.Visibility == Private, Modified: asset.CreatedAt,
	}, nil
}

// OpenFile reads the bytes from offset of an asset whose File was granted.
func (a *Assets) OpenFile(ctx context.Context, id string, offset int64) (io.ReadCloser, error) {
	return a.app.objects.Open(ctx, (&Asset{Head: Head{ID: id}}).key(), offset, -1)
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
	if err != nil || asset.State != Ready || !strings.HasPrefix(asset.ContentType, "image/") {
		check.Add(path, "UNKNOWN", "is no image that you may see", nil)
	}
	return nil
}

func (a *Assets) pending(ctx context.Context, filename string, v Visibility, alt *string) *Asset {
	deadline := Millis(a.now().Add(uploadLife))
	return &Asset{Filename: CleanFilename(filename), Alt: alt, OwnerID: PrincipalOf(ctx).UserID, Visibility: v, State: Pending, Deadline: &deadline}
}

// ready reads the dimensions of an image and ends the upload.
func (a *Assets) ready(ctx context.Context, asset *Asset) (*Asset, error) {
	var width, height *int
	if strings.HasPrefix(asset.ContentType, "image/") {
		r, err := a.app.objects.Open(ctx, asset.key(), 0, -1)
		if err != nil {
			return asset, err
		}
		// What cannot be decoded (AVIF, HEIC) has no dimensions.
		if c, _, err := image.DecodeConfig(io.LimitReader(r, 4<<20)); err == nil {
			width, height = &c.Width, &c.Height
		}
		r.Close()
	}
	done, err := a.update(ctx, asset.ID, nil, func(d *Asset) ([]Op, error) {
		d.State, d.Deadline = Ready, nil
		d.ContentType, d.Size, d.SHA256, d.Width, d.Height = asset.ContentType, asset.Size, asset.SHA256, width, height
		return nil, nil
	})
	if err != nil {
		return asset, err
	}
	return done, nil
}

// discard takes back an upload that failed, even when its client has left.
func (a *Assets) discard(ctx context.Context, asset *Asset) {
	ctx, cancel := context.WithTimeout(AsSystem(context.WithoutCancel(ctx)), 10*time.Second)
	defer cancel()
	err := a.app.objects.Delete(ctx, asset.key())
	if err == nil {
		err = a.docs.Write(ctx, Op{Kind: OpDelete, Coll: a.spec.Name, Filter: And(Eq("_id", asset.ID), Eq("state", Pending)), Optional: true})
	}
	if err != nil {
		a.app.log.WarnContext(ctx, "an upload that failed is left for the sweep", "asset", asset.ID, "error", err)
	}
}

// sweep gives up stale uploads now and then, until ctx ends.
func (a *Assets) sweep(ctx context.Context) {
	for {
		wait := 10 * time.Minute
		n, err := a.discardStale(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			a.app.log.WarnContext(ctx, "look for stale uploads", "error", err)
		case n == MaxPage:
			wait = time.Second // there may be more
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// discardStale gives up pending uploads that are an hour past their deadline:
// those whose client or server went away.
func (a *Assets) discardStale(ctx context.Context) (int, error) {
	ctx = AsSystem(ctx)
	stale, _, err := a.find(ctx, Query{
		Filter: And(Eq("state", Pending), Lte("deadline", a.now().Add(-uploadLife))),
		Order:  []Order{{Field: "_id"}}, Limit: MaxPage,
	})
	for _, asset := range stale {
		a.discard(ctx, asset)
	}
	return len(stale), err
}

func (a *Assets) checkMeta(check *Checker, asset *Asset) {
	check.Text("filename", asset.Filename, 1, 255)
	check.optional("alt", asset.Alt, 1000)
}

func (a *Assets) tooLarge() error {
	return &Error{Code: TooLarge, Message: fmt.Sprintf("A file may have at most %d bytes.", a.max),
		Fields: []FieldError{{Path: "file", Code: "TOO_LARGE", Message: "is too large", Limit: a.max}}}
}

// checksum hashes an object whose store kept none.
func (a *Assets) checksum(ctx context.Context, asset *Asset) (string, error) {
	r, err := a.app.objects.Open(ctx, asset.key(), 0, -1)
	if err != nil {
		return "", err
	}
	defer r.Close()
	h := sha256.New()
	_, err = io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), err
}

func (a *Assets) sniffObject(ctx context.Context, asset *Asset) (string, error) {
	r, err := a.app.objects.Open(ctx, asset.key(), 0, min(sniffLen, asset.Size))
	if err != nil {
		return "", err
	}
	defer r.Close()
	head, err := io.ReadAll(r)
	if err != nil {
		return "", err
	}
	return sniff(head)
}

// sniff is the media type that the first bytes of a file show, if it may be
// uploaded. What looks like markup is refused under any name.
func sniff(head []byte) (string, error) {
	for m := mimetype.Detect(head); m != nil; m = m.Parent() {
		t, _, _ := strings.Cut(m.String(), ";")
		if mediaTypes[t] {
			return t, nil
		}
		if t == "text/plain" || !strings.HasPrefix(t, "application/") {
			break // text/html, image/svg+xml and their like are text, but not plain
		}
	}
	return "", &Error{Code: Invalid, Message: "Files of this type are refused.",
		Fields: []FieldError{{Path: "file", Code: "TYPE", Message: "is of a type that may not be uploaded"}}}
}

// key is where the bytes of an asset are in the object store.
func (a *Asset) key() string { return "assets/" + a.ID }

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
