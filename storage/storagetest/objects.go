package storagetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/uuid"

	"github.com/grapnel/grapnel/core"
)

// ObjectsOption tells RunObjects what else an adapter can show in a test.
type ObjectsOption func(*objects)

// Leftovers gives the suite a way to see what an adapter keeps of a key beside
// the finished object: temporary files, pending uploads. The suite expects
// none after every Put, whether it succeeded or not.
func Leftovers(list func(t *testing.T, store core.ObjectStore, key string) []string) ObjectsOption {
	return func(o *objects) { o.leftovers = list }
}

// objects is one run of the contract.
type objects struct {
	open      func(t *testing.T) core.ObjectStore
	leftovers func(t *testing.T, store core.ObjectStore, key string) []string
}

// RunObjects holds an adapter to the contract of core.ObjectStore, and to that
// of core.UploadSigner when the store implements it. open may return stores
// that share a bucket: every key of the suite is used once. The tests run in
// parallel.
func RunObjects(t *testing.T, open func(t *testing.T) core.ObjectStore, opts ...ObjectsOption) {
	o := &objects{open: open}
	for _, opt := range opts {
		opt(o)
	}
	for _, test := range []struct {
		name string
		run  func(*objects, *testing.T)
	}{
		{"Ping", (*objects).ping},
		{"RoundTrip", (*objects).roundTrip},
		{"ShortReads", (*objects).shortReads},
		{"Ranges", (*objects).ranges},
		{"LeaveEarly", (*objects).leaveEarly},
		{"Missing", (*objects).missing},
		{"Delete", (*objects).delete},
		{"FailingReader", (*objects).failingReader},
		{"CancelledContext", (*objects).cancelledContext},
		{"Concurrent", (*objects).concurrent},
		{"List", (*objects).list},
		{"SignUpload", (*objects).signUpload},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(o, t)
		})
	}
}

// The sizes at which adapters change their ways: nothing, one buffer, and both
// sides of the smallest and of the usual part of a multipart upload.
var objectSizes = []int{0, 1, 70_000, 5<<20 - 1, 5 << 20, 5<<20 + 1, 8 << 20, 20<<20 + 17}

func (o *objects) ping(t *testing.T) {
	if err := o.open(t).Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func (o *objects) roundTrip(t *testing.T) {
	store := o.open(t)
	for _, size := range objectSizes {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			key, want := objectKey(), objectBytes(size)
			// Without Seek and Len, as a body from the network.
			put(t, store, key, struct{ io.Reader }{bytes.NewReader(want)})
			o.holds(t, store, key, want)
		})
	}
}

func (o *objects) shortReads(t *testing.T) {
	store := o.open(t)
	want := objectBytes(6 << 20)
	for name, r := range map[string]io.Reader{
		"half":          iotest.HalfReader(bytes.NewReader(want)),
		"EOF with data": iotest.DataErrReader(bytes.NewReader(want)),
	} {
		key := objectKey()
		put(t, store, key, r)
		t.Log(name)
		o.holds(t, store, key, want)
	}
}

func (o *objects) ranges(t *testing.T) {
	store := o.open(t)
	key, all := objectKey(), objectBytes(100_000)
	put(t, store, key, bytes.NewReader(all))
	empty := objectKey()
	put(t, store, empty, bytes.NewReader(nil))

	size := int64(len(all))
	for _, r := range []struct {
		key            string
		offset, length int64
		want           []byte
	}{
		{key, 0, -1, all},
		{key, 0, size, all},
		{key, 0, 1, all[:1]},
		{key, 0, 0, nil},
		{key, 500, 0, nil},
		{key, 500, 1000, all[500:1500]},
		{key, 500, -1, all[500:]},
		{key, size - 1, -1, all[size-1:]},
		{key, size - 1, 1, all[size-1:]},
		{key, size - 10, 1000, all[size-10:]}, // ends with the object
		{key, size, -1, nil},                  // past the end there is nothing
		{key, size, 10, nil},
		{key, size + 1000, -1, nil},
		{key, size + 1000, 10, nil},
		{key, 1, 1<<63 - 1, all[1:]}, // the end overflows
		{empty, 0, -1, nil},
		{empty, 0, 10, nil},
		{empty, 10, -1, nil},
	} {
		got, err := readObject(t.Context(), store, r.key, r.offset, r.length)
		if err != nil {
			t.Errorf("offset %d, length %d: %v", r.offset, r.length, err)
			continue
		}
		if !bytes.Equal(got, r.want) {
			t.Errorf("offset %d, length %d: got %d bytes, want %d, or their content differs",
				r.offset, r.length, len(got), len(r.want))
		}
	}
	for _, r := range [][2]int64{{-1, -1}, {-1, 10}, {0, -2}} {
		if _, err := readObject(t.Context(), store, key, r[0], r[1]); err == nil {
			t.Errorf("offset %d, length %d: no error", r[0], r[1])
		}
	}
}

