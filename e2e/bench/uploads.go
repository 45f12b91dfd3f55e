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
	"strings"
	"syscall"
	"time"

	"github.com/grapnel/grapnel/e2e/child"
)

const adminEmail, adminPassword = "admin@example.org", "correct horse battery"

const (
	uploadQuery = `mutation($file: Upload!) { uploadAsset(input: {file: $file}) { asset { id size sha256 contentType } } }`
	deleteQuery = `mutation($id: ID!) { deleteAsset(input: {id: $id}) { deletedId } }`
	boundary    = "-----------------------------9051914041544843365972754266"
)

// uploads is row e.
func (b *bench) uploads(ctx context.Context) error {
	b.note("Row e: growth of VmHWM from what is resident before the upload, which a small one warmed up. The client is this process, the S3 server a third one.")
	if err := b.uploadsTo(ctx, "files", 32<<20); err != nil {
		return err
	}
	env, stop, err := b.startS3(ctx)
	if err != nil {
		return err
	}
	return errors.Join(b.uploadsTo(ctx, "S3", 96<<20, env...), stop())
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
	admin := exec.CommandContext(ctx, b.product, "admin", "create", "--email", adminEmail)
	admin.Env = append(append(os.Environ(), productEnv(data)...), env...)
	admin.Stdin = strings.NewReader(adminPassword + "\n")
	if text, err := admin.CombinedOutput(); err != nil {
		return 0, 0, fmt.Errorf("admin create: %w\n%s", err, text)
	}
	// The server that checks the password is another one than the one that is
	// measured: what argon2id leaves behind would hide the growth.
	token, err := b.adminToken(ctx, data, env)
	if err != nil {
		return 0, 0, err
	}
	s, err := b.startProduct(ctx, data, env...)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	c := newClient(s, 1)
	defer c.close()
	c.token = token
	c.http.Timeout = 10 * time.Minute
	if err := c.upload(ctx, 1<<20, chunked); err != nil {
		return 0, 0, err
	}
	if err := s.ResetPeak(); err != nil {
		return 0, 0, err
	}
	before, err := s.Memory("VmRSS")
	if err != nil {
		return 0, 0, err
	}
	begin := time.Now()
	if err := c.upload(ctx, b.settings.upload, chunked); err != nil {
		return 0, 0, err
	}
	took = time.Since(begin)
	peak, err := s.Memory("VmHWM")
	return peak - before, took, err
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

// upload sends a file of n bytes by the GraphQL multipart request
// specification, checks what the server says of it, and removes it.
func (c *client) upload(ctx context.Context, n int64, chunked bool) error {
	var head bytes.Buffer
	part := func(name, text string) {
		fmt.Fprintf(&head, "--%s\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", boundary, name, text)
	}
	part("operations", string(operation(uploadQuery, map[string]any{"file": nil})))
	part("map", `{"0":["variables.file"]}`)
	fmt.Fprintf(&head, "--%s\r\nContent-Disposition: form-data; name=\"0\"; filename=\"film.mp4\"\r\nContent-Type: video/mp4\r\n\r\n", boundary)
	end := "\r\n--" + boundary + "--\r\n"
	sum := sha256.New()
	body := io.MultiReader(&head, io.TeeReader(film(n), sum), strings.NewReader(end))
	length := int64(head.Len()) + n + int64(len(end))

	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, body)
	if err != nil {
		return err
	}
	req.ContentLength = length
	if chunked {
		req.ContentLength = -1
	}
	req.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	req.Header.Set("GraphQL-Require-Preflight", "1")
	var buf bytes.Buffer
	if err := c.do(req, &buf); err != nil {
		return err
	}
	var answer struct {
		Data struct {
			UploadAsset struct {
				Asset struct {
					ID, SHA256 string
					Size       int64
				}
			}
		}
	}
	if err := json.Unmarshal(buf.Bytes(), &answer); err != nil {
		return err
	}
	asset := answer.Data.UploadAsset.Asset
	if asset.Size != n || asset.SHA256 != hex.EncodeToString(sum.Sum(nil)) {
		return fmt.Errorf("the server has other bytes than were sent: %+v", asset)
	}
	return c.ask(ctx, deleteQuery, map[string]string{"id": asset.ID}, new(struct{}))
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
	cmd := exec.CommandContext(ctx, binary)
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
