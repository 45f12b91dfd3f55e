package product_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/e2e/grapnel"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/storage/filesystem"
	"github.com/grapnel/grapnel/storage/mongodb"
	"github.com/grapnel/grapnel/storage/s3"
	"github.com/grapnel/grapnel/storage/sqlite"
	"github.com/grapnel/grapnel/storage/storagetest"
)

// SIGKILL in the middle of uploads and deletes, several times: what was acknowledged is
// true, no READY file is without its bytes, no bytes are without a record, and one sweep
// leaves nothing but READY files.
func TestKilledUploads(t *testing.T) {
	grapnel.EachStores(t, func(t *testing.T, stores grapnel.Stores) {
		env := append(stores.Env, "GRAPNEL_USER_COST=0", "GRAPNEL_ADDRESS_COST=0")
		const rounds, clients = 5, 16
		total := storagetest.Load(t, 400)
		var stored, deleted sync.Map // acknowledged: id -> *kept, id -> nothing
		var acknowledged atomic.Int64
		for round := range rounds {
			p := binary.Start(t, env...)
			tokens := make([]string, clients/8) // each may send as many files at a time
			for i := range tokens {
				name := fmt.Sprintf("round%d_%d", round, i)
				tokens[i], _ = p.SignUp(name)
			}
			end := acknowledged.Load() + total/rounds
			var wg sync.WaitGroup
			for i := range clients {
				wg.Go(func() { uploadAndDelete(p, tokens[i%len(tokens)], &stored, &deleted, &acknowledged, end) })
			}
			wg.Wait()
			<-p.Ended
		}

		p := binary.Start(t, env...)
		said := binary.Command(t, env, "", "check", "--files", "--min-age=0s")
		t.Logf("%d acknowledged; %s", acknowledged.Load(), said[strings.LastIndex(said, "Checked"):])
		n := 0
		stored.Range(func(id, file any) bool {
			n++
			f := file.(*kept)
			if got := fetchAll(t, p.URL+f.path); !bytes.Equal(got, f.bytes()) {
				t.Errorf("%s: %d bytes are served of %d", id, len(got), f.size)
			}
			return true
		})
		deleted.Range(func(id, _ any) bool {
			p.Refused("", `query($id: ID!) { asset(id: $id) { id } }`, vars{"id": id}, "NOT_FOUND")
			return true
		})
		p.Stop()
		if ready := sweepAll(t, stores); ready < n {
			t.Errorf("%d files are left of %d", ready, n)
		}
	})
}

// A signed request that is used again after its file was deleted stores bytes that a
// record names, and that go with it.
func TestSignedPutAfterDeletion(t *testing.T) {
	grapnel.EachStores(t, func(t *testing.T, stores grapnel.Stores) {
		p := binary.Start(t, stores.Env...)
		token, _ := p.SignUp("member")
		const text = "just a text"
		sum := sha256.Sum256([]byte(text))
		promised := p.Get(token, `mutation($s: Int64!, $h: String!) {
			createAssetUpload(input: {filename: "a.txt", contentType: "text/plain", size: $s, sha256: $h}) {
				asset { id } request { method url headers { name value } }
			}
		}`, vars{"s": len(text), "h": hex.EncodeToString(sum[:])}, "createAssetUpload")
		id := grapnel.Dig(promised, "asset.id")
		put := func() int {
			req, err := http.NewRequest(grapnel.Dig(promised, "request.method").(string), grapnel.Dig(promised, "request.url").(string), strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range grapnel.Dig(promised, "request.headers").([]any) {
				req.Header.Set(grapnel.Dig(h, "name").(string), grapnel.Dig(h, "value").(string))
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			return res.StatusCode
		}
		if status := put(); status/100 != 2 {
			t.Fatalf("sent: %d", status)
		}
		p.Get(token, `mutation($id: ID!) { completeAssetUpload(input: {id: $id}) { asset { state } } }`, vars{"id": id}, "completeAssetUpload.asset.state")
		p.Get(token, `mutation($id: ID!) { deleteAsset(input: {id: $id}) { deletedId } }`, vars{"id": id}, "deleteAsset.deletedId")
		for deadline := time.Now().Add(15 * time.Second); len(bytesIn(t, stores.Files)) > 0; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("deleted bytes stay: %v", bytesIn(t, stores.Files))
			}
		}
		if status, want := put(), map[bool]int{true: http.StatusNotFound, false: http.StatusOK}[stores.Mongod == nil]; status != want {
			t.Errorf("sent again: %d, not %d", status, want)
		}
		binary.Command(t, stores.Env, "", "check", "--files", "--min-age=0s")
		p.Stop()
		if ready := sweepAll(t, stores); ready != 0 {
			t.Errorf("%d files are left", ready)
		}
	})
}

// bytesIn lists the files below a folder.
func bytesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone meanwhile
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// kept is a file that was acknowledged.
type kept struct {
	path string
	size int
}

