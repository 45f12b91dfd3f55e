package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/e2e/child"
	"github.com/grapnel/grapnel/storage/s3"
)

const adminEmail, adminPassword = "admin@example.org", "correct horse battery"

const (
	uploadQuery = `mutation($file: Upload!) { uploadAsset(input: {file: $file}) { asset { id size sha256 url } } }`
	deleteQuery = `mutation($id: ID!) { deleteAsset(input: {id: $id}) { deletedId } }`
	boundary    = "-----------------------------9051914041544843365972754266"
)

// uploads is row e.
func (b *bench) uploads(ctx context.Context) error {
	b.note("Row e: growth of VmHWM from what is resident before the upload, at the start of the server. The client is this process, the S3 server a third one; its rate is that of the adapter alone. The S3 server has the first processor for itself, and while rates are compared the others have the rest: it would be on another machine.")
	if err := b.uploadsTo(ctx, "files", 32<<20); err != nil {
		return err
	}
	env, stop, err := b.startS3(ctx)
	if err != nil {
		return err
	}
	return errors.Join(b.uploadsTo(ctx, "S3", 40<<20, env...), b.transfers(ctx, env), stop())
}

// processors lets running processes use the processors from the first one named on.
func processors(ctx context.Context, first int, pids ...int) error {
	for _, pid := range pids {
		set := exec.CommandContext(ctx, "taskset", "--all-tasks", "--cpu-list", "--pid", fmt.Sprintf("%d-%d", first, runtime.NumCPU()-1), strconv.Itoa(pid))
		if text, err := set.CombinedOutput(); err != nil {
			return fmt.Errorf("taskset: %w\n%s", err, text)
		}
	}
	return nil
}

