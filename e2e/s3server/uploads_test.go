package s3server_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aws3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/e2e/s3server"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/internal/faults"
	"github.com/grapnel/grapnel/storage/s3"
	"github.com/grapnel/grapnel/storage/sqlite"
	"github.com/grapnel/grapnel/storage/storagetest"
)

// each runs a test on the stand-in, and on each program that is installed.
func each(t *testing.T, test func(*testing.T, *s3server.Server)) {
	start := func(run func(ctx context.Context, dir string) (*s3server.Server, error)) func(*testing.T) {
		return func(t *testing.T) {
			server, err := run(t.Context(), t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := server.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			t.Setenv("AWS_ACCESS_KEY_ID", server.AccessKey)
			t.Setenv("AWS_SECRET_ACCESS_KEY", server.SecretKey)
			t.Setenv("AWS_REGION", server.Region)
			test(t, server)
		}
	}
	t.Run("versitygw", start(s3server.Start))
	for _, name := range s3server.Programs {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(name); err != nil {
				if os.Getenv("GRAPNEL_TEST_REQUIRE") == "1" {
					t.Fatal(err)
				}
				t.Skip(err)
			}
			start(func(ctx context.Context, dir string) (*s3server.Server, error) {
				return s3server.StartProgram(ctx, name, dir)
			})(t)
		})
	}
}

// TestUploadsUnderFaults uploads and deletes files through a proxy that brings a fault on
// for a fifth of all requests. After one sweep, records and bucket agree, and no part of
// an upload is left.
func TestUploadsUnderFaults(t *testing.T) {
	each(t, func(t *testing.T, server *s3server.Server) {
		total := storagetest.Load(t, 60)
		proxy, err := faults.New(server.Endpoint)
		if err != nil {
			t.Fatal(err)
		}
		proxy.Start()
		defer proxy.End()
		docs, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "grapnel.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer docs.Close()
		objects, err := s3.Open(t.Context(), s3.Config{Bucket: server.Bucket, Endpoint: proxy.URL, Region: server.Region})
		if err != nil {
			t.Fatal(err)
		}
		defer objects.Close()
		site := func(ahead time.Duration) *core.App {
			app, err := core.New(t.Context(), core.Config{
				Specs: model.Specs(), Docs: docs, Objects: objects, Key: bytes.Repeat([]byte("k"), 32), MaxUpload: 1 << 30, SignUpRole: core.Author,
				Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Now().Add(ahead) },
			})
			if err != nil {
				t.Fatal(err)
			}
			return app
		}
		app := site(0)
		user, err := app.Users.Register(core.AsSystem(t.Context()), core.UserDraft{Username: "ada", Email: "ada@example.org", Password: "correct horse"}, core.Author)
		if err != nil {
			t.Fatal(err)
		}
		ctx := core.WithPrincipal(t.Context(), core.Principal{UserID: user.ID, Role: core.Author})

		var came [faults.Late + 1]atomic.Int64
		var begun sync.Map // the keys of uploads in parts
		proxy.Set(func(r *http.Request) faults.Fault {
			if r.URL.Query().Has("uploads") && r.Method == http.MethodPost {
				begun.Store(strings.TrimPrefix(r.URL.Path, "/"+server.Bucket+"/"), true)
			}
			f := faults.Pass
			if rand.IntN(5) == 0 {
				f = []faults.Fault{faults.Refuse, faults.Lose, faults.Cut, faults.Slow, faults.Late}[rand.IntN(5)]
			}
			came[f].Add(1)
			return f
		})
		const workers = 6
		var ready, failed, deleted atomic.Int64
		var kept sync.Map // the bytes of READY files, by id
		var working sync.WaitGroup
		for worker := range int64(workers) {
			working.Go(func() {
				for i := worker; i < total; i += workers {
					body := bytes.Repeat(fmt.Appendf(nil, "file %4d ", i), []int{100, 20_000, 1_100_000}[i%3]) // up to 11 MB
					send := upload
					if i%5 == 0 {
						send = sendSigned
					}
					asset, err := send(ctx, app, body)
					switch {
					case core.Is(err, core.Unavailable) || errors.Is(err, errSending):
						failed.Add(1)
					case err != nil:
						t.Errorf("upload: %v", err)
					case i%4 != 0:
						ready.Add(1)
						kept.Store(asset.ID, body)
					default:
						deleted.Add(1)
						if err := app.Assets.Delete(ctx, asset.ID, nil); err != nil {
							t.Errorf("delete: %v", err)
						}
					}
				}
			})
		}
		working.Wait()
		app.Close()
		proxy.Set(func(*http.Request) faults.Fault { return faults.Pass })
		t.Logf("of %d files %d are there, %d failed, %d were deleted; of the requests %d passed, %d were refused, %d lost, %d cut, %d slowed down, %d late", total, ready.Load(), failed.Load(), deleted.Load(),
			came[faults.Pass].Load(), came[faults.Refuse].Load(), came[faults.Lose].Load(), came[faults.Cut].Load(), came[faults.Slow].Load(), came[faults.Late].Load())

		app = site(50 * time.Hour) // sweeps, as if two days had gone by
		defer app.Close()
		left := func() (n int64) {
			for coll, f := range map[string]core.Filter{"leftovers": core.All, "assets": core.Eq("state", core.Pending)} {
				some, err := docs.Count(t.Context(), coll, core.Query{Filter: f})
				if err != nil {
					t.Fatal(err)
				}
				n += some
			}
			return n
		}
		for deadline := time.Now().Add(time.Minute); left() > 0; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d leftovers and pending files remain", left())
			}
		}
		check := core.FilesCheck{Specs: model.Specs(), Docs: docs, Objects: objects, Found: func(p core.Problem) { t.Errorf("%s", p) }}
		if n, err := check.Run(t.Context()); n != ready.Load() || err != nil {
			t.Errorf("%d objects of %d files, %v", n, ready.Load(), err)
		}
		for id, want := range kept.Range {
			asset, err := app.Assets.Get(ctx, id.(string))
			if err != nil {
				t.Error(err)
				continue
			}
			if got, err := read(ctx, objects, asset.Key); err != nil || !bytes.Equal(got, want.([]byte)) {
				t.Errorf("%s: %d other bytes, %v", id, len(got), err)
			}
		}
		for key := range begun.Range {
			for _, id := range pending(t, server, key.(string)) {
				t.Errorf("pending: upload %s of %s", id, key)
			}
		}
	})
}

