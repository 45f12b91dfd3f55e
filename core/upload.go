package core

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/grapnel/grapnel/internal/picture"
)

// Upload is a file that a client sends.
type Upload struct {
	Filename string
	// Declared is the size in bytes that the client announced, -1 when it did not.
	Declared   int64
	Body       io.Reader
	Visibility Visibility
	Alt        *string
	// KeepMetadata leaves in a public image where and with which device it was
	// taken.
	KeepMetadata bool
}

// Promise is a file that a client will send straight to the store.
type Promise struct {
	Filename    string
	ContentType string
	Size        int64
	SHA256      string // hexadecimal
	Visibility  Visibility
	Alt         *string
	// KeepMetadata as in Upload.
	KeepMetadata bool
}

const (
	// sniffLen is how many bytes the type of a file is read from.
	sniffLen = 16 << 10
	// uploadLife is how long a promised upload may take.
	uploadLife = time.Hour
	// urlLife is how long the address of a private file is good, at least;
	// it changes once in that time, so that clients can cache it.
	urlLife = time.Hour
)

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
	asset := a.pending(ctx, u.Filename, u.Visibility, u.Alt, u.KeepMetadata)
	var check Checker
	a.checkMeta(&check, asset)
	if err := check.Err(); err != nil {
		return nil, err
	}
	if u.Declared > a.max {
		return nil, a.tooLarge()
	}
	leave, err := a.enter(ctx, asset)
	if err != nil {
		return nil, err
	}
	defer leave()
	room, err := a.quota.room(ctx, asset.OwnerID, 0)
	if err != nil {
		return nil, err
	}
	asset.Size = max(u.Declared, 0) // counted so, until it is known
	if asset.Size > room {
		return nil, a.quota.exceeded(a.quota.limit - room)
	}
	body, contentType, err := a.sniffBody(u.Body)
	if err != nil {
		return nil, err
	}
	asset.ContentType = contentType
	if err := a.begin(ctx, asset); err != nil {
		return nil, err
	}
	if err = a.store(ctx, asset, body, room); err == nil {
		asset, err = a.ready(ctx, asset)
	}
	if err != nil {
		a.giveUp(ctx, asset)
		return nil, err
	}
	return asset, nil
}

// sniffBody is a body that must keep its pace, and what its first bytes show it to be.
func (a *Assets) sniffBody(r io.Reader) (body io.Reader, contentType string, err error) {
	body = &paced{r: r, now: a.now}
	head := make([]byte, sniffLen)
	n, err := io.ReadFull(body, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, "", err
	}
	if n == 0 {
		return nil, "", invalidField("file", "EMPTY", "must not be empty: it has no bytes")
	}
	contentType, err = a.types.sniff(head[:n])
	return io.MultiReader(bytes.NewReader(head[:n]), body), contentType, err
}

// begin stores a pending asset and counts its size for its owner.
func (a *Assets) begin(ctx context.Context, asset *Asset) error {
	return a.turns.do(ctx, usageID(asset.OwnerID), raced, func(ctx context.Context) error {
		count, err := a.quota.claim(ctx, asset.OwnerID, asset.Size)
		if err != nil {
			return err
		}
		return a.create(ctx, asset, count...)
	})
}

// store streams the bytes of an asset, for which its owner has so much room, to the
// latest of their places, and notes in it what they are.
func (a *Assets) store(ctx context.Context, asset *Asset, body io.Reader, room int64) error {
	ctx, cancel := context.WithTimeout(ctx, attemptLife)
	defer cancel()
	seen := picture.NewReader(body, asset.ContentType, asset.cleans())
	defer seen.Close()
	in := &intake{r: seen, hash: sha256.New(), left: a.max, tooLarge: a.tooLarge()}
	if room < a.max {
		in.left, in.tooLarge = room, a.quota.exceeded(a.quota.limit-room)
	}
	if err := a.app.objects.Put(ctx, asset.latest(), in, ObjectMeta{ContentType: asset.ContentType}); err != nil {
		return err
	}
	asset.Size, asset.SHA256 = in.n, hex.EncodeToString(in.hash.Sum(nil))
	return a.measure(ctx, asset, seen.Info())
}