// transfers compares the rates at which a large file goes to S3 and back through the
// product with those of the adapter alone, in turns.
func (b *bench) transfers(ctx context.Context, env []string) (err error) {
	for _, e := range env { // for the adapter in this process
		name, value, _ := strings.Cut(e, "=")
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	store, err := s3.Open(ctx, s3.Config{Bucket: os.Getenv("S3_BUCKET"), Endpoint: os.Getenv("S3_ENDPOINT"), Region: os.Getenv("AWS_REGION")})
	if err != nil {
		return err
	}
	defer store.Close()
	data, err := os.MkdirTemp(b.dir, "transfers-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	c, stop, err := b.admin(ctx, data, env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := processors(ctx, 1, os.Getpid(), c.server.PID()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, processors(ctx, 0, os.Getpid())) }()
	var up, down, rawUp, rawDown []time.Duration
	for range b.settings.rounds {
		took, asset, err := c.film(ctx, b.settings.upload, false)
		if err != nil {
			return err
		}
		up = append(up, took)
		if took, err = c.fetch(ctx, asset.URL, b.settings.upload); err != nil {
			return err
		}
		down = append(down, took)
		if err := c.ask(ctx, deleteQuery, map[string]string{"id": asset.ID}, new(struct{})); err != nil {
			return err
		}

		begin := time.Now()
		if err := store.Put(ctx, "bench", film(b.settings.upload), core.ObjectMeta{}); err != nil {
			return err
		}
		rawUp = append(rawUp, time.Since(begin))
		begin = time.Now()
		r, err := store.Open(ctx, "bench", 0, -1)
		if err != nil {
			return err
		}
		_, err = drain(r)
		if err = errors.Join(err, r.Close()); err != nil {
			return err
		}
		rawDown = append(rawDown, time.Since(begin))
		if err := store.Delete(ctx, "bench"); err != nil {
			return err
		}
	}
	b.rates("up", up, rawUp)
	b.rates("down", down, rawDown)
	return nil
}

func (b *bench) rates(way string, product, adapter []time.Duration) {
	rate := func(d time.Duration) float64 { return float64(b.settings.upload>>20) / d.Seconds() }
	p, a := rate(median(product)), rate(median(adapter))
	b.judge("e", fmt.Sprintf("%d MiB %s, product against adapter", b.settings.upload>>20, way), "0.9 x", p >= 0.9*a, "%.2f x (%.0f of %.0f MiB/s)", p/a, p, a)
}

// uploadsTo measures uploads to one kind of store.
func (b *bench) uploadsTo(ctx context.Context, store string, floor int64, env ...string) error {
	for _, chunked := range []bool{false, true} {
		growth, took, err := b.upload(ctx, chunked, env...)
		if err != nil {
			return err
		}
		work := fmt.Sprintf("%d MiB upload to %s", b.settings.upload>>20, store)
		if chunked {
			work += ", chunked"
		}
		b.judge("e", work, fmt.Sprintf("%d MiB more", floor>>20), growth <= floor, "%.1f MiB more, in %s", float64(growth)/(1<<20), seconds(took))
	}
	return nil
}

// upload sends one large file to a new product and returns the growth of its
// peak memory.
func (b *bench) upload(ctx context.Context, chunked bool, env ...string) (growth int64, took time.Duration, err error) {
	data, err := os.MkdirTemp(b.dir, "uploads-")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	c, stop, err := b.admin(ctx, data, env)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := c.server.ResetPeak(); err != nil {
		return 0, 0, err
	}
	before, err := c.server.Memory("VmRSS")
	if err != nil {
		return 0, 0, err
	}
	took, asset, err := c.film(ctx, b.settings.upload, chunked)
	if err != nil {
		return 0, 0, err
	}
	peak, err := c.server.Memory("VmHWM")
	if err != nil {
		return 0, 0, err
	}
	return peak - before, took, c.ask(ctx, deleteQuery, map[string]string{"id": asset.ID}, new(struct{}))
}

// admin starts a new product and a client that is signed in as its administrator.
func (b *bench) admin(ctx context.Context, data string, env []string) (c *adminClient, stop func() error, err error) {
	admin := exec.CommandContext(ctx, b.product, "admin", "create", "--email", adminEmail)
	admin.Env = append(append(os.Environ(), productEnv(data)...), env...)
	admin.Stdin = strings.NewReader(adminPassword + "\n")
	if text, err := admin.CombinedOutput(); err != nil {
		return nil, nil, fmt.Errorf("admin create: %w\n%s", err, text)
	}
	// The server that checks the password is another one than the one that is
	// measured: what argon2id leaves behind would hide the growth.
	token, err := b.adminToken(ctx, data, env)
	if err != nil {
		return nil, nil, err
	}
	s, err := b.startProduct(ctx, data, env...)
	if err != nil {
		return nil, nil, err
	}
	c = &adminClient{newClient(s, 1), s}
	c.token = token
	c.http.Timeout = 10 * time.Minute
	return c, func() error { c.close(); return s.Stop() }, nil
}

// adminClient is a client of an administrator.
type adminClient struct {
	*client
	server *child.Server
}

func (b *bench) adminToken(ctx context.Context, data string, env []string) (token string, err error) {
	s, err := b.startProduct(ctx, data, env...)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	c := newClient(s, 1)
	defer c.close()
	err = c.signIn(ctx, adminEmail, adminPassword)
	return c.token, err
}

// stored is what the server says of a file.
type stored struct {
	ID, SHA256, URL string
	Size            int64
}

// film sends a film of n bytes by the GraphQL multipart request specification, and
// checks what the server says of it.
func (c *client) film(ctx context.Context, n int64, chunked bool) (took time.Duration, _ stored, err error) {
	begin := time.Now()
	asset, err := c.upload(ctx, n, chunked)
	took = time.Since(begin)
	if err != nil {
		return 0, stored{}, err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, film(n)); err != nil {
		return 0, stored{}, err
	}
	if asset.Size != n || asset.SHA256 != hex.EncodeToString(sum.Sum(nil)) {
		return 0, stored{}, fmt.Errorf("the server has other bytes than were sent: %+v", asset)
	}
	return took, asset, nil
}

// fetch reads a file of n bytes.
func (c *client) fetch(ctx context.Context, url string, n int64) (took time.Duration, err error) {
	begin := time.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	got, err := drain(resp.Body)
	if err == nil && got != n {
		err = fmt.Errorf("%s has %d bytes: %s", url, got, resp.Status)
	}
	return time.Since(begin), err
}

// drain reads a file in pieces as large as the product's own, for few system calls.
func drain(r io.Reader) (int64, error) {
	return io.CopyBuffer(struct{ io.Writer }{io.Discard}, r, make([]byte, 256<<10))
}

func (c *client) upload(ctx context.Context, n int64, chunked bool) (stored, error) {
	var head bytes.Buffer
	part := func(name, text string) {
		fmt.Fprintf(&head, "--%s\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", boundary, name, text)
	}
	part("operations", string(operation(uploadQuery, map[string]any{"file": nil})))
	part("map", `{"0":["variables.file"]}`)
	fmt.Fprintf(&head, "--%s\r\nContent-Disposition: form-data; name=\"0\"; filename=\"film.mp4\"\r\nContent-Type: video/mp4\r\n\r\n", boundary)
	end := "\r\n--" + boundary + "--\r\n"
	body := io.MultiReader(&head, film(n), strings.NewReader(end))
	length := int64(head.Len()) + n + int64(len(end))

	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, body)
	if err != nil {
		return stored{}, err
	}
	req.ContentLength = length
	if chunked {
		req.ContentLength = -1
	}
	req.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	req.Header.Set("GraphQL-Require-Preflight", "1")
	var buf bytes.Buffer
	if err := c.do(req, &buf); err != nil {
		return stored{}, err
	}
	var answer struct {
		Data struct {
			UploadAsset struct {
				Asset stored
			}
		}
	}
	if err := json.Unmarshal(buf.Bytes(), &answer); err != nil {
		return stored{}, err
	}
	return answer.Data.UploadAsset.Asset, nil
}

// film is n bytes that begin as an MP4 does.
func film(n int64) io.Reader {
	block := make([]byte, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range block {
		block[i] = byte(r.Uint32())
	}
	start := "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
	return io.LimitReader(io.MultiReader(strings.NewReader(start), &repeated{block: block}), n)
}

// startS3 runs the S3 server of the tests in a process of its own and returns
// the settings that lead to it.
func (b *bench) startS3(ctx context.Context) (env []string, stop func() error, err error) {
	b.say("build the S3 server")
	binary, err := child.Build(ctx, b.dir, "servers", "github.com/grapnel/grapnel/e2e/cmd/servers")
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, "taskset", "--cpu-list", "0", binary)
	cmd.Dir = filepath.Dir(binary)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	var log child.Tail
	cmd.Stderr = &log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	stop = func() error {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		return cmd.Wait()
	}
	// It prints a line for each variable, the credentials last.
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		name, value, ok := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		value = strings.Trim(value, "'")
		switch {
		case !ok:
		case name == "TEST_S3_ENDPOINT":
			env = append(env, "S3_ENDPOINT="+value)
		case name == "TEST_S3_BUCKET":
			env = append(env, "S3_BUCKET="+value)
		case strings.HasPrefix(name, "AWS_"):
			env = append(env, name+"="+value)
		}
		if name == "AWS_SECRET_ACCESS_KEY" {
			return env, stop, nil
		}
	}
	return nil, nil, fmt.Errorf("the S3 server did not start: %w\n%s", errors.Join(lines.Err(), stop()), log.String())
}
