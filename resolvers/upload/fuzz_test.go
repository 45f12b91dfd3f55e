package upload_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/upload"
)

// A file takes the place of one null of the variables, and of nothing else.
func FuzzPlace(f *testing.F) {
	f.Add(`{"file":null}`, "variables.file")
	f.Add(`{"a":{"b":[null,{"c":null}]}}`, "variables.a.b.1.c")
	f.Add(`{"a":[null]}`, "variables.a.-1")
	f.Add(`{"":null}`, "variables.")
	f.Fuzz(func(t *testing.T, text, path string) {
		var variables map[string]any
		if json.Unmarshal([]byte(text), &variables) != nil {
			t.Skip()
		}
		before, _ := json.Marshal(variables)
		name, err := upload.Place(variables, path)
		after, _ := json.Marshal(variables)
		if err != nil {
			if !core.Is(err, core.Invalid) || !bytes.Equal(before, after) {
				t.Fatalf("%v: %s became %s", err, before, after)
			}
			return
		}
		if !strings.HasPrefix(path, "variables."+name) {
			t.Fatalf("%q names $%s", path, name)
		}
		if len(before)-len(after) != len(`null`)-len(`{}`) {
			t.Fatalf("%s became %s", before, after)
		}
		if _, err := upload.Place(variables, path); err == nil {
			t.Fatalf("%q twice", path)
		}
	})
}