func upload(ctx context.Context, app *core.App, body []byte) (*core.Asset, error) {
	return app.Assets.Upload(ctx, core.Upload{Filename: "a.txt", Declared: -1, Body: bytes.NewReader(body), Visibility: core.Private})
}

// errSending says that the file did not get to the store.
var errSending = errors.New("the signed request failed")

// sendSigned sends a file straight to the store.
func sendSigned(ctx context.Context, app *core.App, body []byte) (*core.Asset, error) {
	sum := sha256.Sum256(body)
	asset, signed, err := app.Assets.Promise(ctx, core.Promise{
		Filename: "a.txt", ContentType: "text/plain", Size: int64(len(body)), SHA256: hex.EncodeToString(sum[:]), Visibility: core.Private,
	})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, signed.Method, signed.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for _, h := range signed.Headers {
		req.Header.Set(h.Name, h.Value)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return nil, errSending
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, errSending
	}
	return app.Assets.Complete(ctx, asset.ID)
}

func read(ctx context.Context, objects core.ObjectStore, key string) ([]byte, error) {
	r, err := objects.Open(ctx, key, 0, -1)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// pending lists the uploads of a key that neither were completed nor aborted.
func pending(t *testing.T, server *s3server.Server, key string) (ids []string) {
	t.Helper()
	out, err := client(server).ListMultipartUploads(t.Context(), &aws3.ListMultipartUploadsInput{Bucket: &server.Bucket, Prefix: &key})
	if said := smithy.APIError(nil); errors.As(err, &said) && said.ErrorCode() == "NoSuchUpload" {
		return nil // as rclone says that there is none
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range out.Uploads {
		ids = append(ids, aws.ToString(u.UploadId))
	}
	return ids
}
