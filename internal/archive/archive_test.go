package archive_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/archive"
)

func document(t testing.TB, id string, size int) []byte {
	t.Helper()
	var fields []byte
	for _, f := range [][2]string{{"_id", id}, {"text", strings.Repeat("x", size)}} {
		fields = append(append(append(fields, 2), f[0]...), 0) // a string
		fields = binary.LittleEndian.AppendUint32(fields, uint32(len(f[1])+1))
		fields = append(append(fields, f[1]...), 0)
	}
	raw := binary.LittleEndian.AppendUint32(nil, uint32(len(fields)+5))
	return append(append(raw, fields...), 0)
}

// entries are documents of several chunks, large ones, and more files than one list of
// digests has.
func entries(t testing.TB) (all []core.BackupEntry) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 30 {
		all = append(all, core.BackupEntry{Coll: "posts", Doc: document(t, fmt.Sprint("post_", i), 1<<20)})
	}
	all = append(all, core.BackupEntry{Coll: "users", Doc: document(t, "user_1", 17<<20)}, core.BackupEntry{Coll: "users", Doc: document(t, "user_2", 5)})
	for i := range 1200 {
		data := make([]byte, r.IntN(100))
		for j := range data {
			data[j] = byte(r.Uint32())
		}
		all = append(all, core.BackupEntry{Key: fmt.Sprintf("assets/asset_%d.%s", i, strings.Repeat("k", i%200)), ContentType: "image/png", Size: int64(len(data)), Body: bytes.NewReader(data)})
	}
	return all
}

func write(t testing.TB, all []core.BackupEntry) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := archive.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if _, err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read is what an archive has, as text, and its error.
func read(data []byte) (got []string, whole bool, err error) {
	for e, failed := range archive.Read(bytes.NewReader(data), func(archive.Manifest) { whole = true }) {
		if failed != nil {
			return got, whole, failed
		}
		if e.Coll != "" {
			got = append(got, fmt.Sprintf("%s %x", e.Coll, sha256.Sum256(e.Doc)))
			continue
		}
		body, failed := io.ReadAll(e.Body)
		if failed != nil {
			return got, whole, failed
		}
		got = append(got, fmt.Sprintf("%s %s %d %x", e.Key, e.ContentType, e.Size, body))
	}
	return got, whole, nil
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	all := entries(t)
	data := write(t, all)
	got, whole, err := read(data)
	if err != nil || !whole || len(got) != len(all) {
		t.Fatalf("%d of %d entries, whole: %v, %v", len(got), len(all), whole, err)
	}
	for i, e := range all {
		want := fmt.Sprintf("%s %x", e.Coll, sha256.Sum256(e.Doc))
		if e.Body != nil {
			e.Body.(*bytes.Reader).Seek(0, io.SeekStart)
			body, _ := io.ReadAll(e.Body)
			want = fmt.Sprintf("%s %s %d %x", e.Key, e.ContentType, e.Size, body)
		}
		if got[i] != want {
			t.Fatalf("entry %d is %.100s, want %.100s", i, got[i], want)
		}
	}
	if got, whole, err := read(write(t, nil)); err != nil || !whole || len(got) > 0 {
		t.Errorf("an empty one: %q %v", got, err)
	}
}

// TestDamage cuts an archive and flips its bits, behind the compression as well: each time
// that is found, whatever was read before.
func TestDamage(t *testing.T) {
	t.Parallel()
	data := write(t, []core.BackupEntry{
		{Coll: "posts", Doc: document(t, "post_1", 100)},
		{Key: "assets/asset_1", Size: 5, Body: strings.NewReader("bytes")},
	})
	unzip, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer unzip.Close()
	plain, err := unzip.DecodeAll(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	zip, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer zip.Close()
	whole, _, _ := read(data)
	refused := func(what string, data []byte) {
		t.Helper()
		got, done, err := read(data)
		var damaged *archive.Damaged
		if err == nil && fmt.Sprint(got) != fmt.Sprint(whole) {
			t.Errorf("%s: read as if it were whole: %q", what, got)
		}
		if err != nil && (done || !errors.As(err, &damaged)) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, tail := range map[string][]byte{"a byte": {0}, "text": []byte("text"), "itself": data, "zeros, compressed": zip.EncodeAll(make([]byte, 512), nil)} {
		if _, done, err := read(append(bytes.Clone(data), tail...)); done || err == nil {
			t.Errorf("with %s behind it: whole %v, %v", what, done, err)
		}
	}
	for n := range len(data) {
		refused(fmt.Sprint("cut at ", n), data[:n])
	}
	for i := 0; i < len(plain); i += 3 {
		bad := bytes.Clone(plain)
		bad[i] ^= 1 << (i % 8)
		refused(fmt.Sprint("flipped at ", i), zip.EncodeAll(bad, nil))
	}
}

// A file that is shorter than it was said to be fails, and is not filled up.
func TestShortFile(t *testing.T) {
	t.Parallel()
	w, err := archive.NewWriter(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(core.BackupEntry{Key: "assets/a", Size: 9, Body: strings.NewReader("short")}); err == nil {
		t.Error("it was written")
	}
}

// FuzzRead reads whatever comes: it ends, with an error unless it was written so.
func FuzzRead(f *testing.F) {
	f.Add(write(f, nil))
	f.Add(write(f, []core.BackupEntry{{Coll: "posts", Doc: document(f, "post_1", 10)}, {Key: "assets/a", Size: 1, Body: strings.NewReader("a")}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, whole, err := read(data); err == nil && !whole {
			t.Error("neither whole nor refused")
		}
	})
}