// What is accepted as a map is one, of the files and paths that JSON has there.
func FuzzDecodeMap(f *testing.F) {
	f.Add([]byte(`{"0":["variables.file"],"1":["variables.files.0"]}`))
	f.Add([]byte(`{"a":[null],"a":["x"]}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, paths, err := upload.DecodeMap(text)
		if err != nil {
			if !core.Is(err, core.Invalid) {
				t.Fatal(err)
			}
			return
		}
		got := map[string][]string{}
		for i, k := range keys {
			got[k] = []string{paths[i]}
		}
		var want map[string][]string
		if err := json.Unmarshal(text, &want); err != nil || !reflect.DeepEqual(got, want) || len(keys) > 10 || len(keys) != len(got) {
			t.Fatalf("%s: %q, want %q, %v", text, got, want, err)
		}
		for _, reserved := range []string{"", "operations", "map"} {
			if got[reserved] != nil {
				t.Fatalf("%s has %q", text, reserved)
			}
		}
	})
}

// Whatever stands in the two fields, the answer is never a failure of ours.
func FuzzFields(f *testing.F) {
	f.Add(operations(`{"file":null,"files":[null]}`), `{"a":["variables.file"],"b":["variables.files.0"]}`)
	f.Add(`null`, `null`)
	f.Add(`{"query":"mutation($file:Upload){run(file:$file)}","variables":{"file":null}}`, `{"a":["variables.file"]}`)
	f.Add(operations(`{"input":{"deeper":{"files":[null]}}}`), `{"a":["variables.input.deeper.files.0"]}`)
	f.Add(operations(`{"input":{"files":null},"files":null}`), `{"a":["variables.input.files"],"b":["variables.files"]}`)
	h := newHandler(upload.Transport{}, func(_ context.Context, vars map[string]any) error {
		if u, ok := vars["file"].(upload.Upload); ok {
			_, err := io.Copy(io.Discard, u)
			return err
		}
		return nil
	})
	f.Fuzz(func(t *testing.T, operations, files string) {
		body := encode([]part{field("operations", operations), field("map", files), file("a", []byte("x")), file("b", nil)})
		status, got := record(t, h, request("/", bytes.NewReader(body)))
		if status >= 500 || !json.Valid([]byte(got)) || strings.Contains(got, `"INTERNAL"`) {
			t.Fatalf("%d %s", status, got)
		}
	})
}

// outcome is what came of one request: the answer, and each file as it was read.
type outcome struct {
	status int
	answer string
	files  []outcomeFile
}

type outcomeFile struct {
	content string
	code    core.Code // "" of a whole file
}

type outcomeKey struct{}

// newRecording reads all files of a request into its outcome; the last first
// when reversed.
func newRecording(tr upload.Transport, reversed bool) func(t *testing.T, body io.Reader, length int64) outcome {
	h := newHandler(tr, func(ctx context.Context, vars map[string]any) error {
		out := ctx.Value(outcomeKey{}).(*outcome)
		list := graphql.CoerceList(vars["files"])
		out.files = make([]outcomeFile, len(list))
		var all []error
		for i := range list {
			if reversed {
				i = len(list) - 1 - i
			}
			u, err := upload.UnmarshalUpload(list[i])
			if err != nil {
				return err
			}
			b, err := io.ReadAll(u)
			if out.files[i] = (outcomeFile{content: string(b)}); err != nil {
				out.files[i] = outcomeFile{code: core.CodeOf(err)}
			}
			all = append(all, err)
		}
		return errors.Join(all...)
	})
	return func(t *testing.T, body io.Reader, length int64) (out outcome) {
		r := request("/", body)
		r.ContentLength = length
		out.status, out.answer = record(t, h, r.WithContext(context.WithValue(r.Context(), outcomeKey{}, &out)))
		if out.status >= 500 || strings.Contains(out.answer, "INTERNAL") || !json.Valid([]byte(out.answer)) {
			t.Fatalf("%d %s", out.status, out.answer)
		}
		return out
	}
}

// Whatever the body is and in which pieces it arrives, the outcome is the same
// and no failure of ours, it takes memory in proportion, and a file that is
// taken for whole stands in the body with a boundary behind it.
func FuzzBody(f *testing.F) {
	f.Add(encode(form(file("a", []byte("hello")))))
	f.Add(encode(form(file("a", nil), file("b", []byte("x")))))
	f.Add(encode(form(file("a", []byte("\r\n--XXboundaryX\r\n--")), file("b", []byte("\n")))))
	f.Add(bytes.ReplaceAll(encode(form(file("a", []byte("hello")))), []byte("\r\n"), []byte("\n")))
	f.Add(append([]byte("preamble\r\n"), append(encode(form(file("a", []byte("x")))), "epilogue"...)...))
	f.Add(encode(form(part{name: "a", body: []byte("four"), head: map[string]string{"Content-Length": "4", "Content-Transfer-Encoding": "binary"}})))
	f.Add(encode(form(part{name: "a", body: []byte("=3D"), head: map[string]string{"Content-Transfer-Encoding": "quoted-printable"}})))
	send := newRecording(upload.Transport{MaxFile: 1 << 20, TempDir: f.TempDir()}, false)
	f.Fuzz(func(t *testing.T, body []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		whole := send(t, bytes.NewReader(body), -1)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 2<<20+500*uint64(len(body)) {
			t.Errorf("%d bytes take %d of memory", len(body), n)
		}
		for name, pieces := range map[string]func(io.Reader) io.Reader{"bytes": iotest.OneByteReader, "halves": iotest.HalfReader, "data with its end": iotest.DataErrReader} {
			if got := send(t, pieces(bytes.NewReader(body)), -1); !reflect.DeepEqual(got, whole) {
				t.Errorf("in %s: %+v, at once: %+v", name, got, whole)
			}
		}
		for _, file := range whole.files {
			if file.code != "" {
				continue
			}
			ends := []string{"\n" + file.content + "\r\n--" + boundary, "\n" + file.content + "\n--" + boundary}
			if file.content == "" {
				ends = append(ends, "\n--"+boundary)
			}
			if !contains(body, ends) {
				t.Errorf("%q does not end in the body", file.content)
			}
		}
	})
}

func contains(body []byte, any []string) bool {
	for _, s := range any {
		if bytes.Contains(body, []byte(s)) {
			return true
		}
	}
	return false
}

// Files arrive as they were sent, in whatever pieces and order of reading. A
// body that was cut gives no file that differs, and never its last one.
func FuzzCut(f *testing.F) {
	f.Add([]byte("first\r\n--XX"), []byte("second"), uint8(0), uint32(1_000), uint16(7), false, true)
	f.Add([]byte{}, []byte("\r\n--XXboundaryX"), uint8(0), uint32(500), uint16(1), true, false)
	f.Add([]byte("\n--"), []byte("\r"), uint8(200), uint32(1<<20), uint16(4095), true, true)
	f.Add([]byte("0123456789abcdef"), []byte{0}, uint8(255), uint32(1<<20), uint16(0), false, false)
	const held = 16 << 10
	dir := f.TempDir()
	inOrder, reversed := newRecording(upload.Transport{MaxHeld: held, TempDir: dir}, false), newRecording(upload.Transport{MaxHeld: held, TempDir: dir}, true)
	f.Fuzz(func(t *testing.T, a, b []byte, times uint8, cut uint32, piece uint16, backwards, declared bool) {
		a = bytes.Repeat(a, 1+int(times)*40)
		if len(a)+len(b) > 1<<20 || bytes.Contains(a, []byte("--"+boundary)) || bytes.Contains(b, []byte("--"+boundary)) {
			return
		}
		sent := []part{file("a", a), file("b", b)}
		body := encode(form(sent...))
		n := min(int(cut), len(body))
		complete := n == len(body) || n == len(body)-2 // only the last line break may be missing
		length, send := int64(-1), inOrder
		if declared {
			length = int64(n)
		}
		if backwards {
			send = reversed
		}
		out := send(t, &pieces{body[:n], int(piece) + 1}, length)
		for i, file := range out.files {
			switch {
			case file.code == "" && file.content != string(sent[i].body):
				t.Errorf("cut at %d: file %d has %d bytes of %d", n, i, len(file.content), len(sent[i].body))
			case file.code == "" && i == 1 && !complete:
				t.Errorf("cut at %d of %d: the last file was taken for whole", n, len(body))
			case file.code == core.TooLarge && backwards && i == 0 && len(a) > held:
			case file.code != "" && complete:
				t.Errorf("file %d: %s", i, file.code)
			case file.code != "" && file.code != core.Aborted && file.code != core.Invalid:
				t.Errorf("cut at %d: file %d: %s", n, i, file.code)
			}
		}
		if complete && len(out.files) != 2 {
			t.Errorf("%d %s", out.status, out.answer)
		}
	})
}

// pieces hands its bytes out so many at a time.
type pieces struct {
	rest []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.rest[:min(p.size, len(p.rest))])
	p.rest = p.rest[n:]
	return n, nil
}