func (k *kept) bytes() []byte { return bytes.Repeat([]byte("some text\n"), k.size/10) }

// uploadAndDelete is one client, until the server is gone; who comes to end kills it.
func uploadAndDelete(p *grapnel.Server, token string, stored, deleted *sync.Map, acknowledged *atomic.Int64, end int64) {
	var mine []string
	for {
		if len(mine) > 0 && rand.IntN(5) < 2 {
			i := rand.IntN(len(mine))
			id := mine[i]
			mine = append(mine[:i], mine[i+1:]...)
			stored.Delete(id) // whether it is deleted, only an answer tells
			out, err := p.Post(token, `mutation($id: ID!) { deleteAsset(input: {id: $id}) { deletedId } }`, vars{"id": id})
			if err != nil {
				return
			}
			if grapnel.Dig(out, "data.deleteAsset.deletedId") == id {
				deleted.Store(id, nil)
			}
		} else {
			f := &kept{size: 10 * (1 + rand.IntN(1000))}
			if rand.IntN(10) == 0 {
				f.size = 6 << 20 / 10 * 10 // in parts, on S3
			}
			out, err := p.Upload(token, "a.txt", bytes.NewReader(f.bytes()))
			if err != nil {
				return
			}
			if id, ok := grapnel.Dig(out, "data.uploadAsset.asset.id").(string); ok {
				url := grapnel.Dig(out, "data.uploadAsset.asset.url").(string)
				f.path = url[strings.Index(url, "/files/"):]
				stored.Store(id, f)
				mine = append(mine, id)
			}
		}
		if acknowledged.Add(1) >= end {
			p.Kill()
		}
	}
}

func fetchAll(t *testing.T, url string) []byte {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("%s: %d, %v", url, res.StatusCode, err)
	}
	return got
}

// sweepAll runs the product on the stores as if a day had gone by, until its sweep has
// nothing to do, checks that nothing but READY files is left, and counts them.
func sweepAll(t *testing.T, stores grapnel.Stores) (ready int) {
	t.Helper()
	docs, objects := openStores(t, stores)
	app, err := core.New(t.Context(), core.Config{
		Specs: model.Specs(), Docs: docs, Objects: objects, Key: bytes.Repeat([]byte("k"), 32), MaxUpload: 1 << 30,
		Now: func() time.Time { return time.Now().Add(26 * time.Hour) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	left := func(coll string, f core.Filter) int64 {
		n, err := docs.Count(t.Context(), coll, core.Query{Filter: f})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	pending := core.Eq("state", core.Pending)
	for deadline := time.Now().Add(time.Minute); left("assets", pending) > 0 || left("leftovers", core.All) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d uploads and %d leftovers remain", left("assets", pending), left("leftovers", core.All))
		}
	}
	ready = int(left("assets", core.All))
	check := core.FilesCheck{Specs: model.Specs(), Docs: docs, Objects: objects, Found: func(p core.Problem) { t.Errorf("%s", p) }}
	if n, err := check.Run(t.Context()); int(n) != ready || err != nil {
		t.Errorf("%d objects of %d files, %v", n, ready, err)
	}
	if all := bytesIn(t, stores.Files); len(all) != ready {
		t.Errorf("%d objects, temporary ones and parts among them, of %d files", len(all), ready)
	}
	return ready
}

// openStores opens the stores of a server in this process, as if a day had gone by.
func openStores(t *testing.T, stores grapnel.Stores) (docs core.DocStore, objects core.ObjectStore) {
	t.Helper()
	env := map[string]string{}
	for _, s := range stores.Env {
		name, value, _ := strings.Cut(s, "=")
		env[name] = value
	}
	ctx := context.WithoutCancel(t.Context())
	var err error
	if stores.Mongod == nil {
		parts, _ := filepath.Glob(filepath.Join(stores.Files, "uploads", "*")) // as old as all the rest
		for _, part := range parts {
			if err := os.Chtimes(part, time.Time{}, time.Now().Add(-26*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if docs, err = sqlite.Open(ctx, filepath.Join(env["GRAPNEL_DATA"], "grapnel.db")); err == nil {
			objects, err = filesystem.Open(stores.Files)
		}
	} else {
		t.Setenv("AWS_ACCESS_KEY_ID", env["AWS_ACCESS_KEY_ID"])
		t.Setenv("AWS_SECRET_ACCESS_KEY", env["AWS_SECRET_ACCESS_KEY"])
		if docs, err = mongodb.Open(ctx, env["MONGODB_URI"]); err == nil {
			objects, err = s3.Open(ctx, s3.Config{Bucket: env["S3_BUCKET"], Endpoint: env["S3_ENDPOINT"], Region: env["S3_REGION"]})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { objects.Close(); docs.Close() })
	return docs, objects
}
