package core

import (
	"context"
	"io"
	"strings"
)

// Replacement is the bytes that a file gets instead of its own.
type Replacement struct {
	// Declared is the size in bytes that the client announced, -1 when it did not.
	Declared int64
	Body     io.Reader
	// KeepMetadata as in [Upload].
	KeepMetadata bool
}

// MayReplace refuses callers who may not replace a file, before a byte is read.
func (a *Assets) MayReplace(ctx context.Context, id string, expected *int64) error {
	_, err := a.replaceable(ctx, id, expected)
	return err
}

func (a *Assets) replaceable(ctx context.Context, id string, expected *int64) (*Asset, error) {
	asset, err := a.current(ctx, id, Update, expected)
	if err == nil && asset.State != Ready {
		err = Errorf(Invalid, "The file has not arrived yet: complete its upload first.")
	}
	return asset, err
}

// Replace gives a file other bytes. Its id, its name and what is said of it stay, so that
// whatever shows it shows the new ones, and so does its address, to which a version is
// added. The file has its old bytes until all of the new ones are there.
func (a *Assets) Replace(ctx context.Context, id string, expected *int64, r Replacement) (*Asset, error) {
	before, err := a.replaceable(ctx, id, expected)
	if err != nil {
		return nil, err
	}
	if r.Declared > a.max {
		return nil, a.tooLarge()
	}
	leave, err := a.enter(ctx, before)
	if err != nil {
		return nil, err
	}
	defer leave()
	room, err := a.quota.room(ctx, before.OwnerID, before.Size)
	if err != nil {
		return nil, err
	}
	if r.Declared > room {
		return nil, a.quota.exceeded(a.quota.limit - room)
	}
	body, contentType, err := a.sniffBody(r.Body)
	if err != nil {
		return nil, err
	}
	if isImage(before.ContentType) && !isImage(contentType) {
		return nil, invalidField("file", "TYPE", "must be an image, as the file is one: it may be shown as such")
	}
	after := *before
	after.ContentType, after.KeepMetadata = contentType, r.KeepMetadata
	next := newKey(id)
	if err := a.left.reserve(ctx, next); err != nil {
		return nil, err
	}
	after.next = next
	var done *Asset
	if err = a.store(ctx, &after, body, room); err == nil {
		done, err = a.exchange(ctx, before, &after, expected)
	}
	if err != nil {
		a.release(ctx, &after)
		return nil, err
	}
	a.left.wake.ring()
	return done, nil
}

// exchange has the record of a file take the bytes that are to replace those before.
// When the answer of the store is lost, the record tells.
func (a *Assets) exchange(ctx context.Context, before, after *Asset, expected *int64) (*Asset, error) {
	now := Millis(a.now())
	done, err := a.update(ctx, before.ID, expected, func(d *Asset) ([]Op, error) {
		if d.key() != before.key() || d.State != Ready {
			return nil, Errorf(Conflict, "The file has got other bytes meanwhile; look at it and try again.")
		}
		more := after.Size - d.Size
		also, held := a.replace(d, after)
		d.ContentType, d.Size, d.SHA256, d.Width, d.Height = after.ContentType, after.Size, after.SHA256, after.Width, after.Height
		d.KeepMetadata, d.ReplacedAt = after.KeepMetadata, &now
		if d.cleans() && !after.cleans() {
			return nil, Errorf(Conflict, "The file has become public meanwhile; try again.")
		}
		count := a.quota.settle
		if more+held > 0 {
			count = a.quota.claim
		}
		counted, err := count(ctx, d.OwnerID, more+held)
		return append(also, counted...), err
	})
	if err != nil {
		ctx, cancel := aside(ctx)
		defer cancel()
		if now, again := a.Get(ctx, before.ID); again == nil && now.key() == after.latest() {
			done, err = now, nil
		}
	}
	return done, err
}

func isImage(contentType string) bool { return strings.HasPrefix(contentType, "image/") }
