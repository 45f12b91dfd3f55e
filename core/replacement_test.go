package core_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// during runs a function when the first bytes are read.
type during struct {
	io.Reader
	do func()
}

func (d *during) Read(p []byte) (int, error) {
	if d.do != nil {
		d.do()
		d.do = nil
	}
	return d.Reader.Read(p)
}

// What is refused leaves the file and the sums as they were; what is not counts for the
// owner.
func TestReplace(t *testing.T) {
	t.Parallel()
	const limit = 1000
	w := newWorld(t, func(c *core.Config) { c.MaxUserFiles = limit })
	ctx := w.as(t, "ada", core.Member)
	editor, admin := w.as(t, "eve", core.Editor), w.as(t, "adam", core.Admin)
	text := func(n int) io.Reader { return strings.NewReader(strings.Repeat("a", n)) }
	a, err := w.upload(ctx, "a.txt", bytes.Repeat([]byte("a"), 400), core.Public)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.upload(ctx, "b.txt", bytes.Repeat([]byte("b"), 400), core.Public); err != nil {
		t.Fatal(err)
	}
	with := func(ctx context.Context, declared int64, body io.Reader) error {
		_, err := w.Assets.Replace(ctx, a.ID, nil, core.Replacement{Declared: declared, Body: body})
		return err
	}
	used := func() int64 {
		u, err := w.Assets.Usage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return u.Used
	}
	for name, c := range map[string]struct {
		err  error
		code core.Code
	}{
		"too large, as announced":    {with(ctx, 601, text(601)), core.TooLarge},
		"too large, as it turns out": {with(ctx, -1, text(601)), core.TooLarge},
		"too large for its owner":    {with(editor, -1, text(601)), core.TooLarge},
		"larger than any file":       {with(admin, -1, text(2<<20)), core.TooLarge},
		"of no type":                 {with(ctx, -1, strings.NewReader("MZ\x90\x00\x03")), core.Invalid},
		"replaced meanwhile": {with(ctx, -1, &during{text(10), func() {
			if err := with(ctx, -1, text(390)); err != nil {
				t.Error(err)
			}
		}}), core.Conflict},
	} {
		if !core.Is(c.err, c.code) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	if now, err := w.Assets.Get(ctx, a.ID); err != nil || now.Size != 390 || used() != 790 {
		t.Errorf("after what was refused: %v %v, %d used", now, err, used())
	}
	for _, c := range []struct {
		ctx  context.Context
		n    int
		used int64
	}{{ctx, 600, 1000}, {editor, 100, 500}, {admin, 900, 1300}, {ctx, 500, 900}} {
		if err := with(c.ctx, -1, text(c.n)); err != nil || used() != c.used {
			t.Errorf("%d bytes: %v, %d used", c.n, err, used())
		}
	}
	w.settles(t)
	if left := len(w.remains(t)); left != 2 {
		t.Errorf("%d objects of 2 files remain", left)
	}

	image, err := w.Assets.Upload(admin, core.Upload{Filename: "a.jpg", Declared: -1, Body: bytes.NewReader(sample(t, "photo.jpg")), Visibility: core.Private})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Assets.Replace(admin, image.ID, nil, core.Replacement{Declared: -1, Body: text(10)}); !core.Is(err, core.Invalid) {
		t.Errorf("a text for an image: %v", err)
	}
	_, err = w.Assets.Replace(admin, image.ID, nil, core.Replacement{Declared: -1, Body: &during{bytes.NewReader(sample(t, "photo.jpg")), func() {
		if _, err := w.Assets.Update(admin, image.ID, nil, publish); err != nil {
			t.Error(err)
		}
	}}})
	if !core.Is(err, core.Conflict) {
		t.Errorf("an image with its position for one that has become public: %v", err)
	}
	_, err = w.Assets.Replace(admin, image.ID, nil, core.Replacement{Declared: -1, Body: bytes.NewReader(sample(t, "photo.png"))})
	if now, again := w.Assets.Get(admin, image.ID); err != nil || again != nil || now.ContentType != "image/png" || tells(w.agrees(t, now)) {
		t.Errorf("%v %v %v", err, again, now)
	}
	promised, _, err := w.promise(ctx, "c.txt", "text/plain", []byte("later"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.replace(ctx, promised, []byte("now")); !core.Is(err, core.Invalid) {
		t.Errorf("what has not arrived: %v", err)
	}
}