// leaveEarly closes a reader long before its end, as a client does that seeks
// in a video; the store goes on working.
func (o *objects) leaveEarly(t *testing.T) {
	store := o.open(t)
	key, all := objectKey(), objectBytes(12<<20)
	put(t, store, key, bytes.NewReader(all))
	for range 20 {
		r, err := store.Open(t.Context(), key, 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		head := make([]byte, 10)
		if _, err := io.ReadFull(r, head); err != nil || !bytes.Equal(head, all[:10]) {
			t.Errorf("the first bytes: %x, %v", head, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func (o *objects) missing(t *testing.T) {
	store := o.open(t)
	key := objectKey()
	o.absent(t, store, key)
	for _, r := range [][2]int64{{0, -1}, {10, -1}, {0, 10}, {0, 0}} {
		if _, err := readObject(t.Context(), store, key, r[0], r[1]); !core.Is(err, core.NotFound) {
			t.Errorf("Open at %v: %v, want NOT_FOUND", r, err)
		}
	}
	// A part of a key is no key.
	long := objectKey()
	put(t, store, long, bytes.NewReader([]byte("x")))
	o.absent(t, store, long[:len(long)-1])
	o.absent(t, store, long+"0")
}

func (o *objects) delete(t *testing.T) {
	store := o.open(t)
	key, other := objectKey(), objectKey()
	put(t, store, key, bytes.NewReader([]byte("one")))
	put(t, store, other, bytes.NewReader([]byte("two")))
	for range 2 {
		if err := store.Delete(t.Context(), key); err != nil {
			t.Errorf("Delete: %v", err)
		}
		o.absent(t, store, key)
	}
	o.holds(t, store, other, []byte("two"))
}

// failingReader breaks off at several places: nothing remains, and the caller
// gets its own error back, with its code.
func (o *objects) failingReader(t *testing.T) {
	store := o.open(t)
	plain := errors.New("the line is dead")
	for _, cause := range []error{plain, core.Errorf(core.TooLarge, "Too large."), io.ErrUnexpectedEOF} {
		for _, at := range []int{0, 1000, 5 << 20, 11<<20 + 5} {
			key := objectKey()
			r := io.MultiReader(bytes.NewReader(objectBytes(at)), iotest.ErrReader(cause))
			err := store.Put(t.Context(), key, r, core.ObjectMeta{})
			if !errors.Is(err, cause) {
				t.Errorf("after %d bytes: %v, want it to wrap %v", at, err, cause)
			}
			if got, want := core.CodeOf(err), core.CodeOf(cause); got != want {
				t.Errorf("after %d bytes: code %s, want that of the reader, %s", at, got, want)
			}
			o.absent(t, store, key)
			o.clean(t, store, key)
		}
	}
}

func (o *objects) cancelledContext(t *testing.T) {
	store := o.open(t)
	for _, at := range []int{0, 1000, 5 << 20, 11<<20 + 5} {
		key := objectKey()
		ctx, cancel := context.WithCancel(t.Context())
		// The reader itself does not notice: it goes on for a while and
		// then ends well.
		r := io.MultiReader(
			bytes.NewReader(objectBytes(at)),
			readerFunc(func([]byte) (int, error) { cancel(); return 0, io.EOF }),
			bytes.NewReader(objectBytes(7<<20)),
		)
		err := store.Put(ctx, key, r, core.ObjectMeta{})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled after %d bytes: %v, want context.Canceled", at, err)
		}
		o.absent(t, store, key)
		o.clean(t, store, key)
	}

	key := objectKey()
	put(t, store, key, bytes.NewReader([]byte("x")))
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	err := store.Put(ctx, objectKey(), bytes.NewReader([]byte("x")), core.ObjectMeta{})
	if !errors.Is(err, context.DeadlineExceeded) || !core.Is(err, core.Unavailable) {
		t.Errorf("Put after the deadline: %v, want UNAVAILABLE and context.DeadlineExceeded", err)
	}
}

func (o *objects) concurrent(t *testing.T) {
	store := o.open(t)
	const writers = 8
	errs := make(chan error, writers)
	for i := range writers {
		go func() {
			key, want := objectKey(), objectBytes(1<<20+i)
			if err := store.Put(t.Context(), key, bytes.NewReader(want), core.ObjectMeta{}); err != nil {
				errs <- err
				return
			}
			got, err := readObject(t.Context(), store, key, 0, -1)
			if err == nil && !bytes.Equal(got, want) {
				err = fmt.Errorf("writer %d reads back %d bytes, want %d, or their content differs", i, len(got), len(want))
			}
			errs <- err
		}()
	}
	for range writers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func put(t *testing.T, store core.ObjectStore, key string, r io.Reader) {
	t.Helper()
	if err := store.Put(t.Context(), key, r, core.ObjectMeta{ContentType: "image/png"}); err != nil {
		t.Fatalf("Put: %v", err)
	}
}

func readObject(ctx context.Context, store core.ObjectStore, key string, offset, length int64) ([]byte, error) {
	r, err := store.Open(ctx, key, offset, length)
	if err != nil {
		return nil, err
	}
	all, err := io.ReadAll(r)
	return all, errors.Join(err, r.Close())
}

// holds fails the test unless key has exactly these bytes and nothing else is
// left of writing them.
func (o *objects) holds(t *testing.T, store core.ObjectStore, key string, want []byte) {
	t.Helper()
	sum := sha256.Sum256(want)
	info, err := store.Stat(t.Context(), key)
	switch {
	case err != nil:
		t.Errorf("Stat: %v", err)
	case info.Size != int64(len(want)):
		t.Errorf("Stat: size %d, want %d", info.Size, len(want))
	case info.SHA256 != nil && !bytes.Equal(info.SHA256, sum[:]):
		t.Errorf("Stat: sha256 %x, want %x or none", info.SHA256, sum)
	}
	got, err := readObject(t.Context(), store, key, 0, -1)
	if err != nil {
		t.Errorf("Open: %v", err)
	} else if sha256.Sum256(got) != sum {
		t.Errorf("got %d bytes, want %d, or their content differs", len(got), len(want))
	}
	o.clean(t, store, key)
}

// absent fails the test unless the store knows nothing of key.
func (o *objects) absent(t *testing.T, store core.ObjectStore, key string) {
	t.Helper()
	if info, err := store.Stat(t.Context(), key); !core.Is(err, core.NotFound) {
		t.Errorf("Stat: %+v, %v, want NOT_FOUND", info, err)
	}
	if _, err := readObject(t.Context(), store, key, 0, -1); !core.Is(err, core.NotFound) {
		t.Errorf("Open: %v, want NOT_FOUND", err)
	}
	if err := store.Delete(t.Context(), key); err != nil {
		t.Errorf("Delete of what is absent: %v", err)
	}
}

func (o *objects) clean(t *testing.T, store core.ObjectStore, key string) {
	t.Helper()
	if o.leftovers == nil {
		return
	}
	if left := o.leftovers(t, store, key); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
}

// objectKey is a fresh key of the shape that core makes.
func objectKey() string { return "assets/ast_" + uuid.Must(uuid.NewV7()).String() }

// objectBytes are n bytes that do not compress and do not repeat, the same for
// the same n.
func objectBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1, byte(n), byte(n >> 8)}).Read(b) // never fails
	return b
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
