package core

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/grapnel/grapnel/internal/picture"
)

// cleans reports whether where and with which device an image was taken is removed
// from it: that of a public one is, unless its uploader wants to keep it.
func (a *Asset) cleans() bool {
	return a.Visibility == Public && !a.KeepMetadata && picture.Known(a.ContentType)
}

// sight is what one reading of a stored file found. A file keeps its length when
// it is cleaned.
type sight struct {
	sum     string // of the bytes that are stored
	cleaned string // of what would be left of them
	info    picture.Info
}

// look reads a stored file, and changes nothing.
func (a *Assets) look(ctx context.Context, asset *Asset) (s sight, err error) {
	body, err := a.app.objects.Open(ctx, asset.latest(), 0, -1)
	if err != nil {
		return s, err
	}
	defer body.Close()
	before, after := sha256.New(), sha256.New()
	seen := picture.NewReader(io.TeeReader(body, before), asset.ContentType, asset.cleans())
	defer seen.Close()
	if _, err := io.Copy(after, seen); err != nil {
		return s, err
	}
	return sight{hex.EncodeToString(before.Sum(nil)), hex.EncodeToString(after.Sum(nil)), seen.Info()}, nil
}

// settle cleans a stored file that was looked at, where that is due, and sets what
// asset says of it.
func (a *Assets) settle(ctx context.Context, asset *Asset, s sight) error {
	asset.SHA256 = s.sum
	if s.info.Cleaned {
		if err := a.rewrite(ctx, asset, func(r io.Reader) io.ReadCloser {
			return picture.NewReader(r, asset.ContentType, true)
		}); err != nil {
			return err
		}
	}
	return a.measure(ctx, asset, s.info)
}

// measure sets the size of an image by what was found while it passed, and looks at
// the stored file for what could not be told then.
func (a *Assets) measure(ctx context.Context, asset *Asset, info picture.Info) error {
	if info.Again {
		at := &objectAt{ctx: ctx, store: a.app.objects, key: asset.latest(), size: asset.Size}
		found, edits := picture.Inspect(at, asset.Size, asset.ContentType, asset.cleans())
		if at.err != nil {
			return at.err
		}
		if found.Partial && asset.cleans() {
			return invalidField("file", "METADATA", "has more metadata than can be searched for positions and serial numbers; send it as PRIVATE or with keepMetadata, or save it anew with less")
		}
		if info.Width == 0 {
			info.Width, info.Height = found.Width, found.Height
		}
		if len(edits) > 0 {
			if err := a.rewrite(ctx, asset, func(r io.Reader) io.ReadCloser {
				return io.NopCloser(picture.Apply(r, edits))
			}); err != nil {
				return err
			}
		}
	}
	asset.Width, asset.Height = nil, nil
	if info.Width > 0 {
		asset.Width, asset.Height = &info.Width, &info.Height
	}
	return nil
}

// rewrite stores what change makes of the latest bytes of a file, in a place of their
// own: they are the file's once its record takes them ([Assets.replace]).
func (a *Assets) rewrite(ctx context.Context, asset *Asset, change func(io.Reader) io.ReadCloser) error {
	ctx, cancel := context.WithTimeout(ctx, attemptLife)
	defer cancel()
	body, err := a.app.objects.Open(ctx, asset.latest(), 0, -1)
	if err != nil {
		return err
	}
	defer body.Close()
	changed := change(body)
	defer changed.Close()
	in := &intake{r: changed, hash: sha256.New(), left: asset.Size, tooLarge: Errorf(Internal, "A file has grown.")}
	a.release(ctx, asset) // of a first round
	next := newKey(asset.ID)
	if err := a.left.reserve(ctx, next); err != nil {
		return err
	}
	asset.next = next
	if err := a.app.objects.Put(ctx, next, in, ObjectMeta{ContentType: asset.ContentType}); err != nil {
		return err
	}
	asset.SHA256 = hex.EncodeToString(in.hash.Sum(nil))
	return nil
}

// release gives up bytes that were to replace those of an asset.
func (a *Assets) release(ctx context.Context, asset *Asset) {
	if asset.next != "" {
		a.hurry(ctx, asset, asset.next)
		asset.next = ""
	}
}

// hurry has the sweep come at once for bytes that are left already.
func (a *Assets) hurry(ctx context.Context, asset *Asset, key string) {
	ctx, cancel := aside(ctx)
	defer cancel()
	if err := a.left.hurry(ctx, key); err != nil {
		a.app.log.WarnContext(ctx, "bytes that nobody needs stay for some hours", "asset", asset.ID, "error", err)
	}
}

// publish cleans the bytes of a private image that is about to become public.
func (a *Assets) publish(ctx context.Context, asset *Asset) error {
	leave, err := a.enter(ctx, asset)
	if err != nil {
		return err
	}
	defer leave()
	s, err := a.look(ctx, asset)
	if Is(err, NotFound) {
		return nil // the bytes are lost: nothing can tell anything
	}
	if err == nil {
		err = a.settle(ctx, asset, s)
	}
	if err != nil {
		a.release(ctx, asset)
	}
	return err
}

// objectAt reads a stored object here and there, in blocks: what belongs together
// mostly stands together. The first error of the store stays.
type objectAt struct {
	ctx   context.Context
	store ObjectStore
	key   string
	size  int64
	start int64 // of block
	block []byte
	err   error
}

const objectBlock = 64 << 10

// ReadAt implements [io.ReaderAt].
func (o *objectAt) ReadAt(p []byte, offset int64) (n int, err error) {
	for n < len(p) && offset+int64(n) < o.size {
		at := offset + int64(n)
		if from := at - o.start; from < 0 || from >= int64(len(o.block)) {
			if err := o.load(at); err != nil {
				return n, err
			}
		}
		n += copy(p[n:], o.block[at-o.start:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (o *objectAt) load(at int64) error {
	if o.err != nil {
		return o.err
	}
	r, err := o.store.Open(o.ctx, o.key, at, min(objectBlock, o.size-at))
	if err == nil {
		defer r.Close()
		o.start = at
		o.block, err = io.ReadAll(r)
		if err == nil && len(o.block) == 0 {
			err = io.ErrUnexpectedEOF
		}
	}
	o.err = err
	return err
}