// enter takes a place for the caller, or for the owner of the file when a signature
// is all that is known.
func (a *Assets) enter(ctx context.Context, asset *Asset) (leave func(), err error) {
	return a.places.enter(cmp.Or(PrincipalOf(ctx).Account(), asset.OwnerID), ClientOf(ctx).Network())
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
	asset := a.pending(ctx, p.Filename, p.Visibility, p.Alt, p.KeepMetadata)
	asset.ContentType, asset.Size, asset.SHA256 = p.ContentType, p.Size, strings.ToLower(p.SHA256)
	var check Checker
	a.checkMeta(&check, asset)
	a.types.check(&check, asset.ContentType, "contentType")
	if asset.Size <= 0 {
		check.Add("size", "EMPTY", "must be more than 0: a file has bytes", nil)
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
	asset.SignedUntil = asset.Deadline
	if err := a.begin(ctx, asset); err != nil {
		return fail(err)
	}
	if signer, ok := a.app.objects.(UploadSigner); ok {
		sum, _ := hex.DecodeString(asset.SHA256) // its form was checked
		req, err := signer.SignUpload(ctx, asset.key(), UploadWant{Size: asset.Size, SHA256: sum, ContentType: asset.ContentType, Expires: uploadLife})
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
	leave, err := a.enter(ctx, asset)
	if err != nil {
		return err
	}
	defer leave()
	in := &intake{r: &paced{r: body, now: a.now}, hash: sha256.New(), left: asset.Size, tooLarge: mismatch}
	// A body that does not keep the promise must fail inside Put, before it
	// becomes an object.
	promised := &checked{intake: in, want: asset, mismatch: mismatch}
	putting, cancel := context.WithTimeout(ctx, asset.Deadline.Add(attemptLife-uploadLife).Sub(a.now()))
	defer cancel()
	if err := a.app.objects.Put(putting, asset.key(), promised, ObjectMeta{ContentType: asset.ContentType}); err != nil {
		return err
	}
	now, err := a.Get(ctx, id)
	if Is(err, NotFound) || err == nil && now.key() != asset.key() { // deleted, or completed, meanwhile
		a.hurry(ctx, asset, asset.key())
	}
	return err
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

// Complete checks a promised file that has arrived and makes it ready. The file is
// looked at once, however many ask, and to the end, also when they leave: who asks
// again waits for the same look.
func (a *Assets) Complete(ctx context.Context, id string) (*Asset, error) {
	asset, err := a.current(ctx, id, Update, nil)
	if err != nil || asset.State == Ready {
		return asset, err
	}
	looked := a.completing.DoChan(id, func() (any, error) {
		done := make(chan error, 1)
		if !a.app.goOn(ctx, attemptLife, func(ctx context.Context) { done <- a.complete(ctx, id) }) {
			return nil, Errorf(Unavailable, "The server is shutting down; try again.")
		}
		return nil, <-done
	})
	select {
	case look := <-looked:
		if look.Err != nil {
			return nil, look.Err
		}
		return a.Get(ctx, id)
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, Errorf(Unavailable, "The file is being checked still; ask again in a moment.")
		}
		return nil, ctx.Err()
	}
}

func (a *Assets) complete(ctx context.Context, id string) (err error) {
	defer recovered(&err)
	asset, err := a.current(ctx, id, Update, nil) // anew: somebody may just have done it
	if err != nil || asset.State == Ready {
		return err
	}
	if !asset.Deadline.After(a.now()) { // the sweep may be at work on it
		return Errorf(Invalid, "The file came too late; begin a new upload.")
	}
	info, err := a.app.objects.Stat(ctx, asset.key())
	if Is(err, NotFound) {
		return Errorf(Invalid, "The file has not arrived yet: send it first.")
	}
	if err != nil {
		return err
	}
	if err = a.accept(ctx, asset, info); err == nil {
		_, err = a.ready(ctx, asset)
	}
	switch {
	case err == nil:
		return nil
	case Is(err, Invalid):
		a.giveUp(ctx, asset)
	default: // it may be tried again
		a.release(ctx, asset)
	}
	return err
}

// accept holds what has arrived to what was promised, and makes it what is to be
// served.
func (a *Assets) accept(ctx context.Context, asset *Asset, arrived ObjectInfo) (err error) {
	mismatch := Errorf(Invalid, "The file is not the promised one: size or checksum differ. Begin a new upload.")
	if arrived.Size != asset.Size || arrived.SHA256 != nil && hex.EncodeToString(arrived.SHA256) != asset.SHA256 {
		return mismatch
	}
	if asset.ContentType, err = a.sniffObject(ctx, asset); err != nil {
		return err
	}
	if arrived.SHA256 != nil && !picture.Known(asset.ContentType) {
		return nil
	}
	leave, err := a.enter(ctx, asset)
	if err != nil {
		return err
	}
	defer leave()
	s, err := a.look(ctx, asset)
	if err != nil {
		return err
	}
	if s.sum != asset.SHA256 {
		return mismatch
	}
	return a.settle(ctx, asset, s)
}

func (a *Assets) pending(ctx context.Context, filename string, v Visibility, alt *string, keepMetadata bool) *Asset {
	deadline := Millis(a.now().Add(uploadLife))
	id := newID(a.spec.Prefix)
	return &Asset{
		Head: Head{ID: id}, Key: newKey(id),
		Filename: CleanFilename(filename), Alt: alt, OwnerID: PrincipalOf(ctx).UserID, Visibility: v, State: Pending, Deadline: &deadline,
		KeepMetadata: keepMetadata,
	}
}

// ready ends an upload by one write that finds it pending still. When the answer of
// the store is lost, the record tells.
func (a *Assets) ready(ctx context.Context, asset *Asset) (*Asset, error) {
	done, err := a.update(ctx, asset.ID, nil, func(d *Asset) ([]Op, error) {
		if d.State != Pending {
			return nil, Errorf(Conflict, "The upload was completed already.")
		}
		more := asset.Size - d.Size
		d.ContentType, d.Size, d.SHA256, d.Width, d.Height = asset.ContentType, asset.Size, asset.SHA256, asset.Width, asset.Height
		if d.cleans() && !asset.cleans() {
			return nil, Errorf(Conflict, "The file has changed meanwhile; begin a new upload.")
		}
		also, held := a.replace(d, asset)
		d.State, d.Deadline = Ready, nil
		count := a.quota.settle
		if more > 0 {
			count = a.quota.claim
		}
		counted, err := count(ctx, d.OwnerID, more+held)
		return append(also, counted...), err
	})
	if err != nil {
		ctx, cancel := aside(ctx)
		defer cancel()
		if now, again := a.Get(ctx, asset.ID); again == nil && now.State == Ready && now.key() == asset.latest() {
			done, err = now, nil
		}
	}
	if err != nil {
		return asset, err
	}
	return done, nil
}

// giveUp takes back an upload that failed, even when its client has left.
func (a *Assets) giveUp(ctx context.Context, asset *Asset) {
	a.release(ctx, asset)
	ctx, cancel := aside(ctx)
	defer cancel()
	if err := a.leave(ctx, asset); err != nil {
		a.app.log.WarnContext(ctx, "an upload that failed is left for the sweep", "asset", asset.ID, "error", err)
	}
}

// leave makes a leftover of an upload that is pending still. When its record was
// deleted, it is one already.
func (a *Assets) leave(ctx context.Context, asset *Asset) error {
	defer a.left.wake.ring()
	stored, err := a.Get(AsSystem(ctx), asset.ID) // asset has come further than its record
	var ops []Op
	if err == nil {
		ops, err = a.remove(ctx, stored, And(Eq("_id", asset.ID), Eq("state", Pending)))
	}
	if err == nil {
		err = a.docs.Write(ctx, ops...)
	}
	if raced(err) || Is(err, NotFound) {
		return a.left.hurry(ctx, asset.key())
	}
	return err
}

// aside is for what must be done although the caller may have left.
func aside(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
}

// sweep gives up stale uploads and deletes what is left over, until ctx ends.
func (a *Assets) sweep(ctx context.Context) {
	a.app.tend(ctx, "the sweep of files", a.left.wake, 0, a.sweepOnce)
}

// sweepOnce does one bounded part of the sweep and says whether there may be more.
func (a *Assets) sweepOnce(ctx context.Context) (more bool, err error) {
	n, stale := a.leaveStale(ctx)
	more, err = a.left.sweep(ctx)
	return more || n == MaxPage, errors.Join(stale, err)
}

// leaveStale gives up pending uploads at which nobody can be at work any more: their
// client or server went away.
func (a *Assets) leaveStale(ctx context.Context) (int, error) {
	ctx = AsSystem(ctx)
	stale, _, err := a.find(ctx, staleUploads(a.now()))
	for _, asset := range stale {
		err = errors.Join(err, a.leave(ctx, asset))
	}
	return len(stale), err
}

// staleUploads asks for pending uploads whose time is over.
func staleUploads(now time.Time) Query {
	return Query{
		Filter: And(Eq("state", Pending), Lte("deadline", now.Add(-(attemptLife-uploadLife+attemptGrace)))),
		Order:  []Order{{Field: "deadline"}, {Field: "_id"}}, Limit: MaxPage,
	}
}

func (a *Assets) tooLarge() error {
	return &Error{Code: TooLarge, Message: fmt.Sprintf("A file may have at most %d bytes.", a.max),
		Fields: []FieldError{{Path: "file", Code: "TOO_LARGE", Message: "is too large", Limit: a.max}}}
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
	return a.types.sniff(head)
}
