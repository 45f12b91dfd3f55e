package product_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
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
)

// filesOf is how many uploads and deletes a test mixes: GRAPNEL_TEST_FILES, or few.
func filesOf(t *testing.T) int64 {
	n, err := strconv.ParseInt(os.Getenv("GRAPNEL_TEST_FILES"), 10, 64)
	if err != nil {
		n = 400
	}
	t.Logf("%d uploads and deletes", n)
	return n
}

// SIGKILL in the middle of uploads and deletes, several times: what was acknowledged is
// true, no READY file is without its bytes, no bytes are without a record, and one sweep
// leaves nothing but READY files.
func TestKilledUploads(t *testing.T) {
	grapnel.EachStores(t, func(t *testing.T, stores grapnel.Stores) {
		env := append(stores.Env, "GRAPNEL_USER_COST=0", "GRAPNEL_ADDRESS_COST=0")
		const rounds, clients = 5, 16
		total := filesOf(t)
		var stored, deleted sync.Map // acknowledged: id -> *kept, id -> nothing
		var acknowledged atomic.Int64
		for range rounds {
			p := binary.Start(t, env...)
			token := p.Admin()
			end := acknowledged.Load() + total/rounds
			var wg sync.WaitGroup
			for range clients {
				wg.Go(func() { uploadAndDelete(p, token, &stored, &deleted, &acknowledged, end) })
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
		ready := sweepAll(t, stores)
		if ready < n {
			t.Errorf("%d files are left of %d", ready, n)
		}
		objects := 0
		err := filepath.WalkDir(stores.Files, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				objects++
			}
			return err
		})
		if err != nil || objects != ready {
			t.Errorf("%d objects, temporary ones and parts among them, of %d READY files, %v", objects, ready, err)
		}
	})
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
// nothing to do, and counts the READY files.
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
		n, err := docs.Count(t.Context(), coll, f)
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
