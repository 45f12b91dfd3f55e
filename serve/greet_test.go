package serve_test

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// greeting is what a start prints until it serves.
func greeting(t *testing.T, dir string, args ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out bytes.Buffer
	ready, serving := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- project.Run(ctx, append([]string{"serve", "--addr=127.0.0.1:0", "--drain-delay=0s", "--data=" + dir}, args...), nil, &out, serving)
		serving.Close()
	}()
	var log strings.Builder
	buf := make([]byte, 4096)
	for !strings.Contains(log.String(), "serving") {
		n, err := ready.Read(buf)
		log.Write(buf[:n])
		if err != nil {
			t.Fatalf("%v after %s", err, log.String())
		}
	}
	stop()
	go func() { _, _ = io.Copy(io.Discard, ready) }()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if strings.Contains(log.String(), "setup.") {
		t.Errorf("the token is in the log: %s", log.String())
	}
	return out.String()
}

// Without an administrator a start prints the address at which to become it, where there
// is a dashboard, and the command; with one, neither.
func TestGreeting(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	address := regexp.MustCompile(`\n  http://127\.0\.0\.1:\d+/admin/#setup=setup\.\d+\.[\w-]+\n`)
	command := " admin create --email you@example.org --data " + dir
	if out := greeting(t, dir); !address.MatchString(out) || !strings.Contains(out, command) {
		t.Errorf("a new site: %s", out)
	}
	if out := greeting(t, dir, "--no-admin"); strings.Contains(out, "setup") || !strings.Contains(out, "There is no administrator yet. Make one, in a second terminal:") || !strings.Contains(out, command) {
		t.Errorf("without the dashboard: %s", out)
	}
	var out bytes.Buffer
	err := project.Run(t.Context(), []string{"admin", "create", "--email=ada@example.org", "--data=" + dir}, strings.NewReader("correct horse\n"), &out, &out)
	if err != nil || !strings.Contains(out.String(), "Made the administrator ada (ada@example.org).") {
		t.Fatal(out.String(), err)
	}
	if out := greeting(t, dir); strings.Contains(out, "administrator") || strings.Contains(out, "setup") {
		t.Errorf("with an administrator: %s", out)
	}
}
